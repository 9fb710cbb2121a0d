"""Pictures are laid out beside each other."""

import numpy as np
import pytest

from benchmarks import sheets


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_grid_is_filled_row_by_row_and_white_at_the_end(count: int) -> None:
    pictures = np.arange(count, dtype=np.uint8)[:, None, None, None].repeat(5, 1).repeat(5, 2).repeat(3, 3)
    grid = sheets.grid(pictures, 3)
    assert grid.shape == (5 * -(-count // 3), 15, 3)
    places = grid[::5, ::5, 0].flatten().tolist()
    assert places == [*range(count), *[255] * (len(places) - count)]


def test_every_row_of_a_sheet_has_its_caption() -> None:
    black = np.zeros((2, 16, 16, 3), np.uint8)
    sheet = np.asarray(sheets.captioned({"one": black, "two": black}, 2))
    assert sheet.shape == (2 * (16 + sheets.CAPTION), 32, 3)
    assert sheet[0].min() == 255
    assert sheet[sheets.CAPTION : sheets.CAPTION + 16].max() == 0
