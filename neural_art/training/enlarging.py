"""Teaching an enlarger.

It learns from larger originals: each is reduced, and the network is corrected until the enlarged picture looks like the
original to the frozen feature network, and real to a discriminator (SRGAN: Ledig et al. 2017, arXiv 1609.04802).
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor

from neural_art.errors import DatasetError
from neural_art.models.discriminator import Discriminator
from neural_art.models.enlarger import Enlarger, separable_filter
from neural_art.models.features import feature_network
from neural_art.models.pixels import to_signed
from neural_art.training import losses
from neural_art.training.augment import Augmentation, draw
from neural_art.training.optimizer import Adam, gradients

SIDE: Final = 96
"""Side of the parts of originals that are learned from, in pixels; the discriminator's heads are made for it."""

BATCH: Final = 8
LEARNING_RATE: Final = 1e-3
TUNING_RATE: Final = 4e-4  # of one that can enlarge already
HEADS_RATE: Final = 4e-4
WARM_UP: Final = 20  # steps until the full rate, so that a trained enlarger does not stumble

PIXEL_WEIGHT: Final = 1.0  # of single pixels, beside what a generator is asked for: nothing may move
ADVERSARIAL_WEIGHT: Final = 0.04
ADVERSARIAL_RAMP: Final = (0.3, 0.5)  # of the budget: from no adversarial loss to all of it

DOTS: Final = 4  # pixels after which the grid of dots repeats that a generator's own enlarging leaves


@dataclass(frozen=True)
class Reading:
    """How learning stands after a step.

    ``progress``: the share of the budget that is used, 0 to 1. ``feature_distance``, ``colour_distance``: between
    enlarged pictures and originals. ``fooling_rate``: the share of the enlarged pictures' patches that the
    discriminator takes for real, 0 to 1.
    """

    step: int
    progress: float
    feature_distance: float
    colour_distance: float
    fooling_rate: float


def learn(
    enlarger: Enlarger,
    originals: Sequence[bytes],
    rng: torch.Generator,
    *,
    seconds: float = math.inf,
    steps: float = math.inf,
    learning_rate: float = LEARNING_RATE,
    device: str = "cpu",
) -> Iterator[Reading]:
    """Teaches ``enlarger``, in place, to enlarge pictures like ``originals``; yields a reading after each step.

    ``originals``: picture files as bytes, such as ``DecodedImage.jpeg``. The budget is ``seconds`` or ``steps``,
    whichever is used up first; ``learning_rate``, at its highest, ends at 0 with it. ``device``: where it learns; in
    the end, ``enlarger`` is on the CPU again. Raises ``DatasetError`` without originals.
    """
    if not originals:
        raise DatasetError("no-originals")
    if min(seconds, steps) == math.inf:
        raise ValueError("learning needs a number of seconds or of steps")
    began = time.monotonic()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=rng)))
        discriminator = Discriminator().to(device).to(memory_format=torch.channels_last)
    enlarger.to(device).to(memory_format=torch.channels_last).requires_grad_(True)
    optimizer = Adam(enlarger.parameters(), betas=(0.9, 0.99))
    heads_optimizer = Adam(discriminator.heads.parameters(), betas=(0.0, 0.99))
    step, progress = 0, 0.0
    while progress < 1:
        decay = min(1.0, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * progress))
        ramp_begins, ramp_ends = ADVERSARIAL_RAMP
        adversarial = ADVERSARIAL_WEIGHT * min(1.0, max(0.0, (progress - ramp_begins) / (ramp_ends - ramp_begins)))
        real = torch.cat([_part(originals, rng) for _ in range(BATCH)])
        augmentation = Augmentation.draw(BATCH, SIDE, SIDE, rng, device=device)
        times = 2 if step % 3 == 2 else 1  # so that it can also enlarge what it has enlarged
        fake = enlarger.repeat(_reduced(real, 2**times, rng).to(device), times)
        compared = _compare(enlarger, discriminator, real.to(device), fake, augmentation, adversarial)
        optimizer.step(compared.enlarger_gradients, decay * learning_rate)
        if adversarial > 0:
            heads_optimizer.step(compared.head_gradients, HEADS_RATE)
        step += 1
        progress = min(1.0, max((time.monotonic() - began) / seconds, step / steps))
        yield Reading(step, progress, compared.feature_distance, compared.colour_distance, compared.fooling_rate)
    enlarger.requires_grad_(False).cpu()


@dataclass(frozen=True)
class _Comparison:
    """The gradients of both networks, each facing the other as it was, and what was measured."""

    enlarger_gradients: list[Tensor]
    head_gradients: list[Tensor]  # empty without the adversarial loss
    feature_distance: float
    colour_distance: float
    fooling_rate: float


def _compare(
    enlarger: Enlarger,
    discriminator: Discriminator,
    real: Tensor,
    fake: Tensor,
    augmentation: Augmentation,
    adversarial: float,
) -> _Comparison:
    """How the enlarged pictures ``fake`` differ from the originals ``real``."""
    features = feature_network(0, real.device)
    with torch.no_grad():
        real_maps = features(augmentation(real))
    fake_maps = features(augmentation(fake))
    feature_distance = losses.feature_distance(fake_maps, real_maps)
    colour_distance = losses.colour_distance(fake, real) + PIXEL_WEIGHT * (fake - real).abs().mean()
    loss = feature_distance + colour_distance + losses.overshoot(fake)
    head_gradients: list[Tensor] = []
    fooling_rate = 0.0
    if adversarial > 0:
        both = losses.adversarial(discriminator, real_maps, fake_maps)
        loss = loss + adversarial * both.generator
        fooling_rate = both.fooling_rate.item()
        head_gradients = gradients(both.discriminator, discriminator.heads.parameters(), retain_graph=True)
    return _Comparison(
        gradients(loss, enlarger.parameters()),
        head_gradients,
        feature_distance.item(),
        colour_distance.item(),
        fooling_rate,
    )


def _part(originals: Sequence[bytes], rng: torch.Generator) -> Tensor:
    """A random part of a random original: (1, 3, SIDE, SIDE) in [-1, 1], half of them mirrored.

    It is reduced a little, down to half of a large original: what a camera and JPEG left at single pixels is no stroke.
    """
    with Image.open(io.BytesIO(originals[draw(0, len(originals) - 1, rng)])) as picture:
        width, height = picture.size
        side = min(width, height, draw(SIDE, max(7 * SIDE // 4, min(width, height) // 2), rng))
        x, y = draw(0, width - side, rng), draw(0, height - side, rng)
        part = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC, (x, y, x + side, y + side))
    return to_signed(np.array(ImageOps.mirror(part) if draw(0, 1, rng) else part)[None])


def _reduced(pictures: Tensor, factor: int, rng: torch.Generator) -> Tensor:
    """Pictures with their sides divided by ``factor``, as a generator might paint them: (n, 3, h, w) in [-1, 1].

    More or less soft, with grain, and with a grid of dots that repeats every four pixels: a generator's own enlarging
    leaves one, too faint to see until it is taken for brush strokes.
    """

    def share(at_most: float) -> Tensor:  # little for most
        return at_most * torch.rand(len(pictures), 1, 1, 1, generator=rng) ** 3

    softer = torch.lerp(pictures, _blurred(_blurred(pictures)), share(1.0))
    small = F.interpolate(softer, scale_factor=1 / factor, mode="bicubic", antialias=True, align_corners=False)
    grain = torch.randn(small.shape, generator=rng)
    grain = torch.lerp(grain, _blurred(grain), torch.rand(1, generator=rng))
    dots = torch.randn(len(small), 3, DOTS, DOTS, generator=rng)
    dots = dots.repeat(1, 1, small.shape[2] // DOTS, small.shape[3] // DOTS)
    small = small + share(0.08) * grain + share(0.15) * dots
    return torch.lerp(small, _blurred(small), share(0.8)).clamp(-1, 1).contiguous(memory_format=torch.channels_last)


def _blurred(pictures: Tensor) -> Tensor:
    return F.conv2d(F.pad(pictures, (2, 2, 2, 2), mode="replicate"), separable_filter(1, 4, 6, 4, 1), groups=3)
