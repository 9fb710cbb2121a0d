"""Sets of pictures that a training must survive, for benchmarks/quality.py: small, large, monotonous, unlike paintings.

    python benchmarks/odd_sets.py --paintings FOLDER --out DIR
    python benchmarks/quality.py --sets DIR/* --minutes 1 --rows base nobase --out RESULTS

DIR gets a folder for each set. FOLDER holds the paintings that the sets of paintings are drawn from; a set that asks
for more than there are gets all of them.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageOps

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import sets

SIDE: Final = 256
COUNTS: Final = (8, 20, 100, 500, 2000)
DUPLICATES: Final = 20
DRAWN: Final = 60  # pictures in a set that is drawn by code

Draw = Callable[[random.Random], Image.Image]


def lines(rng: random.Random) -> Image.Image:
    """A drawing in black lines on white: a figure of ovals above hatching."""
    page = Image.new("RGB", (SIDE, SIDE), "white")
    pen = ImageDraw.Draw(page)
    x, y = rng.uniform(70, 186), rng.uniform(60, 110)
    for _ in range(rng.randint(3, 7)):
        wide, high = rng.uniform(15, 60), rng.uniform(15, 60)
        pen.ellipse((x - wide, y - high, x + wide, y + high), outline="black", width=rng.randint(1, 4))
        x, y = x + rng.uniform(-30, 30), y + rng.uniform(5, 40)
    horizon, lean = rng.uniform(150, 230), rng.uniform(-30, 30)
    for step in range(0, SIDE + 60, rng.randint(6, 14)):
        pen.line((step, horizon, step + lean, SIDE), fill="black", width=rng.randint(1, 2))
    return page


def pixels(rng: random.Random) -> Image.Image:
    """Pixel art: a symmetric creature of 16 x 16 squares in a few colours."""
    colours = [tuple(rng.randint(0, 255) for _ in range(3)) for _ in range(4)]
    half = Image.new("RGB", (8, 16), colours[0])
    for y in range(2, 14):
        for x in range(8):
            if rng.random() < 0.25 + 0.08 * x:
                half.putpixel((x, y), rng.choice(colours[1:]))
    whole = Image.new("RGB", (16, 16))
    whole.paste(half, (0, 0))
    whole.paste(ImageOps.mirror(half), (8, 0))
    return whole.resize((SIDE, SIDE), Image.Resampling.NEAREST)


def pattern(rng: random.Random) -> Image.Image:
    """Stripes, checks or dots in two colours, turned by some angle."""
    paper, ink = (tuple(rng.randint(0, 255) for _ in range(3)) for _ in range(2))
    page = Image.new("RGB", (2 * SIDE, 2 * SIDE), paper)
    pen, pitch, motif = ImageDraw.Draw(page), rng.randint(14, 60), rng.choice("sdc")
    for y in range(0, 2 * SIDE, pitch):
        for x in range(0, 2 * SIDE, pitch):
            box = (x, y, x + pitch // 2, y + pitch // 2)
            if motif == "s":
                pen.rectangle((x, y, x + pitch, y + pitch // 2), fill=ink)
            elif motif == "d":
                pen.ellipse(box, fill=ink)
            else:
                pen.rectangle(box, fill=ink)
    turned = page.rotate(rng.choice((0, 30, 45, 60, 90)), Image.Resampling.BICUBIC)
    return turned.crop((SIDE // 2, SIDE // 2, 3 * SIDE // 2, 3 * SIDE // 2))


def childish(rng: random.Random) -> Image.Image:
    """A child's drawing in thick crayon: sun, house, grass and a stick figure."""
    page = Image.new("RGB", (SIDE, SIDE), (250, 248, 240))
    pen = ImageDraw.Draw(page)

    def crayon() -> tuple[int, int, int]:
        return (rng.randint(20, 240), rng.randint(20, 200), rng.randint(20, 240))

    pen.ellipse((x := rng.randint(-20, 200), -20, x + 70, 50), fill=(250, 210, 40))
    ground = rng.randint(180, 220)
    pen.rectangle((0, ground, SIDE, SIDE), fill=(70, rng.randint(140, 200), 60))
    left, wide, high = rng.randint(10, 120), rng.randint(60, 100), rng.randint(50, 90)
    pen.rectangle((left, ground - high, left + wide, ground), fill=crayon(), outline="black", width=4)
    roof = ((left - 10, ground - high), (left + wide / 2, ground - high - 50), (left + wide + 10, ground - high))
    pen.polygon(roof, fill=crayon(), outline="black")
    x, head = rng.randint(20, 230), ground - rng.randint(50, 80)
    pen.ellipse((x - 12, head - 12, x + 12, head + 12), outline="black", width=4)
    for angle in (60, 120, 200, 340):
        ankle = (x + 30 * math.cos(math.radians(angle)), head + 40 + 30 * math.sin(math.radians(angle)))
        pen.line(((x, head + 40 - 15 * (angle > 180)), ankle), fill=crayon(), width=5)
    pen.line((x, head + 12, x, head + 40), fill=crayon(), width=5)
    return page


def one_colour(rng: random.Random) -> Image.Image:
    """The same blue, always."""
    return Image.new("RGB", (SIDE, SIDE), (40, 70, 140))


DRAWINGS: Final[dict[str, Draw]] = {
    "line-drawings": lines,
    "pixel-art": pixels,
    "patterns": pattern,
    "childrens-drawings": childish,
    "one-colour": one_colour,
}


def write(paintings: Path, out: Path, drawn: int = DRAWN) -> None:
    """Writes all sets to ``out``: those of ``paintings``, and ``drawn`` pictures of each kind that code draws."""
    rng = random.Random(0)
    files = sets.find(paintings)
    rng.shuffle(files)
    for count in COUNTS:
        for number, file in enumerate(files[:count]):
            _save(sets.open_painting(file), out / f"paintings-{count}", number)
    for number, file in enumerate(files[:drawn]):  # tall and wide in turn
        shape = (SIDE, 3 * SIDE) if number % 2 else (3 * SIDE, SIDE)
        fitted = ImageOps.fit(sets.open_painting(file), shape, Image.Resampling.LANCZOS)
        _save(fitted, out / "tall-and-wide", number)
    for number in range(DUPLICATES):
        _save(sets.open_painting(files[0]), out / "duplicates", number)
    for name, draw in DRAWINGS.items():
        for number in range(drawn):
            _save(draw(rng), out / name, number)


def _save(picture: Image.Image, folder: Path, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    picture.save(folder / f"{number:04d}.jpg", quality=92)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paintings", type=Path, required=True, help="a folder of paintings")
    parser.add_argument("--out", type=Path, required=True, help="where the sets go")
    options = parser.parse_args(arguments)
    write(options.paintings, options.out)


if __name__ == "__main__":
    main()
