"""One update of both networks, on all cores.

A batch is cut into parts, and each part is seen by a thread of its own, through replicas of the networks that share
their weights. The gradients are then averaged (data parallelism: Li et al. 2020, arXiv 2006.15704, within a process).
On a CPU that is faster than all cores working on one part: the cores wait for each other twice in a step, not
thousands of times.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from neural_art import losses
from neural_art.augment import Look
from neural_art.features import feature_network
from neural_art.networks import Discriminator, Generator
from neural_art.optimiser import Adam

PARTS = 2
"""Parts of a batch. More would leave batch norm too few pictures in each."""

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Part:
    """What one thread is shown: paintings and the latents that the generator paints from, (n, ...) each.

    The first ``copied`` latents are the addresses of the paintings beside them, which the pictures must look like; the
    pictures of the other latents must only look painted.
    """

    paintings: Callable[[], Tensor]  # (n, 3, size, size) in [-1, 1]; read in the part's own thread
    latents: Tensor
    copied: int
    look: Look


class Stepper:
    """Updates a generator and a discriminator's heads, both in place.

    ``threads``: of the processor, shared out among the parts. ``half``: multiply in bfloat16.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        generator_optimiser: Adam,
        discriminator_optimiser: Adam,
        *,
        threads: int,
        half: bool,
    ) -> None:
        self.generator_optimiser, self.discriminator_optimiser = generator_optimiser, discriminator_optimiser
        self.half = half
        self.parts = min(PARTS, threads)
        self._networks = [(generator, discriminator)]
        self._networks += [(_replica(generator), _replica(discriminator)) for _ in range(self.parts - 1)]
        # a pool's threads end when the pool is forgotten
        self._pool = ThreadPoolExecutor(self.parts, "step", torch.set_num_threads, (threads // self.parts,))

    def step(
        self, parts: Sequence[Part], *, adversarial: float, generator_rate: float, discriminator_rate: float
    ) -> dict[str, float]:
        """One update of the heads, unless ``adversarial`` is 0, and one of the generator; what was measured.

        ``closeness``: the feature loss. ``painted``: share of generated patches that pass for painted, 0 to 1.
        ``discriminator_loss``, ``generator_loss``: before the update.
        """
        works = [
            _Work(generator, discriminator, part, adversarial, self.half)
            for (generator, discriminator), part in zip(self._networks, parts, strict=True)
        ]
        gradients = list(self._pool.map(_Work.judge, works))
        if adversarial > 0:
            self.discriminator_optimiser.step(_mean(gradients), discriminator_rate)
        gradients = list(self._pool.map(_Work.improve, works))
        self.generator_optimiser.step(_mean(gradients), generator_rate)
        return {name: sum(work.reading[name] for work in works) / len(works) for name in works[0].reading}


class _Work:
    """One part of one step, in two halves; between them the heads are updated."""

    def __init__(
        self, generator: Generator, discriminator: Discriminator, part: Part, adversarial: float, half: bool
    ) -> None:
        self.generator, self.discriminator, self.part = generator, discriminator, part
        self.adversarial, self.half = adversarial, half
        self.reading = {"closeness": 0.0, "painted": 0.0, "discriminator_loss": 0.0, "generator_loss": 0.0}

    def judge(self) -> list[Tensor]:
        """Paints and looks; the gradients of the heads, none where nobody opposes."""
        features = feature_network()
        with self._precision():
            real = self.part.paintings()
            self.fake = self.generator(self.part.latents).float()
            with torch.no_grad():
                real_maps = features(self.part.look(real))
            fake_maps = features(self.part.look(self.fake))
            copied = self.part.copied
            pairs = [[m[:copied].float() for m in maps] for maps in (fake_maps, real_maps)]
            self.closeness = losses.feature_distance(*pairs)
            self.loss = self.closeness + losses.colour_distance(self.fake[:copied], real[:copied])
            if self.adversarial == 0:
                return []
            with torch.no_grad():
                real_projected = self.discriminator.project(real_maps)
            self.projected = self.discriminator.project(fake_maps)
            fake_scores = self.discriminator([m.detach() for m in self.projected])
            hinge = losses.discriminator_hinge(self.discriminator(real_projected), fake_scores)
        self.reading |= {"painted": losses.painted_share(fake_scores).item(), "discriminator_loss": hinge.item()}
        return list(torch.autograd.grad(hinge, list(self.discriminator.heads.parameters())))

    def improve(self) -> list[Tensor]:
        """The gradients of the generator, which faces the heads as they are now."""
        with self._precision():
            loss = self.loss + losses.overshoot(self.fake)
            if self.adversarial > 0:
                loss = loss + self.adversarial * losses.generator_hinge(self.discriminator(self.projected))
        self.reading |= {"closeness": self.closeness.item(), "generator_loss": loss.item()}
        return list(torch.autograd.grad(loss, list(self.generator.parameters())))

    def _precision(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.half)


def _mean(gradients: list[list[Tensor]]) -> list[Tensor]:
    """The gradients of all parts, averaged, in the first one's memory."""
    total, *others = gradients
    for other in others:
        torch._foreach_add_(total, other)
    if others:
        torch._foreach_div_(total, len(gradients))
    return total


def _replica(network: Network) -> Network:
    """A copy that shares the weights; what is not learned, such as batch norm's averages, is its own."""
    return copy.deepcopy(network, {id(parameter): parameter for parameter in network.parameters()})
