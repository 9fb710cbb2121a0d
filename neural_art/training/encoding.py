"""The latents of a set of paintings, and whether the set lies within what the base model knows."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from neural_art.models.encoder import Encoder, describe
from neural_art.training.crops import crop
from neural_art.training.device import thread_pool

VIEWS = (512, 6000)  # views of the paintings that an encoder is fitted to, at least and at most
FARTHEST = 0.9  # quantile of the base's own paintings beyond which a set may be out of its domain


class Encoded(NamedTuple):
    """The latents (n, LATENT_SIZE) of a set, and whether it is out of the base's domain."""

    latents: Tensor
    out_of_domain: bool


def encode_paintings(
    paintings: Tensor,
    encoder: Encoder,
    size: int,
    *,
    base_latents: Tensor | None,
    rng: torch.Generator,
    threads: int,
    device: torch.device,
) -> Encoded:
    """Gives every painting (n, 3, L, L), bytes, its latent; without a base, fits the encoder to them first.

    ``base_latents``: of the base model's own paintings. A set whose paintings are farther from the middle of those than
    nine in ten of them are, and whose own middle is farther from it than its paintings are from that, is out of the
    base's domain: the generator has never painted there, and would have to unlearn more than it can use. Its encoder is
    shifted in place, so that the set lies around the middle of what the base knows.
    """
    n = len(paintings)

    def descriptions(index: Tensor, crops_rng: torch.Generator | None) -> Tensor:
        def described(part: Tensor) -> Tensor:
            return describe(crop(paintings, part, size, crops_rng, device))

        if not len(index):
            return torch.empty(0, len(encoder.mean), device=device)
        if crops_rng is not None or threads == 1 or device.type != "cpu":  # one order of draws from the generator
            return torch.cat([described(part) for part in index.split(16)])
        with thread_pool(threads) as pool:
            return torch.cat(list(pool.map(described, index.split(16))))

    if base_latents is None:
        whole = torch.randperm(n, generator=rng)[: VIEWS[1]]
        parts = torch.arange(max(0, min(VIEWS[0], 8 * n) - n)) % n
        encoder.fit(torch.cat([descriptions(whole, None), descriptions(parts, rng)]))
    latents, total = [], torch.zeros_like(encoder.mean)
    for index in torch.arange(n).split(256):
        described = descriptions(index, None)
        latents.append(encoder.project(described).cpu())
        total += described.sum(0)
    found = torch.cat(latents)
    if base_latents is None:
        return Encoded(found, out_of_domain=True)
    middle = found.mean(0)
    far = found.norm(dim=1).mean() > base_latents.norm(dim=1).quantile(FARTHEST)
    if not (far and middle.norm() > (found - middle).norm(dim=1).mean()):
        return Encoded(found, out_of_domain=False)
    encoder.mean.copy_(total / n)
    return Encoded(found - middle, out_of_domain=True)
