"""The encoder: latents of pictures."""

import pytest
import torch

from neural_art.models.encoder import Encoder, describe
from neural_art.training.crops import crop


def test_latents_are_whitened_and_tell_pictures_apart(drawn_paintings: torch.Tensor) -> None:
    pictures = crop(drawn_paintings, torch.arange(len(drawn_paintings)), 64)
    encoder = Encoder()
    encoder.fit(describe(pictures))
    latents = encoder(pictures)
    used = latents.std(0) > 1e-3
    assert int(used.sum()) == len(pictures) - 1  # n pictures span n - 1 dimensions
    assert latents[:, used].std(0).max() == pytest.approx(1.0, abs=0.05)
    assert torch.cdist(latents, latents).fill_diagonal_(9).min() > 0.5


def test_a_set_of_one_colour_has_finite_latents() -> None:
    encoder = Encoder()
    encoder.fit(describe(torch.zeros(4, 3, 64, 64)))
    assert torch.isfinite(encoder(torch.zeros(1, 3, 64, 64))).all()
