"""How far a set of pictures is from a set of paintings."""

from __future__ import annotations

import torch
from torch import Tensor


def kid(real: Tensor, fake: Tensor) -> float:
    """Kernel distance of two sets of features: about 0 (or just below) for two samples of one source, more is worse.

    The unbiased squared maximum mean discrepancy with the kernel (x.y / d + 1)^3 (Binkowski et al. 2018,
    arXiv 1801.01401). Over all pairs of two sets of n and m, which is the mean over all their subsets of any one
    size: no draw of subsets adds noise, and neither a small set nor unequal sizes bias it.
    Features are (n, d) and (m, d). Raises ``ValueError`` for fewer than two of either.
    """
    if min(len(real), len(fake)) < 2:
        raise ValueError("a kernel distance needs two paintings and two pictures at least")
    real, fake = real.double(), fake.double()

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / a.shape[1] + 1) ** 3

    def within(a: Tensor) -> Tensor:
        pairs = kernel(a, a)
        return (pairs.sum() - pairs.diagonal().sum()) / (len(a) * (len(a) - 1))

    return float(within(real) + within(fake) - 2 * kernel(real, fake).mean())


def spread_out(count: int, most: int) -> Tensor:
    """``most`` indices at even distances among ``count``, or all of them where they are fewer."""
    return torch.linspace(0, count - 1, min(most, count)).round().long()
