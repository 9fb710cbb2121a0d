"""Reptile: a base that a short training carries far (Nichol et al. 2018, arXiv 1803.02999).

The inner loop is a training on the works of one painter. The outer step moves the base some of the way to where such
trainings ended, so that the next one, of whichever painter, begins nearer to its end.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from neural_art.events import Saved
from neural_art.models.checkpoint import Model, weights_of


def end_of(saved: Saved, end: str) -> Model:
    """The model that a training ended with, on the CPU; its generator is one of ``teaching.ENDS``, its heads are
    those after the last step."""
    model = Model.from_tensors(saved.checkpoint, saved.settings)
    if end == "last":
        model.generator.load_state_dict(weights_of(saved.training, "current"))
    return model


def outer_rate(progress: float, highest: float) -> float:
    """The share of the way that an outer step goes: it falls linearly from ``highest`` to 0."""
    return highest * max(0.0, 1 - progress)


@torch.no_grad()
def move(base: Model, ends: Sequence[Model], rate: float) -> float:
    """Moves the generator and the heads of ``base``, in place, by ``rate`` of the way to the mean of ``ends``.

    The encoder stays: a training shifts its copy for a set that is out of the base's domain, and that is this set's
    alone. Returns how far the generator is from that mean before it moves, in shares of the length of its weights.
    """
    moved = [_learned(model) for model in (base, *ends)]
    means = [torch.stack(list(ended)).mean(0) for ended in zip(*moved[1:], strict=True)]
    generator = len(list(base.generator.parameters()))
    away = [mean - own for mean, own in zip(means, moved[0], strict=True)]
    distance = _length(away[:generator]) / _length(moved[0][:generator])
    torch._foreach_lerp_(moved[0], means, rate)
    norms = zip(base.discriminator.buffers(), ends[-1].discriminator.buffers(), strict=True)
    for own, found in norms:  # estimates of the heads' spectral norms, which no step learns
        own.copy_(found)
    return distance


def _learned(model: Model) -> list[Tensor]:
    networks: tuple[nn.Module, ...] = (model.generator, model.discriminator.heads)
    return [parameter for network in networks for parameter in network.parameters()]


def _length(tensors: Sequence[Tensor]) -> float:
    return float(torch.stack([tensor.square().sum() for tensor in tensors]).sum().sqrt())
