"""Learning a set of paintings: a ``Training`` yields events until its budget is used up.

A step shows the networks a batch. Part of it is painted from the latents of crops of the paintings, and must look like
those crops (texture, arrangement, colours); the rest is painted from sampled latents, and must only look real
(adversarial loss). Nothing here prints, reads a clock other than a monotonic one, or touches the disk.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor

from neural_art.errors import CheckpointError, DatasetError, ProcessorError
from neural_art.events import Adapted, Event, Failed, Finished, RolledBack, Sampled, Saved, Started, Stepped
from neural_art.messages import Message
from neural_art.models.checkpoint import Model
from neural_art.processor import CPU, Processor
from neural_art.recipe import Budget, Recipe
from neural_art.training import schedule
from neural_art.training.device import LEAST_BATCH, card_errors, halved, is_out_of_memory, quick_batch
from neural_art.training.learner import Learner
from neural_art.training.means import Means
from neural_art.training.networks import Networks
from neural_art.training.state import current_names

if TYPE_CHECKING:
    from neural_art.training.data_parallel import Group

LEAST_PAINTINGS = 2
GRID_SHARE = 1 / 20  # of the time that sample grids may take at most, with what their reader does with them
CARD_SHARE = 0.015  # the same of a card's time, for sample grids and for saves each
PATIENCE = 2  # roll-backs before a training is given up
SLOW_SETUP = 0.05  # of a budget: what a set-up takes beyond its share is worth a word if it is more than that

Made = TypeVar("Made")


class Training:
    """One training, from its set-up to its end. Iterate over ``run()``.

    ``paintings``: (n, 3, L, L) uint8, L = ``recipe.stored_size``.
    ``base``: the model to start from, which stays as it is; its encoder is kept. Without one, an encoder is fitted to
    the paintings.
    ``resume``: the ``training`` tensors and ``state`` of an earlier ``Saved`` event of this run. The budget may be
    larger than the earlier one was.
    ``began``: when the budget began to run, by ``now``, which counts seconds; by default, now. A set-up that takes long
    does not use it up (``schedule.Clock``); ``Started`` says so.
    ``class_indices``: (n,), the paintings' classes, numbered from 0; new latents are then sampled class by class.
    ``about``: further settings to be stored in every checkpoint, such as the set's aspect.
    ``save_seconds``, ``step_seconds``: about so often come ``Saved`` and ``Stepped`` events. On a card, saves are as
    rare as ``CARD_SHARE`` asks, if it takes long to write them.
    ``networks``: the numbers of the feature networks that take turns. The model keeps only the heads of the first.
    ``processor``: where the networks learn. A CUDA device becomes this thread's current one. Tensors in events are on
    the CPU.
    ``fixed_size``: what the base paints at this size stays as it is, only the stages for larger pictures learn; 0: all.
    ``halvings``: how often the batch is to be halved, for want of memory outside a card.
    ``group``: the processes that train this model together. The first calls ``run()``, the others ``follow()``.

    A training may be resumed on another device than it began on; what it computes with is then chosen anew. Where a
    card's memory is too small, an ``Adapted`` event says so and it goes on with a smaller batch.

    Raises ``DatasetError`` for fewer than two paintings, ``CheckpointError`` if ``resume`` does not fit, or the weights
    to start from are not numbers, and ``ProcessorError``, also from ``run()``, if a card cannot go on.
    """

    def __init__(
        self,
        paintings: Tensor,
        recipe: Recipe,
        budget: Budget,
        *,
        base: Model | None = None,
        resume: tuple[dict[str, Tensor], dict[str, Any]] | None = None,
        began: float | None = None,
        class_indices: Tensor | None = None,
        about: dict[str, Any] | None = None,
        save_seconds: float = 9.0,
        step_seconds: float = 0.8,
        networks: Sequence[int] = (0,),
        processor: Processor = CPU,
        fixed_size: int = 0,
        halvings: int = 0,
        group: Group | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if len(paintings) < LEAST_PAINTINGS:
            raise DatasetError("too-few", count=len(paintings), least=LEAST_PAINTINGS)
        side = recipe.stored_size
        if paintings.dtype != torch.uint8 or paintings.shape[1:] != (3, side, side):
            raise ValueError(
                f"paintings must be (n, 3, {side}, {side}) bytes, not {tuple(paintings.shape)} {paintings.dtype}"
            )
        self._recipe, self._budget, self._about = recipe, budget, dict(about or {})
        self._save_seconds, self._step_seconds = save_seconds, step_seconds
        self._now, self._clock = now, schedule.Clock(budget, began, now=now)
        self._sample_grids = self._rollbacks = 0
        self._rate = 1.0  # lowered by roll-backs
        self._started_from = str(base.settings.get("name", "base")) if base else "none"
        self._count, self._resumed, self._lost = len(paintings), resume is not None, False
        with card_errors(processor):
            self._learner = Learner(
                paintings,
                recipe,
                base=base,
                numbers=networks,
                class_indices=class_indices,
                processor=processor,
                fixed_size=fixed_size,
                halvings=halvings,
                group=group,
            )
            if resume is not None:
                self._restore(*current_names(*resume), whole=True)
            if not self.networks.finite():
                raise CheckpointError("not-finite")
        self._speed_known = self._learner.compute_known  # whether it was measured, here or in an earlier sitting
        self._good: Saved | None = None  # the last moment at which all weights were numbers

    # ---- the loop

    def run(self) -> Iterator[Event]:
        """Started, Sampled, Stepped, Saved ... and at the end Finished or Failed. May be left at any event."""
        try:
            with card_errors(self._learner.processor):
                yield from self._run()
        except ProcessorError:
            self._lost = True
            raise

    def _run(self) -> Iterator[Event]:
        self._learner.set_up(self._budget.seconds)
        yield from self._reported(self._started(*self._clock.set_up_done()))
        self._good, save_cost = self._moment(), 0.0
        grid_cost = yield from self._show_grid()
        on_card = self._learner.processor.is_card
        if on_card:
            grid_cost = 0.0  # what is done for the first time on a card takes longer
        stepped_at = sampled_at = saved_at = self._now()
        grid_share, save_share = (CARD_SHARE, CARD_SHARE) if on_card else (GRID_SHARE, 1.0)
        means = Means(self._now)
        while (progress := self.progress) < 1:
            measured = yield from self._within_memory(partial(self._train_step, progress))
            if batch := self._slower_batch():
                yield from self._reported(self._adapted(batch, Message("training.slow-card", {"batch": batch})))
            now = self._now()
            saving = now - saved_at >= max(self._save_seconds, save_cost / save_share)
            finite = all(map(math.isfinite, measured.values()))
            if not finite or (saving and not self.networks.finite()):
                yield from self._reported(self._roll_back())
                if self._rollbacks > PATIENCE:
                    yield Failed(**self._where(), reason=Message("training.unstable"))
                    return
                means = Means(self._now)
                continue
            means.add(measured, self._learner.compute.batch * self._learner.processes)
            if now - stepped_at >= self._step_seconds:
                stepped_at = now
                yield from self._reported(self._stepped(means))
                means = Means(self._now)
            gap = schedule.sample_grid_gap(self.seconds, self._clock.total(self.step))
            if now - sampled_at >= max(gap, grid_cost / grid_share):
                sampled_at = now
                grid_cost = yield from self._show_grid()
            if saving:
                saved_at = now
                if not on_card:
                    self._good = None  # first: two of them at once would take 200 MB
                began = self._now()
                self._good = self._moment()
                yield from self._reported(self._good)
                save_cost = self._now() - began
        if not self.networks.finite():
            yield from self._reported(self._roll_back())
        elif means.steps:
            yield from self._reported(self._stepped(means))
        yield from self._show_grid()
        yield from self._reported(self._moment())
        rate = self._learner.pictures / max(1e-6, self.seconds)
        yield Finished(**self._where(), early=False, pictures_per_second=rate)

    def follow(self) -> None:
        """The steps that the first process of the group makes, on pictures of this one's own, until it ends."""
        self._learner.follow(self._budget.seconds)

    def _reported(self, event: Event) -> Iterator[Event]:
        """The event, and a note of the time that its reader took."""
        yield event
        self._clock.other_done()

    def _show_grid(self) -> Generator[Event, None, float]:
        """A sample grid; the seconds that it took, with what its reader did with it."""
        began = self._now()
        grid = yield from self._within_memory(self._sampled)
        yield from self._reported(grid)
        return self._now() - began

    def _within_memory(self, work: Callable[[], Made]) -> Generator[Event, None, Made]:
        """What ``work`` returns, from the last good weights and with half the batch where a card has no memory left."""
        while True:
            try:
                return work()
            except RuntimeError as error:
                last = self._learner.compute.batch <= LEAST_BATCH or self._learner.group is not None  # which would wait
                if last or not is_out_of_memory(error):
                    raise
            # here: the error holds on to what was computed
            if self._good is not None:  # a step may have been half-way through its updates
                self._restore(self._good.training, self._good.state, whole=False)
            batch = halved(self._learner.compute.batch)
            yield from self._reported(self._adapted(batch, Message("training.smaller-batch", {"batch": batch})))

    def _adapted(self, batch: int, reason: Message) -> Adapted:
        """Steps of so many pictures from here on."""
        self._learner.change_batch(batch)
        return Adapted(**self._where(), reason=reason, batch=batch, device=self._learner.processor.device)

    def _slower_batch(self) -> int | None:
        """A smaller batch, once it is known that this card is too slow for the one that was chosen for it."""
        seconds, usual = self._budget.seconds, self._clock.usual_step
        if usual is None or self._speed_known:
            return None
        self._speed_known = True
        if not self._learner.processor.is_card or self._recipe.batch or seconds is None:
            return None
        batch = self._learner.compute.batch
        quick = quick_batch(batch, usual, seconds)
        return quick if quick < batch else None

    def _train_step(self, progress: float) -> dict[str, float]:
        """One update; what it measured."""
        captures = self._learner.captures
        measured = self._learner.update(progress, self._rate)
        if self._learner.captures > captures:  # which takes as long as many steps
            self._clock.other_done()
        else:
            self._clock.step_done()
        return measured

    # ---- where it stands

    @property
    def step(self) -> int:
        """Optimiser steps so far."""
        return self._learner.step

    @property
    def latents(self) -> Tensor:
        """(n, LATENT_SIZE), of the paintings, once ``run()`` has begun."""
        return self._learner.latents

    @property
    def networks(self) -> Networks:
        """The networks that learn."""
        return self._learner.networks

    @property
    def seconds(self) -> float:
        """Seconds of training so far, pauses and crashes not counted."""
        return self._clock.seconds

    @property
    def progress(self) -> float:
        """The elapsed fraction of the budget, 0 to 1."""
        return self._clock.progress(self.step)

    def _where(self) -> dict[str, Any]:
        return {"step": self.step, "seconds": round(self.seconds, 3)}

    def _started(self, setup_seconds: float, uncounted: float) -> Started:
        total = self._clock.total(self.step)
        slow = uncounted > SLOW_SETUP * total
        return Started(
            **self._where(),
            paintings=self._count,
            resumed=self._resumed,
            base=self._started_from,
            budget=total,
            notice=Message("training.slow-setup", {"seconds": round(setup_seconds)}) if slow else None,
            device=self._learner.processor.device,
            processor=self._learner.processor.name,
            **vars(self._learner.compute),
        )

    def _stepped(self, means: Means) -> Stepped:
        left = self._clock.left(self.step)
        return Stepped(**self._where(), progress=self.progress, seconds_left=left, **means.values())

    def _sampled(self) -> Sampled:
        pictures = self._learner.sample_grid()
        self._sample_grids += 1
        self._clock.other_done()
        return Sampled(**self._where(), number=self._sample_grids - 1, pictures=pictures)

    def model(self) -> Model:
        """The averaged generator and all that belongs to it."""
        return self._learner.model(self.seconds, self._about)

    # ---- saving and resuming

    def saved(self) -> Saved:
        """This moment, whole: what to show and what to resume from. The last good one, where weights are not numbers
        any more, or the card that they are on is lost."""
        try:
            with card_errors(self._learner.processor):
                if self._good is None or (not self._lost and self.networks.finite()):
                    return self._moment()
        except ProcessorError:
            self._lost = True
            if self._good is None:
                raise
        assert self._good is not None
        return self._good

    def _moment(self) -> Saved:
        model = self.model()
        checkpoint = model.tensors()
        rest, state = self._learner.rest()
        self._clock.other_done()
        state |= {
            "sample_grids": self._sample_grids,
            "seconds": self.seconds,
            "rate": self._rate,
            "rollbacks": self._rollbacks,
            "started_from": self._started_from,
        }
        # the averaged weights, the heads and the encoder are not copied twice
        return Saved(
            **self._where(), checkpoint=checkpoint, training=checkpoint | rest, settings=model.settings, state=state
        )

    def _restore(self, tensors: dict[str, Tensor], state: dict[str, Any], *, whole: bool) -> None:
        """Goes back to a saved moment; ``whole``: of an earlier sitting, so that clock and crops are restored, too."""
        try:
            self._learner.restore(tensors, state, whole=whole)
            self._sample_grids = state["sample_grids"]
            if whole:
                self._clock.used, self._started_from = state["seconds"], state["started_from"]
                self._rate, self._rollbacks = state["rate"], state["rollbacks"]
        except (torch.AcceleratorError, torch.OutOfMemoryError):
            raise
        except (KeyError, RuntimeError, TypeError) as error:
            raise CheckpointError("other-training", why=str(error)) from error

    def _roll_back(self) -> RolledBack:
        assert self._good is not None  # kept before the first step
        self._restore(self._good.training, self._good.state, whole=False)
        self._learner.make_step()
        self._rollbacks += 1
        self._rate *= 0.5
        return RolledBack(**self._where(), reason=Message("training.not-finite"), rate=self._rate)


def train(paintings: Tensor, recipe: Recipe, budget: Budget, **keywords: Any) -> Iterator[Event]:
    """The events of a new ``Training`` (see there), in order."""
    return Training(paintings, recipe, budget, **keywords).run()
