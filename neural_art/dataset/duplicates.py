"""Near-duplicates: copies that were scaled, cropped, brightened or compressed again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

_CROPS: Final = (0, 2, 4, 6)  # of 64: up to 9 % is cropped off each side
_ALIKE: Final = 0.75  # correlation of gradients; copies reach 0.8, other paintings of one painter 0.5, rarely 0.7
_SUSPECT: Final = 42  # bits of 128 in which the hashes of copies may differ; two paintings differ in 64 on average


def perceptual_hash(picture: Image.Image) -> str:
    """128 bits as hex: whether it gets brighter from each of 8 x 8 cells to the next, across and down (dHash).

    Scaling, compression and brightness change a few bits, cropping by a twentieth about twenty.
    """
    grey = np.asarray(picture.convert("L").resize((9, 9), Image.Resampling.LANCZOS, reducing_gap=3.0), np.int16)
    bits = np.concatenate([(grey[:8, 1:] > grey[:8, :-1]).ravel(), (grey[1:, :8] > grey[:-1, :8]).ravel()])
    return np.packbits(bits).tobytes().hex()


def find_near_duplicates(pictures: Sequence[Path], hashes: Sequence[str], first: int) -> dict[int, int]:
    """For each picture from number ``first`` on that looks like a copy, the number of the earlier one that it copies.

    ``pictures`` are JPEG files, ``hashes`` their ``perceptual_hash``. Only pairs with similar hashes are compared
    closely: one picture as it is with the other cropped a little at each side.
    """
    if len(pictures) < 2 or first >= len(pictures):
        return {}
    codes = np.array([list(bytes.fromhex(code)) for code in hashes], np.uint8)
    signs = np.unpackbits(codes, axis=1).astype(np.float32) * 2 - 1
    differing = (signs.shape[1] - signs @ signs.T) / 2
    pairs = [(int(i), int(j)) for i, j in np.argwhere(np.tril(differing <= _SUSPECT, -1)) if i >= first]
    partners: dict[int, set[int]] = {}
    for i, j in pairs:
        partners.setdefault(i, set()).add(j)
        partners.setdefault(j, set()).add(i)
    thumbnails = {i: _thumbnail(pictures[i]) for i in partners}
    uncropped = {i: _gradients(thumbnail, (0,))[0] for i, thumbnail in thumbnails.items()}
    similarity: dict[tuple[int, int], float] = {}
    for i, others in partners.items():
        cropped = _gradients(thumbnails[i], _CROPS)
        order = sorted(others)
        best = (cropped @ np.stack([uncropped[j] for j in order], axis=1)).max(axis=0)
        for j, value in zip(order, best, strict=True):
            pair = (max(i, j), min(i, j))
            similarity[pair] = max(float(value), similarity.get(pair, 0.0))
    originals: dict[int, int] = {}
    for i, j in sorted(pairs):
        if similarity[i, j] >= _ALIKE and (i not in originals or similarity[i, j] > similarity[i, originals[i]]):
            originals[i] = j
    return originals


def _thumbnail(path: Path) -> np.ndarray:
    """The picture in a JPEG file as (64, 64) float32, grey."""
    with Image.open(path, formats=["JPEG"]) as picture:
        picture.draft("L", (64, 64))
        grey = picture.convert("L").resize((64, 64), Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(grey, np.float32)


def _gradients(thumbnail: np.ndarray, crops: tuple[int, ...]) -> np.ndarray:
    """Unit vectors (n, 722) of a thumbnail's gradients on a 20 x 20 grid, one for each way to crop its four sides."""
    positions, fractions = _edges(crops)  # (ways to crop two opposite sides, 21)
    ways = len(positions)
    # Sums over boxes from cumulative sums. A matrix product would start threads that wait for each other on a busy
    # machine.
    sums = np.pad(thumbnail.cumsum(0).cumsum(1), ((1, 1), (1, 1)), mode="edge")
    sums[0], sums[:, 0] = 0, 0
    across = sums[:, positions] * (1 - fractions) + sums[:, positions + 1] * fractions
    down = across[positions] * (1 - fractions)[..., None, None] + across[positions + 1] * fractions[..., None, None]
    widths = (positions[:, -1] + fractions[:, -1] - positions[:, 0] - fractions[:, 0]) / 20
    boxes = np.diff(np.diff(down, axis=1), axis=3)  # (ways, 20, ways, 20)
    grid = (boxes / (widths[:, None, None, None] * widths[:, None])).astype(np.float32)
    both = np.empty((ways, ways, 2, 19, 19), np.float32)
    np.subtract(grid[:, 1:, :, 1:], grid[:, 1:, :, :-1], out=both[:, :, 0].transpose(0, 2, 1, 3))
    np.subtract(grid[:, 1:, :, 1:], grid[:, :-1, :, 1:], out=both[:, :, 1].transpose(0, 2, 1, 3))
    gradients = both.reshape(ways * ways, -1)
    # One strong edge that many paintings share (a horizon, a frame) must not outweigh all the rest.
    np.copysign(np.sqrt(np.abs(gradients)), gradients, out=gradients)
    gradients /= np.sqrt(np.einsum("ij,ij->i", gradients, gradients))[:, None] + 1
    return gradients


@lru_cache(4)
def _edges(crops: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Where 20 equal boxes begin and end on 64 samples that are cropped at both ends: whole and fraction, (n, 21)."""
    edges = np.stack([np.linspace(low, 64 - high, 21) for low, high in product(crops, repeat=2)])
    positions = edges.astype(int)
    return positions, (edges - positions).astype(np.float32)
