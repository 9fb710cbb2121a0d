"""A lock for work in small pieces, such as pictures: nobody waits for more than one piece of each of the others."""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """A lock (``with turns:``) that threads get in the order in which they asked for it.

    Whoever gives an ordinary lock back and wants it again at once mostly gets it, and the others starve.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: deque[object] = deque()  # the first has the lock

    @property
    def waiting(self) -> int:
        """How many wait for the lock now."""
        return max(0, len(self._line) - 1)

    def __enter__(self) -> None:
        place = object()
        with self._changed:
            self._line.append(place)
            try:
                self._changed.wait_for(lambda: self._line[0] is place)
            except BaseException:
                self._line.remove(place)
                self._changed.notify_all()
                raise

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._line.popleft()
            self._changed.notify_all()
