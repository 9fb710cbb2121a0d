"""Random crops of the paintings, each remembered with its latent."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from neural_art.models.encoder import Encoder
from neural_art.models.pixels import to_signed
from neural_art.recipe import LATENT_SIZE
from neural_art.training.augment import Box, draw, resample

MOST = 65536  # crops that are remembered
MOST_EACH = 16  # of a painting, on average
WHOLE = -1  # in place of a crop's seed: the whole painting


def crop_box(size: int, whole: int, rng: torch.Generator | None) -> Box:
    """A random square part of a painting of ``whole`` px, of at least ``size`` px; half of them are mirrored.

    Without ``rng``, the whole painting.
    """
    if rng is None:
        return Box(0, 0, whole, False)
    side = draw(min(size, whole), whole, rng)
    return Box(draw(0, whole - side, rng), draw(0, whole - side, rng), side, bool(draw(0, 1, rng)))


def crop(paintings: Tensor, index: Tensor, size: int, rng: torch.Generator | None = None) -> Tensor:
    """Pictures (n, 3, size, size) in [-1, 1] of ``paintings[index]``, which are (., 3, L, L) bytes.

    With ``rng`` each is a random part (see ``crop_box``), without it the whole painting.
    """
    boxes = [crop_box(size, paintings.shape[-1], rng) for _ in range(len(index))]
    return resample(to_signed(paintings[index]), boxes, size)


class Crops:
    """The crops that a training shows: a painting and a seed each. Each crop is encoded only once.

    ``paintings``: (n, 3, L, L) bytes. ``size``: side of the crops. The first n crops are the whole paintings.
    """

    def __init__(self, paintings: Tensor, size: int, device: str = "cpu") -> None:
        self._paintings, self._size, self._device = paintings, size, device
        n = len(paintings)
        self._crops = torch.stack([torch.arange(n), torch.full((n,), WHOLE)], dim=1)
        self._latents = torch.full((n, LATENT_SIZE), math.nan)

    def __len__(self) -> int:
        return len(self._crops)

    @property
    def full(self) -> bool:
        """Whether there are enough crops of these paintings."""
        return len(self) >= min(MOST, MOST_EACH * len(self._paintings))

    @property
    def seeds(self) -> Tensor:
        """(m, 2): painting and seed of the crops that were added to the whole paintings."""
        return self._crops[len(self._paintings) :]

    def restore(self, seeds: Tensor) -> None:
        """Continue with the crops of an earlier sitting, whose latents are found again when they are asked for."""
        self._crops = torch.cat([self._crops[: len(self._paintings)], seeds])
        added = torch.full((len(seeds), LATENT_SIZE), math.nan)
        self._latents = torch.cat([self._latents[: len(self._paintings)], added])

    def set_latents_of_paintings(self, latents: Tensor) -> None:
        """Remember the latents (n, LATENT_SIZE) of the whole paintings."""
        self._latents[: len(self._paintings)] = latents

    def new(self, count: int, rng: torch.Generator) -> Tensor:
        """``count`` crops that are not remembered yet: (count, 2), a painting and a seed each."""
        index = torch.randint(len(self._paintings), (count,), generator=rng)
        return torch.stack([index, torch.randint(2**62, (count,), generator=rng)], dim=1)

    def add(self, crops: Tensor, latents: Tensor) -> None:
        """Remember crops with their latents."""
        self._crops = torch.cat([self._crops, crops])
        self._latents = torch.cat([self._latents, latents])

    def encode(self, crops: Tensor, encoder: Encoder) -> Tensor:
        """The latents (n, LATENT_SIZE), on the CPU, of rows (painting, seed)."""
        return encoder(self._pictures(crops)).cpu()

    def latents(self, index: Tensor, encoder: Encoder) -> Tensor:
        """The latents (n, LATENT_SIZE) of the crops with these numbers; those not known yet are encoded now."""
        unknown = index[self._latents[index, 0].isnan()].unique()
        if len(unknown):
            self._latents[unknown] = self.encode(self._crops[unknown], encoder)
        return self._latents[index]

    def pictures(self, index: Tensor) -> Tensor:
        """(n, 3, size, size) in [-1, 1]: the crops with these numbers."""
        return self._pictures(self._crops[index])

    def _pictures(self, crops: Tensor) -> Tensor:
        whole = self._paintings.shape[-1]
        boxes = [
            crop_box(self._size, whole, None if seed == WHOLE else torch.Generator().manual_seed(seed))
            for seed in crops[:, 1].tolist()
        ]
        return resample(to_signed(self._paintings[crops[:, 0]].to(self._device)), boxes, self._size)
