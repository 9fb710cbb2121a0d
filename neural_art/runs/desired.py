"""What the person wants of a run, and for how long: the one place that keeps the budget of its training."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, Literal

from neural_art import files
from neural_art.errors import StorageError
from neural_art.recipe import Budget
from neural_art.runs.journal import Journal
from neural_art.runs.paths import HasPaths

Desired = Literal["training", "paused", "finished"]
"""What a person may want of a run."""

DESIRED: Final[tuple[Desired, ...]] = ("training", "paused", "finished")


@dataclass(frozen=True)
class DesiredState:
    """What the person wants of a run.

    ``minutes``: the budget of the whole training, in minutes; or ``steps``, in optimiser steps.
    ``asked``: Unix seconds; who asked earlier is trained earlier.
    ``after``: the size of events.jsonl when it was asked; an end that stands behind that answers the request.
    """

    state: Desired
    minutes: float | None = None
    asked: float = 0.0
    after: int = 0
    steps: int | None = None

    @property
    def budget(self) -> Budget | None:
        """The budget of the whole training; None if the person named none."""
        if self.minutes is None and self.steps is None:
            return None
        return Budget(minutes=self.minutes, steps=self.steps)


def desired_state(run: HasPaths) -> DesiredState | None:
    """What the person wants; None before training was asked for. Raises ``StorageError`` for a damaged file."""
    values = files.read_json(run.paths.desired_state)
    try:
        return None if values is None else DesiredState(**values)
    except TypeError:
        raise StorageError("damaged", name=run.paths.desired_state.name) from None


def set_desired_state(
    run: HasPaths, state: Desired, minutes: float | None = None, *, steps: int | None = None
) -> DesiredState:
    """Note what the person wants. ``minutes`` or ``steps`` is the whole budget; without either it stays what it was.

    To ask for "training" again before that has been answered keeps the run's place in the queue.
    """
    if state not in DESIRED:
        raise ValueError(f"state is {state!r}; it must be one of {', '.join(DESIRED)}")
    before, digest = desired_state(run), Journal(run).digest
    if minutes is None and steps is None and before is not None:
        minutes, steps = before.minutes, before.steps
    queued = before is not None and before.state == state == "training" and not digest.ended_after(before.after)
    asked = before.asked if before is not None and queued else time.time()
    new = DesiredState(state, minutes, asked, digest.size, steps)
    files.write_json(run.paths.desired_state, vars(new))
    return new


def clear_desired_state(run: HasPaths) -> None:
    """Forget what was asked: a run that never trained is merely prepared again."""
    run.paths.desired_state.unlink(missing_ok=True)
