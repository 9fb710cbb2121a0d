"""New latents from those of paintings."""

import pytest
import torch

from neural_art.models import sampling


def _rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_mixtures_have_the_mean_and_the_spread_of_the_paintings(latents: torch.Tensor) -> None:
    drawn = sampling.sample(latents, 20_000, _rng(1))
    assert torch.allclose(drawn.mean(0), latents.mean(0), atol=0.1)
    assert torch.allclose(drawn.std(0), latents.std(0), rtol=0.05)


def test_a_mixture_is_of_three_paintings(latents: torch.Tensor) -> None:
    apart = torch.eye(50)  # in a direction of its own each: a mixture of three lies in three of them
    drawn = sampling.sample(apart, 200, _rng()) - apart.mean(0)
    assert int(((drawn > 0.1).sum(1) > sampling.PARENTS).sum()) == 0
    assert torch.allclose(drawn.norm(dim=1).median(), torch.tensor(1.0), atol=0.1)


def test_truncation_zero_is_the_mean_and_the_same_generator_samples_the_same(latents: torch.Tensor) -> None:
    assert torch.allclose(sampling.sample(latents, 3, _rng(), truncation=0.0), latents.mean(0).expand(3, -1))
    assert torch.equal(sampling.sample(latents, 3, _rng(5)), sampling.sample(latents, 3, _rng(5)))


def test_points_between_two_paintings_stay_between_the_paintings(latents: torch.Tensor) -> None:
    points = sampling.sample_between(latents, 500, _rng())
    assert (points <= latents.max(0).values).all()
    assert (points >= latents.min(0).values).all()


def _two_classes() -> tuple[torch.Tensor, torch.Tensor]:
    """Forty narrow latents around -3 and five wide ones around +3."""
    narrow, wide = torch.randn(40, 6, generator=_rng(1)) * 0.2 - 3, torch.randn(5, 6, generator=_rng(2)) + 3
    return torch.cat([narrow, wide]), torch.tensor([0] * 40 + [1] * 5)


def test_a_class_is_drawn_with_its_own_mean_and_spread() -> None:
    latents, class_indices = _two_classes()
    drawn = sampling.sample_class(latents, class_indices, 0, 5000, _rng())
    assert torch.allclose(drawn.mean(0), latents[:40].mean(0), atol=0.05)
    assert torch.allclose(drawn.std(0), latents[:40].std(0), atol=0.08)
    assert torch.allclose(
        sampling.sample_class(latents, class_indices, 1, 3, _rng(), truncation=0.0), latents[40:].mean(0).expand(3, -1)
    )


def test_a_class_of_one_painting_has_variety_too() -> None:
    latents, class_indices = _two_classes()
    class_indices[40:] = torch.arange(1, 6)
    drawn = sampling.sample_class(latents, class_indices, 5, 200, _rng())
    assert drawn.std(0).min() > 0.05
    assert torch.allclose(drawn.mean(0), latents[44], atol=0.1)


def test_without_a_class_asked_for_each_is_drawn_as_often_as_it_has_paintings() -> None:
    latents, class_indices = _two_classes()
    drawn = sampling.sample_classes(latents, class_indices, 4000, _rng())
    assert (drawn.mean(1) > 0).double().mean().item() == pytest.approx(5 / 45, abs=0.02)
    assert (drawn.mean(1).abs() > 1).double().mean() > 0.98  # nothing lies between the classes


def test_a_class_without_paintings_is_refused() -> None:
    with pytest.raises(ValueError, match="class 7"):
        sampling.sample_class(*_two_classes(), 7, 1, _rng())
