"""Moving about in the latent space: directions, the way between two paintings, loops."""

import pytest
import torch

from neural_art.explore import latent


def _rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_truncation_one_leaves_a_latent_and_zero_is_the_mean(latents: torch.Tensor) -> None:
    mean = latents.mean(0)
    assert torch.allclose(latent.truncate(latents[0], mean, 1.0), latents[0])
    assert torch.allclose(latent.truncate(latents[0], mean, 0.0), mean)


def test_directions_are_strongest_first_one_deviation_long_and_at_right_angles(latents: torch.Tensor) -> None:
    directions, strengths = latent.principal_directions(latents, 3)
    assert strengths.tolist() == sorted(strengths.tolist(), reverse=True)
    assert torch.allclose(directions.norm(dim=1), strengths)
    along = (latents - latents.mean(0)) @ (directions[0] / strengths[0])
    assert float(along.std()) == pytest.approx(float(strengths[0]), rel=1e-3)
    assert abs(float(directions[0] @ directions[1])) < 1e-3


def test_equal_latents_have_no_directions_and_no_nan() -> None:
    directions, strengths = latent.principal_directions(torch.ones(5, 4), 8)
    assert directions.shape == (0, 4)
    assert strengths.shape == (0,)


def test_a_morph_starts_and_ends_exactly_at_the_paintings(latents: torch.Tensor) -> None:
    a, b, mean = latents[0], latents[1], latents.mean(0)
    assert torch.equal(latent.interpolate(a, b, mean, 0.0), a)
    assert torch.equal(latent.interpolate(a, b, mean, 1.0), b)
    middle = latent.interpolate(a, b, mean, 0.5)
    assert (middle - mean).norm() >= (torch.lerp(a, b, 0.5) - mean).norm() - 1e-5


def test_a_morph_takes_no_jump_at_its_ends(latents: torch.Tensor) -> None:
    a, b, mean = latents[0], latents[1], latents.mean(0)
    path = torch.stack([latent.interpolate(a, b, mean, i / 1000) for i in range(1001)])
    steps = path.diff(dim=0).norm(dim=1)
    assert steps.max() < 5 * steps.median()


@pytest.mark.parametrize("smoothness", [0.0, 0.5, 1.0])
def test_a_loop_passes_its_keys_and_closes_without_a_jump(latents: torch.Tensor, smoothness: float) -> None:
    keys = latents[:4]
    path = latent.loop(keys, 400, smoothness)
    assert torch.allclose(path[::100], keys, atol=1e-5)
    steps = torch.cat([path, path[:1]]).diff(dim=0).norm(dim=1)
    assert steps[-1] <= steps.max()
    assert steps[-1] < 3 * steps[-2] + 1e-4


def test_a_loop_that_rests_moves_slower_at_its_keys(latents: torch.Tensor) -> None:
    def speed_at_key(smoothness: float) -> float:
        path = latent.loop(latents[:4], 400, smoothness)
        return float((path[101] - path[100]).norm())

    assert speed_at_key(0.0) < 0.05 * speed_at_key(1.0)
