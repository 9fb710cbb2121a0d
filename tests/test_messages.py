"""Every code in the source has its sentence in both languages, with the values that the sentence needs."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import pytest

from neural_art import errors
from neural_art.errors import NeuralArtError
from neural_art.messages import LANGUAGES, Message, catalogue

PACKAGE = Path(__file__).parent.parent / "neural_art"

# Classes that are no errors and take a code first, as errors do: class -> the part of the catalogue.
OTHERS: dict[str, str] = {"Unusable": "rejection"}

# Codes that no literal in the source gives whole, and where they are composed.
COMPOSED: dict[str, str] = {}


@dataclass(frozen=True)
class Use:
    """A place in the source that names a code. ``values``: the names of its values; None where they are not literal."""

    where: str
    code: str
    values: frozenset[str] | None


def _subjects(trees: dict[Path, ast.Module]) -> dict[str, str]:
    """Error class -> subject, with the classes that other modules derive from those in ``errors``."""
    subjects = {
        name: each.subject
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, NeuralArtError)
    } | OTHERS
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for base in node.bases:
                    if isinstance(base, ast.Name) and base.id in subjects:
                        subjects.setdefault(node.name, subjects[base.id])
    return subjects


def _literals(node: ast.expr) -> list[str]:
    """The text that an expression is, or the texts that it may be (``"a" if x else "b"``)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*_literals(node.body), *_literals(node.orelse)]
    return []


def _keywords(call: ast.Call) -> frozenset[str] | None:
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(name for name in names if name)


def _keys(node: ast.expr | None) -> frozenset[str] | None:
    """The keys of a dictionary that is written out."""
    if node is None:
        return frozenset()
    if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
        return frozenset(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args:
        return _keywords(node)
    return None


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    if len(call.args) > position:
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _uses_in(
    node: ast.Call, subjects: dict[str, str], own_class: str | None
) -> Iterator[tuple[str, frozenset[str] | None]]:
    """The codes that one call names, each with the names of its values."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called in subjects and node.args:
        for code in _literals(node.args[0]):
            yield f"{subjects[called]}.{code}", _keywords(node)
    elif called == "__init__" and own_class in subjects and node.args:
        for code in _literals(node.args[0]):
            yield f"{subjects[own_class]}.{code}", _keywords(node)
    elif called == "Message" and node.args:
        for code in _literals(node.args[0]):
            yield code, _keys(_argument(node, 1, "values"))
    elif called == "Rejection":
        code_node = _argument(node, 1, "code")
        for code in _literals(code_node) if code_node is not None else []:
            yield f"rejection.{code}", _keys(_argument(node, 2, "values"))
    elif called == "check_range" and isinstance(node.args[0], ast.Name) and node.args[0].id in subjects:
        subject, values = subjects[node.args[0].id], frozenset({"name", "value", "low", "high"})
        whole = any(keyword.arg == "whole" for keyword in node.keywords)
        yield f"{subject}.{'not-whole' if whole else 'out-of-range'}", values


def _all_uses() -> list[Use]:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    subjects = _subjects(trees)
    found = []
    for path, tree in trees.items():
        owners = {
            inner: owner.name
            for owner in ast.walk(tree)
            if isinstance(owner, ast.ClassDef)
            for inner in ast.walk(owner)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for code, values in _uses_in(node, subjects, owners.get(node)):
                    found.append(Use(f"{path.relative_to(PACKAGE)}:{node.lineno}", code, values))
    return found


USES = _all_uses()


def _placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


# ---- the source and the catalogues


def test_every_code_in_the_source_has_a_sentence() -> None:
    assert [f"{use.where}: {use.code}" for use in USES if use.code not in catalogue("en")] == []


def test_every_sentence_is_used() -> None:
    used = {use.code for use in USES} | set(COMPOSED)
    unused = {code for code in catalogue("en") if code.removesuffix(".one") not in used}
    assert unused == set()
    assert set(COMPOSED) <= set(catalogue("en"))


def test_every_value_that_a_sentence_shows_is_given_where_the_code_is() -> None:
    lacking = []
    for use in USES:
        one = f"{use.code}.one"
        shown = _placeholders(catalogue("en").get(use.code, "")) | _placeholders(catalogue("en").get(one, ""))
        if one in catalogue("en"):
            shown.add("count")  # chooses between the two
        if use.values is not None and not shown <= use.values:
            lacking.append(f"{use.where}: {use.code} needs {', '.join(sorted(shown - use.values))}")
    assert lacking == []


def test_both_languages_have_the_same_codes_and_values() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    assert set(english) == set(chinese)
    assert [code for code in english if _placeholders(english[code]) != _placeholders(chinese[code])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty(language: str) -> None:
    for code, sentence in catalogue(language).items():
        assert sentence.strip() == sentence, code
        assert sentence, code


def test_every_sentence_is_translated() -> None:
    words = {code: re.sub(r"{[^}]*}", "", sentence) for code, sentence in catalogue("zh").items()}
    assert [code for code, rest in words.items() if rest.isascii() and re.search("[a-z]", rest)] == []


def test_a_sentence_for_one_has_another_for_many() -> None:
    ones = [code for code in catalogue("en") if code.endswith(".one")]
    assert [code for code in ones if code.removesuffix(".one") not in catalogue("en")] == []


# ---- a message in words


def test_a_message_is_told_in_either_language() -> None:
    message = Message("recipe.unknown", {"name": "fresco", "known": ["sketch", "study"]})
    assert message.sentence() == "There is no recipe called fresco. Choose one of sketch, study."
    assert "sketch、study" in message.sentence("zh")


def test_a_message_may_hold_messages() -> None:
    inner = Message("storage.disk-full")
    outer = Message("storage.failed", {"name": "a.png", "why": inner})
    for language in LANGUAGES:
        assert inner.sentence(language) in outer.sentence(language)


def test_what_no_catalogue_knows_is_shown_as_it_is() -> None:
    assert Message("moon.full").sentence("zh") == "moon.full"
    assert "{name}" in Message("storage.gone").sentence()
    assert Message("storage.disk-full").sentence("tlh") == Message("storage.disk-full").sentence("en")


def test_a_message_survives_json() -> None:
    message = Message("storage.failed", {"name": "a.png", "why": Message("storage.disk-full"), "more": [1, "two"]})
    assert Message.from_json(json.loads(json.dumps(message.to_json()))) == message
    for value in (None, "text", {"values": {}}, {"code": 3}):
        with pytest.raises(ValueError, match="not a message"):
            Message.from_json(value)


def test_a_language_without_a_catalogue_is_refused() -> None:
    with pytest.raises(KeyError):
        catalogue("../en")
