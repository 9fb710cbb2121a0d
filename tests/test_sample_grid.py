from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from neural_art.runs.sample_grid import LARGEST, draw_sample_grid, grid_columns


@pytest.mark.parametrize(("aspect", "columns"), [(1.0, 6), (1.5, 4), (0.67, 6), (3.0, 3), (0.3, 12)])
def test_both_halves_of_a_grid_fill_whole_rows(aspect: float, columns: int) -> None:
    assert grid_columns(24, aspect) == columns
    assert 12 % columns == 0


def test_a_number_of_pictures_that_cannot_be_halved_has_a_grid_too() -> None:
    for count in (1, 2, 7, 13):
        assert 1 <= grid_columns(count, 1.0) <= count


def test_pictures_stand_row_by_row_in_their_own_aspect() -> None:
    pictures = np.stack([np.full((64, 64, 3), 10 * number, np.uint8) for number in range(24)])
    grid, thumbnail = (Image.open(io.BytesIO(content)) for content in draw_sample_grid(pictures, 1.5))
    assert (grid.format, thumbnail.format) == ("WEBP", "JPEG")
    width, height = thumbnail.width // 2, thumbnail.height // 2
    assert width / height == pytest.approx(1.5, rel=0.03)
    assert grid.size == (4 * width, 6 * height)
    for column, row in ((0, 0), (3, 0), (1, 2), (3, 5)):
        middle = (column * width + width // 2, row * height + height // 2)
        assert grid.getpixel(middle) == pytest.approx((10 * (4 * row + column),) * 3, abs=6)


def test_the_pictures_of_a_mural_are_reduced() -> None:
    pictures = np.zeros((4, 512, 512, 3), np.uint8)
    grid, _ = (Image.open(io.BytesIO(content)) for content in draw_sample_grid(pictures, 1.0))
    assert grid.size == (2 * LARGEST, 2 * LARGEST)
