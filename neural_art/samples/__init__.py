"""Sample paintings, made by code: landscapes and still lifes in many brush strokes, so that nobody needs data to try.

First a scene is composed as colours, a flow (which way the brush would go) and a fineness (how small the brushes get):
``landscapes`` and ``still_lifes``. Then it is painted in strokes: ``brush``.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from neural_art.dataset.prepare import Progress
from neural_art.errors import PaintingError
from neural_art.samples.brush import brushed
from neural_art.samples.landscapes import landscape
from neural_art.samples.scene import Scene
from neural_art.samples.still_lifes import still_life

__all__ = ["paint", "paint_samples"]

FINER: Final = 1.25  # a picture is painted this much larger, and then scaled down
ASPECT: Final = 1.25


def paint_samples(folder: Path, count: int = 96, seed: int = 0, size: int = 256) -> Iterator[Progress]:
    """``count`` JPEGs in ``folder/landscapes`` and ``folder/still-lifes``, in turn, with titles for names.

    Each has the area of ``size`` x ``size`` pixels, 5 : 4. The same seed paints the same pictures, and the first ones
    do not depend on ``count``. Raises ``PaintingError`` when they cannot be written.
    """
    yield Progress(0, count, "")
    for number in range(count):
        still = number % 2 == 1
        picture, title = paint(seed, number, size)
        name = f"{'still-lifes' if still else 'landscapes'}/{title} {number // 2 + 1:02d}.jpg"
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=93, subsampling=0)
        try:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            part = folder / f"{name}.part"
            part.write_bytes(buffer.getvalue())
            part.replace(folder / name)
        except OSError as error:
            why = error.strerror or "an error of the disk"
            raise PaintingError(f"The sample paintings cannot be written ({why}). Make room on the disk.") from error
        yield Progress(number + 1, count, name)


def paint(seed: int, number: int, size: int = 256) -> tuple[Image.Image, str]:
    """One sample painting and its title; even numbers are landscapes, odd ones still lifes."""
    chance = np.random.default_rng([seed, number])
    width, height = round(size * math.sqrt(ASPECT)), round(size / math.sqrt(ASPECT))
    scene = Scene(width, height, chance)
    title = still_life(scene, number // 2) if number % 2 else landscape(scene, number // 2)
    return brushed(scene, round(width * FINER), round(height * FINER)).resize(
        (width, height), Image.Resampling.LANCZOS
    ), title
