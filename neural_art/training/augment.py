"""Differentiable augmentation: the same random change to a painting and to the picture that should look like it.

After DiffAugment (Zhao et al. 2020, arXiv 2006.10738). Because the feature network only ever sees windows, the
discriminator cannot learn the few paintings by heart, and a step costs less than at full size.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


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
        boxes, colours = draw_windows(windows, size, seen, rng), draw_colours(count, rng)
        return cls.of(boxes.to(device), colours.to(device), size, seen)

    @classmethod
    def of(cls, windows: Tensor, colours: Tensor, size: int, seen: int) -> Augmentation:
        """The augmentation of ``draw_windows`` and ``draw_colours``, on the device that those are on."""
        rows, columns = sampling_matrices(windows, seen, size)
        return cls(rows, columns, *colours[:, :, None, None, None].unbind(1))

    def __call__(self, pictures: Tensor) -> Tensor:
        """(n, 3, size, size) in [-1, 1] -> (n, 3, seen, seen), channels last."""
        with torch.autocast(pictures.device.type, enabled=False):
            seen = self.rows[:, None] @ pictures @ self.columns[:, None].mT
        seen = torch.lerp(seen.mean(1, keepdim=True), seen, self.saturation)
        mean = seen.mean((1, 2, 3), keepdim=True)
        seen = torch.lerp(mean, seen, self.contrast) + self.brightness
        return seen.contiguous(memory_format=torch.channels_last)


def draw_windows(count: int, size: int, seen: int, rng: torch.Generator) -> Tensor:
    """Random windows of pictures of ``size`` px that are to be shown at ``seen`` px: boxes (count, 4), see
    ``resample``."""
    least = seen // 2
    side = (least * (size / least) ** torch.rand(count, generator=rng)).round()
    mirrored = torch.randint(2, (count,), generator=rng)
    return torch.stack([_offsets(size, side, rng), _offsets(size, side, rng), side, mirrored], dim=1)


def _offsets(size: int, side: Tensor, rng: torch.Generator) -> Tensor:
    """Where windows begin. A picture's borders lie in few windows, so those are drawn more often."""
    beyond = size // 8
    places = size - side + 2 * beyond + 1
    drawn = (torch.rand(len(side), generator=rng) * places).floor() - beyond
    return drawn.clamp_min(0).minimum(size - side)


def draw_colours(count: int, rng: torch.Generator) -> Tensor:
    """Random changes (count, 3) of brightness, saturation and contrast."""
    return torch.tensor([-0.2, 0.4, 0.7]) + torch.tensor([0.4, 1.2, 0.6]) * torch.rand(count, 3, generator=rng)


def draw(low: int, high: int, rng: torch.Generator) -> int:
    """A random whole number from ``low`` to ``high``, both included."""
    return int(torch.randint(low, high + 1, (1,), generator=rng))


def resample(pictures: Tensor, boxes: Tensor, size: int) -> Tensor:
    """Of each of the pictures (n, 3, L, L), float, the part in its box: (n, 3, size, size).

    ``boxes``: (n, 4), square parts of a picture: pixels from its top and from its left, side, and 1 where it is
    mirrored.

    Antialiased bilinear interpolation, written as a product with one matrix for the rows and one for the columns: all
    pictures at once, whatever their boxes, on any device, and differentiable.
    """
    rows, columns = sampling_matrices(boxes, size, pictures.shape[-1])
    return rows[:, None] @ pictures @ columns[:, None].mT


def sampling_matrices(boxes: Tensor, size: int, whole: int) -> tuple[Tensor, Tensor]:
    """What each of ``size`` rows, and columns, takes from each of ``whole``: (n, size, whole) both, for n boxes."""
    y, x, side, mirrored = boxes.float().unbind(1)
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
