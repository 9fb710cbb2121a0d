"""Fruit for a still life: single, in bunches, in a bowl."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from neural_art.samples.scene import rgb
from neural_art.samples.table import Table

FRUITS: Final = ("apple", "orange", "lemon", "pear", "plum", "peach")


def fruit(table: Table, x: float, foot: float, size: float, kind: str) -> None:
    """One of ``FRUITS``, with its shadow."""
    scene, rng = table.scene, table.scene.rng
    table.rest(x, foot, size)
    middle = foot - size * 0.92
    if kind == "apple":
        own, blush = scene.pick(("b8322a", "d8743a"), ("8fae3f", "c9b84a"), ("c9a03a", "c4442f"), ("a02430", "7a1c2c"))
        table.ball(x, middle, size, rgb(own), tall=0.92, blush=rgb(blush), gloss=0.7)
        _stalk(table, x, middle - size * 0.78, size * 0.32, "4a3522")
    elif kind == "orange":
        table.ball(x, middle, size, rgb(scene.pick("e8852a", "ee9a33", "d9701f")), gloss=0.45)
    elif kind == "lemon":
        lean = rng.uniform(-0.5, 0.5)
        own = rgb(scene.pick("eecb3a", "f2d64f"))
        table.ball(x + math.cos(lean) * size * 1.08, foot - size * 0.78 + math.sin(lean) * size * 1.08, size * 0.2, own)
        table.ball(x, foot - size * 0.78, size * 1.12, own, tall=0.72, lean=lean, gloss=0.6)
    elif kind == "pear":
        own = rgb(scene.pick("c3b545", "a9ad45", "d4b04a"))
        lean = rng.uniform(-0.25, 0.25)
        table.ball(
            x + lean * size * 1.3, foot - size * 1.95, size * 0.52, own, tall=1.2, lean=lean, blush=rgb("c98a3f")
        )
        table.ball(x + lean * size * 0.6, foot - size * 1.4, size * 0.68, own, tall=1.1, gloss=0.1, blush=rgb("c98a3f"))
        table.ball(x, middle, size, own, tall=0.95, blush=rgb("c98a3f"), gloss=0.6)
        _stalk(table, x + lean * size * 1.5, foot - size * 2.5, size * 0.4, "4a3522")
    elif kind == "plum":
        table.ball(
            x,
            foot - size * 0.7,
            size * 0.75,
            rgb(scene.pick("4a2f5f", "5f2f55", "38305f")),
            gloss=0.5,
            blush=rgb("7a6f9c"),
        )
    else:  # a peach
        table.ball(x, middle, size * 0.95, rgb("e8a05a"), tall=0.95, blush=rgb("c9503f"), gloss=0.15)


def _stalk(table: Table, x: float, y: float, length: float, colour: str) -> None:
    """A short stalk upwards from (x, y)."""
    scene = table.scene
    bend = length * 0.4 * table.light
    thick = max(0.004, length * 0.13)
    corners = [(x - thick, y), (x + thick, y), (x + bend + thick, y - length), (x + bend - thick, y - length)]
    scene.polygon(corners, rgb(colour), math.pi / 2, 1.0)


def grapes(table: Table, x: float, foot: float, size: float) -> None:
    """A bunch of grapes."""
    scene, rng = table.scene, table.scene.rng
    own = rgb(scene.pick("4a3060", "7f9a4a", "5f2f4a", "3f4a7a", "a3b45f"))
    table.rest(x, foot, size * 1.6)
    for row in range(4):
        for place in range(5 - row):
            across = x + (place - (4 - row) / 2) * size * 0.62 + rng.uniform(-0.1, 0.1) * size
            table.ball(
                across,
                foot - size * (0.3 + row * 0.46),
                size * 0.36,
                own * rng.uniform(0.8, 1.15),
                gloss=0.65,
                fine=0.9,
            )


def bowl(table: Table, x: float, foot: float, size: float, kinds: Sequence[str]) -> None:
    """A bowl of fruit."""
    scene, rng = table.scene, table.scene.rng
    own = rgb(scene.pick("e8e4da", "3f5f8a", "b06a42", "7f8a6a", "d8c9a8", "8a3f35", "5f8a8f"))
    table.rest(x, foot, size * 1.1)
    top = foot - size * 0.62
    for row, count in ((0, 4), (1, 3), (2, 1)):
        for place in range(count):
            across = x + (place - (count - 1) / 2) * size * 0.48 + rng.uniform(-0.04, 0.04)
            size_of = size * rng.uniform(0.27, 0.33)
            _heaped(table, across, top - row * size * 0.34 - size * 0.08, size_of, scene.pick(*kinds))
    band = rgb("3f62a8") if own.mean() > 0.8 and rng.uniform() < 0.6 else None
    profile = ((0, 0.55), (0.08, 0.6), (0.14, 0.72), (0.5, 1.35), (0.85, 1.66), (1, 1.7))
    table.turned(x, foot, size * 0.7, profile, own, band=band, mouth=False)


def _heaped(table: Table, x: float, y: float, size: float, kind: str) -> None:
    """A fruit in a heap: its round body only, without stalk or shadow."""
    colours = {
        "apple": ("b8322a", "d8743a"),
        "orange": ("e8852a", "e8852a"),
        "lemon": ("eecb3a", "f2d64f"),
        "pear": ("b5b048", "c98a3f"),
        "plum": ("4a2f5f", "7a6f9c"),
        "peach": ("e8a05a", "c9503f"),
    }
    own, blush = colours[kind]
    table.ball(x, y, size, rgb(own), tall=0.95, blush=rgb(blush), gloss=0.55)
