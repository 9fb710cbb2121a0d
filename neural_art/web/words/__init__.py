"""What the page says: a key and its words, in a JSON file for each language.

The browser gets all of them and fills in ``{n}`` and the like. A key that ends in ``.one`` is for n = 1. Both files
have the same keys and placeholders (``tests/test_web_words.py``); what the server says is in ``neural_art.messages``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from neural_art.messages import LANGUAGES

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    language: json.loads((Path(__file__).parent / f"{language}.json").read_text(encoding="utf-8"))
    for language in LANGUAGES
}
"""Language -> key -> words."""
