"""What all rivals share: a generator that paints from noise, a training step by step, and a budget in seconds."""

from __future__ import annotations

import statistics
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from neural_art.models.pixels import to_signed
from neural_art.training.device import multiplies_bfloat16

RESERVED: Final = 0.5
"""Seconds of the budget that are kept for writing the model."""


class NoiseGenerator(nn.Module, ABC):
    """Paints from noise: (n, noise_size) -> (n, 3, size, size) in [-1, 1]."""

    size: int
    noise_size: int

    @abstractmethod
    def noise(self, count: int, rng: torch.Generator) -> Tensor:
        """What new pictures are painted from, (count, noise_size)."""


class Rival(ABC):
    """One training from noise, step by step, on ``paintings`` (n, 3, L, L) uint8."""

    generator_class: ClassVar[type[NoiseGenerator]]

    def __init__(self, paintings: Tensor, rng: torch.Generator, *, size: int, batch: int) -> None:
        self.batch = batch
        self.rng = rng
        # torchvision's v2.Resize does the same, but importing it would take a second of the rival's budget
        resized = [
            F.interpolate(part.float(), (size, size), mode="bilinear", antialias=True, align_corners=False)
            for part in paintings.split(64)
        ]
        self.paintings = torch.cat([part.round().to(torch.uint8) for part in resized])

    @abstractmethod
    def step(self) -> None:
        """One update of both networks."""

    @abstractmethod
    def trained(self) -> NoiseGenerator:
        """The generator as its paper would show it."""

    def real(self) -> Tensor:
        """A random batch of paintings, half of them mirrored, (batch, 3, size, size) in [-1, 1]."""
        index = torch.randint(len(self.paintings), (self.batch,), generator=self.rng)
        real = to_signed(self.paintings[index])
        mirrored = torch.rand(self.batch, 1, 1, 1, generator=self.rng) < 0.5
        return torch.where(mirrored, real.flip(3), real).contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Trained:
    """What a rival came to within its budget."""

    generator: NoiseGenerator
    steps: int
    pictures_per_second: float  # while it was running: set-up is not counted


def train(
    make: Callable[[Tensor, torch.Generator], Rival],
    paintings: Tensor,
    *,
    seconds: float,
    seed: int,
    began: float,
    clock: Callable[[], float] = time.monotonic,
) -> Trained:
    """Trains a rival on ``paintings`` (n, 3, L, L) uint8 until ``seconds`` after ``began``.

    ``make``: the rival's class. ``began``: a time of ``clock``; half a second of the budget is left over for writing
    the model. The first steps find out whether a processor that multiplies bfloat16 is faster in it.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        rival = make(paintings, torch.Generator().manual_seed(seed))
    try_bfloat16 = multiplies_bfloat16()
    times: list[float] = []
    while True:
        started = clock()
        if started + 1.2 * max(times[-3:], default=0.0) > began + seconds - RESERVED:
            break
        with torch.autocast("cpu", torch.bfloat16, enabled=try_bfloat16 and bfloat16_next(times)):
            rival.step()
        times.append(clock() - started)
    usual = statistics.median(times[4:] or times or [float("inf")])
    return Trained(rival.trained().eval(), len(times), rival.batch / usual)


def bfloat16_next(times: Sequence[float]) -> bool:
    """Whether the next step runs in bfloat16, after steps that took ``times`` seconds.

    The first two run in float32 and the next two in bfloat16 (only one, if that is hopeless); from then on whichever
    was faster the second time.
    """
    if len(times) < 3:
        return len(times) == 2
    if times[2] > 3 * times[1]:
        return False
    return len(times) == 3 or times[3] < times[1]


def normal_weights(network: nn.Module) -> None:
    """Draws weights from N(0, 0.02) and those of norms from N(1, 0.02), as in DCGAN; FastGAN starts alike."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
