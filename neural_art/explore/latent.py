"""Moving about in the latent space: pure functions on tensors, no networks and no pixels.

A set of n paintings has latents (n, d), one row each. A picture's latent is (d,) or, in a batch, (m, d).
"""

from __future__ import annotations

import torch
from torch import Tensor


def truncate(latent: Tensor, mean: Tensor, truncation: float) -> Tensor:
    """``latent`` pulled towards ``mean``: 0 is the mean, 1 leaves it, more exaggerates."""
    return mean + truncation * (latent - mean)


def principal_directions(latents: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The strongest principal components of ``latents``: directions (k, d) and standard deviations (k,), k <= count.

    A direction's length is one standard deviation, so ``latent + 2 * directions[0]`` is two deviations along the
    strongest. The sign is chosen so that the largest entry of each direction is positive. Components in which the
    latents do not differ are left out. (GANSpace: Haerkoenen et al. 2020, arXiv 2004.02546.)
    """
    centred = latents - latents.mean(0)
    _, singular, components = torch.linalg.svd(centred, full_matrices=False)
    spread = singular / max(1, len(latents) - 1) ** 0.5
    kept = min(count, int((spread > 1e-4).sum()))
    components = components[:kept]
    signs = torch.sign(components.gather(1, components.abs().argmax(1, keepdim=True)))
    return components * signs * spread[:kept, None], spread[:kept]


def interpolate(a: Tensor, b: Tensor, mean: Tensor, t: float) -> Tensor:
    """The latent at ``t`` (0 to 1) on the way from ``a`` to ``b``; at the ends exactly ``a`` and ``b``.

    Half-way along a straight line, the latents of two unlike paintings come closer to the mean than any painting is,
    and the picture pales. So the distance from the mean is interpolated as well: the straight line's direction, the
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
