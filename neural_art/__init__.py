"""neural_art: a small generative adversarial network that learns your paintings in minutes, without a GPU.

A trained run is an ``Explorer``: latents go in, pictures come out.

    >>> import torch
    >>> from neural_art import Explorer, Position
    >>> explorer = Explorer.open(run)                            # a run's folder, or a checkpoint file
    >>> explorer.latents.shape                                   # one row a painting: torch, (n, 256)
    torch.Size([12, 256])
    >>> pictures = explorer.paint(explorer.latents[:2])          # numpy, (2, size, size, 3) uint8, squares
    >>> pictures.shape, pictures.dtype
    ((2, 64, 64, 3), dtype('uint8'))
    >>> tensor = torch.from_numpy(pictures).permute(0, 3, 1, 2)  # torch, (2, 3, size, size) uint8
    >>> new = explorer.sample(torch.Generator().manual_seed(7), 4, truncation=0.7)  # (4, 256), around the paintings
    >>> between = explorer.interpolate(new[0], new[1], 0.5)      # (256,)
    >>> position = Position(origin="painting", a=3, amounts=(1.5,))  # painting 3, moved along the first slider
    >>> explorer.picture(position, enlarge=4).save(where)        # PIL, in the paintings' own aspect

An error that a person can put right is a ``NeuralArtError``; its sentence says how. Importing this package is quick:
PyTorch is loaded when a name that needs it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from neural_art.errors import NeuralArtError
    from neural_art.explore.explorer import Explorer
    from neural_art.explore.film import learning_film, loop_film
    from neural_art.explore.position import Position
    from neural_art.recipe import Budget, Recipe
    from neural_art.runs.run import Run
    from neural_art.runs.studio import Studio

__version__ = "0.2.0"

__all__ = [
    "Budget",
    "Explorer",
    "NeuralArtError",
    "Position",
    "Recipe",
    "Run",
    "Studio",
    "__version__",
    "learning_film",
    "loop_film",
]

_HOMES: Final = {
    "Budget": "recipe",
    "Explorer": "explore.explorer",
    "NeuralArtError": "errors",
    "Position": "explore.position",
    "Recipe": "recipe",
    "Run": "runs.run",
    "Studio": "runs.studio",
    "learning_film": "explore.film",
    "loop_film": "explore.film",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
