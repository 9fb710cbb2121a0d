"""Scrolls, panoramas and strips: too long to be one square, so they are cut into pieces."""

from __future__ import annotations

import math
from typing import Final

from PIL import Image

_LONG: Final = 6  # times as long as wide; a pillar print, one of the longest pictures that is seen as one, has 5.5
_THIN: Final = 200  # times as long as wide: no more than a line
_STEP: Final = 0.75  # of a piece, from each to the next: they overlap by a quarter


def is_scroll(width: int, height: int) -> bool:
    """Whether a picture of this size is cut into pieces."""
    return max(width, height) > _LONG * min(width, height)


def is_too_thin(width: int, height: int) -> bool:
    """Whether a picture of this size is so thin that not even its pieces show anything."""
    return max(width, height) > _THIN * min(width, height)


def pieces(picture: Image.Image) -> list[Image.Image]:
    """Squares from one end of a scroll to the other, evenly spaced, that overlap by a quarter or more."""
    side, length = min(picture.size), max(picture.size)
    count = math.ceil((length - side) / (_STEP * side)) + 1
    starts = [round(number * (length - side) / (count - 1)) for number in range(count)]
    if picture.width > picture.height:
        return [picture.crop((start, 0, start + side, side)) for start in starts]
    return [picture.crop((0, start, side, start + side)) for start in starts]
