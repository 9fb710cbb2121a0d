"""Validation of a model by KID, and keeping the best of a training."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from neural_art.models import checkpoint, sampling
from neural_art.models.checkpoint import Model
from neural_art.models.pixels import to_uint8
from neural_art.training.crops import crop
from neural_art.training.metrics import features, kid, spread_out

PICTURES = 512  # that are sampled, and as many paintings that they are compared with
KEPT_LATENTS = 512  # of the paintings' latents, as many are shipped: enough to sample new ones from


class Validation(Protocol):
    """Tells how good a model is: less is better."""

    def __call__(self, model: Model) -> float: ...


class ValidationKID:
    """How far a model's pictures are from ``paintings``, bytes (n, 3, L, L), looked at at ``size`` pixels.

    The kernel distance (x 1000) of ``pictures`` new pictures from as many paintings: less is better. It looks through a
    network that the training does not look through (see ``metrics``). ``kept_latents``: as many as a shipped model has,
    so that a model is validated as it will be shipped. ``device``: where that is computed.
    """

    def __init__(
        self,
        paintings: Tensor,
        size: int,
        *,
        pictures: int = PICTURES,
        kept_latents: int = KEPT_LATENTS,
        device: str = "cpu",
    ) -> None:
        self._pictures, self._kept_latents, self._device = pictures, kept_latents, device
        index = spread_out(len(paintings), pictures)
        self._paintings = features(to_uint8(crop(paintings, index, size)), device=device)

    def __call__(self, model: Model) -> float:
        own = model.latents[spread_out(len(model.latents), self._kept_latents)]
        latents = sampling.sample(own, self._pictures, torch.Generator().manual_seed(0))
        generator = copy.deepcopy(model.generator).eval().to(self._device)
        with torch.inference_mode():
            parts = [to_uint8(generator(part.to(self._device))) for part in latents.split(16)]
        return 1000 * kid(self._paintings, features(np.concatenate(parts), device=self._device))


def keep_best(path: Path, model: Model, validation: Validation) -> None:
    """Keeps in ``path`` whichever is best: what is there, ``model``, or the mean of both generators.

    The mean of two ends of a training is often better than either (model soups: Wortsman et al. 2022,
    arXiv 2203.05482).
    """
    candidates, best = [model], math.inf
    if path.exists():
        kept = Model.open(path)
        best = kept.settings["kid"]
        candidates.append(mean_of(model, kept))
    for candidate in candidates:
        found = validation(candidate)
        if found < best:
            best = found
            checkpoint.write(path, candidate.tensors(), {**candidate.settings, "kid": round(found, 2)})


def mean_of(model: Model, other: Model) -> Model:
    """``model`` with a generator half-way to that of ``other``."""
    generator = copy.deepcopy(model.generator)
    with torch.no_grad():
        for own, theirs in zip(generator.parameters(), other.generator.parameters(), strict=True):
            own.lerp_(theirs, 0.5)
    return replace(model, generator=generator, settings={**model.settings, "averaged": True})
