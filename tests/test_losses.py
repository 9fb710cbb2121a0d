"""What a training minimises."""

import pytest
import torch
import torch.nn.functional as F

from neural_art.models.features import feature_network
from neural_art.training import losses
from neural_art.training.crops import crop


def test_the_feature_distance_is_zero_for_equal_pictures_and_grows_with_blur(drawn_paintings: torch.Tensor) -> None:
    sharp = crop(drawn_paintings, torch.arange(4), 64)
    network = feature_network()

    def distance(times: int) -> float:
        blurred = F.interpolate(F.avg_pool2d(sharp, times), (64, 64))
        return float(losses.feature_distance(network(blurred), network(sharp)))

    assert distance(1) == 0
    assert 0 < distance(2) < distance(4) < distance(16)


def test_strokes_beside_their_places_should_be_faint_place_by_place_but_not_in_texture() -> None:
    def strokes(seed: int, contrast: float) -> list[torch.Tensor]:
        small = torch.randn(2, 3, 24, 24, generator=torch.Generator().manual_seed(seed))
        return feature_network()(F.interpolate(contrast * small, (96, 96), mode="bicubic"))

    here, there, faint = strokes(0, 0.4), strokes(1, 0.4), strokes(1, 0.15)
    assert losses.texture_distance(here, here) == 0
    assert losses.texture_distance(there, here) < 0.9 * losses.texture_distance(faint, here)
    assert losses.feature_distance(there[:2], here[:2]) > losses.feature_distance(faint[:2], here[:2])


def test_texture_is_compared_window_by_window() -> None:
    def halves(left: float, right: float) -> list[torch.Tensor]:
        strokes = torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
        strokes[..., :48] *= left
        strokes[..., 48:] *= right
        return feature_network()(strokes)

    assert losses.texture_distance(halves(0.1, 0.5), halves(0.5, 0.1)) > 0.3
    for side in (1, 2, 3, 5, 6, 24):
        assert torch.isfinite(losses.texture_distance([torch.zeros(1, 4, side, side)], [torch.ones(1, 4, side, side)]))


def test_the_hinge_losses_reward_the_right_side() -> None:
    high, low = [torch.full((2, 1, 3, 3), 2.0)], [torch.full((2, 1, 3, 3), -2.0)]
    assert losses.discriminator_hinge(high, low) == 0
    assert losses.discriminator_hinge(low, high) == 6
    assert losses.generator_hinge(high) < losses.generator_hinge(low)
    assert losses.fooling_rate(high) == 1
    assert losses.fooling_rate(low) == 0


def test_only_what_leaves_the_range_overshoots() -> None:
    assert losses.overshoot(torch.tensor([-1.0, 0.0, 1.0])) == 0
    assert losses.overshoot(torch.tensor([-2.0, 1.0])) == losses.OVERSHOOT_WEIGHT
    assert losses.overshoot(torch.tensor([-3.0, 1.0])) == 3 * losses.OVERSHOOT_WEIGHT  # far out costs more than in line


def test_detail_that_pictures_share_costs_unless_the_paintings_share_it() -> None:
    rng = torch.Generator().manual_seed(0)
    own, mark = 0.3 * torch.randn(4, 3, 64, 64, generator=rng), 0.3 * torch.randn(3, 64, 64, generator=rng)
    marked = own + mark
    assert losses.shared_detail(own).abs() < 0.03
    assert losses.shared_detail(marked) == pytest.approx(0.5, abs=0.1)
    assert losses.shared_detail(mark.expand(4, 3, 64, 64)) == pytest.approx(1, abs=0.01)
    assert losses.shared_detail(marked[:1]) == 0
    assert losses.shared_detail_penalty(marked, own) > 0.4
    assert losses.shared_detail_penalty(marked, marked.flip(0)) < 1e-6


def test_detail_too_faint_to_see_costs_nothing() -> None:
    flat = torch.full((4, 3, 64, 64), 0.3)
    faint = (flat + 1e-4 * torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(0))).requires_grad_()
    for penalty in (losses.shared_detail_penalty, losses.checkerboard_penalty):
        faint.grad = None
        penalty(faint, flat).backward()
        assert penalty(faint, flat) < 0.01
        assert faint.grad.abs().max() < 0.01


@pytest.mark.parametrize("period", [2, 4, 8])
def test_a_checkerboard_is_found_whatever_the_pictures_are_otherwise(period: int) -> None:
    rng = torch.Generator().manual_seed(0)
    plain = F.interpolate(0.3 * torch.randn(4, 3, 64, 64, generator=rng), scale_factor=2, mode="bicubic")
    tile = torch.randn(period, period, generator=rng)
    marked = plain + 0.1 * (tile - tile.mean()).repeat(128 // period, 128 // period)
    assert losses.checkerboard(plain) < 1e-3
    assert losses.checkerboard(marked) > 20 * losses.checkerboard(plain)
    assert losses.checkerboard_penalty(marked, plain) > 0.15
    assert losses.checkerboard_penalty(plain, marked) == 0


@pytest.mark.parametrize(("side", "windows"), [(40, 10), (10, 3), (20, 5), (5, 2), (3, 1)])
def test_windows_are_averaged_by_matrices_as_pytorch_averages_them(side: int, windows: int) -> None:
    hidden = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(losses.window_means(hidden, windows), F.adaptive_avg_pool2d(hidden, windows), atol=1e-6)
