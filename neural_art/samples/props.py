"""Things beside fruit and flowers: a bottle, a jug, a glass, bread, books."""

from __future__ import annotations

import numpy as np

from neural_art.samples.scene import mix, rgb, step
from neural_art.samples.table import Table


def bottle(table: Table, x: float, foot: float, size: float) -> None:
    """A bottle, with a label in half of the cases."""
    scene = table.scene
    own = rgb(scene.pick("2f4a35", "1f3a3f", "4a3520", "5f7a5a", "28304a", "7a8f86"))
    table.rest(x, foot, size * 0.17)
    profile = (
        (0, 0.15),
        (0.03, 0.165),
        (0.52, 0.165),
        (0.6, 0.14),
        (0.68, 0.06),
        (0.94, 0.05),
        (0.95, 0.065),
        (1, 0.062),
    )
    table.turned(x, foot, size, profile, own, gloss=1.0)
    if scene.rng.uniform() < 0.5:
        half = size * 0.155
        top, bottom = foot - size * 0.42, foot - size * 0.18
        rows, columns, xs, _ = scene.window(x - half, top, x + half, bottom)
        shade = np.clip(0.55 - 0.5 * table.light * (xs - x) / half, 0, 1)
        scene.lay_in(rows, columns, np.ones_like(xs), table.seen(rgb("e6d8b4"), shade), fine=0.7)


def jug(table: Table, x: float, foot: float, size: float) -> None:
    """A jug with a handle at one side."""
    scene = table.scene
    own = rgb(scene.pick("e4ddcc", "4a6f9c", "b5623a", "6f7f5a", "c9a45a", "8f9aa3", "3f6f6a"))
    table.rest(x, foot, size * 0.34)
    side = -table.light if scene.rng.uniform() < 0.5 else table.light
    rows, columns, xs, ys = scene.window(x - size * 0.7, foot - size, x + size * 0.7, foot)
    ring = np.hypot((xs - x - side * size * 0.3) / (size * 0.2), (ys - foot + size * 0.6) / (size * 0.24))
    scene.lay_in(
        rows, columns, step(0.2 - np.abs(ring - 1), 0, 0.06), table.seen(own, np.full(xs.shape, 0.5)), 1.2, 0.8
    )
    profile = ((0, 0.2), (0.05, 0.24), (0.3, 0.34), (0.5, 0.33), (0.72, 0.2), (0.85, 0.18), (1, 0.23))
    band = rgb("3f62a8") if own.mean() > 0.8 and scene.rng.uniform() < 0.5 else None
    table.turned(x, foot, size, profile, own, band=band)


def glass(table: Table, x: float, foot: float, size: float) -> None:
    """A glass of wine."""
    scene = table.scene
    table.rest(x, foot, size * 0.2)
    wine = rgb(scene.pick("7a1f2f", "c9a04a", "9cb0a8"))
    rows, columns, xs, ys = scene.window(x - size * 0.3, foot - size * 1.02, x + size * 0.3, foot + size * 0.05)
    up = (foot - ys) / size
    half = np.interp(up, [0, 0.03, 0.06, 0.4, 0.5, 0.7, 1], [0.2, 0.19, 0.025, 0.025, 0.16, 0.22, 0.19]) * size
    u = (xs - x) / np.maximum(half, 1e-4)
    body = step(1 - np.abs(u), 0, 0.08) * step(up, -0.01, 0.01) * step(1 - up, 0, 0.02)
    under = scene.colour[rows, columns]
    light = np.clip(0.5 - 0.5 * u * table.light, 0, 1)
    full = step(up, 0.45, 0.5) * step(0.8 - up, 0, 0.02)
    colour = mix(
        mix(under, rgb("dfe8ea"), 0.22 + 0.3 * step(np.abs(u), 0.75, 1.0)), table.seen(wine, light), full * 0.9
    )
    shine = np.exp(-(((u + 0.5 * table.light) / 0.14) ** 2)) * step(up, 0.5, 0.6)
    scene.lay_in(rows, columns, body, mix(colour, np.ones(3, np.float32), shine * 0.8), 1.57, 0.9)


def bread(table: Table, x: float, foot: float, size: float) -> None:
    """A loaf with four cuts."""
    table.rest(x, foot, size * 1.1)
    lean = float(table.scene.rng.uniform(-0.2, 0.2))
    table.ball(x, foot - size * 0.42, size * 1.25, rgb("b9783a"), tall=0.4, lean=lean, gloss=0.1, blush=rgb("d8a45f"))
    for place in (-0.6, -0.2, 0.2, 0.6):
        table.ball(
            x + place * size,
            foot - size * 0.62 + place * lean * size,
            size * 0.07,
            rgb("ecd09a"),
            tall=2.6,
            lean=0.5,
            gloss=0,
        )


def book(table: Table, x: float, foot: float, size: float) -> None:
    """One to three books, one on top of the other."""
    scene, rng = table.scene, table.scene.rng
    table.rest(x, foot, size * 0.9)
    tilt = rng.uniform(-0.1, 0.1) * size
    for place in range(int(rng.integers(1, 4))):
        own = rgb(scene.pick("8a3a35", "3a5a7a", "5f6f4a", "b58a45", "5a4a6a"))
        base = foot - place * size * 0.2
        half = size * rng.uniform(0.75, 0.95)
        bottom = [
            (x - half, base),
            (x + half, base + tilt * 0.3),
            (x + half, base - size * 0.2),
            (x - half, base - size * 0.2),
        ]
        scene.polygon(bottom, table.seen(own, 0.45), 0.0, 0.7)
        pages = [
            (x - half * 0.96, base - size * 0.05),
            (x + half, base - size * 0.04),
            (x + half, base - size * 0.15),
            (x - half * 0.96, base - size * 0.15),
        ]
        scene.polygon(pages, table.seen(rgb("e8dcc0"), 0.6), 0.0, 0.8)
        cover = [
            (x - half, base - size * 0.2),
            (x + half, base - size * 0.2),
            (x + half * 0.8, base - size * 0.34),
            (x - half * 0.8, base - size * 0.34),
        ]
        scene.polygon(cover, table.seen(own, 0.85), 0.0, 0.7)
