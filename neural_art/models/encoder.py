"""The encoder: gives a picture its latent, in one forward pass."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from neural_art.models.features import CHANNELS, feature_network
from neural_art.recipe import LATENT_SIZE

SEEN = 128
"""Side of the pictures that a latent is read from, in pixels; others are resized to it."""

_POOLED = ((2, 4, 1.0), (3, 1, 0.7), (1, 4, 0.7))  # feature map, side it is pooled to, weight in the latent
_THUMBNAIL = (8, 1.5)  # side and weight of the thumbnail, which tells the colours and where they are


class Encoder(nn.Module):
    """Gives a picture its latent: pooled features and a thumbnail, projected on whitened principal components.

    ``fit`` finds the components; until then every latent is zero. The whitening is partial: components with less than
    2 % of the strongest one's standard deviation stay small rather than being blown up.
    """

    mean: Tensor
    projection: Tensor

    def __init__(self) -> None:
        super().__init__()
        described = sum(CHANNELS[i] * side**2 for i, side, _ in _POOLED) + 3 * _THUMBNAIL[0] ** 2
        self.register_buffer("mean", torch.zeros(described))
        self.register_buffer("projection", torch.zeros(described, LATENT_SIZE))

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, h, w) in [-1, 1] -> (n, LATENT_SIZE), of unit variance over the pictures it was fitted to."""
        return self.project(describe(pictures))

    def project(self, descriptions: Tensor) -> Tensor:
        """The latents of pictures that ``describe`` has seen."""
        return (descriptions - self.mean) @ self.projection

    def fit(self, descriptions: Tensor) -> None:
        """Finds the components of ``descriptions`` (n, ...), which ``describe`` returned for n pictures."""
        sides = [CHANNELS[i] * side**2 for i, side, _ in _POOLED] + [3 * _THUMBNAIL[0] ** 2]
        weights = [weight for *_, weight in _POOLED] + [_THUMBNAIL[1]]
        descriptions = descriptions.cpu()  # not every card decomposes matrices
        spreads = [part.var(0).sum().sqrt() for part in descriptions.split(sides, dim=1)]
        parts = zip(sides, weights, spreads, strict=True)
        scale = torch.cat([torch.full((n,), float(weight / spread.clamp_min(1e-6))) for n, weight, spread in parts])
        mean = descriptions.mean(0)
        _, singular, components = torch.linalg.svd((descriptions - mean) * scale, full_matrices=False)
        spread = singular / max(1, len(descriptions) - 1) ** 0.5
        kept = min(LATENT_SIZE, int((spread > 1e-4 * spread[0].clamp_min(1e-6)).sum()))
        whiten = components[:kept].T / spread[:kept].clamp_min(0.02 * float(spread[0]))
        projection = torch.zeros(self.projection.shape)
        projection[:, :kept] = scale[:, None] * whiten
        self.mean.copy_(mean)
        self.projection.copy_(projection)


@torch.no_grad()
def describe(pictures: Tensor) -> Tensor:
    """What a latent is made of: (n, 3, h, w) in [-1, 1] -> (n, 2944), pooled features and a thumbnail."""
    if pictures.shape[-2:] != (SEEN, SEEN):
        pictures = F.interpolate(pictures, (SEEN, SEEN), mode="bilinear", antialias=True, align_corners=False)
    maps = feature_network(0, pictures.device)(pictures.contiguous(memory_format=torch.channels_last))
    parts = [F.adaptive_avg_pool2d(maps[i], side).flatten(1) for i, side, _ in _POOLED]
    return torch.cat([*parts, F.adaptive_avg_pool2d(pictures, _THUMBNAIL[0]).flatten(1)], dim=1)
