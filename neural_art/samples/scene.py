"""A picture before it is painted: the colour, the brush direction and the fineness at each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

Colour = Sequence[float]
Array = np.ndarray[Any, Any]


class Scene:
    """Colours (h, w, 3) from 0 to 1, a flow in radians and a fineness from 0 to 1, built up layer by layer.

    Positions are fractions of the height: x from 0 to ``wide`` (the aspect), y from 0 at the top to 1.
    """

    def __init__(self, width: int, height: int, rng: np.random.Generator) -> None:
        self.rng = rng
        self.width, self.height = width, height
        self.wide = width / height
        self.y, self.x = np.mgrid[0:height, 0:width].astype(np.float32) / height
        self.colour = np.zeros((height, width, 3), np.float32)
        self.flow = np.zeros((height, width), np.float32)
        self.fine = np.full((height, width), 0.35, np.float32)
        self._grain: Array | None = None

    def lay(
        self, mask: Array, colour: Array | Colour, flow: Array | float | None = None, fine: float | None = None
    ) -> None:
        """Blend in a colour, or a picture of colours (h, w, 3), by ``mask`` (h, w) from 0 to 1."""
        self.lay_in(slice(None), slice(None), mask, colour, flow, fine)

    def lay_in(
        self,
        rows: slice,
        columns: slice,
        mask: Array,
        colour: Array | Colour,
        flow: Array | float | None = None,
        fine: float | None = None,
    ) -> None:
        """The same as ``lay``, in a window only."""
        mask = np.clip(mask, 0, 1)
        under = self.colour[rows, columns]
        under += mask[..., None] * (np.asarray(colour, np.float32) - under)
        solid = mask > 0.5
        if flow is not None:
            self.flow[rows, columns] = np.where(solid, flow, self.flow[rows, columns])
        if fine is not None:
            self.fine[rows, columns] = np.where(solid, fine, self.fine[rows, columns])

    def window(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice, Array, Array]:
        """Rows and columns of a part, and the x and y of its pixels. Empty if it lies outside."""
        rows = slice(*(min(max(int(side * self.height), 0), self.height) for side in (top, bottom + 0.01)))
        columns = slice(*(min(max(int(side * self.height), 0), self.width) for side in (left, right + 0.01)))
        return rows, columns, self.x[rows, columns], self.y[rows, columns]

    def polygon(
        self,
        corners: Sequence[tuple[float, float]],
        colour: Array,
        flow: float | None = None,
        fine: float | None = None,
        strength: float = 1.0,
    ) -> None:
        """Fill a polygon with one colour."""
        across, down = zip(*corners, strict=True)
        rows, columns, xs, _ = self.window(min(across), min(down), max(across), max(down))
        if xs.size:
            sheet = Image.new("L", xs.shape[::-1])
            moved = [(x * self.height - columns.start, y * self.height - rows.start) for x, y in corners]
            ImageDraw.Draw(sheet).polygon(moved, fill=255)
            self.lay_in(rows, columns, np.asarray(sheet, np.float32) / 255 * strength, colour, flow, fine)

    def grain(self, rows: slice, columns: slice) -> Array:
        """Fine noise for a part, different each time."""
        if self._grain is None:
            self._grain = self.noise(26, 22, 2)
        height, width = rows.stop - rows.start, columns.stop - columns.start
        top = int(self.rng.integers(self.height - height + 1))
        left = int(self.rng.integers(self.width - width + 1))
        return self._grain[top : top + height, left : left + width]

    def noise(self, across: float, down: float, octaves: int = 3) -> Array:
        """Soft random values (h, w) from -1 to 1, with so many waves ``across`` and ``down`` the picture."""
        most = 2 ** (octaves - 1) * 3
        width, height = min(self.width, int(across * most) + 8), min(self.height, int(down * most) + 8)
        total = np.zeros((height, width), np.float32)
        for octave in range(octaves):
            cells = (max(2, int(down * 2**octave) + 2), max(2, int(across * 2**octave) + 2))
            total += enlarged(self.rng.uniform(-1, 1, cells), width, height) * 0.55**octave
        total *= 1.5 / sum(0.55**octave for octave in range(octaves))
        return total if total.shape == self.y.shape else enlarged(total, self.width, self.height)

    def line(self, waves: float, octaves: int = 3) -> Array:
        """A soft random line (w,) around 0."""
        total = np.zeros(self.width, np.float32)
        for octave in range(octaves):
            points = self.rng.uniform(-1, 1, int(waves * 2**octave) + 3)
            total += enlarged(points[None], self.width, 1)[0] * 0.5**octave
        return total

    def pick(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]


def enlarged(values: Array, width: int, height: int) -> Array:
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def softened(values: Array, radius: float) -> Array:
    """Values (h, w) averaged over about ``radius`` pixels; fast and not exact."""
    height, width = values.shape
    small = (max(1, round(width / radius)), max(1, round(height / radius)))
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32)).resize(small, Image.Resampling.BOX)
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def rgb(code: str) -> Array:
    return np.array([int(code[place : place + 2], 16) / 255 for place in (0, 2, 4)], np.float32)


def mix(first: Array, second: Array, share: Array | float) -> Array:
    share = np.asarray(share, np.float32)
    share = share[..., None] if share.ndim else share
    return first + (second - first) * share


def step(values: Array | float, low: float, high: float) -> Array:
    """0 below ``low``, 1 above ``high``, smooth in between."""
    t: Array = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
