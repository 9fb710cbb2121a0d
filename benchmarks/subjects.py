"""What is measured: a trained generator, whoever trained it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from benchmarks import sets
from benchmarks.rivals.rival import NoiseGenerator
from neural_art.explore.explorer import Explorer
from neural_art.models.checkpoint import Model
from neural_art.models.pixels import to_uint8
from neural_art.recipe import stored_size


class Subject(ABC):
    """A trained generator: latents in, pictures out. ``network`` is the generator, to count its parameters."""

    network: nn.Module
    class_names: tuple[str, ...] = ()

    @abstractmethod
    def sample(self, count: int, rng: torch.Generator, class_index: int | None = None) -> Tensor:
        """Latents of new pictures at truncation 1, (count, d); of one class if asked for."""

    @abstractmethod
    def interpolation(self, steps: int, rng: torch.Generator) -> Tensor:
        """Latents on the way from one random latent to another in ``steps`` steps, (steps + 1, d)."""

    @abstractmethod
    def paint(self, latents: Tensor) -> np.ndarray:
        """Pictures of latents: (n, size, size, 3) uint8."""

    def reconstruct(self, files: Sequence[Path]) -> np.ndarray | None:
        """What the generator makes of paintings' latents, (n, size, size, 3); None if it cannot find their latents."""
        return None


class ModelSubject(Subject):
    """A model of neural_art, as a person sees it: through ``Explorer``."""

    def __init__(self, model: Model) -> None:
        self.network = model.generator
        self.explorer = Explorer(model)
        self.class_names = self.explorer.class_names

    @classmethod
    def with_paintings(cls, model: Model, files: Sequence[Path]) -> ModelSubject:
        """A model with the latents that its encoder gives to these paintings, in place of its own."""
        encode = Explorer(model).encode
        squares = sets.read(files, stored_size(model.generator.size))
        return cls(replace(model, latents=torch.stack([encode(Image.fromarray(square)) for square in squares])))

    @property
    def latents(self) -> Tensor:
        """The latents of the paintings, (n, d)."""
        return self.explorer.latents

    def sample(self, count: int, rng: torch.Generator, class_index: int | None = None) -> Tensor:
        return self.explorer.sample(rng, count, class_index=class_index)

    def interpolation(self, steps: int, rng: torch.Generator) -> Tensor:
        a, b = self.latents[torch.randperm(len(self.latents), generator=rng)[:2]]
        return torch.stack([self.explorer.interpolate(a, b, t / steps) for t in range(steps + 1)])

    def paint(self, latents: Tensor) -> np.ndarray:
        return self.explorer.paint(latents)

    def reconstruct(self, files: Sequence[Path]) -> np.ndarray | None:
        side = sets.SIDE if self.explorer.size < sets.SIDE else 2 * self.explorer.size
        encoded = [self.explorer.encode(Image.fromarray(square)) for square in sets.read(files, side)]
        return self.paint(torch.stack(encoded))


class RivalSubject(Subject):
    """A rival's generator: pictures from noise. It has no classes and cannot tell where a painting lies."""

    def __init__(self, generator: NoiseGenerator) -> None:
        self.network = self.generator = generator.eval()

    def sample(self, count: int, rng: torch.Generator, class_index: int | None = None) -> Tensor:
        assert class_index is None
        return self.generator.noise(count, rng)

    def interpolation(self, steps: int, rng: torch.Generator) -> Tensor:
        a, b = self.generator.noise(2, rng)
        return torch.stack([torch.lerp(a, b, t / steps) for t in range(steps + 1)])

    @torch.inference_mode()
    def paint(self, latents: Tensor) -> np.ndarray:
        return np.concatenate([to_uint8(self.generator(part)) for part in latents.split(16)])
