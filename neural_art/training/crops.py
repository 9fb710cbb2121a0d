"""Random crops of the paintings, each remembered with its place and its latent."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from neural_art.models.encoder import Encoder
from neural_art.models.pixels import to_signed
from neural_art.recipe import LATENT_SIZE
from neural_art.training.augment import draw, resample
from neural_art.training.device import memory_of

MOST = 65536  # crops that are remembered
MOST_EACH = 16  # of a painting, on average
WHOLE = -1  # in place of a crop's seed: the whole painting
RESIDENT_SHARE = 1 / 4  # of a card's memory that the paintings may take; where they are more, they stay outside


def crop_box(size: int, whole: int, rng: torch.Generator | None) -> tuple[int, int, int, int]:
    """A random square part of a painting of ``whole`` px, of at least ``size`` px, as ``resample`` takes it; half of
    them are mirrored. Without ``rng``, the whole painting.
    """
    if rng is None:
        return 0, 0, whole, 0
    side = draw(min(size, whole), whole, rng)
    return draw(0, whole - side, rng), draw(0, whole - side, rng), side, draw(0, 1, rng)


def crop(
    paintings: Tensor,
    index: Tensor,
    size: int,
    rng: torch.Generator | None = None,
    device: str | torch.device | None = None,
) -> Tensor:
    """Pictures (n, 3, size, size) in [-1, 1] of ``paintings[index]``, which are (., 3, L, L) bytes.

    With ``rng`` each is a random part (see ``crop_box``), without it the whole painting. They are made on ``device``,
    or where the paintings are.
    """
    device = device or paintings.device
    boxes = torch.tensor([crop_box(size, paintings.shape[-1], rng) for _ in range(len(index))])
    return resample(to_signed(paintings[index.to(paintings.device)].to(device)), boxes.to(device), size)


class Crops:
    """The crops that a training shows: a painting and a seed each. Each crop is placed and encoded only once.

    ``paintings``: (n, 3, L, L) bytes. ``size``: side of the crops. ``device``: where they are made; the paintings are
    kept there, too, if they fit (or as ``resident`` says). The first n crops are the whole paintings.
    """

    def __init__(
        self, paintings: Tensor, size: int, device: str | torch.device = "cpu", *, resident: bool | None = None
    ) -> None:
        self._device = torch.device(device)
        memory = memory_of(self._device)
        fits = memory is None or paintings.nbytes <= RESIDENT_SHARE * memory
        self._resident = fits if resident is None else resident
        self.paintings = paintings.to(self._device) if self._resident else paintings
        self._size, n = size, len(paintings)
        self._crops = torch.stack([torch.arange(n), torch.full((n,), WHOLE)], dim=1)
        self._latents = torch.full((n, LATENT_SIZE), math.nan)
        self._boxes = torch.full((n, 4), math.nan)

    def __len__(self) -> int:
        return len(self._crops)

    @property
    def full(self) -> bool:
        """Whether there are enough crops of these paintings."""
        return len(self) >= min(MOST, MOST_EACH * len(self.paintings))

    @property
    def seeds(self) -> Tensor:
        """(m, 2): painting and seed of the crops that were added to the whole paintings."""
        return self._crops[len(self.paintings) :]

    def restore(self, seeds: Tensor) -> None:
        """Continue with the crops of an earlier sitting, whose latents are found again when they are asked for."""
        n = len(self.paintings)
        self._crops, self._latents, self._boxes = self._crops[:n], self._latents[:n], self._boxes[:n]
        self.add(seeds, torch.full((len(seeds), LATENT_SIZE), math.nan))

    def set_latents_of_paintings(self, latents: Tensor) -> None:
        """Remember the latents (n, LATENT_SIZE) of the whole paintings."""
        self._latents[: len(self.paintings)] = latents

    def new(self, count: int, rng: torch.Generator) -> Tensor:
        """``count`` crops that are not remembered yet: (count, 2), a painting and a seed each."""
        index = torch.randint(len(self.paintings), (count,), generator=rng)
        return torch.stack([index, torch.randint(2**62, (count,), generator=rng)], dim=1)

    def add(self, crops: Tensor, latents: Tensor) -> None:
        """Remember crops with their latents."""
        self._crops = torch.cat([self._crops, crops])
        self._latents = torch.cat([self._latents, latents])
        self._boxes = torch.cat([self._boxes, torch.full((len(crops), 4), math.nan)])

    def encode(self, crops: Tensor, encoder: Encoder) -> Tensor:
        """The latents (n, LATENT_SIZE), on the CPU, of rows (painting, seed)."""
        chosen, boxes = self._chosen(crops), self._placed(crops)
        return encoder(self.pictures(chosen.to(self._device), boxes.to(self._device))).cpu()

    def latents(self, index: Tensor, encoder: Encoder) -> Tensor:
        """The latents (n, LATENT_SIZE) of the crops with these numbers; those not known yet are encoded now."""
        unknown = index[self._latents[index, 0].isnan()].unique()
        if len(unknown):
            self._latents[unknown] = self.encode(self._crops[unknown], encoder)
        return self._latents[index]

    def drawn(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """The crops with these numbers, on the CPU, as ``pictures`` takes them."""
        unknown = index[self._boxes[index, 0].isnan()].unique()
        if len(unknown):
            self._boxes[unknown] = self._placed(self._crops[unknown])
        return self._chosen(self._crops[index]), self._boxes[index]

    def pictures(self, chosen: Tensor, boxes: Tensor) -> Tensor:
        """(n, 3, size, size) in [-1, 1]: the crops that ``drawn`` drew, once both tensors are on the device."""
        paintings = self.paintings.index_select(0, chosen) if self._resident else chosen
        return resample(to_signed(paintings), boxes, self._size)

    def _chosen(self, crops: Tensor) -> Tensor:
        """The paintings of these crops: their numbers, or their bytes where the device has no room for all of them."""
        numbers = crops[:, 0]
        return numbers if self._resident else self.paintings.index_select(0, numbers)

    def _placed(self, crops: Tensor) -> Tensor:
        """(n, 4): the boxes of these crops."""
        whole = self.paintings.shape[-1]
        boxes = [
            crop_box(self._size, whole, None if seed == WHOLE else torch.Generator().manual_seed(seed))
            for seed in crops[:, 1].tolist()
        ]
        return torch.tensor(boxes, dtype=torch.float32).view(-1, 4)
