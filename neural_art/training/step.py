"""One update of both networks, on all cores.

A batch is cut into shards, and each shard is seen by a thread of its own, through networks that share their weights.
The gradients are then added up (data parallelism within a process: Li et al. 2020, arXiv 2006.15704). On a CPU that is
faster than all cores working on one batch: they wait for each other once in a step, not thousands of times.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.nn.utils.parametrize import cached

from neural_art.models.discriminator import Discriminator
from neural_art.models.features import FeatureNetwork, feature_network
from neural_art.models.generator import Generator
from neural_art.training import losses
from neural_art.training.augment import Augmentation
from neural_art.training.cuda_graph import CudaGraph, PendingValues
from neural_art.training.device import SHARDS, thread_pool
from neural_art.training.optimizer import Adam, gradients

COARSE = 2
"""From this feature map on, pictures are compared with paintings place by place: that is what tells what is where."""

MEASURED = ("texture_distance", "fooling_rate", "discriminator_loss", "generator_loss")

Given = TypeVar("Given")
Made = TypeVar("Made")


class Shown(NamedTuple):
    """Paintings (n, 3, size, size) in [-1, 1], the latents (n, LATENT_SIZE) that the generator paints from, and how the
    feature network sees both kinds of pictures."""

    paintings: Tensor
    latents: Tensor
    augmentation: Augmentation


@dataclass(frozen=True)
class Shard:
    """What one thread sees: ``shown(drawn)``.

    ``drawn``: what chance decided, tensors on the CPU. ``shown`` does the work, in the shard's own thread, and on the
    device that it is given those tensors on; nothing else changes what it returns.
    The first ``reconstructed`` latents are those of the paintings beside them, which the pictures must look like; the
    other latents are sampled, and their pictures must only look real.
    """

    drawn: Sequence[Tensor]
    shown: Callable[[Sequence[Tensor]], Shown]
    reconstructed: int


@dataclass(frozen=True)
class Critic:
    """A feature network, the discriminator whose heads learn on what it sees, and how they learn."""

    features: FeatureNetwork
    discriminator: Discriminator
    optimizer: Adam

    @classmethod
    def on(cls, network: int, discriminator: Discriminator) -> Critic:
        """``network``: the number of the feature network (see ``feature_network``)."""
        discriminator.to(memory_format=torch.channels_last).train()
        optimizer = Adam(discriminator.heads.parameters(), betas=(0.0, 0.99))
        return cls(feature_network(network, optimizer.parameters[0].device), discriminator, optimizer)


class TrainStep:
    """Updates a generator and its critics' heads, all in place, on the device that they are on.

    ``threads``: of the processor, divided among the shards. ``bfloat16``: multiply in it. On a card there is one shard,
    and on a CUDA device the step is a ``CudaGraph``. ``captures``: how many of those there are. ``average``: makes each
    gradient, in place, the mean of those of all processes that make this step together.
    """

    def __init__(
        self,
        generator: Generator,
        optimizer: Adam,
        critics: Sequence[Critic],
        *,
        threads: int,
        bfloat16: bool,
        average: Callable[[list[Tensor]], None] = lambda _: None,
    ) -> None:
        self._device = optimizer.parameters[0].device
        self.shards = min(SHARDS, threads) if self._device.type == "cpu" else 1
        self._generator, self._optimizer, self._critics = generator, optimizer, critics
        self._bfloat16, self._average = bfloat16, average
        self._discriminators = [
            [each.discriminator, *(_replica(each.discriminator) for _ in range(self.shards - 1))] for each in critics
        ]
        self._pool = thread_pool(threads)
        self._graphs: dict[tuple[int, bool], CudaGraph] = {}
        self._last: PendingValues | None = None

    def __call__(
        self,
        shards: Sequence[Shard],
        *,
        adversarial: float,
        generator_lr: float,
        discriminator_lr: float,
        turn: int = 0,
    ) -> dict[str, float]:
        """One update of a critic's heads, unless ``adversarial`` is 0, and one of the generator; what was ``MEASURED``.

        The critics, and with them the feature networks that everything is seen through, take turns.

        ``texture_distance``, ``fooling_rate``: see ``losses``. ``discriminator_loss``, ``generator_loss``: before the
        update. On a CUDA device all are of the step before, so that the next one can be prepared while this one runs.
        """
        turn, weights = turn % len(self._critics), (adversarial, generator_lr, discriminator_lr)
        if self._device.type == "cuda":
            measured = self._launch(shards[0], turn, *weights)
        else:
            moved = [replace(shard, drawn=[t.to(self._device) for t in shard.drawn]) for shard in shards]
            measured = self._update(moved, turn, *weights, contested=adversarial > 0)
        return dict(zip(MEASURED, measured.tolist(), strict=True))

    @property
    def captures(self) -> int:
        """CUDA graphs so far: a step that captures one takes far longer than others do."""
        return len(self._graphs)

    def map(self, work: Callable[[Given], Made], items: Sequence[Given]) -> list[Made]:
        """What ``work`` makes of each item, in order; each shard's thread takes one at a time."""
        return list(self._pool.map(work, items) if self.shards > 1 else map(work, items))

    def _launch(self, shard: Shard, turn: int, *weights: float) -> Tensor:
        """The update, captured when it is first asked for; what the one before it measured."""
        contested = weights[0] > 0
        inputs = [torch.tensor(weights), *shard.drawn]

        def update(inputs: Sequence[Tensor]) -> Tensor:
            captured = replace(shard, drawn=inputs[1:])
            return self._update([captured], turn, *inputs[0].unbind(), contested=contested)

        if (turn, contested) not in self._graphs:
            self._graphs[turn, contested] = CudaGraph(update, inputs, self._device)
        measured = PendingValues(self._graphs[turn, contested](inputs))
        last, self._last = self._last or measured, measured
        return last.wait()

    def _update(
        self,
        shards: Sequence[Shard],
        turn: int,
        adversarial: float | Tensor,
        generator_lr: float | Tensor,
        discriminator_lr: float | Tensor,
        *,
        contested: bool,
    ) -> Tensor:
        critic = self._critics[turn]

        def learn(pair: tuple[Discriminator, Shard]) -> tuple[list[Tensor], list[Tensor], Tensor]:
            return self._gradients(critic.features, *pair, adversarial=adversarial, contested=contested)

        pairs = list(zip(self._discriminators[turn], shards, strict=True))
        with cached():  # the heads judge twice; their spectral norms are found once
            of_heads, of_generator, measured = zip(*self.map(learn, pairs), strict=True)
        of_critic, gradient = _sum(of_heads) if contested else [], _sum(of_generator)
        self._average([*of_critic, *gradient])
        if contested:
            critic.optimizer.step(of_critic, discriminator_lr)
        self._generator.project_(gradient)
        self._optimizer.step(gradient, generator_lr)
        self._generator.project_(self._optimizer.parameters)
        return torch.stack(measured).mean(0)

    def _gradients(
        self,
        features: FeatureNetwork,
        discriminator: Discriminator,
        shard: Shard,
        *,
        adversarial: float | Tensor,
        contested: bool,
    ) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """This shard's share of the gradients of the heads (none unless ``contested``) and of the generator, and what
        was ``MEASURED``.

        Both networks face the other as it is before the step, so that the heads look at the pictures only once.
        """
        n, share = shard.reconstructed, 1 / self.shards
        of_heads: list[Tensor] = []
        fooling_rate = discriminator_loss = torch.zeros((), device=self._device)
        real, latents, augmentation = shard.shown(shard.drawn)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._bfloat16):
            unclamped = self._generator(latents).float()
            fake = unclamped.clamp(-1, 1)
            with torch.no_grad():
                real_maps = features(augmentation(real))
            fake_maps = features(augmentation(fake))
            pairs = [[m[:n].float() for m in maps] for maps in (fake_maps, real_maps)]
            texture = losses.texture_distance(*pairs)
            loss = (
                losses.TEXTURE_WEIGHT * texture
                + losses.ARRANGEMENT_WEIGHT * losses.feature_distance(*(maps[COARSE:] for maps in pairs))
                + losses.COLOUR_WEIGHT * losses.colour_distance(fake[:n], real[:n])
                + losses.SHARED_DETAIL_WEIGHT * losses.shared_detail_penalty(fake, real)
                + losses.CHECKERBOARD_WEIGHT * losses.checkerboard_penalty(fake, real)
                + losses.overshoot(unclamped)
            )
            if contested:
                both = losses.adversarial(discriminator, real_maps, fake_maps)
                loss = loss + adversarial * both.generator
                fooling_rate, discriminator_loss = both.fooling_rate, both.discriminator
                heads = discriminator.heads.parameters()
                of_heads = gradients(share * both.discriminator, heads, retain_graph=True)
        of_generator = gradients(share * loss, self._optimizer.parameters)
        measured = (texture, fooling_rate, discriminator_loss, loss)
        return of_heads, of_generator, torch.stack([each.detach().float() for each in measured])


def _sum(shares: Sequence[list[Tensor]]) -> list[Tensor]:
    """The gradients of all shards, added up, in the first one's memory."""
    total, *others = shares
    for other in others:
        torch._foreach_add_(total, other)
    return total


def _replica(network: Discriminator) -> Discriminator:
    """A copy that shares the weights; what is not learned, such as a spectral norm's estimate, is its own."""
    return copy.deepcopy(network, {id(parameter): parameter for parameter in network.parameters()})
