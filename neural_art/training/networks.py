"""The networks of a training, with what moves them: built, averaged, saved and restored together."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from neural_art.models.checkpoint import UNPROJECTED, Model, copies, weights_of
from neural_art.models.discriminator import Discriminator
from neural_art.models.encoder import Encoder
from neural_art.models.generator import Generator
from neural_art.recipe import Recipe
from neural_art.training.optimizer import Adam
from neural_art.training.step import Critic


@dataclass(frozen=True)
class Networks:
    """``generator`` learns, ``averaged`` is the moving average of its weights that is shown and kept; ``critics`` judge
    in turn, and a model keeps the discriminator of the first."""

    generator: Generator
    averaged: Generator
    encoder: Encoder
    critics: list[Critic]
    optimizer: Adam

    @classmethod
    def build(
        cls, recipe: Recipe, base: Model | None, numbers: Sequence[int], device: torch.device, fixed_size: int = 0
    ) -> Networks:
        """Copies of the networks of ``base``, or new ones drawn with the recipe's seed, on ``device``.

        ``numbers``: of the feature networks that take turns. ``fixed_size``: see ``Generator.fix``; 0 lets all of the
        generator learn. Raises ``ValueError`` for a base of another size.
        """
        with torch.random.fork_rng(devices=[]):  # by default it starts every CUDA device there is
            torch.manual_seed(recipe.seed)
            generator = copy.deepcopy(base.generator) if base else Generator(recipe.size)
            discriminator = copy.deepcopy(base.discriminator) if base else Discriminator()
            discriminators = [discriminator, *(Discriminator() for _ in numbers[1:])]
        if generator.size != recipe.size:
            raise ValueError(f"the base paints {generator.size} px, the recipe wants {recipe.size} px")
        for network in (generator, *discriminators):
            network.to(device)
        generator.to(memory_format=torch.channels_last).train()
        averaged = copy.deepcopy(generator).eval().requires_grad_(False)
        encoder = (copy.deepcopy(base.encoder) if base else Encoder()).to(device)
        if fixed_size:
            generator.fix(fixed_size)
        optimizer = Adam(generator.learned(), betas=(0.5, 0.99))
        critics = [Critic.on(number, each) for number, each in zip(numbers, discriminators, strict=True)]
        return cls(generator, averaged, encoder, critics, optimizer)

    @property
    def discriminator(self) -> Discriminator:
        """The discriminator that a model keeps."""
        return self.critics[0].discriminator

    @property
    def learned(self) -> list[Tensor]:
        """All weights, and what the optimisers remember: not copies."""
        networks = self.generator, self.averaged, self.encoder, *(critic.discriminator for critic in self.critics)
        optimizers = self.optimizer, *(critic.optimizer for critic in self.critics)
        weights = [tensor for network in networks for tensor in network.state_dict().values()]
        return weights + [tensor for each in optimizers for tensor in (each.steps, *each.means, *each.squares)]

    def finite(self) -> bool:
        """Whether all that was ``learned`` are numbers."""
        largest = torch._foreach_norm(self.learned, math.inf)  # one answer to wait for, not hundreds
        return bool(torch.stack(largest).isfinite().all())

    @torch.no_grad()
    def average(self, decay: float) -> None:
        """Moves the averaged weights towards the generator's; ``decay`` is the share that they keep."""
        torch._foreach_lerp_(list(self.averaged.parameters()), list(self.generator.parameters()), 1 - decay)

    def tensors(self) -> dict[str, Tensor]:
        """Copies of what resuming needs beside the model: the generator as it is, optimisers, further critics."""
        state = {f"current.{name}": t for name, t in self.generator.state_dict().items()}
        state |= self.optimizer.tensors("generator_optimizer")
        state |= self.critics[0].optimizer.tensors("discriminator_optimizer")
        for number, critic in enumerate(self.critics[1:], start=1):  # the first one's heads are the model's
            state |= {f"critic{number}.{name}": t for name, t in critic.discriminator.state_dict().items()}
            state |= critic.optimizer.tensors(f"critic{number}_optimizer")
        return copies(state)

    def restore(self, model: Model, tensors: Mapping[str, Tensor]) -> None:
        """Takes over the weights of ``model`` and what ``tensors`` gave. Raises ``KeyError`` or ``RuntimeError``."""
        tensors = dict(tensors)
        self.averaged.load_state_dict(model.generator.state_dict())
        self.discriminator.load_state_dict(model.discriminator.state_dict())
        self.encoder.load_state_dict(model.encoder.state_dict())
        self.generator.load_state_dict(weights_of(tensors, "current"))
        if model.settings["format"] == UNPROJECTED:
            self.generator.project_(self.optimizer.parameters)
        self.optimizer.restore("generator_optimizer", tensors)
        self.critics[0].optimizer.restore("discriminator_optimizer", tensors)
        for number, critic in enumerate(self.critics[1:], start=1):
            critic.discriminator.load_state_dict(weights_of(tensors, f"critic{number}"))
            critic.optimizer.restore(f"critic{number}_optimizer", tensors)
