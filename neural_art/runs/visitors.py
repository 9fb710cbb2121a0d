"""What one visitor of a server may have, and what all of them together may.

A visitor is a text, the address that requests come from (``visitor_at``). The empty text is whoever uses this machine
without the page, from a terminal or a program, and is not limited. Who asked for what is kept in memory alone: a
restart forgets it, and addresses are never written down. What lies on the disk is counted there.
"""

from __future__ import annotations

import contextlib
import ipaddress
import math
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from neural_art.errors import NeuralArtError, RunError, StorageError
from neural_art.runs.quotas import Quotas
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.status import state_of, status_of

HOUR: Final = 3600.0
"""Seconds."""

REMEMBERED: Final = 5000
"""Visitors above which those who have nothing any more are forgotten."""


def visitor_at(peer: str | None, forwarded: str = "", proxies: int = 0) -> str:
    """The visitor whose request came from ``peer`` through so many ``proxies`` of ours.

    ``forwarded`` is the header X-Forwarded-For, to which each proxy adds the address that it was called from. Whatever
    stands before that was written by the visitor and is not believed. Of an IPv6 address the network counts, since a
    household has a whole one.
    """
    passed = [each.strip() for each in forwarded.split(",") if each.strip()]
    address = passed[-min(proxies, len(passed))] if proxies and passed else (peer or "unknown")
    bare = address.removeprefix("[").partition("]")[0] if address.startswith("[") else address
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]  # an IPv4 address with a port
    try:
        parsed = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


@dataclass
class Upload:
    """An upload on its way: how many bytes of it were ``received``, and the ``files`` that they became.

    ``discarded``: whether whatever was received has been removed again.
    """

    received: int = 0
    files: set[Path] = field(default_factory=set)
    discarded: bool = False


@dataclass
class _Visitor:
    """What one visitor asked for; the runs and files may be gone since."""

    made: deque[float] = field(default_factory=deque)  # when they made runs, in the last hour
    making: int = 0  # runs that are being made now
    runs: set[str] = field(default_factory=set)  # ids of those that they made
    trained: set[str] = field(default_factory=set)  # ids of runs whose training they asked for
    uploading: int = 0  # bytes that are on their way
    uploads: set[Path] = field(default_factory=set)  # files that have arrived
    lost: deque[tuple[float, int]] = field(default_factory=deque)  # when, in the last hour, how many bytes stayed

    @property
    def nothing(self) -> bool:
        """Whether they have nothing and asked for nothing in the last hour."""
        return self == _Visitor()


class Visitors:
    """Who has what of the runs in ``registry``, held against ``quotas``. Any thread may ask.

    ``now``: a clock, in seconds.
    """

    def __init__(self, registry: Registry, quotas: Quotas, *, now: Callable[[], float] = time.monotonic) -> None:
        self.quotas = quotas
        self._registry = registry
        self._now = now
        self._guard = threading.RLock()
        self._visitors: dict[str, _Visitor] = {}

    @contextlib.contextmanager
    def creating(self, visitor: str) -> Iterator[Callable[[str], None]]:
        """For a block that makes a run, and calls what it is given with the run's id.

        Raises ``RunError`` ("too-many-runs", "too-many-empty-runs", "too-much-disk", "too-many-runs-in-all"), or
        ``StorageError`` ("disk-full"), before the block begins.
        """
        if not visitor:
            yield lambda _id: None
            return
        with self._guard:
            theirs, now = self._of(visitor), self._now()
            self._check_creating(theirs, now)
            theirs.made.append(now)
            theirs.making += 1
        ids: list[str] = []
        try:
            yield ids.append
        finally:
            with self._guard:
                theirs.making -= 1
                theirs.runs.update(ids)
                if not ids and now in theirs.made:
                    theirs.made.remove(now)

    def check_training(self, visitor: str, run: Run, minutes: float, active: Iterable[str]) -> None:
        """Raises ``RunError`` ("too-many-trainings", "too-many-minutes", "queue-full") if the visitor may not have the
        run trained for ``minutes`` now. ``active``: ids of runs that may be waiting or under way.

        The caller holds the registry's lock until the training is asked for, and notes it with ``note_training``.
        """
        if not visitor:
            return
        others = {id: left for id in active if id != run.id and (left := self._minutes_left(id)) is not None}
        with self._guard:
            mine = [others[id] for id in self._of(visitor).trained if id in others]
        most = self.quotas
        if len(mine) >= most.trainings:
            raise RunError("too-many-trainings", count=most.trainings)
        if sum(mine) + minutes > most.training_minutes:
            raise RunError("too-many-minutes", left=sum(mine), most=most.training_minutes)
        if len(others) >= most.all_trainings:
            raise RunError("queue-full", count=len(others))
        self._check_room(0)

    def note_training(self, visitor: str, id: str) -> None:
        """The visitor has asked for the training of this run."""
        if visitor:
            with self._guard:
                self._of(visitor).trained.add(id)

    @contextlib.contextmanager
    def uploading(self, visitor: str, size: int, folder: Path) -> Iterator[Upload]:
        """For a block that receives ``size`` bytes into ``folder``, and notes how far it got.

        The files count until they are gone from there and from the in-boxes of the visitor's runs. What was received
        and did not become one of them, as when an upload breaks off, counts for an hour: Gradio leaves it there.
        Raises ``RunError`` ("too-many-uploads", "too-much-disk"), or ``StorageError`` ("disk-full"), before the block
        begins.
        """
        upload = Upload()
        if not visitor:
            yield upload
            return
        with self._guard:
            theirs = self._of(visitor)
            if self.waiting_bytes(visitor) + size > self.quotas.upload_bytes:
                raise RunError("too-many-uploads", most=self.quotas.upload_bytes >> 20)
            self._check_disk(theirs, size)
            self._check_room(size, folder)
            theirs.uploading += size
        try:
            yield upload
        finally:
            lost = upload.received - sum(_size(path) or 0 for path in upload.files)
            with self._guard:
                theirs.uploading -= size
                theirs.uploads |= upload.files
                if lost > 0 and not upload.discarded:
                    theirs.lost.append((self._now(), lost))

    def waiting_bytes(self, visitor: str) -> int:
        """Bytes that the visitor uploaded, or is uploading, and that no check has taken yet."""
        with self._guard:
            theirs = self._of(visitor)
            self._forget_old(theirs, self._now())
            sizes = {path: size for path in theirs.uploads if (size := _size(path)) is not None}
            theirs.uploads = set(sizes)
            boxes = sum(_folder_bytes(run.paths.uploads) for run in self._runs_of(theirs))
            lost = sum(size for _, size in theirs.lost)
            return theirs.uploading + lost + sum(sizes.values()) + boxes

    @property
    def known(self) -> int:
        """How many visitors are remembered."""
        with self._guard:
            return len(self._visitors)

    def _of(self, visitor: str) -> _Visitor:
        if visitor not in self._visitors and len(self._visitors) >= REMEMBERED:
            for theirs in self._visitors.values():
                self._forget_old(theirs, self._now())
                self._runs_of(theirs)
                theirs.uploads = {path for path in theirs.uploads if path.exists()}
            self._visitors = {name: theirs for name, theirs in self._visitors.items() if not theirs.nothing}
        return self._visitors.setdefault(visitor, _Visitor())

    def _forget_old(self, theirs: _Visitor, now: float) -> None:
        while theirs.made and theirs.made[0] <= now - HOUR:
            theirs.made.popleft()
        while theirs.lost and theirs.lost[0][0] <= now - HOUR:
            theirs.lost.popleft()

    def _runs_of(self, theirs: _Visitor) -> list[Run]:
        """The runs that the visitor made and that are still there; those that are not are forgotten."""
        found = [run for id in theirs.runs if (run := Run(self._registry.root / id)).exists()]
        theirs.runs = {run.id for run in found}
        theirs.trained = {id for id in theirs.trained if Run(self._registry.root / id).exists()}
        return found

    def _check_creating(self, theirs: _Visitor, now: float) -> None:
        most = self.quotas
        self._forget_old(theirs, now)
        if len(theirs.made) >= most.runs_an_hour:
            minutes = math.ceil((theirs.made[0] + HOUR - now) / 60)
            raise RunError("too-many-runs", most=most.runs_an_hour, minutes=minutes)
        empty = sum(_is_empty(run) for run in self._runs_of(theirs)) + theirs.making
        if empty >= most.empty_runs:
            raise RunError("too-many-empty-runs", count=most.empty_runs)
        making = sum(each.making for each in self._visitors.values())
        if len(self._registry.ids()) + making >= most.all_runs:
            raise RunError("too-many-runs-in-all", most=most.all_runs)
        self._check_disk(theirs, 0)
        self._check_room(0)

    def _check_disk(self, theirs: _Visitor, more: int) -> None:
        most = self.quotas.disk_bytes
        if most is not None and sum(_folder_bytes(run.folder) for run in self._runs_of(theirs)) + more > most:
            raise RunError("too-much-disk", most=most >> 20)

    def _check_room(self, more: int, folder: Path | None = None) -> None:
        coming = sum(each.uploading for each in self._visitors.values())
        for place in (self._registry.root, folder):
            with contextlib.suppress(OSError):
                if place is not None and shutil.disk_usage(place).free - coming - more < self.quotas.free_bytes:
                    raise StorageError("disk-full")

    def _minutes_left(self, id: str) -> float | None:
        """Minutes that a run still has to train; None if it neither waits nor trains."""
        try:
            run = self._registry.find(id)
            if state_of(run) not in ("waiting", "training"):
                return None
            return (status_of(run).seconds_left or 0.0) / 60
        except (NeuralArtError, OSError):
            return None


def _size(path: Path) -> int | None:
    """The size of a file; None if it is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def _folder_bytes(folder: Path) -> int:
    """The size of all files in a folder and below it."""
    return sum(_size(Path(place) / name) or 0 for place, _, names in os.walk(folder) for name in names)


def _is_empty(run: Run) -> bool:
    """Whether there are neither paintings nor a model, as a run has that began with the one that is shipped."""
    return not run.paths.report.exists() and not run.paths.checkpoint.exists()
