"""One training in its own process: ``python -m neural_art.runs.worker FOLDER``.

It reads the run's folder, trains, and writes its events there. After each event it looks at what the person wants. It
may be killed at any moment; the next worker goes on from what was saved last.
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

import psutil
import torch

from neural_art.dataset.squares import load_squares
from neural_art.errors import NeuralArtError, RunError, StorageError
from neural_art.events import Event, Failed, Finished, Paused, Saved, Stepped
from neural_art.files import storage_error, storage_errors
from neural_art.messages import Message
from neural_art.models.checkpoint import Model
from neural_art.recipe import DEFAULT_MINUTES, Budget
from neural_art.runs.attempts import DISK_FULL_STATUS, batch_within_memory
from neural_art.runs.desired import desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lock import hold
from neural_art.runs.recorder import Recorder
from neural_art.runs.run import Run
from neural_art.training.trainer import Training

_DISK_FULL = StorageError("disk-full").message


def train(
    run: Run,
    *,
    base: Path | None = None,
    began: float | None = None,
    leave: threading.Event | None = None,
    lock: int | None = None,
    device: str | None = None,
) -> Iterator[Event]:
    """The events of the run's training, each after it was written to the folder; the last says how it ended.

    Goes on from what was saved, else starts from the run's own base, else from ``base`` (a model's file or folder).
    ``began``: ``time.monotonic()`` when the budget began to run. When ``leave`` is set, everything is saved at the next
    event and the iteration ends without another word; the next worker goes on. ``lock``: from ``take_lock``.
    ``device``: where to learn, whatever the recipe says.
    What goes wrong becomes a ``Failed`` event. Raises ``RunError`` if another worker holds the run, and
    ``StorageError`` if not even the failure can be written. A full disk is no failure of the training, which goes on
    from what was saved once there is room: it raises ``StorageError``, too, and nothing is recorded.
    """
    with hold(run, lock):
        recorder = Recorder(run)
        recorder.tidy()
        try:
            yield from _train(run, recorder, base, began, leave or threading.Event(), device)
            return
        except NeuralArtError as error:
            reason = error.message
        except (OSError, MemoryError) as error:
            _print(traceback.format_exc())
            reason = storage_error(error).message
        except Exception as error:
            _print(traceback.format_exc())
            reason = _own_fault(error)
        if reason == _DISK_FULL:
            raise StorageError("disk-full")
        step, seconds = Journal(run).standing
        failed = Failed(step=step, seconds=seconds, reason=reason)
        with storage_errors():
            recorder.record(failed)
        yield failed


def work(run: Run, *, base: Path | None = None, leave: threading.Event | None = None, lock: int | None = None) -> int:
    """Train to the end. Returns the exit status: 0, 1 if the training failed, ``DISK_FULL_STATUS`` for a full disk."""
    began = time.monotonic() - max(0.0, min(60.0, time.time() - psutil.Process().create_time()))
    last: Event | None = None
    try:
        with storage_errors():
            for event in train(run, base=base, began=began, leave=leave, lock=lock):
                last = event
    except NeuralArtError as error:
        return _failure(error.message)
    return _failure(last.reason) if isinstance(last, Failed) else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: low priority, first to go when memory is short, and SIGTERM saves before it ends."""
    parser = argparse.ArgumentParser(
        prog="python -m neural_art.runs.worker", description="Train one run. The page starts this."
    )
    parser.add_argument("folder", type=Path, help="the run's folder")
    parser.add_argument("--base", type=Path, help="the model to start from, if the run has none of its own")
    parser.add_argument("--lock", type=int, help="an inherited file descriptor that holds the run's lock")
    options = parser.parse_args(arguments)
    try:
        with storage_errors():
            run = Run.open(options.folder)
    except NeuralArtError as error:
        return _failure(error.message)
    return work(run, base=options.base, leave=_step_back(), lock=options.lock)


def _step_back() -> threading.Event:
    """Leave the machine to others. Returns an event that is set when SIGTERM or the like asks the process to end."""
    leave = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: leave.set())
    os.nice(10)
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as file:
        file.write("10")  # Linux may weigh whole sessions against each other, and we have one of our own
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")  # when memory runs out, the page should outlive us
    return leave


def _train(
    run: Run,
    recorder: Recorder,
    base: Path | None,
    began: float | None,
    leave: threading.Event,
    device: str | None,
) -> Iterator[Event]:
    training = _set_up(run, recorder, base, began, device)
    saved_step = -1
    pictures_per_second = 0.0
    for event in training.run():
        recorder.record(event)
        yield event
        if isinstance(event, (Finished, Failed)):
            return
        if isinstance(event, Saved):
            saved_step = event.step
        elif isinstance(event, Stepped):
            pictures_per_second = event.pictures_per_second
        desired = desired_state(run)
        goes_on = desired is None or desired.state == "training"  # nothing is desired of a run that is trained by hand
        if goes_on and not leave.is_set():
            continue
        if saved_step != event.step:
            saved = training.saved()
            recorder.record(saved)
            yield saved
        if not goes_on:
            end: Event = Paused(step=event.step, seconds=event.seconds)
            if desired is not None and desired.state == "finished":
                end = Finished(
                    step=event.step, seconds=event.seconds, early=True, pictures_per_second=pictures_per_second
                )
            recorder.record(end)
            yield end
        return


def _set_up(run: Run, recorder: Recorder, base: Path | None, began: float | None, device: str | None) -> Training:
    recipe, desired = run.recipe, desired_state(run)
    if recipe is None:
        raise RunError("no-recipe")
    budget = (desired.budget if desired else None) or Budget(minutes=DEFAULT_MINUTES)
    paintings, report = load_squares(run.paths.paintings, recipe.stored_size)
    names, indices = report.class_names, report.class_indices
    start = run.paths.base if run.paths.base.exists() else base if recipe.base else None
    resume = recorder.saved_training()
    return Training(
        torch.from_numpy(paintings),
        dataclasses.replace(recipe, batch=batch_within_memory(run, recipe.batch)),
        budget,
        base=Model.open(start, size=recipe.size) if start is not None else None,
        resume=resume,
        began=began,
        class_indices=torch.tensor(indices) if names else None,
        device=device or "cpu",
        about={"aspect": run.aspect, "name": run.info.name, "classes": names, "class_indices": indices},
    )


def _own_fault(error: Exception) -> Message:
    if "allocate memory" in str(error):
        return StorageError("out-of-memory").message
    return Message("run.own-fault", {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"})


def _failure(reason: Message) -> int:
    _print(reason.sentence() + "\n")
    return DISK_FULL_STATUS if reason == _DISK_FULL else 1


def _print(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:  # the log lies on the disk that is full
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


if __name__ == "__main__":
    sys.exit(main())
