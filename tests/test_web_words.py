"""The words of the page: the same in both languages, all there, all used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from neural_art.messages import LANGUAGES, catalogue
from neural_art.web.words import WORDS

WEB = Path(__file__).parent.parent / "neural_art" / "web"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
KEY = r"[a-z]+(?:\.[\w-]+)+"
QUOTED = re.compile(r"'([a-z][\w-]*(?:\.[\w-]+)*)'")
TEMPLATE = re.compile(r"`([^`\n]*\$\{[^`\n]*)`")
ANY = "\0"
"""Stands for what is put in: ``f"state.{state}"`` is ``"state.\0"``."""
FAMILY = rf"[a-z]+\.[\w.{ANY}-]+"


def plain(language: str) -> set[str]:
    """The keys without the forms for n = 1, which Chinese does not need."""
    return {key for key in WORDS[language] if not key.endswith(".one")}


def python_texts() -> Iterator[str]:
    """Every text in the page's Python."""
    for path in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else ANY for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def script_texts() -> Iterator[str]:
    """Every text in the page's JavaScript that may be a key."""
    for path in WEB.rglob("*.js"):
        source = path.read_text(encoding="utf-8")
        yield from QUOTED.findall(source)
        yield from (re.sub(r"\$\{[^}]*\}", ANY, text) for text in TEMPLATE.findall(source))


def test_every_language_has_the_same_keys_and_placeholders() -> None:
    english = WORDS["en"]
    assert set(WORDS) == set(LANGUAGES)
    for language, words in WORDS.items():
        assert plain(language) == plain("en")
        assert set(words) <= set(english)
        for key, sentence in words.items():
            assert set(PLACEHOLDER.findall(sentence)) == set(PLACEHOLDER.findall(english[key])), (language, key)


def test_a_form_for_one_belongs_to_a_key_and_needs_no_other_values() -> None:
    for language, words in WORDS.items():
        for key in set(words) - plain(language):
            general = words[key.removesuffix(".one")]
            assert set(PLACEHOLDER.findall(words[key])) <= set(PLACEHOLDER.findall(general)), key


def test_every_key_that_the_page_uses_exists_and_every_key_is_used() -> None:
    keys, texts = plain("en"), {*python_texts(), *script_texts()}
    families = [text.replace(ANY, r"[\w-]+") for text in texts if ANY in text and re.fullmatch(FAMILY, text)]
    assert {key for key in keys - texts if not any(re.fullmatch(family, key) for family in families)} == set()
    assert {family for family in families if not any(re.fullmatch(family, key) for key in keys)} == set()
    subjects = {key.split(".")[0] for key in keys if "." in key}
    named = {text for text in texts if re.fullmatch(KEY, text) and text.split(".")[0] in subjects}
    assert named - keys - set(catalogue("en")) == set(), "neither words nor codes of the server"
