"""``teach``: a base model that learns fast."""

from __future__ import annotations

import argparse
from pathlib import Path

from neural_art.cli.arguments import Commands, add_command, number
from neural_art.cli.pretraining import LONGEST
from neural_art.cli.progress import clock, percent, progress_bar
from neural_art.events import Progress
from neural_art.processor import DEVICES
from neural_art.recipe import SIZES, Budget, Recipe
from neural_art.shipped import BASE
from neural_art.teaching import ENDS, Teaching


def add_commands(commands: Commands) -> None:
    """Add ``teach``."""
    parser = add_command(
        commands,
        teach,
        "teach a base model to learn fast, painter by painter; the same command goes on where it stopped",
        "painters/ --run runs/taught --minutes 120 --device cuda --out taught",
    )
    parser.add_argument(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="a folder of pictures, named painter_title.jpg",
    )
    parser.add_argument("--run", type=Path, required=True, metavar="RUN", help="where the teaching is kept")
    parser.add_argument("--minutes", type=number(0.05, LONGEST), required=True, help="time to teach in all")
    parser.add_argument("--start", type=Path, default=BASE, metavar="MODEL", help="the base (default: the shipped one)")
    usual = Teaching()
    sizes = ", ".join(f"{name} {size} px" for name, size in SIZES.items())
    name = usual.recipe.name
    parser.add_argument("--recipe", choices=list(SIZES), default=name, help=f"{sizes} (default {name})")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to learn (default auto)")
    parser.add_argument(
        "--end",
        choices=ENDS,
        default=usual.end,
        help=f"go to averaged weights, which a person gets, or to those after the last step (default {usual.end})",
    )
    parser.add_argument(
        "--rate",
        type=number(0, 1),
        default=usual.rate,
        help=f"share of the way there, which falls to 0 (default {usual.rate})",
    )
    counts = (
        ("steps", 1, usual.steps, "of a training"),
        ("batch", 2, usual.recipe.batch, "pictures in such a step"),
        ("painters", 1, usual.painters, "trainings before the base moves"),
        ("least", 2, usual.least, "works that a painter must have"),
        ("most", 2, usual.most, "works in a training"),
        ("every", 1, usual.every, "moves of the base between two validations"),
        ("seed", 0, usual.recipe.seed, "the random seed"),
    )
    for option, low, value, what in counts:
        kind = number(low, 256 if option == "batch" else 2**63 - 1, whole=True)
        parser.add_argument(f"--{option}", type=kind, default=value, help=f"{what} (default {value})")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the best there, in half precision, with a card")
    parser.add_argument("--data", default="not stated", help="for the card: what the pictures are, and whose")


def teach(options: argparse.Namespace) -> int:
    """Teach a base in a run's folder, a line for each thing done, and ship it to ``--out`` whenever it is the best."""
    from neural_art.models.checkpoint import Model
    from neural_art.models.processors import survey
    from neural_art.runs.pretrain import ship
    from neural_art.runs.run import Run
    from neural_art.runs.teach import Taught, Validated
    from neural_art.runs.teach import teach as taught

    processor = survey().chosen(options.device)[0]
    how = Teaching(
        recipe=Recipe(name=options.recipe, seed=options.seed, batch=options.batch),
        steps=options.steps,
        rate=options.rate,
        painters=options.painters,
        end=options.end,
        least=options.least,
        most=options.most,
        every=options.every,
    )
    start = Model.open(options.start, size=how.recipe.size)
    new = not Run(options.run.absolute()).exists()
    run = Run.at(options.run, options.run.resolve().name) if new else Run.open(options.run)
    budget = Budget(minutes=options.minutes)
    news = taught(options.folder, run, start, how, budget, processor=processor)
    with progress_bar("Reading pictures", 100, "%") as bar:
        for event in news:
            match event:
                case Progress():
                    bar.n = percent(event.done / event.total)
                    bar.refresh()
                case Taught():
                    names = ", ".join(event.painters) or "no training succeeded"
                    moved = f"moved {event.rate:.3f} of a distance of {event.distance:.4f}"
                    print(f"{clock(event.seconds)}  step {event.step}: {names}; {moved}", flush=True)
                case Validated():
                    untrained, trained = event.means
                    found = f"untrained {untrained:.2f}, trained {trained:.2f}" + (", the best" if event.best else "")
                    print(f"{clock(event.seconds)}  validation KID after {event.step}: {found}", flush=True)
                    if event.best and options.out is not None:
                        ship(run, options.out, options.data)
    print(f"The model is in {options.out or run.folder}.")
    return 0
