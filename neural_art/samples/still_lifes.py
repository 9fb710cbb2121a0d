"""Five still lifes to compose, from a bowl of fruit to a supper, in twelve rooms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from neural_art.samples.bouquet import bouquet
from neural_art.samples.fruit import FRUITS, bowl, fruit, grapes
from neural_art.samples.props import book, bottle, bread, glass, jug
from neural_art.samples.scene import Scene
from neural_art.samples.table import Table

#                wall     cloth    shadow
ROOMS: Final = (
    ("8f9fae", "efeae0", "3a4466"),
    ("5a4030", "8a5a35", "1f1820"),
    ("4f7f86", "e8d3b0", "1f3a50"),
    ("c9a765", "d8d4c8", "5f4a55"),
    ("2f3a4a", "b5a58a", "10182a"),
    ("b58f8a", "f0e6d8", "5f3f5a"),
    ("7a8a5f", "d9b98a", "2f3a35"),
    ("d8cdb4", "b8c4c9", "6a6478"),
    ("a8503f", "ead9b5", "4a1f35"),
    ("3f5a8a", "f2e2c0", "1a2348"),
    ("d9a05a", "6f8fa8", "5a3848"),
    ("6f5f80", "d8c8d0", "2a2045"),
)


def still_life(scene: Scene, number: int) -> str:
    """Compose a still life; each number has its own things and room. Returns the title."""
    rng = scene.rng
    wall, cloth, shadow = ROOMS[(number * 5 + number // 12) % len(ROOMS)]
    table = Table(scene, wall, cloth, shadow, 1.0 if rng.uniform() < 0.6 else -1.0)
    table.room(striped=bool(rng.uniform() < 0.3))
    compose = (bowl_of_fruit, flowers, bottle_and_fruit, jug_and_fruit, flowers, supper)[number % 6]
    return compose(table)


def _scatter(table: Table, kinds: Sequence[str], count: int, left: float, right: float, size: float) -> None:
    """Fruit at the front of the table, drawn from back to front."""
    rng = table.scene.rng
    feet = np.sort(rng.uniform(table.edge + 0.22, 0.94, count))
    # Most lie in a heap and one apart, as if put down by hand.
    middle, wide = rng.uniform(left + 0.2, right - 0.2) if right - left > 0.45 else (left + right) / 2, size * 1.35
    places = middle + (np.arange(count) - (count - 1) / 2) * wide * rng.uniform(0.8, 1.15)
    if count > 2 and rng.uniform() < 0.7:
        places[-1] = left if middle > (left + right) / 2 else right
    places = np.clip(rng.permutation(places) + rng.uniform(-0.03, 0.03, count), left, right)
    for x, foot in zip(places, feet, strict=True):
        nearer = 0.75 + 0.6 * (foot - table.edge)
        fruit(table, float(x), float(foot), size * nearer, str(table.scene.pick(*kinds)))


def bowl_of_fruit(table: Table) -> str:
    scene, rng = table.scene, table.scene.rng
    kinds = rng.permutation(FRUITS)[: int(rng.integers(1, 4))].tolist()
    x = scene.wide * rng.uniform(0.38, 0.62)
    if rng.uniform() < 0.5:
        beside = x + scene.pick(-0.42, 0.42)
        scene.pick(bottle, jug)(table, beside, table.edge + 0.12, rng.uniform(0.42, 0.55))
    bowl(table, x, table.edge + 0.29, rng.uniform(0.31, 0.36), kinds)
    _scatter(table, kinds, int(rng.integers(1, 4)), 0.15, scene.wide - 0.15, 0.095)
    return "bowl of " + " and ".join("peaches" if kind == "peach" else f"{kind}s" for kind in kinds[:2])


def flowers(table: Table) -> str:
    scene, rng = table.scene, table.scene.rng
    kind = scene.pick("roses", "tulips", "daisies", "sunflowers")
    table.edge += 0.12
    bouquet(table, scene.wide * rng.uniform(0.38, 0.62), min(0.93, table.edge + 0.2), rng.uniform(0.74, 0.82), kind)
    if rng.uniform() < 0.7:
        left = scene.pick(0.12, scene.wide - 0.38)
        _scatter(table, [scene.pick(*FRUITS)], int(rng.integers(1, 4)), left, left + 0.26, 0.085)
    return kind


def bottle_and_fruit(table: Table) -> str:
    scene, rng = table.scene, table.scene.rng
    x = scene.wide * rng.uniform(0.25, 0.75)
    bottle(table, x, table.edge + 0.12, rng.uniform(0.55, 0.66))
    if rng.uniform() < 0.6:
        glass(table, x + scene.pick(-0.27, 0.27), table.edge + 0.17, 0.33)
    kinds = rng.permutation(FRUITS)[:2].tolist()
    if rng.uniform() < 0.5:
        grapes(table, scene.wide - x, table.edge + 0.24, 0.12)
    _scatter(table, kinds, int(rng.integers(3, 6)), 0.16, scene.wide - 0.16, 0.11)
    return "bottle and fruit"


def jug_and_fruit(table: Table) -> str:
    scene, rng = table.scene, table.scene.rng
    x = scene.wide * rng.uniform(0.3, 0.7)
    if rng.uniform() < 0.5:
        book(table, scene.wide - x, table.edge + 0.14, 0.2)
    jug(table, x, table.edge + 0.18, rng.uniform(0.4, 0.52))
    kinds = rng.permutation(FRUITS)[: int(rng.integers(1, 3))].tolist()
    _scatter(table, kinds, int(rng.integers(3, 7)), 0.14, scene.wide - 0.14, 0.108)
    return "jug and fruit"


def supper(table: Table) -> str:
    scene, rng = table.scene, table.scene.rng
    left = rng.uniform(0.22, 0.36) * scene.wide
    scene.pick(bottle, jug)(table, left, table.edge + 0.11, rng.uniform(0.48, 0.6))
    glass(table, left + 0.24, table.edge + 0.15, 0.32)
    bread(table, scene.wide * rng.uniform(0.58, 0.72), table.edge + 0.25, 0.19)
    if rng.uniform() < 0.5:
        grapes(table, scene.wide * 0.8, table.edge + 0.14, 0.11)
    _scatter(table, [scene.pick(*FRUITS)], int(rng.integers(1, 4)), 0.16, scene.wide - 0.16, 0.1)
    return "bread and wine"
