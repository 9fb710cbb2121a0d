"""``film``: a loop through the favourites of a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from neural_art.cli.arguments import Commands, add_command, add_model, number, open_model, require_ending
from neural_art.cli.progress import show_progress


def add_commands(commands: Commands) -> None:
    """Add ``film``."""
    parser = add_command(
        commands, film, "film a loop through the favourites, or else through paintings", "runs/mine --out loop.mp4"
    )
    add_model(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="X.mp4", help="the film")
    parser.add_argument("--seconds", type=number(), help="length of the loop, 2 to 60 (default 8)")


def film(options: argparse.Namespace) -> None:
    """Write an MP4 that loops through the run's favourites, or through paintings where it has fewer than two."""
    from neural_art.explore.film import DEFAULT_SECONDS, default_positions, loop_film
    from neural_art.runs.favourites import Favourites
    from neural_art.runs.run import Run

    require_ending(options.out, ".mp4")
    seconds = DEFAULT_SECONDS if options.seconds is None else options.seconds
    explorer = open_model(options)
    favourites = Favourites(Run(options.run)).all() if Run(options.run).exists() else []  # none of a checkpoint file
    positions = default_positions(explorer, favourites, seconds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    show_progress("Filming", loop_film(explorer, positions, options.out, seconds))
    what = "favourites" if len(favourites) > 1 else "paintings"
    print(f"A loop through {len(positions)} {what} is in {options.out}.")
