"""What a training minimises."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from neural_art.models.discriminator import Discriminator

TEXTURE_WEIGHT, ARRANGEMENT_WEIGHT, COLOUR_WEIGHT = 3.5, 0.5, 5.0
PIXEL_WEIGHT = 0.1  # of single pixels in the distance of colours
WINDOW = 4  # side of the windows that texture is compared in, in places of a feature map
OVERSHOOT_WEIGHT = 10.0
SHARED_DETAIL_WEIGHT = 3.0
CHECKERBOARD_WEIGHT = 0.7
SQUARE = 8  # pixels: the side of the squares that checkerboards of 2, 4 and 8 px repeat in
OCTAVES = 4  # of detail that pictures should not share
FAINT = 1e-6  # the mean square of detail that nobody sees
PALE = 1e-4  # the mean square of detail in which nobody sees a pattern
TRACE = 1e-4  # of a checkerboard: less than paintings differ by


def feature_distance(fake: list[Tensor], real: list[Tensor]) -> Tensor:
    """How far pictures are from their paintings, as the feature network sees both: a scalar, 0 when they look alike.

    The mean over the scales of |fake - real|_1 / |real|_1 (a perceptual loss: Johnson et al. 2016, arXiv 1603.08155).
    """
    terms = [(f - r).abs().mean() / r.abs().mean().clamp_min(1e-6) for f, r in zip(fake, real, strict=True)]
    return torch.stack(terms).mean()


def colour_distance(fake: Tensor, real: Tensor) -> Tensor:
    """Mean absolute difference of colours, of single pixels and of 4 x 4 patches; pictures in [-1, 1]."""
    patches = (F.avg_pool2d(fake, 4) - F.avg_pool2d(real, 4)).abs().mean()
    return patches + PIXEL_WEIGHT * (fake - real).abs().mean()


def texture_distance(fake: list[Tensor], real: list[Tensor]) -> Tensor:
    """How far the local statistics of the features are apart: a scalar, 0 for like brushwork in like places.

    For every channel, its mean and its standard deviation in windows of about ``WINDOW`` x ``WINDOW`` places; the mean
    over the scales of (|difference of means|_1 + 2 |difference of deviations|_1) / |real|_1, in which both halves weigh
    about the same. A stroke just beside its place is as good as in it. Compared place by place it would be wrong twice,
    so the fine maps would rather have it faint, and pull against the discriminator. (Statistics of features as texture:
    Gatys et al. 2015, arXiv 1505.07376; mean and deviation: Huang and Belongie 2017, arXiv 1703.06868.)
    """
    return torch.stack([_statistics_distance(f, r) for f, r in zip(fake, real, strict=True)]).mean()


def _statistics_distance(fake: Tensor, real: Tensor) -> Tensor:
    (fake_mean, fake_deviation), (real_mean, real_deviation) = _statistics(fake), _statistics(real)
    distance = (fake_mean - real_mean).abs().mean() + 2 * (fake_deviation - real_deviation).abs().mean()
    return distance / real.abs().mean().clamp_min(1e-6)


def _statistics(hidden: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every channel, window by window."""
    windows = -(-hidden.shape[-1] // WINDOW)
    pooled = F.adaptive_avg_pool2d if hidden.device.type != "mps" else window_means
    mean = pooled(hidden, windows)
    variance = pooled(hidden.square(), windows) - mean.square()
    return mean, (variance.clamp_min(0) + 1e-4).sqrt()


def window_means(hidden: Tensor, windows: int) -> Tensor:
    """``F.adaptive_avg_pool2d`` of square maps as matrix products: on MPS, PyTorch's own wants sides that divide."""
    side = hidden.shape[-1]
    place, number = torch.arange(side, device=hidden.device), torch.arange(windows, device=hidden.device)[:, None]
    inside = (place >= number * side // windows) & (place < -(-(number + 1) * side // windows))
    shares = inside / inside.sum(1, keepdim=True)
    return shares @ hidden @ shares.T


def overshoot(fake: Tensor) -> Tensor:
    """``OVERSHOOT_WEIGHT`` times the mean of o + o^2, where o is how far a pixel leaves [-1, 1].

    Nothing else sees what is clamped, so pixels that few windows show would drift: coloured specks in a corner.
    """
    beyond = F.relu(fake.abs() - 1)
    return OVERSHOOT_WEIGHT * (beyond + beyond.square()).mean()


def shared_detail_penalty(fake: Tensor, real: Tensor) -> Tensor:
    """How much more detail pictures share than paintings do (see ``shared_detail``): a scalar, 0 to 1."""
    with torch.no_grad():
        expected = shared_detail(real).clamp_min(0)
    return F.relu(shared_detail(fake) - expected)


def shared_detail(pictures: Tensor) -> Tensor:
    """How much fine detail different pictures (n, 3, h, w) have in common, place by place: a scalar, about 0 for unlike
    pictures (below it by chance) and 1 for equal ones; 0 for a single one.

    The mean product of two pictures' detail over the mean square of one's, averaged over ``OCTAVES``, from single
    pixels up. A loss that sees one picture at a time, through a window that may lie anywhere, cannot tell that all
    pictures have the same strokes in the same places; and a generator finds those sooner than others.
    """
    shares, rest = [], pictures.mean(1, keepdim=True)
    for _ in range(OCTAVES):
        coarse = F.avg_pool2d(rest, 2)
        shares.append(_shared(rest - F.interpolate(coarse, scale_factor=2, mode="nearest")))
        rest = coarse
    return torch.stack(shares).mean()


def _shared(detail: Tensor) -> Tensor:
    n, own, common = len(detail), detail.square().mean(), detail.mean(0).square().mean()
    return (n * common - own) / (max(1, n - 1) * (own + FAINT))


def checkerboard_penalty(fake: Tensor, real: Tensor) -> Tensor:
    """How much more of a checkerboard pictures have than paintings do: a scalar, 0 to 1, about the root of the
    difference of their ``checkerboard``."""
    with torch.no_grad():
        expected = checkerboard(real)
    return (F.relu(checkerboard(fake) - expected) + TRACE).sqrt() - TRACE**0.5


def checkerboard(pictures: Tensor) -> Tensor:
    """The share of the fine detail of pictures (n, 3, h, w) that comes again in every square of ``SQUARE`` px: a
    scalar, 0 to 1, below 0.001 for paintings.

    ``project_flat_`` keeps pixel shuffles from leaving such a pattern on what is flat. On what is not, such as foliage
    and water, the pixels of a shuffled square still differ, and no loss that looks at one place can tell.
    """
    n, colours, height, width = pictures.shape
    coarse = F.interpolate(F.avg_pool2d(pictures, 4), scale_factor=4, mode="bilinear", align_corners=False)
    detail = pictures - coarse
    squares = detail.view(n, colours, height // SQUARE, SQUARE, width // SQUARE, SQUARE)
    return squares.mean((0, 2, 4)).square().mean() / (detail.square().mean() + PALE)


def discriminator_hinge(real_scores: list[Tensor], fake_scores: list[Tensor]) -> Tensor:
    """The discriminator's hinge loss, averaged over scales: 0 when it always wins, 2 when it guesses.

    Lim and Ye 2017, arXiv 1705.02894.
    """
    terms = [F.relu(1 - r).mean() + F.relu(1 + f).mean() for r, f in zip(real_scores, fake_scores, strict=True)]
    return torch.stack(terms).mean()


def generator_hinge(fake_scores: list[Tensor]) -> Tensor:
    """The generator's side of the hinge loss: minus the scores of its pictures."""
    return -torch.stack([f.mean() for f in fake_scores]).mean()


class AdversarialLosses(NamedTuple):
    """Both hinge losses, and the share of generated patches that the discriminator takes for real, 0 to 1."""

    discriminator: Tensor
    generator: Tensor
    fooling_rate: Tensor


def adversarial(discriminator: Discriminator, real_maps: list[Tensor], fake_maps: list[Tensor]) -> AdversarialLosses:
    """The losses of both sides, from the frozen features of paintings and of pictures."""
    with torch.no_grad():
        real_projected = discriminator.project(real_maps)
    fake_scores = discriminator(discriminator.project(fake_maps))
    hinge = discriminator_hinge(discriminator(real_projected), fake_scores)
    return AdversarialLosses(hinge, generator_hinge(fake_scores), fooling_rate(fake_scores).detach())


def fooling_rate(fake_scores: list[Tensor]) -> Tensor:
    """Share of generated patches that the discriminator takes for real, 0 to 1."""
    return torch.stack([(f > 0).float().mean() for f in fake_scores]).mean()
