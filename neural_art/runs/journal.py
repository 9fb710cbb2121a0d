"""What a training reported, event by event, and the sample grids that it left. No PyTorch."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from neural_art.events import Event
from neural_art.runs.digest import ENDS, Digest, End, Series, digest_of, parse_event
from neural_art.runs.paths import HasPaths

_TAIL: Final = 4096  # bytes: several lines

_FREQUENT: Final = frozenset({"sampled", "stepped"})  # the newest of these may be lost when the power fails


class Journal:
    """The events of ``run``, read from its folder as they are now. Lines that a crash damaged are passed over."""

    def __init__(self, run: HasPaths) -> None:
        self._paths = run.paths

    def append(self, event: Event) -> None:
        """Write the line of an event. What the event carries (``Event.carried``) is for ``Recorder`` to write first."""
        self.append_plain(event.to_json())

    def append_plain(self, event: Mapping[str, Any]) -> None:
        """Write an event that ``events`` gave, here or elsewhere."""
        line = json.dumps(_plain(dict(event)), ensure_ascii=False, allow_nan=False) + "\n"
        with self._paths.events.open("a+b") as file:
            _repair_end(file)
            file.write(line.encode())
            file.flush()
            if event["event"] not in _FREQUENT:
                os.fsync(file.fileno())

    def forget_sample_grids(self, step: int) -> None:
        """Remove the sample grids behind ``step``, from which a training goes on: those steps were lost."""
        for grid in self.sample_grids():
            if int(grid.stem) > step:
                grid.unlink(missing_ok=True)

    def events(self, since: int = 0) -> list[dict[str, Any]]:
        """The events as plain dictionaries, without the first ``since``."""
        try:
            lines = self._paths.events.read_bytes().split(b"\n")[:-1]  # the last is empty, or torn
        except OSError:
            return []
        return [event for event in map(parse_event, lines) if event is not None][since:]

    def added(self, size: int) -> tuple[list[dict[str, Any]], int]:
        """The events behind the first ``size`` bytes, and the size up to the end of the last of them."""
        try:
            with self._paths.events.open("rb") as file:
                file.seek(size)
                added = file.read()
        except OSError:
            return [], size
        lines = added[: added.rfind(b"\n") + 1]
        return [event for event in map(parse_event, lines.splitlines()) if event is not None], size + len(lines)

    def sample_grids(self) -> list[Path]:
        """The sample grids, earliest first: the frames of the learning film."""
        found = [path for path in self._paths.sample_grids.glob("*.webp") if path.stem.isdigit()]
        return sorted(found, key=lambda path: int(path.stem))

    def series(self, most: int = 300) -> Series:
        """The curves of the training so far, thinned to ``most`` points by averaging."""
        return self.digest.series(most)

    @property
    def standing(self) -> tuple[int, float]:
        """Step and seconds of the newest event; (0, 0.0) before there is one."""
        newest = self.digest.newest
        return (int(newest["step"]), float(newest["seconds"])) if newest else (0, 0.0)

    def ended_after(self, size: int) -> End | None:
        """As of the ``digest``, from the end of the file alone: for whoever asks many runs."""
        try:
            with self._paths.events.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(0, end - _TAIL))
                tail = file.read()
        except OSError:
            return None
        lines = tail[: tail.rfind(b"\n") + 1].splitlines(keepends=True)
        while len(lines) > 1:  # the first may have begun earlier
            if event := parse_event(lines[-1]):
                kind, size_then = event["event"], end - len(tail) + sum(map(len, lines))
                return kind if kind in ENDS and size_then > size else None
            lines.pop()
        return self.digest.ended_after(size)  # a short file, or a damaged one

    @property
    def saved_step(self) -> int:
        """The last step that is safe on disk; 0 before the first save."""
        saved = self.digest.last("saved")
        return int(saved["step"]) if saved else 0

    @property
    def digest(self) -> Digest:
        """A summary of all events so far."""
        return digest_of(self._paths.events)


def _repair_end(file: io.BufferedRandom) -> None:
    """Cut off the line that a killed worker left unfinished. ``file`` is open for appending and reading."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return
    file.seek(-1, os.SEEK_END)
    if file.read(1) == b"\n":
        return
    file.seek(max(0, size - (1 << 20)))
    tail = file.read()
    file.truncate(size - len(tail) + tail.rfind(b"\n") + 1)


def _plain(value: Any) -> Any:
    """``value`` as JSON can hold it: numbers of numpy and PyTorch become Python's, what is not finite becomes null."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
