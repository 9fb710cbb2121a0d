"""A training on a graphics card that is lent for a minute (ZeroGPU): the worker's own loop, in a fork of the page.

``train_on_loan`` is what the platform calls: plain values in and out. It may be killed at any moment, as a worker may;
what was saved last stays. The page asks for it (``runs.lending``) and reads the run's folder meanwhile, as always.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import time
from pathlib import Path
from typing import Any, Final

import psutil

from neural_art.errors import NeuralArtError
from neural_art.events import Event, Failed, Finished, Paused
from neural_art.files import storage_errors
from neural_art.runs.desired import desired_state
from neural_art.runs.run import Run
from neural_art.runs.worker import train

GRACE: Final = 15
"""Seconds that a loan is longer than the training in it: the fork, CUDA and the set-up before, the last save after."""

SAVING: Final = 6.0
"""Seconds before the end of a loan at which whatever is under way is saved: the card is taken away at the end."""

_ENDS: Final[dict[type[Event], str]] = {Finished: "finished", Failed: "failed", Paused: "paused"}


def declared_seconds(folder: str, seconds: int, base: str | None = None, device: str = "cuda") -> int:
    """How long ``train_on_loan`` needs the card with the same arguments, in whole seconds."""
    return seconds + GRACE


def train_on_loan(folder: str, seconds: int, base: str | None = None, device: str = "cuda") -> dict[str, Any]:
    """Train the run in ``folder`` on ``device``, and be done before ``declared_seconds`` have passed.

    ``base``: the model that a new run starts from. The answer is ``{"ended": ...}``: "finished" (as the budget has it,
    or as somebody asked), "paused", "failed" (the journal says why), "time" (the loan was over first, everything is
    saved), "unwanted" (nobody wants the run trained any more), or "refused", with ``reason``, a message as JSON.
    """
    began = time.monotonic() - _seconds_since_fork()
    _let_go_of_files(Path(folder).parent)
    leave = threading.Event()
    timer = threading.Timer(max(0.0, began + seconds + GRACE - SAVING - time.monotonic()), leave.set)
    timer.daemon = True
    last: Event | None = None
    try:
        with storage_errors():
            run = Run.open(Path(folder))
            desired = desired_state(run)
            if desired is None or desired.state != "training":
                return {"ended": "unwanted"}
            timer.start()
            for event in train(run, base=None if base is None else Path(base), leave=leave, device=device):
                last = event
    except NeuralArtError as error:
        return {"ended": "refused", "reason": error.message.to_json()}
    finally:
        timer.cancel()
    return {"ended": "time" if last is None else _ENDS.get(type(last), "time")}


_called_before = False


def _seconds_since_fork() -> float:
    """How much of the loan has gone already: a fork is made for the first one that it serves."""
    global _called_before
    first, _called_before = not _called_before, True
    if not first or not _is_forked():
        return 0.0
    return max(0.0, min(GRACE - SAVING, time.time() - psutil.Process().create_time()))


def _is_forked() -> bool:
    return multiprocessing.parent_process() is not None


def _let_go_of_files(folder: Path) -> None:
    """Let go of the files in ``folder`` that the page had open when it was forked.

    Locks (flock) belong to an open file, not to a process: one that the page's supervisor held at that moment would
    stay locked for as long as this process lives. Their numbers stay taken, so that nobody else's file is closed.
    """
    if not _is_forked():
        return
    inside = f"{folder.resolve()}{os.sep}"
    nothing = os.open(os.devnull, os.O_RDWR)
    for link in list(Path("/proc/self/fd").iterdir()):
        with contextlib.suppress(OSError):  # closed meanwhile, as the list itself is
            if str(link.readlink()).startswith(inside):
                os.dup2(nothing, int(link.name), inheritable=False)
    os.close(nothing)
