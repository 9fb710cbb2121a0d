"""A table in front of a wall, its light, and the two kinds of shapes on it: balls and turned ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from neural_art.samples.scene import Array, Scene, mix, rgb, step


class Table:
    """An indoor scene: a table in front of a wall, lit from the upper left or right."""

    def __init__(self, scene: Scene, wall: str, cloth: str, shadow: str, light: float) -> None:
        self.scene = scene
        self.wall, self.cloth, self.shade = rgb(wall), rgb(cloth), rgb(shadow)
        self.light = light  # 1 from the left, -1 from the right
        self.edge = float(scene.rng.uniform(0.5, 0.6))

    def seen(self, own: Array, light: Array | float) -> Array:
        """The colour that a thing shows in ``light``: its shadow at 0, itself at about 0.5, its highlight at 1."""
        dark = mix(own * 0.32, self.shade, 0.4)
        bright = np.clip(own * 1.08 + 0.06, 0, 1) * np.array([1.0, 0.985, 0.94], np.float32)
        return mix(mix(dark, own, step(light, 0.0, 0.55)), bright, step(light, 0.5, 1.0))

    def room(self, *, striped: bool) -> None:
        scene, rng = self.scene, self.scene.rng
        x = scene.x if self.light > 0 else scene.wide - scene.x
        pool = np.exp(-(((x - 0.55) / 0.75) ** 2) - ((scene.y - 0.25) / 0.6) ** 2)
        texture = scene.noise(4, 4, 4)
        light = np.clip(0.2 + 0.45 * pool + texture * 0.16, 0, 1)
        drift = mix(self.wall, self.wall[[1, 2, 0]], np.clip(texture * 0.16 + 0.05, 0, 0.3))
        scene.lay(np.ones_like(x), self.seen(drift, light), flow=scene.noise(2, 2, 2) * 1.6 + 0.8, fine=0.15)
        if rng.uniform() < 0.35:
            self.drape()
        front = self.edge + 0.02 * scene.line(0.6)
        folds = scene.noise(3.5, 1.6, 2) + 0.5 * np.sin(scene.x * rng.uniform(5, 9) + scene.noise(2, 3, 2) * 2.5)
        slant = np.gradient(folds, axis=1) * scene.height * 0.05 * -self.light
        down = scene.y - front
        cloth_light = np.clip(
            0.7 + np.clip(slant, -0.5, 0.35) * 0.6 - 0.2 * step(down, 0.25, 0.5) + 0.12 * pool, 0.25, 1
        )
        own: Array = np.broadcast_to(self.cloth, scene.colour.shape)
        if striped:
            other = rgb(scene.pick("c9443a", "3f62a8", "2f7f78", "d8a23a"))
            away = 0.5 / (down + 0.35)
            bands = step(np.cos((scene.x - scene.wide / 2) * away * rng.uniform(26, 40) + folds * 0.8), 0.72, 0.9)
            own = mix(own, other, bands * 0.85)
        scene.lay(step(down, -0.002, 0.006), self.seen(own, cloth_light), flow=0.15 + folds * 0.5, fine=0.3)

    def drape(self) -> None:
        """A curtain hanging at one side of the wall."""
        scene, rng = self.scene, self.scene.rng
        own = rgb(scene.pick("7a2f35", "2f5a5a", "8a6a2f", "3a4a7a", "5a3a5f"))
        side = scene.x if rng.uniform() < 0.5 else scene.wide - scene.x
        width = rng.uniform(0.22, 0.4) + 0.05 * np.sin(scene.y * 4 + rng.uniform(0, 6))
        folds = np.sin(side / (0.6 + 0.4 * scene.y) * rng.uniform(28, 45) + scene.noise(2, 1.5, 2))
        scene.lay(step(width - side, 0, 0.02), self.seen(own, np.clip(0.45 + folds * 0.4, 0, 1)), flow=1.57, fine=0.35)

    def rest(self, x: float, foot: float, width: float) -> None:
        """The shadow of a thing on the table."""
        scene = self.scene
        rows, columns, xs, ys = scene.window(x - width * 2.4, foot - width * 0.5, x + width * 2.4, foot + width * 0.6)
        if not xs.size:
            return
        under = scene.colour[rows, columns]
        dark = mix(under * 0.5, self.shade, 0.3)
        for shift, wide, strength in ((0.75, 1.5, 0.75), (0.1, 1.02, 0.6)):
            away = np.hypot((xs - x - shift * width * self.light) / (width * wide), (ys - foot + 0.01) / (width * 0.3))
            scene.lay_in(rows, columns, step(-away, -1.0, -0.45) * strength, dark, flow=0.0)

    def ball(
        self,
        x: float,
        y: float,
        radius: float,
        own: Array,
        *,
        tall: float = 1.0,
        lean: float = 0.0,
        gloss: float = 0.6,
        blush: Array | None = None,
        fine: float = 0.6,
    ) -> None:
        """Anything round: fruit, bread, grapes. ``y`` is its centre."""
        scene = self.scene
        reach = radius * max(1, tall) * 1.1
        rows, columns, xs, ys = scene.window(x - reach, y - reach, x + reach, y + reach)
        if not xs.size:
            return
        c, s = math.cos(lean), math.sin(lean)
        u = ((xs - x) * c + (ys - y) * s) / radius
        v = (-(xs - x) * s + (ys - y) * c) / (radius * tall)
        inside = 1 - u * u - v * v
        depth = np.sqrt(np.clip(inside, 0, 1))
        right, down = (xs - x) / radius, (ys - y) / (radius * tall)
        lambert = -0.55 * self.light * right - 0.6 * down + 0.58 * depth
        bounce = 0.2 * step(down * 0.9 + right * 0.3 * self.light, 0.5, 1.0)
        light = np.clip(0.12 + 0.85 * lambert + bounce, 0, 1)
        colour: Array = np.broadcast_to(own, (*xs.shape, 3))
        if blush is not None:
            colour = mix(colour, blush, step(scene.grain(rows, columns) * 0.6 + right * 0.7, -0.2, 0.7))
        painted = self.seen(colour, light)
        painted = mix(painted, self.cloth, bounce * 0.55)
        shine = np.exp(-(((right + 0.36 * self.light) / 0.17) ** 2) - ((down + 0.42) / 0.15) ** 2)
        painted = mix(painted, np.ones(3, np.float32), shine * gloss)
        flow = np.arctan2(down, right) + math.pi / 2
        scene.lay_in(rows, columns, step(inside, 0.0, 0.08), painted, flow, fine)

    def turned(
        self,
        x: float,
        foot: float,
        tall: float,
        profile: Sequence[tuple[float, float]],
        own: Array,
        *,
        gloss: float = 0.7,
        band: Array | None = None,
        mouth: bool = True,
    ) -> None:
        """Anything turned on a wheel: bottles, jugs, vases, bowls.

        ``profile``: (height, half width) from the foot up, as fractions of ``tall``.
        """
        scene = self.scene
        widest = max(half for _, half in profile) * tall
        rows, columns, xs, ys = scene.window(
            x - widest * 1.1, foot - tall * 1.03, x + widest * 1.1, foot + widest * 0.3
        )
        if not xs.size:
            return
        heights, halves = (np.array(values) for values in zip(*profile, strict=True))
        up = (foot - ys + 0.16 * widest * np.sqrt(np.clip(1 - ((xs - x) / widest) ** 2, 0, 1)) - 0.1 * widest) / tall
        half = np.interp(up, heights, halves).astype(np.float32) * tall
        u = (xs - x) / np.maximum(half, 1e-4)
        mask = step(1 - np.abs(u), 0, 0.06) * step(up, -0.005, 0.005) * step(heights[-1] - up, 0, 0.008)
        slope = (np.interp(up + 0.02, heights, halves) - np.interp(up - 0.02, heights, halves)) / 0.04
        light = 0.42 - 0.5 * self.light * u - 0.28 * np.clip(slope, -1, 1) + 0.12 * np.sqrt(np.clip(1 - u * u, 0, 1))
        light = np.clip(light + 0.18 * step(u * self.light, 0.78, 1.0), 0, 1)
        colour: Array = np.broadcast_to(own, (*xs.shape, 3))
        if band is not None:
            where = step(np.abs(np.sin(up * 11)), 0.8, 0.95) * step(up, 0.15, 0.2) * step(0.75 - up, 0, 0.05)
            colour = mix(colour, band, where)
        painted = self.seen(colour, light)
        shine = (
            np.exp(-(((u + 0.5 * self.light) / 0.1) ** 2))
            * step(up, 0.12, 0.3)
            * step(heights[-1] * 0.92 - up, 0, 0.15)
        )
        painted = mix(painted, np.ones(3, np.float32), shine * gloss * 0.75)
        scene.lay_in(rows, columns, mask, painted, np.pi / 2 + u * 0.35, 0.6)
        if mouth:
            rim = halves[-1] * tall
            top = foot - heights[-1] * tall
            rows, columns, xs, ys = scene.window(x - rim * 1.1, top - rim * 0.5, x + rim * 1.1, top + rim * 0.5)
            if xs.size:
                away = np.hypot((xs - x) / rim, (ys - top) / (rim * 0.24))
                scene.lay_in(rows, columns, step(-away, -1.05, -0.95), self.seen(own, np.full(xs.shape, 0.9)), 0.0, 0.8)
                scene.lay_in(
                    rows,
                    columns,
                    step(-away, -0.86, -0.74),
                    self.seen(own * 0.6, 0.25 + 0.3 * (xs - x) / rim * self.light),
                    0.0,
                    0.8,
                )
