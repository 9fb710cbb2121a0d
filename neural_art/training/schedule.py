"""Schedules of a training: pure functions of how much of its budget has passed, and the clock that tells it.

``progress`` is the elapsed fraction of the budget, 0 to 1, so that the same schedules fit any machine.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from statistics import median

from neural_art.recipe import DEFAULT_MINUTES, Budget

ADVERSARIAL_RAMP = 0.1  # of the budget, from none of the adversarial weight to all of it
RATE_RAMP = 0.02  # of the budget, from none of the learning rate to all of it
RATED_BATCH = 64  # pictures in a step, up to which a recipe's learning rates stay as they are
NEW_RATED_BATCH = 16  # the same of a generator that is new to such paintings
SAMPLE_GRIDS = 60  # about so many in a training
FIRST_GAP = 3.0  # seconds from one sample grid to the next, at first
BASE_STEPS = 400  # that a base counts for when weights are averaged
RESERVED = 1.0  # seconds of the budget that are kept for the last sample grid and checkpoint
SETUP_SHARE = 0.2  # of what is left of a budget, that a set-up may use up
UNUSUAL = 5.0  # times as long as steps usually take: that is all that a step counts
UNNOTICED = 1.0  # seconds that a step may always count
UNKNOWN = 20.0  # seconds that anything else counts at most, and a step before it is known what steps take
RECENT = 15  # steps that tell what steps usually take


class Clock:
    """How much of a budget has passed. ``began``: when, by ``now``; ``used``: seconds of earlier sittings.

    A process may stand still in the middle of something: Ctrl-Z, a container that is paused, a virtual machine that is
    frozen. Such time is nobody's, so whoever has the clock says after each piece of work what it was (``set_up_done``,
    ``step_done``, ``other_done``), and it counts no more than such work can take.
    """

    def __init__(
        self,
        budget: Budget,
        began: float | None = None,
        used: float = 0.0,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._budget = budget
        self._now = now
        self._noted = now() if began is None else began  # up to when it is known what was done
        self._steps: deque[float] = deque(maxlen=RECENT)
        self.used = used

    @property
    def seconds(self) -> float:
        """Seconds of training so far, pauses and crashes not counted."""
        return self.used + self._now() - self._noted

    def set_up_done(self) -> tuple[float, float]:
        """Everything is ready for the first step: the seconds that this took, and how many of them do not count.

        On a machine that is busy with something else a set-up could use up a short budget before there is a step.
        """
        took = self._since_last()
        left = math.inf if self._budget.seconds is None else max(0.0, self._budget.seconds - self.used)
        counted = min(took, SETUP_SHARE * left)
        self.used += counted
        return took, took - counted

    @property
    def usual_step(self) -> float | None:
        """Seconds that steps usually take; None before there were enough of them."""
        return median(self._steps) if len(self._steps) == RECENT else None

    def step_done(self) -> None:
        """A step was made."""
        took = self._since_last()
        known = len(self._steps) >= 3
        self.used += min(took, max(UNNOTICED, UNUSUAL * median(self._steps)) if known else UNKNOWN)
        self._steps.append(took)

    def other_done(self) -> None:
        """Something else was done: a sample grid, a save, what the reader of an event did."""
        self.used += min(self._since_last(), UNKNOWN)

    def _since_last(self) -> float:
        before, self._noted = self._noted, self._now()
        return self._noted - before

    def total(self, step: int) -> float:
        """Seconds of training in all; where the budget counts steps, an estimate after ``step`` of them."""
        if self._budget.seconds is not None:
            return self._budget.seconds
        assert self._budget.steps is not None
        return self.seconds / step * self._budget.steps if step else 60 * DEFAULT_MINUTES

    def progress(self, step: int) -> float:
        """The elapsed fraction of the budget, 0 to 1. The last second is kept for the last grid and checkpoint."""
        if self._budget.steps is not None:
            return min(1.0, step / self._budget.steps)
        total = self.total(step)
        return min(1.0, self.seconds / max(0.5 * total, total - RESERVED))

    def left(self, step: int) -> float:
        """Seconds until the budget is used up."""
        return max(0.0, self.total(step) - self.seconds)


def adversarial_weight(progress: float, highest: float, warmup: float | None) -> float:
    """The weight of the adversarial loss: 0 during the reconstruction ``warmup`` (a fraction of the budget), then a
    ramp to ``highest``; ``highest`` throughout where ``warmup`` is None.

    A generator that has never painted anything like these paintings learns from them alone first: the discriminator
    would win before there is anything to judge.
    """
    if warmup is None:
        return highest
    return highest * min(1.0, max(0.0, progress - warmup) / ADVERSARIAL_RAMP)


def learning_rate(progress: float, batch: int, *, from_base: bool, adversarial: bool) -> float:
    """The factor on the learning rates: a short ramp up, then down a cosine to a tenth. It grows with the root of a
    ``batch`` that is larger than ``RATED_BATCH``.

    A generator that has never painted anything like these paintings (not ``from_base``) takes half of that once the
    loss is ``adversarial``, since it runs away sooner; its rate grows from ``NEW_RATED_BATCH`` on.
    """
    decay = 0.55 + 0.45 * math.cos(math.pi * min(1.0, progress))
    growth = max(1.0, batch / (RATED_BATCH if from_base else NEW_RATED_BATCH)) ** 0.5
    share = 0.5 if adversarial and not from_base else 1.0
    return growth * share * min(1.0, (progress + 1e-3) / RATE_RAMP) * decay


def ema_decay(step: int, half_life: float, *, from_base: bool) -> float:
    """What the moving average keeps of itself at a step; its half-life grows with the training (Karras et al. 2024,
    arXiv 2312.02696).

    ``half_life``: as a fraction of the training so far. With a base, what it knows counts like ``BASE_STEPS`` of the
    training, so something of it stays in the average for long, which is better than either end (Wortsman et al. 2022,
    arXiv 2109.01903); without one, the half-life is a fifth of that.
    """
    steps = half_life * (step + BASE_STEPS) if from_base else half_life / 5 * step
    return 0.5 ** (1 / max(10.0, steps))


def sample_grid_gap(seconds: float, total: float) -> float:
    """Seconds to the next sample grid: at most ``FIRST_GAP`` at first, then more, about ``SAMPLE_GRIDS`` in all."""
    exponent = max(1.2, math.log(max(total, FIRST_GAP + 0.1) / FIRST_GAP) / math.log(SAMPLE_GRIDS))
    done = min(1.0, max(1e-3, seconds / total))
    number = SAMPLE_GRIDS * done ** (1 / exponent)
    return total * (((number + 1) / SAMPLE_GRIDS) ** exponent - (number / SAMPLE_GRIDS) ** exponent)
