"""Reptile's outer step, and where an inner loop ends."""

import pytest
import torch
from torch import Tensor, nn

from neural_art.events import Saved
from neural_art.models.checkpoint import Model
from neural_art.recipe import Budget, Recipe
from neural_art.training.reptile import end_of, move, outer_rate
from neural_art.training.trainer import Training
from tests.untrained import model_of


def weights(network: nn.Module) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


@pytest.fixture
def models() -> list[Model]:
    """A base, and two ends of trainings."""
    return [model_of(torch.randn(5, 256), seed=seed) for seed in range(3)]


def test_the_base_goes_a_share_of_the_way_to_the_mean_of_the_ends(models: list[Model]) -> None:
    base, *ends = models
    generators = torch.stack([weights(model.generator) for model in models])
    heads = torch.stack([weights(model.discriminator.heads) for model in models])
    distance = move(base, ends, 0.25)
    for moved, (before, *after) in ((base.generator, generators), (base.discriminator.heads, heads)):
        mean = torch.stack(after).mean(0)
        assert torch.allclose(weights(moved), before + 0.25 * (mean - before), atol=1e-6)
    away = generators[1:].mean(0) - generators[0]
    assert distance == pytest.approx(float(away.norm() / generators[0].norm()), rel=1e-4)
    assert torch.equal(weights(ends[0].generator), generators[1])


def test_the_encoder_the_latents_and_the_fixed_projections_stay(models: list[Model]) -> None:
    base, *ends = models
    ends[0].encoder.mean += 1  # as a training does for a set that is out of the base's domain
    before = base.tensors()
    move(base, ends, 1.0)
    moved = {name for name, tensor in base.tensors().items() if not torch.equal(tensor, before[name])}
    assert moved
    assert {name.split(".")[0] for name in moved} == {"generator", "discriminator"}
    assert {name.split(".")[1] for name in moved if name.startswith("discriminator")} == {"heads"}


def test_the_rate_falls_linearly_to_nothing() -> None:
    assert [outer_rate(progress, 0.4) for progress in (0, 0.25, 0.5, 1, 1.1)] == pytest.approx([0.4, 0.3, 0.2, 0, 0])


def test_a_training_ends_at_its_average_or_at_its_last_step(drawn_paintings: Tensor) -> None:
    recipe = Recipe(name="sketch", batch=4, threads=1, precision="float32")
    base = model_of(torch.randn(12, 256))
    training = Training(drawn_paintings, recipe, Budget(steps=3), base=base)
    (saved,) = [event for event in training.run() if isinstance(event, Saved)]
    networks = training.networks
    for end, generator in (("averaged", networks.averaged), ("last", networks.generator)):
        found = end_of(saved, end)
        assert torch.equal(weights(found.generator), weights(generator))
        assert torch.equal(weights(found.discriminator.heads), weights(networks.discriminator.heads))
    assert not torch.equal(weights(networks.averaged), weights(networks.generator))
