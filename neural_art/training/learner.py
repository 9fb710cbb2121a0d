"""What learns in a training: networks, latents and crops, with what they compute with. It makes one update when it is
told to; when, and until when, is the business of ``training.trainer``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from neural_art.models.checkpoint import FORMAT, Model
from neural_art.models.pixels import to_uint8
from neural_art.processor import Processor
from neural_art.recipe import LATENT_SIZE, Recipe
from neural_art.training import schedule
from neural_art.training.batches import SEEN, Batches
from neural_art.training.crops import Crops
from neural_art.training.device import halved, measured_compute, planned_compute, release_memory
from neural_art.training.encoding import encode_paintings
from neural_art.training.networks import Networks
from neural_art.training.step import TrainStep

if TYPE_CHECKING:
    from neural_art.training.data_parallel import Group

SAMPLES = 24  # pictures in a sample grid; the first half reconstructs paintings, the rest is sampled
SAMPLE_TRUNCATION = 0.8
SEED_DISTANCE = 1_000_003  # from the seed of one process to the next one's
SHARED_STEPS = 1000  # after so many steps, the processes of a group are made alike again


class Learner:
    """Networks that learn a set of paintings. The arguments are those of ``Training``, ``numbers`` its ``networks``.

    ``step``: updates so far, ``pictures``: that they saw. ``latents``: (n, LATENT_SIZE), of the paintings, once it is
    ``set_up``. ``device``: that of ``processor``. ``processes``: of the ``group``, this one among them. ``compute``:
    what it computes with; ``compute_known``: whether an earlier sitting measured that.

    Raises ``RuntimeError`` or ``AssertionError`` where a card is not there or cannot go on (see ``card_errors``).
    """

    def __init__(
        self,
        paintings: Tensor,
        recipe: Recipe,
        *,
        base: Model | None,
        numbers: Sequence[int],
        class_indices: Tensor | None,
        processor: Processor,
        fixed_size: int,
        halvings: int,
        group: Group | None,
    ) -> None:
        self.step = self.pictures = 0
        self.latents = torch.empty(0)
        self._out_of_domain = base is None  # whether the generator has never painted anything like these paintings
        self.compute_known = False
        self._count, self._recipe, self._class_indices = len(paintings), recipe, class_indices
        self._base_latents = base.latents if base else None
        self.processor, self.device, self._halvings = processor, torch.device(processor.device), halvings
        self.group, self.processes, self._alike = group, group.size if group else 1, False
        self._rng = torch.Generator().manual_seed(recipe.seed)
        torch.empty(0, device=self.device)  # is it there?
        if self.device.type == "cuda" and self.device.index is not None:
            torch.cuda.set_device(self.device)
        self.compute = planned_compute(recipe, self.device, halvings)
        torch.set_num_threads(self.compute.threads)
        self.networks = Networks.build(recipe, base, numbers, self.device, fixed_size)
        self._crops = Crops(paintings, recipe.size, self.device)

    def set_up(self, budget_seconds: float | None) -> None:
        """The paintings' latents, the sample grid's, and what this machine computes with in a budget of so many
        seconds."""
        recipe = self._recipe
        if not len(self.latents):
            self.latents, self._out_of_domain = encode_paintings(
                self._crops.paintings,
                self.networks.encoder,
                recipe.size,
                base_latents=self._base_latents,
                rng=self._rng,
                threads=self.compute.threads,
                device=self.device,
            )
        self._crops.set_latents_of_paintings(self.latents)
        self._batches = Batches(
            recipe, self._crops, self.latents, self._class_indices, self.networks.encoder, self._rng, self.device
        )
        rng = torch.Generator().manual_seed(recipe.seed + 1)  # the sample grid's own, so that it never changes
        shown = torch.linspace(0, self._count - 1, min(self._count, SAMPLES // 2)).round().long()
        sampled = self._batches.sample(SAMPLES - len(shown), rng, SAMPLE_TRUNCATION)
        self._sample_latents = torch.cat([self.latents[shown], sampled])
        if self.device.type == "cpu" and not self.compute_known:
            self.compute = measured_compute(
                self.compute, recipe, self.networks.generator, self.latents, SEEN[recipe.size], seconds=budget_seconds
            )
            torch.set_num_threads(self.compute.threads)
        self.make_step()

    def make_step(self) -> None:
        """Prepare updates with what it computes with now, and with its weights as they are now."""
        self._step = TrainStep(
            self.networks.generator,
            self.networks.optimizer,
            self.networks.critics,
            threads=min(self.compute.threads, self.compute.batch),
            bfloat16=self.compute.precision == "bfloat16",
            **({"average": self.group.average} if self.group else {}),
        )

    def change_batch(self, batch: int) -> None:
        """Make updates of so many pictures from here on."""
        del self._step
        release_memory(self.device)
        self.compute = replace(self.compute, batch=batch)
        self.make_step()

    # ---- updates

    @property
    def captures(self) -> int:
        """See ``TrainStep.captures``."""
        return self._step.captures

    def update(self, progress: float, rate: float) -> dict[str, float]:
        """One update of both networks, by all processes of the group; what it measured. ``rate``: a factor on the
        learning rates that belong to this ``progress``."""
        recipe = self._recipe
        warmup = recipe.reconstruction_warmup if self._out_of_domain else None
        adversarial = schedule.adversarial_weight(progress, recipe.adversarial_weight, warmup)
        pictures = self._pictures_of_shard * self._step.shards * self.processes
        from_base = not self._out_of_domain
        rate *= schedule.learning_rate(progress, pictures, from_base=from_base, adversarial=adversarial > 0)
        if self.group is not None:
            shared = not self._alike or self.step % SHARED_STEPS == 0
            self.group.lead(self.step, adversarial, rate, shared=shared)
            if shared:
                self.group.share([self.latents, *self.networks.learned])
                self._alike = True
        return self._update(adversarial, rate)

    def follow(self, budget_seconds: float | None) -> None:
        """The updates that the first process of the group makes, on pictures of this one's own, until it ends."""
        assert self.group is not None
        self.latents = torch.empty(self._count, LATENT_SIZE)
        ready = False
        while order := self.group.next_order():
            self.step = order.step
            if order.shared:
                self.group.share([self.latents, *self.networks.learned])
            if not ready:
                self._rng.manual_seed(self._recipe.seed + self.group.rank * SEED_DISTANCE + order.step)
                self.set_up(budget_seconds)
                ready = True
            self._update(order.adversarial, order.rate)

    @property
    def _pictures_of_shard(self) -> int:
        return self.compute.batch // self._step.shards

    def _update(self, adversarial: float, rate: float) -> dict[str, float]:
        recipe, shards, count = self._recipe, self._step.shards, self._pictures_of_shard
        self._batches.add_crops(self.step, self.compute.batch, shards, self._step.map)
        measured = self._step(
            [self._batches.shard(count, contested=adversarial > 0) for _ in range(shards)],
            adversarial=adversarial,
            generator_lr=rate * recipe.generator_lr,
            discriminator_lr=rate * recipe.discriminator_lr,
            turn=self.step,
        )
        self.step += 1
        self.pictures += count * shards * self.processes
        self.networks.average(schedule.ema_decay(self.step, recipe.ema_half_life, from_base=not self._out_of_domain))
        return measured

    # ---- what has been learned

    def sample_grid(self) -> np.ndarray:
        """(SAMPLES, size, size, 3) uint8: pictures of the same latents each time."""
        on_cpu, bfloat16 = self.device.type == "cpu", self.compute.precision == "bfloat16"

        def painted(latents: Tensor) -> np.ndarray:
            with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16):
                return to_uint8(self.networks.averaged(latents.to(self.device)))

        parts = self._sample_latents.split(SAMPLES // 4 if on_cpu else SAMPLES)
        return np.concatenate(self._step.map(painted, parts))

    def model(self, seconds: float, about: dict[str, Any]) -> Model:
        """The averaged generator and all that belongs to it, after so many seconds of training."""
        settings = {
            "format": FORMAT,
            "size": self._recipe.size,
            "paintings": self._count,
            "step": self.step,
            "seconds": round(seconds, 1),
            "batch": self.compute.batch,
            "recipe": self._recipe.to_json(),
        }
        networks = self.networks
        return Model(networks.averaged, networks.discriminator, networks.encoder, self.latents, settings | about)

    def rest(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """What ``restore`` needs beside the model's tensors: copies of further ones, and plain values."""
        tensors = self.networks.tensors() | {"rng": self._rng.get_state(), "crops": self._crops.seeds.clone()}
        return tensors, {
            "format": FORMAT,
            "step": self.step,
            "pictures": self.pictures,
            "compute": vars(self.compute),
            "device": self.device.type,
            "processor": self.processor.name,
            "halvings": self._halvings,
            "out_of_domain": self._out_of_domain,
            "recipe": self._recipe.to_json(),
        }

    def restore(self, tensors: dict[str, Tensor], state: dict[str, Any], *, whole: bool) -> None:
        """Go back to a moment that ``model`` and ``rest`` gave; ``whole``: of an earlier sitting, with its crops.

        Raises ``KeyError``, ``TypeError`` or ``RuntimeError`` where they do not fit."""
        model = Model.from_tensors(tensors, {**state, "size": self._recipe.size})
        if len(model.latents) != self._count:
            raise KeyError("another number of paintings")
        self.networks.restore(model, tensors)
        self.latents = model.latents
        self._rng.set_state(tensors["rng"])
        self.step, self.pictures, self._alike = state["step"], state["pictures"], False
        if whole:
            self._crops.restore(tensors["crops"])
            self._out_of_domain = state["out_of_domain"]
            computed_on = state.get("device", "cpu"), state.get("processor", self.processor.name)
            if computed_on == (self.device.type, self.processor.name):
                compute = replace(self.compute, **state["compute"])
                batch = halved(compute.batch, max(0, self._halvings - state.get("halvings", 0)))
                self.compute = replace(compute, batch=min(batch, self.compute.batch))
                self.compute_known = True
