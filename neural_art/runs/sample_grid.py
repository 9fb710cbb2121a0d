"""The sample grid: pictures of one moment of a training, side by side in the paintings' own aspect."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from neural_art import images

LARGEST: Final = 256
"""Side in pixels of the largest picture in a grid, if it is square."""


def draw_sample_grid(pictures: np.ndarray, aspect: float) -> tuple[bytes, bytes]:
    """Pictures (n, size, size, 3) uint8 as a WebP of all of them and a JPEG thumbnail of the first four.

    ``aspect``: width / height that they are shown in, each with as many pixels as its square has, but no more than
    one of ``LARGEST`` px: 24 of 512 px would be half a megabyte, every few seconds.
    """
    longest = round(min(LARGEST, pictures.shape[1]) * math.sqrt(max(aspect, 1 / aspect)))
    shown = [images.unsquare(pixels, aspect, longest) for pixels in pictures]
    grid = images.tile(shown, grid_columns(len(shown), aspect))
    return (
        images.encode(grid, "webp", quality=85, method=2),
        images.encode(images.tile(shown[:4], 2), "jpeg", quality=85),
    )


def grid_columns(count: int, aspect: float) -> int:
    """Columns for ``count`` pictures: about 3 to 2 in shape, with whole rows in either half where that can be.

    The first half of a sample grid reconstructs paintings, the second half is sampled.
    """
    wanted = math.sqrt(1.5 * count / aspect)
    whole = [columns for columns in range(1, count + 1) if count % (2 * columns) == 0]
    near = [columns for columns in whole if wanted / 2 < columns < wanted * 2]
    return min(near, key=lambda columns: (abs(math.log(columns / wanted)), -columns), default=min(count, round(wanted)))
