"""What a machine of a cluster does for a run: it trains a copy of the run's folder, and says what is new there.

It is the usual worker that trains the copy, so a training is the same wherever it is. No PyTorch, before there is
something to train: the process that asks for a training has this module, too.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from neural_art import files, shipped
from neural_art.errors import NeuralArtError
from neural_art.runs.journal import Journal
from neural_art.runs.processes import ENVIRONMENT
from neural_art.runs.run import Run

HEARTBEAT: Final = 2.0
"""Seconds after which ``news`` answers, even if there is none."""

_FOLDER: Final = "neural_art"
_LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Order:
    """What is sent to a node: files by their names in the run's folder.

    ``base``: the model to start from, likewise a folder, or one file named ".". ``shipped_base``: it is the one that
    comes with the package, which the node has, too.
    """

    run: Mapping[str, bytes]
    base: Mapping[str, bytes] | None = None
    shipped_base: bool = False


@dataclass(frozen=True)
class News:
    """What a training has written: events, as in the journal, each with the files that belong to it.

    ``ended``: there will be no more. ``failure``: why the worker ended without being able to record it.
    """

    events: list[tuple[dict[str, Any], list[bytes]]]
    ended: bool
    failure: str = ""


class Node:
    """Trains what an order asks for, from now on. Made by Ray, in a process of its own on the node.

    ``cores``: of the processor, that it may use. ``card``: whether it may use a graphics card.
    """

    def __init__(self, order: Order, *, cores: int, card: bool) -> None:
        os.environ.update(ENVIRONMENT)  # in time for PyTorch, which the thread loads
        with contextlib.suppress(OSError):
            os.nice(10)
        self._kept = contextlib.ExitStack()  # the folder, until the last of it was sent
        self._leave = threading.Event()
        self._run: Run | None = None
        self._read = 0
        self._failure = ""
        self._thread = threading.Thread(target=self._live, args=(order, cores, card), name="training", daemon=True)
        self._thread.start()

    def where(self) -> str:
        """The id of the node; whoever gets it knows that there was room."""
        import ray

        return str(ray.get_runtime_context().get_node_id())

    def news(self) -> News:
        """What was written since this was asked last. Waits until there is something, but not for long."""
        for _ in range(round(HEARTBEAT / _LOOK_SECONDS)):
            ended = not self._thread.is_alive()  # asked first, so that what was written up to the end is read
            written = self._written()
            if ended:
                self._kept.close()
            if written or ended:
                return News(written, ended, self._failure if ended else "")
            self._thread.join(_LOOK_SECONDS)
        return News([], ended=False)

    def ask(self, desired: bytes) -> None:
        """Note what the person wants: ``desired`` is the content of the file that says it."""
        if self._run is not None:
            files.write(self._run.paths.desired_state, desired)

    def leave(self) -> None:
        """Save and end, as a worker does that is asked to leave."""
        self._leave.set()

    def _live(self, order: Order, cores: int, card: bool) -> None:
        try:
            temporary = Path(tempfile.gettempdir())
            files.remove_partial(temporary, name=_FOLDER)  # what a killed training left
            folder = self._kept.enter_context(files.work_folder(temporary, _FOLDER))
            self._train(folder, order, cores, card)
        except NeuralArtError as error:
            self._failure = error.message.sentence()
        except BaseException:
            self._failure = traceback.format_exc()

    def _train(self, folder: Path, order: Order, cores: int, card: bool) -> None:
        run = Run(folder / "run")
        _unpack(run.folder, order.run)
        base = shipped.shipped_base() if order.shipped_base else None
        if order.base is not None:
            base = folder / "base"
            _unpack(base, order.base)
        if recipe := run.recipe:
            device = "cuda" if card else "cpu"
            run.set_recipe(replace(recipe, threads=recipe.threads or cores, device=device))
        self._read = run.paths.events.stat().st_size if run.paths.events.exists() else 0
        self._run = run
        from neural_art.runs import worker  # PyTorch

        for _ in worker.train(run, base=base, leave=self._leave):
            pass

    def _written(self) -> list[tuple[dict[str, Any], list[bytes]]]:
        """New events and their files. Of several saves, only the last is on the disk, and sent."""
        if self._run is None:
            return []
        paths = self._run.paths
        events, self._read = Journal(self._run).added(self._read)
        saves = [number for number, event in enumerate(events) if event["event"] == "saved"]
        kept = [event for number, event in enumerate(events) if number not in saves[:-1]]
        return [(event, [path.read_bytes() for path in paths.carried(event)]) for event in kept]


def packed(path: Path, *, below: Path | None = None) -> dict[str, bytes]:
    """The file or folder at ``path`` as ``Order`` has it, with names that begin ``below``; empty if it is not there."""
    found = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    return {str(each.relative_to(below or path)): each.read_bytes() for each in found}


def _unpack(path: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        file = path / name if name != "." else path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
