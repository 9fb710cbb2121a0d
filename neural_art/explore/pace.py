"""How large a picture may be that is painted while a slider moves."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from neural_art.recipe import SIZES

SECONDS: Final = 0.035
"""To paint a picture in while a slider moves, for 20 a second: the rest is the JPEG's and the browser's."""

SMALLEST: Final = 128
"""No picture is painted smaller than this: at 64 px it would save a third of the time and show next to nothing."""

_MEDIAN_OF = 5  # pictures
_ENOUGH = 3  # of them, to decide
_GROWTH = 1.7  # how much longer a picture of twice the side takes, about
_ROOM = 0.8  # of the time is what a larger size must promise to take, or sizes would alternate
_PATIENCE = 10.0  # seconds after a size was too large until a larger one is tried


class Pace:
    """Measures how long pictures of each size take, and finds the largest that keeps 20 a second. Any thread may use
    it. ``seconds``: for a picture; ``now``: a monotonic clock."""

    def __init__(self, seconds: float = SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._lock = threading.Lock()
        self._largest = max(SIZES.values())
        self._times: dict[int, deque[float]] = {}
        self._slowed = -_PATIENCE

    def size(self, full: int) -> int:
        """The size at which a model whose pictures are ``full`` px paints while a slider moves."""
        return min(full, max(SMALLEST, self._largest))

    def note(self, size: int, seconds: float) -> None:
        """A picture of ``size`` px was painted in so many seconds."""
        with self._lock:
            times = self._times.setdefault(size, deque(maxlen=_MEDIAN_OF))
            times.append(seconds)
            if len(times) < _ENOUGH:
                return
            typical = statistics.median(times)
            if SMALLEST < size <= self._largest and typical > self._seconds:
                self._slowed = self._now()
                self._go(size // 2)
            elif size == self._largest < max(SIZES.values()) and self._may_grow(typical):
                self._go(2 * size)

    def _may_grow(self, typical: float) -> bool:
        rested = self._now() - self._slowed >= _PATIENCE
        return rested and typical * _GROWTH < _ROOM * self._seconds

    def _go(self, size: int) -> None:
        self._largest = size
        self._times.clear()  # what was measured earlier says little of now
