"""How far a set of pictures is from a set of paintings, seen through a network that no training looks through.

That network is EfficientNet-Lite2 (Tan and Le 2019, arXiv 1905.11946); its Apache-2.0 weights come as a Python package.
A discriminator works on the features that the training looks through: in them, its own doings would pass for faults.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from neural_art.models.features import efficientnet_lite
from neural_art.models.pixels import to_signed

SIDE = 224
"""Side to which pictures are enlarged before Lite2 sees them. It was trained at 260; 224 costs a quarter less."""


@torch.inference_mode()
def features(pictures: np.ndarray, side: int = SIDE, device: str = "cpu") -> Tensor:
    """The features of pictures in EfficientNet-Lite2: (n, h, w, 3) uint8 -> (n, 1280), averaged over the picture.

    ``side``: to which pictures are resized first. ``device``: where they are computed; they are returned on the CPU.
    The features are not negative.
    """
    parts = []
    for part in np.array_split(pictures, max(1, -(-len(pictures) // 32))):
        batch = to_signed(part).to(device)
        if batch.shape[-2:] != (side, side):
            batch = F.interpolate(batch, (side, side), mode="bicubic", antialias=True, align_corners=False)
        maps = _lite2(device).extract_features(batch.contiguous(memory_format=torch.channels_last))
        parts.append(maps.mean((2, 3)).cpu())
    return torch.cat(parts)


@lru_cache(maxsize=1)
def _lite2(device: str) -> Any:
    return efficientnet_lite(2).requires_grad_(False).to(device).to(memory_format=torch.channels_last)


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
