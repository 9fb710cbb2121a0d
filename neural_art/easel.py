"""Sample paintings, made by code: landscapes and still lifes in many brush strokes, so that nobody needs data to try.

First a scene is composed as colours, a flow (which way the brush would go) and a fineness (how small the brushes get);
then it is painted from coarse to fine in oriented strokes wherever the canvas is still unlike the scene, after
Hertzmann, "Painterly Rendering with Curved Brush Strokes of Multiple Sizes", SIGGRAPH 1998. Strokes have bristles, and
the relief of the paint is lit from the upper left.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw

from neural_art.errors import PaintingError
from neural_art.paintings import Progress

Colour = Sequence[float]
Array = np.ndarray[Any, Any]

FINER: Final = 1.25  # a picture is painted this much larger, and then scaled down
ASPECT: Final = 1.25


def paint_samples(folder: Path, count: int = 96, seed: int = 0, size: int = 256) -> Iterator[Progress]:
    """``count`` JPEGs in ``folder/landscapes`` and ``folder/still-lifes``, in turn, with titles for names.

    Each has the area of ``size`` x ``size`` pixels, 5 : 4. The same seed paints the same pictures, and the first ones
    do not depend on ``count``. Raises ``PaintingError`` when they cannot be written.
    """
    yield Progress(0, count, "")
    for number in range(count):
        still = number % 2 == 1
        picture, title = paint(seed, number, size)
        name = f"{'still-lifes' if still else 'landscapes'}/{title} {number // 2 + 1:02d}.jpg"
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=93, subsampling=0)
        try:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            part = folder / f"{name}.part"
            part.write_bytes(buffer.getvalue())
            part.replace(folder / name)
        except OSError as error:
            why = error.strerror or "an error of the disk"
            raise PaintingError(f"The sample paintings cannot be written ({why}). Make room on the disk.") from error
        yield Progress(number + 1, count, name)


def paint(seed: int, number: int, size: int = 256) -> tuple[Image.Image, str]:
    """One sample painting and its title; even numbers are landscapes, odd ones still lifes."""
    chance = np.random.default_rng([seed, number])
    width, height = round(size * math.sqrt(ASPECT)), round(size / math.sqrt(ASPECT))
    scene = Scene(width, height, chance)
    title = still_life(scene, number // 2) if number % 2 else landscape(scene, number // 2)
    return brushed(scene, round(width * FINER), round(height * FINER)).resize(
        (width, height), Image.Resampling.LANCZOS
    ), title


# ---------------------------------------------------------------------------------------------------------------------
# A scene
# ---------------------------------------------------------------------------------------------------------------------


class Scene:
    """Colours (h, w, 3) from 0 to 1, a flow in radians and a fineness from 0 to 1, built up layer by layer.

    Places are given in fractions: x from 0 to ``wide`` (the aspect), y from 0 at the top to 1.
    """

    def __init__(self, width: int, height: int, chance: np.random.Generator) -> None:
        self.chance = chance
        self.width, self.height = width, height
        self.wide = width / height
        self.y, self.x = np.mgrid[0:height, 0:width].astype(np.float32) / height
        self.colour = np.zeros((height, width, 3), np.float32)
        self.flow = np.zeros((height, width), np.float32)
        self.fine = np.full((height, width), 0.35, np.float32)
        self._grain: Array | None = None

    def lay(
        self, mask: Array, colour: Array | Colour, flow: Array | float | None = None, fine: float | None = None
    ) -> None:
        """Put a colour, or a picture of colours, where ``mask`` (h, w) is, as far as it is."""
        self.lay_in(slice(None), slice(None), mask, colour, flow, fine)

    def lay_in(
        self,
        rows: slice,
        columns: slice,
        mask: Array,
        colour: Array | Colour,
        flow: Array | float | None = None,
        fine: float | None = None,
    ) -> None:
        """The same in a window only."""
        mask = np.clip(mask, 0, 1)
        under = self.colour[rows, columns]
        under += mask[..., None] * (np.asarray(colour, np.float32) - under)
        solid = mask > 0.5
        if flow is not None:
            self.flow[rows, columns] = np.where(solid, flow, self.flow[rows, columns])
        if fine is not None:
            self.fine[rows, columns] = np.where(solid, fine, self.fine[rows, columns])

    def window(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice, Array, Array]:
        """Rows and columns of a part, and the places in it; empty when it lies outside."""
        rows = slice(*(min(max(int(side * self.height), 0), self.height) for side in (top, bottom + 0.01)))
        columns = slice(*(min(max(int(side * self.height), 0), self.width) for side in (left, right + 0.01)))
        return rows, columns, self.x[rows, columns], self.y[rows, columns]

    def polygon(
        self,
        corners: Sequence[tuple[float, float]],
        colour: Array,
        flow: float | None = None,
        fine: float | None = None,
        strength: float = 1.0,
    ) -> None:
        """A flat shape with these corners."""
        across, down = zip(*corners, strict=True)
        rows, columns, xs, _ = self.window(min(across), min(down), max(across), max(down))
        if xs.size:
            sheet = Image.new("L", xs.shape[::-1])
            moved = [(x * self.height - columns.start, y * self.height - rows.start) for x, y in corners]
            ImageDraw.Draw(sheet).polygon(moved, fill=255)
            self.lay_in(rows, columns, np.asarray(sheet, np.float32) / 255 * strength, colour, flow, fine)

    def grain(self, rows: slice, columns: slice) -> Array:
        """Fine noise for a part, another piece of it each time."""
        if self._grain is None:
            self._grain = self.noise(26, 22, 2)
        height, width = rows.stop - rows.start, columns.stop - columns.start
        top = int(self.chance.integers(self.height - height + 1))
        left = int(self.chance.integers(self.width - width + 1))
        return self._grain[top : top + height, left : left + width]

    def noise(self, across: float, down: float, octaves: int = 3) -> Array:
        """Soft random values (h, w) about 0, within -1 and 1, with so many waves across and down the picture."""
        most = 2 ** (octaves - 1) * 3
        width, height = min(self.width, int(across * most) + 8), min(self.height, int(down * most) + 8)
        total = np.zeros((height, width), np.float32)
        for octave in range(octaves):
            cells = (max(2, int(down * 2**octave) + 2), max(2, int(across * 2**octave) + 2))
            total += enlarged(self.chance.uniform(-1, 1, cells), width, height) * 0.55**octave
        total *= 1.5 / sum(0.55**octave for octave in range(octaves))
        return total if total.shape == self.y.shape else enlarged(total, self.width, self.height)

    def line(self, waves: float, octaves: int = 3) -> Array:
        """A soft random line (w,) about 0."""
        total = np.zeros(self.width, np.float32)
        for octave in range(octaves):
            points = self.chance.uniform(-1, 1, int(waves * 2**octave) + 3)
            total += enlarged(points[None], self.width, 1)[0] * 0.5**octave
        return total

    def pick(self, *choices: Any) -> Any:
        return choices[int(self.chance.integers(len(choices)))]


def enlarged(values: Array, width: int, height: int) -> Array:
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def softened(values: Array, radius: float) -> Array:
    """Values (h, w) averaged over about ``radius`` pixels; quick and not exact."""
    height, width = values.shape
    small = (max(1, round(width / radius)), max(1, round(height / radius)))
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32)).resize(small, Image.Resampling.BOX)
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def rgb(code: str) -> Array:
    return np.array([int(code[place : place + 2], 16) / 255 for place in (0, 2, 4)], np.float32)


def mix(first: Array, second: Array, share: Array | float) -> Array:
    share = np.asarray(share, np.float32)
    share = share[..., None] if share.ndim else share
    return first + (second - first) * share


def step(values: Array | float, low: float, high: float) -> Array:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t: Array = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


# ---------------------------------------------------------------------------------------------------------------------
# The brush
# ---------------------------------------------------------------------------------------------------------------------

TURNS: Final = 28  # directions of a stroke
BENDS: Final = (-1, 0, 1)


@dataclass(frozen=True)
class Brush:
    """How strokes of one size look: for each direction and bend the pixels they touch and the relief they leave."""

    rows: tuple[Array, ...]
    columns: tuple[Array, ...]
    relief: tuple[Array, ...]


@lru_cache(16)
def brush(length: float, width: float) -> Brush:
    chance = np.random.default_rng([int(length * 100), int(width * 100)])
    reach = int(length / 2 + width / 2) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    rows, columns, reliefs = [], [], []
    for turn in range(TURNS):
        angle = 2 * math.pi * turn / TURNS
        for bend in BENDS:
            along = x * math.cos(angle) + y * math.sin(angle)
            across = -x * math.sin(angle) + y * math.cos(angle) + bend * 0.9 * along**2 / length - bend * 0.06 * length
            bristles = int(max(4, width * 0.9))
            hair = chance.uniform(0, 1, bristles + 2)
            place = np.clip((across / width + 0.5) * bristles, 0, bristles)
            index = place.astype(int)
            value = hair[index] * (1 - (place - index)) + hair[index + 1] * (place - index)
            end = length / 2 - width * 0.25
            worn = along > end - length * (0.28 if width > 7 else 0.1) * (
                1 - value
            )  # the brush runs dry at the end of the stroke
            round_end = np.hypot(np.maximum(-along - end, 0), across) > width / 2
            touched = (np.abs(across) <= width / 2) & ~worn & ~round_end
            edge = np.clip((np.abs(across) / (width / 2) - 0.6) * 0.7, 0, 0.25)
            dy, dx = np.nonzero(touched)
            rows.append((dy - reach).astype(np.int32))
            columns.append((dx - reach).astype(np.int32))
            reliefs.append((0.35 + 0.5 * value + edge)[touched].astype(np.float32))
    return Brush(tuple(rows), tuple(columns), tuple(reliefs))


SIZES: Final = ((50.0, 17.0), (30.0, 10.0), (17.0, 5.6), (9.5, 3.0))  # length and width, for 358 px


def brushed(scene: Scene, width: int, height: int) -> Image.Image:
    """The scene as a painting, ``width`` x ``height`` pixels."""
    chance = scene.chance
    scale = math.sqrt(height * width) / 358  # the brushes' unit
    margin = int(60 * scale)
    tall, long = height + 2 * margin, width + 2 * margin
    inside = (slice(margin, margin + height), slice(margin, margin + width))
    target = Image.fromarray((np.clip(scene.colour, 0, 1) * 255).astype(np.uint8))
    tone = np.asarray(target.resize((1, 1), Image.Resampling.BOX), np.float32)[0, 0] / 255
    ground = mix(tone, rgb(scene.pick("a5744d", "8a8178", "b58f62", "6f6a7a")), 0.5)
    canvas = np.broadcast_to(ground, (height, width, 3)).astype(np.float32).copy()
    relief = np.zeros((height, width), np.float32)
    grey = grey_of(scene.colour)
    near = scale * scene.height / height  # the same unit in the scene's pixels
    direction = flowing(grey, scene.flow, 5 * near)
    steep = np.hypot(*np.gradient(softened(grey, 1.5 * near))) * near / 0.9
    fine = np.clip(softened(scene.fine, 4 * near) + np.clip(softened(steep, 2.5 * near) * 9 - 0.1, 0, 0.6), 0, 1)
    for level, (length, wide) in enumerate(SIZES):
        length, wide = length * scale, wide * scale
        cells = (round(width / max(1.0, wide * 0.4)), round(height / max(1.0, wide * 0.4)))
        wanted = np.asarray(target.resize(cells, Image.Resampling.BOX), np.float32) / 255
        gap = wide * (0.72, 0.72, 0.7, 0.74)[level]
        y, x = np.mgrid[gap / 2 : height : gap, gap / 2 : width : gap]
        y = np.clip(y + chance.uniform(-0.6, 0.6, y.shape) * gap, 0, height - 1).ravel().astype(int)
        x = np.clip(x + chance.uniform(-0.6, 0.6, x.shape) * gap, 0, width - 1).ravel().astype(int)
        if level:
            so_far = Image.fromarray((np.clip(canvas, 0, 1) * 255).astype(np.uint8)).resize(cells, Image.Resampling.BOX)
            unlike = 3 * grey_of(np.abs(np.asarray(so_far, np.float32) / 255 - wanted))
            much = unlike[y * cells[1] // height, x * cells[0] // width]
            need = fine[y * scene.height // height, x * scene.width // width]
            keep = (much > (0, 0.10, 0.15, 0.17)[level] * (1.5 - need)) & (need > (0, 0, 0.15, 0.4)[level])
            y, x = y[keep], x[keep]
        order = chance.permutation(len(y))
        y, x = y[order], x[order]
        if not len(y):
            continue
        colour = wanted[y * cells[1] // height, x * cells[0] // width]
        colour = loaded(colour, chance, (0.045, 0.04, 0.03, 0.02)[level])
        wander = chance.normal(0, (0.17, 0.15, 0.12, 0.1)[level], len(y)) + math.pi * chance.integers(0, 2, len(y))
        turn = (
            np.round(
                (direction[y * scene.height // height, x * scene.width // width] + wander) * TURNS / (2 * math.pi)
            ).astype(int)
            % TURNS
        )
        kind = turn * len(BENDS) + chance.integers(0, len(BENDS), len(y))
        owner = np.full(tall * long, -1, np.int32)
        ridges = np.zeros(tall * long, np.float32)
        start = ((y + margin) * long + x + margin).astype(np.int32)
        tools = brush(round(length, 1), round(wide, 1))
        grouped = np.argsort(kind, kind="stable").astype(np.int32)
        bounds = np.searchsorted(kind[grouped], np.arange(TURNS * len(BENDS) + 1))
        for which in chance.permutation(TURNS * len(BENDS)):
            strokes = grouped[bounds[which] : bounds[which + 1]]
            if len(strokes):
                touched = start[strokes][:, None] + (tools.rows[which] * long + tools.columns[which])
                owner[touched] = strokes[:, None]
                ridges[touched] = tools.relief[which]
        owner, ridges = owner.reshape(tall, long)[inside], ridges.reshape(tall, long)[inside]
        painted = np.flatnonzero(owner >= 0)
        ridge = ridges.ravel()[painted]
        canvas.reshape(-1, 3)[painted] = colour[owner.ravel()[painted]] * (0.915 + 0.13 * ridge)[:, None]
        relief.ravel()[painted] = relief.ravel()[painted] * 0.35 + ridge * (1.0, 0.85, 0.65, 0.45)[level]
    return lit(canvas, relief)


def grey_of(colour: Array) -> Array:
    """The mean of the three channels; much quicker than ``mean(-1)``."""
    return (colour[..., 0] + colour[..., 1] + colour[..., 2]) / 3


def flowing(grey: Array, flow: Array, radius: float) -> Array:
    """Which way strokes go, in radians: along edges where there are any, else along the scene's own flow."""
    grey = softened(grey, max(1.0, radius * 0.5))
    down, across = np.gradient(grey)
    xx, yy, xy = (softened(product, radius) for product in (across * across, down * down, across * down))
    strength = np.hypot(xx - yy, 2 * xy)
    trust = np.clip(strength * 2500, 0, 1.5) / (strength + 1e-9)
    # In doubled angles opposite directions are one, and a right angle is a change of sign.
    cosine = -(xx - yy) * trust + np.cos(2 * flow)
    sine = -2 * xy * trust + np.sin(2 * flow)
    return 0.5 * np.arctan2(sine, cosine)


def loaded(colour: Array, chance: np.random.Generator, spread: float) -> Array:
    """Colours (n, 3) as they come from a brush: a little lighter or darker, warmer or cooler, and purer."""
    grey = grey_of(colour)[:, None]
    colour = grey + (colour - grey) * chance.normal(1.14, 0.12, (len(colour), 1))
    warmth = chance.normal(0, spread * 0.8, (len(colour), 1)) * np.array([1.0, 0.15, -1.0])
    green = chance.normal(0, spread * 0.4, (len(colour), 1)) * np.array([-0.6, 1.0, -0.4])
    return (colour + chance.normal(0, spread, (len(colour), 1)) + warmth + green).astype(np.float32)


def lit(canvas: Array, relief: Array) -> Image.Image:
    """The paint's relief under light from the upper left."""
    down, across = np.gradient(relief)
    shade = np.clip((down + across) * 0.5, -0.35, 0.35)
    bright = canvas * (1 + 0.32 * shade[..., None]) + np.maximum(shade[..., None] - 0.14, 0) * 0.14
    return Image.fromarray((np.clip(bright, 0, 1) * 255 + 0.5).astype(np.uint8))


# ---------------------------------------------------------------------------------------------------------------------
# Landscapes
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mood:
    """The light of an hour: what it makes of every colour."""

    title: str
    top: Array
    middle: Array
    horizon: Array
    light: Array  # multiplies what is lit
    shadow: Array  # what shadows tend to
    haze: Array  # what the distance tends to
    cloud: Array
    cloud_shadow: Array
    sun: float  # its height: fraction of the sky above the horizon; below 0 it is not seen
    depth: float = 0.55  # how dark shadows are


def _mood(title: str, colours: str, sun: float, depth: float = 0.55) -> Mood:
    top, middle, horizon, light, shadow, haze, cloud, cloud_shadow = (rgb(code) for code in colours.split())
    return Mood(title, top, middle, horizon, light, shadow, haze, cloud, cloud_shadow, sun, depth)


#                            top    middle horizon light  shadow haze   cloud  its shadow
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
    """A scene out of doors: where the horizon is, the hour, the season, and what stands in it."""

    def __init__(self, scene: Scene, mood: Mood, season: str) -> None:
        self.scene, self.mood, self.season = scene, mood, season
        self.horizon = float(scene.chance.uniform(0.36, 0.56))
        self.fields = {"summer": SUMMER, "autumn": AUTUMN, "winter": WINTER, "spring": SPRING}[season]
        self.sun_x = float(scene.chance.uniform(0.15, 0.85) * scene.wide)
        self.from_left = -1.0 if self.sun_x > scene.wide / 2 else 1.0

    def seen(self, colour: Array, light: Array | float, far: Array | float) -> Array:
        """A thing's own colour in this light (0 shadow to 1 lit) and this far away (0 near to 1)."""
        mood = self.mood
        lit_colour = colour * mood.light
        dark = mix(colour * mood.light * (1 - mood.depth), mood.shadow, 0.45)
        return mix(mix(dark, lit_colour, light), mood.haze, np.asarray(far) * 0.85)

    def sky(self) -> None:
        scene, mood, chance = self.scene, self.mood, self.scene.chance
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
        cover = float(chance.uniform(-0.35, 0.5)) + (0.45 if "grey" in mood.title or "storm" in mood.title else 0.0)
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
            for _ in range(int(chance.integers(5, 11))):
                place = chance.uniform(0, scene.wide), chance.uniform(0, self.horizon * 0.85)
                self.dab(*place, chance.uniform(0.006, 0.008), rgb("b8c4c4"), fine=0.4)

    def dab(self, x: float, y: float, size: float, colour: Array, tall: float = 1.0, fine: float = 1.0) -> None:
        rows, columns, xs, ys = self.scene.window(x - size, y - size * tall, x + size, y + size * tall)
        away = np.hypot((xs - x) / size, (ys - y) / (size * tall))
        self.scene.lay_in(rows, columns, step(-away, -1.0, -0.6), colour, fine=fine)

    def ridge(self, base: float, rise: float, waves: float, far: float, colour: Array, *, peaks: bool = False) -> Array:
        """A line of hills or mountains; where its upper edge runs (w,)."""
        scene = self.scene
        line = scene.line(waves, 3)
        if peaks:
            line = 0.12 * scene.line(14, 3) - 1.0
            for _ in range(int(scene.chance.integers(3, 7))):
                summit, high = scene.chance.uniform(-0.1, 1.1) * scene.wide, scene.chance.uniform(0.0, 1.1)
                flank = np.where(scene.x[0] < summit, *scene.chance.uniform(3.0, 6.5, 2))
                line = np.maximum(line, high - np.abs(scene.x[0] - summit) * flank + 0.14 * scene.line(12, 4))
        edge = (base - rise * (0.5 + 0.5 * np.clip(line, -1.3, 1.3))).astype(np.float32)
        below = scene.y - edge
        mask = step(below, -0.003, 0.004)
        slope = np.gradient(edge)[None, :] * scene.height * self.from_left
        texture = scene.noise(9, 7, 3)
        light = step(texture * 0.55 - slope * (1.4 if peaks else 0.9) + below * 1.5, -0.6, 0.75)
        light = 0.25 + 0.75 * light if self.season == "winter" else light  # snow throws light into its shadows
        own = mix(colour, colour * 0.8, np.clip(texture, 0, 1))
        if peaks and far < 0.8:
            snow = step(texture * 0.12 - below + rise * 0.3, 0, 0.05)
            own = mix(own, rgb("f4f3f2"), snow * 0.9)
        mist = np.clip(far + 0.25 * step(below, 0.02, 0.22), 0, 1)
        flow = np.arctan(np.gradient(edge) * scene.height / 1.2)[None, :] + texture * 0.5
        scene.lay(mask, self.seen(own, light, mist), flow=flow, fine=0.3 + 0.2 * (1 - far))
        return edge

    def ground(self) -> tuple[Array, Array]:
        """Fields in perspective down from the horizon; for each place how far to the side and how far away it is."""
        scene, chance = self.scene, self.scene.chance
        down = np.maximum(scene.y - self.horizon, 1e-3)
        away = 0.22 / (down + 0.045)
        side = (scene.x - scene.wide * 0.5) * away
        bend = scene.noise(2, 2, 2) * 0.35
        turned = float(chance.uniform(-0.5, 0.5))
        strips = np.floor((side + turned * away + bend * 0.5) * 1.1 + 50).astype(int)
        rows = np.floor(away * 1.25 + bend * 0.6 + 0.37 * (strips % 3)).astype(int)
        plot = (strips * 7 + rows * 13) % 101
        shades = np.stack([rgb(code) for code in self.fields])
        table = shades[chance.integers(0, len(shades), 101)] * chance.uniform(0.85, 1.1, (101, 1))
        own = table[plot].astype(np.float32)
        furrows = np.sin((side * 0.9 + turned * away) * 26 + bend * 8)
        furrowed = (chance.uniform(0, 1, 101) < 0.45)[plot]
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
        scene, chance = self.scene, self.scene.chance
        phase, swing = chance.uniform(0, 6.28), chance.uniform(0.15, 0.5)
        centre = chance.uniform(-0.2, 0.2) + swing * np.sin(away * 1.5 + phase) - swing * math.sin(1.0 + phase)
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

    def tree(self, x: float, foot: float, tall: float, kind: str, far: float = 0.0) -> None:
        scene, chance = self.scene, self.scene.chance
        bare = self.season == "winter" and kind == "round"
        own = {
            "summer": scene.pick("3f6b35", "557d3a", "2f5a3c", "6b8a42", "47703f"),
            "spring": scene.pick("7fae52", "9cc066", "f0c4cf", "f4e3e6", "5f9a4e"),
            "autumn": scene.pick("b5562a", "d1872f", "c9a038", "93402a", "8a7a35"),
            "winter": scene.pick("5a4a48", "6b5a54"),
        }[self.season]
        leaf = rgb("2c4a38" if kind == "fir" else own)
        trunk = self.seen(rgb("4a3528"), 0.35, far)
        if self.season == "winter" and kind in ("poplar", "cypress", "willow"):
            kind = "fir"
            leaf = rgb("2c4a48")
        self.shadow(x, foot, tall * 0.32, tall * 0.06)
        stem = tall * (0.03 if kind != "round" else 0.045)
        top = foot - tall * (0.45 if not bare else 0.27)
        scene.polygon(
            [(x - stem, foot), (x + stem, foot), (x + stem * 0.5, top), (x - stem * 0.5, top)], trunk, math.pi / 2, 0.6
        )
        if bare:
            self.branches(x, foot - tall * 0.25, tall * 0.3, -math.pi / 2, trunk, 4)
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
                around, out = chance.uniform(0, 6.28), math.sqrt(chance.uniform(0, 1))
                cx, cy = (
                    x + spread * 0.72 * out * math.cos(around),
                    foot - tall * 0.64 + tall * 0.24 * out * math.sin(around),
                )
                rx, ry = spread * chance.uniform(0.38, 0.6), tall * chance.uniform(0.14, 0.22)
            else:
                girth = (1 - t) ** 0.8 if kind == "fir" else math.sin(math.pi * (0.16 + 0.8 * t)) ** 0.7
                cx, cy = x + spread * 0.25 * chance.uniform(-1, 1), foot - tall * (0.16 + 0.74 * t)
                rx, ry = spread * (0.25 + 0.75 * girth), tall * (0.13 if kind != "fir" else 0.1)
            u, v = (xs - cx) / rx, (ys - cy) / ry
            ball = 1 - u * u - v * v
            better = ball > lump
            lump = np.where(better, ball, lump)
            lean = np.where(better, -u * self.from_left * 0.55 - v * 0.8, lean)
        grain = scene.grain(rows, columns)
        mask = step(lump + grain * 0.75, 0.0, 0.25)
        light = step(lean + grain * 0.7, -0.75, 0.85)
        own_colour = mix(leaf * 0.82, np.clip(leaf * 1.25 + 0.03, 0, 1), light)
        flow = grain * 1.2 + (math.pi / 2 if kind in ("poplar", "cypress", "willow") else 0.6)
        scene.lay_in(rows, columns, mask, self.seen(own_colour, light, far), flow, 0.65 - 0.2 * far)

    def branches(self, x: float, y: float, length: float, angle: float, colour: Array, depth: int) -> None:
        scene, chance = self.scene, self.scene.chance
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
                    bent = angle + turn + chance.uniform(-0.22, 0.22)
                    waiting.append((to_x, to_y, length * chance.uniform(0.55, 0.78), bent, depth - 1))
        scene.lay(np.asarray(sheet, np.float32) / 255, colour, fine=0.95)

    def shadow(self, x: float, foot: float, width: float, height: float) -> None:
        """On the ground, away from the light."""
        shift = self.from_left * width * 0.7
        rows, columns, xs, ys = self.scene.window(x - 2.2 * width, foot - height, x + 2.2 * width, foot + 2 * height)
        if xs.size:
            away = np.hypot((xs - x - shift) / (width * 1.25), (ys - foot) / height)
            under = self.scene.colour[rows, columns]
            dark = mix(under * (1 - self.mood.depth * 0.7), self.mood.shadow, 0.3)
            self.scene.lay_in(rows, columns, step(-away, -1.0, -0.55) * 0.85, dark)

    def house(self, x: float, foot: float, size: float, far: float = 0.0) -> None:
        scene, chance = self.scene, self.scene.chance
        wall = rgb(scene.pick("f2e8d5", "ead9b8", "e0b98f", "f4efe6", "d8cfc2", "e8c9a4"))
        roof = rgb(scene.pick("b5523a", "9c4535", "6e5a60", "c26a45", "5f6b7d"))
        if self.season == "winter":
            roof = mix(roof, rgb("f2f4f8"), 0.8)
        wide, tall, gable = size * chance.uniform(0.9, 1.5), size * 0.62, size * 0.45
        end = wide * 0.38  # the gable end is turned to us
        left = x - wide / 2
        split = left + end if self.from_left > 0 else left + wide - end
        bright, dim = (0.95, 0.25) if self.from_left > 0 else (0.25, 0.95)
        self.shadow(x, foot, wide * 0.6, size * 0.1)
        walls = (
            ([(left, foot), (split, foot), (split, foot - tall), (left, foot - tall)], bright),
            ([(split, foot), (left + wide, foot), (left + wide, foot - tall), (split, foot - tall)], dim),
        )
        for corners, light in walls:
            scene.polygon(corners, self.seen(wall, light, far), math.pi / 2, 0.8)
        ends = (left, split) if self.from_left > 0 else (split, left + wide)
        peak = (sum(ends) / 2, foot - tall - gable)
        scene.polygon(
            [(ends[0], foot - tall), (ends[1], foot - tall), peak],
            self.seen(wall, bright if self.from_left > 0 else dim, far),
            fine=0.8,
        )
        other = left + wide if self.from_left > 0 else left
        back = (peak[0] + (other - split) * 1.0, peak[1])
        slope = [peak, back, (other + (other - split) * 0.06, foot - tall + size * 0.03), (split, foot - tall)]
        scene.polygon(slope, self.seen(roof, 0.7, far), 0.1, 0.8)
        glass = (
            rgb("ffcf70")
            if self.mood.title in ("at dusk", "by moonlight", "before the storm")
            else self.seen(rgb("46505e"), 0.4, far)
        )
        for _ in range(2):
            across = min(split, other) + abs(other - split) * chance.uniform(0.2, 0.8)
            self.dab(across, foot - tall * chance.uniform(0.45, 0.62), size * 0.055, glass, 1.5)
        if chance.uniform() < 0.6:
            chimney = back[0] - (other - split) * 0.3
            sides = (chimney - size * 0.05, chimney + size * 0.05)
            top = peak[1] - size * 0.14
            corners = [(sides[0], top), (sides[1], top), (sides[1], peak[1] + 0.01), (sides[0], peak[1] + 0.01)]
            scene.polygon(corners, self.seen(rgb("8f5a48"), 0.5, far), fine=0.9)

    def church(self, x: float, foot: float, size: float, far: float) -> None:
        scene = self.scene
        wall = rgb("e6dcc8")
        for corners, light, own in (
            (
                [(x - size * 0.14, foot), (x, foot), (x, foot - size), (x - size * 0.14, foot - size)],
                0.5 + 0.45 * self.from_left,
                wall,
            ),
            (
                [(x, foot), (x + size * 0.14, foot), (x + size * 0.14, foot - size), (x, foot - size)],
                0.5 - 0.35 * self.from_left,
                wall,
            ),
            (
                [(x - size * 0.18, foot - size), (x + size * 0.18, foot - size), (x, foot - size * 1.75)],
                0.5,
                rgb("56606e"),
            ),
        ):
            scene.polygon(corners, self.seen(own, light, far), math.pi / 2, 0.85)

    def boat(self, x: float, y: float, size: float) -> None:
        scene = self.scene
        sail = rgb(scene.pick("f7f1e3", "f0dcb4", "d9703f", "c9543f", "f7f1e3", "e8b04a"))
        hull = self.seen(rgb(scene.pick("3a3f4f", "6b3a2c", "2f5a6b", "8a5a3a")), 0.5, 0.1)
        lean = size * 0.05 * self.from_left
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
            scene.polygon(main, self.seen(sail, 0.95, 0.05), 1.2, 0.9, strength)
            scene.polygon(jib, self.seen(sail, 0.6, 0.05), 1.8, 0.9, strength)
            scene.polygon(body, hull, 0.0, 0.9, strength)

    def stack(self, x: float, foot: float, size: float) -> None:
        """A stack of wheat."""
        scene = self.scene
        self.shadow(x, foot, size * 0.65, size * 0.16)
        rows, columns, xs, ys = scene.window(x - size * 0.6, foot - size, x + size * 0.6, foot + size * 0.08)
        if not xs.size:
            return
        up = (foot - ys) / size
        half = np.where(up < 0.48, 0.42 + 0.12 * up / 0.48, 0.58 * np.clip((0.98 - up) / 0.5, 0, 1) ** 0.8) * size
        u = (xs - x) / np.maximum(half, 1e-4)
        mask = step(1 - np.abs(u), 0.0, 0.06) * step(up + 0.06 * (1 - u * u), 0, 0.05)
        grain = scene.grain(rows, columns)
        light = step(-u * self.from_left + grain * 0.4, -0.7, 0.8)
        straw = rgb("dcb45f") if self.season != "winter" else mix(rgb("d8c9a8"), rgb("f4f4f6"), 0.5)
        own = np.where((up > 0.48)[..., None], straw * 0.95, straw)
        scene.lay_in(
            rows, columns, mask, self.seen(own, light, 0.0), np.where(up > 0.48, u * 0.8 + 1.57, 1.57 + u * 0.2), 0.6
        )

    def flowers(self, colours: Sequence[str], count: int, *, nearest: float = 1.0) -> None:
        scene, chance = self.scene, self.scene.chance
        patch = scene.noise(3, 5, 2)
        for _ in range(count):
            t = chance.uniform(0.04, 1) ** 1.1
            y = self.horizon + (nearest - self.horizon) * t
            x = chance.uniform(0, scene.wide)
            if patch[min(int(y * scene.height), scene.height - 1), min(int(x * scene.height), scene.width - 1)] > -0.15:
                colour = self.seen(rgb(scene.pick(*colours)), chance.uniform(0.6, 1), 0.5 * (1 - t) ** 2)
                self.dab(x, y, 0.004 + 0.013 * t, colour, chance.uniform(0.6, 1.0), 0.95)


def landscape(scene: Scene, number: int) -> str:
    """Compose a landscape; each number has its own place, hour and season. The title comes back."""
    chance = scene.chance
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
    season = ("summer", "autumn", "spring", "winter", "summer")[int(chance.integers(5))]
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
    scene, chance = land.scene, land.scene.chance
    if chance.uniform() < 0.4:
        land.ridge(
            land.horizon + 0.01,
            chance.uniform(0.12, 0.26),
            2.5,
            0.72,
            rgb(scene.pick("6f7fa3", "7a86a0", "8a7f9c")),
            peaks=True,
        )
    green = {"winter": "aab4c0", "autumn": "8a7048"}.get(land.season, "5d7f5a")
    for far in (0.6, 0.38)[: int(chance.integers(1, 3))]:
        land.ridge(land.horizon + 0.015, chance.uniform(0.04, 0.11), 2.2, far, rgb(green))


def _line_of_trees(land: Land, foot: float, size: float, far: float, share: float = 0.6) -> None:
    scene, chance = land.scene, land.scene.chance
    start, end = sorted(chance.uniform(0, scene.wide, 2))
    x = start
    while x < max(end, start + share):
        kind = scene.pick("round", "round", "poplar")
        land.tree(x, foot, size * chance.uniform(0.6, 1.2), kind, far)
        x += size * chance.uniform(0.3, 0.7)


def river(land: Land) -> None:
    scene, chance = land.scene, land.scene.chance
    _distance(land)
    side, away = land.ground()
    _line_of_trees(land, land.horizon + 0.025, 0.11, 0.45)
    if chance.uniform() < 0.5:
        land.house(chance.uniform(0.15, 0.85) * scene.wide, land.horizon + 0.04, 0.09, 0.3)
    phase, swing = chance.uniform(0, 6.28), chance.uniform(0.25, 0.6)
    centre = swing * np.sin(away * 1.1 + phase) - swing * math.sin(0.7 + phase) + chance.uniform(-0.15, 0.15)
    bank = np.abs(side - centre + scene.noise(6, 9, 2) * 0.03)
    wide = chance.uniform(0.24, 0.36)
    below = step(scene.y - land.horizon, 0.015, 0.03)
    land.scene.lay(step(wide + 0.05 - bank, 0, 0.03) * below, land.seen(rgb("6b5f45"), 0.4, 0.2), fine=0.5)
    land.water(step(wide - bank, 0, 0.03) * below, land.horizon + 0.02)
    for near in (0.16, 0.5):
        side_of = scene.pick(0.05, 0.12, 0.88, 0.95)
        land.tree(
            side_of * scene.wide,
            land.horizon + near * 0.7,
            0.28 + near * 0.5,
            scene.pick("round", "poplar", "willow"),
            0.1,
        )


def lake(land: Land) -> None:
    scene, chance = land.scene, land.scene.chance
    land.horizon = float(chance.uniform(0.42, 0.55))
    land.ridge(
        land.horizon + 0.01,
        chance.uniform(0.2, 0.34),
        2.2,
        0.65,
        rgb(scene.pick("64749c", "7c7896", "5f7f92")),
        peaks=True,
    )
    land.ridge(
        land.horizon + 0.012, 0.12, 3, 0.4, rgb({"winter": "b4bcc8", "autumn": "8c7446"}.get(land.season, "4f7455"))
    )
    _line_of_trees(land, land.horizon + 0.012, 0.08, 0.35)
    if chance.uniform() < 0.6:
        land.house(chance.uniform(0.2, 0.8) * scene.wide, land.horizon + 0.014, 0.07, 0.2)
    land.water(step(scene.y - land.horizon, 0.008, 0.016), land.horizon + 0.012)
    if chance.uniform() < 0.5:
        land.boat(chance.uniform(0.25, 0.75) * scene.wide, chance.uniform(0.62, 0.75), 0.11)
    shore = 0.93 + 0.05 * scene.line(2)
    grass = rgb({"winter": "e8ecf2", "autumn": "96783c"}.get(land.season, "5f7f3c"))
    light = np.clip(0.55 + scene.noise(14, 8, 3) * 0.5, 0, 1)
    scene.lay(
        step(scene.y - shore, 0, 0.02), land.seen(grass, light, 0), flow=1.3 + scene.noise(6, 4, 2) * 0.5, fine=0.5
    )
    if chance.uniform() < 0.75:
        land.tree(
            scene.pick(0.08, 0.14, 0.86, 0.92) * scene.wide,
            0.97,
            chance.uniform(0.55, 0.8),
            scene.pick("round", "fir", "poplar"),
        )


def sea(land: Land) -> None:
    scene, chance = land.scene, land.scene.chance
    land.horizon = float(chance.uniform(0.4, 0.52))
    if chance.uniform() < 0.6:
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
    for y in sorted(chance.uniform(land.horizon + 0.03, 0.8, int(chance.integers(2, 6)))):
        land.boat(chance.uniform(0.1, 0.9) * scene.wide, y, 0.05 + 0.42 * (y - land.horizon))
    if chance.uniform() < 0.6:
        beach = 0.86 + 0.06 * scene.line(1.5) + 0.1 * (scene.x[0] - 0.6) * scene.pick(-1, 1)
        sand = np.clip(0.75 + scene.noise(8, 10, 3) * 0.3, 0, 1)
        scene.lay(step(scene.y - beach, -0.03, 0.0) * 0.8, mix(land.mood.horizon, np.ones(3), 0.5), flow=0.1, fine=0.6)
        scene.lay(step(scene.y - beach, 0, 0.01), land.seen(rgb("e2c998"), sand, 0), flow=0.1, fine=0.35)


def meadow(land: Land) -> None:
    scene, chance = land.scene, land.scene.chance
    _distance(land)
    side, away = land.ground()
    grass = rgb(scene.pick("7f9a44", "8fa552", "a8b05a"))
    light = np.clip(0.6 + scene.noise(12, 18, 3) * 0.5, 0, 1)
    far = np.clip((away - 0.55) / 4.2, 0, 1)
    near = step(scene.y - land.horizon - 0.1 - 0.03 * scene.line(2), 0, 0.04)
    scene.lay(near, land.seen(grass, light, far), flow=1.45 + scene.noise(5, 5, 2) * 0.5, fine=0.4)
    _line_of_trees(land, land.horizon + 0.04, 0.16, 0.3)
    if chance.uniform() < 0.6:
        land.house(chance.uniform(0.15, 0.85) * scene.wide, land.horizon + 0.07, 0.11, 0.2)
    if chance.uniform() < 0.5:
        land.way(side, away, rgb("dcc59a"), 0.07)
    colours = scene.pick(
        ("d8342a", "e0492f", "c42a2a", "f06a4a"),
        ("8a5ab0", "a878c8", "6f4fa0", "d8b8e0"),
        ("f2cf3a", "f7e06a", "e8b52a", "ffffff"),
        ("f4f0e8", "f2cf3a", "e58aa8", "d8342a"),
        ("3f62b8", "5f86d0", "d8342a", "f4f0e8"),
    )
    land.flowers(colours, 260)


def village(land: Land) -> None:
    scene, chance = land.scene, land.scene.chance
    _distance(land)
    side, away = land.ground()
    land.way(side, away, rgb("e0ceac") if land.season != "winter" else rgb("cfd6e2"), 0.13)
    middle = chance.uniform(0.35, 0.65) * scene.wide
    land.church(middle + chance.uniform(-0.15, 0.15), land.horizon + 0.03, chance.uniform(0.14, 0.2), 0.3)
    for foot, size, count in ((0.035, 0.1, 5), (0.09, 0.14, 3), (0.2, 0.24, 2)):
        for place in range(count):
            spread = 0.12 + foot * 1.9
            beside = scene.pick(-1, 1) if foot < 0.2 else (-1, 1)[place]
            x = middle + beside * chance.uniform(spread * 0.5, spread * 1.4)
            if chance.uniform() < 0.35:
                land.tree(
                    x + size * 0.9,
                    land.horizon + foot,
                    size * 1.5,
                    scene.pick("round", "poplar", "cypress"),
                    0.25 - foot,
                )
            land.house(x, land.horizon + foot, size * chance.uniform(0.8, 1.15), max(0.0, 0.25 - foot))
    if chance.uniform() < 0.6:
        land.tree(scene.pick(0.06, 0.94) * scene.wide, land.horizon + 0.4, 0.75, "round")


def stacks(land: Land) -> None:
    scene, chance = land.scene, land.scene.chance
    _distance(land)
    _, away = land.ground()
    stubble = rgb(scene.pick("d8b866", "c9a85a", "e0c878")) if land.season != "winter" else rgb("e8ecf4")
    light = np.clip(0.65 + scene.noise(10, 20, 3) * 0.4, 0, 1)
    far = np.clip((away - 0.55) / 4.2, 0, 1)
    near = step(scene.y - land.horizon - 0.07 - 0.02 * scene.line(2), 0, 0.03)
    scene.lay(near, land.seen(stubble, light, far), flow=0.15 + scene.noise(3, 3, 2) * 0.4, fine=0.35)
    _line_of_trees(land, land.horizon + 0.03, 0.13, 0.4)
    for foot in sorted(chance.uniform(0.12, 0.42, int(chance.integers(1, 5)))):
        land.stack(chance.uniform(0.12, 0.88) * scene.wide, land.horizon + foot, 0.06 + 0.62 * foot)


def avenue(land: Land) -> None:
    """Tall trees on both sides of a road, or along a river bank."""
    scene, chance = land.scene, land.scene.chance
    land.horizon = float(chance.uniform(0.5, 0.62))
    _distance(land)
    land.ground()
    vanish = chance.uniform(0.4, 0.6) * scene.wide
    wet = chance.uniform() < 0.4
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
            land.tree(x, land.horizon + foot * (1 - land.horizon), size, kind, max(0.0, 0.45 - foot))
        if wet and foot == 0.22:
            land.water(step(scene.y - land.horizon - 0.15, 0, 0.02), land.horizon + 0.12)


def hills(land: Land) -> None:
    """Rolling fields, one behind the other."""
    scene, chance = land.scene, land.scene.chance
    land.horizon = float(chance.uniform(0.34, 0.46))
    _distance(land)
    base = land.horizon
    count = 4
    for place in range(count):
        near = (place + 1) / count
        base += (1.02 - land.horizon) / (count + 0.6)
        edge = land.ridge(base, 0.16, 1.3 + place * 0.2, 0.5 * (1 - near), rgb(scene.pick(*land.fields)))
        texture = np.sin(
            (scene.y - edge) * (60 - 25 * near) + scene.noise(3, 3, 2) * 3 + scene.x * chance.uniform(-14, 14)
        )
        striped = step(scene.y - edge, 0.01, 0.03) * step(texture, 0.2, 0.7) * step(scene.noise(2, 2, 1), -0.2, 0.3)
        scene.lay(striped * 0.55, land.seen(rgb(scene.pick(*land.fields)), 0.7, 0.5 * (1 - near)))
        for _ in range(int(chance.integers(1, 5))):
            x = chance.uniform(0.03, 0.97) * scene.wide
            foot = float(edge[min(int(x * scene.height), scene.width - 1)]) + 0.012
            size = 0.07 + 0.15 * near
            if chance.uniform() < 0.22:
                land.house(x, foot + 0.01, size * 0.7, 0.4 * (1 - near))
            else:
                land.tree(
                    x,
                    foot,
                    size * chance.uniform(0.8, 1.4),
                    scene.pick("round", "cypress", "poplar", "round"),
                    0.45 * (1 - near),
                )


# ---------------------------------------------------------------------------------------------------------------------
# Still lifes
# ---------------------------------------------------------------------------------------------------------------------


class Table:
    """A scene indoors: a table before a wall, lit from the upper left or right."""

    def __init__(self, scene: Scene, wall: str, cloth: str, shadow: str, light: float) -> None:
        self.scene = scene
        self.wall, self.cloth, self.shade = rgb(wall), rgb(cloth), rgb(shadow)
        self.light = light  # from the left: 1; from the right: -1
        self.edge = float(scene.chance.uniform(0.5, 0.6))

    def seen(self, own: Array, light: Array | float) -> Array:
        """A colour between its shadow, itself and its highest light, as ``light`` goes from 0 to 1."""
        dark = mix(own * 0.32, self.shade, 0.4)
        bright = np.clip(own * 1.08 + 0.06, 0, 1) * np.array([1.0, 0.985, 0.94], np.float32)
        return mix(mix(dark, own, step(light, 0.0, 0.55)), bright, step(light, 0.5, 1.0))

    def room(self, *, striped: bool) -> None:
        scene, chance = self.scene, self.scene.chance
        x = scene.x if self.light > 0 else scene.wide - scene.x
        pool = np.exp(-(((x - 0.55) / 0.75) ** 2) - ((scene.y - 0.25) / 0.6) ** 2)
        texture = scene.noise(4, 4, 4)
        light = np.clip(0.2 + 0.45 * pool + texture * 0.16, 0, 1)
        drift = mix(self.wall, self.wall[[1, 2, 0]], np.clip(texture * 0.16 + 0.05, 0, 0.3))
        scene.lay(np.ones_like(x), self.seen(drift, light), flow=scene.noise(2, 2, 2) * 1.6 + 0.8, fine=0.15)
        if chance.uniform() < 0.35:
            self.drape()
        front = self.edge + 0.02 * scene.line(0.6)
        folds = scene.noise(3.5, 1.6, 2) + 0.5 * np.sin(scene.x * chance.uniform(5, 9) + scene.noise(2, 3, 2) * 2.5)
        slant = np.gradient(folds, axis=1) * scene.height * 0.05 * -self.light
        down = scene.y - front
        cloth_light = np.clip(
            0.7 + np.clip(slant, -0.5, 0.35) * 0.6 - 0.2 * step(down, 0.25, 0.5) + 0.12 * pool, 0.25, 1
        )
        own: Array = np.broadcast_to(self.cloth, scene.colour.shape)
        if striped:
            other = rgb(scene.pick("c9443a", "3f62a8", "2f7f78", "d8a23a"))
            away = 0.5 / (down + 0.35)
            bands = step(np.cos((scene.x - scene.wide / 2) * away * chance.uniform(26, 40) + folds * 0.8), 0.72, 0.9)
            own = mix(own, other, bands * 0.85)
        scene.lay(step(down, -0.002, 0.006), self.seen(own, cloth_light), flow=0.15 + folds * 0.5, fine=0.3)

    def drape(self) -> None:
        """A curtain hanging at one side of the wall."""
        scene, chance = self.scene, self.scene.chance
        own = rgb(scene.pick("7a2f35", "2f5a5a", "8a6a2f", "3a4a7a", "5a3a5f"))
        side = scene.x if chance.uniform() < 0.5 else scene.wide - scene.x
        width = chance.uniform(0.22, 0.4) + 0.05 * np.sin(scene.y * 4 + chance.uniform(0, 6))
        folds = np.sin(side / (0.6 + 0.4 * scene.y) * chance.uniform(28, 45) + scene.noise(2, 1.5, 2))
        scene.lay(step(width - side, 0, 0.02), self.seen(own, np.clip(0.45 + folds * 0.4, 0, 1)), flow=1.57, fine=0.35)

    def rest(self, x: float, foot: float, width: float) -> None:
        """The shadow that a thing throws on the table."""
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
        """Anything round: fruit, bread, grapes. ``y`` is its middle."""
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
        """Anything made on a wheel: bottles, jugs, vases, bowls.

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

    # -- things -------------------------------------------------------------------------------------------------------

    def fruit(self, x: float, foot: float, size: float, kind: str) -> None:
        scene, chance = self.scene, self.scene.chance
        self.rest(x, foot, size)
        middle = foot - size * 0.92
        if kind == "apple":
            own, blush = scene.pick(
                ("b8322a", "d8743a"), ("8fae3f", "c9b84a"), ("c9a03a", "c4442f"), ("a02430", "7a1c2c")
            )
            self.ball(x, middle, size, rgb(own), tall=0.92, blush=rgb(blush), gloss=0.7)
            self.stalk(x, middle - size * 0.78, size * 0.32, "4a3522")
        elif kind == "orange":
            self.ball(x, middle, size, rgb(scene.pick("e8852a", "ee9a33", "d9701f")), gloss=0.45)
        elif kind == "lemon":
            lean = chance.uniform(-0.5, 0.5)
            own = rgb(scene.pick("eecb3a", "f2d64f"))
            self.ball(
                x + math.cos(lean) * size * 1.08, foot - size * 0.78 + math.sin(lean) * size * 1.08, size * 0.2, own
            )
            self.ball(x, foot - size * 0.78, size * 1.12, own, tall=0.72, lean=lean, gloss=0.6)
        elif kind == "pear":
            own = rgb(scene.pick("c3b545", "a9ad45", "d4b04a"))
            lean = chance.uniform(-0.25, 0.25)
            self.ball(
                x + lean * size * 1.3, foot - size * 1.95, size * 0.52, own, tall=1.2, lean=lean, blush=rgb("c98a3f")
            )
            self.ball(
                x + lean * size * 0.6, foot - size * 1.4, size * 0.68, own, tall=1.1, gloss=0.1, blush=rgb("c98a3f")
            )
            self.ball(x, middle, size, own, tall=0.95, blush=rgb("c98a3f"), gloss=0.6)
            self.stalk(x + lean * size * 1.5, foot - size * 2.5, size * 0.4, "4a3522")
        elif kind == "plum":
            self.ball(
                x,
                foot - size * 0.7,
                size * 0.75,
                rgb(scene.pick("4a2f5f", "5f2f55", "38305f")),
                gloss=0.5,
                blush=rgb("7a6f9c"),
            )
        else:  # a peach
            self.ball(x, middle, size * 0.95, rgb("e8a05a"), tall=0.95, blush=rgb("c9503f"), gloss=0.15)

    def stalk(self, x: float, y: float, length: float, colour: str) -> None:
        scene = self.scene
        bend = length * 0.4 * self.light
        thick = max(0.004, length * 0.13)
        corners = [(x - thick, y), (x + thick, y), (x + bend + thick, y - length), (x + bend - thick, y - length)]
        scene.polygon(corners, rgb(colour), math.pi / 2, 1.0)

    def grapes(self, x: float, foot: float, size: float) -> None:
        scene, chance = self.scene, self.scene.chance
        own = rgb(scene.pick("4a3060", "7f9a4a", "5f2f4a", "3f4a7a", "a3b45f"))
        self.rest(x, foot, size * 1.6)
        for row in range(4):
            for place in range(5 - row):
                across = x + (place - (4 - row) / 2) * size * 0.62 + chance.uniform(-0.1, 0.1) * size
                self.ball(
                    across,
                    foot - size * (0.3 + row * 0.46),
                    size * 0.36,
                    own * chance.uniform(0.8, 1.15),
                    gloss=0.65,
                    fine=0.9,
                )

    def bowl(self, x: float, foot: float, size: float, kinds: Sequence[str]) -> None:
        """A bowl of fruit."""
        scene, chance = self.scene, self.scene.chance
        own = rgb(scene.pick("e8e4da", "3f5f8a", "b06a42", "7f8a6a", "d8c9a8", "8a3f35", "5f8a8f"))
        self.rest(x, foot, size * 1.1)
        top = foot - size * 0.62
        for row, count in ((0, 4), (1, 3), (2, 1)):
            for place in range(count):
                across = x + (place - (count - 1) / 2) * size * 0.48 + chance.uniform(-0.04, 0.04)
                size_of = size * chance.uniform(0.27, 0.33)
                self.heaped(across, top - row * size * 0.34 - size * 0.08, size_of, scene.pick(*kinds))
        band = rgb("3f62a8") if own.mean() > 0.8 and chance.uniform() < 0.6 else None
        profile = ((0, 0.55), (0.08, 0.6), (0.14, 0.72), (0.5, 1.35), (0.85, 1.66), (1, 1.7))
        self.turned(x, foot, size * 0.7, profile, own, band=band, mouth=False)

    def heaped(self, x: float, y: float, size: float, kind: str) -> None:
        colours = {
            "apple": ("b8322a", "d8743a"),
            "orange": ("e8852a", "e8852a"),
            "lemon": ("eecb3a", "f2d64f"),
            "pear": ("b5b048", "c98a3f"),
            "plum": ("4a2f5f", "7a6f9c"),
            "peach": ("e8a05a", "c9503f"),
        }
        own, blush = colours[kind]
        self.ball(x, y, size, rgb(own), tall=0.95, blush=rgb(blush), gloss=0.55)

    def bottle(self, x: float, foot: float, size: float) -> None:
        scene = self.scene
        own = rgb(scene.pick("2f4a35", "1f3a3f", "4a3520", "5f7a5a", "28304a", "7a8f86"))
        self.rest(x, foot, size * 0.17)
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
        self.turned(x, foot, size, profile, own, gloss=1.0)
        if scene.chance.uniform() < 0.5:
            half = size * 0.155
            top, bottom = foot - size * 0.42, foot - size * 0.18
            rows, columns, xs, _ = scene.window(x - half, top, x + half, bottom)
            shade = np.clip(0.55 - 0.5 * self.light * (xs - x) / half, 0, 1)
            scene.lay_in(rows, columns, np.ones_like(xs), self.seen(rgb("e6d8b4"), shade), fine=0.7)

    def jug(self, x: float, foot: float, size: float) -> None:
        scene = self.scene
        own = rgb(scene.pick("e4ddcc", "4a6f9c", "b5623a", "6f7f5a", "c9a45a", "8f9aa3", "3f6f6a"))
        self.rest(x, foot, size * 0.34)
        side = -self.light if scene.chance.uniform() < 0.5 else self.light
        rows, columns, xs, ys = scene.window(x - size * 0.7, foot - size, x + size * 0.7, foot)
        ring = np.hypot((xs - x - side * size * 0.3) / (size * 0.2), (ys - foot + size * 0.6) / (size * 0.24))
        scene.lay_in(
            rows, columns, step(0.2 - np.abs(ring - 1), 0, 0.06), self.seen(own, np.full(xs.shape, 0.5)), 1.2, 0.8
        )
        profile = ((0, 0.2), (0.05, 0.24), (0.3, 0.34), (0.5, 0.33), (0.72, 0.2), (0.85, 0.18), (1, 0.23))
        band = rgb("3f62a8") if own.mean() > 0.8 and scene.chance.uniform() < 0.5 else None
        self.turned(x, foot, size, profile, own, band=band)

    def glass(self, x: float, foot: float, size: float) -> None:
        scene = self.scene
        self.rest(x, foot, size * 0.2)
        wine = rgb(scene.pick("7a1f2f", "c9a04a", "9cb0a8"))
        rows, columns, xs, ys = scene.window(x - size * 0.3, foot - size * 1.02, x + size * 0.3, foot + size * 0.05)
        up = (foot - ys) / size
        half = np.interp(up, [0, 0.03, 0.06, 0.4, 0.5, 0.7, 1], [0.2, 0.19, 0.025, 0.025, 0.16, 0.22, 0.19]) * size
        u = (xs - x) / np.maximum(half, 1e-4)
        body = step(1 - np.abs(u), 0, 0.08) * step(up, -0.01, 0.01) * step(1 - up, 0, 0.02)
        under = scene.colour[rows, columns]
        light = np.clip(0.5 - 0.5 * u * self.light, 0, 1)
        full = step(up, 0.45, 0.5) * step(0.8 - up, 0, 0.02)
        colour = mix(
            mix(under, rgb("dfe8ea"), 0.22 + 0.3 * step(np.abs(u), 0.75, 1.0)), self.seen(wine, light), full * 0.9
        )
        shine = np.exp(-(((u + 0.5 * self.light) / 0.14) ** 2)) * step(up, 0.5, 0.6)
        scene.lay_in(rows, columns, body, mix(colour, np.ones(3, np.float32), shine * 0.8), 1.57, 0.9)

    def bread(self, x: float, foot: float, size: float) -> None:
        self.rest(x, foot, size * 1.1)
        lean = float(self.scene.chance.uniform(-0.2, 0.2))
        self.ball(
            x, foot - size * 0.42, size * 1.25, rgb("b9783a"), tall=0.4, lean=lean, gloss=0.1, blush=rgb("d8a45f")
        )
        for place in (-0.6, -0.2, 0.2, 0.6):
            self.ball(
                x + place * size,
                foot - size * 0.62 + place * lean * size,
                size * 0.07,
                rgb("ecd09a"),
                tall=2.6,
                lean=0.5,
                gloss=0,
            )

    def book(self, x: float, foot: float, size: float) -> None:
        scene, chance = self.scene, self.scene.chance
        self.rest(x, foot, size * 0.9)
        tilt = chance.uniform(-0.1, 0.1) * size
        for place in range(int(chance.integers(1, 4))):
            own = rgb(scene.pick("8a3a35", "3a5a7a", "5f6f4a", "b58a45", "5a4a6a"))
            base = foot - place * size * 0.2
            half = size * chance.uniform(0.75, 0.95)
            bottom = [
                (x - half, base),
                (x + half, base + tilt * 0.3),
                (x + half, base - size * 0.2),
                (x - half, base - size * 0.2),
            ]
            scene.polygon(bottom, self.seen(own, 0.45), 0.0, 0.7)
            pages = [
                (x - half * 0.96, base - size * 0.05),
                (x + half, base - size * 0.04),
                (x + half, base - size * 0.15),
                (x - half * 0.96, base - size * 0.15),
            ]
            scene.polygon(pages, self.seen(rgb("e8dcc0"), 0.6), 0.0, 0.8)
            cover = [
                (x - half, base - size * 0.2),
                (x + half, base - size * 0.2),
                (x + half * 0.8, base - size * 0.34),
                (x - half * 0.8, base - size * 0.34),
            ]
            scene.polygon(cover, self.seen(own, 0.85), 0.0, 0.7)

    def bouquet(self, x: float, foot: float, size: float, kind: str) -> None:
        """A vase with flowers."""
        scene, chance = self.scene, self.scene.chance
        own = rgb(scene.pick("e6e0d2", "4a6f9c", "3f7f7a", "b5623a", "c9a45a", "6a4f6f", "9ab0b5"))
        vase = size * 0.48
        self.rest(x, foot, vase * 0.42)
        top = foot - vase
        heads = []
        for _ in range(int(chance.integers(10, 18))):
            around = chance.uniform(math.pi * 1.03, math.pi * 1.97)
            out = math.sqrt(chance.uniform(0.08, 1)) * size
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
            leaf_x, leaf_y = heads[int(chance.integers(len(heads)))]
            t = chance.uniform(0.3, 0.85)
            place = (
                x + (leaf_x - x) * t + chance.uniform(-0.05, 0.05),
                top + (leaf_y - top) * t + chance.uniform(-0.03, 0.03),
            )
            green = rgb(scene.pick("3f6b3f", "5a8a4a", "2f5a48", "7a9a52"))
            self.ball(*place, size * 0.05, green, tall=2.2, lean=chance.uniform(-1.4, 1.4), gloss=0.15)
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
        band = rgb(scene.pick("3f62a8", "b5623a")) if chance.uniform() < 0.4 else None
        self.turned(x, foot, vase, profile, own, band=band)
        for head_x, head_y in heads:
            self.bloom(head_x, head_y, size * chance.uniform(0.075, 0.115), rgb(scene.pick(*palette)), kind)
        if chance.uniform() < 0.7:
            fallen = x + chance.uniform(0.2, 0.4) * scene.pick(-1, 1)
            self.bloom(fallen, foot + 0.03, size * 0.07, rgb(scene.pick(*palette)), kind)

    def bloom(self, x: float, y: float, size: float, own: Array, kind: str) -> None:
        chance = self.scene.chance
        if kind == "roses":
            self.ball(x, y, size, own, gloss=0, fine=0.85)
            for ring in range(5):
                around = ring * 2.4 + chance.uniform(0, 0.5)
                out = size * 0.5 * (1 - ring / 7)
                tone = own * (0.72 if ring % 2 else 1.12) + (0.0 if ring % 2 else 0.04)
                self.ball(
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
                self.ball(
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
            turn = chance.uniform(0, 1)
            for petal in range(petals):
                around = turn + 2 * math.pi * petal / petals
                reach = size * 0.68
                tone = np.clip(own * chance.uniform(0.85, 1.12), 0, 1)
                self.ball(
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
            self.ball(x, y, size * (0.32 if kind == "daisies" else 0.48), centre, tall=0.9, gloss=0.1, fine=1.0)


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
FRUITS: Final = ("apple", "orange", "lemon", "pear", "plum", "peach")


def still_life(scene: Scene, number: int) -> str:
    """Compose a still life; each number has its own things and room. The title comes back."""
    chance = scene.chance
    wall, cloth, shadow = ROOMS[(number * 5 + number // 12) % len(ROOMS)]
    table = Table(scene, wall, cloth, shadow, 1.0 if chance.uniform() < 0.6 else -1.0)
    table.room(striped=bool(chance.uniform() < 0.3))
    compose = (bowl_of_fruit, flowers, bottle_and_fruit, jug_and_fruit, flowers, supper)[number % 6]
    return compose(table)


def _scatter(table: Table, kinds: Sequence[str], count: int, left: float, right: float, size: float) -> None:
    """Fruit on the front of the table, those behind first."""
    chance = table.scene.chance
    feet = np.sort(chance.uniform(table.edge + 0.22, 0.94, count))
    # Some lie in a heap, with one apart, as a hand would leave them.
    middle, wide = chance.uniform(left + 0.2, right - 0.2) if right - left > 0.45 else (left + right) / 2, size * 1.35
    places = middle + (np.arange(count) - (count - 1) / 2) * wide * chance.uniform(0.8, 1.15)
    if count > 2 and chance.uniform() < 0.7:
        places[-1] = left if middle > (left + right) / 2 else right
    places = np.clip(chance.permutation(places) + chance.uniform(-0.03, 0.03, count), left, right)
    for x, foot in zip(places, feet, strict=True):
        nearer = 0.75 + 0.6 * (foot - table.edge)
        table.fruit(float(x), float(foot), size * nearer, str(table.scene.pick(*kinds)))


def bowl_of_fruit(table: Table) -> str:
    scene, chance = table.scene, table.scene.chance
    kinds = chance.permutation(FRUITS)[: int(chance.integers(1, 4))].tolist()
    x = scene.wide * chance.uniform(0.38, 0.62)
    if chance.uniform() < 0.5:
        beside = x + scene.pick(-0.42, 0.42)
        scene.pick(table.bottle, table.jug)(beside, table.edge + 0.12, chance.uniform(0.42, 0.55))
    table.bowl(x, table.edge + 0.29, chance.uniform(0.31, 0.36), kinds)
    _scatter(table, kinds, int(chance.integers(1, 4)), 0.15, scene.wide - 0.15, 0.095)
    return "bowl of " + " and ".join("peaches" if kind == "peach" else f"{kind}s" for kind in kinds[:2])


def flowers(table: Table) -> str:
    scene, chance = table.scene, table.scene.chance
    kind = scene.pick("roses", "tulips", "daisies", "sunflowers")
    table.edge += 0.12
    table.bouquet(
        scene.wide * chance.uniform(0.38, 0.62), min(0.93, table.edge + 0.2), chance.uniform(0.74, 0.82), kind
    )
    if chance.uniform() < 0.7:
        left = scene.pick(0.12, scene.wide - 0.38)
        _scatter(table, [scene.pick(*FRUITS)], int(chance.integers(1, 4)), left, left + 0.26, 0.085)
    return kind


def bottle_and_fruit(table: Table) -> str:
    scene, chance = table.scene, table.scene.chance
    x = scene.wide * chance.uniform(0.25, 0.75)
    table.bottle(x, table.edge + 0.12, chance.uniform(0.55, 0.66))
    if chance.uniform() < 0.6:
        table.glass(x + scene.pick(-0.27, 0.27), table.edge + 0.17, 0.33)
    kinds = chance.permutation(FRUITS)[:2].tolist()
    if chance.uniform() < 0.5:
        table.grapes(scene.wide - x, table.edge + 0.24, 0.12)
    _scatter(table, kinds, int(chance.integers(3, 6)), 0.16, scene.wide - 0.16, 0.11)
    return "bottle and fruit"


def jug_and_fruit(table: Table) -> str:
    scene, chance = table.scene, table.scene.chance
    x = scene.wide * chance.uniform(0.3, 0.7)
    if chance.uniform() < 0.5:
        table.book(scene.wide - x, table.edge + 0.14, 0.2)
    table.jug(x, table.edge + 0.18, chance.uniform(0.4, 0.52))
    kinds = chance.permutation(FRUITS)[: int(chance.integers(1, 3))].tolist()
    _scatter(table, kinds, int(chance.integers(3, 7)), 0.14, scene.wide - 0.14, 0.108)
    return "jug and fruit"


def supper(table: Table) -> str:
    scene, chance = table.scene, table.scene.chance
    left = chance.uniform(0.22, 0.36) * scene.wide
    scene.pick(table.bottle, table.jug)(left, table.edge + 0.11, chance.uniform(0.48, 0.6))
    table.glass(left + 0.24, table.edge + 0.15, 0.32)
    table.bread(scene.wide * chance.uniform(0.58, 0.72), table.edge + 0.25, 0.19)
    if chance.uniform() < 0.5:
        table.grapes(scene.wide * 0.8, table.edge + 0.14, 0.11)
    _scatter(table, [scene.pick(*FRUITS)], int(chance.integers(1, 4)), 0.16, scene.wide - 0.16, 0.1)
    return "bread and wine"
