"""Differentiable augmentation: the same random change to a painting and to the picture that should look like it.

After DiffAugment (Zhao et al. 2020, arXiv 2006.10738). Because the feature network only ever sees crops, the
discriminator cannot learn the few paintings by heart, and a step costs less than at full size.
"""

from __future__ import annotations

from dataclasses import dataclass

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
            side = draw(min(size, whole), whole, chance)
            y, x = draw(0, whole - side, chance), draw(0, whole - side, chance)
            part = part[:, :, y : y + side, x : x + side]
            if draw(0, 1, chance):
                part = part.flip(3)
        part = part.float() / 127.5 - 1
        if part.shape[-1] != size:
            part = F.interpolate(part, (size, size), mode="bilinear", antialias=True, align_corners=False)
        pictures.append(part)
    return torch.cat(pictures)


@dataclass(frozen=True)
class Look:
    """How the feature network looks at a batch: through one random window, in a light of each picture's own.

    Call it with a painting and with the picture that should look like it: both are changed alike.
    The window's side is drawn between half of ``seen`` and the whole picture, so that brush strokes are also looked at
    enlarged: a feature network that sees them only reduced lets any texture pass.
    """

    seen: int
    side: int
    y: int
    x: int
    mirrored: bool
    brightness: Tensor
    saturation: Tensor
    contrast: Tensor

    @classmethod
    def draw(cls, count: int, size: int, seen: int, chance: torch.Generator) -> Look:
        """A random look at ``count`` pictures of ``size`` px, to be shown at ``seen`` px."""
        least = seen // 2
        side = round(least * (size / least) ** float(torch.rand(1, generator=chance)))

        def light(low: float, high: float) -> Tensor:
            return low + (high - low) * torch.rand(count, 1, 1, 1, generator=chance)

        return cls(
            seen=seen,
            side=side,
            y=_window(size, side, chance),
            x=_window(size, side, chance),
            mirrored=bool(draw(0, 1, chance)),
            brightness=light(-0.2, 0.2),
            saturation=light(0.4, 1.6),
            contrast=light(0.7, 1.3),
        )

    def __call__(self, pictures: Tensor) -> Tensor:
        """(n, 3, size, size) in [-1, 1] -> (n, 3, seen, seen), channels last."""
        window = pictures[:, :, self.y : self.y + self.side, self.x : self.x + self.side]
        if self.side != self.seen:
            shape = (self.seen, self.seen)
            window = F.interpolate(window, shape, mode="bilinear", antialias=True, align_corners=False)
        if self.mirrored:
            window = window.flip(3)
        window = torch.lerp(window.mean(1, keepdim=True), window, self.saturation)
        mean = window.mean((1, 2, 3), keepdim=True)
        return (torch.lerp(mean, window, self.contrast) + self.brightness).contiguous(memory_format=torch.channels_last)


def _window(size: int, side: int, chance: torch.Generator) -> int:
    """Where a window begins. A picture's borders lie in few windows, so those are drawn more often."""
    beyond = size // 8
    return min(max(draw(-beyond, size - side + beyond, chance), 0), size - side)


def draw(low: int, high: int, chance: torch.Generator) -> int:
    """A whole number from ``low`` to ``high``, both among them."""
    return int(torch.randint(low, high + 1, (1,), generator=chance))
