"""Learning a set of paintings: a ``Training`` yields events until its budget is used up.

A step shows the networks a batch. Part of it is painted from the latents of crops of the paintings, and must look like
those crops (texture, arrangement, colours); the rest is painted from sampled latents, and must only look real
(adversarial loss). Nothing here prints, reads a clock other than a monotonic one, or touches the disk.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from neural_art.errors import CheckpointError, DatasetError, ProcessorError
from neural_art.events import Adapted, Event, Failed, Finished, RolledBack, Sampled, Saved, Started, Stepped
from neural_art.messages import Message
from neural_art.models.checkpoint import FORMAT, Model
from neural_art.models.pixels import to_uint8
from neural_art.recipe import LATENT_SIZE, Budget, Recipe
from neural_art.training import schedule
from neural_art.training.batches import SEEN, Batches
from neural_art.training.crops import Crops
from neural_art.training.device import (
    LEAST_BATCH,
    card_errors,
    halved,
    is_out_of_memory,
    measured_compute,
    planned_compute,
    quick_batch,
    release_memory,
)
from neural_art.training.encoding import encode_paintings
from neural_art.training.means import Means
from neural_art.training.networks import Networks
from neural_art.training.state import current_names
from neural_art.training.step import TrainStep

if TYPE_CHECKING:
    from neural_art.training.data_parallel import Group

LEAST_PAINTINGS = 2
SAMPLES = 24  # pictures in a sample grid; the first half reconstructs paintings, the rest is sampled
SAMPLE_TRUNCATION = 0.8
GRID_SHARE = 1 / 20  # of the time that sample grids may take at most, with what their reader does with them
CARD_SHARE = 0.015  # the same of a card's time, for sample grids and for saves each
PATIENCE = 2  # roll-backs before a training is given up
SEED_DISTANCE = 1_000_003  # from the seed of one process to the next one's
SHARED_STEPS = 1000  # after so many steps, the processes of a group are made alike again
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
    ``device``: where the networks learn, a ``torch.device``: "cpu", "cuda:0", "mps". A CUDA device becomes this
    thread's current one. Tensors in events are on the CPU. ``processor_name``: its name, for people.
    ``fixed_size``: what the base paints at this size stays as it is, only the stages for larger pictures learn; 0: all.
    ``halvings``: how often the batch is to be halved, for want of memory outside a card.
    ``group``: the processes that train this model together. The first calls ``run()``, the others ``follow()``.

    A training may be resumed on another device than it began on; what it computes with is then chosen anew. Where a
    card's memory is too small, an ``Adapted`` event says so and it goes on with a smaller batch.

    ``step``: optimiser steps so far. ``latents``: (n, LATENT_SIZE), of the paintings, once ``run()`` has begun.

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
        device: str = "cpu",
        processor_name: str = "",
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
        self.step = 0
        self._paintings, self._recipe, self._budget = paintings, recipe, budget
        self._base_latents = base.latents if base else None
        self._class_indices, self._about = class_indices, dict(about or {})
        self._device, self._processor_name, self._halvings = torch.device(device), processor_name, halvings
        self._on_card = self._device.type != "cpu"
        self._save_seconds, self._step_seconds = save_seconds, step_seconds
        self._group, self._processes, self._alike = group, group.size if group else 1, False
        self._now, self._clock = now, schedule.Clock(budget, began, now=now)
        self._rng = torch.Generator().manual_seed(recipe.seed)
        self._sample_grids = self._pictures = self._rollbacks = 0
        self._rate = 1.0  # lowered by roll-backs
        self._started_from = str(base.settings.get("name", "base")) if base else "none"
        self._out_of_domain = base is None  # whether the generator has never painted anything like these paintings
        self._compute_known = self._speed_known = False  # whether it was measured, here or in an earlier sitting
        self._lost = False
        self.latents = torch.empty(0)
        self._resumed = resume is not None
        with card_errors(self._device, processor_name):
            torch.empty(0, device=self._device)  # is it there?
            if self._device.type == "cuda" and self._device.index is not None:
                torch.cuda.set_device(self._device)
            self._compute = planned_compute(recipe, self._device, halvings)
            torch.set_num_threads(self._compute.threads)
            self.networks = Networks.build(recipe, base, networks, self._device, fixed_size)
            self._crops = Crops(paintings, recipe.size, self._device)
            if resume is not None:
                self._restore(*current_names(*resume), whole=True)
            if not self.networks.finite():
                raise CheckpointError("not-finite")
        self._good: Saved | None = None  # the last moment at which all weights were numbers

    # ---- the loop

    def run(self) -> Iterator[Event]:
        """Started, Sampled, Stepped, Saved ... and at the end Finished or Failed. May be left at any event."""
        try:
            with card_errors(self._device, self._processor_name):
                yield from self._run()
        except ProcessorError:
            self._lost = True
            raise

    def _run(self) -> Iterator[Event]:
        self._set_up()
        yield from self._reported(self._started(*self._clock.set_up_done()))
        self._good, save_cost = self._moment(), 0.0
        grid_cost = yield from self._show_grid()
        if self._on_card:
            grid_cost = 0.0  # what is done for the first time on a card takes longer
        stepped_at = sampled_at = saved_at = self._now()
        grid_share, save_share = (CARD_SHARE, CARD_SHARE) if self._on_card else (GRID_SHARE, 1.0)
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
            means.add(measured, self._compute.batch * self._processes)
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
                if not self._on_card:
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
        yield Finished(**self._where(), early=False, pictures_per_second=self._pictures / max(1e-6, self.seconds))

    def follow(self) -> None:
        """The steps that the first process of the group makes, on pictures of this one's own, until it ends."""
        assert self._group is not None
        self.latents, self._resumed = torch.empty(len(self._paintings), LATENT_SIZE), True
        ready = False
        while order := self._group.next_order():
            self.step = order.step
            if order.shared:
                self._group.share([self.latents, *self.networks.learned])
            if not ready:
                self._rng.manual_seed(self._recipe.seed + self._group.rank * SEED_DISTANCE + order.step)
                self._set_up()
                ready = True
            self._update(order.adversarial, order.rate)

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
                alone = self._group is None  # other processes would wait for this one
                if not alone or self._compute.batch <= LEAST_BATCH or not is_out_of_memory(error):
                    raise
            # here: the error holds on to what was computed
            if self._good is not None:  # a step may have been half-way through its updates
                self._restore(self._good.training, self._good.state, whole=False)
            batch = halved(self._compute.batch)
            yield from self._reported(self._adapted(batch, Message("training.smaller-batch", {"batch": batch})))

    def _adapted(self, batch: int, reason: Message) -> Adapted:
        """Steps of so many pictures from here on."""
        del self._step
        release_memory(self._device)
        self._compute = replace(self._compute, batch=batch)
        self._make_step()
        return Adapted(**self._where(), reason=reason, batch=batch, device=str(self._device))

    def _slower_batch(self) -> int | None:
        """A smaller batch, once it is known that this card is too slow for the one that was chosen for it."""
        seconds, usual = self._budget.seconds, self._clock.usual_step
        if usual is None or self._speed_known:
            return None
        self._speed_known = True
        if not self._on_card or self._recipe.batch or seconds is None:
            return None
        batch = quick_batch(self._compute.batch, usual, seconds)
        return batch if batch < self._compute.batch else None

    def _set_up(self) -> None:
        """The paintings' latents, the sample grid's, and what this machine computes with."""
        recipe, n = self._recipe, len(self._paintings)
        if not self._resumed:
            self.latents, self._out_of_domain = encode_paintings(
                self._crops.paintings,
                self.networks.encoder,
                recipe.size,
                base_latents=self._base_latents,
                rng=self._rng,
                threads=self._compute.threads,
                device=self._device,
            )
        self._crops.set_latents_of_paintings(self.latents)
        self._batches = Batches(
            recipe, self._crops, self.latents, self._class_indices, self.networks.encoder, self._rng, self._device
        )
        rng = torch.Generator().manual_seed(recipe.seed + 1)  # the sample grid's own, so that it never changes
        shown = torch.linspace(0, n - 1, min(n, SAMPLES // 2)).round().long()
        sampled = self._batches.sample(SAMPLES - len(shown), rng, SAMPLE_TRUNCATION)
        self._sample_latents = torch.cat([self.latents[shown], sampled])
        if not (self._compute_known or self._on_card):
            self._compute = measured_compute(
                self._compute,
                recipe,
                self.networks.generator,
                self.latents,
                SEEN[recipe.size],
                seconds=self._budget.seconds,
            )
            torch.set_num_threads(self._compute.threads)
        self._make_step()

    def _make_step(self) -> None:
        self._step = TrainStep(
            self.networks.generator,
            self.networks.optimizer,
            self.networks.critics,
            threads=min(self._compute.threads, self._compute.batch),
            bfloat16=self._compute.precision == "bfloat16",
            **({"average": self._group.average} if self._group else {}),
        )

    def _train_step(self, progress: float) -> dict[str, float]:
        """One update of both networks, by all processes of the group; what it measured."""
        recipe = self._recipe
        warmup = recipe.reconstruction_warmup if self._out_of_domain else None
        adversarial = schedule.adversarial_weight(progress, recipe.adversarial_weight, warmup)
        pictures = self._compute.batch // self._step.shards * self._step.shards * self._processes
        rate = self._rate * schedule.learning_rate(progress, pictures, adversarial=adversarial > 0)
        if self._group is not None:
            shared = not self._alike or self.step % SHARED_STEPS == 0
            self._group.lead(self.step, adversarial, rate, shared=shared)
            if shared:
                self._group.share([self.latents, *self.networks.learned])
                self._alike = True
        return self._update(adversarial, rate)

    def _update(self, adversarial: float, rate: float) -> dict[str, float]:
        recipe = self._recipe
        self._batches.add_crops(self.step, self._compute.batch, self._step.shards, self._step.map)
        count, captures = self._compute.batch // self._step.shards, self._step.captures
        measured = self._step(
            [self._batches.shard(count, contested=adversarial > 0) for _ in range(self._step.shards)],
            adversarial=adversarial,
            generator_lr=rate * recipe.generator_lr,
            discriminator_lr=rate * recipe.discriminator_lr,
            turn=self.step,
        )
        self.step += 1
        self._pictures += count * self._step.shards * self._processes
        decay = schedule.ema_decay(self.step, recipe.ema_half_life, from_base=not self._out_of_domain)
        self.networks.average(decay)
        if self._step.captures > captures:  # which takes as long as many steps
            self._clock.other_done()
        else:
            self._clock.step_done()
        return measured

    # ---- where it stands

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
            paintings=len(self._paintings),
            resumed=self._resumed,
            base=self._started_from,
            budget=total,
            notice=Message("training.slow-setup", {"seconds": round(setup_seconds)}) if slow else None,
            device=str(self._device),
            processor=self._processor_name,
            **vars(self._compute),
        )

    def _stepped(self, means: Means) -> Stepped:
        left = self._clock.left(self.step)
        return Stepped(**self._where(), progress=self.progress, seconds_left=left, **means.values())

    def _sampled(self) -> Sampled:
        bfloat16 = self._compute.precision == "bfloat16"

        def painted(latents: Tensor) -> np.ndarray:
            with torch.inference_mode(), torch.autocast(self._device.type, torch.bfloat16, enabled=bfloat16):
                return to_uint8(self.networks.averaged(latents.to(self._device)))

        parts = self._sample_latents.split(SAMPLES if self._on_card else SAMPLES // 4)
        pictures = np.concatenate(self._step.map(painted, parts))
        self._sample_grids += 1
        self._clock.other_done()
        return Sampled(**self._where(), number=self._sample_grids - 1, pictures=pictures)

    def model(self) -> Model:
        """The averaged generator and all that belongs to it."""
        settings = {
            "format": FORMAT,
            "size": self._recipe.size,
            "paintings": len(self._paintings),
            "step": self.step,
            "seconds": round(self.seconds, 1),
            "batch": self._compute.batch,
            "recipe": self._recipe.to_json(),
        }
        networks = self.networks
        return Model(networks.averaged, networks.discriminator, networks.encoder, self.latents, settings | self._about)

    # ---- saving and resuming

    def saved(self) -> Saved:
        """This moment, whole: what to show and what to resume from. The last good one, where weights are not numbers
        any more, or the card that they are on is lost."""
        try:
            with card_errors(self._device, self._processor_name):
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
        rest = self.networks.tensors() | {"rng": self._rng.get_state(), "crops": self._crops.seeds.clone()}
        self._clock.other_done()
        state = {
            "format": FORMAT,
            "step": self.step,
            "sample_grids": self._sample_grids,
            "pictures": self._pictures,
            "seconds": self.seconds,
            "rate": self._rate,
            "rollbacks": self._rollbacks,
            "compute": vars(self._compute),
            "device": self._device.type,
            "processor": self._processor_name,
            "halvings": self._halvings,
            "started_from": self._started_from,
            "out_of_domain": self._out_of_domain,
            "recipe": self._recipe.to_json(),
        }
        # the averaged weights, the heads and the encoder are not copied twice
        return Saved(
            **self._where(), checkpoint=checkpoint, training=checkpoint | rest, settings=model.settings, state=state
        )

    def _restore(self, tensors: dict[str, Tensor], state: dict[str, Any], *, whole: bool) -> None:
        """Goes back to a saved moment; ``whole``: of an earlier sitting, so that clock and crops are restored, too."""
        try:
            model = Model.from_tensors(tensors, {**state, "size": self._recipe.size})
            if len(model.latents) != len(self._paintings):
                raise KeyError("another number of paintings")
            self.networks.restore(model, tensors)
            self.latents = model.latents
            self._rng.set_state(tensors["rng"])
            self.step, self._sample_grids, self._alike = state["step"], state["sample_grids"], False
            self._pictures = state["pictures"]
            if whole:
                self._crops.restore(tensors["crops"])
                self._clock.used = state["seconds"]
                self._rate, self._rollbacks = state["rate"], state["rollbacks"]
                self._started_from, self._out_of_domain = state["started_from"], state["out_of_domain"]
                computed_on = state.get("device", "cpu"), state.get("processor", self._processor_name)
                if computed_on == (self._device.type, self._processor_name):
                    compute = replace(self._compute, **state["compute"])
                    batch = halved(compute.batch, max(0, self._halvings - state.get("halvings", 0)))
                    self._compute = replace(compute, batch=min(batch, self._compute.batch))
                    self._compute_known = self._speed_known = True
        except (torch.AcceleratorError, torch.OutOfMemoryError):
            raise
        except (KeyError, RuntimeError, TypeError) as error:
            raise CheckpointError("other-training", why=str(error)) from error

    def _roll_back(self) -> RolledBack:
        assert self._good is not None  # kept before the first step
        self._restore(self._good.training, self._good.state, whole=False)
        self._make_step()
        self._rollbacks += 1
        self._rate *= 0.5
        return RolledBack(**self._where(), reason=Message("training.not-finite"), rate=self._rate)


def train(paintings: Tensor, recipe: Recipe, budget: Budget, **keywords: Any) -> Iterator[Event]:
    """The events of a new ``Training`` (see there), in order."""
    return Training(paintings, recipe, budget, **keywords).run()
