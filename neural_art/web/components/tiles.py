"""Rows of small pictures to choose from."""

from __future__ import annotations

from typing import Any, Literal

from neural_art.web.components.base import CustomComponent

Purpose = Literal["own", "sixteen", "kept", "slot", "film"]


class Tiles(CustomComponent):
    """Pictures of what is explored: the module knows of the stage what there is to show.

    The value, which stays, is what they are for: "own" (the run's paintings, to start from), "sixteen" (new pictures),
    "kept" (favourites), "slot" (the paintings, for an end of the morph), "film" (the paintings, chosen in order).
    """

    file = "tiles"

    def __init__(self, value: Purpose | None = None, **options: Any) -> None:
        super().__init__(value, **{"elem_classes": f"tiles-{value}", **options})
