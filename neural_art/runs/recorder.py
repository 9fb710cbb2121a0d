"""The worker's side of a run's folder: its events go in with all that they carry, and come back after a crash."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from neural_art import files
from neural_art.events import Event, Sampled, Saved, Started
from neural_art.models import checkpoint
from neural_art.runs.journal import Journal
from neural_art.runs.run import Run
from neural_art.runs.sample_grid import draw_sample_grid


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
