"""What the package tells a person: codes with values, put into words by a catalogue for each language.

``en.json`` and ``zh.json`` beside this file map a code to a sentence with ``{placeholders}``; a code that ends in
``.one`` is for ``count`` = 1. Both files have the same codes and placeholders, and ``tests/test_messages.py`` sees to
it that every code in the source is there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

LANGUAGES: Final = ("en", "zh")
"""The languages that there are catalogues for; the first is the one that codes are looked up in last."""

_COMMAS: Final = {"en": ", ", "zh": "、"}


@dataclass(frozen=True)
class Message:
    """A code of the catalogue and the values of its placeholders: numbers, texts, lists of these, or other messages."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self, language: str = "en") -> str:
        """The message in words. A value that is missing, or a code that no catalogue has, shows as it is."""
        form = _form(self.code, self.values.get("count"), language)
        try:
            return form.format_map({name: _shown(value, language) for name, value in self.values.items()})
        except (KeyError, ValueError, IndexError):
            return form

    def to_json(self) -> dict[str, Any]:
        """``{"code": ..., "values": ...}``, plain values; ``from_json`` makes the same message of it."""
        return {"code": self.code, "values": {name: _plain(value) for name, value in self.values.items()}}

    @classmethod
    def from_json(cls, value: Any) -> Message:
        """The message that ``to_json`` wrote. Raises ``ValueError`` for anything else."""
        if not isinstance(value, Mapping) or not isinstance(value.get("code"), str):
            raise ValueError(f"{value!r} is not a message")
        values = value.get("values") or {}
        return cls(value["code"], {name: _restored(inner) for name, inner in values.items()})


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Code -> sentence in ``language``. Raises ``KeyError`` for a language that there is no catalogue for."""
    if language not in LANGUAGES:
        raise KeyError(language)
    return json.loads((Path(__file__).parent / f"{language}.json").read_text(encoding="utf-8"))


def _form(code: str, count: Any, language: str) -> str:
    for each in (language, LANGUAGES[0]):
        known = catalogue(each) if each in LANGUAGES else {}
        if count == 1 and f"{code}.one" in known:
            return known[f"{code}.one"]
        if code in known:
            return known[code]
    return code


def _shown(value: Any, language: str) -> Any:
    if isinstance(value, Message):
        return value.sentence(language)
    if isinstance(value, (list, tuple)):
        return _COMMAS.get(language, ", ").join(str(_shown(each, language)) for each in value)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return value.to_json()
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _restored(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Message.from_json(value)
    return [_restored(each) for each in value] if isinstance(value, list) else value
