"""The worker's side of a run's folder: its events go in with all that they carry, and come back after a crash."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from torch import Tensor

from neural_art import files
from neural_art.events import Event, Failed, Finished, Paused, Sampled, Saved, Started
from neural_art.models import checkpoint
from neural_art.runs.journal import Journal
from neural_art.runs.run import Run
from neural_art.runs.sample_grid import draw_sample_grid

MOST_WAITING: Final[Mapping[type[Event], int]] = {Saved: 1, Sampled: 4}
"""How many of a kind ``BackgroundRecorder`` keeps in memory, the one that is being written included: a ``Saved`` is
100 MB, and its training makes the next one before this one need be gone."""

MOST_OTHERS: Final = 256


class Recorder:
    """Writes what a training reports into the folder of ``run``. For the holder of its lock."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._journal = Journal(run)

    def record(self, event: Event) -> None:
        """Write an event and what it carries. The line comes last, so that no line reports a file that is not there.

        A resumed start removes the sample grids behind its step: those steps were lost and are trained again.
        """
        if isinstance(event, Sampled):
            self._write_grid(event)
        elif isinstance(event, Saved):
            self._write_weights(event)
        elif isinstance(event, Started) and event.resumed:
            self._journal.forget_sample_grids(event.step)
        self._journal.append(event)

    def saved_training(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Tensors and state of the last ``Saved``, as ``Training`` takes them to resume; None before the first.

        Raises ``CheckpointError`` if the file is damaged.
        """
        path = self._run.paths.training_state
        return checkpoint.read(path) if path.exists() else None

    def tidy(self) -> None:
        """Remove the unfinished files and folders that a kill left."""
        files.remove_partial(*self._run.paths.folders)

    def _write_grid(self, event: Sampled) -> None:
        paths = self._run.paths
        grid, thumbnail = draw_sample_grid(event.pictures, self._run.aspect)
        paths.sample_grids.mkdir(exist_ok=True)
        files.write(paths.sample_grid(event.step), grid)
        files.write(paths.thumbnail, thumbnail)

    def _write_weights(self, event: Saved) -> None:
        # A kill between the two leaves a checkpoint that is one save newer than the training state, which does no
        # harm: resuming reads only the training state, and that is whole.
        checkpoint.write(self._run.paths.checkpoint, event.checkpoint, event.settings)
        checkpoint.write(self._run.paths.training_state, event.training, event.state)


class BackgroundRecorder:
    """Gives events to a ``recorder`` in a thread, in their order, so that a training waits neither for an encoder nor
    for the disk, unless it is far ahead of them (``MOST_WAITING``).

    What goes wrong there is raised by the next call; the events behind that are dropped. To be closed, or used in a
    ``with`` statement: what was recorded is on the disk then.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._events: deque[Event] = deque()  # the first is being written
        self._error: Exception | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._write, name="recorder", daemon=True)
        self._thread.start()

    def record(self, event: Event) -> None:
        """Write an event and what it carries, soon. One that ends a sitting is written when this returns, with all that
        came before it."""
        with self._changed:
            self._changed.wait_for(lambda: self._error is not None or self._has_room(event))
            self._raise_error()
            self._events.append(event)
            self._changed.notify_all()
        if isinstance(event, (Paused, Finished, Failed)):
            self.flush()

    def flush(self) -> None:
        """Wait until everything is written."""
        with self._changed:
            self._changed.wait_for(lambda: self._error is not None or not self._events)
            self._raise_error()

    def close(self) -> None:
        """Write everything and end the thread."""
        try:
            self.flush()
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()
            self._thread.join()

    def __enter__(self) -> BackgroundRecorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _has_room(self, event: Event) -> bool:
        alike = sum(type(each) is type(event) for each in self._events)
        return alike < MOST_WAITING.get(type(event), MOST_OTHERS)

    def _raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._events or self._closed)
                if not self._events:
                    return
                event = self._events[0]
            error: Exception | None = None
            try:
                self._recorder.record(event)
            except Exception as caught:  # whatever it is, the training has to know
                error = caught
            del event
            with self._changed:
                if error is None:
                    self._events.popleft()
                else:
                    self._error = error
                    self._events.clear()
                self._changed.notify_all()
