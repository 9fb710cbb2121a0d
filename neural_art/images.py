"""Pictures in memory: flattened, squared for the network, restored to their own shape, tiled, encoded."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from PIL import Image

FITS: Final = ("squeeze", "crop")
"""How a painting becomes a square: the whole of it, squeezed; or its middle, cropped."""


def flatten(picture: Image.Image, matte: str) -> Image.Image:
    """``picture`` as RGB, with the colour ``matte`` (as in CSS) behind whatever is transparent."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, matte), picture).convert("RGB")


def square(picture: Image.Image, side: int, fit: str) -> np.ndarray:
    """``picture`` as the network sees it: (side, side, 3) uint8. ``fit``: see ``FITS``."""
    box = (0.0, 0.0, float(picture.width), float(picture.height))
    if fit == "crop":
        middle = min(picture.size)
        left, top = (picture.width - middle) / 2, (picture.height - middle) / 2
        box = (left, top, left + middle, top + middle)
    squared = picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS, box, reducing_gap=2.0)
    return np.asarray(squared)


def unsquare(pixels: np.ndarray, aspect: float, longest: int | None = None) -> Image.Image:
    """A square picture (h, w, 3) uint8 in the shape of width / height = ``aspect``.

    The longer side is ``longest`` pixels; without it the shorter side stays what it was, so that nothing is lost.
    Raises ``ValueError`` for an aspect that is not positive.
    """
    if not (math.isfinite(aspect) and aspect > 0):
        raise ValueError(f"aspect is {aspect!r}, it must be a positive number")
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    side = max(picture.size) if longest is None else longest / max(aspect, 1 / aspect)
    shape = (max(1, round(side * max(aspect, 1))), max(1, round(side * max(1 / aspect, 1))))
    return picture if shape == picture.size else picture.resize(shape, Image.Resampling.LANCZOS)


def tile(pictures: Sequence[Image.Image], columns: int, *, gap: int = 0, background: str = "white") -> Image.Image:
    """Pictures of one size, row by row, ``gap`` pixels apart and around; empty places show the ``background``."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), background)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        sheet.paste(picture, (gap + column * (width + gap), gap + row * (height + gap)))
    return sheet


def encode(picture: Image.Image, form: str, **options: Any) -> bytes:
    """``picture`` as a file in memory. ``form`` and ``options`` are Pillow's: ``encode(picture, "jpeg",
    quality=88)``."""
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()
