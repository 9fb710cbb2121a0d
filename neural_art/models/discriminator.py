"""The discriminator: judges pictures by their frozen features (Projected GAN: Sauer et al. 2021, arXiv 2111.01007)."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from neural_art.models import features

MIXED = (32, 64, 96, 128)
"""Channels of the four feature maps after the fixed random projections."""


class Discriminator(nn.Module):
    """Tells paintings from pictures by their frozen features; only the heads learn.

    ``project`` mixes the feature maps of ``FeatureNetwork`` across channels and scales by fixed random convolutions
    (Projected GAN, section 3.2); ``forward`` gives one map of scores per scale, high for "real". The heads are
    convolutions alone, so pictures of any side that is a multiple of 32 may be shown; they are made for 96 px.
    """

    def __init__(self) -> None:
        super().__init__()
        self.across = nn.ModuleList(nn.Conv2d(c, m, 1) for c, m in zip(features.CHANNELS, MIXED, strict=True))
        self.down = nn.ModuleList(nn.Conv2d(b, a, 3, padding=1) for a, b in zip(MIXED[:-1], MIXED[1:], strict=True))
        for layer in (*self.across, *self.down):
            assert isinstance(layer, nn.Conv2d) and layer.bias is not None
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
            layer.requires_grad_(False)
        self.heads = nn.ModuleList(_head(m, side) for m, side in zip(MIXED, (24, 12, 6, 3), strict=True))

    def project(self, maps: list[Tensor]) -> list[Tensor]:
        """The frozen features, mixed: four maps of ``MIXED`` channels, coarse context added to the fine ones."""
        mixed = [layer(m) for layer, m in zip(self.across, maps, strict=True)]
        for i in reversed(range(len(mixed) - 1)):
            context = F.interpolate(mixed[i + 1], scale_factor=2, mode="bilinear", align_corners=False)
            mixed[i] = (mixed[i] + self.down[i](context)) / math.sqrt(2)
        return mixed

    def forward(self, projected: list[Tensor]) -> list[Tensor]:
        return [head(m) for head, m in zip(self.heads, projected, strict=True)]


def _head(channels: int, side: int) -> nn.Sequential:
    layers: list[nn.Module] = [spectral_norm(nn.Conv2d(channels, 64, 1)), nn.LeakyReLU(0.2)]
    channels = 64
    while side >= 6:
        wider = min(2 * channels, 128)
        layers += [spectral_norm(nn.Conv2d(channels, wider, 4, 2, 1)), nn.LeakyReLU(0.2)]
        channels, side = wider, side // 2
    layers += [spectral_norm(nn.Conv2d(channels, 1, 3, padding=1))]
    return nn.Sequential(*layers)
