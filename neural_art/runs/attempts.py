"""Starts of a run's worker that got nowhere, and what ended them: kept in the run's folder, so that whoever looks after
it next knows, and the person can see why nothing happens."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final, Literal

from neural_art import files
from neural_art.errors import NeuralArtError
from neural_art.messages import Message
from neural_art.runs.desired import desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.paths import HasPaths

Death = Literal["own", "outside", "memory", "disk"]
"""How a worker ended that should have gone on: by a fault of its own, ended by somebody else, by the system, which had
no memory left, or because the disk was full."""

DISK_FULL_STATUS: Final = 74
"""The exit status of a worker that ends because the disk is full: it can write that nowhere else."""

ELSEWHERE_STATUS: Final = 75
"""The exit status of a process that lost the machine on which its run was trained: the run goes on elsewhere."""

FAULTS: Final = 3
"""How often a worker that died by a fault of its own, without getting anywhere, is started again."""

HALVINGS: Final = 3
"""How often the batch is halved for want of memory."""


@dataclass(frozen=True)
class Attempts:
    """Starts since the last progress. ``asked``, ``saved``: what the person had asked, and the last step that was safe
    on disk, when they were counted. ``count``: all starts; ``outside``, ``memory``, ``disk``: those that ended so."""

    asked: float
    saved: int
    count: int = 1
    outside: int = 0
    memory: int = 0
    disk: int = 0

    @property
    def faults(self) -> int:
        """Starts that ended by a fault of their own. The newest one has not ended yet."""
        return self.count - 1 - self.outside - self.memory - self.disk

    @property
    def notice(self) -> Message | None:
        """What a person should know of them."""
        if self.memory:
            return Message("run.smaller-batch")
        return Message("run.ended-from-outside", {"count": self.outside}) if self.outside else None


def attempts_of(run: HasPaths) -> Attempts | None:
    """The starts that got nowhere; None where there was none, the last one got further, or a person asked anew."""
    desired, saved = desired_state(run), Journal(run).saved_step
    try:
        values = files.read_json(run.paths.restart_attempts)
        before = None if values is None else Attempts(**values)
    except (NeuralArtError, TypeError):
        return None
    current = before is not None and before.asked == (desired.asked if desired else 0.0) and saved <= before.saved
    return before if current else None


def crashed(run: HasPaths) -> bool:
    """Whether a worker of the run died by a fault of its own and none has got further since."""
    attempts = attempts_of(run)
    return attempts is not None and attempts.faults > 0


def count_attempt(run: HasPaths, death: Death = "own") -> Attempts:
    """Count a start of the run's worker. ``death``: how the one before ended, if it got nowhere."""
    before, desired = attempts_of(run), desired_state(run)
    if before is None:
        counted = Attempts(desired.asked if desired else 0.0, Journal(run).saved_step)
    else:
        counted = Attempts(
            before.asked,
            before.saved,
            before.count + 1,
            before.outside + (death == "outside"),
            before.memory + (death == "memory"),
            before.disk + (death == "disk"),
        )
    files.write_json(run.paths.restart_attempts, asdict(counted))
    return counted


def batch_halvings(run: HasPaths) -> int:
    """How often the run's batch is to be halved: once for each worker that the system ended for want of memory."""
    attempts = attempts_of(run)
    return 0 if attempts is None else attempts.memory
