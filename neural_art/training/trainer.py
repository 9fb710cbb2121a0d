"""Learning a set of paintings: a ``Training`` yields events until its budget is used up.

A step shows the networks a batch. Part of it is painted from the addresses of crops of the paintings, and must look
like those crops (texture, arrangement, colours); the rest is imagined, from latents around and between the paintings,
and must only look painted (adversarial loss). Nothing here prints, reads a clock other than a monotonic one, or touches
the disk.
"""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from neural_art.errors import CheckpointError, PaintingError
from neural_art.events import Event, Failed, Finished, RolledBack, Sampled, Saved, Started, Stepped
from neural_art.explore import latent
from neural_art.models.checkpoint import FORMAT, Model, copied, weights_of
from neural_art.models.features import Encoder, describe, feature_network
from neural_art.models.networks import Discriminator, Generator
from neural_art.recipe import LATENT_SIZE, Recipe
from neural_art.training import augment
from neural_art.training.allocator import keep_freed_memory, release_freed_memory
from neural_art.training.augment import Box, Look
from neural_art.training.optimizer import Adam
from neural_art.training.step import Opponent, Part, Stepper, workers

LEAST_PAINTINGS = 2
WALL = 24  # pictures in a wall; the first half at paintings' addresses, the rest imagined
WALLS = 60  # about so many in a training
SAVE_SECONDS = 9.0
TELL_SECONDS = 0.8
SEEN = {64: 64, 128: 96, 256: 160}  # picture size -> side of the windows that the feature network sees
VIEWS = (512, 6000)  # views of the paintings that an encoder is fitted to, at least and at most
CROPS_AT_ONCE, CROPS_EVERY = 16, 16  # crops encoded afresh, together, and steps from one time to the next
CROPS = 65536  # remembered at most
WHOLE = -1  # in place of a crop's seed: the whole painting
BASE_STEPS = 400  # that a base counts for when weights are averaged
MARGIN = 1.25  # paintings are kept this much larger than the pictures, so that crops have something to move in
PATIENCE = 2  # roll-backs before a training is given up


@dataclass(frozen=True)
class Machine:
    """How this machine computes fastest."""

    precision: str
    threads: int
    batch: int


class Training:
    """One training, from its set-up to its end. Iterate over ``run()``.

    ``paintings``: (n, 3, L, L) bytes, L = ``stored_size(recipe)``.
    ``base``: the model to start from; its encoder is kept. Without one, an encoder is fitted to the paintings.
    ``resume``: the ``training`` tensors and ``state`` of an earlier ``Saved`` event of this run. The recipe may ask for
    more minutes than the earlier one did.
    ``began``: ``time.monotonic()`` when the budget began to run; by default, now.
    ``labels``: (n,), the paintings' classes, numbered from 0; new latents are then drawn class by class.
    ``about``: further settings to be stored in every checkpoint, such as the set's aspect.
    ``save_seconds``: a ``Saved`` event comes about so often.
    ``networks``: the numbers of the feature networks that take turns. The model keeps only the heads of the first.
    ``device``: where the networks learn: the type of a ``torch.device``. On others than the CPU they multiply in
    bfloat16, unless the recipe says otherwise. What an event holds lies on the CPU.

    Raises ``PaintingError`` for fewer than two paintings, ``CheckpointError`` if ``resume`` does not fit.
    """

    def __init__(
        self,
        paintings: Tensor,
        recipe: Recipe,
        *,
        base: Model | None = None,
        resume: tuple[dict[str, Tensor], dict[str, Any]] | None = None,
        began: float | None = None,
        labels: Tensor | None = None,
        about: dict[str, Any] | None = None,
        save_seconds: float = SAVE_SECONDS,
        networks: Sequence[int] = (0,),
        device: str = "cpu",
    ) -> None:
        if len(paintings) < LEAST_PAINTINGS:
            raise PaintingError(
                f"{len(paintings)} paintings are too few to learn from. Bring at least {LEAST_PAINTINGS}."
            )
        side = stored_size(recipe)
        if paintings.dtype != torch.uint8 or paintings.shape[1:] != (3, side, side):
            raise ValueError(
                f"paintings must be (n, 3, {side}, {side}) bytes, not {tuple(paintings.shape)} {paintings.dtype}"
            )
        self._began = time.monotonic() if began is None else began
        self.labels = labels
        self.paintings, self.recipe, self.base, self.about = paintings, recipe, base, dict(about or {})
        self.chance = torch.Generator().manual_seed(recipe.seed)
        self.save_seconds = save_seconds
        self.step = self.walls = 0
        self.rate = 1.0  # lowered by roll-backs
        self.rollbacks = 0
        self.pictures = 0
        self._used = 0.0  # seconds of earlier sittings
        self._resume = resume
        self.started_from = str(base.settings.get("name", "base")) if base else "none"
        self.strange = base is None  # whether the generator has to find its way to these paintings first
        self.device = device
        self.machine = _machine(recipe, device)
        keep_freed_memory()
        torch.set_num_threads(self.machine.threads)
        self._build(networks)

    # -- set-up ---------------------------------------------------------------------------------------------------

    def _build(self, networks: Sequence[int]) -> None:
        recipe, base = self.recipe, self.base
        with torch.random.fork_rng():
            torch.manual_seed(recipe.seed)
            self.generator = base.generator if base else Generator(recipe.size)
            self.discriminator = base.discriminator if base else Discriminator()
            others = [Discriminator() for _ in networks[1:]]
        if self.generator.size != recipe.size:
            raise ValueError(f"the base paints {self.generator.size} px, the recipe wants {recipe.size} px")
        for network in (self.generator, self.discriminator, *others):
            network.to(self.device)
        self.generator.to(memory_format=torch.channels_last).train()
        self.averaged = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.encoder = (base.encoder if base else Encoder()).to(self.device)
        self.latents = torch.zeros(len(self.paintings), LATENT_SIZE)
        n = len(self.paintings)
        self.crops = torch.stack([torch.arange(n), torch.full((n,), WHOLE)], dim=1)  # a painting and a seed each
        self.generator_optimiser = Adam(self.generator.parameters(), betas=(0.5, 0.99))
        pairs = zip(networks, [self.discriminator, *others], strict=True)
        self.opponents = [Opponent.on(network, discriminator) for network, discriminator in pairs]
        if self._resume:
            self._restore(*self._resume)

    def _address(self) -> None:
        """Gives every painting its address; without a base, finds the components that addresses are made of."""
        n = len(self.paintings)
        if self._resume is None:
            if self.base is None:
                whole = torch.randperm(n, generator=self.chance)[: VIEWS[1]]
                parts = torch.arange(max(0, min(VIEWS[0], 8 * n) - n)) % n
                self.encoder.fit(torch.cat([self._describe(whole, None), self._describe(parts, self.chance)]))
            latents, total = [], torch.zeros_like(self.encoder.mean)
            for index in torch.arange(n).split(256):
                described = self._describe(index, None)
                latents.append(self.encoder.place(described).cpu())
                total += described.sum(0)
            self.latents = torch.cat(latents)
            self._come_closer(total / n)
        self.crop_latents = torch.full((len(self.crops), LATENT_SIZE), math.nan)
        self.crop_latents[:n] = self.latents

    def _come_closer(self, mean: Tensor) -> None:
        """Moves a set that is nothing like the base's to the base's middle; ``mean``: what is seen in it on average.

        Where its paintings are further from there than nine in ten of the base's own are, and its middle further than
        they are from that, the generator has never been, and would have to unlearn more than it can bring along.
        """
        if self.base is None:
            return
        middle = self.latents.mean(0)
        beyond = self.latents.norm(dim=1).mean() > self.base.latents.norm(dim=1).quantile(0.9)
        if beyond and middle.norm() > (self.latents - middle).norm(dim=1).mean():
            self.encoder.mean.copy_(mean)
            self.latents = self.latents - middle
            self.strange = True

    def _describe(self, index: Tensor, chance: torch.Generator | None) -> Tensor:
        """What the encoder sees in whole paintings, on all cores, or with ``chance`` in a random part of each."""

        def described(part: Tensor) -> Tensor:
            return describe(augment.crop(self.paintings, part, self.recipe.size, chance).to(self.device))

        if not len(index):
            return torch.empty(0, len(self.encoder.mean), device=self.device)
        if chance is not None or self.machine.threads == 1 or self.device != "cpu":
            return torch.cat([described(part) for part in index.split(16)])
        with workers(self.machine.threads) as pool:
            return torch.cat(list(pool.map(described, index.split(16))))

    # -- the training itself --------------------------------------------------------------------------------------

    def run(self) -> Iterator[Event]:
        """Started, Sampled, Stepped, Saved ... and at the end Finished or Failed. May be left at any event."""
        chance = torch.Generator().manual_seed(self.recipe.seed + 1)  # the wall's own, so that it never changes
        self._address()
        n = len(self.paintings)
        shown = torch.linspace(0, n - 1, min(n, WALL // 2)).round().long()
        imagined = self._new(WALL - len(shown), chance, daring=0.8)
        wall = torch.cat([self.latents[shown], imagined])
        if self.step == 0 and self.device == "cpu":
            self.machine = self._measure()
            torch.set_num_threads(self.machine.threads)
        release_freed_memory()  # a step has other sizes than what went before
        self._stepper = self._make_stepper()
        yield Started(
            **self._now(),
            paintings=n,
            resumed=self._resume is not None,
            base=self.started_from,
            budget=self.budget,
            **vars(self.machine),
        )
        self._good = self.saved()
        cost = time.monotonic()
        first = self._sampled(wall)
        cost = time.monotonic() - cost
        yield first
        told = sampled = saved = time.monotonic()
        tally = _Tally()
        while (progress := self.progress) < 1:
            reading = self._step(progress)
            now = time.monotonic()
            if not all(map(math.isfinite, reading.values())):
                yield self._roll_back()
                if self.rollbacks > PATIENCE:
                    yield Failed(**self._now(), reason=_UNSTABLE)
                    return
                tally = _Tally()
                continue
            tally.add(reading, self.machine.batch)
            if now - told >= TELL_SECONDS:
                told = now
                yield self._stepped(tally)
                tally = _Tally()
            if now - sampled >= max(self._wall_gap(), 20 * cost):
                sampled = now
                yield self._sampled(wall)
            if now - saved >= self.save_seconds:
                saved = now
                del self._good  # first: two of them at once would take 200 MB
                self._good = self.saved()
                yield self._good
        if tally.steps:
            yield self._stepped(tally)
        yield self._sampled(wall)
        yield self.saved()
        yield Finished(**self._now(), early=False, pictures_per_second=self.pictures / max(1e-6, self.seconds))

    def _make_stepper(self) -> Stepper:
        return Stepper(
            self.generator,
            self.generator_optimiser,
            self.opponents,
            threads=min(self.machine.threads, self.machine.batch),
            half=self.machine.precision == "bfloat16",
        )

    def _step(self, progress: float) -> dict[str, float]:
        """One update of both networks; what it measured."""
        recipe = self.recipe
        self._encode_crops()
        adversarial = self._adversarial(progress)
        rate = self._rate(progress)
        count = self.machine.batch // self._stepper.parts
        reading = self._stepper.step(
            [self._part(count, adversarial > 0) for _ in range(self._stepper.parts)],
            adversarial=adversarial,
            generator_rate=rate * recipe.generator_rate,
            discriminator_rate=rate * recipe.discriminator_rate,
            turn=self.step,
        )
        self.step += 1
        self.pictures += count * self._stepper.parts
        self._average()
        return reading

    def _part(self, count: int, opposed: bool) -> Part:
        """What one thread is shown: random crops, and latents of which a share is imagined if there is an opponent."""
        size, device = self.recipe.size, self.device
        imagined = min(count - 1, round(count * self.recipe.imagined)) if opposed else 0
        copied = count - imagined
        index = torch.randint(len(self.crops), (count,), generator=self.chance)
        crops = self.crops[index]
        return Part(
            paintings=lambda: self._pictures(crops),
            latents=torch.cat([self._addresses(index[:copied]), self._imagine(imagined)]).to(device),
            copied=copied,
            look=Look.draw(
                count, size, SEEN[size], self.chance, windows=1 if device == "cpu" else count, device=device
            ),
        )

    def _imagine(self, count: int) -> Tensor:
        """Latents of pictures that nobody painted: half of them around the paintings, half between two."""
        around = count // 2
        return torch.cat(
            [
                self._new(around, self.chance),
                latent.half_way(self.latents, count - around, self.chance),
            ]
        )

    def _new(self, count: int, chance: torch.Generator, daring: float = 1.0) -> Tensor:
        if self.labels is None:
            return latent.crossed(self.latents, count, chance, daring)
        return latent.of_classes(self.latents, self.labels, count, chance, daring)

    def _encode_crops(self) -> None:
        """Now and then remembers some more crops with their addresses; each crop is encoded only once."""
        if self.step % CROPS_EVERY or len(self.crops) >= min(CROPS, 16 * len(self.paintings)):
            return
        count = max(CROPS_AT_ONCE, self.machine.batch)
        index = torch.randint(len(self.paintings), (count,), generator=self.chance)
        seeds = torch.randint(2**62, (count,), generator=self.chance)
        new = torch.stack([index, seeds], dim=1)
        shares = new.split(count // self._stepper.parts)
        latents = self._stepper.side_by_side(self._encoded, shares)
        self.crops = torch.cat([self.crops, new])
        self.crop_latents = torch.cat([self.crop_latents, *latents])

    def _encoded(self, crops: Tensor) -> Tensor:
        return self.encoder(self._pictures(crops)).cpu()

    def _addresses(self, index: Tensor) -> Tensor:
        """(n, LATENT_SIZE): the addresses of these crops; what an earlier sitting knew is encoded when asked for."""
        unknown = index[self.crop_latents[index, 0].isnan()].unique()
        if len(unknown):
            self.crop_latents[unknown] = self._encoded(self.crops[unknown])
        return self.crop_latents[index]

    def _pictures(self, crops: Tensor) -> Tensor:
        """(n, 3, size, size): the crops of paintings that the rows (painting, seed) stand for."""
        size, whole = self.recipe.size, self.paintings.shape[-1]
        boxes = [
            Box.draw(size, whole, None if seed == WHOLE else torch.Generator().manual_seed(seed))
            for seed in crops[:, 1].tolist()
        ]
        return augment.cut(self.paintings[crops[:, 0]].to(self.device), boxes, size)

    @torch.no_grad()
    def _average(self) -> None:
        """Moves the averaged weights; the horizon grows with the training (Karras et al. 2024, arXiv 2312.02696).

        What a base knows counts like ``BASE_STEPS`` of the training: something of it remains in the average for long,
        which is better than either end (Wortsman et al. 2022, arXiv 2109.01903).
        """
        averaging, before = (self.recipe.averaging / 5, 0) if self.strange else (self.recipe.averaging, BASE_STEPS)
        horizon = max(10.0, averaging * (self.step + before))
        keep = 0.5 ** (1 / horizon)
        torch._foreach_lerp_(list(self.averaged.parameters()), list(self.generator.parameters()), 1 - keep)

    # -- schedules, all of them functions of the elapsed fraction of the budget -----------------------------------

    def _adversarial(self, progress: float) -> float:
        """The weight of the adversarial loss: a fresh generator, and one that has never been where these paintings are,
        first learns from the paintings alone."""
        if not self.strange:
            return self.recipe.adversarial
        return self.recipe.adversarial * min(1.0, max(0.0, progress - self.recipe.alone) / 0.1)

    def _rate(self, progress: float) -> float:
        """The factor on the learning rates: up in the first 2 %, then down a cosine to a tenth; double while alone."""
        alone = 2.0 if self._adversarial(progress) == 0 else 1.0
        decay = 0.55 + 0.45 * math.cos(math.pi * min(1.0, progress))
        return self.rate * alone * min(1.0, (progress + 1e-3) / 0.02) * decay

    def _wall_gap(self) -> float:
        """Seconds to the next wall: at most 3 at first, then sparser, about ``WALLS`` in all."""
        exponent = max(1.2, math.log(max(self.budget, 3.1) / 3) / math.log(WALLS))
        done = min(1.0, max(1e-3, self.seconds / self.budget))
        number = WALLS * done ** (1 / exponent)
        return self.budget * (((number + 1) / WALLS) ** exponent - (number / WALLS) ** exponent)

    # -- standing -------------------------------------------------------------------------------------------------

    @property
    def seconds(self) -> float:
        """Seconds of training so far, pauses and crashes not counted."""
        return self._used + time.monotonic() - self._began

    @property
    def budget(self) -> float:
        """Seconds of training in all; where the recipe counts steps, an estimate."""
        if self.recipe.steps is None:
            return 60 * self.recipe.minutes
        return self.seconds / self.step * self.recipe.steps if self.step else 60 * self.recipe.minutes

    @property
    def progress(self) -> float:
        """The elapsed fraction of the budget, 0 to 1. The last second is kept for the last wall and checkpoint."""
        if self.recipe.steps is not None:
            return min(1.0, self.step / self.recipe.steps)
        return min(1.0, self.seconds / max(0.5 * self.budget, self.budget - 1))

    def _now(self) -> dict[str, Any]:
        return {"step": self.step, "seconds": round(self.seconds, 3)}

    def _stepped(self, tally: _Tally) -> Stepped:
        progress = self.progress
        left = max(0.0, self.budget - self.seconds)
        return Stepped(**self._now(), progress=progress, seconds_left=left, **tally.means())

    def _sampled(self, wall: Tensor) -> Sampled:
        def painted(latents: Tensor) -> Tensor:
            half = self.machine.precision == "bfloat16"
            with torch.inference_mode(), torch.autocast(self.device, torch.bfloat16, enabled=half):
                return self.averaged(latents.to(self.device)).float().cpu()

        pictures = to_bytes(torch.cat(self._stepper.side_by_side(painted, wall.split(WALL // 4))))
        self.walls += 1
        return Sampled(**self._now(), number=self.walls - 1, pictures=pictures)

    def model(self) -> Model:
        """The averaged generator and all that belongs to it."""
        settings = {
            "format": FORMAT,
            "size": self.recipe.size,
            "paintings": len(self.paintings),
            "step": self.step,
            "seconds": round(self.seconds, 1),
            "recipe": self.recipe.to_json(),
        }
        return Model(self.averaged, self.discriminator, self.encoder, self.latents, settings | self.about)

    # -- saving and going on --------------------------------------------------------------------------------------

    def saved(self) -> Saved:
        """This moment, whole: what to show and what to go on from."""
        model = self.model()
        checkpoint = model.tensors()
        moving = {f"current.{name}": t for name, t in self.generator.state_dict().items()}
        moving |= self.generator_optimiser.tensors("generator_optimiser")
        moving |= self.opponents[0].optimiser.tensors("discriminator_optimiser")
        for number, opponent in enumerate(self.opponents[1:], start=1):  # the first one is the model's
            weights = opponent.discriminator.state_dict()
            moving |= {f"opponent{number}.{name}": t for name, t in weights.items()}
            moving |= opponent.optimiser.tensors(f"opponent{number}_optimiser")
        moving |= {"chance": self.chance.get_state(), "crops": self.crops[len(self.paintings) :]}
        training = checkpoint | copied(moving)  # the averaged weights, heads and encoder are not copied twice
        state = {
            "format": FORMAT,
            "step": self.step,
            "walls": self.walls,
            "pictures": self.pictures,
            "seconds": self.seconds,
            "rate": self.rate,
            "rollbacks": self.rollbacks,
            "machine": vars(self.machine),
            "started_from": self.started_from,
            "strange": self.strange,
            "recipe": self.recipe.to_json(),
        }
        return Saved(**self._now(), checkpoint=checkpoint, training=training, settings=model.settings, state=state)

    def _restore(self, tensors: dict[str, Tensor], state: dict[str, Any], *, keep_clock: bool = False) -> None:
        try:
            model = Model.from_tensors(tensors, {**state, "size": self.recipe.size})
            self.averaged.load_state_dict(model.generator.state_dict())
            self.discriminator.load_state_dict(model.discriminator.state_dict())
            self.encoder.load_state_dict(model.encoder.state_dict())
            if len(model.latents) != len(self.paintings):
                raise KeyError("another number of paintings")
            self.latents = model.latents
            self.generator.load_state_dict(weights_of(tensors, "current"))
            self.generator_optimiser.restore("generator_optimiser", tensors)
            self.opponents[0].optimiser.restore("discriminator_optimiser", tensors)
            for number, opponent in enumerate(self.opponents[1:], start=1):
                opponent.discriminator.load_state_dict(weights_of(tensors, f"opponent{number}"))
                opponent.optimiser.restore(f"opponent{number}_optimiser", tensors)
            self.chance.set_state(tensors["chance"])
            self.step, self.walls, self.pictures = state["step"], state["walls"], state["pictures"]
            if not keep_clock:
                self.crops = torch.cat([self.crops[: len(self.paintings)], tensors["crops"]])
                self._used = state["seconds"]
                self.rate, self.rollbacks = state["rate"], state["rollbacks"]
                self.started_from = state["started_from"]
                self.strange = state["strange"]
                self.machine = replace(self.machine, **state["machine"])
        except (KeyError, RuntimeError, TypeError) as error:
            message = f"The saved training does not fit this run ({error}). Start a new run from its model."
            raise CheckpointError(message) from error

    def _roll_back(self) -> RolledBack:
        self._restore(self._good.training, self._good.state, keep_clock=True)
        self._stepper = self._make_stepper()
        self.rollbacks += 1
        self.rate *= 0.5
        return RolledBack(**self._now(), reason="A loss was not a number.", rate=self.rate)

    # -- the machine ----------------------------------------------------------------------------------------------

    def _measure(self) -> Machine:
        """Tries what this machine could do, on copies of the networks, and takes the fastest."""
        machine = self.machine
        if self.recipe.precision == "auto" and bfloat16_in_hardware():
            tried = [replace(machine, precision=precision) for precision in ("float32", "bfloat16")]
            for _ in range(2):
                self._time(machine)  # memory that a process asks for the first time comes slowly
            machine = min(tried, key=lambda one: min(self._time(one) for _ in range(2)))
        while self.recipe.steps is None and machine.batch > 4 and self._time(machine) > max(2.5, self.budget / 100):
            machine = replace(machine, batch=machine.batch // 2)
        return machine

    def _time(self, machine: Machine) -> float:
        """Seconds that a generator's forward and backward pass through the feature network takes."""
        generator = copy.deepcopy(self.generator)
        latents = self.latents[torch.arange(machine.batch) % len(self.latents)]
        start = time.monotonic()
        with torch.autocast("cpu", torch.bfloat16, enabled=machine.precision == "bfloat16"):
            maps = feature_network()(F.adaptive_avg_pool2d(generator(latents), SEEN[self.recipe.size]))
            torch.stack([m.float().mean() for m in maps]).sum().backward()
        return time.monotonic() - start


class _Tally:
    """Means of what the steps since the last report measured."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.steps = self.pictures = 0
        self.since = time.monotonic()

    def add(self, reading: dict[str, float], pictures: int) -> None:
        self.sums = {name: self.sums.get(name, 0.0) + value for name, value in reading.items()}
        self.steps += 1
        self.pictures += pictures

    def means(self) -> dict[str, Any]:
        means = {name: round(value / self.steps, 5) for name, value in self.sums.items()}
        return means | {"pictures_per_second": round(self.pictures / max(1e-6, time.monotonic() - self.since), 2)}


_UNSTABLE = (
    "The losses stopped being numbers three times, even with smaller steps. "
    "Start a new training with another seed, or without the paintings that are a single colour."
)


def stored_size(recipe: Recipe) -> int:
    """The side, in pixels, at which a training with ``recipe`` wants its paintings."""
    return int(MARGIN * recipe.size)


def to_bytes(pictures: Tensor) -> np.ndarray:
    """(n, 3, h, w) around [-1, 1] -> (n, h, w, 3) uint8, clamped."""
    scaled = (pictures.float() * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).contiguous().numpy()


def _machine(recipe: Recipe, device: str) -> Machine:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    usual = "float32" if device == "cpu" else "bfloat16"
    precision = usual if recipe.precision == "auto" else recipe.precision
    return Machine(precision, recipe.threads or min(cores, 16), recipe.batch)


def bfloat16_in_hardware() -> bool:
    """Whether the processor multiplies bfloat16 itself; where it is emulated, it is not worth a try."""
    try:
        with open("/proc/cpuinfo") as file:
            flags = file.read()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def train(paintings: Tensor, recipe: Recipe, **keywords: Any) -> Iterator[Event]:
    """The events of a new ``Training`` (see there), in order."""
    return Training(paintings, recipe, **keywords).run()
