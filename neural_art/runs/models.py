"""The models of runs, opened to explore. PyTorch is loaded when the first one is opened."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from neural_art.processor import CPU
from neural_art.runs.run import Run

if TYPE_CHECKING:
    from neural_art.explore.explorer import Explorer

OPEN_MODELS: Final = 4
"""Models that are kept open at once."""

_log = logging.getLogger(__name__)


def open_explorer(path: Path, *, device: str = CPU.device) -> Explorer:
    """The newest model of the run in a folder, under the run's name of today; or the model in a checkpoint file.

    It paints on ``device``, as ``torch.device`` takes it. Raises ``CheckpointError`` where there is none yet, or it is
    damaged.
    """
    from neural_art.explore.explorer import Explorer

    if not Run(path).exists():
        return Explorer.open(path, device=device)
    return Explorer.open(path, name=Run.open(path).info.name, device=device)


class ModelCache:
    """Open models, the ``most`` recently used ones. A newer checkpoint is opened in the background.

    ``device``: asked at each opening, says what the model paints on, as ``torch.device`` takes it.
    """

    def __init__(self, most: int = OPEN_MODELS, *, device: Callable[[], str] = lambda: CPU.device) -> None:
        self._most = most
        self._device = device
        self._lock = threading.Lock()
        self._opening: dict[str, threading.Lock] = {}
        self._open: OrderedDict[str, tuple[int, Explorer]] = OrderedDict()  # id -> mtime of its checkpoint, model

    def get(self, run: Run) -> Explorer:
        """The run's model: the newest, or the one before while the newest is being opened."""
        mtime = run.paths.checkpoint.stat().st_mtime_ns
        with self._lock:
            opening = self._opening.setdefault(run.id, threading.Lock())
            cached = self._open.get(run.id)
            if cached is not None:
                self._open.move_to_end(run.id)
        if cached is None:
            with opening:
                with self._lock:
                    cached = self._open.get(run.id)
                return cached[1] if cached is not None else self._add(run, mtime)
        if cached[0] != mtime:
            self._open_soon(run, mtime, opening)
        return cached[1]

    def load_pytorch(self) -> None:
        """Load PyTorch and what opens a model, which takes a second or more; opening the first one does it otherwise.
        From then on one thread computes in this process, unless more are asked for: the worker needs the others.
        """
        import torch

        import neural_art.explore.explorer  # noqa: F401

        torch.set_num_threads(1)

    def version(self, run: Run) -> int | None:
        """The step of the run's open model; None while it is being opened, in the background like a newer one."""
        mtime = run.paths.checkpoint.stat().st_mtime_ns
        with self._lock:
            opening = self._opening.setdefault(run.id, threading.Lock())
            cached = self._open.get(run.id)
        if cached is None or cached[0] != mtime:
            self._open_soon(run, mtime, opening)
        return None if cached is None else cached[1].step

    def remove(self, id: str) -> None:
        """Close the model of a run that is gone."""
        with self._lock:
            self._open.pop(id, None)
            self._opening.pop(id, None)

    def _open_soon(self, run: Run, mtime: int, opening: threading.Lock) -> None:
        if opening.acquire(blocking=False):
            threading.Thread(target=self._renew, args=(run, mtime, opening), name="model", daemon=True).start()

    def _renew(self, run: Run, mtime: int, opening: threading.Lock) -> None:
        try:
            self._add(run, mtime, prepared=True)
        except Exception:
            _log.exception("The newest model of a run could not be opened.")
        finally:
            opening.release()

    def _add(self, run: Run, mtime: int, *, prepared: bool = False) -> Explorer:
        """Open the run's model; ``prepared``: nobody waits for it, so its glimpses can be as well."""
        self.load_pytorch()
        explorer = open_explorer(run.folder, device=self._device())
        if prepared:
            explorer.prepare_glimpses()
        with self._lock:
            self._open[run.id] = (mtime, explorer)
            self._open.move_to_end(run.id)
            while len(self._open) > self._most:
                self._open.popitem(last=False)
        return explorer
