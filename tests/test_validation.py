"""Validation of models, and keeping the best."""

from pathlib import Path

import pytest
import torch
from torch import nn

from neural_art.models import checkpoint
from neural_art.models.checkpoint import Model
from neural_art.training.crops import crop
from neural_art.training.validation import ValidationKID, keep_best
from tests.untrained import model_of


@pytest.fixture
def model(drawn_paintings: torch.Tensor) -> Model:
    return model_of(torch.randn(len(drawn_paintings), 256, generator=torch.Generator().manual_seed(0)))


@pytest.fixture(scope="module")
def validation(drawn_paintings: torch.Tensor) -> ValidationKID:
    return ValidationKID(drawn_paintings, 64, pictures=12, kept_latents=8)


class Printer(nn.Module):
    """Paints what it was given, again and again."""

    def __init__(self, pictures: torch.Tensor) -> None:
        super().__init__()
        self.pictures, self.size = pictures, pictures.shape[-1]

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.pictures[torch.arange(len(latents)) % len(self.pictures)]


def test_pictures_like_the_paintings_are_better(
    drawn_paintings: torch.Tensor, model: Model, validation: ValidationKID
) -> None:
    like = crop(drawn_paintings, torch.arange(len(drawn_paintings)), 64)
    found = []
    for pictures in (like, torch.zeros_like(like)):
        model.generator = Printer(pictures)  # type: ignore[assignment]
        found.append(validation(model))
    assert found[0] < 0.1 * found[1]


def test_a_model_is_validated_with_as_many_latents_as_are_shipped(model: Model, validation: ValidationKID) -> None:
    found = validation(model)
    model.latents = model.latents[torch.linspace(0, 11, 8).round().long()]
    assert validation(model) == pytest.approx(found, rel=1e-6)


def test_only_a_better_model_takes_the_place_of_the_best(model: Model, tmp_path: Path) -> None:
    best = tmp_path / "best.safetensors"
    for kid, remains in ((-1.0, True), (1e6, False)):
        checkpoint.write(best, model.tensors(), {**model.settings, "kid": kid})
        keep_best(best, model, lambda _: 5.0)
        assert (checkpoint.read(best)[1]["kid"] == kid) == remains


@pytest.mark.parametrize("liked", [0.0, 1.0, 2.0])
def test_the_best_may_be_the_mean_of_two(liked: float, model: Model, tmp_path: Path) -> None:
    best = tmp_path / "best.safetensors"
    for weight in (0.0, 2.0):
        nn.init.constant_(model.generator.first.bias, weight)
        keep_best(best, model, lambda each: abs(each.generator.first.bias[0].item() - liked))
    kept = Model.open(best)
    assert kept.generator.first.bias[0] == liked
    assert kept.settings["kid"] == 0
