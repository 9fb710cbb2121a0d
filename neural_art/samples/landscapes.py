"""Eight landscapes to compose, from a river to hills, at any hour and in any season."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from neural_art.samples.land import MOODS, Land
from neural_art.samples.scene import Scene, mix, rgb, step
from neural_art.samples.scenery import boat, church, flowers, house, stack, tree


def landscape(scene: Scene, number: int) -> str:
    """Compose a landscape; each number has its own place, hour and season. Returns the title."""
    rng = scene.rng
    places: tuple[tuple[str, Callable[[Land], None]], ...] = (
        ("river", river),
        ("poppy field", meadow),
        ("lake", lake),
        ("village", village),
        ("sailing boats", sea),
        ("wheat stacks", stacks),
        ("poplars", avenue),
        ("hills", hills),
    )
    title, compose = places[number % len(places)]
    mood = MOODS[(number % len(places) * 3 + number // len(places) * 7) % len(MOODS)]
    season = ("summer", "autumn", "spring", "winter", "summer")[int(rng.integers(5))]
    if title == "poppy field":
        season = scene.pick("summer", "spring")
    if title == "wheat stacks" and season == "spring":
        season = "summer"
    land = Land(scene, mood, season)
    land.sky()
    compose(land)
    return f"{title}{' in winter' if season == 'winter' and title not in ('sailing boats',) else ''} {mood.title}"


def _distance(land: Land) -> None:
    """One to three lines of hills or mountains behind everything."""
    scene, rng = land.scene, land.scene.rng
    if rng.uniform() < 0.4:
        land.ridge(
            land.horizon + 0.01,
            rng.uniform(0.12, 0.26),
            2.5,
            0.72,
            rgb(scene.pick("6f7fa3", "7a86a0", "8a7f9c")),
            peaks=True,
        )
    green = {"winter": "aab4c0", "autumn": "8a7048"}.get(land.season, "5d7f5a")
    for far in (0.6, 0.38)[: int(rng.integers(1, 3))]:
        land.ridge(land.horizon + 0.015, rng.uniform(0.04, 0.11), 2.2, far, rgb(green))


def _line_of_trees(land: Land, foot: float, size: float, far: float, share: float = 0.6) -> None:
    scene, rng = land.scene, land.scene.rng
    start, end = sorted(rng.uniform(0, scene.wide, 2))
    x = start
    while x < max(end, start + share):
        kind = scene.pick("round", "round", "poplar")
        tree(land, x, foot, size * rng.uniform(0.6, 1.2), kind, far)
        x += size * rng.uniform(0.3, 0.7)


def river(land: Land) -> None:
    scene, rng = land.scene, land.scene.rng
    _distance(land)
    side, away = land.ground()
    _line_of_trees(land, land.horizon + 0.025, 0.11, 0.45)
    if rng.uniform() < 0.5:
        house(land, rng.uniform(0.15, 0.85) * scene.wide, land.horizon + 0.04, 0.09, 0.3)
    phase, swing = rng.uniform(0, 6.28), rng.uniform(0.25, 0.6)
    centre = swing * np.sin(away * 1.1 + phase) - swing * math.sin(0.7 + phase) + rng.uniform(-0.15, 0.15)
    bank = np.abs(side - centre + scene.noise(6, 9, 2) * 0.03)
    wide = rng.uniform(0.24, 0.36)
    below = step(scene.y - land.horizon, 0.015, 0.03)
    land.scene.lay(step(wide + 0.05 - bank, 0, 0.03) * below, land.seen(rgb("6b5f45"), 0.4, 0.2), fine=0.5)
    land.water(step(wide - bank, 0, 0.03) * below, land.horizon + 0.02)
    for near in (0.16, 0.5):
        side_of = scene.pick(0.05, 0.12, 0.88, 0.95)
        tree(
            land,
            side_of * scene.wide,
            land.horizon + near * 0.7,
            0.28 + near * 0.5,
            scene.pick("round", "poplar", "willow"),
            0.1,
        )


def lake(land: Land) -> None:
    scene, rng = land.scene, land.scene.rng
    land.horizon = float(rng.uniform(0.42, 0.55))
    land.ridge(
        land.horizon + 0.01,
        rng.uniform(0.2, 0.34),
        2.2,
        0.65,
        rgb(scene.pick("64749c", "7c7896", "5f7f92")),
        peaks=True,
    )
    land.ridge(
        land.horizon + 0.012, 0.12, 3, 0.4, rgb({"winter": "b4bcc8", "autumn": "8c7446"}.get(land.season, "4f7455"))
    )
    _line_of_trees(land, land.horizon + 0.012, 0.08, 0.35)
    if rng.uniform() < 0.6:
        house(land, rng.uniform(0.2, 0.8) * scene.wide, land.horizon + 0.014, 0.07, 0.2)
    land.water(step(scene.y - land.horizon, 0.008, 0.016), land.horizon + 0.012)
    if rng.uniform() < 0.5:
        boat(land, rng.uniform(0.25, 0.75) * scene.wide, rng.uniform(0.62, 0.75), 0.11)
    shore = 0.93 + 0.05 * scene.line(2)
    grass = rgb({"winter": "e8ecf2", "autumn": "96783c"}.get(land.season, "5f7f3c"))
    light = np.clip(0.55 + scene.noise(14, 8, 3) * 0.5, 0, 1)
    scene.lay(
        step(scene.y - shore, 0, 0.02), land.seen(grass, light, 0), flow=1.3 + scene.noise(6, 4, 2) * 0.5, fine=0.5
    )
    if rng.uniform() < 0.75:
        tree(
            land,
            scene.pick(0.08, 0.14, 0.86, 0.92) * scene.wide,
            0.97,
            rng.uniform(0.55, 0.8),
            scene.pick("round", "fir", "poplar"),
        )


def sea(land: Land) -> None:
    scene, rng = land.scene, land.scene.rng
    land.horizon = float(rng.uniform(0.4, 0.52))
    if rng.uniform() < 0.6:
        side = scene.pick(-1, 1)
        cliff = land.horizon + 0.01 - np.clip(0.3 * (scene.x[0] - scene.wide / 2) * side + 0.05 * scene.line(4), 0, 0.3)
        texture = scene.noise(10, 12, 3)
        light = np.clip(0.6 + texture * 0.5, 0, 1)
        rock = mix(rgb("d8cdb4"), rgb("7f8a5a"), step(cliff - scene.y + 0.05, 0, 0.04))
        scene.lay(
            step(scene.y - cliff, 0, 0.01) * (cliff < land.horizon),
            land.seen(rock, light, 0.35),
            flow=1.4 + texture * 0.3,
            fine=0.5,
        )
    land.water(step(scene.y - land.horizon, -0.002, 0.005), land.horizon)
    for y in sorted(rng.uniform(land.horizon + 0.03, 0.8, int(rng.integers(2, 6)))):
        boat(land, rng.uniform(0.1, 0.9) * scene.wide, y, 0.05 + 0.42 * (y - land.horizon))
    if rng.uniform() < 0.6:
        beach = 0.86 + 0.06 * scene.line(1.5) + 0.1 * (scene.x[0] - 0.6) * scene.pick(-1, 1)
        sand = np.clip(0.75 + scene.noise(8, 10, 3) * 0.3, 0, 1)
        scene.lay(step(scene.y - beach, -0.03, 0.0) * 0.8, mix(land.mood.horizon, np.ones(3), 0.5), flow=0.1, fine=0.6)
        scene.lay(step(scene.y - beach, 0, 0.01), land.seen(rgb("e2c998"), sand, 0), flow=0.1, fine=0.35)


def meadow(land: Land) -> None:
    scene, rng = land.scene, land.scene.rng
    _distance(land)
    side, away = land.ground()
    grass = rgb(scene.pick("7f9a44", "8fa552", "a8b05a"))
    light = np.clip(0.6 + scene.noise(12, 18, 3) * 0.5, 0, 1)
    far = np.clip((away - 0.55) / 4.2, 0, 1)
    near = step(scene.y - land.horizon - 0.1 - 0.03 * scene.line(2), 0, 0.04)
    scene.lay(near, land.seen(grass, light, far), flow=1.45 + scene.noise(5, 5, 2) * 0.5, fine=0.4)
    _line_of_trees(land, land.horizon + 0.04, 0.16, 0.3)
    if rng.uniform() < 0.6:
        house(land, rng.uniform(0.15, 0.85) * scene.wide, land.horizon + 0.07, 0.11, 0.2)
    if rng.uniform() < 0.5:
        land.way(side, away, rgb("dcc59a"), 0.07)
    colours = scene.pick(
        ("d8342a", "e0492f", "c42a2a", "f06a4a"),
        ("8a5ab0", "a878c8", "6f4fa0", "d8b8e0"),
        ("f2cf3a", "f7e06a", "e8b52a", "ffffff"),
        ("f4f0e8", "f2cf3a", "e58aa8", "d8342a"),
        ("3f62b8", "5f86d0", "d8342a", "f4f0e8"),
    )
    flowers(land, colours, 260)


def village(land: Land) -> None:
    scene, rng = land.scene, land.scene.rng
    _distance(land)
    side, away = land.ground()
    land.way(side, away, rgb("e0ceac") if land.season != "winter" else rgb("cfd6e2"), 0.13)
    middle = rng.uniform(0.35, 0.65) * scene.wide
    church(land, middle + rng.uniform(-0.15, 0.15), land.horizon + 0.03, rng.uniform(0.14, 0.2), 0.3)
    for foot, size, count in ((0.035, 0.1, 5), (0.09, 0.14, 3), (0.2, 0.24, 2)):
        for place in range(count):
            spread = 0.12 + foot * 1.9
            beside = scene.pick(-1, 1) if foot < 0.2 else (-1, 1)[place]
            x = middle + beside * rng.uniform(spread * 0.5, spread * 1.4)
            if rng.uniform() < 0.35:
                tree(
                    land,
                    x + size * 0.9,
                    land.horizon + foot,
                    size * 1.5,
                    scene.pick("round", "poplar", "cypress"),
                    0.25 - foot,
                )
            house(land, x, land.horizon + foot, size * rng.uniform(0.8, 1.15), max(0.0, 0.25 - foot))
    if rng.uniform() < 0.6:
        tree(land, scene.pick(0.06, 0.94) * scene.wide, land.horizon + 0.4, 0.75, "round")


def stacks(land: Land) -> None:
    scene, rng = land.scene, land.scene.rng
    _distance(land)
    _, away = land.ground()
    stubble = rgb(scene.pick("d8b866", "c9a85a", "e0c878")) if land.season != "winter" else rgb("e8ecf4")
    light = np.clip(0.65 + scene.noise(10, 20, 3) * 0.4, 0, 1)
    far = np.clip((away - 0.55) / 4.2, 0, 1)
    near = step(scene.y - land.horizon - 0.07 - 0.02 * scene.line(2), 0, 0.03)
    scene.lay(near, land.seen(stubble, light, far), flow=0.15 + scene.noise(3, 3, 2) * 0.4, fine=0.35)
    _line_of_trees(land, land.horizon + 0.03, 0.13, 0.4)
    for foot in sorted(rng.uniform(0.12, 0.42, int(rng.integers(1, 5)))):
        stack(land, rng.uniform(0.12, 0.88) * scene.wide, land.horizon + foot, 0.06 + 0.62 * foot)


def avenue(land: Land) -> None:
    """Tall trees on both sides of a road, or along a river bank."""
    scene, rng = land.scene, land.scene.rng
    land.horizon = float(rng.uniform(0.5, 0.62))
    _distance(land)
    land.ground()
    vanish = rng.uniform(0.4, 0.6) * scene.wide
    wet = rng.uniform() < 0.4
    spread = 0.5 + 0.25 * wet
    t = (scene.y - land.horizon) / (1 - land.horizon)
    lane = step(0.36 * t - np.abs(scene.x - vanish) - 0.01, 0, 0.02) * step(t, 0.02, 0.06)
    kind = scene.pick("poplar", "poplar", "cypress", "round")
    steps = [0.06, 0.1, 0.15, 0.22, 0.33, 0.5, 0.78]
    if not wet:
        own = rgb("e2cfa6") if land.season != "winter" else rgb("d5dbe6")
        bands = np.clip(0.65 + 0.35 * np.sin(18 * np.sqrt(np.maximum(t, 0)) + 3) + scene.noise(6, 12, 2) * 0.3, 0, 1)
        scene.lay(lane, land.seen(own, bands, 0.3 * (1 - np.clip(t, 0, 1))), flow=0.1, fine=0.4)
    for foot in steps:
        for beside in (-1, 1):
            x = vanish + beside * spread * foot * 1.25
            size = 0.1 + foot * 1.15
            tree(land, x, land.horizon + foot * (1 - land.horizon), size, kind, max(0.0, 0.45 - foot))
        if wet and foot == 0.22:
            land.water(step(scene.y - land.horizon - 0.15, 0, 0.02), land.horizon + 0.12)


def hills(land: Land) -> None:
    """Rolling fields, one behind the other."""
    scene, rng = land.scene, land.scene.rng
    land.horizon = float(rng.uniform(0.34, 0.46))
    _distance(land)
    base = land.horizon
    count = 4
    for place in range(count):
        near = (place + 1) / count
        base += (1.02 - land.horizon) / (count + 0.6)
        edge = land.ridge(base, 0.16, 1.3 + place * 0.2, 0.5 * (1 - near), rgb(scene.pick(*land.fields)))
        texture = np.sin(
            (scene.y - edge) * (60 - 25 * near) + scene.noise(3, 3, 2) * 3 + scene.x * rng.uniform(-14, 14)
        )
        striped = step(scene.y - edge, 0.01, 0.03) * step(texture, 0.2, 0.7) * step(scene.noise(2, 2, 1), -0.2, 0.3)
        scene.lay(striped * 0.55, land.seen(rgb(scene.pick(*land.fields)), 0.7, 0.5 * (1 - near)))
        for _ in range(int(rng.integers(1, 5))):
            x = rng.uniform(0.03, 0.97) * scene.wide
            foot = float(edge[min(int(x * scene.height), scene.width - 1)]) + 0.012
            size = 0.07 + 0.15 * near
            if rng.uniform() < 0.22:
                house(land, x, foot + 0.01, size * 0.7, 0.4 * (1 - near))
            else:
                tree(
                    land,
                    x,
                    foot,
                    size * rng.uniform(0.8, 1.4),
                    scene.pick("round", "cypress", "poplar", "round"),
                    0.45 * (1 - near),
                )
