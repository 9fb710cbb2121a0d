"""What a training step is shown: crops of the paintings, their latents, and sampled latents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from neural_art.models import sampling
from neural_art.models.encoder import Encoder
from neural_art.recipe import Recipe
from neural_art.training.augment import Augmentation, draw_colours, draw_windows
from neural_art.training.crops import Crops
from neural_art.training.step import Shard, Shown

SEEN = {64: 64, 128: 96, 256: 160, 512: 256}
"""Picture size -> side of the windows that the feature network sees."""

CROPS_AT_ONCE, CROPS_EVERY = 16, 16  # crops encoded together, and steps from one time to the next

Map = Callable[[Callable[[Tensor], Tensor], Sequence[Tensor]], list[Tensor]]
"""Does some work on each of several tensors, perhaps side by side."""


class Batches:
    """Draws the shards of a step from ``crops`` and from ``latents`` (n, LATENT_SIZE) of the paintings.

    ``class_indices``: (n,), or None; new latents are sampled class by class. All draws come from ``rng``.
    ``device``: where the networks learn. On a CPU all pictures of a shard are seen through one window, which is faster.
    """

    def __init__(
        self,
        recipe: Recipe,
        crops: Crops,
        latents: Tensor,
        class_indices: Tensor | None,
        encoder: Encoder,
        rng: torch.Generator,
        device: torch.device,
    ) -> None:
        self._recipe, self._crops, self._latents, self._class_indices = recipe, crops, latents, class_indices
        self._encoder, self._rng = encoder, rng
        self._one_window = device.type == "cpu"

    def shard(self, count: int, *, contested: bool) -> Shard:
        """What one thread sees: random crops, and latents of which a share is sampled if there is a discriminator."""
        size = self._recipe.size
        sampled = min(count - 1, round(count * self._recipe.sampled_share)) if contested else 0
        reconstructed = count - sampled
        index = torch.randint(len(self._crops), (count,), generator=self._rng)
        latents = torch.cat(
            [
                self._crops.latents(index[:reconstructed], self._encoder),
                self.sample(sampled // 2, self._rng),
                sampling.sample_between(self._latents, sampled - sampled // 2, self._rng),
            ]
        )
        windows = draw_windows(1 if self._one_window else count, size, SEEN[size], self._rng)
        drawn = (latents, *self._crops.drawn(index), windows, draw_colours(count, self._rng))
        return Shard(drawn, self._shown, reconstructed)

    def _shown(self, drawn: Sequence[Tensor]) -> Shown:
        latents, chosen, boxes, windows, colours = drawn
        augmentation = Augmentation.of(windows, colours, self._recipe.size, SEEN[self._recipe.size])
        return Shown(self._crops.pictures(chosen, boxes), latents, augmentation)

    def sample(self, count: int, rng: torch.Generator, truncation: float = 1.0) -> Tensor:
        """``count`` new latents, (count, LATENT_SIZE)."""
        if self._class_indices is None:
            return sampling.sample(self._latents, count, rng, truncation)
        return sampling.sample_classes(self._latents, self._class_indices, count, rng, truncation)

    def add_crops(self, step: int, batch: int, shards: int, side_by_side: Map) -> None:
        """Every ``CROPS_EVERY`` steps, encodes some more crops, until there are enough."""
        if step % CROPS_EVERY or self._crops.full:
            return
        new = self._crops.new(max(CROPS_AT_ONCE, batch), self._rng)
        latents = side_by_side(lambda crops: self._crops.encode(crops, self._encoder), new.split(len(new) // shards))
        self._crops.add(new, torch.cat(latents))
