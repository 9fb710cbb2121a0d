"""How good a set of pictures is, beside a set of paintings: pure functions on features and on pixels.

"Real" are the paintings, "fake" the pictures. Features are (n, d), as ``neural_art.training.metrics.features`` returns
them; pixels are (n, h, w, 3) uint8. The kernel distance (KID) stands in ``neural_art.training.metrics``.
"""

from __future__ import annotations

import itertools
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from neural_art.models.pixels import to_signed
from neural_art.training import losses

K: Final = 5
"""Which neighbour's distance is the radius of a neighbourhood, in precision, recall, density and coverage."""

LUMA: Final = (0.299, 0.587, 0.114)
"""What red, green and blue count for in the brightness of a pixel."""


# -- two sets of features ---------------------------------------------------------------------------------------------


class PRDC(NamedTuple):
    """Precision, recall, density and coverage (Naeem et al. 2020, arXiv 2002.09797): 0 to 1, density may exceed 1.

    ``precision``: the share of pictures that lie in some painting's neighbourhood.
    ``recall``: the share of paintings that lie in some picture's neighbourhood.
    ``density``: how many paintings' neighbourhoods a picture lies in, over the number expected of a painting.
    ``coverage``: the share of paintings with a picture in their neighbourhood.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(real: Tensor, fake: Tensor, k: int = K) -> PRDC:
    """Precision, recall, density and coverage. A neighbourhood reaches to the k-th nearest of its own set, inclusive.

    Coverage grows with the number of pictures: compare figures for the same numbers, or use ``balanced_prdc``. ``k`` is
    lowered for a set that has fewer others. Raises ``ValueError`` for fewer than two of either.
    """
    real_k, fake_k = min(k, len(real) - 1), min(k, len(fake) - 1)
    if min(real_k, fake_k) < 1:
        raise ValueError("neighbourhoods need two paintings and two pictures at least")
    between = _distances(real, fake)
    in_real = between <= _radii(real, real_k)[:, None]
    in_fake = between <= _radii(fake, fake_k)[None, :]
    return PRDC(
        precision=float(in_real.any(0).double().mean()),
        recall=float(in_fake.any(1).double().mean()),
        density=float(in_real.double().sum(0).mean()) / real_k,
        coverage=float(in_real.any(1).double().mean()),
    )


def balanced_prdc(real: Tensor, fake: Tensor, rng: torch.Generator, k: int = K, rounds: int = 8) -> PRDC:
    """``prdc`` of as many pictures as paintings: the mean over ``rounds`` random subsets of the larger set.

    For two samples of one source of n > 100 each, and k = 5, coverage comes out at 1 - 2^-5 = 0.97.
    """
    n = min(len(real), len(fake))
    if len(real) == len(fake):
        rounds = 1
    figures = [
        prdc(
            real if len(real) == n else real[torch.randperm(len(real), generator=rng)[:n]],
            fake if len(fake) == n else fake[torch.randperm(len(fake), generator=rng)[:n]],
            k,
        )
        for _ in range(rounds)
    ]
    return PRDC(*(float(np.mean(column)) for column in zip(*figures, strict=True)))


def copies(real: Tensor, fake: Tensor) -> float:
    """Share of pictures, 0 to 1, closer to their nearest painting than that painting's nearest other painting is.

    Only the nearest painting counts: one that is unlike all others has all sorts of pictures within its distance to the
    next.
    """
    nearest = _distances(real, fake).min(0)
    return float((nearest.values < _radii(real, 1)[nearest.indices]).double().mean())


def spread(real: Tensor) -> float:
    """Mean distance between two different paintings: the unit for other distances between features."""
    n = len(real)
    return float(_distances(real, real).sum()) / (n * (n - 1))


def unevenness(paths: Tensor) -> float:
    """The longest step of a path over its mean step, averaged over paths (m, points, d): 1 when all steps are alike.

    Paths that do not move at all are left out; nan if none moves.
    """
    steps = paths.double().diff(dim=1).norm(dim=2)
    means = steps.mean(1)
    moving = means > 1e-9
    return float((steps[moving].amax(1) / means[moving]).mean())


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances, (len(a), len(b)) in double precision; exactly 0 between equals."""
    return torch.cdist(a.double(), b.double(), compute_mode="donot_use_mm_for_euclid_dist")


def _radii(points: Tensor, k: int) -> Tensor:
    """Distance of each point to its k-th nearest other, (n,)."""
    distances = _distances(points, points).fill_diagonal_(float("inf"))
    return distances.kthvalue(k, dim=1).values


# -- pixels -----------------------------------------------------------------------------------------------------------


def spectral_slope(pictures: np.ndarray) -> float:
    """Exponent a of the pictures' mean power spectrum, power ~ frequency^a: about -2 to -3.5 for paintings.

    Steeper than the paintings' own is too smooth, flatter too noisy. Averaged over rings of equal frequency from 4
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


def checkerboard(pictures: np.ndarray) -> float:
    """How much a grid or dots of 2, 4 or 8 pixels, a generator's artefact, stand out of the spectrum: 1 to 3 for
    paintings.

    The strongest of the mean power spectrum's places at multiples of an eighth of a cycle a pixel, each over the median
    of its surroundings: a square around it or, for vertical and horizontal lines, a stretch of the axis. nan for
    pictures without any contrast.
    """
    power, side = _power(pictures), pictures.shape[1]
    if float(power.max()) < 1e-6:
        return float("nan")
    pitch, reach = side // 8, side // 21
    mirrored = power[:, 1:-1].roll(-1, 0).flip(0, 1)  # the other half: the spectrum of real numbers is symmetric
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

    Detail up to 16 px, octave by octave: ``losses.shared_detail``, which trainings hold down as well.
    """
    brightness = torch.einsum("nchw,c->nhw", to_signed(pictures), torch.tensor(LUMA))
    return float(losses.shared_detail(brightness[:, None]))


def colour_error(real: np.ndarray, fake: np.ndarray) -> float:
    """Mean absolute difference of pictures from what they should look like, pixel by pixel, 0 to 255."""
    return float(np.abs(real.astype(np.int16) - fake).mean())


def _power(pictures: np.ndarray) -> Tensor:
    """The mean power spectrum of the pictures' brightness under a Hann window, (side, side / 2 + 1)."""
    side = pictures.shape[1]
    window = torch.hann_window(side, periodic=False, dtype=torch.float64)
    power = torch.zeros(side, side // 2 + 1, dtype=torch.float64)
    for part in np.array_split(pictures, max(1, -(-len(pictures) // 64))):
        brightness = torch.tensor(part).double() @ torch.tensor(LUMA, dtype=torch.float64)
        brightness = (brightness - brightness.mean((1, 2), keepdim=True)) * torch.outer(window, window)
        power += torch.fft.rfft2(brightness).abs().square().sum(0)
    return power / len(pictures)
