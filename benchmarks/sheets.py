"""Pictures beside each other, to be looked at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from PIL import Image, ImageDraw

CAPTION = 18  # height of a caption, in pixels


def grid(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Pictures (n, h, w, 3) uint8, row by row, ``columns`` to a row: (rows * h, columns * w, 3), white at the end."""
    # here, because it takes more than a second, and a cell that imports this module trains against the clock
    from torchvision.utils import make_grid

    white = np.full((-len(pictures) % columns, *pictures.shape[1:]), 255, np.uint8)
    pixels = torch.from_numpy(np.concatenate([pictures, white])).permute(0, 3, 1, 2)
    return make_grid(pixels, nrow=columns, padding=0).permute(1, 2, 0).numpy()


def captioned(rows: Mapping[str, np.ndarray], columns: int) -> Image.Image:
    """A ``grid`` for each caption, one below the other, each under its caption."""
    parts = []
    for caption, pictures in rows.items():
        tiled = grid(pictures, columns)
        title = Image.new("RGB", (tiled.shape[1], CAPTION), "white")
        ImageDraw.Draw(title).text((4, 3), caption, "black")
        parts += [np.asarray(title), tiled]
    return Image.fromarray(np.concatenate(parts))
