"""Latents: what crosses, the directions, the morph and the loop promise."""

import pytest
import torch

from neural_art.explore import latent


def _chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def latents() -> torch.Tensor:
    scales = torch.tensor([5.0, 2.0, 1.0, 0.5])
    return torch.randn(400, 4, generator=_chance()) * scales + torch.tensor([1.0, -2.0, 0.0, 3.0])


def test_crosses_have_the_mean_and_the_spread_of_the_paintings(latents: torch.Tensor) -> None:
    drawn = latent.crossed(latents, 20_000, _chance(1))
    assert torch.allclose(drawn.mean(0), latents.mean(0), atol=0.1)
    assert torch.allclose(drawn.std(0), latents.std(0), rtol=0.05)


def test_a_cross_stays_with_three_paintings(latents: torch.Tensor) -> None:
    apart = torch.eye(50)  # in a direction of its own each: a cross of three lies in three of them
    drawn = latent.crossed(apart, 200, _chance()) - apart.mean(0)
    assert int(((drawn > 0.1).sum(1) > latent.PARENTS).sum()) == 0
    assert torch.allclose(drawn.norm(dim=1).median(), torch.tensor(1.0), atol=0.1)


def test_daring_zero_is_the_mean_and_the_same_chance_draws_the_same(latents: torch.Tensor) -> None:
    assert torch.allclose(latent.crossed(latents, 3, _chance(), daring=0.0), latents.mean(0).expand(3, -1))
    assert torch.equal(latent.crossed(latents, 3, _chance(5)), latent.crossed(latents, 3, _chance(5)))
    assert torch.allclose(latent.truncate(latents[0], latents.mean(0), 1.0), latents[0])


def test_half_way_points_stay_between_the_paintings(latents: torch.Tensor) -> None:
    points = latent.half_way(latents, 500, _chance())
    assert (points <= latents.max(0).values).all()
    assert (points >= latents.min(0).values).all()


def test_directions_are_strongest_first_one_deviation_long_and_at_right_angles(latents: torch.Tensor) -> None:
    directions, strengths = latent.principal(latents, 3)
    assert strengths.tolist() == sorted(strengths.tolist(), reverse=True)
    assert torch.allclose(directions.norm(dim=1), strengths)
    along = (latents - latents.mean(0)) @ (directions[0] / strengths[0])
    assert float(along.std()) == pytest.approx(float(strengths[0]), rel=1e-3)
    assert abs(float(directions[0] @ directions[1])) < 1e-3


def test_equal_latents_have_no_directions_and_no_nan() -> None:
    directions, strengths = latent.principal(torch.ones(5, 4), 8)
    assert directions.shape == (0, 4)
    assert strengths.shape == (0,)


def test_a_morph_starts_and_ends_exactly_at_the_paintings(latents: torch.Tensor) -> None:
    a, b, mean = latents[0], latents[1], latents.mean(0)
    assert torch.equal(latent.morph(a, b, mean, 0.0), a)
    assert torch.equal(latent.morph(a, b, mean, 1.0), b)
    middle = latent.morph(a, b, mean, 0.5)
    assert (middle - mean).norm() >= (torch.lerp(a, b, 0.5) - mean).norm() - 1e-5


def test_a_morph_takes_no_jump_at_its_ends(latents: torch.Tensor) -> None:
    a, b, mean = latents[0], latents[1], latents.mean(0)
    path = torch.stack([latent.morph(a, b, mean, i / 1000) for i in range(1001)])
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


def _two_classes() -> tuple[torch.Tensor, torch.Tensor]:
    """Forty narrow latents around -3 and five wide ones around +3."""
    narrow, wide = torch.randn(40, 6, generator=_chance(1)) * 0.2 - 3, torch.randn(5, 6, generator=_chance(2)) + 3
    return torch.cat([narrow, wide]), torch.tensor([0] * 40 + [1] * 5)


def test_a_class_is_drawn_with_its_own_mean_and_spread() -> None:
    latents, labels = _two_classes()
    drawn = latent.of_class(latents, labels, 0, 5000, _chance())
    assert torch.allclose(drawn.mean(0), latents[:40].mean(0), atol=0.05)
    assert torch.allclose(drawn.std(0), latents[:40].std(0), atol=0.08)
    assert torch.allclose(
        latent.of_class(latents, labels, 1, 3, _chance(), daring=0.0), latents[40:].mean(0).expand(3, -1)
    )


def test_a_class_of_one_painting_has_variety_too() -> None:
    latents, labels = _two_classes()
    labels[40:] = torch.arange(1, 6)
    drawn = latent.of_class(latents, labels, 5, 200, _chance())
    assert drawn.std(0).min() > 0.05
    assert torch.allclose(drawn.mean(0), latents[44], atol=0.1)


def test_without_a_class_asked_for_each_is_drawn_as_often_as_it_has_paintings() -> None:
    latents, labels = _two_classes()
    drawn = latent.of_classes(latents, labels, 4000, _chance())
    assert (drawn.mean(1) > 0).double().mean().item() == pytest.approx(5 / 45, abs=0.02)
    assert (drawn.mean(1).abs() > 1).double().mean() > 0.98  # nothing lies between the classes


def test_a_class_without_paintings_is_refused() -> None:
    with pytest.raises(ValueError, match="class 7"):
        latent.of_class(*_two_classes(), 7, 1, _chance())
