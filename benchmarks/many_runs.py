"""What a supervisor costs that looks after many runs, and what a page pays that asks it.

    python benchmarks/many_runs.py [--runs 100 1000 10000] [--looks 20]

Real folders, a real registry, supervisor and studio; only the workers are replaced by whatever holds a run's lock. Of
the runs a tenth waits, 3 % are in training, and the others have finished, each with the events of five minutes. Prints
medians, in milliseconds of the processor's time: one look at the queue (every 0.4 s), one at all runs (every 20 s), a
look in which a training has ended and the next begins, the status of a run that waits, and asking for one more
training. "start" is what a new server needs before it looks after the queue, in seconds.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from neural_art.dataset.report import Painting, Report, write_report
from neural_art.events import Finished, Stepped
from neural_art.recipe import Budget, Recipe
from neural_art.runs.desired import set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lock import sign_lock, take_lock
from neural_art.runs.processes import WorkerProcesses
from neural_art.runs.quotas import Quotas
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio
from neural_art.runs.supervisor import Supervisor

WAITING, TRAINING = 0.1, 0.03
STEPS = 375  # events of five minutes
ASKED = 5  # trainings that are asked for
COLUMNS = ("look", "survey", "next", "status", "ask")


class Holders(WorkerProcesses):
    """In place of workers: the locks that they would hold, by the ids of their runs."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, int] = {}

    def start(self, run: Run, lock: int, *, keep_log: bool = False) -> None:
        """Hold the run."""
        sign_lock(lock, os.getpid())
        self.held[run.id] = os.dup(lock)

    def let_go(self) -> None:
        """End one training, as if its worker had finished it."""
        os.close(self.held.popitem()[1])


def make(root: Path, count: int, holders: Holders) -> tuple[list[str], list[str]]:
    """So many runs in ``root``: the ids of those that wait, and of some that nobody asked to train yet."""
    first = Run.create(root, "Blocks")
    first.paths.paintings.mkdir()
    paintings = tuple(Painting(f"{number:05}.jpg", f"{number}.jpg", None, 640, 480) for number in range(8))
    write_report(first.paths.paintings, Report(paintings, (), (), 1.0, "squeeze", "#ffffff"))
    first.set_recipe(Recipe())
    set_desired_state(first, "training", 5.0)
    for step in range(STEPS):
        Journal(first).append(
            Stepped(
                step=step,
                seconds=0.8 * step,
                progress=step / STEPS,
                texture_distance=0.5,
                fooling_rate=0.3,
                discriminator_loss=1.0,
                generator_loss=1.0,
                pictures_per_second=18.0,
                seconds_left=300 - 0.8 * step,
            )
        )
    Journal(first).append(Finished(step=STEPS, seconds=300, early=False, pictures_per_second=18))
    waiting, new = [], []
    for number in range(count + ASKED):
        run = Run(root / f"{number:016d}")
        for path, content in _contents(first, begun=number < count).items():  # not synced, unlike the runs' own files
            path = run.folder / path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if number >= count:
            new.append(run.id)
        elif number < count * TRAINING:
            lock = take_lock(run)
            holders.start(run, lock)
            os.close(lock)
        elif number < count * (TRAINING + WAITING):
            waiting.append(run.id)
        else:
            run.paths.events.write_bytes(first.paths.events.read_bytes())
    shutil.rmtree(first.folder)
    return waiting, new


def _contents(run: Run, *, begun: bool) -> dict[Path, bytes]:
    paths = [run.paths.info, run.paths.report, *([run.paths.recipe, run.paths.desired_state] if begun else [])]
    return {path.relative_to(run.folder): path.read_bytes() for path in paths}


def milliseconds(work: Callable[[], object], times: int) -> float:
    """The median of so many."""
    took = []
    for _ in range(times):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return 1000 * statistics.median(took)


def measure(count: int, looks: int) -> dict[str, float]:
    """What ``count`` runs cost."""
    with tempfile.TemporaryDirectory() as folder:
        root, holders = Path(folder), Holders()
        waiting, new = make(root, count, holders)
        at_once = len(holders.held)
        began = time.process_time()
        supervisor = Supervisor(Registry(root), at_once=lambda: at_once, keep_seconds=1e6, processes=holders)
        took = {"start": time.process_time() - began}
        took["look"] = milliseconds(supervisor.attend, looks)
        took["survey"] = milliseconds(supervisor.survey, 5)

        def next_one() -> None:
            holders.let_go()
            supervisor.attend()

        took["next"] = milliseconds(next_one, 5)
        quotas = Quotas(all_trainings=10**6, trainings=10**6, training_minutes=1e6)
        studio = Studio(root, start=False, quotas=quotas)
        waits = itertools.cycle(waiting[-looks:])  # the first ones have begun since
        took["status"] = milliseconds(lambda: studio.status(next(waits)), looks)
        asked = iter(new)
        took["ask"] = milliseconds(
            lambda: studio.train(next(asked), Recipe(), Budget(minutes=5), visitor="somebody"), ASKED
        )
        for lock in holders.held.values():
            os.close(lock)
        return took


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--looks", type=int, default=20)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"{'runs':>6}  start s" + "".join(f"{name:>9}" for name in COLUMNS))
    for count in options.runs:
        took = measure(count, options.looks)
        print(f"{count:>6}{took['start']:>9.2f}" + "".join(f"{took[name]:>9.2f}" for name in COLUMNS), flush=True)


if __name__ == "__main__":
    main()
