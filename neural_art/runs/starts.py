"""Starts of workers, and what is done about those that died or could not be started: again after a pause, or given up.

How often a worker was started is kept in its run's folder (``runs.attempts``); here it is known how long to wait.
"""

from __future__ import annotations

import os
import time
from typing import Final

from neural_art import files
from neural_art.errors import NeuralArtError, RunError, StorageError
from neural_art.events import Failed
from neural_art.messages import Message
from neural_art.runs.attempts import FAULTS, HALVINGS, attempts_of, count_attempt
from neural_art.runs.journal import Journal
from neural_art.runs.lock import take_lock
from neural_art.runs.processes import WorkerProcesses
from neural_art.runs.run import Run

RESTART_SECONDS: Final = (0.5, 60.0)
"""How long a worker that died without getting anywhere waits for its second start, twice that for its third, and so on
up to the longest time."""

RETRY_SECONDS: Final = 20.0
"""How long a worker that could not even be started waits for the next try, at most."""

TURN_SECONDS: Final = 5.0
"""A run that waits longer than this for a start lets others go first."""

FIRST_SAVE: Final = 128 << 20
"""Bytes that the first save of a training takes, about: a run that found no room for it is started when there is."""


class Starts:
    """Starts the workers of ``processes``. ``restart_seconds``: see ``RESTART_SECONDS``."""

    def __init__(self, processes: WorkerProcesses, restart_seconds: tuple[float, float]) -> None:
        self._processes = processes
        self._restart_seconds = restart_seconds
        self._not_before: dict[str, float] = {}  # id -> monotonic time of its worker's next start
        self._troubles: dict[str, Message] = {}  # id -> why its worker could not even be started

    def trouble(self, id: str) -> Message | None:
        """Why no worker could be started for the run, where not even that could be written into its folder."""
        return self._troubles.get(id)

    def is_put_off(self, id: str) -> bool:
        """Whether no worker could be started for the run, and it is too early to try again."""
        return id in self._troubles and time.monotonic() < self._not_before.get(id, 0.0)

    def start(self, run: Run) -> bool:
        """Start the run's worker. Whether its turn is used up by that."""
        wait = self._not_before.get(run.id, 0.0) - time.monotonic()
        if wait > 0:  # its worker died; it will be started again
            return wait < TURN_SECONDS
        if self._processes.is_ending(run.id):  # what it died of is not known yet
            return True
        try:
            lock = take_lock(run)
        except RunError:
            return True  # somebody else was quicker
        except OSError as error:
            return self._give_up(run, files.storage_error(error).message)
        try:
            death = self._processes.death(run)
            if death == "disk":
                files.check_room(run.folder, _size_of_a_save(run))
            attempts = count_attempt(run, death)
            if attempts.faults > FAULTS or attempts.memory > HALVINGS:
                step, seconds = Journal(run).standing
                no_memory = StorageError("out-of-memory").message
                reason = no_memory if attempts.memory > HALVINGS else self._processes.cause_of_death(run)
                Journal(run).append(Failed(step=step, seconds=seconds, reason=reason))
                return False
            self._troubles.pop(run.id, None)
            self._processes.start(run, lock, keep_log=attempts.count > 1)
            return True
        except NeuralArtError as error:
            return self._give_up(run, error.message)
        except OSError as error:
            return self._give_up(run, files.storage_error(error).message)
        finally:
            os.close(lock)

    def note_end(self, run: Run) -> None:
        """Note when the run's worker may be started again, which has ended just now."""
        if self._processes.death(run) == "disk":
            self._give_up(run, StorageError("disk-full").message)
        else:
            self._not_before[run.id] = time.monotonic() + self._restart_delay(run)

    def forget_pause(self, id: str) -> None:
        """The run's next start need not wait."""
        self._not_before.pop(id, None)

    def forget(self, id: str) -> None:
        """Somebody asked something of the run since, or it is gone."""
        self.forget_pause(id)
        self._troubles.pop(id, None)

    def _restart_delay(self, run: Run) -> float:
        """Seconds until a worker is started again that ended just now."""
        first, longest = self._restart_seconds
        attempts = attempts_of(run)
        return 0.0 if attempts is None else min(longest, first * 2 ** min(attempts.count - 1, 30))

    def _give_up(self, run: Run, reason: Message) -> bool:
        """Remember why no worker could be started; it is tried again after a while."""
        if run.exists():
            self._troubles[run.id] = reason
            self._not_before[run.id] = time.monotonic() + min(RETRY_SECONDS, self._restart_seconds[1])
        return False


def _size_of_a_save(run: Run) -> int:
    """Bytes that the run's next save takes beside the last."""
    if not run.paths.training_state.exists():
        return FIRST_SAVE
    return run.paths.checkpoint.stat().st_size + run.paths.training_state.stat().st_size
