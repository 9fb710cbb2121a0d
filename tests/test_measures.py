"""The benchmark's measures say what they claim to."""

import numpy as np
import pytest
import torch
from drawings import blurred, cloud

from benchmarks import measures


def test_a_set_covers_itself() -> None:
    real = cloud(60, 0)
    figures = measures.prdc(real, real)
    assert (figures.precision, figures.recall, figures.coverage) == (1, 1, 1)


def test_another_sample_of_the_same_covers_nearly_all() -> None:
    figures = measures.balanced_prdc(cloud(150, 0), cloud(400, 1), torch.Generator().manual_seed(0))
    assert figures.coverage == pytest.approx(1 - 2**-5, abs=0.03)
    assert figures.density == pytest.approx(1, abs=0.15)


def test_a_collapse_is_precise_but_recalls_and_covers_little() -> None:
    real = cloud(100, 0)
    figures = measures.prdc(real, real[:1] + 0.01 * cloud(100, 1))
    assert figures.precision == 1
    assert figures.recall < 0.03
    assert figures.coverage < 0.3


def test_what_lies_far_away_is_neither_precise_nor_covering() -> None:
    figures = measures.prdc(cloud(50, 0), cloud(50, 1) + 20)
    assert max(figures) == 0


def test_two_paintings_are_enough_to_measure() -> None:
    assert measures.prdc(cloud(2, 0), cloud(30, 1)).precision >= 0
    with pytest.raises(ValueError, match="two"):
        measures.prdc(cloud(1, 0), cloud(30, 1))


def test_a_copy_is_a_copy() -> None:
    real = cloud(50, 0)
    fake = torch.cat([real[:10] + 1e-3, real[:30] + 50])
    assert measures.copies(real, fake) == pytest.approx(10 / 40)


def test_a_painting_unlike_all_others_does_not_make_copies_of_everything() -> None:
    real = torch.cat([cloud(50, 0), torch.full((1, 16), 30.0)])
    assert measures.copies(real, torch.full((20, 16), 10.0)) == 0


def test_a_jump_makes_a_morph_uneven() -> None:
    even = torch.linspace(0, 1, 9)[None, :, None].expand(1, 9, 3)
    jump = (even > 0.4).float()
    still = torch.zeros(1, 9, 3)
    assert measures.unevenness(even) == pytest.approx(1)
    assert measures.unevenness(torch.cat([jump, still])) == pytest.approx(8)
    assert np.isnan(measures.unevenness(still))


def test_noise_has_a_flat_spectrum_and_blur_a_steep_one() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (8, 128, 128, 3), np.uint8)
    assert measures.spectral_slope(noise) == pytest.approx(0, abs=0.05)
    assert measures.spectral_slope(blurred(noise, 1)) < -1
    assert np.isnan(measures.spectral_slope(np.full((2, 128, 128, 3), 90, np.uint8)))


def test_a_spectrum_that_is_drawn_to_a_slope_has_it() -> None:
    rng = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None, :])
    frequency[0, 0] = 1
    amplitude = frequency ** (-2.5 / 2)
    drawn = np.stack([np.fft.ifft2(np.fft.fft2(rng.normal(size=(128, 128))) * amplitude).real for _ in range(16)])
    pictures = np.clip(128 + 40 * drawn / drawn.std(), 0, 255).astype(np.uint8)[..., None].repeat(3, -1)
    assert measures.spectral_slope(pictures) == pytest.approx(-2.5, abs=0.15)


@pytest.mark.parametrize(("across", "down"), [(2, 2), (4, 4), (8, 8), (8, 1), (1, 4)])
def test_dots_and_grids_stand_out_of_the_spectrum(across: int, down: int) -> None:
    plain = np.random.default_rng(0).integers(60, 190, (24, 128, 128, 3), np.uint8)
    dotted = plain.copy()
    dotted[:, ::down, ::across] += 40
    assert measures.checkerboard(plain) < 2.5
    assert measures.checkerboard(dotted) > 5
    assert np.isnan(measures.checkerboard(np.full((2, 128, 128, 3), 90, np.uint8)))


def test_strokes_in_the_same_places_are_shared_detail() -> None:
    rng = np.random.default_rng(0)
    plain = rng.integers(60, 190, (24, 128, 128, 3), np.uint8)
    strokes = rng.integers(-60, 60, (128, 128, 1))
    assert measures.shared_detail(plain) == pytest.approx(0, abs=0.02)
    assert measures.shared_detail((plain + strokes).astype(np.uint8)) > 0.3
    assert measures.shared_detail(np.full((2, 128, 128, 3), 90, np.uint8)) == 0


def test_a_colour_error_is_in_levels() -> None:
    assert measures.colour_error(np.full((2, 4, 4, 3), 250, np.uint8), np.full((2, 4, 4, 3), 5, np.uint8)) == 245
