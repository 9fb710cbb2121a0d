"""A custom component: a class here, its markup in ``<name>.html`` and its behaviour in the ES module ``<name>.js``.

The module's default export is called once, when the component appears on the page:
``mount({element, props, trigger, server, watch})``. What it gets from Python is ``props.value``, a small JSON value:
Gradio compares it as text at each change, so pictures are asked for through ``server`` or are files with an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, Final

import gradio as gr
from gradio import component_meta

component_meta.create_or_modify_pyi = lambda *_: None  # Gradio would write a stub beside each class that is defined

FOLDER: Final = Path(__file__).parent
"""Where classes, markup and modules lie."""


class CustomComponent(gr.HTML):
    """A component of the page's own.

    ``file``: the name of its ``.html`` and ``.js``; without a ``.js`` it is markup only. ``triggers``: the events that
    the module may raise, each a method like ``click`` of a button.
    """

    file: ClassVar[str]
    triggers: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, value: Any = None, *, serve: Iterable[Callable[..., Any]] = (), elem_classes: str = "", **options: Any
    ) -> None:
        """``serve``: functions that the module calls as ``server.<name>(details)``; ``options``: of ``gr.HTML``."""
        super().__init__(
            value,
            html_template=(FOLDER / f"{self.file}.html").read_text(encoding="utf-8"),
            js_on_load=self._script(),
            apply_default_css=False,
            server_functions=list(serve),
            elem_classes=[self.file.replace("_", "-"), *elem_classes.split()],
            **options,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}

    @classmethod
    def _script(cls) -> str | None:
        if not (FOLDER / f"{cls.file}.js").exists():
            return None
        events = ", ".join(f"'{event}'" for event in cls.triggers)  # Gradio finds a component's events in its script
        return (
            f"import('#component/{cls.file}').then(({{ default: mount }}) => "
            f"mount({{ element, props, trigger, server, watch, events: [{events}] }}));"
        )
