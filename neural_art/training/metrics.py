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
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from neural_art.models.features import efficientnet_lite

LOOKED_AT = 224
"""Side to which pictures are enlarged before Lite2 looks at them. It was trained at 260; 224 costs a quarter less."""


@torch.inference_mode()
def features(pictures: np.ndarray) -> Tensor:
    """What EfficientNet-Lite2 sees: (n, h, w, 3) uint8 -> (n, 1280), averaged over the picture, not negative."""
    seen = []
    for part in np.array_split(pictures, max(1, -(-len(pictures) // 32))):
        batch = torch.tensor(part).permute(0, 3, 1, 2).float() / 127.5 - 1
        if batch.shape[-2:] != (LOOKED_AT, LOOKED_AT):
            side = (LOOKED_AT, LOOKED_AT)
            batch = F.interpolate(batch, side, mode="bicubic", antialias=True, align_corners=False)
        seen.append(_lite2()(batch.contiguous(memory_format=torch.channels_last)).mean((2, 3)))
    return torch.cat(seen)


@lru_cache(maxsize=1)
def _lite2() -> nn.Module:
    return _Lite2(efficientnet_lite(2)).requires_grad_(False).eval().to(memory_format=torch.channels_last)


class _Lite2(nn.Module):
    """The network up to its last map of 1280 channels, with the batch norms folded in: a third faster."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        for block in network._blocks:
            for number, name in enumerate(("_expand_conv", "_depthwise_conv", "_project_conv")):
                if hasattr(block, name):
                    norm = getattr(block, f"_bn{number}")
                    setattr(block, name, fuse_conv_bn_eval(getattr(block, name), norm))
                    setattr(block, f"_bn{number}", nn.Identity())
        network._conv_stem = fuse_conv_bn_eval(network._conv_stem, network._bn0)
        network._conv_head = fuse_conv_bn_eval(network._conv_head, network._bn1)
        network._bn0, network._bn1 = nn.Identity(), nn.Identity()
        self.network: Any = network

    def forward(self, pictures: Tensor) -> Tensor:
        return self.network.extract_features(pictures)


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
