"""The pictures that a base is made from, squared once into one file of bytes.

The system pages it in as it is needed, so there may be more pictures than memory holds.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from neural_art import files, images
from neural_art.dataset.decoding import DecodePool
from neural_art.dataset.limits import Limits
from neural_art.dataset.report import Rejection
from neural_art.dataset.sources import gather
from neural_art.errors import DatasetError
from neural_art.events import Progress

LIMITS: Final = Limits(least=256, most=10**7, total_bytes=1 << 50, entries=10**7)
MATTE: Final = "#ffffff"


class PictureFile:
    """Pictures, squeezed to ``side`` px, in ``folder``, and their names in a file beside them."""

    def __init__(self, folder: Path, side: int) -> None:
        self._side = side
        self._pictures = folder / f"pictures-{side}.bytes"
        self._names = self._pictures.with_suffix(".json")

    def write(self, source: Path, limits: Limits = LIMITS) -> Iterator[Progress]:
        """Reads all pictures below ``source``, unless that was done before.

        Raises ``DatasetError`` for too few of them.
        """
        if self._pictures.exists() and self._names.exists():
            return
        sources = gather(source, limits)
        names: list[str] = []
        with files.replacing(self._pictures) as part:
            with DecodePool(sources, MATTE, limits) as pool, part.open("wb") as out:
                for name, decoded in pool:
                    if not isinstance(decoded, Rejection):
                        with Image.open(io.BytesIO(decoded.jpeg)) as picture:
                            square = images.square(picture, self._side, "squeeze")
                        out.write(square.transpose(2, 0, 1).tobytes())
                        names.append(name)
                    yield Progress(pool.done, len(sources), name)
            if len(names) < limits.least:
                raise DatasetError("too-few-for-a-base", count=len(names), least=limits.least)
        files.write(self._names, json.dumps(names, ensure_ascii=False).encode())

    @property
    def pictures(self) -> Tensor:
        """(n, 3, side, side) bytes, in memory that is paged in when it is read."""
        return torch.from_numpy(np.memmap(self._pictures, np.uint8, "c").reshape(-1, 3, self._side, self._side))

    @property
    def names(self) -> list[str]:
        """The files that the pictures were in, below the folder: as many as pictures."""
        return list(json.loads(self._names.read_bytes()))
