"""The names in a saved training: those of today for one that version 0.1 saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from torch import Tensor

_TENSORS: Final = {  # the first part of a tensor's name
    "generator_optimiser": "generator_optimizer",
    "discriminator_optimiser": "discriminator_optimizer",
    "chance": "rng",
    "opponent1": "critic1",
    "opponent1_optimiser": "critic1_optimizer",
}
_STATE: Final = {"walls": "sample_grids", "machine": "compute", "strange": "out_of_domain"}


def current_names(tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """``tensors`` and ``state`` of a ``Saved`` event, read from disk, under the names that this version writes."""

    def renamed(name: str) -> str:
        first, dot, rest = name.partition(".")
        return _TENSORS.get(first, first) + dot + rest

    return (
        {renamed(name): tensor for name, tensor in tensors.items()},
        {_STATE.get(name, name): value for name, value in state.items()},
    )
