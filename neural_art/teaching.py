"""How a base model is taught to learn fast: the settings of ``runs.teach``. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from neural_art.recipe import Recipe

ENDS: Final = ("averaged", "last")
"""What the base's generator is moved to: the ``averaged`` weights of a training, which are what a person gets of it, or
the weights after its ``last`` step, as in the paper (arXiv 1803.02999)."""


def _usual_recipe() -> Recipe:
    return Recipe(name="study", batch=16)  # of a person's training on a CPU, wherever the base is taught


@dataclass(frozen=True, kw_only=True)
class Teaching:
    """Reptile's settings.

    ``recipe``, ``steps``: of the trainings that are the inner loop; five minutes of two CPU cores are some 300 steps.
    ``rate``: the share of the way that the first outer step goes (see ``reptile.outer_rate``). ``painters``: in an
    outer step. ``end``: where it goes, one of ``ENDS``. ``least``: works that a painter must have. ``most``: works that
    a training sees, a random choice each time. ``one_in``: one painter in so many is held out. ``every``: outer steps
    between two validations.
    """

    recipe: Recipe = field(default_factory=_usual_recipe)
    steps: int = 300
    rate: float = 0.25
    painters: int = 1
    end: str = ENDS[0]
    least: int = 20
    most: int = 100
    one_in: int = 9
    every: int = 100
