"""DCGAN (Radford et al. 2015, arXiv 1511.06434)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.rivals.rival import NoiseGenerator, Rival, normal_weights


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

    def noise(self, count: int, rng: torch.Generator) -> Tensor:
        return 2 * torch.rand(count, self.noise_size, generator=rng) - 1

    def forward(self, noise: Tensor) -> Tensor:
        return self.layers(noise[:, :, None, None])


class DCGAN(Rival):
    """Section 4 of the paper: Adam at 2e-4 with beta1 0.5, weights from N(0, 0.02), leak 0.2, the original GAN's loss
    (Goodfellow et al. 2014, arXiv 1406.2661). Batches of 32, not 128, for four times the steps."""

    generator_class = DCGANGenerator

    def __init__(self, paintings: Tensor, rng: torch.Generator, *, batch: int = 32) -> None:
        super().__init__(paintings, rng, size=DCGANGenerator.size, batch=batch)
        self.generator = DCGANGenerator()
        layers: list[nn.Module] = []
        widths = (3, 64, 128, 256, 512)
        for number, (a, b) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            norm = [nn.BatchNorm2d(b)] if number else []
            layers += [nn.Conv2d(a, b, 4, 2, 1, bias=not norm), *norm, nn.LeakyReLU(0.2)]
        self.discriminator = nn.Sequential(*layers, nn.Conv2d(512, 1, 4))
        for network in (self.generator, self.discriminator):
            normal_weights(network)
            network.to(memory_format=torch.channels_last)
        self.generator_optimizer, self.discriminator_optimizer = (
            torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
            for network in (self.generator, self.discriminator)
        )

    def step(self) -> None:
        fake = self.generator(self.generator.noise(self.batch, self.rng))
        real_scores = self.discriminator(self.real()).float()
        fake_scores = self.discriminator(fake.detach()).float()
        loss = F.softplus(-real_scores).mean() + F.softplus(fake_scores).mean()
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        loss = F.softplus(-self.discriminator(fake).float()).mean()
        self.generator_optimizer.zero_grad()
        loss.backward()
        self.generator_optimizer.step()

    def trained(self) -> NoiseGenerator:
        return self.generator
