"""What a training is asked to do: a ``Recipe`` says how, a ``Budget`` says for how long. Both are frozen and
checked."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

from neural_art.checks import Range, check_range, in_range
from neural_art.errors import RecipeError, SettingsError
from neural_art.processor import DEVICES, Processor

SIZES: Final = {"sketch": 64, "study": 128, "canvas": 256, "mural": 512}
"""Recipe name -> side of the pictures in pixels."""

MINUTES: Final[Range] = (0.05, 120.0)
"""The shortest and the longest training that may be asked for at once, in minutes, by anyone: page, terminal,
program."""

DEFAULT_MINUTES: Final = 5.0
"""The budget of who does not say how long, on a CPU."""

LATENT_SIZE: Final = 256
"""Numbers in a latent."""

MARGIN: Final = 1.25
"""Paintings are kept this much larger than the pictures, so that crops have something to move in."""

PRECISIONS: Final = ("auto", "float32", "bfloat16")
"""What networks may multiply in; "auto" takes what is measured to be faster on this machine."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How long a training may take in all: ``minutes``, or else optimiser ``steps``.

    With steps, the same recipe on the same machine gives the same weights. Raises ``RecipeError`` for neither or both,
    or a value that is not positive.
    """

    minutes: float | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise RecipeError("no-budget")
        if self.minutes is not None:
            check_range(RecipeError, "minutes", self.minutes, (1e-3, 1e6))
        if self.steps is not None:
            check_range(RecipeError, "steps", self.steps, (1, 10**9), whole=True)

    @classmethod
    def requested(cls, minutes: Any) -> Budget:
        """The budget that a person asks for at once. Raises ``RecipeError`` unless it lies within ``MINUTES``."""
        check_range(RecipeError, "minutes", minutes, MINUTES)
        return cls(minutes=float(minutes))

    @property
    def seconds(self) -> float | None:
        """The budget in seconds; None where it counts steps."""
        return None if self.minutes is None else 60 * self.minutes


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a training learns. Raises ``RecipeError`` for a value out of range.

    ``name``: sketch (64 px), study (128 px), canvas (256 px) or mural (512 px).
    ``batch``: pictures in a step; 0 lets the machine choose. ``generator_lr``, ``discriminator_lr``: learning rates at
    their highest (see ``training.schedule.learning_rate``).
    ``adversarial_weight``: of the adversarial loss against the reconstruction losses, at its highest.
    ``sampled_share``: the share of a batch that is painted from sampled latents (mixtures of three paintings' and
    points between two), for which there is nothing to reconstruct: they have the adversarial loss alone.
    ``reconstruction_warmup``: the fraction of the budget in which a training without a base, or on paintings that are
    out of the base's domain, has the reconstruction losses alone.
    ``ema_half_life``: of the moving average of the weights, as a fraction of the training so far; a fifth of that
    without a base, or on paintings that are out of its domain.
    ``base``: start from the shipped base model, where there is one; a run that branched from another starts from that.
    ``device``: where to learn, one of ``processor.DEVICES``; "auto" is the best that there is.
    ``precision``, ``threads``: "auto" and 0 let the machine measure what is fastest.
    """

    name: str = "canvas"
    seed: int = 0
    batch: int = 0
    generator_lr: float = 1e-3
    discriminator_lr: float = 4e-4
    adversarial_weight: float = 0.8
    sampled_share: float = 0.4
    reconstruction_warmup: float = 0.25
    ema_half_life: float = 0.25
    base: bool = True
    device: str = "auto"
    precision: str = "auto"
    threads: int = 0

    def __post_init__(self) -> None:
        if self.name not in SIZES:
            raise RecipeError("unknown", name=self.name, known=list(SIZES))
        check_range(RecipeError, "seed", self.seed, (0, 2**63 - 1), whole=True)
        if not in_range(self.batch, (0, 0), whole=True):
            check_range(RecipeError, "batch", self.batch, (2, 256), whole=True)
        check_range(RecipeError, "generator_lr", self.generator_lr, (1e-6, 0.1))
        check_range(RecipeError, "discriminator_lr", self.discriminator_lr, (1e-6, 0.1))
        check_range(RecipeError, "adversarial_weight", self.adversarial_weight, (0, 10))
        check_range(RecipeError, "sampled_share", self.sampled_share, (0, 0.9))
        check_range(RecipeError, "reconstruction_warmup", self.reconstruction_warmup, (0, 1))
        check_range(RecipeError, "ema_half_life", self.ema_half_life, (1e-3, 1))
        check_range(RecipeError, "threads", self.threads, (0, 1024), whole=True)
        if not isinstance(self.base, bool):
            raise RecipeError("not-a-truth", name="base", value=self.base)
        if self.device not in DEVICES:
            raise SettingsError("unknown-device", value=self.device, known=list(DEVICES))
        if self.precision not in PRECISIONS:
            raise RecipeError("unknown-precision", value=self.precision, known=list(PRECISIONS))

    @property
    def size(self) -> int:
        """Side of the pictures, in pixels."""
        return SIZES[self.name]

    @property
    def stored_size(self) -> int:
        """Side, in pixels, at which a training with this recipe wants its paintings."""
        return stored_size(self.size)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values; ``Recipe.from_json`` makes the same recipe of it."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Recipe:
        """The recipe that ``to_json`` wrote, here or in version 0.1 (as in the shipped base's settings).

        A setting that this version does not know raises ``RecipeError``.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        renamed = {_FORMER_NAMES.get(name, name): value for name, value in values.items() if name not in _FORMER_BUDGET}
        unknown = sorted(set(renamed) - known)
        if unknown:
            raise RecipeError("unknown-setting", name=unknown[0])
        return cls(**renamed)


def usual_minutes(processor: Processor) -> float:
    """The budget of who does not say how long, on ``processor``: a graphics card with memory of its own learns in less
    time."""
    return 2.0 if processor.memory else DEFAULT_MINUTES


def stored_size(size: int) -> int:
    """Side, in pixels, at which a training for pictures of ``size`` px wants its paintings."""
    return int(MARGIN * size)


_FORMER_BUDGET: Final = frozenset({"minutes", "steps"})  # were part of a recipe in version 0.1
_FORMER_NAMES: Final = {
    "generator_rate": "generator_lr",
    "discriminator_rate": "discriminator_lr",
    "adversarial": "adversarial_weight",
    "imagined": "sampled_share",
    "alone": "reconstruction_warmup",
    "averaging": "ema_half_life",
}
