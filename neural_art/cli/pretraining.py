"""``pretrain`` and ``pretrain-enlarger``: making the weights that are shipped."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from neural_art.cli.arguments import Commands, add_command, number
from neural_art.cli.progress import percent, progress_bar, standing
from neural_art.events import Failed, Finished, Progress, Saved, Stepped
from neural_art.processor import DEVICES, Processor
from neural_art.recipe import SIZES, Budget, Recipe

RECIPE = "study"
"""What a base is made for first; ``--keep-smaller`` teaches it larger pictures afterwards."""

LONGEST = 12_000
"""Minutes that a base or an enlarger may learn for: more than a person's training."""


def add_commands(commands: Commands) -> None:
    """Add ``pretrain`` and ``pretrain-enlarger``."""
    parser = add_command(
        commands,
        pretrain,
        "make a base model from many pictures; the same command goes on where it stopped",
        "pictures/ --run runs/base --minutes 600 --out checkpoints/base --data 'My own 5,000 paintings.'",
    )
    usual = Recipe()
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder of pictures, any number")
    parser.add_argument("--run", type=Path, required=True, metavar="RUN", help="where the training is kept")
    parser.add_argument("--minutes", type=number(1, LONGEST), required=True, help="time to train in all")
    sizes = ", ".join(f"{name} {size} px" for name, size in SIZES.items())
    parser.add_argument("--recipe", choices=list(SIZES), default=RECIPE, help=f"{sizes} (default {RECIPE})")
    _add_seed(parser)
    parser.add_argument(
        "--batch",
        type=number(2, 256, whole=True),
        default=usual.batch,
        help="pictures in a step (default: 16 on the processor, more on a graphics card)",
    )
    _add_device(parser)
    parser.add_argument("--start", type=Path, metavar="MODEL", help="a base model to begin from, not from nothing")
    parser.add_argument(
        "--keep-smaller",
        action="store_true",
        help="teach only the stages that --start lacks: one base for its size and for the recipe's",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the model there, in half precision, with a card")
    parser.add_argument("--data", default="not stated", help="for the card: what the pictures are, and whose")

    parser = add_command(
        commands,
        pretrain_enlarger,
        "make the small network that enlarges pictures, from many pictures",
        "pictures/ --out checkpoints/enlarger.safetensors --minutes 20",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder of pictures, 200 px or larger")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write, .safetensors")
    parser.add_argument("--minutes", type=number(0.05, LONGEST), required=True, help="time to learn")
    _add_seed(parser)
    _add_device(parser)
    parser.add_argument("--start", type=Path, metavar="FILE", help="an enlarger to begin from, not from nothing")


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=number(0, 2**63 - 1, whole=True), default=0, help="the random seed (default 0)")


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to learn (default: the fastest)")


def _processor(device: str, local_rank: int = 0) -> Processor:
    """A processor for the process of that number on this machine: each has a card of its own, as far as there are
    enough. Raises ``SettingsError`` where there is no such device."""
    from neural_art.models.processors import survey

    chosen = survey().chosen(device)
    alike = [processor for processor in chosen if processor.kind == chosen[0].kind]
    return alike[local_rank % len(alike)]


def pretrain(options: argparse.Namespace) -> int:
    """Train a base model in a run's folder, and ship it to ``--out`` whenever it is saved."""
    from neural_art.models.checkpoint import Model
    from neural_art.runs import pretrain as pretraining
    from neural_art.runs.run import Run

    group = pretraining.Group.join()
    processor = _processor(options.device, 0 if group is None else group.local_rank)
    run = Run(options.run.absolute())
    if group is not None and group.rank > 0:
        run.folder.mkdir(parents=True, exist_ok=True)
    else:
        run = Run.open(options.run) if run.exists() else Run.at(options.run, options.run.resolve().name)
    recipe = pretraining.base_recipe(options.recipe, options.seed, options.batch)
    budget = Budget(minutes=options.minutes)
    start = Model.open(options.start, size=recipe.size) if options.start else None
    events = pretraining.pretrain(
        options.folder,
        run,
        recipe,
        budget,
        start=start,
        processor=processor,
        keep_smaller=options.keep_smaller,
        group=group,
    )
    if group is not None and group.rank > 0:
        for _ in events:
            pass
        return 0
    with progress_bar("Reading pictures", 100, "%") as bar:
        for event in events:
            match event:
                case Progress():
                    bar.n = percent(event.done / event.total)
                case Stepped():
                    bar.n = percent(event.progress)
                    bar.set_description_str(standing(event))
                case Saved() | Finished() if options.out is not None:
                    pretraining.ship(run, options.out, options.data)
                case Failed():
                    print(event.reason.sentence(), file=sys.stderr)
                    return 1
    print(f"The model is in {options.out or run.folder}.")
    return 0


def pretrain_enlarger(options: argparse.Namespace) -> None:
    """Train an enlarger and write it to ``--out``."""
    from neural_art.models import enlarger
    from neural_art.runs import pretrain as pretraining

    start = enlarger.read(options.start) if options.start else None
    learning = pretraining.pretrain_enlarger(
        options.folder, options.out, 60 * options.minutes, options.seed, start, _processor(options.device).device
    )
    with progress_bar("Reading pictures", 100, "%") as bar:
        for news in learning:
            if isinstance(news, Progress):
                bar.n = percent(news.done / news.total)
            else:
                bar.n = percent(news.progress)
                distance, rate = news.feature_distance, news.fooling_rate
                bar.set_description_str(f"Step {news.step}, feature distance {distance:.3f}, fooling rate {rate:.0%}")
            bar.refresh()
    print(f"The enlarger is in {options.out}.")
