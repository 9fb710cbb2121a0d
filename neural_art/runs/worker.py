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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

import psutil
import torch

from neural_art.dataset.squares import load_squares
from neural_art.errors import NeuralArtError, ProcessorError, RunError, StorageError
from neural_art.events import Adapted, Delayed, Event, Failed, Finished, Paused, Saved, Started, Stepped
from neural_art.files import storage_error, storage_errors
from neural_art.machine import processor_name
from neural_art.messages import Message
from neural_art.models import processors
from neural_art.models.checkpoint import Model
from neural_art.processor import CPU, DEVICES, Processor, Survey
from neural_art.recipe import DEFAULT_MINUTES, Budget, Recipe
from neural_art.runs.attempts import DISK_FULL_STATUS, batch_halvings, crashed
from neural_art.runs.cards import take_card
from neural_art.runs.desired import desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lock import hold
from neural_art.runs.recorder import BackgroundRecorder, Recorder
from neural_art.runs.run import Run
from neural_art.training.trainer import Training

AWAIT_SECONDS: Final = 0.5
"""How often a training looks whether a card that others use is free."""

_DISK_FULL = StorageError("disk-full").message


class Trains(Protocol):
    """A training: a ``Training`` here, or one that is somewhere else."""

    def run(self) -> Iterator[Event]:
        """Its events, to its end."""

    def saved(self) -> Saved:
        """This moment, whole."""


class Records(Protocol):
    """What writes events: a ``Recorder``, or one in the background."""

    def record(self, event: Event) -> None:
        """Write an event and what it carries."""


def train(
    run: Run,
    *,
    base: Path | None = None,
    began: float | None = None,
    leave: threading.Event | None = None,
    lock: int | None = None,
    device: str | None = None,
    survey: Callable[[], Survey] = processors.survey,
) -> Iterator[Event]:
    """The events of the run's training, written to the folder in the background; the last says how it ended, and comes
    when all is written.

    Goes on from what was saved, else starts from the run's own base, else from ``base`` (a model's file or folder).
    ``began``: ``time.monotonic()`` when the budget began to run. When ``leave`` is set, everything is saved at the next
    event and the iteration ends without another word; the next worker goes on. ``lock``: from ``take_lock``.
    ``device``: one of ``DEVICES``, in place of the recipe's. ``survey``: finds the processors of this machine.

    It learns on the first card that nobody else learns on. Where all are taken, "auto" means the CPU, and anything else
    waits. If the card fails, or a worker of the run crashed, it goes on on the CPU and says so.

    What goes wrong becomes a ``Failed`` event. Raises ``RunError`` if another worker holds the run, and
    ``StorageError`` if not even the failure can be written. A full disk is no failure of the training, which goes on
    from what was saved once there is room: it raises ``StorageError``, too, and nothing is recorded.
    """
    with hold(run, lock):
        Recorder(run).tidy()
        try:
            with BackgroundRecorder(Recorder(run)) as recorder:
                yield from _train(run, recorder, base, began, leave or threading.Event(), device, survey)
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
            Recorder(run).record(failed)
        yield failed


def work(
    run: Run,
    *,
    base: Path | None = None,
    leave: threading.Event | None = None,
    lock: int | None = None,
    device: str | None = None,
) -> int:
    """Train to the end. Returns the exit status: 0, 1 if the training failed, ``DISK_FULL_STATUS`` for a full disk."""
    began = time.monotonic() - max(0.0, min(60.0, time.time() - psutil.Process().create_time()))
    last: Event | None = None
    try:
        with storage_errors():
            for event in train(run, base=base, began=began, leave=leave, lock=lock, device=device):
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
    parser.add_argument("--device", choices=DEVICES, help="where to learn, whatever the recipe says")
    options = parser.parse_args(arguments)
    try:
        with storage_errors():
            run = Run.open(options.folder)
    except NeuralArtError as error:
        return _failure(error.message)
    return work(run, base=options.base, leave=_step_back(), lock=options.lock, device=options.device)


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


def obey(
    run: Run, training: Trains, recorder: Records, leave: threading.Event, notice: Message | None = None
) -> Iterator[Event]:
    """The events of ``training``, each after it was given to ``recorder``, for as long as the person wants it.

    When ``leave`` is set, or something else is desired than training, everything is saved first. ``notice``: why it
    does not learn where it was asked to; it follows the start.
    """
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
        elif isinstance(event, Started) and notice is not None:
            adapted = Adapted(
                step=event.step, seconds=event.seconds, reason=notice, batch=event.batch, device=event.device
            )
            recorder.record(adapted)
            yield adapted
        goes_on = _goes_on(run)
        if goes_on and not leave.is_set():
            continue
        if saved_step != event.step:
            saved = training.saved()
            recorder.record(saved)
            yield saved
        if not goes_on:
            end: Event = Paused(step=event.step, seconds=event.seconds)
            desired = desired_state(run)
            if desired is not None and desired.state == "finished":
                end = Finished(
                    step=event.step, seconds=event.seconds, early=True, pictures_per_second=pictures_per_second
                )
            recorder.record(end)
            yield end
        return


def _goes_on(run: Run) -> bool:
    desired = desired_state(run)
    return desired is None or desired.state == "training"  # nothing is desired of a run that is trained by hand


def _train(
    run: Run,
    recorder: BackgroundRecorder,
    base: Path | None,
    began: float | None,
    leave: threading.Event,
    device: str | None,
    survey: Callable[[], Survey],
) -> Iterator[Event]:
    recipe = run.recipe
    if recipe is None:
        raise RunError("no-recipe")
    wanted = device or recipe.device
    chosen = (CPU,) if wanted == CPU.kind else survey().chosen(wanted)
    cards = tuple(processor for processor in chosen if processor.is_card)
    notice = None
    if cards and crashed(run):
        notice = Message("processor.card-avoided", {"name": cards[0].name})
        cards = ()
    taken = take_card(cards)
    if cards and taken is None:
        name = cards[0].name
        if len(cards) < len(chosen):
            notice = Message("processor.card-taken", {"name": name})
        else:
            step, seconds = Journal(run).standing
            reason = Message("processor.card-awaited", {"name": name})
            awaited = Delayed(step=step, seconds=seconds, reason=reason)
            recorder.record(awaited)
            yield awaited
            while taken is None:
                if leave.wait(AWAIT_SECONDS) or not _goes_on(run):
                    return
                taken = take_card(cards)
            began = None
    cpu = dataclasses.replace(CPU, name=processor_name())  # what it computes with is kept for a CPU of this name
    processor, lock = taken or (cpu, None)
    try:
        yield from obey(run, _set_up(run, recipe, base, began, processor), recorder, leave, notice)
        return
    except ProcessorError as error:
        if lock is None:
            raise
        _print(traceback.format_exc())
        notice = Message("processor.on-cpu-instead", {"reason": error.message})
    finally:
        if lock is not None:
            os.close(lock)
    recorder.flush()  # what was saved last has to be there
    yield from obey(run, _set_up(run, recipe, base, None, cpu), recorder, leave, notice)


def _set_up(run: Run, recipe: Recipe, base: Path | None, began: float | None, processor: Processor) -> Training:
    desired = desired_state(run)
    budget = (desired.budget if desired else None) or Budget(minutes=DEFAULT_MINUTES)
    paintings, report = load_squares(run.paths.paintings, recipe.stored_size)
    names, indices = report.class_names, report.class_indices
    start = run.paths.base if run.paths.base.exists() else base if recipe.base else None
    return Training(
        torch.from_numpy(paintings),
        recipe,
        budget,
        base=Model.open(start, size=recipe.size) if start is not None else None,
        resume=Recorder(run).saved_training(),
        began=began,
        class_indices=torch.tensor(indices) if names else None,
        about={"aspect": run.aspect, "name": run.info.name, "classes": names, "class_indices": indices},
        halvings=batch_halvings(run),
        processor=processor,
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
