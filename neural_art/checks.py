"""Whether a value that a person or a browser gave is a number in its range."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from neural_art.errors import NeuralArtError

Range: TypeAlias = tuple[float, float]
"""The smallest and the largest value that may be chosen."""


def in_range(value: Any, limits: Range, *, whole: bool = False) -> bool:
    """Whether ``value`` is a number within ``limits``, both allowed. True, False, NaN and infinity are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return False
    return limits[0] <= value <= limits[1] and value not in (math.inf, -math.inf)  # NaN is in no range


def check_range(error: type[NeuralArtError], name: str, value: Any, limits: Range, *, whole: bool = False) -> None:
    """Raises ``error`` with the code "out-of-range", or "not-whole" where ``whole`` numbers are asked for, unless
    ``value`` is ``in_range``."""
    if not in_range(value, limits, whole=whole):
        low, high = limits
        raise error("not-whole" if whole else "out-of-range", name=name, value=brief(value), low=low, high=high)


def brief(value: Any) -> str:
    """A value that somebody sent, for a message: never long."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"{'-' * (value < 0)}2^{value.bit_length() - 1}"
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
