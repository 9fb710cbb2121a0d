"""The runs in one folder, found by their ids, which are all that protects them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from neural_art import files
from neural_art.errors import RunError
from neural_art.runs.run import DOOMED, Run
from neural_art.runs.upgrade import upgrade

_ID: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_DELETED: Final = ".deleted"  # the ids of runs that were deleted, one a line


class Registry:
    """The runs in the folder ``root``, which is made if need be. What a killed process left unfinished is removed.

    ``lock``: whoever decides something on a run and then changes it, in this process, holds this meanwhile.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root).absolute()
        self.lock = threading.RLock()
        self._hidden: set[str] = set()
        self.root.mkdir(parents=True, exist_ok=True)
        self._deleted = self.root / _DELETED
        for left in self.root.glob(f"{DOOMED}*"):
            shutil.rmtree(left, ignore_errors=True)
            self.note_deleted(left.name.removeprefix(DOOMED))
        for id in self.ids():
            files.remove_partial(*Run(self.root / id).paths.folders)

    def create(self, name: str, *, parent: str | None = None) -> Run:
        """A new, empty run."""
        return Run.create(self.root, name, parent=parent)

    def find(self, id: Any) -> Run:
        """The run with this id, as it is on disk. Raises ``RunError`` for an id that is malformed or unknown."""
        run = self.locate(id)
        with contextlib.suppress(OSError):
            if run.exists():
                return run
        raise RunError("unknown")

    def locate(self, id: Any) -> Run:
        """The run whose folder has this name, whether or not it can be read. Raises ``RunError`` ("unknown")."""
        if is_id(id) and id not in self._hidden:
            run = Run(self.root / id)
            with contextlib.suppress(OSError):
                if run.folder.is_dir() and not run.folder.is_symlink():
                    return run
        raise RunError("unknown")

    def is_gone(self, id: Any) -> bool:
        """Whether there surely is no such run any more: it was deleted here, or nothing can have this id.

        A run that is merely not there may be in another folder of runs, or on a disk that is not mounted.
        """
        return not is_id(id) or id in self._hidden or id in self._deleted_ids()

    def note_deleted(self, id: str) -> None:
        """Remember that a run was deleted, as long as the disk allows it."""
        with contextlib.suppress(OSError), self._deleted.open("a") as file:
            file.write(f"{id}\n")

    def open(self, id: Any) -> Run:
        """As ``find``; a run of an earlier version is upgraded."""
        run = self.find(id)
        upgrade(run)
        return run

    def ids(self) -> list[str]:
        """The ids of all folders that may hold a run."""
        with os.scandir(self.root) as entries:
            return [each.name for each in entries if is_id(each.name) and each.is_dir(follow_symlinks=False)]

    def _deleted_ids(self) -> set[str]:
        try:
            return set(self._deleted.read_text().splitlines())
        except OSError:
            return set()

    @contextlib.contextmanager
    def hidden(self, id: str) -> Iterator[None]:
        """While the block lasts, nobody finds the run."""
        with self.lock:
            self._hidden.add(id)
        try:
            yield
        finally:
            with self.lock:
                self._hidden.discard(id)


def is_id(value: Any) -> bool:
    """Whether this can be the id of a run."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None
