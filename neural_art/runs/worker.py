"""One training in its own process: ``python -m neural_art.runs.worker FOLDER``.

Reads the run's folder, trains, writes the news back. Between two events it looks at what the person wishes. It may be
killed at any moment; the next worker goes on from what was saved last.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import torch

from neural_art.dataset import prepare as paintings
from neural_art.models.checkpoint import Model
from neural_art.errors import NeuralArtError, RunError
from neural_art.events import Event, Failed, Finished, Paused, Saved, Stepped
from neural_art.recipe import Recipe
from neural_art.runs.folder import OUT_OF_MEMORY, Run, in_words
from neural_art.training.trainer import Training, stored_size


def train(
    run: Run,
    *,
    base: Path | None = None,
    began: float | None = None,
    leave: threading.Event | None = None,
    lock: int | None = None,
) -> Iterator[Event]:
    """The events of the run's training, each after it was written to the folder; the last tells how it ended.

    Goes on from what was saved, else starts from the run's own base, else from ``base`` (a model's file or folder).
    ``began``: ``time.monotonic()`` when the budget began to run. When ``leave`` is set, the work is saved and put down
    at the next event without a word, to be taken up by the next worker. ``lock``: from ``Run.take_lock``.
    What goes wrong becomes a ``Failed`` event. Raises ``RunError`` if another worker holds the run, and ``OSError`` if
    not even the failure can be written.
    """
    with run.lock(lock):
        run.tidy()
        try:
            yield from _train(run, base, began, leave or threading.Event())
            return
        except NeuralArtError as error:
            reason = str(error)
        except (OSError, MemoryError) as error:
            traceback.print_exc()
            reason = in_words(error)
        except Exception as error:
            traceback.print_exc()
            reason = OUT_OF_MEMORY if "allocate memory" in str(error) else _own_fault(error)
        step, seconds = run.standing
        failed = Failed(step=step, seconds=seconds, reason=reason)
        run.record(failed)
        yield failed


def work(run: Run, *, base: Path | None = None, leave: threading.Event | None = None, lock: int | None = None) -> int:
    """Train to the end and say as an exit status how it went: 0, or 1 if it failed."""
    began = time.monotonic() - max(0.0, min(60.0, time.time() - psutil.Process().create_time()))
    last: Event | None = None
    for event in train(run, base=base, began=began, leave=leave, lock=lock):
        last = event
    return _said(last.reason) if isinstance(last, Failed) else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: low priority, first to go when memory is short, and SIGTERM saves before it ends."""
    parser = argparse.ArgumentParser(
        prog="python -m neural_art.runs.worker", description="Train one run. The app starts this."
    )
    parser.add_argument("folder", type=Path, help="the run's folder")
    parser.add_argument("--base", type=Path, help="the model to start from, where the run has none of its own")
    parser.add_argument("--lock", type=int, help="an inherited file descriptor that holds the run's lock")
    options = parser.parse_args(arguments)
    try:
        run = Run.open(options.folder)
        return work(run, base=options.base, leave=_step_back(), lock=options.lock)
    except RunError as error:
        return _said(str(error))
    except OSError as error:
        return _said(in_words(error))


def _step_back() -> threading.Event:
    """Leave the machine to others, and SIGTERM to a calm end: the event is set when it comes."""
    leave = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: leave.set())
    os.nice(10)
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as file:
        file.write("10")  # Linux may weigh whole sessions against each other, and we have one of our own
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")  # when memory runs out, the page should outlive us
    return leave


def _train(run: Run, base: Path | None, began: float | None, leave: threading.Event) -> Iterator[Event]:
    recipe, asked = run.recipe, run.wish
    if recipe is None:
        raise RunError("This run has no recipe. Choose how long to train, then start it.")
    if asked is not None and asked.minutes is not None:
        recipe = dataclasses.replace(recipe, minutes=asked.minutes, steps=None)
    training = _set_up(run, recipe, base, began)
    kept = -1  # the step that was saved last
    pictures_per_second = 0.0
    for event in training.run():
        if isinstance(event, Finished) and kept != event.step:
            run.record(training.saved())
        run.record(event)
        yield event
        if isinstance(event, (Finished, Failed)):
            return
        if isinstance(event, Saved):
            kept = event.step
        elif isinstance(event, Stepped):
            pictures_per_second = event.pictures_per_second
        asked = run.wish
        wish = asked.wish if asked is not None else "train"  # at the command line nobody wished anything
        if wish == "train" and not leave.is_set():
            continue
        if kept != event.step:
            saved = training.saved()
            run.record(saved)
            yield saved
        if wish != "train":
            standing: dict[str, Any] = {"step": event.step, "seconds": event.seconds}
            end: Event = Paused(**standing)
            if wish == "stop":
                end = Finished(**standing, early=True, pictures_per_second=pictures_per_second)
            run.record(end)
            yield end
        return


def _set_up(run: Run, recipe: Recipe, base: Path | None, began: float | None) -> Training:
    pictures, report = paintings.load(run.paintings_folder, stored_size(recipe))
    names, labels = report.classes
    start = run.base if run.base.exists() else base if recipe.base else None
    saved = run.saved()
    return Training(
        pictures,
        recipe,
        base=Model.open(start, size=recipe.size) if start is not None else None,
        resume=saved,
        began=began,
        labels=torch.tensor(labels) if names else None,
        about={"aspect": run.aspect, "name": run.info.name, "classes": names, "labels": labels},
    )


def _own_fault(error: Exception) -> str:
    said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return f"The training stopped at an error of its own ({said}). Its worker.log tells more; try again."


def _said(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
