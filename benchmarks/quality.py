"""How good the pictures are: sets x minutes x rows x seeds, one training each, on this machine, in turn.

    python benchmarks/quality.py --sets FOLDER [FOLDER ...] --minutes 0.5 5 --rows base nobase dcgan projected \\
        --seeds 0 1 2 --out DIR
    python benchmarks/quality.py --sets FOLDER [FOLDER ...] --model PATH [PATH ...] --out DIR

A row is ``base`` or ``nobase`` (neural_art with and without its base model), ``dcgan`` or ``projected`` (see
benchmarks/rivals). Settings of the recipe may follow: ``base:sampled_share=0.25,generator_lr=0.001``. ``--model``
measures files without any training, row ``model``: the paintings' latents come from the model's encoder.

``--device`` says where neural_art learns; its figures there are comparable to those of the processor, its minutes are
not. Rivals learn on the processor.

Each cell holds a tenth of the paintings out, trains in a process of its own for the exact budget (its start, the
imports and all set-up count), paints 512 pictures at truncation 1 and measures them at 128 px. DIR gets results.csv,
results.md and a sheet of pictures for each cell. A finished cell is not done again, unless the model it started from
has changed; one whose training has finished is only measured.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from neural_art.runs.processes import ENVIRONMENT

os.environ.update(
    ENVIRONMENT
)  # before PyTorch is loaded; a cell trains in a process of its own, as the app's workers do

from benchmarks import results, sets
from benchmarks.cells import KINDS, MODEL, SETTINGS, Cell, parse_settings, snapshot, work
from benchmarks.evaluation import Effort, floor
from benchmarks.rivals import RIVALS
from neural_art.errors import NeuralArtError
from neural_art.models import checkpoint
from neural_art.models.processors import survey
from neural_art.processor import DEVICES, Processor
from neural_art.recipe import Budget
from neural_art.shipped import BASE


def main(arguments: Sequence[str] | None = None, effort: Effort | None = None) -> int:
    """Works through the cells; 1 if one of them failed. ``effort``: how much is measured, but for ``--pictures``."""
    parser = _parser()
    options = parser.parse_args(arguments)
    effort = dataclasses.replace(effort or Effort(), pictures=options.pictures)
    folders = [folder.resolve() for folder in options.sets]
    try:
        processor = survey().chosen(options.device)[0]
    except NeuralArtError as error:
        parser.error(str(error))
    cells = _plan(options, folders, effort, processor)
    _check(parser, folders, cells)
    cells = [dataclasses.replace(c, start=snapshot(c.start, options.out)) if c.start else c for c in cells]
    options.out.mkdir(parents=True, exist_ok=True)
    command = "python benchmarks/quality.py " + " ".join(sys.argv[1:] if arguments is None else arguments)
    for folder in folders:
        others = [other for other in folders if other != folder]
        requested = {"set": str(folder), "others": [str(other) for other in others], **dataclasses.asdict(effort)}
        results.once(options.out, f"{folder.name}_floor", requested, partial(floor, folder, others, effort))
    failed = 0
    for number, cell in enumerate(cells, 1):
        started = time.monotonic()
        label = f"[{number}/{len(cells)}] {cell.name}"
        try:
            lines, fresh = results.once(options.out, cell.name, cell.requested, partial(work, cell, options.out))
        except (NeuralArtError, RuntimeError, OSError) as error:
            failed += 1
            print(f"{label}: failed, {error}", flush=True)
            continue
        took = f"{time.monotonic() - started:.0f} s" if fresh else "done before"
        print(f"{label}: {results.summary(lines[0])} ({took})", flush=True)
        results.write(options.out, command)
    results.write(options.out, command)
    return 1 if failed else 0


def _plan(options: argparse.Namespace, folders: list[Path], effort: Effort, processor: Processor) -> list[Cell]:
    """The cells in the order in which they are worked through; models that need no training come first."""
    rows = options.rows if options.rows is not None else [] if options.model else list(KINDS)
    base = options.base.resolve()
    cells = [
        Cell(folder=folder, row=MODEL, seed=seed, start=model.resolve(), origin=str(model.resolve()), effort=effort)
        for folder, model, seed in itertools.product(folders, options.model, options.seeds)
    ]
    for folder, budget, row, seed in itertools.product(folders, options.minutes, rows, options.seeds):
        cell = Cell(folder=folder, row=row, seed=seed, budget=budget, effort=effort)
        if cell.kind == "base":
            cell = dataclasses.replace(cell, start=base, origin=str(base))
        if cell.kind not in RIVALS:
            cell = dataclasses.replace(cell, processor=processor)
        cells.append(cell)
    return cells


def _check(parser: argparse.ArgumentParser, folders: list[Path], cells: list[Cell]) -> None:
    """Ends with a message before any time is spent on what cannot work."""
    if len({folder.name for folder in folders}) < len(folders):
        parser.error("Two sets have the same name. Rename one of the folders.")
    for folder in folders:
        if (count := len(sets.find(folder))) < sets.LEAST:
            parser.error(f"{folder} holds {count} pictures. A set needs at least {sets.LEAST}.")
    for cell in cells:
        start = cell.start
        if start is not None and not (start.is_file() or (start / checkpoint.FILE).is_file()):
            parser.error(f"There is no model at {start}. Name a checkpoint file, or a folder that holds one.")
        if cell.budget is None:
            continue
        if cell.kind not in KINDS:
            parser.error(f"There is no row called {cell.kind!r}. Choose from {', '.join(KINDS)}.")
        settings = parse_settings(cell.row)
        if settings and cell.kind in RIVALS:
            parser.error(f"{cell.kind} has no settings. Ask for the row without them.")
        for name in settings:
            if name not in SETTINGS:
                parser.error(f"{cell.row}: a recipe has no setting {name!r}. Choose from {', '.join(SETTINGS)}.")
        try:
            _ = cell.recipe
        except NeuralArtError as error:
            parser.error(f"{cell.row}: {error}")


def _budget(minutes: str) -> Budget:
    try:
        return Budget(minutes=float(minutes))
    except NeuralArtError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, nargs="+", required=True, help="folders of paintings")
    budgets = [Budget(minutes=0.5), Budget(minutes=5)]
    parser.add_argument("--minutes", type=_budget, nargs="+", default=budgets, help="budgets (default 0.5 and 5)")
    parser.add_argument("--rows", nargs="+", help=f"of {', '.join(KINDS)} (default all, or none with --model)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="default 0")
    parser.add_argument("--base", type=Path, default=BASE, help="where row base starts from")
    parser.add_argument("--model", type=Path, nargs="+", default=[], help="models to measure as they are")
    parser.add_argument("--device", choices=DEVICES, default="cpu", help="where neural_art learns (default cpu)")
    parser.add_argument("--pictures", type=int, default=Effort.pictures, help="to be measured, fewer for a quick look")
    parser.add_argument("--out", type=Path, required=True, help="where the results go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
