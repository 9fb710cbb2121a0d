"""Values out of what a browser sent."""

from __future__ import annotations

import math
from typing import Any

import pytest
from page_server import POSITION

from neural_art.errors import ExploreError, RunError
from neural_art.web import requests


def test_good_values_come_through() -> None:
    request = {"a": "x", "b": ["x", "y"], "c": 3, "d": 2, "e": True, "position": POSITION, "positions": [POSITION]}
    assert requests.text(request, "a") == "x"
    assert requests.texts(request, "b") == ["x", "y"]
    assert requests.whole(request, "c", (3, 5)) == 3
    assert requests.number(request, "d") == 2.0
    assert requests.flag(request, "e")
    assert requests.position(request).seed == 7
    assert requests.positions(request) == [requests.position(request)]


@pytest.mark.parametrize("wrong", [None, 7, ["x"], {"$": 1}, "x" * 1001], ids=lambda value: repr(value)[:10])
def test_what_is_no_text_is_refused(wrong: Any) -> None:
    with pytest.raises(RunError) as refused:
        requests.text({"a": wrong}, "a")
    assert refused.value.code == "request-no-text"


@pytest.mark.parametrize("wrong", [None, "xy", [1], ["x"] * 5001], ids=lambda value: repr(value)[:10])
def test_what_is_no_list_of_texts_is_refused(wrong: Any) -> None:
    with pytest.raises(RunError) as refused:
        requests.texts({"a": wrong}, "a")
    assert refused.value.code == "request-no-list"


@pytest.mark.parametrize("wrong", [None, "3", 3.0, 3.5, True, 2, 6, 10**400], ids=lambda value: repr(value)[:10])
def test_what_is_no_whole_number_in_its_range_is_refused(wrong: Any) -> None:
    with pytest.raises(RunError) as refused:
        requests.whole({"a": wrong}, "a", (3, 5))
    assert refused.value.code == "not-whole"


@pytest.mark.parametrize("wrong", [None, "3", True, [3]])
def test_what_is_no_number_is_refused(wrong: Any) -> None:
    with pytest.raises(RunError) as refused:
        requests.number({"a": wrong}, "a")
    assert refused.value.code == "request-no-number"


def test_a_number_too_large_for_a_float_is_refused() -> None:
    with pytest.raises(RunError):
        requests.number({"a": 10**400}, "a")


@pytest.mark.parametrize(
    "wrong",
    [
        None, [POSITION], {"origin": "elsewhere"}, POSITION | {"truncation": math.nan}, POSITION | {"amounts": [9e9]},
        POSITION | {"amounts": "12345678"}, POSITION | {"seed": -1}, POSITION | {"more": 1}, POSITION | {"daring": 1},
    ],
    ids=lambda value: repr(value)[-30:],
)  # fmt: skip
def test_a_position_out_of_range_is_refused_alone_and_in_a_list(wrong: Any) -> None:
    with pytest.raises(ExploreError):
        requests.position({"position": wrong})
    with pytest.raises(ExploreError):
        requests.positions({"positions": [POSITION, wrong]})


@pytest.mark.parametrize("wrong", [None, "x", POSITION, [POSITION] * 2001], ids=["none", "text", "object", "too many"])
def test_what_is_no_list_of_positions_is_refused(wrong: Any) -> None:
    with pytest.raises(RunError) as refused:
        requests.positions({"positions": wrong})
    assert refused.value.code == "request-no-list"


@pytest.mark.parametrize(("sent", "language"), [("zh", "zh"), ("en", "en"), ("fr", "en"), (None, "en"), ([1], "en")])
def test_a_language_that_the_page_does_not_speak_is_english(sent: Any, language: str) -> None:
    assert requests.language({"language": sent}) == language
