"""The enlarger: a small network that doubles a picture's side and paints the strokes that it then needs.

``training/enlarging.py`` teaches it, from larger originals.
"""

from __future__ import annotations

import itertools
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from neural_art.errors import CheckpointError
from neural_art.models import checkpoint
from neural_art.models.generator import HALF_BAND
from neural_art.models.pixels import to_signed, to_uint8

FORMAT: Final = 1
CHANNELS: Final = 32
DEPTH: Final = 4

TILE: Final = 256
"""Side, in pixels before they are doubled, of the parts that a large picture is enlarged in: they bound the memory."""

_AROUND = 16  # pixels of its surroundings that a part needs: more than the convolutions see
_one_at_a_time = threading.Lock()  # a part needs 150 MB on the way


class Enlarger(nn.Module):
    """Doubles the side of pictures: (n, 3, h, w) in [-1, 1] -> (n, 3, 2 h, 2 w), roughly in [-1, 1] (not clamped).

    It adds what is missing to a bilinear enlargement, and adds nothing before it has learned. All convolutions run
    before the pixel shuffle. The blur after that has no gain at the shuffle's own frequency, so it paints no dots of
    its own (as in ``generator.PictureLayer``). Nor does it see those of an earlier enlargement (``smooth``).
    """

    blur: Tensor
    half_band: Tensor

    def __init__(self, channels: int = CHANNELS, depth: int = DEPTH) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3)
        blocks = [nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth)]
        self.blocks = nn.ModuleList(blocks)
        self.last = nn.Conv2d(channels, 12, 3, padding=1)
        nn.init.kaiming_normal_(self.first.weight, a=0.2)
        for block in blocks:
            nn.init.kaiming_normal_(block.weight, a=0.2)
            block.weight.data.mul_(depth**-0.5)  # the residuals add up
        for part in self.last.parameters():
            nn.init.zeros_(part)
        self.register_buffer("blur", separable_filter(1, 2, 1), persistent=False)
        self.register_buffer("half_band", separable_filter(*HALF_BAND), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        larger = F.interpolate(pictures, scale_factor=2, mode="bilinear", align_corners=False)
        hidden = self.first(F.pad(self.smooth(pictures), (1, 1, 1, 1), mode="replicate"))
        for block in self.blocks:
            hidden = hidden + block(F.leaky_relu(hidden, 0.2))
        shuffled = F.pixel_shuffle(self.last(F.leaky_relu(hidden, 0.2)), 2)
        return larger + F.conv2d(F.pad(shuffled, (1, 1, 1, 1), mode="replicate"), self.blur, groups=3)

    def smooth(self, pictures: Tensor) -> Tensor:
        """Pictures without the highest frequency; the lower half of all frequencies stays as it was.

        What an earlier enlargement left there, too faint to see, would be taken for strokes and painted all over.
        """
        return F.conv2d(F.pad(pictures, (2, 2, 2, 2), mode="replicate"), self.half_band, groups=3)

    def repeat(self, pictures: Tensor, times: int) -> Tensor:
        """Doubles the sides ``times`` times."""
        for already in range(times):
            pictures = self(self.smooth(pictures) if already else pictures)
        return pictures


def separable_filter(*weights: float) -> Tensor:
    """A filter for each of three colours, (3, 1, k, k), with these weights across and down, scaled to add up to 1."""
    row = torch.tensor(weights) / sum(weights)
    return torch.outer(row, row).expand(3, 1, len(row), len(row)).clone()


def enlarge(enlarger: Enlarger, pixels: np.ndarray, times: int = 1) -> np.ndarray:
    """A generator's picture (h, w, 3) uint8 with its sides doubled ``times`` times, computed where the weights are.

    It is smoothed before the first time, too, because the generator's last stage enlarges.
    """
    with _one_at_a_time, torch.inference_mode():
        picture = to_signed(pixels[None]).to(enlarger.blur.device)
        for _ in range(times):
            picture = _doubled(enlarger, picture)
        return to_uint8(picture)[0]


def _doubled(enlarger: Enlarger, picture: Tensor) -> Tensor:
    """``enlarger(enlarger.smooth(picture))``, in parts that overlap."""
    height, width = picture.shape[-2:]
    larger = picture.new_empty(1, 3, 2 * height, 2 * width)
    for top, left in itertools.product(range(0, height, TILE), range(0, width, TILE)):
        above, before = max(0, top - _AROUND), max(0, left - _AROUND)
        part = picture[..., above : top + TILE + _AROUND, before : left + TILE + _AROUND]
        part = enlarger(enlarger.smooth(part.contiguous(memory_format=torch.channels_last)))
        inner = part[..., 2 * (top - above) :, 2 * (left - before) :][..., : 2 * TILE, : 2 * TILE]
        larger[..., 2 * top : 2 * (top + TILE), 2 * left : 2 * (left + TILE)] = inner
    return larger


@lru_cache(maxsize=1)
def open_enlarger(path: Path) -> Enlarger | None:
    """The enlarger in a file, opened once; None where there is no such file. Raises ``CheckpointError``."""
    return read(path) if path.exists() else None


def read(path: Path) -> Enlarger:
    """The enlarger that ``write`` wrote, ready for use. Raises ``CheckpointError``."""
    tensors, settings = checkpoint.read(path)
    channels, depth = settings.get("channels"), settings.get("depth")
    if settings.get("format") != FORMAT or type(channels) is not int or type(depth) is not int:
        raise CheckpointError("not-an-enlarger", name=path.name)
    enlarger = Enlarger(channels, depth)
    try:
        enlarger.load_state_dict({name: t.float() for name, t in tensors.items()})
    except RuntimeError as error:
        raise CheckpointError("enlarger-misfit", name=path.name, why=str(error)) from error
    return enlarger.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def write(path: Path, enlarger: Enlarger, **about: Any) -> None:
    """Writes the enlarger in half precision; ``about`` goes into its settings."""
    shape = {"channels": enlarger.first.out_channels, "depth": len(enlarger.blocks)}
    halved = {name: t.detach().half() for name, t in enlarger.state_dict().items()}
    checkpoint.write(path, halved, {"format": FORMAT, **shape, **about})
