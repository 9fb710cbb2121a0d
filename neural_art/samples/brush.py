"""A scene becomes a painting: strokes of four sizes, coarse to fine, with bristles and a relief of paint.

Oriented strokes go wherever the canvas is still unlike the scene, after Hertzmann, "Painterly Rendering with Curved
Brush Strokes of Multiple Sizes", SIGGRAPH 1998. The relief of the paint is lit from the upper left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image

from neural_art.samples.scene import Array, Scene, mix, rgb, softened

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
    rng = np.random.default_rng([int(length * 100), int(width * 100)])
    reach = int(length / 2 + width / 2) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    rows, columns, reliefs = [], [], []
    for turn in range(TURNS):
        angle = 2 * math.pi * turn / TURNS
        for bend in BENDS:
            along = x * math.cos(angle) + y * math.sin(angle)
            across = -x * math.sin(angle) + y * math.cos(angle) + bend * 0.9 * along**2 / length - bend * 0.06 * length
            bristles = int(max(4, width * 0.9))
            hair = rng.uniform(0, 1, bristles + 2)
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
    rng = scene.rng
    scale = math.sqrt(height * width) / 358  # of brush sizes: ``SIZES`` are for 358 px
    margin = int(60 * scale)
    tall, long = height + 2 * margin, width + 2 * margin
    inside = (slice(margin, margin + height), slice(margin, margin + width))
    target = Image.fromarray((np.clip(scene.colour, 0, 1) * 255).astype(np.uint8))
    tone = np.asarray(target.resize((1, 1), Image.Resampling.BOX), np.float32)[0, 0] / 255
    ground = mix(tone, rgb(scene.pick("a5744d", "8a8178", "b58f62", "6f6a7a")), 0.5)
    canvas = np.broadcast_to(ground, (height, width, 3)).astype(np.float32).copy()
    relief = np.zeros((height, width), np.float32)
    grey = grey_of(scene.colour)
    near = scale * scene.height / height  # the same in the scene's pixels
    direction = flowing(grey, scene.flow, 5 * near)
    steep = np.hypot(*np.gradient(softened(grey, 1.5 * near))) * near / 0.9
    fine = np.clip(softened(scene.fine, 4 * near) + np.clip(softened(steep, 2.5 * near) * 9 - 0.1, 0, 0.6), 0, 1)
    for level, (length, wide) in enumerate(SIZES):
        length, wide = length * scale, wide * scale
        cells = (round(width / max(1.0, wide * 0.4)), round(height / max(1.0, wide * 0.4)))
        wanted = np.asarray(target.resize(cells, Image.Resampling.BOX), np.float32) / 255
        gap = wide * (0.72, 0.72, 0.7, 0.74)[level]
        y, x = np.mgrid[gap / 2 : height : gap, gap / 2 : width : gap]
        y = np.clip(y + rng.uniform(-0.6, 0.6, y.shape) * gap, 0, height - 1).ravel().astype(int)
        x = np.clip(x + rng.uniform(-0.6, 0.6, x.shape) * gap, 0, width - 1).ravel().astype(int)
        if level:
            so_far = Image.fromarray((np.clip(canvas, 0, 1) * 255).astype(np.uint8)).resize(cells, Image.Resampling.BOX)
            unlike = 3 * grey_of(np.abs(np.asarray(so_far, np.float32) / 255 - wanted))
            much = unlike[y * cells[1] // height, x * cells[0] // width]
            need = fine[y * scene.height // height, x * scene.width // width]
            keep = (much > (0, 0.10, 0.15, 0.17)[level] * (1.5 - need)) & (need > (0, 0, 0.15, 0.4)[level])
            y, x = y[keep], x[keep]
        order = rng.permutation(len(y))
        y, x = y[order], x[order]
        if not len(y):
            continue
        colour = wanted[y * cells[1] // height, x * cells[0] // width]
        colour = loaded(colour, rng, (0.045, 0.04, 0.03, 0.02)[level])
        wander = rng.normal(0, (0.17, 0.15, 0.12, 0.1)[level], len(y)) + math.pi * rng.integers(0, 2, len(y))
        turn = (
            np.round(
                (direction[y * scene.height // height, x * scene.width // width] + wander) * TURNS / (2 * math.pi)
            ).astype(int)
            % TURNS
        )
        kind = turn * len(BENDS) + rng.integers(0, len(BENDS), len(y))
        owner = np.full(tall * long, -1, np.int32)
        ridges = np.zeros(tall * long, np.float32)
        start = ((y + margin) * long + x + margin).astype(np.int32)
        tools = brush(round(length, 1), round(wide, 1))
        grouped = np.argsort(kind, kind="stable").astype(np.int32)
        bounds = np.searchsorted(kind[grouped], np.arange(TURNS * len(BENDS) + 1))
        for which in rng.permutation(TURNS * len(BENDS)):
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
    """The mean of the three channels; much faster than ``mean(-1)``."""
    return (colour[..., 0] + colour[..., 1] + colour[..., 2]) / 3


def flowing(grey: Array, flow: Array, radius: float) -> Array:
    """The direction of strokes in radians: along edges where there are any, elsewhere along the scene's own flow."""
    grey = softened(grey, max(1.0, radius * 0.5))
    down, across = np.gradient(grey)
    xx, yy, xy = (softened(product, radius) for product in (across * across, down * down, across * down))
    strength = np.hypot(xx - yy, 2 * xy)
    trust = np.clip(strength * 2500, 0, 1.5) / (strength + 1e-9)
    # In doubled angles opposite directions are one, and a right angle is a change of sign.
    cosine = -(xx - yy) * trust + np.cos(2 * flow)
    sine = -2 * xy * trust + np.sin(2 * flow)
    return 0.5 * np.arctan2(sine, cosine)


def loaded(colour: Array, rng: np.random.Generator, spread: float) -> Array:
    """Colours (n, 3) as they come from a brush: a little lighter or darker, warmer or cooler, and purer."""
    grey = grey_of(colour)[:, None]
    colour = grey + (colour - grey) * rng.normal(1.14, 0.12, (len(colour), 1))
    warmth = rng.normal(0, spread * 0.8, (len(colour), 1)) * np.array([1.0, 0.15, -1.0])
    green = rng.normal(0, spread * 0.4, (len(colour), 1)) * np.array([-0.6, 1.0, -0.4])
    return (colour + rng.normal(0, spread, (len(colour), 1)) + warmth + green).astype(np.float32)


def lit(canvas: Array, relief: Array) -> Image.Image:
    """The paint's relief under light from the upper left."""
    down, across = np.gradient(relief)
    shade = np.clip((down + across) * 0.5, -0.35, 0.35)
    bright = canvas * (1 + 0.32 * shade[..., None]) + np.maximum(shade[..., None] - 0.14, 0) * 0.14
    return Image.fromarray((np.clip(bright, 0, 1) * 255 + 0.5).astype(np.uint8))
