"""A vase of flowers: roses, tulips, daisies or sunflowers."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from neural_art.samples.scene import Array, rgb
from neural_art.samples.table import Table


def bouquet(table: Table, x: float, foot: float, size: float, kind: str) -> None:
    """A vase with flowers."""
    scene, rng = table.scene, table.scene.rng
    own = rgb(scene.pick("e6e0d2", "4a6f9c", "3f7f7a", "b5623a", "c9a45a", "6a4f6f", "9ab0b5"))
    vase = size * 0.48
    table.rest(x, foot, vase * 0.42)
    top = foot - vase
    heads = []
    for _ in range(int(rng.integers(10, 18))):
        around = rng.uniform(math.pi * 1.03, math.pi * 1.97)
        out = math.sqrt(rng.uniform(0.08, 1)) * size
        heads.append((x + 0.52 * out * math.cos(around), top - 0.06 * size + 0.42 * out * math.sin(around)))
    heads.sort(key=lambda head: head[1])
    sheet = Image.new("L", (scene.width, scene.height))
    pen = ImageDraw.Draw(sheet)
    for head_x, head_y in heads:
        pen.line(
            [side * scene.height for side in (x, top + 0.02, head_x, head_y)],
            fill=255,
            width=max(2, scene.height // 130),
        )
    scene.lay(np.asarray(sheet, np.float32) / 255, rgb("4a6b3a"), fine=0.7)
    for _ in range(30):
        leaf_x, leaf_y = heads[int(rng.integers(len(heads)))]
        t = rng.uniform(0.3, 0.85)
        place = (
            x + (leaf_x - x) * t + rng.uniform(-0.05, 0.05),
            top + (leaf_y - top) * t + rng.uniform(-0.03, 0.03),
        )
        green = rgb(scene.pick("3f6b3f", "5a8a4a", "2f5a48", "7a9a52"))
        table.ball(*place, size * 0.05, green, tall=2.2, lean=rng.uniform(-1.4, 1.4), gloss=0.15)
    palette = scene.pick(
        ("d8506a", "e88aa0", "f4d8dc"),
        ("f2c23a", "e8952a", "f7e07a"),
        ("f4f0e6", "f7e8c4", "e8d8e8"),
        ("6a5ab5", "8f7fd0", "c9b8e8"),
        ("c9342f", "e0603a", "f0a05a"),
        ("e88aa0", "f2c23a", "7f8fd8"),
        ("4a7fc0", "f4f0e6", "f2c23a"),
    )
    profile = scene.pick(
        ((0, 0.24), (0.1, 0.3), (0.45, 0.42), (0.75, 0.28), (0.9, 0.2), (1, 0.26)),
        ((0, 0.2), (0.5, 0.26), (1, 0.34)),
        ((0, 0.3), (0.3, 0.44), (0.6, 0.4), (0.85, 0.2), (1, 0.24)),
    )
    band = rgb(scene.pick("3f62a8", "b5623a")) if rng.uniform() < 0.4 else None
    table.turned(x, foot, vase, profile, own, band=band)
    for head_x, head_y in heads:
        _bloom(table, head_x, head_y, size * rng.uniform(0.075, 0.115), rgb(scene.pick(*palette)), kind)
    if rng.uniform() < 0.7:
        fallen = x + rng.uniform(0.2, 0.4) * scene.pick(-1, 1)
        _bloom(table, fallen, foot + 0.03, size * 0.07, rgb(scene.pick(*palette)), kind)


def _bloom(table: Table, x: float, y: float, size: float, own: Array, kind: str) -> None:
    """One flower seen from the front, with the radius ``size``."""
    rng = table.scene.rng
    if kind == "roses":
        table.ball(x, y, size, own, gloss=0, fine=0.85)
        for ring in range(5):
            around = ring * 2.4 + rng.uniform(0, 0.5)
            out = size * 0.5 * (1 - ring / 7)
            tone = own * (0.72 if ring % 2 else 1.12) + (0.0 if ring % 2 else 0.04)
            table.ball(
                x + out * math.cos(around),
                y + out * math.sin(around),
                size * 0.42,
                np.clip(tone, 0, 1),
                tall=0.6,
                lean=around + 1.57,
                gloss=0,
                fine=0.95,
            )
    elif kind == "tulips":
        for across in (-0.42, 0.42, 0.0):
            table.ball(
                x + across * size,
                y,
                size * 0.5,
                own * (1.0 if across else 1.1),
                tall=1.7,
                lean=across * 0.5,
                gloss=0.15,
                fine=0.85,
            )
    else:
        petals = 8 if kind == "daisies" else 13
        turn = rng.uniform(0, 1)
        for petal in range(petals):
            around = turn + 2 * math.pi * petal / petals
            reach = size * 0.68
            tone = np.clip(own * rng.uniform(0.85, 1.12), 0, 1)
            table.ball(
                x + reach * math.cos(around),
                y + reach * 0.85 * math.sin(around),
                size * 0.48,
                tone,
                tall=0.42,
                lean=around,
                gloss=0,
                fine=0.9,
            )
        centre = rgb("d8a22a" if kind == "daisies" else "5a3820")
        table.ball(x, y, size * (0.32 if kind == "daisies" else 0.48), centre, tall=0.9, gloss=0.1, fine=1.0)
