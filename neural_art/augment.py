"""Differentiable augmentation: the same random change to a painting and to the picture that should look like it.

After DiffAugment (Zhao et al. 2020, arXiv 2006.10738). Because the feature network only ever sees crops, the
discriminator cannot learn the few paintings by heart, and a step costs less than at full size.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def crop(paintings: Tensor, index: Tensor, size: int, chance: torch.Generator | None) -> Tensor:
    """Pictures (n, 3, size, size) in [-1, 1] of ``paintings[index]``, which are (., 3, L, L) bytes.

    With ``chance`` each is a random square part (at least ``size`` of the L pixels) and half of them are mirrored;
    without it, the whole painting.
    """
    whole = paintings.shape[-1]
    pictures = []
    for i in index.tolist():
        part = paintings[i : i + 1]
        if chance is not None:
            side = _draw(min(size, whole), whole, chance)
            y, x = _draw(0, whole - side, chance), _draw(0, whole - side, chance)
            part = part[:, :, y : y + side, x : x + side]
            if _draw(0, 1, chance):
                part = part.flip(3)
        part = part.float() / 127.5 - 1
        if part.shape[-1] != size:
            part = F.interpolate(part, (size, size), mode="bilinear", antialias=True, align_corners=False)
        pictures.append(part)
    return torch.cat(pictures)


def look(real: Tensor, fake: Tensor, seen: int, chance: torch.Generator) -> tuple[Tensor, Tensor]:
    """What the feature network is shown of both: (n, 3, seen, seen) each, one random window for the batch and, for
    each pair, the same change of brightness, saturation and contrast."""
    size = real.shape[-1]
    side = _draw(min(seen, size), size, chance)
    y, x = _window(size, side, chance), _window(size, side, chance)
    mirrored = bool(_draw(0, 1, chance))
    n = len(real)
    brightness = 0.4 * (torch.rand(n, 1, 1, 1, generator=chance) - 0.5)
    saturation = 0.4 + 1.2 * torch.rand(n, 1, 1, 1, generator=chance)
    contrast = 0.7 + 0.6 * torch.rand(n, 1, 1, 1, generator=chance)

    def change(pictures: Tensor) -> Tensor:
        window = pictures[:, :, y : y + side, x : x + side]
        if side != seen:
            window = F.interpolate(window, (seen, seen), mode="bilinear", antialias=True, align_corners=False)
        if mirrored:
            window = window.flip(3)
        grey = window.mean(1, keepdim=True)
        window = torch.lerp(grey, window, saturation)
        mean = window.mean((1, 2, 3), keepdim=True)
        return (torch.lerp(mean, window, contrast) + brightness).contiguous(memory_format=torch.channels_last)

    return change(real), change(fake)


def _window(size: int, side: int, chance: torch.Generator) -> int:
    """Where a window begins. A picture's borders lie in few windows, so those are drawn more often."""
    beyond = size // 8
    return min(max(_draw(-beyond, size - side + beyond, chance), 0), size - side)


def _draw(low: int, high: int, chance: torch.Generator) -> int:
    return int(torch.randint(low, high + 1, (1,), generator=chance))
