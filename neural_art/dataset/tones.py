"""Values of more than 8 bits as the 256 tones of a screen: which value is black and which is white."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

_DEPTHS: Final = (8, 10, 12, 14, 16)  # bits; scanners and cameras write the smaller ones into larger words
_NEARLY: Final = 0.75  # of a depth's white: a picture in 14 bits gets so far, a dark one in 16 bits rarely ends there
_ROWS: Final = 1 << 22  # values converted at a time, to bound the memory


def black_and_white(values: np.ndarray, declared: float | None = None) -> tuple[float, float]:
    """The values that stand for black and white in a picture. ``declared``: the white that its file names.

    Whole numbers are taken for 8, 10, 12, 14, 16 or 32 bits, by the largest one; floating-point numbers for 0 to 1, or
    for one of these. Anything else is spread from its smallest to its largest value, as is what lies below zero.
    """
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        return 0, 1
    if low < 0:
        return low, max(high, low + 1e-6)
    if declared and high <= declared:
        return 0, declared
    if np.issubdtype(values.dtype, np.integer):
        return 0, _white_of_integers(high, np.iinfo(values.dtype).max)
    return 0, _white_of_floats(values, high)


def in_8_bits(values: np.ndarray, black: float, white: float) -> np.ndarray:
    """``values`` as uint8 of the same shape: ``black`` becomes 0 and ``white`` 255."""
    tones = np.empty(values.shape, np.uint8)
    rows = max(1, _ROWS // max(1, values[0].size))
    for top in range(0, len(values), rows):
        block = np.nan_to_num(values[top : top + rows].astype(np.float32))
        tones[top : top + rows] = np.clip((block - black) * (255 / (white - black)) + 0.5, 0, 255)
    return tones


def _white_of_integers(high: float, largest: int) -> float:
    for bits in _DEPTHS:
        white = 2**bits - 1
        if white > largest:
            break
        if high <= white and (bits <= 12 or bits == 16 or high >= _NEARLY * white):
            return white
    return largest


def _white_of_floats(values: np.ndarray, high: float) -> float:
    if high <= 1:
        return 1
    for bits in _DEPTHS:
        if _NEARLY / 2 * 2**bits <= high < 2**bits:
            return 2**bits - 1
    if high < 255:  # values beyond white, as in pictures with a high dynamic range
        sample = values[:: max(1, len(values) // 512)]
        return max(1.0, float(np.percentile(sample, 99.5)))
    return high
