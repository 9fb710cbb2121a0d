"""Differentiable augmentation: the same random change to a painting and to the picture that should look like it.

After DiffAugment (Zhao et al. 2020, arXiv 2006.10738). Because the feature network only ever sees crops, the
discriminator cannot learn the few paintings by heart, and a step costs less than at full size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Box(NamedTuple):
    """A square part of a painting: how many pixels from its top and its left, its side, and whether it is mirrored."""

    y: int
    x: int
    side: int
    mirrored: bool

    @classmethod
    def draw(cls, size: int, whole: int, chance: torch.Generator | None) -> Box:
        """A random part of a painting of ``whole`` px, of at least ``size`` px; half of them are mirrored.

        Without ``chance``, the whole painting.
        """
        if chance is None:
            return cls(0, 0, whole, False)
        side = draw(min(size, whole), whole, chance)
        return cls(draw(0, whole - side, chance), draw(0, whole - side, chance), side, bool(draw(0, 1, chance)))


def crop(paintings: Tensor, index: Tensor, size: int, chance: torch.Generator | None) -> Tensor:
    """Pictures (n, 3, size, size) in [-1, 1] of ``paintings[index]``, which are (., 3, L, L) bytes.

    With ``chance`` each is a random part (see ``Box``), without it the whole painting.
    """
    whole = paintings.shape[-1]
    return cut(paintings[index], [Box.draw(size, whole, chance) for _ in range(len(index))], size)


def cut(paintings: Tensor, boxes: Sequence[Box], size: int) -> Tensor:
    """Of each of the paintings (n, 3, L, L), bytes, the part in its box: (n, 3, size, size) in [-1, 1].

    Bilinear interpolation that looks at all pixels that become one, written as a product with one matrix for the rows
    and one for the columns: all pictures at once, whatever their boxes, and on any device.
    """
    rows, columns = _samplings(boxes, size, paintings.shape[-1], paintings.device)
    return rows[:, None] @ (paintings.float() / 127.5 - 1) @ columns[:, None].mT


def _samplings(boxes: Sequence[Box], size: int, whole: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """What each of ``size`` rows, and columns, takes from each of ``whole``: (n, size, whole) both, for n boxes."""
    y, x, side, mirrored = torch.tensor(boxes, dtype=torch.float32, device=device).T
    return _sampling(y, side, torch.zeros_like(mirrored), size, whole), _sampling(x, side, mirrored, size, whole)


def _sampling(start: Tensor, side: Tensor, mirrored: Tensor, size: int, whole: int) -> Tensor:
    place = torch.arange(size, device=start.device) + 0.5
    place = torch.where(mirrored[:, None] > 0, size - place, place)
    step = (side / size)[:, None, None]
    centre = start[:, None, None] + step * place[:, :, None]
    pixel = torch.arange(whole, device=start.device) + 0.5
    share = F.relu(1 - (pixel - centre).abs() / step.clamp_min(1))
    share = share * ((pixel - start[:, None, None] - side[:, None, None] / 2).abs() < side[:, None, None] / 2)
    return share / share.sum(2, keepdim=True)


class Look(NamedTuple):
    """How the feature network looks at a batch: through random windows, in a light of each picture's own.

    Call it with a painting and with the picture that should look like it: both are changed alike.
    A window's side is drawn between half of ``seen`` and the whole picture, so that brush strokes are also looked at
    enlarged: a feature network that sees them only reduced lets any texture pass.
    """

    rows: Tensor  # (n or 1, seen, size): what each row that is seen takes from the picture's
    columns: Tensor
    brightness: Tensor  # (n, 1, 1, 1), and so are the others
    saturation: Tensor
    contrast: Tensor

    @classmethod
    def draw(
        cls, count: int, size: int, seen: int, chance: torch.Generator, *, windows: int = 1, device: str = "cpu"
    ) -> Look:
        """A random look at ``count`` pictures of ``size`` px, which are on ``device``, to be shown at ``seen`` px.

        ``windows``: one for all pictures, or as many as there are.
        """
        boxes = [window(size, seen, chance) for _ in range(windows)]

        def light(low: float, high: float) -> Tensor:
            return (low + (high - low) * torch.rand(count, 1, 1, 1, generator=chance)).to(device)

        return cls(
            *_samplings(boxes, seen, size, torch.device(device)), light(-0.2, 0.2), light(0.4, 1.6), light(0.7, 1.3)
        )

    def __call__(self, pictures: Tensor) -> Tensor:
        """(n, 3, size, size) in [-1, 1] -> (n, 3, seen, seen), channels last."""
        with torch.autocast(pictures.device.type, enabled=False):
            seen = self.rows[:, None] @ pictures @ self.columns[:, None].mT
        seen = torch.lerp(seen.mean(1, keepdim=True), seen, self.saturation)
        mean = seen.mean((1, 2, 3), keepdim=True)
        seen = torch.lerp(mean, seen, self.contrast) + self.brightness
        return seen.contiguous(memory_format=torch.channels_last)


def window(size: int, seen: int, chance: torch.Generator) -> Box:
    """A random window of a picture of ``size`` px, that is to be shown at ``seen`` px."""
    least = seen // 2
    side = round(least * (size / least) ** float(torch.rand(1, generator=chance)))
    return Box(_place(size, side, chance), _place(size, side, chance), side, bool(draw(0, 1, chance)))


def _place(size: int, side: int, chance: torch.Generator) -> int:
    """Where a window begins. A picture's borders lie in few windows, so those are drawn more often."""
    beyond = size // 8
    return min(max(draw(-beyond, size - side + beyond, chance), 0), size - side)


def draw(low: int, high: int, chance: torch.Generator) -> int:
    """A whole number from ``low`` to ``high``, both among them."""
    return int(torch.randint(low, high + 1, (1,), generator=chance))
