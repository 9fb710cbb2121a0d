"""The command line: python -m neural_art COMMAND. Results go to stdout, progress and errors to stderr.

The exit status is 0, or 1 after a sentence that says what was wrong.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from neural_art import __version__
from neural_art.errors import CheckpointError, NeuralArtError, PaintingError, RunError
from neural_art.recipe import MINUTES, SIZES, Recipe

# What brings PyTorch along is imported where it is needed, so that --help comes at once.
if TYPE_CHECKING:
    from torch import Tensor
    from tqdm import tqdm

    from neural_art.dataset.prepare import Report
    from neural_art.events import Event
    from neural_art.explore.explorer import Explorer, Position
    from neural_art.runs.folder import Run

COMMAND = "python -m neural_art"

EXAMPLES = f"""
    {COMMAND} train ~/Pictures/paintings --run runs/mine
    {COMMAND} paint runs/mine --out new-pictures
    {COMMAND} serve
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the arguments say and returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status = int(options.act(options) or 0)
        sys.stdout.flush()
        return status
    except NeuralArtError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, MemoryError) as error:
        from neural_art.runs.folder import in_words

        print(in_words(error), file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
    return 1


# ---- the commands


def train(options: argparse.Namespace) -> int:
    base = _base(options.base)
    run = _run_to_train(options)
    if run.report is None:
        if options.paintings is None:
            raise RunError(f"{options.run} has no paintings yet. Name a folder or a zip of them before --run.")
        report = _prepare(options.paintings, run.paintings_folder)
        print(_counts(report))
        if report.left_out:
            print(f"For each file that was left out: {COMMAND} check {options.paintings}")
    elif options.paintings is not None:
        print(f"{options.run} has its paintings already; it goes on with those.", file=sys.stderr)
    recipe = _recipe_to_train(run, options)
    lock = run.take_lock()
    run.set_recipe(recipe)
    run.set_wish("train", options.minutes)
    return _train(run, base, lock, options.run)


def check(options: argparse.Namespace) -> None:
    from neural_art.dataset import prepare as paintings

    with tempfile.TemporaryDirectory() as folder:
        try:
            report = _prepare(options.paintings, Path(folder))
        except paintings.TooFewPaintings as error:
            print(_in_full(error.report))
            raise
    print(_in_full(report))


def status(options: argparse.Namespace) -> None:
    from neural_art.runs.folder import Run

    print(json.dumps(Run.open(options.run).status().to_json(), indent=2, ensure_ascii=False))


def paint(options: argparse.Namespace) -> None:
    from neural_art.explore.explorer import Explorer, Position

    explorer = Explorer.open(options.run)
    group = None
    if options.group is not None:
        if options.group not in explorer.classes:
            known = ", ".join(explorer.classes)
            raise RunError(
                f"There is no class {options.group!r} in these paintings. "
                + (f"Choose one of {known}." if known else "They were not sorted into folders.")
            )
        group = explorer.classes.index(options.group)
    positions = [Position(seed=options.seed + i, daring=options.daring, group=group) for i in range(options.count)]
    options.out.mkdir(parents=True, exist_ok=True)
    with _bar("Painting", len(positions), "picture") as bar:
        for position in positions:
            (options.out / f"{position.seed:05d}.png").write_bytes(explorer.png(position, square=options.square))
            bar.update()
    print(f"{options.count} pictures are in {options.out}; the number in a name is its seed.")


def morph(options: argparse.Namespace) -> None:
    from neural_art.explore.explorer import Explorer

    kind = _suffix(options.out, ".png", ".mp4")
    explorer = Explorer.open(options.run)
    a, b = (_address(explorer, text) for text in (options.a, options.b))
    if kind == ".png":
        _write_strip(explorer, a, b, options.out, [options.a, options.b])
    else:
        _write_there_and_back(explorer, a, b, options.out)
    print(f"The way from {options.a} to {options.b} is in {options.out}.")


def film(options: argparse.Namespace) -> None:
    from neural_art.explore.explorer import Explorer
    from neural_art.explore.film import loop_film

    _suffix(options.out, ".mp4")
    explorer = Explorer.open(options.run)
    positions, what = _stations(explorer, options.run, options.seconds)
    _show("Filming", loop_film(explorer, positions, options.out, options.seconds))
    print(f"A loop through {len(positions)} {what} is in {options.out}.")


def pretrain(options: argparse.Namespace) -> int:
    import torch

    from neural_art.dataset.prepare import Progress
    from neural_art.events import Failed, Finished, Saved, Stepped
    from neural_art.models.checkpoint import Model
    from neural_art.runs import pretrain as pretraining
    from neural_art.runs.folder import Run

    if options.device == "cuda" and not torch.cuda.is_available():
        raise RunError("PyTorch finds no CUDA device here. Leave --device out to learn on the processor.")
    run = Run(options.run.absolute())
    if not run.exists():
        run = Run.at(options.run, options.run.resolve().name)
    recipe = pretraining.base_recipe(options.recipe, options.minutes, options.seed, options.batch)
    start = Model.open(options.start, size=recipe.size) if options.start else None
    with _bar("Reading pictures", 100, "%") as bar:
        for event in pretraining.pretrain(options.folder, run, recipe, start, options.device):
            match event:
                case Progress():
                    bar.n = round(100 * event.done / event.total, 1)
                case Stepped():
                    bar.n = round(100 * event.progress, 1)
                    bar.set_description_str(
                        f"{_clock(event.seconds_left)} left, closeness {event.closeness:.3f}, "
                        f"painted {event.painted:.0%}, {event.pictures_per_second:.0f} pictures/s"
                    )
                case Saved() | Finished() if options.out is not None:
                    pretraining.ship(run, options.out, options.data)
                case Failed():
                    raise RunError(event.reason)
    print(f"The model is in {options.out or run.folder}.")
    return 0


def pretrain_enlarger(options: argparse.Namespace) -> None:
    from neural_art.dataset.prepare import Progress
    from neural_art.models import enlarger
    from neural_art.runs import pretrain as pretraining

    start = enlarger.read(options.start) if options.start else None
    learning = pretraining.pretrain_enlarger(options.folder, options.out, 60 * options.minutes, options.seed, start)
    with _bar("Reading pictures", 100, "%") as bar:
        for news in learning:
            if isinstance(news, Progress):
                bar.n = round(100 * news.done / news.total, 1)
            else:
                bar.n = round(100 * news.progress, 1)
                bar.set_description_str(f"Step {news.step}, closeness {news.closeness:.3f}, painted {news.painted:.0%}")
            bar.refresh()
    print(f"The enlarger is in {options.out}.")


def serve(options: argparse.Namespace) -> None:
    from neural_art import web

    given = {name: getattr(options, name) for name in ("host", "port", "runs") if getattr(options, name) is not None}
    web.serve(web.Settings.from_environment(os.environ, **given))


# ---- train


def _run_to_train(options: argparse.Namespace) -> Run:
    """The run that the person named: the one that is there, or a new one."""
    from neural_art.runs.folder import Run

    folder: Path = options.run
    run = Run(folder.absolute())
    if run.exists():
        return run
    if options.paintings is None:
        raise RunError(
            f"There is no run in {folder}. Name paintings to start one: {COMMAND} train PAINTINGS --run {folder}"
        )
    if not options.paintings.exists():
        raise PaintingError(f"There is no {options.paintings}. Name a folder or a zip of paintings.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder} holds something else. Choose a new folder for the run.")
    return Run.at(folder, options.paintings.resolve().stem or "paintings")


def _recipe_to_train(run: Run, options: argparse.Namespace) -> Recipe:
    """The recipe to train with. A run that began keeps its own; only its minutes may become more."""
    asked = {"name": options.recipe, "seed": options.seed, "minutes": options.minutes}
    asked["base"] = False if options.base == "none" else None
    asked = {name: value for name, value in asked.items() if value is not None}
    recipe = run.recipe
    if recipe is None or run.saved_step == 0:
        return replace(recipe or Recipe(), **asked)
    for name, shown in (("name", "recipe"), ("seed", "seed")):
        if asked.get(name, getattr(recipe, name)) != getattr(recipe, name):
            raise RunError(
                f"This run began with {shown} {getattr(recipe, name)}, not {asked[name]}. "
                f"Leave --{shown} out, or choose another folder for a new run."
            )
    used = run.standing[1] / 60
    if options.minutes is None and run.state == "finished":
        more = math.ceil(used + recipe.minutes)
        raise RunError(f"This run is finished. To train it longer, say how long in all: --minutes {more}.")
    if options.minutes is not None and options.minutes <= used:
        raise RunError(f"This run has trained for {used:.1f} minutes already. Ask for more than that in all.")
    return recipe


def _train(run: Run, base: Path | None, lock: int, shown: Path) -> int:
    from neural_art.events import Failed, Finished, RolledBack, Sampled, Started, Stepped
    from neural_art.runs import worker

    last: Event | None = None
    leave = threading.Event()
    with _stopping(leave), _bar("Setting up", 100, "%") as bar:
        for last in worker.train(run, base=base, began=time.monotonic(), leave=leave, lock=lock):
            match last:
                case Started():
                    bar.write(_how(last), file=sys.stderr)
                    bar.set_description_str("Training")
                case Stepped():
                    bar.n = min(100, round(100 * last.progress, 1))
                    words = (
                        f"{_clock(last.seconds_left)} left, closeness {last.closeness:.3f}, painted {last.painted:.0%}"
                    )
                    bar.set_description_str(f"{words}, {last.pictures_per_second:.0f} pictures/s")
                case RolledBack():
                    bar.write(f"{last.reason} Back to the last good weights, with smaller steps.", file=sys.stderr)
                case Finished():
                    bar.n = 100
                    bar.refresh()
                case Sampled() | _:
                    pass
    if isinstance(last, Failed):
        raise RunError(last.reason)
    assert last is not None
    if not isinstance(last, Finished):
        if leave.is_set():
            run.set_wish("pause")
        print(
            f"Paused after {_clock(last.seconds)}; everything is saved. Go on with: {COMMAND} train --run {shown}",
            file=sys.stderr,
        )
        return 1
    print(f"Finished after {_clock(last.seconds)} and {last.step} steps.")
    print(f"For new pictures: {COMMAND} paint {shown} --out pictures")
    return 0


@contextmanager
def _stopping(leave: threading.Event) -> Iterator[None]:
    """While the block lasts, the first Ctrl-C asks to save and leave; the second leaves at once."""

    def ask(number: int, _frame: object) -> None:
        if leave.is_set():
            raise KeyboardInterrupt
        leave.set()
        print("\nSaving ... (again to leave without)", file=sys.stderr)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _base(asked: str | None) -> Path | None:
    """The model to start from: the shipped one unless another, or none, was asked for."""
    if asked == "none":
        return None
    if asked is None:
        from neural_art.web.settings import BASE  # the page's default is ours; this much of it is quick to load

        return BASE if BASE.exists() else None
    if not Path(asked).exists():
        raise CheckpointError(f"There is no {asked} to start from. Name a run, a model's folder, or none.")
    return Path(asked)


def _how(event: Any) -> str:
    start = "Going on" if event.resumed else "Starting" if event.base == "none" else f"Starting from {event.base}"
    cores = f"{event.threads} thread{'s' * (event.threads != 1)}"
    return f"{start} with {event.paintings} paintings, {event.precision} on {cores}, {event.batch} pictures a step."


# ---- paintings


def _prepare(brought: Path, folder: Path) -> Report:
    from neural_art.dataset import prepare as paintings

    if not brought.exists():
        raise PaintingError(f"There is no {brought}. Name a folder or a zip of paintings.")
    return _show("Checking", paintings.prepare(brought, folder))


def _counts(report: Report) -> str:
    """The report in a few lines."""
    out = len(report.left_out)
    lines = [f"{len(report.paintings)} paintings accepted, {out} file{'s' * (out != 1)} left out."]
    if report.kinds:
        lines.append("Classes: " + ", ".join(f"{kind} ({count})" for kind, count in report.kinds.items()))
    if report.paintings:
        (w, h), (wide, high) = report.smallest, report.largest
        shapes = ", ".join(f"{count} {shape}" for shape, count in report.shapes.items() if count)
        lines.append(
            f"From {w} x {h} to {wide} x {high} pixels; {shapes}; shown {report.aspect:.2f} times as wide as high."
        )
    return "\n".join(lines)


def _in_full(report: Report) -> str:
    """The report with every name."""
    lines = [f"{i:5d}  {p.name}  ({p.width} x {p.height})" for i, p in enumerate(report.paintings)]
    if report.left_out:
        lines += ["", "Left out:"]
        lines += [f"  {x.name}: {x.reason}{f' ({x.twin})' if x.twin else ''}" for x in report.left_out]
    if report.near_twins:
        lines += ["", "Accepted, but so alike that one of the two may be a copy:"]
        lines += [f"  {x.name} and {x.twin_name}" for x in report.near_twins]
    return "\n".join([*lines, "", _counts(report)])


def _address(explorer: Explorer, text: str) -> Tensor:
    """The latent of a painting, by its name, its number or a part of its name; or of any picture file."""
    names = [painting.name for painting in explorer.paintings]
    if text in names:
        return explorer.latents[names.index(text)]
    if text.isdecimal() and int(text) < len(explorer.latents):
        return explorer.latents[int(text)]
    found = [i for i, name in enumerate(names) if text.casefold() in name.casefold()]
    if len(found) == 1:
        return explorer.latents[found[0]]
    if Path(text).is_file():
        return explorer.address(Path(text))
    if found:
        some = ", ".join(names[i] for i in found[:3])
        raise RunError(
            f"{text!r} is in the names of {len(found)} paintings ({some} ...). Write more of the name, or a number."
        )
    raise RunError(
        f"There is no painting {text!r}. Write a name, a number from 0 to {len(explorer.latents) - 1}, or a file."
    )


# ---- pictures and films


def _write_strip(explorer: Explorer, a: Tensor, b: Tensor, out: Path, ends: list[str]) -> None:
    """Eight pictures side by side, the first at ``a`` and the last at ``b``."""
    import numpy as np
    import torch
    from PIL import Image

    from neural_art.explore.explorer import png_of

    latents = torch.stack([explorer.morph(a, b, i / 7) for i in range(8)])
    strip = np.concatenate([np.asarray(explorer.in_aspect(pixels)) for pixels in explorer.paint(latents)], axis=1)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(png_of(Image.fromarray(strip), explorer.story(morph=ends)))


def _write_there_and_back(explorer: Explorer, a: Tensor, b: Tensor, out: Path) -> None:
    """A film of six seconds from ``a`` to ``b`` and back, slow at both ends, that loops."""
    import torch

    from neural_art.explore.film import latent_film

    frames = 180
    ways = [0.5 - 0.5 * math.cos(2 * math.pi * i / frames) for i in range(frames)]
    _show("Filming", latent_film(explorer, torch.stack([explorer.morph(a, b, t) for t in ways]), out))


def _stations(explorer: Explorer, folder: Path, seconds: float) -> tuple[list[Position], str]:
    """Where the film passes: the favourites, or where there are none, paintings from all over the set."""
    from neural_art.explore.explorer import Position
    from neural_art.runs.folder import Run

    run = Run(folder.absolute())
    kept = [Position.from_json(favourite) for favourite in run.favourites()] if run.exists() else []
    if len(kept) > 1:
        return kept, "favourites"
    n = len(explorer.latents)
    count = min(n, max(2, min(12, round(seconds / 1.6))))
    return [Position(origin="painting", a=i * n // count) for i in range(count)], "paintings"


def _suffix(out: Path, *allowed: str) -> str:
    if out.suffix.lower() not in allowed:
        raise RunError(
            f"{out.name} has another ending than can be written. Name a file that ends in {' or '.join(allowed)}."
        )
    return out.suffix.lower()


# ---- progress


@contextmanager
def _bar(what: str, total: float, unit: str) -> Iterator[tqdm[NoReturn]]:
    """A progress bar on stderr; silent where that is not a terminal."""
    from tqdm import tqdm

    form = "{percentage:3.0f}% |{bar}| {desc}" if unit == "%" else None
    with tqdm(
        total=total, desc=what, unit=unit, disable=None, file=sys.stderr, bar_format=form, dynamic_ncols=True
    ) as bar:
        yield bar


def _show(what: str, steps: Iterator[Any]) -> Any:
    """Shows the progress of what yields ``Progress``; the last thing that it yielded."""
    last: Any = None
    with _bar(what, 1, "") as bar:
        for last in steps:
            if hasattr(last, "done"):
                bar.total = last.total
                bar.update(last.done - bar.n)
    return last


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


# ---- the arguments


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in a sentence, and leaves with 1 as every other error does."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{message[:1].upper()}{message[1:]}. Try {self.prog} --help.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=COMMAND,
        description="Teach a small GAN your paintings, in minutes, without a GPU, and paint with it.",
        epilog=f"examples:{textwrap.indent(textwrap.dedent(EXAMPLES), '  ')}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"neural_art {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(act: Callable[[argparse.Namespace], int | None], about: str, *examples: str) -> argparse.ArgumentParser:
        name = act.__name__.replace("_", "-")
        shown = "\n".join(f"  {COMMAND} {name}{example and ' ' + example}" for example in examples)
        added = commands.add_parser(
            name,
            help=about,
            description=about[:1].upper() + about[1:] + ".",
            epilog=f"examples:\n{shown}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(act=act)
        return added

    def takes_run(added: argparse.ArgumentParser, about: str = "a run's folder or a checkpoint file") -> None:
        added.add_argument("run", type=Path, metavar="RUN", help=about)

    added = command(
        train,
        "learn paintings; an unfinished run is taken up where it was",
        "paintings/ --run runs/mine",
        "paintings.zip --run runs/mine --minutes 20 --recipe sketch",
        "--run runs/mine            (go on after Ctrl-C)",
        "--run runs/mine --minutes 30   (train a finished run longer: 30 minutes in all)",
    )
    added.add_argument("paintings", type=Path, nargs="?", metavar="PAINTINGS", help="a folder or a zip; needed once")
    added.add_argument("--run", type=Path, required=True, metavar="RUN", help="the run's folder, new or unfinished")
    known = Recipe()
    added.add_argument("--minutes", type=_number(*MINUTES), help=f"time to train in all (default {known.minutes:g})")
    sizes = ", ".join(f"{name} {size} px" for name, size in SIZES.items())
    added.add_argument("--recipe", choices=list(SIZES), help=f"{sizes} (default {known.name})")
    added.add_argument("--seed", type=_number(0, 2**63 - 1, whole=True), help=f"of all chance (default {known.seed})")
    added.add_argument("--base", metavar="none|DIR", help="the model to start from (default: the shipped one)")

    added = command(check, "say what would be accepted and what left out, and why", "paintings/", "paintings.zip")
    added.add_argument("paintings", type=Path, metavar="PAINTINGS", help="a folder or a zip")

    added = command(status, "show how a run stands, as JSON", "runs/mine")
    takes_run(added, "the run's folder")

    added = command(
        paint, "paint new pictures", "runs/mine --out pictures", "runs/mine --out bold --count 4 --daring 1.2"
    )
    takes_run(added)
    added.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder for the PNGs")
    added.add_argument("--count", type=_number(1, 10_000, whole=True), default=16, help="how many (default 16)")
    added.add_argument("--seed", type=_number(0, 2**52, whole=True), default=0, help="of the first one (default 0)")
    added.add_argument("--class", dest="group", metavar="NAME", help="of this class only: the folder's name")
    added.add_argument("--daring", type=_number(0, 1.5), default=0.7, help="0 (the mean) to 1.5 (default 0.7)")
    added.add_argument(
        "--square", action="store_true", help="as the network paints it, not in the paintings' own shape"
    )

    added = command(
        morph,
        "turn one painting into another",
        "runs/mine 3 17 --out strip.png",
        "runs/mine bridge-in-snow harbour --out morph.mp4",
        "runs/mine harbour ~/sketch.jpg --out morph.mp4",
    )
    takes_run(added)
    about = "a name, a part of one, a number (see check), or a picture file"
    added.add_argument("a", metavar="PAINTING", help=about)
    added.add_argument("b", metavar="PAINTING", help="the same for the other end")
    added.add_argument("--out", type=Path, required=True, help="X.png for eight steps, X.mp4 for a film", metavar="X")

    added = command(film, "film a loop through the favourites, or else through paintings", "runs/mine --out loop.mp4")
    takes_run(added)
    added.add_argument("--out", type=Path, required=True, metavar="X.mp4", help="the film")
    added.add_argument("--seconds", type=_number(2, 60), default=8.0, help="2 to 60 (default 8)")

    added = command(
        pretrain,
        "make a base model from many pictures; the same command goes on where it stopped",
        "pictures/ --run runs/base --minutes 600 --out checkpoints/base --data 'My own 5,000 paintings.'",
    )
    added.add_argument("folder", type=Path, metavar="FOLDER", help="a folder of pictures, any number")
    added.add_argument("--run", type=Path, required=True, metavar="RUN", help="where the training is kept")
    added.add_argument("--minutes", type=_number(1, 12_000), required=True, help="time to train in all")
    added.add_argument("--recipe", choices=list(SIZES), default=known.name, help=f"{sizes} (default {known.name})")
    added.add_argument("--seed", type=_number(0, 2**63 - 1, whole=True), default=0, help="of all chance (default 0)")
    added.add_argument(
        "--batch",
        type=_number(2, 256, whole=True),
        default=known.batch,
        help=f"pictures in a step (default {known.batch})",
    )
    added.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where to learn (default cpu)")
    added.add_argument("--start", type=Path, metavar="MODEL", help="a base model to begin from, not from nothing")
    added.add_argument("--out", type=Path, metavar="DIR", help="write the model there, in half precision, with a card")
    added.add_argument("--data", default="not stated", help="for the card: what the pictures are, and whose")

    added = command(
        pretrain_enlarger,
        "make the small network that enlarges pictures, from many pictures",
        "pictures/ --out checkpoints/enlarger.safetensors --minutes 20",
    )
    added.add_argument("folder", type=Path, metavar="FOLDER", help="a folder of pictures, 200 px or larger")
    added.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write, .safetensors")
    added.add_argument("--minutes", type=_number(0.05, 12_000), required=True, help="time to learn")
    added.add_argument("--seed", type=_number(0, 2**63 - 1, whole=True), default=0, help="of all chance (default 0)")
    added.add_argument("--start", type=Path, metavar="FILE", help="an enlarger to begin from, not from nothing")

    added = command(serve, "open the page for a browser", "", "--port 8000 --runs ~/runs")
    added.add_argument("--host", help="the address to listen on (default: this machine only)")
    added.add_argument("--port", type=_number(1, 65535, whole=True), help="default 7860")
    added.add_argument("--runs", type=Path, metavar="DIR", help="the folder of all runs")
    return parser


def _number(low: float, high: float, *, whole: bool = False) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(
                f"{text} is not {'a whole number' if whole else 'a number'} from {low:g} to {high:g}"
            )
        return value

    return number


if __name__ == "__main__":
    # Threads that wait must not spin: beside another busy program, pictures would take ten times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(main())
