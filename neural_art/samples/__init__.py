"""Sample paintings made by code, landscapes and still lifes in brush strokes, for whoever has no paintings at hand.

A scene is first composed as colours, a flow (the direction of the brush) and a fineness (how small the brushes get):
``landscapes`` and ``still_lifes``. Then it is painted in strokes: ``brush``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from neural_art import files, images
from neural_art.events import Progress
from neural_art.samples.brush import brushed
from neural_art.samples.landscapes import landscape
from neural_art.samples.scene import Scene
from neural_art.samples.still_lifes import still_life

__all__ = ["paint", "paint_samples"]

FINER: Final = 1.25  # a painting is made this much larger, and then scaled down
ASPECT: Final = 1.25  # width / height


def paint_samples(folder: Path, count: int = 96, seed: int = 0, size: int = 256) -> Iterator[Progress]:
    """Paint ``count`` JPEGs into ``folder/landscapes`` and ``folder/still-lifes``, in turn, named by their titles.

    Each has the area of ``size`` x ``size`` pixels and the shape 5 : 4. The same seed gives the same paintings, and the
    first ones do not depend on ``count``. Raises ``StorageError`` if they cannot be written.
    """
    yield Progress(0, count, "")
    for number in range(count):
        painting, title = paint(seed, number, size)
        name = f"{'still-lifes' if number % 2 else 'landscapes'}/{title} {number // 2 + 1:02d}.jpg"
        with files.storage_errors():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            files.write(folder / name, images.encode(painting, "jpeg", quality=93, subsampling=0))
        yield Progress(number + 1, count, name)


def paint(seed: int, number: int, size: int = 256) -> tuple[Image.Image, str]:
    """One sample painting and its title. Even numbers are landscapes, odd ones still lifes."""
    rng = np.random.default_rng([seed, number])
    width, height = round(size * math.sqrt(ASPECT)), round(size / math.sqrt(ASPECT))
    scene = Scene(width, height, rng)
    title = still_life(scene, number // 2) if number % 2 else landscape(scene, number // 2)
    large = brushed(scene, round(width * FINER), round(height * FINER))
    return large.resize((width, height), Image.Resampling.LANCZOS), title
