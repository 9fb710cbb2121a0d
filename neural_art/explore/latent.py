"""Moving about in the latent space: pure functions on tensors, no networks and no pixels.

A set of n paintings has latents (n, d), one row each. A picture's latent is (d,) or, in a batch, (m, d).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PARENTS = 3
"""Paintings that a new latent is crossed from."""


def crossed(latents: Tensor, count: int, chance: torch.Generator, daring: float = 1.0) -> Tensor:
    """``count`` new latents, (count, d), each a cross of ``PARENTS`` random rows of ``latents``.

    w = mean + daring * sum_k c_k (w_k - mean) with c on the unit sphere, no c_k negative. So the new latents have the
    mean and the covariance of the paintings', as draws from the Gaussian that fits them would; but a Gaussian draw is a
    little of every painting at once, which no painting is, and comes out paler (docs/engine.md has figures).
    ``daring`` is the truncation (Karras et al. 2019, arXiv 1812.04948, appendix B): 0 gives the mean, 1 the fit.
    """
    mean = latents.mean(0)
    parents = torch.randint(len(latents), (count, PARENTS), generator=chance)
    shares = F.normalize(torch.randn(count, 1, PARENTS, generator=chance).abs(), dim=2)
    return mean + daring * (shares @ (latents[parents] - mean)).squeeze(1)


BORROWED = 4.0
"""A class of m paintings takes BORROWED / (BORROWED + m) of its spread from the other classes."""


def of_class(
    latents: Tensor, labels: Tensor, group: int, count: int, chance: torch.Generator, daring: float = 1.0
) -> Tensor:
    """``count`` new latents of one class, (count, d), crossed among its paintings.

    ``labels`` (n,) are the classes of ``latents``. What a few paintings cannot tell about their class's spread is taken
    from how paintings of all classes lie about their own class's mean (a shrunken covariance: Friedman 1989,
    "Regularized discriminant analysis"). Raises ``ValueError`` for a class without any painting.
    """
    own = latents[labels == group]
    if not len(own):
        raise ValueError(f"there is no painting of class {group}")
    mean = own.mean(0)
    means = torch.stack([latents[labels == label].mean(0) for label in labels.unique()])
    within = latents - means[torch.unique(labels, return_inverse=True)[1]]
    share = BORROWED / (BORROWED + len(own))
    theirs = crossed(within, count, chance, daring)
    return mean + (1 - share) ** 0.5 * (crossed(own, count, chance, daring) - mean) + share**0.5 * theirs


def of_classes(latents: Tensor, labels: Tensor, count: int, chance: torch.Generator, daring: float = 1.0) -> Tensor:
    """``count`` new latents, each of a random painting's class, (count, d)."""
    drawn = labels[torch.randint(len(labels), (count,), generator=chance)]
    new = torch.empty(count, latents.shape[1])
    for group in drawn.unique().tolist():
        here = drawn == group
        new[here] = of_class(latents, labels, group, int(here.sum()), chance, daring)
    return new


def half_way(latents: Tensor, count: int, chance: torch.Generator) -> Tensor:
    """``count`` points on the lines between two random rows of ``latents``, (count, d)."""
    a = torch.randint(len(latents), (count,), generator=chance)
    b = torch.randint(len(latents), (count,), generator=chance)
    t = torch.rand(count, 1, generator=chance)
    return torch.lerp(latents[a], latents[b], t)


def truncate(latent: Tensor, mean: Tensor, daring: float) -> Tensor:
    """``latent`` pulled towards ``mean``: 0 is the mean, 1 leaves it, more exaggerates."""
    return mean + daring * (latent - mean)


def principal(latents: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The strongest principal components of ``latents``: directions (k, d) and standard deviations (k,), k <= count.

    A direction's length is one standard deviation, so ``latent + 2 * directions[0]`` is two deviations along the
    strongest. The sign is chosen so that the largest entry of each direction is positive. Components in which
    the latents do not differ are left out. (GANSpace: Haerkoenen et al. 2020, arXiv 2004.02546.)
    """
    centred = latents - latents.mean(0)
    _, singular, components = torch.linalg.svd(centred, full_matrices=False)
    spread = singular / max(1, len(latents) - 1) ** 0.5
    kept = min(count, int((spread > 1e-4).sum()))
    components = components[:kept]
    signs = torch.sign(components.gather(1, components.abs().argmax(1, keepdim=True)))
    return components * signs * spread[:kept, None], spread[:kept]


def morph(a: Tensor, b: Tensor, mean: Tensor, t: float) -> Tensor:
    """The latent at ``t`` (0 to 1) on the way from ``a`` to ``b``; at the ends exactly ``a`` and ``b``.

    Half-way along a straight line, two unlike paintings' latents come closer to the mean than any painting is, and
    the picture pales. So the distance from the mean is interpolated as well: the straight line's direction, the
    paintings' own distance.
    """
    straight = torch.lerp(a, b, t)
    offset = straight - mean
    distance = (a - mean).norm() * (1 - t) + (b - mean).norm() * t
    length = offset.norm()
    if length < 1e-6 or t in (0.0, 1.0):
        return straight
    return mean + offset * (1 + 0.5 * (distance / length - 1).clamp(0, 1))


def loop(keys: Tensor, frames: int, smoothness: float = 1.0) -> Tensor:
    """A closed path through ``keys`` (k, d), in order and back to the first: (frames, d).

    Frame 0 is ``keys[0]``; the step from the last frame to the first is one like the others: the film loops.
    ``smoothness`` 1 flows through the keys at an even pace on a closed Catmull-Rom spline; 0 rests at each of them.
    """
    k = len(keys)
    if k == 1:
        return keys.expand(frames, -1).clone()
    where = torch.arange(frames, dtype=torch.float64) * k / frames
    index = where.floor().long()
    t = (where - index).to(keys.dtype)
    eased = t**3 * (t * (6 * t - 15) + 10)  # smootherstep: no speed and no acceleration at the keys
    t = torch.lerp(eased, t, smoothness)[:, None]
    p0, p1, p2, p3 = (keys[(index + shift) % k] for shift in (-1, 0, 1, 2))
    return p1 + 0.5 * t * ((p2 - p0) + t * ((2 * p0 - 5 * p1 + 4 * p2 - p3) + t * (3 * (p1 - p2) + p3 - p0)))
