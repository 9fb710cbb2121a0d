"""What neural_art must beat: two GANs that start from noise, as small as their papers' ideas allow.

DCGAN (Radford et al. 2015, arXiv 1511.06434) and Projected GAN (Sauer et al. 2021, arXiv 2111.01007) with the
generator of FastGAN (Liu et al. 2021, arXiv 2101.04775) in its lighter form. Both are written from the papers, with
the papers' losses, optimisers and rates. Where a paper's setting would only lose time on a CPU, the rival gets the
kinder one: fewer channels, smaller batches, and bfloat16 and the channels-last layout wherever they are faster.
"""

from __future__ import annotations

import copy
import statistics
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from neural_art.models.features import feature_network
from neural_art.models.networks import Discriminator
from neural_art.training.trainer import augment, bfloat16_in_hardware, losses

RESERVED = 0.5
"""Seconds of the budget that are kept for writing the model."""


class NoiseGenerator(nn.Module, ABC):
    """Paints from noise: (n, noise_size) -> (n, 3, size, size) in [-1, 1]."""

    size: int
    noise_size: int

    @abstractmethod
    def noise(self, count: int, chance: torch.Generator) -> Tensor:
        """What new pictures are painted from, (count, noise_size)."""


@dataclass(frozen=True)
class Learned:
    """What a rival came to within its budget."""

    generator: NoiseGenerator
    steps: int
    pictures_per_second: float  # once it was running: set-up is not counted


def train(name: str, paintings: Tensor, *, seconds: float, seed: int, began: float) -> Learned:
    """Trains the rival ``name`` of ``RIVALS`` on ``paintings`` (n, 3, L, L) bytes until ``seconds`` after ``began``.

    ``began`` is a ``time.monotonic()``; half a second of the budget is left over for writing the model. The first
    steps find out whether a machine that has bfloat16 is faster in it.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        rival = RIVALS[name](paintings, torch.Generator().manual_seed(seed))
    tries_half = bfloat16_in_hardware()
    times: list[float] = []
    while True:
        started = time.monotonic()
        if started + 1.2 * max(times[-3:], default=0.0) > began + seconds - RESERVED:
            break
        half = tries_half and _half_next(times)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            rival.step()
        times.append(time.monotonic() - started)
    usual = statistics.median(times[4:] or times or [float("inf")])
    return Learned(rival.trained().eval(), len(times), rival.batch / usual)


def _half_next(times: list[float]) -> bool:
    """Whether the step after steps of so many seconds runs in bfloat16: the first two in single precision, the next two
    not (but for a first one that is hopeless), then whichever was faster the second time."""
    if len(times) < 3:
        return len(times) == 2
    if times[2] > 3 * times[1]:
        return False
    return len(times) == 3 or times[3] < times[1]


class Rival(ABC):
    """One training from noise, step by step."""

    batch: int

    def __init__(self, paintings: Tensor, chance: torch.Generator, size: int) -> None:
        whole = [augment.crop(paintings, i, size, None) for i in torch.arange(len(paintings)).split(64)]
        self.paintings = torch.cat([((p + 1) * 127.5).round().to(torch.uint8) for p in whole])
        self.chance = chance

    @abstractmethod
    def step(self) -> None:
        """One update of both networks."""

    @abstractmethod
    def trained(self) -> NoiseGenerator:
        """The generator as its paper would show it."""

    def _real(self) -> Tensor:
        """A batch of paintings, half of them mirrored, (batch, 3, size, size) in [-1, 1]."""
        index = torch.randint(len(self.paintings), (self.batch,), generator=self.chance)
        real = self.paintings[index].float() / 127.5 - 1
        mirrored = torch.rand(self.batch, 1, 1, 1, generator=self.chance) < 0.5
        return torch.where(mirrored, real.flip(3), real).contiguous(memory_format=torch.channels_last)


# -- DCGAN ------------------------------------------------------------------------------------------------------------


class DCGANGenerator(NoiseGenerator):
    """Figure 1 of the paper at half its channels: five transposed convolutions, 64 px, from 100 uniform numbers."""

    size, noise_size = 64, 100

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = (100, 512, 256, 128, 64)
        for number, (a, b) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            stride, padding = (1, 0) if number == 0 else (2, 1)
            layers += [nn.ConvTranspose2d(a, b, 4, stride, padding, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1), nn.Tanh())

    def noise(self, count: int, chance: torch.Generator) -> Tensor:
        return 2 * torch.rand(count, self.noise_size, generator=chance) - 1

    def forward(self, noise: Tensor) -> Tensor:
        return self.layers(noise[:, :, None, None])


class DCGAN(Rival):
    """Section 4 of the paper: Adam at 2e-4 with beta1 0.5, weights from N(0, 0.02), leak 0.2, the original GAN's loss
    (Goodfellow et al. 2014, arXiv 1406.2661). Batches of 32, not 128, for four times the steps."""

    batch = 32

    def __init__(self, paintings: Tensor, chance: torch.Generator) -> None:
        super().__init__(paintings, chance, DCGANGenerator.size)
        self.generator = DCGANGenerator()
        layers: list[nn.Module] = []
        widths = (3, 64, 128, 256, 512)
        for number, (a, b) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            norm = [nn.BatchNorm2d(b)] if number else []
            layers += [nn.Conv2d(a, b, 4, 2, 1, bias=not norm), *norm, nn.LeakyReLU(0.2)]
        self.discriminator = nn.Sequential(*layers, nn.Conv2d(512, 1, 4))
        for network in (self.generator, self.discriminator):
            _start(network)
            network.to(memory_format=torch.channels_last)
        self.optimisers = [
            torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
            for network in (self.generator, self.discriminator)
        ]

    def step(self) -> None:
        for_generator, for_discriminator = self.optimisers
        fake = self.generator(self.generator.noise(self.batch, self.chance))
        real_scores = self.discriminator(self._real()).float()
        fake_scores = self.discriminator(fake.detach()).float()
        loss = F.softplus(-real_scores).mean() + F.softplus(fake_scores).mean()
        for_discriminator.zero_grad()
        loss.backward()
        for_discriminator.step()
        loss = F.softplus(-self.discriminator(fake).float()).mean()
        for_generator.zero_grad()
        loss.backward()
        for_generator.step()

    def trained(self) -> NoiseGenerator:
        return self.generator


# -- Projected GAN with a FastGAN-lite generator ----------------------------------------------------------------------


class FastGANGenerator(NoiseGenerator):
    """FastGAN's generator, light: one convolution a resolution, at half the channels, 128 px.

    Gated linear units, batch norm, and skip-layer excitation from 4 to 64 px and from 8 to 128 px (section 3.1).
    """

    size, noise_size = 128, 256

    def __init__(self) -> None:
        super().__init__()
        widths = {4: 512, 8: 256, 16: 128, 32: 64, 64: 64, 128: 32}
        self.first = nn.ConvTranspose2d(self.noise_size, 2 * widths[4], 4, bias=False)
        self.first_norm = nn.BatchNorm2d(2 * widths[4])
        sides = list(widths)
        pairs = list(zip(sides[:-1], sides[1:], strict=True))
        self.mixes = nn.ModuleList(nn.Conv2d(widths[a], 2 * widths[b], 3, padding=1, bias=False) for a, b in pairs)
        self.norms = nn.ModuleList(nn.BatchNorm2d(2 * widths[b]) for _, b in pairs)
        self.excitations = nn.ModuleDict(
            {str(b): _Excitation(widths[a], widths[b]) for a, b in ((4, 64), (8, 128))},
        )
        self.colour = nn.Conv2d(widths[128], 3, 3, padding=1)

    def noise(self, count: int, chance: torch.Generator) -> Tensor:
        return torch.randn(count, self.noise_size, generator=chance)

    def forward(self, noise: Tensor) -> Tensor:
        noise = noise / noise.square().mean(1, keepdim=True).add(1e-8).sqrt()
        hidden = F.glu(self.first_norm(self.first(noise[:, :, None, None])), dim=1)
        small = {4: hidden}
        for mix, norm in zip(self.mixes, self.norms, strict=True):
            hidden = F.glu(norm(mix(F.interpolate(hidden, scale_factor=2, mode="nearest"))), dim=1)
            side = hidden.shape[-1]
            small[side] = hidden
            if str(side) in self.excitations:
                hidden = hidden * self.excitations[str(side)](small[side // 16])
        return torch.tanh(self.colour(hidden))


class _Excitation(nn.Module):
    """A gate for each channel of a large map, from a small map: equation 1 of FastGAN."""

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, out_channels, 4)
        self.gate = nn.Conv2d(out_channels, out_channels, 1)

    def forward(self, hidden: Tensor) -> Tensor:
        return torch.sigmoid(self.gate(F.leaky_relu(self.squeeze(F.adaptive_avg_pool2d(hidden, 4)), 0.1)))


class ProjectedGAN(Rival):
    """Four heads on frozen features, mixed across channels and scales; hinge loss; Adam at 2e-4 with betas (0, 0.99);
    differentiable augmentation (Zhao et al. 2020, arXiv 2006.10738); averaged weights: as in the paper.

    The feature network (EfficientNet-Lite0 where the paper has Lite1) and the heads are neural_art's own. Batches of
    16, not 64, for four times the steps.
    """

    batch = 16

    def __init__(self, paintings: Tensor, chance: torch.Generator) -> None:
        super().__init__(paintings, chance, FastGANGenerator.size)
        self.generator, self.discriminator = FastGANGenerator(), Discriminator()
        _start(self.generator)
        for network in (self.generator, self.discriminator):
            network.to(memory_format=torch.channels_last).train()
        self.features = feature_network()
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False)
        self.shown = 0
        self.optimisers = [
            torch.optim.Adam(parameters, lr=2e-4, betas=(0.0, 0.99))
            for parameters in (self.generator.parameters(), self.discriminator.heads.parameters())
        ]

    def step(self) -> None:
        for_generator, for_heads = self.optimisers
        fake = self.generator(self.generator.noise(self.batch, self.chance)).float()
        with torch.no_grad():
            real_projected = self.discriminator.project(self.features(augmented(self._real(), self.chance)))
        fake_projected = self.discriminator.project(self.features(augmented(fake, self.chance)))
        real_scores = self._scores(real_projected)
        fake_scores = self._scores([m.detach() for m in fake_projected])
        for_heads.zero_grad()
        losses.discriminator_hinge(real_scores, fake_scores).backward()
        for_heads.step()
        self.discriminator.heads.requires_grad_(False)
        for_generator.zero_grad()
        losses.generator_hinge(self._scores(fake_projected)).backward()
        for_generator.step()
        self.discriminator.heads.requires_grad_(True)
        self.shown += self.batch
        self._average()

    def _scores(self, projected: list[Tensor]) -> list[Tensor]:
        return [scores.float() for scores in self.discriminator(projected)]

    @torch.no_grad()
    def _average(self) -> None:
        """A half-life of 10,000 pictures, or of a twentieth of those shown so far: the ramp-up of StyleGAN2."""
        keep = 0.5 ** (self.batch / min(10_000, 0.05 * self.shown))
        for mine, theirs in zip(self.averaged.parameters(), self.generator.parameters(), strict=True):
            mine.lerp_(theirs, 1 - keep)
        for buffer, current in zip(self.averaged.buffers(), self.generator.buffers(), strict=True):
            buffer.copy_(current)

    def trained(self) -> NoiseGenerator:
        return self.averaged


def augmented(pictures: Tensor, chance: torch.Generator) -> Tensor:
    """DiffAugment's three changes, each picture its own: colour, a shift by up to an eighth, a square of half the side
    cut out; (n, 3, s, s)."""
    n, _, side, _ = pictures.shape

    def draw(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, 1, 1, 1, generator=chance)

    pictures = pictures + draw(-0.5, 0.5)
    grey = pictures.mean(1, keepdim=True)
    pictures = torch.lerp(grey, pictures, draw(0, 2))
    mean = pictures.mean((1, 2, 3), keepdim=True)
    pictures = torch.lerp(mean, pictures, draw(0.5, 1.5))
    most = side // 8
    padded = F.pad(pictures, (most, most, most, most))
    places = torch.randint(2 * most + 1, (n, 2), generator=chance).tolist()
    pictures = torch.stack([p[:, y : y + side, x : x + side] for p, (y, x) in zip(padded, places, strict=True)])
    across = torch.arange(side)
    y, x = torch.randint(side + 1, (2, n, 1), generator=chance)
    cut = ((across - y).abs() < side // 4)[:, None, :, None] & ((across - x).abs() < side // 4)[:, None, None, :]
    return pictures.masked_fill(cut, 0.0).contiguous(memory_format=torch.channels_last)


def _start(network: nn.Module) -> None:
    """Weights from N(0, 0.02), norms from N(1, 0.02), as in DCGAN; FastGAN starts alike."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02)


RIVALS: Final[dict[str, type[DCGAN] | type[ProjectedGAN]]] = {"dcgan": DCGAN, "projected": ProjectedGAN}
GENERATORS: Final[dict[str, type[NoiseGenerator]]] = {"dcgan": DCGANGenerator, "projected": FastGANGenerator}
