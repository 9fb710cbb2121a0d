"""Deep values become the 256 tones of a screen, by the white that they were meant to have."""

from __future__ import annotations

import numpy as np
import pytest

from neural_art.dataset.tones import black_and_white, in_8_bits


@pytest.mark.parametrize(
    ("highest", "kind", "white"),
    [
        (200, np.uint16, 255),
        (900, np.uint16, 1023),
        (3_871, np.uint16, 4_095),
        (16_000, np.uint16, 16_383),
        (9_000, np.uint16, 65_535),  # rather a dark picture of 16 bits
        (60_000, np.uint32, 65_535),
        (70_000, np.uint32, 2**32 - 1),
        (0.4, np.float32, 1),
        (250, np.float32, 255),
        (60_000, np.float32, 65_535),
    ],
)
def test_the_white_is_the_one_that_the_values_were_meant_for(highest: float, kind: type, white: float) -> None:
    values = np.linspace(0, highest, 1_000).astype(kind).reshape(20, 50)
    assert black_and_white(values) == (0, white)


def test_a_few_values_beyond_white_do_not_darken_the_rest() -> None:
    values = np.full((100, 100), 0.5, np.float32)
    values[0, :3] = 40
    assert black_and_white(values) == (0, 1)


def test_values_below_zero_and_none_at_all_are_spread_or_ignored() -> None:
    assert black_and_white(np.array([[-2.0, 6.0]])) == (-2, 6)
    assert black_and_white(np.array([[np.nan, 0.5]])) == (0, 1)
    assert in_8_bits(np.array([[np.nan, 0.5, 9.0, -1.0]]), 0, 1).tolist() == [[0, 128, 255, 0]]


def test_a_declared_white_counts_unless_there_is_more() -> None:
    values = np.array([[0, 3_000]], np.uint16)
    assert black_and_white(values, 3_200) == (0, 3_200)
    assert black_and_white(values, 255) == (0, 4_095)
