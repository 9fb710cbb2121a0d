"""One check for every number that a person or a browser gives."""

import math
from typing import Any

import pytest

from neural_art.checks import brief, check_range, in_range
from neural_art.errors import RecipeError


@pytest.mark.parametrize("value", [0, 1, 0.5, 1.0, -0.0])
def test_both_ends_of_a_range_are_allowed(value: float) -> None:
    assert in_range(value, (0, 1))


@pytest.mark.parametrize(
    "value", [-0.001, 1.001, math.nan, math.inf, -math.inf, True, False, "0.5", None, [0.5], 10**400]
)
def test_what_is_no_number_or_outside_is_refused(value: Any) -> None:
    assert not in_range(value, (0, 1))


def test_whole_numbers_may_be_asked_for() -> None:
    assert in_range(3, (0, 5), whole=True)
    assert not in_range(3.0, (0, 5), whole=True)


def test_a_value_out_of_range_is_named_with_its_limits() -> None:
    with pytest.raises(RecipeError, match=r"seed is 1\.5\. It must be a whole number from 0 to 9\.") as caught:
        check_range(RecipeError, "seed", 1.5, (0, 9), whole=True)
    assert caught.value.code == "not-whole"
    with pytest.raises(RecipeError, match=r"batch is 'x'\. It must be a number from 2 to 256\.") as caught:
        check_range(RecipeError, "batch", "x", (2, 256))
    assert caught.value.code == "out-of-range"
    check_range(RecipeError, "batch", 2, (2, 256))


def test_a_value_that_somebody_sent_is_never_shown_at_length() -> None:
    assert brief("x" * 1000).endswith("...")
    assert max(len(brief(value)) for value in ("x" * 1000, 10**5000, -(10**5000), list(range(1000)))) <= 60
    assert brief(10**5000).startswith("2^")
