"""The words of the page: the same in both languages, all there, all used."""

from __future__ import annotations

import re

from neural_art.messages import LANGUAGES, catalogue
from neural_art.web.page import script
from neural_art.web.words import WORDS

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def plain(language: str) -> set[str]:
    """The keys without the forms for n = 1, which Chinese does not need."""
    return {key for key in WORDS[language] if not key.endswith(".one")}


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
    keys, source = plain("en"), script()
    quoted = set(re.findall(r"'([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)'", source))
    families = set(re.findall(r"`([a-z]+(?:\.[a-z]+)*\.)\$\{", source))
    assert {key for key in keys if key not in quoted and not any(key.startswith(each) for each in families)} == set()
    subjects = {key.split(".")[0] for key in keys}
    unknown = {key for key in quoted if "." in key and key.split(".")[0] in subjects} - keys
    assert unknown - set(catalogue("en")) == set(), "neither words nor codes of the server"
    assert {family for family in families if not any(key.startswith(family) for key in keys)} == set()
