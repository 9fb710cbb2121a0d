"""What a training minimises."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from neural_art.networks import Discriminator

COLOUR_WEIGHT = 0.1
OVERSHOOT_WEIGHT = 10.0


def feature_distance(fake: list[Tensor], real: list[Tensor]) -> Tensor:
    """How far pictures are from their paintings, as the feature network sees both: a scalar, 0 when they look alike.

    The mean over the scales of |fake - real|_1 / |real|_1 (a perceptual loss: Johnson et al. 2016, arXiv 1603.08155).
    """
    terms = [(f - r).abs().mean() / r.abs().mean().clamp_min(1e-6) for f, r in zip(fake, real, strict=True)]
    return torch.stack(terms).mean()


def colour_distance(fake: Tensor, real: Tensor) -> Tensor:
    """Mean absolute difference of colours, of single pixels and of 4 x 4 patches; pictures in [-1, 1]."""
    patches = (F.avg_pool2d(fake, 4) - F.avg_pool2d(real, 4)).abs().mean()
    return patches + COLOUR_WEIGHT * (fake - real).abs().mean()


def overshoot(fake: Tensor) -> Tensor:
    """``OVERSHOOT_WEIGHT`` times the mean of o + o^2, where o is how far a pixel leaves [-1, 1].

    Nothing else sees what is clamped, so pixels that few windows show would drift: coloured specks in a corner.
    """
    beyond = F.relu(fake.abs() - 1)
    return OVERSHOOT_WEIGHT * (beyond + beyond.square()).mean()


def discriminator_hinge(real_scores: list[Tensor], fake_scores: list[Tensor]) -> Tensor:
    """The discriminator's hinge loss, averaged over scales: 0 when it always wins, 2 when it guesses.

    Lim and Ye 2017, arXiv 1705.02894.
    """
    terms = [F.relu(1 - r).mean() + F.relu(1 + f).mean() for r, f in zip(real_scores, fake_scores, strict=True)]
    return torch.stack(terms).mean()


def generator_hinge(fake_scores: list[Tensor]) -> Tensor:
    """The generator's side of the hinge loss: minus the scores of its pictures."""
    return -torch.stack([f.mean() for f in fake_scores]).mean()


class Contest(NamedTuple):
    """Both hinge losses, and the share of generated patches that pass for painted, 0 to 1."""

    discriminator: Tensor
    generator: Tensor
    painted: float


def contest(
    discriminator: Discriminator,
    real_maps: list[Tensor],
    fake_maps: list[Tensor],
    addresses: Tensor | None = None,
    latents: Tensor | None = None,
) -> Contest:
    """What the discriminator makes of paintings and generated pictures, from their frozen features.

    A conditional one is told the paintings' ``addresses`` and the ``latents`` that the pictures were painted from.
    """
    with torch.no_grad():
        real_projected = discriminator.project(real_maps)
    fake_scores = discriminator(discriminator.project(fake_maps), latents)
    hinge = discriminator_hinge(discriminator(real_projected, addresses), fake_scores)
    return Contest(hinge, generator_hinge(fake_scores), painted_share(fake_scores).item())


def painted_share(fake_scores: list[Tensor]) -> Tensor:
    """Share of generated patches that the discriminator takes for painted, 0 to 1."""
    return torch.stack([(f > 0).float().mean() for f in fake_scores]).mean()
