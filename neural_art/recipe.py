"""What a training is asked to do: a frozen ``Recipe``, checked when it is made."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Final

from neural_art.errors import RecipeError

SIZES: Final = {"sketch": 64, "study": 128, "canvas": 256}
"""Recipe name -> side of the pictures in pixels."""

MINUTES: Final = (1.0, 120.0)
"""The shortest and the longest training that may be asked for at once, in minutes."""

LATENT_SIZE: Final = 256
"""Numbers in a latent."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The settings of one training. Raises ``RecipeError`` for a value out of range.

    ``name``: sketch (64 px), study (128 px) or canvas (256 px).
    ``minutes``: the budget; every schedule runs on the fraction of it that has passed.
    ``steps``: when given, the budget is this many optimiser steps instead, and the same seed on the
    same machine gives the same weights.
    ``adversarial``: weight of the discriminator's opinion against the likeness to the paintings, at its highest.
    ``imagined``: the share of a batch that is painted from latents between and around the paintings
    (crosses of three and half-way), judged by the discriminator alone.
    ``alone``: without a base, or on paintings that are nothing like the base's, the fraction of the budget in which
    likeness to the paintings leads alone.
    ``averaging``: the half-life of the moving average of the weights, as a fraction of the training so far; a fifth of
    that without a base, or on paintings that are nothing like the base's.
    ``base``: start from the shipped base model, where there is one; a run that branched from another starts from that.
    ``precision``, ``threads``: "auto" and 0 let the machine measure what is fastest.
    """

    name: str = "study"
    minutes: float = 5.0
    seed: int = 0
    steps: int | None = None
    batch: int = 16
    generator_rate: float = 5e-4
    discriminator_rate: float = 2e-4
    adversarial: float = 0.8
    imagined: float = 0.4
    alone: float = 0.25
    averaging: float = 0.25
    base: bool = True
    precision: str = "auto"
    threads: int = 0

    def __post_init__(self) -> None:
        if self.name not in SIZES:
            raise RecipeError(f"There is no recipe called {self.name!r}. Choose one of {', '.join(SIZES)}.")
        _within("minutes", self.minutes, 0.01, MINUTES[1] * 100)
        _within("seed", self.seed, 0, 2**63 - 1, whole=True)
        if self.steps is not None:
            _within("steps", self.steps, 1, 10**9, whole=True)
        _within("batch", self.batch, 2, 256, whole=True)
        _within("generator_rate", self.generator_rate, 1e-6, 0.1)
        _within("discriminator_rate", self.discriminator_rate, 1e-6, 0.1)
        _within("adversarial", self.adversarial, 0, 10)
        _within("imagined", self.imagined, 0, 0.9)
        _within("alone", self.alone, 0, 1)
        _within("averaging", self.averaging, 1e-3, 1)
        _within("threads", self.threads, 0, 1024, whole=True)
        if not isinstance(self.base, bool):
            raise RecipeError(f"base is {self.base!r}. It must be true or false.")
        if self.precision not in ("auto", "float32", "bfloat16"):
            raise RecipeError(f"{self.precision!r} is not a precision. Choose auto, float32 or bfloat16.")

    @property
    def size(self) -> int:
        """Side of the pictures, in pixels."""
        return SIZES[self.name]

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values; ``Recipe.from_json`` makes the same recipe of it."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Recipe:
        """The recipe that ``to_json`` wrote. A setting that this version does not know raises ``RecipeError``."""
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise RecipeError(
                f"There is a setting {unknown[0]!r} that is not known here. Update neural_art to open it."
            )
        return cls(**values)


def _within(name: str, value: float, low: float, high: float, *, whole: bool = False) -> None:
    kind = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind) or not math.isfinite(value) or not low <= value <= high:
        number = "a whole number" if whole else "a number"
        raise RecipeError(f"{name} is {value!r}. It must be {number} from {low:g} to {high:g}.")
