"""What people left behind and do not come back for: uploads that were never taken or checked, and empty runs."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from neural_art import files
from neural_art.errors import NeuralArtError
from neural_art.runs.lock import is_locked
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.status import last_activity
from neural_art.runs.uploads import UploadBox

TIDY_SECONDS: Final = 300.0
"""How often leftovers are looked for."""

_CACHE_FOLDER: Final = re.compile(r"[0-9a-f]{64}")  # where Gradio puts a file: the hash of its content
_CACHE_PART: Final = re.compile(r"tmp[a-z0-9_]{8}")  # a file on its way there

_log = logging.getLogger(__name__)


class Leftovers:
    """What is left behind among the runs of a ``registry`` and in ``cache``, the folder that takes in a page's uploads.

    ``hours``: after so long it is removed; None keeps it. ``is_busy``, ``delete``: see ``remove_leftovers``.
    """

    def __init__(
        self,
        registry: Registry,
        hours: float | None,
        cache: Path | None,
        *,
        is_busy: Callable[[Run], bool],
        delete: Callable[[str], None],
    ) -> None:
        self._registry, self._hours, self._cache = registry, hours, cache
        self._is_busy, self._delete = is_busy, delete
        self._closed = threading.Event()

    def begin(self) -> None:
        """Remove leftovers from now on, in a thread."""
        if self._hours is not None:
            threading.Thread(target=self._live, name="leftovers", daemon=True).start()

    def close(self) -> None:
        """The end of ``begin``."""
        self._closed.set()

    def remove(self, hours: float | None = None) -> None:
        """Remove what was left behind ``hours`` ago or earlier; by default, as long ago as this was made with."""
        hours = self._hours if hours is None else hours
        if hours is None:
            return
        before = time.time() - 3600 * hours
        remove_leftovers(self._registry, before, is_busy=self._is_busy, delete=self._delete)
        if self._cache is not None:
            remove_uploads(self._cache, before)

    def _live(self) -> None:
        while True:
            try:
                self.remove()
            except Exception:  # whatever is wrong now, it is tried again
                _log.exception("Tidying up stumbled.")
            if self._closed.wait(TIDY_SECONDS):
                return


def remove_uploads(cache: Path, before: float) -> int:
    """Remove the files that Gradio put into its upload folder before this moment (Unix seconds), and empty folders.

    Only what bears the names that Gradio gives is touched. Returns how many files were removed.
    """
    removed = 0
    with contextlib.suppress(OSError), os.scandir(cache) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if _CACHE_PART.fullmatch(entry.name):
                    removed += _remove_old(Path(entry.path), before)
                elif _CACHE_FOLDER.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                    made = entry.stat(follow_symlinks=False).st_mtime
                    removed += sum(_remove_old(path, before) for path in list(Path(entry.path).iterdir()))
                    if made < before:
                        Path(entry.path).rmdir()
    return removed


def remove_leftovers(
    registry: Registry, before: float, *, is_busy: Callable[[Run], bool], delete: Callable[[str], None]
) -> None:
    """Remove uploads that have waited for a check, and runs that have held nothing else, since before this moment.

    A run with paintings, a model, a favourite or anything else that somebody made stays. ``is_busy``: whether its
    paintings are being changed now. ``delete``: removes the run with an id.
    """
    for id in registry.ids():
        with contextlib.suppress(NeuralArtError, OSError), registry.lock:
            run = registry.find(id)
            if not is_busy(run) and not is_locked(run):
                _tidy(run, before, delete)


def _tidy(run: Run, before: float, delete: Callable[[str], None]) -> None:
    with files.locked_folder(run.folder):  # an upload waits meanwhile, and finds the run gone
        box = run.paths.uploads
        if box.is_dir():
            newest = max(path.lstat().st_mtime for path in (box, *box.iterdir()))
            if newest >= before:
                return
        if _is_bare(run) and last_activity(run) < before:
            delete(run.id)
        elif box.is_dir():
            UploadBox(run).clear()


def _is_bare(run: Run) -> bool:
    """Whether nothing is in the run's folder but its name and what was uploaded."""
    every_run_has = (run.paths.info, run.paths.uploads, run.paths.lock)
    others = [path for path in run.folder.iterdir() if path not in every_run_has]
    return all(path.is_dir() and not any(path.iterdir()) for path in others)


def _remove_old(path: Path, before: float) -> bool:
    found = path.lstat()
    old = stat.S_ISREG(found.st_mode) and found.st_mtime < before
    if old:
        path.unlink(missing_ok=True)
    return old
