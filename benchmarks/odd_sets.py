"""Sets of pictures that a training must survive, for benchmarks/quality.py: small, large, monotonous, unlike paintings.

    python benchmarks/odd_sets.py --paintings FOLDER --out DIR
    python benchmarks/quality.py --sets DIR/* --minutes 1 --rows base nobase --out RESULTS

DIR gets a folder for each set. FOLDER holds the paintings that the sets of paintings are drawn from; sets that ask for
more than it has get all of them.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageOps
from quality import find

SIDE = 256
DRAWN = 60  # pictures in a set that is drawn by code

Draw = Callable[[random.Random], Image.Image]


def lines(chance: random.Random) -> Image.Image:
    """A drawing in black lines on white: a figure of ovals on a ground of hatching."""
    page = Image.new("RGB", (SIDE, SIDE), "white")
    pen = ImageDraw.Draw(page)
    x, y = chance.uniform(70, 186), chance.uniform(60, 110)
    for _ in range(chance.randint(3, 7)):
        wide, high = chance.uniform(15, 60), chance.uniform(15, 60)
        pen.ellipse((x - wide, y - high, x + wide, y + high), outline="black", width=chance.randint(1, 4))
        x, y = x + chance.uniform(-30, 30), y + chance.uniform(5, 40)
    horizon, lean = chance.uniform(150, 230), chance.uniform(-30, 30)
    for step in range(0, SIDE + 60, chance.randint(6, 14)):
        pen.line((step, horizon, step + lean, SIDE), fill="black", width=chance.randint(1, 2))
    return page


def pixels(chance: random.Random) -> Image.Image:
    """Pixel art: a symmetric creature of 16 x 16 squares in a few colours."""
    colours = [tuple(chance.randint(0, 255) for _ in range(3)) for _ in range(4)]
    half = Image.new("RGB", (8, 16), colours[0])
    for y in range(2, 14):
        for x in range(8):
            if chance.random() < 0.25 + 0.08 * x:
                half.putpixel((x, y), chance.choice(colours[1:]))
    whole = Image.new("RGB", (16, 16))
    whole.paste(half, (0, 0))
    whole.paste(ImageOps.mirror(half), (8, 0))
    return whole.resize((SIDE, SIDE), Image.Resampling.NEAREST)


def pattern(chance: random.Random) -> Image.Image:
    """Stripes, checks or dots in two colours, turned by some angle."""
    ground, ink = (tuple(chance.randint(0, 255) for _ in range(3)) for _ in range(2))
    page = Image.new("RGB", (2 * SIDE, 2 * SIDE), ground)
    pen, pitch, kind = ImageDraw.Draw(page), chance.randint(14, 60), chance.choice("sdc")
    for y in range(0, 2 * SIDE, pitch):
        for x in range(0, 2 * SIDE, pitch):
            box = (x, y, x + pitch // 2, y + pitch // 2)
            if kind == "s":
                pen.rectangle((x, y, x + pitch, y + pitch // 2), fill=ink)
            elif kind == "d":
                pen.ellipse(box, fill=ink)
            else:
                pen.rectangle(box, fill=ink)
    turned = page.rotate(chance.choice((0, 30, 45, 60, 90)), Image.Resampling.BICUBIC)
    return turned.crop((SIDE // 2, SIDE // 2, 3 * SIDE // 2, 3 * SIDE // 2))


def childish(chance: random.Random) -> Image.Image:
    """A child's drawing in thick crayon: sun, house, grass and a person of sticks."""
    page = Image.new("RGB", (SIDE, SIDE), (250, 248, 240))
    pen = ImageDraw.Draw(page)

    def crayon() -> tuple[int, int, int]:
        return (chance.randint(20, 240), chance.randint(20, 200), chance.randint(20, 240))

    pen.ellipse((x := chance.randint(-20, 200), -20, x + 70, 50), fill=(250, 210, 40))
    ground = chance.randint(180, 220)
    pen.rectangle((0, ground, SIDE, SIDE), fill=(70, chance.randint(140, 200), 60))
    left, wide, high = chance.randint(10, 120), chance.randint(60, 100), chance.randint(50, 90)
    pen.rectangle((left, ground - high, left + wide, ground), fill=crayon(), outline="black", width=4)
    roof = ((left - 10, ground - high), (left + wide / 2, ground - high - 50), (left + wide + 10, ground - high))
    pen.polygon(roof, fill=crayon(), outline="black")
    x, head = chance.randint(20, 230), ground - chance.randint(50, 80)
    pen.ellipse((x - 12, head - 12, x + 12, head + 12), outline="black", width=4)
    for angle in (60, 120, 200, 340):
        ankle = (x + 30 * math.cos(math.radians(angle)), head + 40 + 30 * math.sin(math.radians(angle)))
        pen.line(((x, head + 40 - 15 * (angle > 180)), ankle), fill=crayon(), width=5)
    pen.line((x, head + 12, x, head + 40), fill=crayon(), width=5)
    return page


def one_colour(chance: random.Random) -> Image.Image:
    """The same blue, always."""
    return Image.new("RGB", (SIDE, SIDE), (40, 70, 140))


DRAWINGS: Final[dict[str, Draw]] = {
    "line-drawings": lines,
    "pixel-art": pixels,
    "patterns": pattern,
    "childrens-drawings": childish,
    "one-colour": one_colour,
}
COUNTS: Final = (8, 20, 100, 500, 2000)


def _save(picture: Image.Image, folder: Path, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").save(folder / f"{number:04d}.jpg", quality=92)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paintings", type=Path, required=True, help="a folder of paintings")
    parser.add_argument("--out", type=Path, required=True, help="where the sets go")
    asked = parser.parse_args()
    chance = random.Random(0)
    found = find(asked.paintings)
    chance.shuffle(found)
    for count in COUNTS:
        for number, file in enumerate(found[:count]):
            _save(Image.open(file), asked.out / f"paintings-{count}", number)
    for number, file in enumerate(found[:DRAWN]):  # tall and wide by turns
        shape = (SIDE, 3 * SIDE) if number % 2 else (3 * SIDE, SIDE)
        _save(ImageOps.fit(Image.open(file), shape, Image.Resampling.LANCZOS), asked.out / "tall-and-wide", number)
    for number in range(20):
        _save(Image.open(found[0]), asked.out / "duplicates", number)
    for name, draw in DRAWINGS.items():
        for number in range(DRAWN):
            _save(draw(chance), asked.out / name, number)


if __name__ == "__main__":
    main()
