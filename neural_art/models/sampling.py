"""New latents from the latents of paintings: pure functions on tensors, no networks and no pixels.

A set of n paintings has latents (n, d), one row each. ``rng`` is a ``torch.Generator`` on the CPU.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PARENTS = 3
"""Paintings that a new latent is mixed from."""

BORROWED = 4.0
"""A class of m paintings takes BORROWED / (BORROWED + m) of its spread from the other classes."""


def sample(latents: Tensor, count: int, rng: torch.Generator, truncation: float = 1.0) -> Tensor:
    """``count`` new latents, (count, d), each a mixture of ``PARENTS`` random rows of ``latents``.

    w = mean + truncation * sum_k c_k (w_k - mean) with c uniform on the positive part of the unit sphere. So the new
    latents have the mean and the covariance of the paintings', as draws from the Gaussian that fits them would; but a
    Gaussian draw is a little of every painting at once, which no painting is, and comes out paler (docs/lab-book.md has
    figures). ``truncation``: Karras et al. 2019, arXiv 1812.04948, appendix B; 0 gives the mean, 1 the fit.
    """
    mean = latents.mean(0)
    parents = torch.randint(len(latents), (count, PARENTS), generator=rng)
    shares = F.normalize(torch.randn(count, 1, PARENTS, generator=rng).abs(), dim=2)
    return mean + truncation * (shares @ (latents[parents] - mean)).squeeze(1)


def sample_class(
    latents: Tensor,
    class_indices: Tensor,
    class_index: int,
    count: int,
    rng: torch.Generator,
    truncation: float = 1.0,
) -> Tensor:
    """``count`` new latents of one class, (count, d), mixed from its paintings.

    ``class_indices`` (n,) are the classes of ``latents``. What a few paintings cannot tell about their class's spread
    is taken from how paintings of all classes lie about their own class's mean (a shrunken covariance: Friedman 1989,
    "Regularized discriminant analysis"). Raises ``ValueError`` for a class without any painting.
    """
    own = latents[class_indices == class_index]
    if not len(own):
        raise ValueError(f"there is no painting of class {class_index}")
    mean = own.mean(0)
    means = torch.stack([latents[class_indices == each].mean(0) for each in class_indices.unique()])
    within = latents - means[torch.unique(class_indices, return_inverse=True)[1]]
    share = BORROWED / (BORROWED + len(own))
    others = sample(within, count, rng, truncation)
    return mean + (1 - share) ** 0.5 * (sample(own, count, rng, truncation) - mean) + share**0.5 * others


def sample_classes(
    latents: Tensor, class_indices: Tensor, count: int, rng: torch.Generator, truncation: float = 1.0
) -> Tensor:
    """``count`` new latents, (count, d), each of the class of a random painting."""
    drawn = class_indices[torch.randint(len(class_indices), (count,), generator=rng)]
    new = torch.empty(count, latents.shape[1])
    for class_index in drawn.unique().tolist():
        here = drawn == class_index
        new[here] = sample_class(latents, class_indices, class_index, int(here.sum()), rng, truncation)
    return new


def sample_between(latents: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """``count`` points on the straight lines between two random rows of ``latents``, (count, d)."""
    a = torch.randint(len(latents), (count,), generator=rng)
    b = torch.randint(len(latents), (count,), generator=rng)
    t = torch.rand(count, 1, generator=rng)
    return torch.lerp(latents[a], latents[b], t)
