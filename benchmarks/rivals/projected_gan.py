"""Projected GAN (Sauer et al. 2021, arXiv 2111.01007) with the generator of FastGAN (Liu et al. 2021, arXiv 2101.04775)
in its lighter form."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.rivals.rival import NoiseGenerator, Rival, normal_weights
from neural_art.models.discriminator import Discriminator
from neural_art.models.features import feature_network
from neural_art.training import losses


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

    def noise(self, count: int, rng: torch.Generator) -> Tensor:
        return torch.randn(count, self.noise_size, generator=rng)

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

    generator_class = FastGANGenerator

    def __init__(self, paintings: Tensor, rng: torch.Generator, *, batch: int = 16) -> None:
        super().__init__(paintings, rng, size=FastGANGenerator.size, batch=batch)
        self.generator, self.discriminator = FastGANGenerator(), Discriminator()
        normal_weights(self.generator)
        for network in (self.generator, self.discriminator):
            network.to(memory_format=torch.channels_last).train()
        self.features = feature_network()
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False)
        self.shown = 0
        self.generator_optimizer, self.heads_optimizer = (
            torch.optim.Adam(parameters, lr=2e-4, betas=(0.0, 0.99))
            for parameters in (self.generator.parameters(), self.discriminator.heads.parameters())
        )

    def step(self) -> None:
        fake = self.generator(self.generator.noise(self.batch, self.rng)).float()
        with torch.no_grad():
            real_projected = self.discriminator.project(self.features(diff_augment(self.real(), self.rng)))
        fake_projected = self.discriminator.project(self.features(diff_augment(fake, self.rng)))
        real_scores = self._scores(real_projected)
        fake_scores = self._scores([m.detach() for m in fake_projected])
        self.heads_optimizer.zero_grad()
        losses.discriminator_hinge(real_scores, fake_scores).backward()
        self.heads_optimizer.step()
        self.discriminator.heads.requires_grad_(False)
        self.generator_optimizer.zero_grad()
        losses.generator_hinge(self._scores(fake_projected)).backward()
        self.generator_optimizer.step()
        self.discriminator.heads.requires_grad_(True)
        self.shown += self.batch
        self._average()

    def _scores(self, projected: list[Tensor]) -> list[Tensor]:
        return [scores.float() for scores in self.discriminator(projected)]

    @torch.no_grad()
    def _average(self) -> None:
        """A half-life of 10,000 pictures, or of a twentieth of those shown so far: the ramp-up of StyleGAN2."""
        keep = 0.5 ** (self.batch / min(10_000, 0.05 * self.shown))
        for average, weight in zip(self.averaged.parameters(), self.generator.parameters(), strict=True):
            average.lerp_(weight, 1 - keep)
        for copied, buffer in zip(self.averaged.buffers(), self.generator.buffers(), strict=True):
            copied.copy_(buffer)

    def trained(self) -> NoiseGenerator:
        return self.averaged


def diff_augment(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """DiffAugment's three changes, drawn for each picture: colour, a shift by up to an eighth of the side, and a square
    of half the side cut out; (n, 3, s, s) in [-1, 1].

    Written out because torchvision's transforms draw once for a whole batch, and clamp colours, which stops gradients.
    """
    n, _, side, _ = pictures.shape

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, 1, 1, 1, generator=rng)

    pictures = pictures + uniform(-0.5, 0.5)
    grey = pictures.mean(1, keepdim=True)
    pictures = torch.lerp(grey, pictures, uniform(0, 2))
    mean = pictures.mean((1, 2, 3), keepdim=True)
    pictures = torch.lerp(mean, pictures, uniform(0.5, 1.5))
    most = side // 8
    padded = F.pad(pictures, (most, most, most, most))
    offsets = torch.randint(2 * most + 1, (n, 2), generator=rng).tolist()
    pictures = torch.stack([p[:, y : y + side, x : x + side] for p, (y, x) in zip(padded, offsets, strict=True)])
    across = torch.arange(side)
    y, x = torch.randint(side + 1, (2, n, 1), generator=rng)
    cut = ((across - y).abs() < side // 4)[:, None, :, None] & ((across - x).abs() < side // 4)[:, None, None, :]
    return pictures.masked_fill(cut, 0.0).contiguous(memory_format=torch.channels_last)
