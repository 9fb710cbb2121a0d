"""How long a call takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def milliseconds(call: Callable[[], object], times: int = 20, warm_up: int = 3) -> float:
    """The median of ``times`` calls, after some to warm up."""
    taken = []
    for _ in range(warm_up + times):
        started = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken[warm_up:])
