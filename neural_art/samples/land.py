"""The land itself: its light and season, the sky, hills, fields, paths and water."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from neural_art.samples.scene import Array, Scene, mix, rgb, step


@dataclass(frozen=True)
class Mood:
    """The light at an hour of the day, and what it does to colours."""

    title: str
    top: Array
    middle: Array
    horizon: Array
    light: Array  # multiplies colours in the light
    shadow: Array  # the colour that shadows tend to
    haze: Array  # the colour that distant things tend to
    cloud: Array
    cloud_shadow: Array
    sun: float  # its height as a fraction of the sky above the horizon; below 0 it is out of sight
    depth: float = 0.55  # how dark shadows are


def _mood(title: str, colours: str, sun: float, depth: float = 0.55) -> Mood:
    top, middle, horizon, light, shadow, haze, cloud, cloud_shadow = (rgb(code) for code in colours.split())
    return Mood(title, top, middle, horizon, light, shadow, haze, cloud, cloud_shadow, sun, depth)


#                            top    middle horizon light  shadow haze   cloud  cloud's shadow
MOODS: Final = (
    _mood("in the morning", "7fb0d6 b9d3e0 f6e3c4 fff2d8 5f74a8 cfdbe6 fff6e8 b3bdd2", 0.45),
    _mood("at noon", "3f86cc 84b8e2 cbe4ee fff9e4 3d5c94 a9cbe6 ffffff a9bcd6", 0.9, 0.6),
    _mood("in golden light", "6d9fc4 c3cfc0 ffdd93 ffdf9c 6d5488 edd0a2 fff0cf c79e8e", 0.3),
    _mood("at sunset", "3c4a8c c26f8c ffb054 ffb277 4a3370 cf8880 ffc78c 7d5585", 0.1, 0.65),
    _mood("at dusk", "1e2f68 5d5f9e e3a292 b9a6c8 212350 776fa0 c795a8 4b4a7e", -1, 0.6),
    _mood("by moonlight", "0a1a44 1d3a70 5b86a8 8fb2cf 0a1434 3b5f86 7d9dbb 1b2f58", 0.6, 0.6),
    _mood("under grey skies", "8f9aa6 b3bac0 dcdcd4 e4e4da 58626f bdc4c8 e6e6e2 8b939f", -1, 0.45),
    _mood("before the storm", "3d4a60 6a7a8c e6d9a4 f2e3a6 2a3548 9aa3a0 a9b0b4 333f54", -1, 0.65),
    _mood("in the mist", "b7c4cf d3d8d8 f3e6d4 f0e8dc 7f8aa4 dfe0de f4efe8 bcc4d0", 0.35, 0.35),
    _mood("at dawn", "5f78b4 d9a3b4 ffd2a0 ffd6bc 5a5288 d8b4bc ffdcc8 a486ac", 0.12, 0.5),
)

SUMMER: Final = ("5f8a3a", "7fa03e", "4d7a44", "93a84a", "c9b24f", "d9c46a", "6f9450", "a3b35a")
AUTUMN: Final = ("a8742f", "c58a35", "8f6a3a", "b5963f", "7d7a3c", "d0a04a", "96562f", "6f7a40")
WINTER: Final = ("e6ebf2", "d3deec", "f2efe9", "c6d3e6", "e0e4ea", "b8c8de", "f5f2ee", "cfd4dc")
SPRING: Final = ("86b04a", "a5c45c", "6a9c4e", "bccb6a", "8fb868", "d8d488", "79a85e", "9dbb52")


class Land:
    """An outdoor scene: its horizon, hour and season."""

    def __init__(self, scene: Scene, mood: Mood, season: str) -> None:
        self.scene, self.mood, self.season = scene, mood, season
        self.horizon = float(scene.rng.uniform(0.36, 0.56))
        self.fields = {"summer": SUMMER, "autumn": AUTUMN, "winter": WINTER, "spring": SPRING}[season]
        self.sun_x = float(scene.rng.uniform(0.15, 0.85) * scene.wide)
        self.from_left = -1.0 if self.sun_x > scene.wide / 2 else 1.0

    def seen(self, colour: Array, light: Array | float, far: Array | float) -> Array:
        """The colour that a thing shows in ``light`` (0 in shadow to 1 lit) and ``far`` away (0 near to 1)."""
        mood = self.mood
        lit_colour = colour * mood.light
        dark = mix(colour * mood.light * (1 - mood.depth), mood.shadow, 0.45)
        return mix(mix(dark, lit_colour, light), mood.haze, np.asarray(far) * 0.85)

    def sky(self) -> None:
        scene, mood, rng = self.scene, self.mood, self.scene.rng
        height = scene.y / self.horizon
        colour = mix(mix(mood.top, mood.middle, step(height, 0.0, 0.62)), mood.horizon, step(height, 0.45, 1.02))
        away: Array | None = None
        if mood.sun > 0:
            sun_y = self.horizon * (1 - mood.sun * 0.85)
            away = np.hypot(scene.x - self.sun_x, (scene.y - sun_y) * 1.05)
            glow = np.exp(-away * 4.5) * 0.65 + np.exp(-away * 14) * 0.5
            colour = mix(colour, mix(mood.horizon, np.ones(3), 0.35), np.clip(glow, 0, 1))
        scene.lay(np.ones_like(scene.y), colour, flow=scene.noise(1.5, 2, 2) * 0.7, fine=0.25)
        if away is not None and mood.title != "in the mist" and mood.sun < 0.8:
            moon = mood.title == "by moonlight"
            disc = 0.032 if moon else 0.04
            scene.lay(step(-away, -disc, -disc + 0.012), rgb("fdf6dc" if moon else "fff3c4"), fine=0.9)
        cover = float(rng.uniform(-0.35, 0.5)) + (0.45 if "grey" in mood.title or "storm" in mood.title else 0.0)
        shape = scene.noise(2.2, 3.4, 4)
        flatter = scene.noise(2.2, 9, 3)
        cloud = shape * (1 - step(height, 0.3, 0.9)) + flatter * step(height, 0.3, 0.9)
        mask = step(cloud + cover, 0.25, 0.75) * step(1.06 - height, 0, 0.3) * 0.95
        shift = max(2, scene.height // 22)
        under = np.roll(cloud, -shift, 0) - np.roll(cloud, int(self.from_left) * shift, 1)
        bright = step(under + 0.25, -0.7, 0.9)
        clouds = mix(mood.cloud_shadow, mood.cloud, bright)
        scene.lay(mask * step(self.horizon - scene.y, -0.005, 0.01), clouds, flow=cloud * 1.4, fine=0.3)
        if mood.title == "by moonlight":
            for _ in range(int(rng.integers(5, 11))):
                place = rng.uniform(0, scene.wide), rng.uniform(0, self.horizon * 0.85)
                self.dab(*place, rng.uniform(0.006, 0.008), rgb("b8c4c4"), fine=0.4)

    def dab(self, x: float, y: float, size: float, colour: Array, tall: float = 1.0, fine: float = 1.0) -> None:
        rows, columns, xs, ys = self.scene.window(x - size, y - size * tall, x + size, y + size * tall)
        away = np.hypot((xs - x) / size, (ys - y) / (size * tall))
        self.scene.lay_in(rows, columns, step(-away, -1.0, -0.6), colour, fine=fine)

    def ridge(self, base: float, rise: float, waves: float, far: float, colour: Array, *, peaks: bool = False) -> Array:
        """A line of hills or mountains. Returns the height of its upper edge, (w,)."""
        scene = self.scene
        line = scene.line(waves, 3)
        if peaks:
            line = 0.12 * scene.line(14, 3) - 1.0
            for _ in range(int(scene.rng.integers(3, 7))):
                summit, high = scene.rng.uniform(-0.1, 1.1) * scene.wide, scene.rng.uniform(0.0, 1.1)
                flank = np.where(scene.x[0] < summit, *scene.rng.uniform(3.0, 6.5, 2))
                line = np.maximum(line, high - np.abs(scene.x[0] - summit) * flank + 0.14 * scene.line(12, 4))
        edge = (base - rise * (0.5 + 0.5 * np.clip(line, -1.3, 1.3))).astype(np.float32)
        below = scene.y - edge
        mask = step(below, -0.003, 0.004)
        slope = np.gradient(edge)[None, :] * scene.height * self.from_left
        texture = scene.noise(9, 7, 3)
        light = step(texture * 0.55 - slope * (1.4 if peaks else 0.9) + below * 1.5, -0.6, 0.75)
        light = 0.25 + 0.75 * light if self.season == "winter" else light  # snow reflects light into its shadows
        own = mix(colour, colour * 0.8, np.clip(texture, 0, 1))
        if peaks and far < 0.8:
            snow = step(texture * 0.12 - below + rise * 0.3, 0, 0.05)
            own = mix(own, rgb("f4f3f2"), snow * 0.9)
        mist = np.clip(far + 0.25 * step(below, 0.02, 0.22), 0, 1)
        flow = np.arctan(np.gradient(edge) * scene.height / 1.2)[None, :] + texture * 0.5
        scene.lay(mask, self.seen(own, light, mist), flow=flow, fine=0.3 + 0.2 * (1 - far))
        return edge

    def ground(self) -> tuple[Array, Array]:
        """Fields in perspective below the horizon. Returns how far to the side and how far away each pixel is."""
        scene, rng = self.scene, self.scene.rng
        down = np.maximum(scene.y - self.horizon, 1e-3)
        away = 0.22 / (down + 0.045)
        side = (scene.x - scene.wide * 0.5) * away
        bend = scene.noise(2, 2, 2) * 0.35
        turned = float(rng.uniform(-0.5, 0.5))
        strips = np.floor((side + turned * away + bend * 0.5) * 1.1 + 50).astype(int)
        rows = np.floor(away * 1.25 + bend * 0.6 + 0.37 * (strips % 3)).astype(int)
        plot = (strips * 7 + rows * 13) % 101
        shades = np.stack([rgb(code) for code in self.fields])
        table = shades[rng.integers(0, len(shades), 101)] * rng.uniform(0.85, 1.1, (101, 1))
        own = table[plot].astype(np.float32)
        furrows = np.sin((side * 0.9 + turned * away) * 26 + bend * 8)
        furrowed = (rng.uniform(0, 1, 101) < 0.45)[plot]
        texture = scene.noise(10, 16, 3)
        light = 0.72 + 0.2 * texture + np.where(furrowed, 0.16 * furrows, 0) + 0.1 * step(down, 0, 0.3)
        cloud_shadow = step(scene.noise(1.2, 3.5, 2), 0.1, 0.6) * 0.45
        far = np.clip((away - 0.55) / 4.2, 0, 1) ** 0.8
        light = np.clip(light - cloud_shadow, 0.45 if self.season == "winter" else 0, 1)
        colour = self.seen(own, light, far)
        flow = np.where(furrowed, np.arctan2(down + 0.05, scene.x - scene.wide / 2 - turned), texture * 0.7)
        scene.lay(step(scene.y - self.horizon, -0.002, 0.004), colour, flow=flow, fine=0.3)
        return side, away

    def way(self, side: Array, away: Array, own: Array, width: float) -> None:
        """A path that winds to the horizon."""
        scene, rng = self.scene, self.scene.rng
        phase, swing = rng.uniform(0, 6.28), rng.uniform(0.15, 0.5)
        centre = rng.uniform(-0.2, 0.2) + swing * np.sin(away * 1.5 + phase) - swing * math.sin(1.0 + phase)
        off = np.abs(side - centre + scene.noise(6, 10, 2) * 0.02) / width
        mask = step(1 - off, 0, 0.25) * step(scene.y - self.horizon, 0.004, 0.02)
        ruts = 0.1 * np.cos(off * 9)
        far = np.clip((away - 0.55) / 4.2, 0, 1) ** 0.8
        scene.lay(mask, self.seen(own, np.clip(0.75 + ruts + scene.noise(8, 14, 2) * 0.25, 0, 1), far), fine=0.45)

    def water(self, mask: Array, shore: float) -> None:
        """Reflections of everything above ``shore``, broken by ripples, with light on them."""
        scene, mood = self.scene, self.mood
        down = np.clip(scene.y - shore, 0, 1)
        ripple = scene.noise(5, 42, 3) * (0.012 + down * 0.11)
        source = np.clip(((shore - down * 0.92 + ripple) * scene.height).astype(int), 0, scene.height - 1)
        sideways = scene.noise(4, 30, 2) * (0.004 + 0.03 * down)
        column = np.clip(((scene.x + sideways) * scene.height).astype(int), 0, scene.width - 1)
        mirrored = scene.colour[source, column]
        deep = mix(mix(mood.top, mood.shadow, 0.35), rgb("2f5f66"), 0.25)
        colour = mix(mirrored * 0.93, deep, np.clip(0.12 + down * 0.75, 0, 0.5))
        glitter = step(scene.noise(7, 55, 3), 0.5, 0.9) * np.clip(0.25 + down, 0, 0.7)
        bright = mix(mood.horizon, np.ones(3, np.float32), 0.25)
        if mood.sun > 0 and mood.sun < 0.8:
            path = np.exp(-(((scene.x - self.sun_x) / (0.05 + down * 0.25)) ** 2))
            glitter = np.maximum(glitter * 0.7, path * step(scene.noise(8, 60, 3), -0.1, 0.5))
        colour = mix(colour, bright, glitter * 0.75)
        scene.lay(mask, colour, flow=scene.noise(4, 10, 2) * 0.12, fine=0.5)

    def shadow(self, x: float, foot: float, width: float, height: float) -> None:
        """A shadow on the ground, away from the light."""
        shift = self.from_left * width * 0.7
        rows, columns, xs, ys = self.scene.window(x - 2.2 * width, foot - height, x + 2.2 * width, foot + 2 * height)
        if xs.size:
            away = np.hypot((xs - x - shift) / (width * 1.25), (ys - foot) / height)
            under = self.scene.colour[rows, columns]
            dark = mix(under * (1 - self.mood.depth * 0.7), self.mood.shadow, 0.3)
            self.scene.lay_in(rows, columns, step(-away, -1.0, -0.55) * 0.85, dark)
