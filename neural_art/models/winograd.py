"""3 x 3 convolutions with a quarter of the multiplications (Lavin and Gray 2016, arXiv 1509.09308).

A map is cut into squares of 4 x 4 places. With the places around it, a square becomes 36 numbers a channel, and each of
the 36 has a matrix of its own that mixes its channels: F(4 x 4, 3 x 3), 36 products where there were 16 x 9. What is
done before and after is a product with a small fixed matrix, for all channels and squares at once. The result is that
of the convolution but for some parts in a million; so this is for float32.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

SQUARE = 4
"""Places in a square, along a side: the sides of a map are multiples of it."""

AROUND = SQUARE + 2

AT_ONCE = 128
"""Squares of a map that are seen to together: with more, what is between two products is not in the cache any more."""


def _for_planes(line: list[list[float]]) -> Tensor:
    """What does along both sides of a square what ``line`` does along one."""
    return torch.kron(torch.tensor(line), torch.tensor(line))


# at the points 0, 1, -1, 2, -2 and infinity: B transposed, G and A transposed of the paper
_BEFORE = _for_planes(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
).float()  # (36, 36)
_OF_WEIGHTS = _for_planes(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)  # (36, 9)
_AFTER = _for_planes(
    [
        [1, 1, 1, 1, 1, 0],
        [0, 1, -1, 2, -2, 0],
        [0, 1, 1, 4, 4, 0],
        [0, 1, -1, 8, -8, 1],
    ]
).float()  # (16, 36)


def transformed(weight: Tensor, *, pixels: int = 1) -> Tensor:
    """What ``convolve`` multiplies by: the weight (n, channels, 3, 3) of a convolution -> (36, n, channels).

    ``pixels`` is 2 before a pixel shuffle: n runs over places in a square of 2 x 2 last, and of what is returned first.
    """
    n, channels = weight.shape[:2]
    places = weight.reshape(n // pixels**2, pixels**2, channels, 9).permute(3, 1, 0, 2).reshape(9, -1)
    return (_OF_WEIGHTS @ places).view(36, n, channels)


def transposed(gradient: Tensor, *, pixels: int = 1) -> Tensor:
    """The gradient of ``transformed``'s weight, (n, channels, 3, 3), from that of what it returned; channels last."""
    _, n, channels = gradient.shape
    places = (_OF_WEIGHTS.T @ gradient.reshape(36, -1)).view(3, 3, pixels**2, n // pixels**2, channels)
    return places.permute(3, 2, 0, 1, 4).reshape(n, 3, 3, channels).permute(0, 3, 1, 2)


def convolve(maps: Tensor, filters: Tensor, *, pixels: int = 1) -> Tensor:
    """``F.conv2d(maps, weight, padding=1)``, for ``filters = transformed(weight)``.

    ``maps`` are (m, channels, h, w), whose sides are multiples of 4. With ``pixels`` of 2, a pixel shuffle follows:
    (m, n / 4, 2 h, 2 w).
    """
    return _Convolve.apply(maps, filters, pixels)


class _Convolve(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor, filters: Tensor, pixels: int) -> Tensor:
        m, channels, height, width = maps.shape
        whole = maps.new_empty(m, height * pixels, width * pixels, filters.shape[1] // pixels**2)
        at_once = max(1, AT_ONCE * SQUARE**2 // (height * width))
        kept = []
        for part, place in zip(maps.split(at_once), whole.split(at_once), strict=True):
            cut = _cut(part)
            given = (_BEFORE @ cut.reshape(36, -1)).view(36, -1, channels)
            found = torch.bmm(given, filters.transpose(1, 2))
            squares = _laid(place, pixels)
            squares.copy_((_AFTER @ found.view(36, -1)).view(squares.shape))
            kept.append(given)
        ctx.pixels, ctx.at_once, ctx.shape = pixels, at_once, maps.shape
        ctx.save_for_backward(filters, *kept)
        return whole.permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        (upstream,), (filters, *kept) = gradients, ctx.saved_tensors
        m, channels, height, width = ctx.shape
        whole = upstream.new_empty(m, height, width, channels)
        of_filters = torch.zeros_like(filters)
        parts = upstream.permute(0, 2, 3, 1).contiguous().split(ctx.at_once)
        for part, place, given in zip(parts, whole.split(ctx.at_once), kept, strict=True):
            of_squares = _laid(part, ctx.pixels)
            of_found = (_AFTER.T @ of_squares.reshape(16, -1)).view(36, -1, filters.shape[1])
            of_filters.baddbmm_(of_found.transpose(1, 2), given)
            of_cut = _BEFORE.T @ torch.bmm(of_found, filters).view(36, -1)
            place.copy_(_pasted(of_cut.view(AROUND, AROUND, *of_squares.shape[2:5], channels)))
        return whole.permute(0, 3, 1, 2), of_filters, None


def _cut(maps: Tensor) -> Tensor:
    """Squares with what is around them, zeros beyond a map's borders: a view (6, 6, m, down, across, channels)."""
    padded = F.pad(maps.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
    m, height, width, channels = padded.shape
    image, row, place, _ = padded.stride()
    return padded.as_strided(
        (AROUND, AROUND, m, height // SQUARE, width // SQUARE, channels),
        (row, place, image, SQUARE * row, SQUARE * place, 1),
    )


def _pasted(squares: Tensor) -> Tensor:
    """The transpose of ``_cut``: squares put in their places and added up where they overlap, (m, h, w, channels)."""
    _, _, m, down, across, channels = squares.shape
    padded = squares.new_empty(m, down + 1, SQUARE, across + 1, SQUARE, channels)
    padded[:, -1], padded[:, :, :, -1] = 0, 0
    places = padded.permute(2, 4, 0, 1, 3, 5)
    over = AROUND - SQUARE
    places[:, :, :, :down, :across] = squares[:SQUARE, :SQUARE]
    places[:over, :, :, 1:, :across] += squares[SQUARE:, :SQUARE]
    places[:, :over, :, :down, 1:] += squares[:SQUARE, SQUARE:]
    places[:over, :over, :, 1:, 1:] += squares[SQUARE:, SQUARE:]
    whole = padded.view(m, SQUARE * (down + 1), SQUARE * (across + 1), channels)
    return whole[:, 1 : SQUARE * down + 1, 1 : SQUARE * across + 1]


def _laid(maps: Tensor, pixels: int) -> Tensor:
    """Maps (m, h, w, n) as squares, a view: (4, 4, m, down, across, pixels, pixels, n)."""
    m, height, width, n = maps.shape
    down, across = height // (SQUARE * pixels), width // (SQUARE * pixels)
    return maps.view(m, down, SQUARE, pixels, across, SQUARE, pixels, n).permute(2, 5, 0, 1, 4, 3, 6, 7)
