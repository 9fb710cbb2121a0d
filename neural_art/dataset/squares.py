"""The paintings of a prepared folder as the network sees them: squares in an array, or on a contact sheet."""

from __future__ import annotations

import math
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from neural_art import files, images
from neural_art.dataset.report import Painting, Report, read_report
from neural_art.errors import DatasetError
from neural_art.machine import available_cores

SHEET: Final = "sheet.jpg"
"""The contact sheet's file name in a prepared folder."""

IN_MEMORY: Final = 768 << 20
"""Bytes of squares that are held in memory: 2,000 of 320 px for a canvas, 600 of 640 px for a mural."""

_PAPER: Final = "#f4f1ea"
_GAP: Final = 4  # pixels between the squares of a contact sheet
_LARGEST_CELL, _SMALLEST_CELL = 128, 32


def load_squares(folder: Path, size: int, *, in_memory: int = IN_MEMORY) -> tuple[np.ndarray, Report]:
    """The squared paintings of a prepared folder, (n, 3, size, size) uint8 in the report's order, and the report.

    Where they take more than ``in_memory`` bytes, they lie in a nameless file in the folder, of which the system keeps
    in memory what it has room for. Raises ``DatasetError`` if there is no report, or a picture is missing or damaged,
    ``StorageError`` if the disk has no room for that file.
    """
    report = read_report(folder)
    shape = len(report.paintings), 3, size, size
    planes = (square.transpose(2, 0, 1) for square in _squares(folder, report, size, report.fit))
    if math.prod(shape) > in_memory:
        return _on_disk(folder, planes, shape), report
    squares = np.empty(shape, np.uint8)
    for index, each in enumerate(planes):
        squares[index] = each
    return squares, report


def _on_disk(folder: Path, planes: Iterator[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    with files.storage_errors(), tempfile.TemporaryFile(dir=folder) as file:
        for each in planes:
            file.write(each.tobytes())
        file.flush()
        return np.memmap(file, np.uint8, "r+", shape=shape)


def contact_sheet(folder: Path, *, fit: str | None = None, width: int = 1152) -> Image.Image:
    """All paintings of a prepared folder, squared, in rows about ``width`` pixels wide.

    ``fit`` shows another one than the report's, without choosing it.
    """
    return draw_sheet(folder, read_report(folder), fit=fit, width=width)


def draw_sheet(folder: Path, report: Report, *, fit: str | None = None, width: int = 1152) -> Image.Image:
    """The same for a ``report`` that is at hand, with cells of at most 128 px, smaller for many paintings."""
    count = len(report.paintings)
    few, many = width // (_LARGEST_CELL + _GAP), width // (_SMALLEST_CELL + _GAP)
    columns = next((n for n in range(few, many) if n * n * 1.5 >= count), max(1, many))
    squares = _squares(folder, report, width // columns - _GAP, fit or report.fit)
    return images.tile([Image.fromarray(square) for square in squares], columns, gap=_GAP, background=_PAPER)


def _squares(folder: Path, report: Report, size: int, fit: str) -> Iterator[np.ndarray]:
    """The paintings as squares (size, size, 3) uint8, in order, read by a thread for each core."""

    def square(painting: Painting) -> np.ndarray:
        try:
            with Image.open(folder / painting.file, formats=["JPEG"]) as picture:
                picture.draft("RGB", (size, size))
                return images.square(picture, size, fit)
        except (OSError, ValueError, SyntaxError) as error:
            raise DatasetError("damaged-painting", file=painting.file, name=painting.name) from error

    ahead: deque[Future[np.ndarray]] = deque()
    workers = min(available_cores(), 8)
    with ThreadPoolExecutor(workers, "squares") as executor:
        for painting in report.paintings:
            ahead.append(executor.submit(square, painting))
            if len(ahead) > 4 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
