"""Models that nobody trained. No tests."""

from __future__ import annotations

from typing import Any

import torch

from neural_art.models.checkpoint import FORMAT, Model
from neural_art.models.discriminator import Discriminator
from neural_art.models.encoder import Encoder
from neural_art.models.generator import Generator


def model_of(latents: torch.Tensor, *, seed: int = 3, size: int = 64, **settings: Any) -> Model:
    """A model of ``size`` px for these latents (n, 256) of paintings, the same for the same seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        networks = Generator(size), Discriminator(), Encoder()
    return Model(*networks, latents, {"format": FORMAT, "size": size, **settings})
