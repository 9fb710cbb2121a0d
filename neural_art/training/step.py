"""One update of both networks, on all cores.

A batch is cut into parts, and each part is seen by a thread of its own, through networks that share their weights. The
gradients are then added up (data parallelism: Li et al. 2020, arXiv 2006.15704, within a process).
On a CPU that is faster than all cores working on one part: the cores wait for each other twice in a step, not
thousands of times.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn.utils.parametrize import cached

from neural_art.models.features import FeatureNetwork, feature_network
from neural_art.models.networks import Discriminator, Filters, Generator
from neural_art.training import losses
from neural_art.training.augment import Look
from neural_art.training.cuda_graph import Later, Recording
from neural_art.training.optimizer import Adam, gradients

PARTS = 2
"""Parts of a batch, at most. The threads of a machine that has more are shared out among them."""

COARSE = 2
"""From this feature map on, pictures are compared with paintings place by place: that is what tells what is where."""

Given = TypeVar("Given")
Made = TypeVar("Made")


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


@dataclass(frozen=True)
class Opponent:
    """A feature network, the discriminator whose heads learn on what it sees, and how they learn."""

    features: FeatureNetwork
    discriminator: Discriminator
    optimiser: Adam

    @classmethod
    def on(cls, network: int, discriminator: Discriminator) -> Opponent:
        """``network``: the number of the feature network (see ``feature_network``)."""
        discriminator.to(memory_format=torch.channels_last).train()
        optimiser = Adam(discriminator.heads.parameters(), betas=(0.0, 0.99))
        return cls(feature_network(network, optimiser.parameters[0].device.type), discriminator, optimiser)


MEASURED = ("closeness", "painted", "discriminator_loss", "generator_loss")


class Stepper:
    """Updates a generator and its opponents' heads, all in place, wherever they are.

    ``threads``: of the processor, shared out among the parts. ``half``: multiply in bfloat16. On a CUDA device there is
    one part, and the step is recorded (see ``Recording``).
    """

    def __init__(
        self, generator: Generator, optimiser: Adam, opponents: Sequence[Opponent], *, threads: int, half: bool
    ) -> None:
        self.half = half
        self._device = optimiser.parameters[0].device
        self.parts = min(PARTS, threads) if self._device.type == "cpu" else 1
        self._generator, self._optimiser, self._opponents = generator, optimiser, opponents
        self._discriminators = [
            [one.discriminator, *(_replica(one.discriminator) for _ in range(self.parts - 1))] for one in opponents
        ]
        self._pool = workers(threads)
        self._recordings: dict[tuple[int, bool], Recording] = {}
        self._last: Later | None = None

    def step(
        self,
        parts: Sequence[Part],
        *,
        adversarial: float,
        generator_rate: float,
        discriminator_rate: float,
        turn: int = 0,
    ) -> dict[str, float]:
        """One update of an opponent's heads, unless ``adversarial`` is 0, and one of the generator; what was measured.

        The opponents, and with them the feature networks that all is seen through, take turns.

        ``closeness``: the texture distance. ``painted``: share of generated patches that pass for painted, 0 to 1.
        ``discriminator_loss``, ``generator_loss``: before the update. On a device, of the step before, so that the next
        one can be prepared while this one is at work.
        """
        turn = turn % len(self._opponents)
        if self._device.type == "cpu":
            found = self._update(parts, turn, adversarial, generator_rate, discriminator_rate, opposed=adversarial > 0)
        else:
            found = self._on_device(parts[0], turn, adversarial, generator_rate, discriminator_rate)
        return dict(zip(MEASURED, found.tolist(), strict=True))

    def _on_device(self, part: Part, turn: int, *weights: float) -> Tensor:
        """The update, recorded when it is first asked for; what the one before it measured."""
        opposed = weights[0] > 0
        given = [*torch.tensor(weights).to(self._device).unbind(), part.paintings(), part.latents, *part.look]

        def update(given: Sequence[Tensor]) -> Tensor:
            weights, paintings, latents, look = given[:3], given[3], given[4], Look(*given[5:])
            return self._update([Part(lambda: paintings, latents, part.copied, look)], turn, *weights, opposed=opposed)

        if (turn, opposed) not in self._recordings:
            self._recordings[turn, opposed] = Recording(update, given)
        found = Later(self._recordings[turn, opposed](given))
        last, self._last = self._last or found, found
        return last.value()

    def _update(
        self,
        parts: Sequence[Part],
        turn: int,
        adversarial: float | Tensor,
        generator_rate: float | Tensor,
        discriminator_rate: float | Tensor,
        *,
        opposed: bool,
    ) -> Tensor:
        """``step``, and what is ``MEASURED``, in this order."""
        # once, for all parts
        filters = self.side_by_side(lambda one: one.filters(half=self.half), self._generator.convolutions)
        lent = _lent(filters, self.half)
        opponent = self._opponents[turn]
        shown = [
            _Task(
                self._generator,
                lent,
                opponent.features,
                discriminator,
                part,
                adversarial=adversarial,
                opposed=opposed,
                half=self.half,
                share=1 / self.parts,
            )
            for discriminator, part in zip(self._discriminators[turn], parts, strict=True)
        ]
        with cached():  # the heads judge twice; their spectral norms are found once
            learned = self.side_by_side(_learn, shown)
        for_heads, for_generator, measured = zip(*learned, strict=True)
        if opposed:
            opponent.optimiser.step(_sum(for_heads), discriminator_rate)
        self._optimiser.step(self._through(filters, for_generator), generator_rate)
        return torch.stack(measured).mean(0)

    def _through(self, filters: Sequence[Filters], found: Sequence[list[Tensor]]) -> list[Tensor]:
        """The gradient of each of the generator's parameters, from what ``_learn`` found in each part."""
        weights = [convolution.weight for convolution in self._generator.convolutions]

        def of_weight(number: int) -> Tensor:
            made, there = filters[number], 2 * number
            of_made = _sum([part[there : there + 2] for part in found])
            (gradient,) = torch.autograd.grad(
                made, weights[number], [g.to(t) for g, t in zip(of_made, made, strict=True)]
            )
            return gradient

        of_weights = self.side_by_side(of_weight, range(len(weights)))
        of_others = _sum([part[2 * len(weights) :] for part in found])
        of = dict(zip(map(id, [*weights, *self._generator.others()]), [*of_weights, *of_others], strict=True))
        return [of[id(parameter)] for parameter in self._generator.parameters()]

    def side_by_side(self, work: Callable[[Given], Made], shares: Sequence[Given]) -> list[Made]:
        """What ``work`` makes of each share, in order; each part's thread takes one at a time."""
        return list(self._pool.map(work, shares) if self.parts > 1 else map(work, shares))


def workers(threads: int) -> ThreadPoolExecutor:
    """A thread for each part of a batch, with its share of the processor's ``threads``. They end with the pool."""
    parts = min(PARTS, threads)
    return ThreadPoolExecutor(parts, "part", torch.set_num_threads, (threads // parts,))


def _lent(filters: Sequence[Filters], half: bool) -> list[Filters]:
    """The generator's filters as the parts use them: in the precision that they multiply in, without a past."""
    precision = torch.bfloat16 if half else torch.float32
    return [Filters(weight.detach().to(precision), squares.detach()) for weight, squares in filters]


@dataclass(frozen=True)
class _Task:
    """What a thread needs to learn from its part."""

    generator: Generator
    filters: Sequence[Filters]
    features: FeatureNetwork
    discriminator: Discriminator
    part: Part
    adversarial: float | Tensor
    opposed: bool
    half: bool
    share: float  # of the step


def _learn(task: _Task) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """The gradients of the heads (none where nobody opposes) and of the generator, its filters' before its other
    parameters', and what is ``MEASURED``. The gradients are this part's share of the step's.

    Both face the other as it is before the step, so that the heads look at the pictures only once.
    """
    generator, features, part, copied = task.generator, task.features, task.part, task.part.copied
    filters = [Filters(*(tensor.detach().requires_grad_() for tensor in pair)) for pair in task.filters]
    for_heads: list[Tensor] = []
    painted = opponent = torch.zeros((), device=part.latents.device)
    real = part.paintings()
    with torch.autocast(part.latents.device.type, torch.bfloat16, enabled=task.half):
        unclamped = generator(part.latents, filters).float()
        fake = unclamped.clamp(-1, 1)
        with torch.no_grad():
            real_maps = features(part.look(real))
        fake_maps = features(part.look(fake))
        pairs = [[m[:copied].float() for m in maps] for maps in (fake_maps, real_maps)]
        texture = losses.texture_distance(*pairs)
        loss = (
            losses.TEXTURE_WEIGHT * texture
            + losses.ARRANGEMENT_WEIGHT * losses.feature_distance(*(maps[COARSE:] for maps in pairs))
            + losses.COLOUR_WEIGHT * losses.colour_distance(fake[:copied], real[:copied])
            + losses.WATERMARK_WEIGHT * losses.watermark(fake, real)
            + losses.overshoot(unclamped)
        )
        if task.opposed:
            contest = losses.contest(task.discriminator, real_maps, fake_maps)
            loss = loss + task.adversarial * contest.generator
            painted, opponent = contest.painted, contest.discriminator
            heads = task.discriminator.heads.parameters()
            for_heads = gradients(task.share * contest.discriminator, heads, more=True)
    for_generator = gradients(task.share * loss, [*chain(*filters), *generator.others()])
    return for_heads, for_generator, torch.stack([one.detach().float() for one in (texture, painted, opponent, loss)])


def _sum(gradients: Sequence[list[Tensor]]) -> list[Tensor]:
    """The gradients of all parts, added up, in the first one's memory."""
    total, *others = gradients
    for other in others:
        torch._foreach_add_(total, other)
    return total


def _replica(network: Discriminator) -> Discriminator:
    """A copy that shares the weights; what is not learned, such as a spectral norm's estimate, is its own."""
    return copy.deepcopy(network, {id(parameter): parameter for parameter in network.parameters()})
