"""What the page says: a key and its words, in a JSON file for each language.

A key that ends in ``.one`` is for ``n`` = 1. Both files have the same keys and placeholders
(``tests/test_web_words.py``); what the server says about errors is in ``neural_art.messages``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from neural_art.messages import LANGUAGES

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    language: json.loads((Path(__file__).parent / f"{language}.json").read_text(encoding="utf-8"))
    for language in LANGUAGES
}
"""Language -> key -> words."""


def say(key: str, language: str = LANGUAGES[0], **values: Any) -> str:
    """The words for a key, with ``{placeholders}`` filled in; large whole numbers are grouped."""
    words = WORDS[language]
    form = words.get(f"{key}.one", words[key]) if values.get("n") == 1 else words[key]
    return form.format_map({name: f"{value:,}" if type(value) is int else value for name, value in values.items()})
