"""What status and plots need of a run's events, kept up to date by reading only the lines that were added."""

from __future__ import annotations

import json
import os
import threading
from array import array
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

End = Literal["finished", "failed"]
"""The events that end a training."""

ENDS: Final[frozenset[str]] = frozenset({"finished", "failed"})
_OF_A_SITTING: Final = ("stepped", "rolledback", "adapted")
_MOST: Final = 256  # digests kept in memory


@dataclass(frozen=True)
class Series:
    """What a plot shows: columns of equal length, ``seconds`` of training rising."""

    seconds: tuple[float, ...]
    texture_distance: tuple[float, ...]
    fooling_rate: tuple[float, ...]
    pictures_per_second: tuple[float, ...]


class Digest:
    """A summary of one events file. Get one with ``digest_of``, which shares and updates them.

    ``size``: bytes read, always up to the end of a line. ``newest``: the newest event. ``end``: "finished" or "failed"
    if nothing came after that event. ``grids``: sample grids so far. ``continued``: the seconds at which a finished
    training went on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._inode = 0
        self._forget()

    def update(self) -> Digest:
        """Read what was added since; everything again if the file was replaced."""
        with self._lock:
            try:
                with self._path.open("rb") as file:
                    stat = os.fstat(file.fileno())
                    if stat.st_ino != self._inode or stat.st_size < self.size:
                        self._forget()
                        self._inode = stat.st_ino
                    if stat.st_size > self.size:
                        file.seek(self.size)
                        self._add(file.read(stat.st_size - self.size))
            except OSError:
                self._forget()
        return self

    @property
    def grids(self) -> int:
        """How many sample grids there are."""
        return len(self._grid_steps)

    def last(self, kind: str) -> dict[str, Any] | None:
        """The newest event of a kind; of ``_OF_A_SITTING``, the newest since training started or resumed."""
        return self._last.get(kind)

    def ended_after(self, size: int) -> End | None:
        """How the training ended, if it did so behind the first ``size`` bytes of the file."""
        return self.end if self.end and self._end_size > size else None

    def series(self, most: int) -> Series:
        """The curves so far, thinned to ``most`` points by averaging."""
        if most < 1:
            raise ValueError(f"most is {most}; it must be at least 1")
        with self._lock:
            table = np.array(self._columns, dtype=np.float64)
        count = table.shape[1]
        if count > most:
            starts = np.arange(most) * count // most
            table = np.add.reduceat(table, starts, axis=1) / np.diff(starts, append=count)
        return Series(*(tuple(column) for column in table.tolist()))

    def _forget(self) -> None:
        self.size = 0
        self.newest: dict[str, Any] | None = None
        self.end: End | None = None
        self._end_size = 0
        self._inode = 0
        self._last: dict[str, dict[str, Any]] = {}
        self.continued: tuple[float, ...] = ()
        self._grid_steps: list[int] = []
        self._steps = array("q")
        self._columns = tuple(array("d") for _ in Series.__dataclass_fields__)

    def _add(self, added: bytes) -> None:
        for line in added[: added.rfind(b"\n") + 1].splitlines(keepends=True):
            self.size += len(line)
            event = parse_event(line)
            if event is not None:
                self._add_event(event)

    def _add_event(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "started":
            for passed in _OF_A_SITTING:
                self._last.pop(passed, None)
            self._take_back(event["step"])
            if self.end == "finished":
                self.continued += (float(event["seconds"]),)
        elif kind == "stepped":
            values = [event.get(name) for name in Series.__dataclass_fields__]
            numbers = [float(value) for value in values if isinstance(value, (int, float))]
            if len(numbers) == len(values):  # a loss that was not a number was written as null
                self._steps.append(event["step"])
                for column, number in zip(self._columns, numbers, strict=True):
                    column.append(number)
        elif kind == "sampled" and (not self._grid_steps or event["step"] > self._grid_steps[-1]):
            self._grid_steps.append(event["step"])
        if kind != "delayed":  # which comes before a start
            self.end, self._end_size = kind if kind in ENDS else None, self.size
        self._last[kind] = event
        self.newest = event

    def _take_back(self, step: int) -> None:
        """Forget the curves behind ``step``: the crash that made this start necessary lost them."""
        keep = bisect_right(self._steps, step)
        del self._steps[keep:]
        for column in self._columns:
            del column[keep:]
        del self._grid_steps[bisect_right(self._grid_steps, step) :]


def parse_event(line: bytes) -> dict[str, Any] | None:
    """The event on a line of an events file; None where a crash left something else there."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    sound = isinstance(event, dict) and isinstance(event.get("event"), str)
    return event if sound and isinstance(event.get("step"), int) and "seconds" in event else None


def digest_of(path: Path) -> Digest:
    """The digest of the events file at ``path``, as of now."""
    with _digests_lock:
        digest = _digests.pop(path, None) or Digest(path)
        _digests[path] = digest
        while len(_digests) > _MOST:
            _digests.popitem(last=False)
    return digest.update()


_digests: OrderedDict[Path, Digest] = OrderedDict()
_digests_lock = threading.Lock()


def _forget_all() -> None:
    """For a process that was forked while other threads were reading: what they hold would stay locked for good."""
    global _digests_lock
    _digests_lock = threading.Lock()
    _digests.clear()


os.register_at_fork(after_in_child=_forget_all)
