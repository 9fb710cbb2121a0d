"""Copies that are not exact: smaller, cropped, brighter, recompressed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

CUTS: Final = (0, 2, 4, 6)  # of 64: up to 9 % is tried off each side
ALIKE: Final = 0.75  # correlation of gradients; copies reach 0.8, other paintings of one painter 0.5, rarely 0.7
SUSPECT: Final = 42  # bits of 128 in which the hashes of copies may differ; two paintings differ in 64 on average


def perceptual_hash(picture: Image.Image) -> str:
    """128 bits as hex: whether it gets brighter from each of 8 x 8 places to the next, across and down (dHash).

    Resizing, recompression and brightness change a few bits, cropping by a twentieth some twenty.
    """
    grey = np.asarray(picture.convert("L").resize((9, 9), Image.Resampling.LANCZOS, reducing_gap=3.0), np.int16)
    bits = np.concatenate([(grey[:8, 1:] > grey[:8, :-1]).ravel(), (grey[1:, :8] > grey[:-1, :8]).ravel()])
    return np.packbits(bits).tobytes().hex()


def near_twins(files: Sequence[Path], hashes: Sequence[str], first: int) -> dict[int, int]:
    """For each picture from the ``first`` new one on, the earlier one that it looks a copy of, both by their places.

    Pairs with hashes alike are compared closely: the one as it is against the other with a little cut off its sides.
    """
    if len(files) < 2 or first >= len(files):
        return {}
    codes = np.array([list(bytes.fromhex(code)) for code in hashes], np.uint8)
    signs = np.unpackbits(codes, axis=1).astype(np.float32) * 2 - 1
    differing = (signs.shape[1] - signs @ signs.T) / 2
    pairs = [(int(i), int(j)) for i, j in np.argwhere(np.tril(differing <= SUSPECT, -1)) if i >= first]
    around: dict[int, set[int]] = {}
    for i, j in pairs:
        around.setdefault(i, set()).add(j)
        around.setdefault(j, set()).add(i)
    thumbs = {i: _thumb(files[i]) for i in around}
    plain = {i: _gradients(thumb, (0,))[0] for i, thumb in thumbs.items()}
    alike: dict[tuple[int, int], float] = {}
    for i, others in around.items():
        cut = _gradients(thumbs[i], CUTS)
        order = sorted(others)
        best = (cut @ np.stack([plain[j] for j in order], axis=1)).max(axis=0)
        for j, value in zip(order, best, strict=True):
            pair = (max(i, j), min(i, j))
            alike[pair] = max(float(value), alike.get(pair, 0.0))
    twins: dict[int, int] = {}
    for i, j in sorted(pairs):
        if alike[i, j] >= ALIKE and (i not in twins or alike[i, j] > alike[i, twins[i]]):
            twins[i] = j
    return twins


def _thumb(path: Path) -> np.ndarray:
    """A kept picture as (64, 64) float32, grey."""
    with Image.open(path, formats=["JPEG"]) as picture:
        picture.draft("L", (64, 64))
        grey = picture.convert("L").resize((64, 64), Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(grey, np.float32)


def _gradients(thumb: np.ndarray, cuts: tuple[int, ...]) -> np.ndarray:
    """Unit vectors (n, 722) of a thumb's slopes on a 20 x 20 grid, one for each way of cutting its four sides."""
    places, shares = _edges(cuts)  # (ways of cutting two sides, 21)
    ways = len(places)
    # Sums over boxes from running sums; no matrix product, whose threads would wait for each other on a busy machine.
    sums = np.pad(thumb.cumsum(0).cumsum(1), ((1, 1), (1, 1)), mode="edge")
    sums[0], sums[:, 0] = 0, 0
    across = sums[:, places] * (1 - shares) + sums[:, places + 1] * shares
    down = across[places] * (1 - shares)[..., None, None] + across[places + 1] * shares[..., None, None]
    widths = (places[:, -1] + shares[:, -1] - places[:, 0] - shares[:, 0]) / 20
    boxes = np.diff(np.diff(down, axis=1), axis=3)  # (ways, 20, ways, 20)
    grid = (boxes / (widths[:, None, None, None] * widths[:, None])).astype(np.float32)
    both = np.empty((ways, ways, 2, 19, 19), np.float32)
    np.subtract(grid[:, 1:, :, 1:], grid[:, 1:, :, :-1], out=both[:, :, 0].transpose(0, 2, 1, 3))
    np.subtract(grid[:, 1:, :, 1:], grid[:, :-1, :, 1:], out=both[:, :, 1].transpose(0, 2, 1, 3))
    slopes = both.reshape(ways * ways, -1)
    # One strong edge that many share (a horizon, a frame) must not outweigh all the rest.
    np.copysign(np.sqrt(np.abs(slopes)), slopes, out=slopes)
    slopes /= np.sqrt(np.einsum("ij,ij->i", slopes, slopes))[:, None] + 1
    return slopes


@lru_cache(4)
def _edges(cuts: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Where 20 equal boxes begin and end on 64 samples, less some at both ends: whole and fraction, (n, 21)."""
    edges = np.stack([np.linspace(low, 64 - high, 21) for low, high in product(cuts, repeat=2)])
    places = edges.astype(int)
    return places, (edges - places).astype(np.float32)
