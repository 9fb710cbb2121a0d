"""The model that is shipped, to play with before there is a run of one's own.

Its id is ``READY``, which no run has. Nothing is written of it; what somebody keeps makes a run of it.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from neural_art import shipped
from neural_art.errors import NeuralArtError, RunError
from neural_art.files import storage_errors
from neural_art.processor import CPU
from neural_art.runs.paths import RunPaths
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio

if TYPE_CHECKING:
    from neural_art.explore.explorer import Explorer

READY: Final = "ready"
"""Stands where the id of a run would: too short to be one."""


class ReadyModel:
    """The model in ``path`` (a file or a folder), opened when it is first asked for.

    ``device``: asked then, says what it paints on, as ``torch.device`` takes it. Methods raise ``RunError`` where the
    model was not shipped, ``CheckpointError`` where it is damaged.
    """

    def __init__(self, path: Path = shipped.BASE, *, device: Callable[[], str] = lambda: CPU.device) -> None:
        self._path = path
        self._device = device
        self._lock = threading.Lock()
        self._explorer: Explorer | None = None

    @property
    def exists(self) -> bool:
        """Whether it was shipped."""
        return self._file.is_file()

    def explorer(self) -> Explorer:
        """The model, to explore."""
        with self._lock:
            if self._explorer is None:
                self._check()
                from neural_art.explore.explorer import Explorer

                self._explorer = Explorer.open(self._path, device=self._device())
            return self._explorer

    def open_soon(self) -> None:
        """Open it in the background: it will be asked for in a moment."""
        if self._explorer is None:
            threading.Thread(target=self._open_quietly, name="model", daemon=True).start()

    def make_run(self, studio: Studio, name: str, *, visitor: str = "") -> Run:
        """A new run of ``visitor`` with a copy of the model, and no paintings yet."""
        self._check()
        run = studio.create(name, visitor=visitor)
        try:
            with storage_errors():
                shutil.copyfile(self._file, run.paths.checkpoint)
        except BaseException:
            studio.delete(run.id)
            raise
        return run

    @property
    def _file(self) -> Path:
        return RunPaths(self._path).checkpoint if self._path.is_dir() else self._path

    def _check(self) -> None:
        if not self.exists:
            raise RunError("no-ready-model")

    def _open_quietly(self) -> None:
        with contextlib.suppress(NeuralArtError):  # whoever asks for it is told
            self.explorer()
