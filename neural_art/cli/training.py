"""``train``: learn paintings into a run, new or unfinished."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from neural_art.cli.arguments import COMMAND, Commands, add_command, number
from neural_art.cli.dataset import prepare_paintings, summary
from neural_art.cli.progress import clock, percent, progress_bar, standing
from neural_art.errors import SettingsError
from neural_art.events import Adapted, Event, Failed, Finished, RolledBack, Started, Stepped
from neural_art.processor import CPU, DEVICES, Processor, Survey
from neural_art.recipe import DEFAULT_MINUTES, MINUTES, SIZES, Recipe
from neural_art.shipped import shipped_base
from neural_art.web.settings import device_in

if TYPE_CHECKING:
    from neural_art.runs.run import Run

NO_BASE = "none"
"""What ``--base`` takes for a training from nothing."""


def add_commands(commands: Commands) -> None:
    """Add ``train``."""
    parser = add_command(
        commands,
        train,
        "learn paintings; an unfinished run goes on where it stopped",
        "paintings/ --run runs/mine",
        "paintings.zip --run runs/mine --minutes 20 --recipe sketch",
        "--run runs/mine            (go on after Ctrl-C)",
        "--run runs/mine --minutes 30   (train a finished run longer: 30 minutes in all)",
    )
    parser.add_argument("paintings", type=Path, nargs="?", metavar="PAINTINGS", help="a folder or a zip; needed once")
    parser.add_argument("--run", type=Path, required=True, metavar="RUN", help="the run's folder, new or unfinished")
    usual = Recipe()
    parser.add_argument(
        "--minutes",
        type=number(*MINUTES),
        help=f"time to train in all (default {DEFAULT_MINUTES:g}; on a graphics card 2)",
    )
    sizes = ", ".join(f"{name} {size} px" for name, size in SIZES.items())
    parser.add_argument(
        "--recipe", choices=list(SIZES), help=f"{sizes} (default {usual.name}; on a graphics card canvas)"
    )
    parser.add_argument("--seed", type=number(0, 2**63 - 1, whole=True), help=f"the random seed (default {usual.seed})")
    parser.add_argument(
        "--base", metavar=f"{NO_BASE}|MODEL", help="the model to start from (default: the one that is shipped)"
    )
    parser.add_argument(
        "--device",
        choices=DEVICES,
        help="where to learn (default auto: a graphics card that computes, or the processor)",
    )


def train(options: argparse.Namespace) -> int:
    """Prepare the paintings of a new run, then train until the budget is used up or Ctrl-C."""
    from neural_art.runs.desired import set_desired_state
    from neural_art.runs.lock import take_lock
    from neural_art.runs.request import TrainingRequest, recipe_and_budget

    base = _base(options.base)
    run = _run_to_train(options.run, options.paintings)
    device = options.device or _device_of_the_environment()
    wanted = device or (run.recipe or Recipe()).device
    survey = _survey(wanted)
    processor = survey.chosen(wanted)[0]
    if run.report is None:
        if options.paintings is None:
            raise SettingsError("run-without-paintings", folder=options.run)
        report = prepare_paintings(options.paintings, run.paths.paintings)
        print(summary(report))
        if report.rejections:
            print(f"For each file that was left out: {COMMAND} check {options.paintings}")
    elif options.paintings is not None:
        print(f"{options.run} has its paintings already and goes on with those.", file=sys.stderr)
    request = TrainingRequest(
        minutes=options.minutes,
        recipe=options.recipe,
        seed=options.seed,
        base=False if options.base == NO_BASE else None,
        device=device,
    )
    recipe, budget = recipe_and_budget(run, request, processor)
    if run.report is not None and (advice := run.report.too_coarse_for(recipe.size)) is not None:
        print(advice.sentence(), file=sys.stderr)
    lock = take_lock(run)
    run.set_recipe(recipe)
    set_desired_state(run, "training", budget.minutes, steps=budget.steps)
    return _train(run, base, lock, survey, shown=options.run)


def _device_of_the_environment() -> str | None:
    """What NEURAL_ART_DEVICE says; None where it leaves it to the run."""
    device = device_in(os.environ)
    return None if device == "auto" else device


def _survey(wanted: str) -> Survey:
    """This machine's processors; who wants the CPU need not ask for others."""
    if wanted == CPU.kind:
        return Survey()
    from neural_art.models import processors

    return processors.survey()


def _base(asked: str | None) -> Path | None:
    """The model to start from: the shipped one unless another, or none, was asked for."""
    if asked == NO_BASE:
        return None
    if asked is None:
        return shipped_base()
    if not Path(asked).exists():
        raise SettingsError("no-base-at-path", path=asked)
    return Path(asked)


def _run_to_train(folder: Path, paintings: Path | None) -> Run:
    """The run that the person named: the one that is there, or a new one."""
    from neural_art.runs.run import Run

    if Run(folder.absolute()).exists():
        return Run.open(folder)
    if paintings is None:
        raise SettingsError("no-run-to-train", folder=folder, command=f"{COMMAND} train PAINTINGS --run {folder}")
    if not paintings.exists():
        raise SettingsError("no-paintings-at-path", path=paintings)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingsError("folder-not-empty", folder=folder)
    return Run.at(folder, paintings.resolve().stem or "paintings")


def _train(run: Run, base: Path | None, lock: int, survey: Survey, *, shown: Path) -> int:
    """Train and report; ``shown`` is the run's folder as the person wrote it."""
    from neural_art.runs import worker
    from neural_art.runs.desired import set_desired_state

    last: Event | None = None
    leave = threading.Event()
    events = worker.train(run, base=base, began=time.monotonic(), leave=leave, lock=lock, survey=lambda: survey)
    with _leaving(leave), progress_bar("Setting up", 100, "%") as bar:
        for last in events:
            match last:
                case Started():
                    bar.write(_start(last), file=sys.stderr)
                    if last.notice is not None:
                        bar.write(last.notice.sentence(), file=sys.stderr)
                    bar.set_description_str("Training")
                case Stepped():
                    bar.n = percent(last.progress)
                    bar.set_description_str(standing(last))
                case RolledBack():
                    sentence = last.reason.sentence()
                    bar.write(
                        f"{sentence} Back to the last good weights, with a smaller learning rate.", file=sys.stderr
                    )
                case Adapted():
                    bar.write(last.reason.sentence(), file=sys.stderr)
                case Finished():
                    bar.n = 100
                    bar.refresh()
    if isinstance(last, Failed):
        print(last.reason.sentence(), file=sys.stderr)
        return 1
    assert last is not None
    if not isinstance(last, Finished):
        if leave.is_set():
            set_desired_state(run, "paused")
        print(
            f"Paused after {clock(last.seconds)}; everything is saved. Go on with: {COMMAND} train --run {shown}",
            file=sys.stderr,
        )
        return 1
    print(f"Finished after {clock(last.seconds)} and {last.step} steps.")
    print(f"For new pictures: {COMMAND} paint {shown} --out pictures")
    return 0


@contextmanager
def _leaving(leave: threading.Event) -> Iterator[None]:
    """While the block lasts, the first Ctrl-C (or SIGTERM) sets ``leave``; the second interrupts at once."""

    def ask(_number: int, _frame: object) -> None:
        if leave.is_set():
            raise KeyboardInterrupt
        leave.set()
        print("\nSaving ... (press again to leave without)", file=sys.stderr)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(event: Started) -> str:
    start = "Going on" if event.resumed else "Starting" if event.base == "none" else f"Starting from {event.base}"
    where = Processor(event.device, event.processor).where.sentence()
    threads = f"{event.threads} thread{'s' * (event.threads != 1)}"
    steps = f"{event.batch} pictures a step, {event.precision}, {threads}"
    return f"{start} {where} with {event.paintings} paintings; {steps}."
