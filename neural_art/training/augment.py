"""Differentiable augmentation: the same random change to a painting and to the picture that should look like it.

After DiffAugment (Zhao et al. 2020, arXiv 2006.10738). Because the feature network only ever sees windows, the
discriminator cannot learn the few paintings by heart, and a step costs less than at full size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Box(NamedTuple):
    """A square part of a picture: how many pixels from its top and its left, its side, and whether it is mirrored."""

    y: int
    x: int
    side: int
    mirrored: bool


class Augmentation(NamedTuple):
    """How the feature network sees a batch: random windows, and for each picture another brightness, saturation and
    contrast.

    Call it with paintings and with the pictures that should look like them: both are changed alike. A window's side is
    drawn between half of ``seen`` and the whole picture, so that brush strokes are also seen enlarged: a feature
    network that sees them only reduced lets any texture pass.
    """

    rows: Tensor  # (n or 1, seen, size): what each row that is seen takes from the picture's
    columns: Tensor
    brightness: Tensor  # (n, 1, 1, 1), and so are the others
    saturation: Tensor
    contrast: Tensor

    @classmethod
    def draw(
        cls, count: int, size: int, seen: int, rng: torch.Generator, *, windows: int = 1, device: str = "cpu"
    ) -> Augmentation:
        """A random augmentation for ``count`` pictures of ``size`` px on ``device``, to be shown at ``seen`` px.

        ``windows``: one for all pictures, or as many as there are.
        """
        boxes = [window(size, seen, rng) for _ in range(windows)]

        def uniform(low: float, high: float) -> Tensor:
            return (low + (high - low) * torch.rand(count, 1, 1, 1, generator=rng)).to(device)

        rows, columns = sampling_matrices(boxes, seen, size, torch.device(device))
        return cls(rows, columns, uniform(-0.2, 0.2), uniform(0.4, 1.6), uniform(0.7, 1.3))

    def __call__(self, pictures: Tensor) -> Tensor:
        """(n, 3, size, size) in [-1, 1] -> (n, 3, seen, seen), channels last."""
        with torch.autocast(pictures.device.type, enabled=False):
            seen = self.rows[:, None] @ pictures @ self.columns[:, None].mT
        seen = torch.lerp(seen.mean(1, keepdim=True), seen, self.saturation)
        mean = seen.mean((1, 2, 3), keepdim=True)
        seen = torch.lerp(mean, seen, self.contrast) + self.brightness
        return seen.contiguous(memory_format=torch.channels_last)


def window(size: int, seen: int, rng: torch.Generator) -> Box:
    """A random window of a picture of ``size`` px that is to be shown at ``seen`` px."""
    least = seen // 2
    side = round(least * (size / least) ** float(torch.rand(1, generator=rng)))
    return Box(_offset(size, side, rng), _offset(size, side, rng), side, bool(draw(0, 1, rng)))


def _offset(size: int, side: int, rng: torch.Generator) -> int:
    """Where a window begins. A picture's borders lie in few windows, so those are drawn more often."""
    beyond = size // 8
    return min(max(draw(-beyond, size - side + beyond, rng), 0), size - side)


def draw(low: int, high: int, rng: torch.Generator) -> int:
    """A random whole number from ``low`` to ``high``, both included."""
    return int(torch.randint(low, high + 1, (1,), generator=rng))


def resample(pictures: Tensor, boxes: Sequence[Box], size: int) -> Tensor:
    """Of each of the pictures (n, 3, L, L), float, the part in its box: (n, 3, size, size).

    Antialiased bilinear interpolation, written as a product with one matrix for the rows and one for the columns: all
    pictures at once, whatever their boxes, on any device, and differentiable.
    """
    rows, columns = sampling_matrices(boxes, size, pictures.shape[-1], pictures.device)
    return rows[:, None] @ pictures @ columns[:, None].mT


def sampling_matrices(boxes: Sequence[Box], size: int, whole: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """What each of ``size`` rows, and columns, takes from each of ``whole``: (n, size, whole) both, for n boxes."""
    y, x, side, mirrored = torch.tensor(boxes, dtype=torch.float32, device=device).T
    return _matrix(y, side, torch.zeros_like(mirrored), size, whole), _matrix(x, side, mirrored, size, whole)


def _matrix(start: Tensor, side: Tensor, mirrored: Tensor, size: int, whole: int) -> Tensor:
    place = torch.arange(size, device=start.device) + 0.5
    place = torch.where(mirrored[:, None] > 0, size - place, place)
    step = (side / size)[:, None, None]
    centre = start[:, None, None] + step * place[:, :, None]
    pixel = torch.arange(whole, device=start.device) + 0.5
    share = F.relu(1 - (pixel - centre).abs() / step.clamp_min(1))
    share = share * ((pixel - start[:, None, None] - side[:, None, None] / 2).abs() < side[:, None, None] / 2)
    return share / share.sum(2, keepdim=True)
