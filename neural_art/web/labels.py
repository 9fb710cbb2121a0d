"""Labels that follow the language: ``gr.Button(label("train.start"))`` is English at first and knows its key.

A page is built once for everybody, so it is built in English. ``translated`` gives the updates that put all labels
of a page into another language, in one event and without loading the page anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import gradio as gr
from gradio.blocks import Block

from neural_art.web.words import say

PROPERTIES: Final = ("label", "value", "info", "placeholder", "choices")
"""Where a component may have a label."""


class Label(str):
    """The English words for a key, which can be said in another language. ``form`` surrounds them: ``"# {}"``."""

    key: str
    form: str
    values: dict[str, Any]

    def in_language(self, language: str) -> str:
        """The same words in ``language``."""
        return self.form.format(say(self.key, language, **self.values))


def label(key: str, form: str = "{}", **values: Any) -> Label:
    """The words for ``key`` as a component's label, value, information, placeholder or choice."""
    made = Label(form.format(say(key, **values)))
    made.key, made.form, made.values = key, form, values
    return made


def translated(blocks: Iterable[Block], language: str) -> dict[Block, dict[str, Any]]:
    """The updates that put the labels of ``blocks`` into ``language``."""
    updates = {}
    for block in blocks:
        given = block.constructor_args
        changed = {name: _in_language(given[name], language) for name in PROPERTIES if _has_label(given.get(name))}
        if changed:
            updates[block] = gr.update(**changed)
    return updates


def _has_label(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_has_label(each) for each in value)
    return isinstance(value, Label)


def _in_language(value: Any, language: str) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(_in_language(each, language) for each in value)
    return value.in_language(language) if isinstance(value, Label) else value
