"""A small network that enlarges a picture twofold and paints the strokes that it then needs.

It learns from larger originals: each is reduced, and the network is corrected until the enlarged picture looks like the
original to the frozen feature network, and painted to a discriminator (SRGAN: Ledig et al. 2017, arXiv 1609.04802).
"""

from __future__ import annotations

import io
import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor, nn

from neural_art.errors import CheckpointError, PaintingError
from neural_art.models import checkpoint
from neural_art.models.features import feature_network
from neural_art.models.networks import HALF_BAND, Discriminator
from neural_art.training import losses
from neural_art.training.augment import Look, draw
from neural_art.training.optimizer import Adam, gradients

SHIPPED: Final = Path(__file__).parents[2] / "checkpoints" / "enlarger.safetensors"
"""The enlarger that pictures are enlarged with, where it is shipped."""

FORMAT: Final = 1
CHANNELS: Final = 32
DEPTH: Final = 4

SIDE: Final = 96
"""Side of the parts of originals that are learned from, in pixels; the discriminator's heads are made for it."""

BATCH: Final = 8
RATE: Final = 1e-3
TUNING_RATE: Final = 4e-4  # of one that can enlarge already
HEADS_RATE: Final = 4e-4
WARM_UP: Final = 20  # steps until the full rate, so that a trained enlarger does not stumble

COLOUR: Final = 1.0  # of single pixels, beside what a generator is asked for: nothing may move
ADVERSARIAL: Final = 0.04
ALONE: Final = (0.3, 0.5)  # of the budget: until then nobody opposes; from then on, with full weight

DOTS: Final = 4  # pixels after which the grid of dots repeats that a generator's own enlarging leaves


class Enlarger(nn.Module):
    """Doubles the side of pictures: (n, 3, h, w) in [-1, 1] -> (n, 3, 2 h, 2 w), roughly in [-1, 1] (not clamped).

    It adds what is missing to a bilinear enlargement, and adds nothing before it has learned. All convolutions run
    before the pixel shuffle. The blur after that has no gain at the shuffle's own frequency, so it paints no dots of
    its own (as in ``networks.PictureLayer``). Nor does it see those that an enlarging before it left (``smooth``).
    """

    blur: Tensor
    half_band: Tensor

    def __init__(self, channels: int = CHANNELS, depth: int = DEPTH) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3)
        blocks = [nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth)]
        self.blocks = nn.ModuleList(blocks)
        self.last = nn.Conv2d(channels, 12, 3, padding=1)
        nn.init.kaiming_normal_(self.first.weight, a=0.2)
        for block in blocks:
            nn.init.kaiming_normal_(block.weight, a=0.2)
            block.weight.data.mul_(depth**-0.5)  # they add up
        for part in self.last.parameters():
            nn.init.zeros_(part)
        self.register_buffer("blur", _separable(1, 2, 1), persistent=False)
        self.register_buffer("half_band", _separable(*HALF_BAND), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        larger = F.interpolate(pictures, scale_factor=2, mode="bilinear", align_corners=False)
        hidden = self.first(F.pad(self.smooth(pictures), (1, 1, 1, 1), mode="replicate"))
        for block in self.blocks:
            hidden = hidden + block(F.leaky_relu(hidden, 0.2))
        shuffled = F.pixel_shuffle(self.last(F.leaky_relu(hidden, 0.2)), 2)
        return larger + F.conv2d(F.pad(shuffled, (1, 1, 1, 1), mode="replicate"), self.blur, groups=3)

    def smooth(self, pictures: Tensor) -> Tensor:
        """Pictures without the highest frequency, and with the lower half of all frequencies as they were.

        What an enlarging left there, too faint for an eye, would be taken for strokes, and painted all over.
        """
        return F.conv2d(F.pad(pictures, (2, 2, 2, 2), mode="replicate"), self.half_band, groups=3)

    def repeat(self, pictures: Tensor, times: int) -> Tensor:
        """Doubles the sides so many times."""
        for already in range(times):
            pictures = self(self.smooth(pictures) if already else pictures)
        return pictures


def _separable(*weights: float) -> Tensor:
    """The filter for each of three colours (3, 1, k, k) that has these weights, made to add up to 1, both ways."""
    row = torch.tensor(weights) / sum(weights)
    return torch.outer(row, row).expand(3, 1, len(row), len(row)).clone()


# ---- use

_one_at_a_time = threading.Lock()  # a picture of 512 px needs 100 MB on the way


def enlarged(enlarger: Enlarger, pixels: np.ndarray, times: int = 1) -> np.ndarray:
    """A generator's picture (h, w, 3) uint8, its sides doubled so many times.

    It is smoothed before the first time, too: the generator's last stage was an enlarging.
    """
    picture = torch.tensor(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
    with _one_at_a_time, torch.inference_mode():
        picture = picture.contiguous(memory_format=torch.channels_last)
        picture = enlarger.repeat(enlarger.smooth(picture), times).clamp(-1, 1)
        return (picture[0] * 127.5 + 127.5).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def shipped() -> Enlarger | None:
    """The enlarger in ``SHIPPED``, opened once; None where there is none. Raises ``CheckpointError`` if damaged."""
    return _opened(SHIPPED) if SHIPPED.exists() else None


@lru_cache(maxsize=1)
def _opened(path: Path) -> Enlarger:
    return read(path)


def read(path: Path) -> Enlarger:
    """The enlarger that ``write`` wrote, ready for use. Raises ``CheckpointError``."""
    tensors, settings = checkpoint.read(path)
    channels, depth = settings.get("channels"), settings.get("depth")
    if settings.get("format") != FORMAT or type(channels) is not int or type(depth) is not int:
        raise CheckpointError(
            f"{path.name} is not an enlarger that is known here. Make it again, or update neural_art."
        )
    enlarger = Enlarger(channels, depth)
    try:
        enlarger.load_state_dict({name: t.float() for name, t in tensors.items()})
    except RuntimeError as error:
        raise CheckpointError(f"{path.name} has weights that do not fit ({error}). Use another copy of it.") from error
    return enlarger.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def write(path: Path, enlarger: Enlarger, **about: Any) -> None:
    """Writes the enlarger in half precision; what is told ``about`` it goes into the settings."""
    shape = {"channels": enlarger.first.out_channels, "depth": len(enlarger.blocks)}
    halved = {name: t.detach().half() for name, t in enlarger.state_dict().items()}
    checkpoint.write(path, halved, {"format": FORMAT, **shape, **about})


# ---- learning


@dataclass(frozen=True)
class Reading:
    """How learning stands after a step.

    ``progress``: the share of the budget that is used, 0 to 1. ``closeness``: the feature loss between enlarged
    pictures and originals. ``colour``: the loss of colours. ``painted``: the share of the enlarged pictures' patches
    that pass for painted, 0 to 1.
    """

    step: int
    progress: float
    closeness: float
    colour: float
    painted: float


def learn(
    enlarger: Enlarger,
    originals: Sequence[bytes],
    chance: torch.Generator,
    *,
    seconds: float = math.inf,
    steps: float = math.inf,
    rate: float = RATE,
) -> Iterator[Reading]:
    """Teaches ``enlarger``, in place, to enlarge pictures like ``originals``; yields a reading after each step.

    ``originals``: picture files as bytes, such as ``Study.jpeg``. The budget is ``seconds`` or ``steps``, whichever is
    used up first; the learning rate, ``rate`` at its highest, ends at 0 with it. Raises ``PaintingError`` without
    originals.
    """
    if not originals:
        raise PaintingError("There is no original to learn enlarging from. Name at least one picture.")
    if min(seconds, steps) == math.inf:
        raise ValueError("learning needs a number of seconds or of steps")
    began = time.monotonic()
    with torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=chance)))
        discriminator = Discriminator().to(memory_format=torch.channels_last)
    enlarger.to(memory_format=torch.channels_last).requires_grad_(True)
    optimiser = Adam(enlarger.parameters(), betas=(0.9, 0.99))
    heads_optimiser = Adam(discriminator.heads.parameters(), betas=(0.0, 0.99))
    step, progress = 0, 0.0
    while progress < 1:
        decay = min(1.0, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * progress))
        adversarial = ADVERSARIAL * min(1.0, max(0.0, (progress - ALONE[0]) / (ALONE[1] - ALONE[0])))
        real = torch.cat([_part(originals, chance) for _ in range(BATCH)])
        look = Look.draw(BATCH, SIDE, SIDE, chance)
        times = 2 if step % 3 == 2 else 1  # so that it can also enlarge what it has enlarged
        fake = enlarger.repeat(_reduced(real, 2**times, chance), times)
        found = _compare(enlarger, discriminator, real, fake, look, adversarial)
        optimiser.step(found.for_enlarger, decay * rate)
        if adversarial > 0:
            heads_optimiser.step(found.for_heads, HEADS_RATE)
        step += 1
        progress = min(1.0, max((time.monotonic() - began) / seconds, step / steps))
        yield Reading(step, progress, found.closeness, found.colour, found.painted)
    enlarger.requires_grad_(False)


@dataclass(frozen=True)
class _Found:
    """The gradients of both networks, each facing the other as it was, and what was measured."""

    for_enlarger: list[Tensor]
    for_heads: list[Tensor]  # none where nobody opposes
    closeness: float
    colour: float
    painted: float


def _compare(
    enlarger: Enlarger, discriminator: Discriminator, real: Tensor, fake: Tensor, look: Look, adversarial: float
) -> _Found:
    """What is wrong with the enlarged pictures ``fake``, beside the originals ``real``."""
    features = feature_network()
    with torch.no_grad():
        real_maps = features(look(real))
    fake_maps = features(look(fake))
    closeness = losses.feature_distance(fake_maps, real_maps)
    colour = losses.colour_distance(fake, real) + COLOUR * (fake - real).abs().mean()
    loss = closeness + colour + losses.overshoot(fake)
    for_heads: list[Tensor] = []
    painted = 0.0
    if adversarial > 0:
        contest = losses.contest(discriminator, real_maps, fake_maps)
        loss = loss + adversarial * contest.generator
        painted = contest.painted.item()
        for_heads = gradients(contest.discriminator, discriminator.heads.parameters(), more=True)
    return _Found(gradients(loss, enlarger.parameters()), for_heads, closeness.item(), colour.item(), painted)


def _part(originals: Sequence[bytes], chance: torch.Generator) -> Tensor:
    """A random part of a random original: (1, 3, SIDE, SIDE) in [-1, 1], half of them mirrored.

    It is reduced a little, down to half of a large original: what a camera and JPEG left at single pixels is no stroke.
    """
    with Image.open(io.BytesIO(originals[draw(0, len(originals) - 1, chance)])) as picture:
        width, height = picture.size
        side = min(width, height, draw(SIDE, max(7 * SIDE // 4, min(width, height) // 2), chance))
        x, y = draw(0, width - side, chance), draw(0, height - side, chance)
        part = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC, (x, y, x + side, y + side))
    part = ImageOps.mirror(part) if draw(0, 1, chance) else part
    return torch.from_numpy(np.array(part)).permute(2, 0, 1)[None].float() / 127.5 - 1


def _reduced(pictures: Tensor, factor: int, chance: torch.Generator) -> Tensor:
    """Pictures with their sides divided by ``factor``, as a generator might paint them: (n, 3, h, w) in [-1, 1].

    More or less soft, with grain, and with a grid of dots that repeats every four pixels: a generator's own enlarging
    leaves one, too faint to see until it is taken for brush strokes.
    """

    def share(at_most: float) -> Tensor:  # little for most
        return at_most * torch.rand(len(pictures), 1, 1, 1, generator=chance) ** 3

    softer = torch.lerp(pictures, _blurred(_blurred(pictures)), share(1.0))
    small = F.interpolate(softer, scale_factor=1 / factor, mode="bicubic", antialias=True, align_corners=False)
    grain = torch.randn(small.shape, generator=chance)
    grain = torch.lerp(grain, _blurred(grain), torch.rand(1, generator=chance))
    dots = torch.randn(len(small), 3, DOTS, DOTS, generator=chance)
    dots = dots.repeat(1, 1, small.shape[2] // DOTS, small.shape[3] // DOTS)
    small = small + share(0.08) * grain + share(0.15) * dots
    return torch.lerp(small, _blurred(small), share(0.8)).clamp(-1, 1).contiguous(memory_format=torch.channels_last)


def _blurred(pictures: Tensor) -> Tensor:
    return F.conv2d(F.pad(pictures, (2, 2, 2, 2), mode="replicate"), _separable(1, 4, 6, 4, 1), groups=3)
