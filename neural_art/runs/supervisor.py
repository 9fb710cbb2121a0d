"""The queue of runs: who is trained now, who waits, and which runs nobody uses any more.

Nothing that matters is kept in memory: what has to be remembered lies in the runs' folders. So two supervisors on one
folder, or a supervisor and a command line, do no harm.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from neural_art import files
from neural_art.errors import NeuralArtError, RunError
from neural_art.events import Finished
from neural_art.messages import Message
from neural_art.runs.desired import clear_desired_state, desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lock import take_lock
from neural_art.runs.processes import WorkerProcesses
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.standings import Standing, Standings
from neural_art.runs.starts import RESTART_SECONDS, Starts
from neural_art.runs.status import last_activity, status_of

POLL_SECONDS: Final = 0.4
"""How often the runs that train or wait are looked at."""

SURVEY_SECONDS: Final = 20.0
"""How often all runs are looked at: others may have started some, and some may have to be removed."""

_log = logging.getLogger(__name__)


class Supervisor:
    """Looks after the runs of a ``registry``: starts workers in turn, starts them again, removes what is out of use.

    ``at_once``: how many trainings there may be at the same time, asked whenever one could start; others wait in the
    order in which they were asked for.
    ``keep_seconds``: runs that nobody used for so long are removed; None keeps them for ever.
    ``processes``: the workers, and how they are started. ``removed`` is called with the id of a run that is gone.
    ``restart_seconds``: see ``starts.RESTART_SECONDS``.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        at_once: Callable[[], int] = lambda: 1,
        keep_seconds: float | None = None,
        processes: WorkerProcesses | None = None,
        removed: Callable[[str], None] = lambda _: None,
        restart_seconds: tuple[float, float] = RESTART_SECONDS,
    ) -> None:
        self._registry = registry
        self._at_once = at_once
        self._keep_seconds = keep_seconds
        self._removed = removed
        self._processes = processes or WorkerProcesses()
        self._starts = Starts(self._processes, restart_seconds)
        self._busy: set[str] = set()  # ids of runs that train, wait, or must be ended
        self._standings = Standings(registry)
        self._keep_until: dict[str, float] = {}  # id -> Unix seconds; it is not removed before
        self._places: dict[str, int] = {}  # id -> place in the queue, as of ``_places_at``
        self._places_at = -math.inf
        self._held_back: dict[str, float] = {}  # id -> monotonic time until which no worker is started for it
        self._next_survey = 0.0
        self._wake = threading.Event()
        self._closed = False
        self.survey()

    def start(self) -> None:
        """Look after the queue from now on, in a thread."""
        threading.Thread(target=self._live, name="supervisor", daemon=True).start()

    def close(self, *, workers: bool = False) -> None:
        """Stop looking after the queue. Workers go on, unless ``workers`` ends those that were started here."""
        with self._registry.lock:
            self._closed = True
        self._wake.set()
        self._processes.release(kill=workers)

    @property
    def busy(self) -> bool:
        """Whether a run is trained or waits."""
        return bool(self._busy)

    @property
    def active(self) -> set[str]:
        """The ids of all runs that may be waiting or under way."""
        with self._registry.lock:
            return set(self._busy)

    def trouble(self, id: str) -> Message | None:
        """Why no worker could be started for the run, where not even that could be written into its folder."""
        return self._starts.trouble(id)

    def queue_place(self, id: str) -> int | None:
        """The run's place in the queue, 1 for the next; None if it does not wait."""
        with self._registry.lock:
            if id not in self._places or time.monotonic() - self._places_at > POLL_SECONDS:
                queue = self._queue(self._busy | {id})
                self._places = {waiting: place for place, waiting in enumerate(queue, start=1)}
                self._places_at = time.monotonic()
            return self._places.get(id)

    @contextlib.contextmanager
    def changing(self, id: str) -> Iterator[Run]:
        """The run, for a block that asks something of it: nobody else in this process changes it meanwhile, and the
        queue looks at it at once afterwards."""
        with self._registry.lock:
            run = self._registry.open(id)
            yield run
            self._starts.forget(id)
            self._busy.add(id)
            self._places_at = -math.inf
        self._wake.set()

    def hold_back(self, id: str, seconds: float = math.inf) -> None:
        """Start no worker for the run, for so long or until ``let_go``: somebody else trains it. It has no place in the
        queue meanwhile, and does not keep others waiting."""
        with self._registry.lock:
            self._held_back[id] = time.monotonic() + seconds
            self._places_at = -math.inf

    def let_go(self, id: str) -> None:
        """The end of ``hold_back``."""
        with self._registry.lock:
            self._held_back.pop(id, None)
            self._places_at = -math.inf
        self._wake.set()

    def is_held_back(self, id: str) -> bool:
        """Whether no worker is started for the run now."""
        return time.monotonic() < self._held_back.get(id, 0.0)

    def finish(self, run: Run) -> None:
        """End a training early, as was asked, where no worker is left to do it. A run without a model leaves the queue.

        Does nothing if the training has ended already.
        """
        try:
            lock = take_lock(run)
        except RunError:
            return  # a worker lives after all and sees the desired state
        try:
            desired = desired_state(run)
            if desired is None or Journal(run).digest.ended_after(desired.after):
                return
            if run.paths.checkpoint.exists():
                status = status_of(run)
                rate = status.pictures_per_second or 0.0
                Journal(run).append(
                    Finished(step=status.step, seconds=status.seconds, early=True, pictures_per_second=rate)
                )
            else:
                clear_desired_state(run)
        finally:
            os.close(lock)

    def delete(self, id: str) -> None:
        """End the run's worker and remove the run with everything in it."""
        run = self._registry.locate(id)
        with self._registry.hidden(id):  # from here on nobody finds it, and no worker is started for it
            with self._registry.lock:
                self._busy.discard(id)
                self._standings.forget(id)
            try:
                self._processes.end(run)
                run.delete()
                self._registry.note_deleted(id)
            finally:
                with self._registry.lock:
                    self._forget(id)

    # ---- the thread

    def _live(self) -> None:
        while not self._closed:
            try:
                self.attend()
            except Exception:  # whatever one run is like, the others are looked after
                _log.exception("The queue of runs stumbled.")
            self._wake.wait(POLL_SECONDS if self._busy else 5 * POLL_SECONDS)
            self._wake.clear()

    def attend(self) -> None:
        """Look once at the runs for which something may have to be done."""
        if time.monotonic() >= self._next_survey:
            self.survey()
        with self._registry.lock:
            at_work = sum(self._counts(self._look_at(id), id) for id in list(self._busy))
            if self._closed or at_work >= self._at_once() or not self._queue(self._busy):
                return
            with self._turn() as ours:
                if ours:
                    self.survey()  # what others have started in the meantime
                    free = self._at_once() - sum(self._counts(self._standings.of(id), id) for id in self._busy)
                    for id in self._queue(self._busy):
                        if free <= 0:
                            break
                        free -= self._starts.start(Run(self._registry.root / id))

    def survey(self) -> None:
        """Look at every run: take up what waits, remove what nobody used for too long."""
        keep = self._keep_seconds
        self._next_survey = time.monotonic() + min(
            SURVEY_SECONDS, SURVEY_SECONDS if keep is None else max(0.2, keep / 4)
        )
        ids = self._registry.ids()
        for gone in self._standings.known - set(ids):
            self._standings.forget(gone)
            self._keep_until.pop(gone, None)
        for id in ids:
            if id not in self._busy:
                with contextlib.suppress(NeuralArtError, OSError):
                    self._survey_run(id)

    def _survey_run(self, id: str) -> None:
        if not self._standings.of(id).settled and not self._look_at(id).settled:
            return
        if self._keep_seconds is None or time.time() < self._keep_until.get(id, 0.0):
            return
        self._keep_until[id] = last_activity(self._registry.find(id)) + self._keep_seconds
        if time.time() > self._keep_until[id]:
            self.delete(id)

    def _look_at(self, id: str) -> Standing:
        """How the run stands, after what can be done for it at once."""
        if self._processes.poll(id):
            with contextlib.suppress(NeuralArtError, OSError):
                self._starts.note_end(self._registry.find(id))
        standing = self._standings.of(id)
        if standing.stopped:
            with contextlib.suppress(NeuralArtError, OSError):
                self.finish(self._registry.find(id))
        if standing.locked or standing.waits:
            self._busy.add(id)
        else:
            self._forget(id)
        return standing

    def _counts(self, standing: Standing, id: str) -> bool:
        """Whether the run is one of those that are trained at once."""
        return standing.locked and not self.is_held_back(id)

    def _queue(self, ids: Iterable[str]) -> list[str]:
        """The ids of the runs among these that wait, in the order in which they were asked for."""
        waiting = []
        for id in ids:
            if self.is_held_back(id) or self._starts.is_put_off(id):
                continue
            if (asked := self._standings.of(id).asked) is not None:
                waiting.append((asked, id))
        return [id for _, id in sorted(waiting)]

    @contextlib.contextmanager
    def _turn(self) -> Iterator[bool]:
        """Whether it is our turn to start workers; another supervisor on the same folder then waits."""
        try:
            descriptor = os.open(self._registry.root / ".line", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield True  # the folder cannot be written: starting will say so
            return
        try:
            yield files.try_lock(descriptor)
        finally:
            os.close(descriptor)

    def _forget(self, id: str) -> None:
        self._busy.discard(id)
        self._places_at = -math.inf
        self._starts.forget_pause(id)
        self._keep_until.pop(id, None)
        self._processes.forget(id)
        if not (self._registry.root / id).exists():
            self._standings.forget(id)
            self._starts.forget(id)
            self._removed(id)
