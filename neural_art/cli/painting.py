"""``paint`` and ``morph``: pictures of a trained run."""

from __future__ import annotations

import argparse
from pathlib import Path

from neural_art import files
from neural_art.cli.arguments import Commands, add_command, add_model, number, open_model, require_ending
from neural_art.cli.progress import progress_bar, show_progress
from neural_art.explore.position import DEFAULT_TRUNCATION, TRUNCATION, Position


def add_commands(commands: Commands) -> None:
    """Add ``paint`` and ``morph``."""
    parser = add_command(
        commands,
        paint,
        "paint new pictures",
        "runs/mine --out pictures",
        "runs/mine --out bold --count 4 --truncation 1.2",
    )
    add_model(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder for the PNGs")
    parser.add_argument("--count", type=number(1, 10_000, whole=True), default=16, help="how many (default 16)")
    parser.add_argument(
        "--seed", type=number(0, 2**52, whole=True), default=0, help="the first picture's seed (default 0)"
    )
    parser.add_argument("--class", dest="class_name", metavar="NAME", help="only of this class: the folder's name")
    low, high = TRUNCATION
    parser.add_argument(
        "--truncation",
        type=number(low, high),
        default=DEFAULT_TRUNCATION,
        help=f"{low:g} (all like the mean) to {high:g} (most varied) (default {DEFAULT_TRUNCATION:g})",
    )
    parser.add_argument(
        "--square", action="store_true", help="keep the network's square; do not give it the paintings' own shape"
    )

    parser = add_command(
        commands,
        morph,
        "turn one painting into another",
        "runs/mine 3 17 --out strip.png",
        "runs/mine bridge-in-snow harbour --out morph.mp4",
        "runs/mine harbour ~/sketch.jpg --out morph.mp4",
    )
    add_model(parser)
    about = "a name, a part of one, a number (see check), or a picture file"
    parser.add_argument("a", metavar="PAINTING", help=about)
    parser.add_argument("b", metavar="PAINTING", help="the same for the other end")
    parser.add_argument("--out", type=Path, required=True, metavar="X", help="X.png for eight steps, X.mp4 for a film")


def paint(options: argparse.Namespace) -> None:
    """Write PNGs of sampled pictures; each is named by its seed."""
    from neural_art.explore.lookup import class_index_of

    explorer = open_model(options)
    class_index = None if options.class_name is None else class_index_of(explorer, options.class_name)
    positions = [
        Position(seed=options.seed + i, truncation=options.truncation, class_index=class_index)
        for i in range(options.count)
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    with progress_bar("Painting", len(positions), "picture") as bar:
        for position in positions:
            files.write(options.out / f"{position.seed:05d}.png", explorer.png(position, square=options.square))
            bar.update()
    count = f"{options.count} pictures are" if options.count != 1 else "1 picture is"
    print(f"{count} in {options.out}; the number in a name is the seed.")


def morph(options: argparse.Namespace) -> None:
    """Write a strip (PNG) or a film (MP4) of the way from one painting to another."""
    from neural_art.explore.film import there_and_back_film
    from neural_art.explore.lookup import find_latent
    from neural_art.explore.strip import morph_strip

    ending = require_ending(options.out, ".png", ".mp4")
    explorer = open_model(options)
    a, b = find_latent(explorer, options.a), find_latent(explorer, options.b)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    if ending == ".png":
        files.write(options.out, morph_strip(explorer, a, b, [options.a, options.b]))
    else:
        show_progress("Filming", there_and_back_film(explorer, a, b, options.out))
    print(f"The morph from {options.a} to {options.b} is in {options.out}.")
