"""Things in a landscape: trees, houses, a church, boats, wheat stacks, flowers.

``x`` and ``foot`` are where a thing stands, ``far`` is how much haze lies in front of it (0 near to 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from neural_art.samples.land import Land
from neural_art.samples.scene import Array, mix, rgb, step


def tree(land: Land, x: float, foot: float, tall: float, kind: str, far: float = 0.0) -> None:
    """A tree in the season's colours; ``kind`` is round, poplar, fir, cypress or willow."""
    scene, rng = land.scene, land.scene.rng
    bare = land.season == "winter" and kind == "round"
    own = {
        "summer": scene.pick("3f6b35", "557d3a", "2f5a3c", "6b8a42", "47703f"),
        "spring": scene.pick("7fae52", "9cc066", "f0c4cf", "f4e3e6", "5f9a4e"),
        "autumn": scene.pick("b5562a", "d1872f", "c9a038", "93402a", "8a7a35"),
        "winter": scene.pick("5a4a48", "6b5a54"),
    }[land.season]
    leaf = rgb("2c4a38" if kind == "fir" else own)
    trunk = land.seen(rgb("4a3528"), 0.35, far)
    if land.season == "winter" and kind in ("poplar", "cypress", "willow"):
        kind = "fir"
        leaf = rgb("2c4a48")
    land.shadow(x, foot, tall * 0.32, tall * 0.06)
    stem = tall * (0.03 if kind != "round" else 0.045)
    top = foot - tall * (0.45 if not bare else 0.27)
    scene.polygon(
        [(x - stem, foot), (x + stem, foot), (x + stem * 0.5, top), (x - stem * 0.5, top)], trunk, math.pi / 2, 0.6
    )
    if bare:
        _branches(land, x, foot - tall * 0.25, tall * 0.3, -math.pi / 2, trunk, 4)
        return
    spread = {"round": 0.36, "poplar": 0.12, "fir": 0.24, "cypress": 0.1, "willow": 0.42}[kind] * tall
    rows, columns, xs, ys = scene.window(x - spread * 1.4, foot - tall * 1.05, x + spread * 1.4, foot)
    if not xs.size:
        return
    lump = np.full(xs.shape, -9.0, np.float32)
    lean = np.zeros(xs.shape, np.float32)
    count = {"round": 9, "poplar": 8, "fir": 7, "cypress": 6, "willow": 10}[kind]
    for place in range(count):
        t = place / (count - 1)
        if kind in ("round", "willow"):
            around, out = rng.uniform(0, 6.28), math.sqrt(rng.uniform(0, 1))
            cx, cy = (
                x + spread * 0.72 * out * math.cos(around),
                foot - tall * 0.64 + tall * 0.24 * out * math.sin(around),
            )
            rx, ry = spread * rng.uniform(0.38, 0.6), tall * rng.uniform(0.14, 0.22)
        else:
            girth = (1 - t) ** 0.8 if kind == "fir" else math.sin(math.pi * (0.16 + 0.8 * t)) ** 0.7
            cx, cy = x + spread * 0.25 * rng.uniform(-1, 1), foot - tall * (0.16 + 0.74 * t)
            rx, ry = spread * (0.25 + 0.75 * girth), tall * (0.13 if kind != "fir" else 0.1)
        u, v = (xs - cx) / rx, (ys - cy) / ry
        ball = 1 - u * u - v * v
        better = ball > lump
        lump = np.where(better, ball, lump)
        lean = np.where(better, -u * land.from_left * 0.55 - v * 0.8, lean)
    grain = scene.grain(rows, columns)
    mask = step(lump + grain * 0.75, 0.0, 0.25)
    light = step(lean + grain * 0.7, -0.75, 0.85)
    own_colour = mix(leaf * 0.82, np.clip(leaf * 1.25 + 0.03, 0, 1), light)
    flow = grain * 1.2 + (math.pi / 2 if kind in ("poplar", "cypress", "willow") else 0.6)
    scene.lay_in(rows, columns, mask, land.seen(own_colour, light, far), flow, 0.65 - 0.2 * far)


def _branches(land: Land, x: float, y: float, length: float, angle: float, colour: Array, depth: int) -> None:
    """Bare branches from a point, each ending in three smaller ones."""
    scene, rng = land.scene, land.scene.rng
    sheet = Image.new("L", (scene.width, scene.height))
    pen = ImageDraw.Draw(sheet)
    waiting = [(x, y, length, angle, depth)]
    while waiting:
        x, y, length, angle, depth = waiting.pop()
        to_x, to_y = x + length * math.cos(angle), y + length * math.sin(angle)
        points = [side * scene.height for side in (x, y, to_x, to_y)]
        pen.line(points, fill=255, width=max(1, round(depth * 0.8 * scene.height / 320)))
        if depth > 1:
            for turn in (-0.55, -0.1, 0.45):
                bent = angle + turn + rng.uniform(-0.22, 0.22)
                waiting.append((to_x, to_y, length * rng.uniform(0.55, 0.78), bent, depth - 1))
    scene.lay(np.asarray(sheet, np.float32) / 255, colour, fine=0.95)


def house(land: Land, x: float, foot: float, size: float, far: float = 0.0) -> None:
    """A house with a lit and a dim side, a gable, windows, and sometimes a chimney."""
    scene, rng = land.scene, land.scene.rng
    wall = rgb(scene.pick("f2e8d5", "ead9b8", "e0b98f", "f4efe6", "d8cfc2", "e8c9a4"))
    roof = rgb(scene.pick("b5523a", "9c4535", "6e5a60", "c26a45", "5f6b7d"))
    if land.season == "winter":
        roof = mix(roof, rgb("f2f4f8"), 0.8)
    wide, tall, gable = size * rng.uniform(0.9, 1.5), size * 0.62, size * 0.45
    end = wide * 0.38  # the gable end faces the viewer
    left = x - wide / 2
    split = left + end if land.from_left > 0 else left + wide - end
    bright, dim = (0.95, 0.25) if land.from_left > 0 else (0.25, 0.95)
    land.shadow(x, foot, wide * 0.6, size * 0.1)
    walls = (
        ([(left, foot), (split, foot), (split, foot - tall), (left, foot - tall)], bright),
        ([(split, foot), (left + wide, foot), (left + wide, foot - tall), (split, foot - tall)], dim),
    )
    for corners, light in walls:
        scene.polygon(corners, land.seen(wall, light, far), math.pi / 2, 0.8)
    ends = (left, split) if land.from_left > 0 else (split, left + wide)
    peak = (sum(ends) / 2, foot - tall - gable)
    scene.polygon(
        [(ends[0], foot - tall), (ends[1], foot - tall), peak],
        land.seen(wall, bright if land.from_left > 0 else dim, far),
        fine=0.8,
    )
    other = left + wide if land.from_left > 0 else left
    back = (peak[0] + (other - split) * 1.0, peak[1])
    slope = [peak, back, (other + (other - split) * 0.06, foot - tall + size * 0.03), (split, foot - tall)]
    scene.polygon(slope, land.seen(roof, 0.7, far), 0.1, 0.8)
    glass = (
        rgb("ffcf70")
        if land.mood.title in ("at dusk", "by moonlight", "before the storm")
        else land.seen(rgb("46505e"), 0.4, far)
    )
    for _ in range(2):
        across = min(split, other) + abs(other - split) * rng.uniform(0.2, 0.8)
        land.dab(across, foot - tall * rng.uniform(0.45, 0.62), size * 0.055, glass, 1.5)
    if rng.uniform() < 0.6:
        chimney = back[0] - (other - split) * 0.3
        sides = (chimney - size * 0.05, chimney + size * 0.05)
        top = peak[1] - size * 0.14
        corners = [(sides[0], top), (sides[1], top), (sides[1], peak[1] + 0.01), (sides[0], peak[1] + 0.01)]
        scene.polygon(corners, land.seen(rgb("8f5a48"), 0.5, far), fine=0.9)


def church(land: Land, x: float, foot: float, size: float, far: float) -> None:
    """A tower with a pointed roof."""
    scene = land.scene
    wall = rgb("e6dcc8")
    for corners, light, own in (
        (
            [(x - size * 0.14, foot), (x, foot), (x, foot - size), (x - size * 0.14, foot - size)],
            0.5 + 0.45 * land.from_left,
            wall,
        ),
        (
            [(x, foot), (x + size * 0.14, foot), (x + size * 0.14, foot - size), (x, foot - size)],
            0.5 - 0.35 * land.from_left,
            wall,
        ),
        (
            [(x - size * 0.18, foot - size), (x + size * 0.18, foot - size), (x, foot - size * 1.75)],
            0.5,
            rgb("56606e"),
        ),
    ):
        scene.polygon(corners, land.seen(own, light, far), math.pi / 2, 0.85)


def boat(land: Land, x: float, y: float, size: float) -> None:
    """A sailing boat and its reflection."""
    scene = land.scene
    sail = rgb(scene.pick("f7f1e3", "f0dcb4", "d9703f", "c9543f", "f7f1e3", "e8b04a"))
    hull = land.seen(rgb(scene.pick("3a3f4f", "6b3a2c", "2f5a6b", "8a5a3a")), 0.5, 0.1)
    lean = size * 0.05 * land.from_left
    for flip, strength in ((-0.8, 0.5), (1.0, 1.0)):
        tip = (x + lean, y - size * 1.35 * flip)
        main = [(x + size * 0.03, y - size * 0.1 * flip), tip, (x + size * 0.5, y - size * 0.16 * flip)]
        jib = [(x - size * 0.04, y - size * 0.12 * flip), tip, (x - size * 0.38, y - size * 0.12 * flip)]
        body = [
            (x - size * 0.5, y - size * 0.1 * flip),
            (x + size * 0.55, y - size * 0.1 * flip),
            (x + size * 0.36, y + size * 0.05 * flip),
            (x - size * 0.36, y + size * 0.05 * flip),
        ]
        scene.polygon(main, land.seen(sail, 0.95, 0.05), 1.2, 0.9, strength)
        scene.polygon(jib, land.seen(sail, 0.6, 0.05), 1.8, 0.9, strength)
        scene.polygon(body, hull, 0.0, 0.9, strength)


def stack(land: Land, x: float, foot: float, size: float) -> None:
    """A stack of wheat."""
    scene = land.scene
    land.shadow(x, foot, size * 0.65, size * 0.16)
    rows, columns, xs, ys = scene.window(x - size * 0.6, foot - size, x + size * 0.6, foot + size * 0.08)
    if not xs.size:
        return
    up = (foot - ys) / size
    half = np.where(up < 0.48, 0.42 + 0.12 * up / 0.48, 0.58 * np.clip((0.98 - up) / 0.5, 0, 1) ** 0.8) * size
    u = (xs - x) / np.maximum(half, 1e-4)
    mask = step(1 - np.abs(u), 0.0, 0.06) * step(up + 0.06 * (1 - u * u), 0, 0.05)
    grain = scene.grain(rows, columns)
    light = step(-u * land.from_left + grain * 0.4, -0.7, 0.8)
    straw = rgb("dcb45f") if land.season != "winter" else mix(rgb("d8c9a8"), rgb("f4f4f6"), 0.5)
    own = np.where((up > 0.48)[..., None], straw * 0.95, straw)
    scene.lay_in(
        rows, columns, mask, land.seen(own, light, 0.0), np.where(up > 0.48, u * 0.8 + 1.57, 1.57 + u * 0.2), 0.6
    )


def flowers(land: Land, colours: Sequence[str], count: int, *, nearest: float = 1.0) -> None:
    """Dots of colour over the ground in patches, larger towards ``nearest`` (0 top, 1 bottom)."""
    scene, rng = land.scene, land.scene.rng
    patch = scene.noise(3, 5, 2)
    for _ in range(count):
        t = rng.uniform(0.04, 1) ** 1.1
        y = land.horizon + (nearest - land.horizon) * t
        x = rng.uniform(0, scene.wide)
        if patch[min(int(y * scene.height), scene.height - 1), min(int(x * scene.height), scene.width - 1)] > -0.15:
            colour = land.seen(rgb(scene.pick(*colours)), rng.uniform(0.6, 1), 0.5 * (1 - t) ** 2)
            land.dab(x, y, 0.004 + 0.013 * t, colour, rng.uniform(0.6, 1.0), 0.95)
