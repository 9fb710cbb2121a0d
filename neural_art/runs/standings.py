"""Which runs are trained, wait, or have to be ended: asked of all runs again and again, so files are read only where
they have changed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from neural_art.errors import NeuralArtError
from neural_art.runs.desired import desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lock import is_locked
from neural_art.runs.paths import RunPaths
from neural_art.runs.registry import Registry

_MARKED: Final = tuple(
    path.name for path in (RunPaths(Path()).desired_state, RunPaths(Path()).events, RunPaths(Path()).lock)
)

_Marks: TypeAlias = tuple[int, ...]
"""Numbers that change when something was asked of a run, somebody took hold of it, or something happened."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stood when its files had these ``marks``. ``asked``: when its training was, if it waits for that.
    ``stopped``: a person ended the training, and no worker was there to note it."""

    marks: _Marks
    locked: bool = False
    asked: float | None = None
    stopped: bool = False

    @property
    def waits(self) -> bool:
        """Whether it waits for its training."""
        return self.asked is not None

    @property
    def settled(self) -> bool:
        """Whether there is nothing to be done for it."""
        return not (self.locked or self.waits or self.stopped)


class Standings:
    """How the runs of a ``registry`` stand, with what was found when they were looked at last."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._found: dict[str, Standing] = {}

    @property
    def known(self) -> set[str]:
        """The ids of the runs that were looked at."""
        return set(self._found)

    def of(self, id: str) -> Standing:
        """How the run stands; its files are read again only where they have changed.

        Whoever takes a lock writes to its file, so a run that nobody held is not asked for its lock again until then.
        """
        marks = _marks(f"{self._registry.root}/{id}")
        found = self._found.get(id)
        if found is not None and found.marks == marks and not found.locked:
            return found
        try:
            found = self._found[id] = self._read(id, marks)
        except (NeuralArtError, OSError):  # gone, or a damaged file: whoever opens the run is told
            return Standing(marks)
        return found

    def forget(self, id: str) -> None:
        """The run is gone."""
        self._found.pop(id, None)

    def _read(self, id: str, marks: _Marks) -> Standing:
        run = self._registry.find(id)
        if is_locked(run):
            return Standing(marks, locked=True)
        run = self._registry.open(id)
        desired = desired_state(run)
        if desired is None or Journal(run).ended_after(desired.after):
            return Standing(marks)
        if desired.state == "training":
            return Standing(marks, asked=desired.asked)
        return Standing(marks, stopped=desired.state == "finished" and run.paths.checkpoint.exists())


def _marks(folder: str) -> _Marks:
    marks: list[int] = []
    for name in _MARKED:
        try:
            stat = os.stat(f"{folder}/{name}")  # noqa: PTH116  # a Path for each would take most of the time
            marks += (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        except OSError:
            marks += (0, 0, 0)
    return tuple(marks)
