"""Sets of paintings on disk: found, read as squares, split into what is learned from and what is held out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from neural_art.images import flatten, square

SIDE: Final = 128
"""Pixels at which everything is measured."""

LEAST: Final = 8
"""Paintings in a set, at least."""

HELD_OUT: Final = 0.1
"""The share of a set that no training sees."""

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})


def find(folder: Path) -> list[Path]:
    """The paintings in a folder and in the folders below it, in the order of their paths."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def open_painting(file: Path) -> Image.Image:
    """A painting as RGB, upright, on white where it is transparent. Raises ``OSError`` where it cannot be read."""
    with Image.open(file) as picture:
        return flatten(ImageOps.exif_transpose(picture), "white")


def read(files: Sequence[Path], side: int) -> np.ndarray:
    """Paintings, squeezed to squares: (n, side, side, 3) uint8. Raises ``OSError`` for one that cannot be read."""
    squares = np.empty((len(files), side, side, 3), np.uint8)
    for index, file in enumerate(files):
        squares[index] = square(open_painting(file), side, "squeeze")
    return squares


def to_tensor(squares: np.ndarray) -> Tensor:
    """(n, side, side, 3) uint8 as ``read`` returns it -> (n, 3, side, side) uint8 as ``Training`` takes it."""
    return torch.from_numpy(squares).permute(0, 3, 1, 2).contiguous()


def resize(pictures: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Square pictures at another ``side``, (n, side, side, 3) uint8, as an image editor would do it (Lanczos)."""
    if pictures.shape[1:3] == (side, side):
        return pictures
    return np.stack([np.asarray(Image.fromarray(p).resize((side, side), Image.Resampling.LANCZOS)) for p in pictures])


def split(files: Sequence[Path], seed: int) -> tuple[list[Path], list[Path]]:
    """A random nine tenths to learn from and the tenth that is held out, both in their order."""
    order = torch.randperm(len(files), generator=torch.Generator().manual_seed(seed)).tolist()
    held_out = set(order[: max(1, round(HELD_OUT * len(files)))])
    return [f for i, f in enumerate(files) if i not in held_out], [f for i, f in enumerate(files) if i in held_out]


def classes(folder: Path, files: Sequence[Path]) -> tuple[list[str], list[int]]:
    """The names of the classes, which are the folders in ``folder``, and the class of each file as an index into them.

    Files that lie in no folder are a class of their own, "". Both lists are empty where there are fewer than two
    classes.
    """
    class_names = [file.relative_to(folder).parts[0] if file.parent != folder else "" for file in files]
    names = sorted(set(class_names))
    return (names, [names.index(name) for name in class_names]) if len(names) > 1 else ([], [])
