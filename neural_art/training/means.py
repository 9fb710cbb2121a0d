"""What several steps measured, in one number each."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


class Means:
    """Means of what the steps since the last report measured. ``steps``: how many there were."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.steps = 0
        self._sums: dict[str, float] = {}
        self._pictures = 0
        self._now = now
        self._since = now()

    def add(self, measured: dict[str, float], pictures: int) -> None:
        """Add a step of so many ``pictures``."""
        self._sums = {name: self._sums.get(name, 0.0) + value for name, value in measured.items()}
        self.steps += 1
        self._pictures += pictures

    def values(self) -> dict[str, Any]:
        """The means by name, and ``pictures_per_second``."""
        means = {name: round(value / self.steps, 5) for name, value in self._sums.items()}
        seconds = max(1e-6, self._now() - self._since)
        return means | {"pictures_per_second": round(self._pictures / seconds, 2)}
