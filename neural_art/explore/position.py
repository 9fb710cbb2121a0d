"""Where a person stands in the latent space, in plain numbers: it travels through a browser, a file or a PNG."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from neural_art.checks import Range, brief, check_range
from neural_art.errors import ExploreError

ORIGINS: Final = ("seed", "painting", "morph")
"""Where a position starts from."""

SLIDERS: Final = 8
"""Directions that an explorer offers at most."""

AMOUNTS: Final[Range] = (-4.0, 4.0)
"""How far a slider goes along its direction, in standard deviations."""

TRUNCATION: Final[Range] = (0.0, 1.5)
"""The range of the truncation: 0 is the mean of the paintings, 1 their own spread."""

DEFAULT_TRUNCATION: Final = 0.7
"""The truncation of new pictures for who does not choose one."""

_SEED: Final[Range] = (0, 2**53 - 1)  # the whole numbers that a browser keeps exact
_INDEX: Final[Range] = (0, 2**31 - 1)


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a person stands in the latent space. Raises ``ExploreError`` for a value out of range.

    ``origin``: "seed" starts from the random latent that ``seed`` stands for, "painting" from the latent of painting
    ``a``, "morph" from the point ``t`` (0 to 1) on the way from painting ``a`` to ``b``. What the origin does not need
    is ignored. ``class_index``: with "seed", the class that the random latent is sampled from, an index into
    ``Explorer.class_names``; None is any.
    ``amounts``: up to 8 offsets along the directions, in standard deviations, -4 to 4.
    ``truncation``: 0 to 1.5; below 1 the origin is pulled towards the mean of the paintings, above it is exaggerated.
    """

    origin: str = "seed"
    seed: int = 0
    a: int = 0
    b: int = 0
    t: float = 0.0
    amounts: tuple[float, ...] = ()
    truncation: float = 1.0
    class_index: int | None = None

    def __post_init__(self) -> None:
        if self.origin not in ORIGINS:
            raise ExploreError("unknown-origin", value=brief(self.origin), known=list(ORIGINS))
        check_range(ExploreError, "seed", self.seed, _SEED, whole=True)
        check_range(ExploreError, "a", self.a, _INDEX, whole=True)
        check_range(ExploreError, "b", self.b, _INDEX, whole=True)
        check_range(ExploreError, "t", self.t, (0, 1))
        if self.class_index is not None:
            check_range(ExploreError, "class_index", self.class_index, _INDEX, whole=True)
        check_range(ExploreError, "truncation", self.truncation, TRUNCATION)
        if not isinstance(self.amounts, tuple) or len(self.amounts) > SLIDERS:
            raise ExploreError("bad-amounts", value=brief(self.amounts), most=SLIDERS)
        for amount in self.amounts:
            check_range(ExploreError, "amounts", amount, AMOUNTS)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values; ``Position.from_json`` makes the same position of it."""
        return {**dataclasses.asdict(self), "amounts": list(self.amounts)}

    @classmethod
    def from_json(cls, values: Any) -> Position:
        """The position that ``to_json`` wrote, or that a browser sent: everything is checked. Raises ``ExploreError``.

        What is left out has its default. Whole numbers may come as 3 or as 3.0.
        """
        if not isinstance(values, Mapping):
            raise ExploreError("not-a-position", value=brief(values))
        unknown = [name for name in values if name not in cls.__dataclass_fields__]
        if unknown:
            raise ExploreError("unknown-setting", name=brief(unknown[0]))
        plain = {**values}
        for name in ("seed", "a", "b", "class_index"):
            if isinstance(plain.get(name), float) and plain[name].is_integer():
                plain[name] = int(plain[name])
        if isinstance(plain.get("amounts"), list):
            plain["amounts"] = tuple(plain["amounts"])
        return cls(**plain)
