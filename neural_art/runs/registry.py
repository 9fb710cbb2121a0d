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
from neural_art.runs.run import Run
from neural_art.runs.upgrade import upgrade

_ID: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Registry:
    """The runs in the folder ``root``, which is made if need be. What a killed process left unfinished is removed.

    ``lock``: whoever decides something on a run and then changes it, in this process, holds this meanwhile.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root).absolute()
        self.lock = threading.RLock()
        self._hidden: set[str] = set()
        self.root.mkdir(parents=True, exist_ok=True)
        for left in self.root.glob(".deleted-*"):
            shutil.rmtree(left, ignore_errors=True)
        for id in self.ids():
            files.remove_partial(*Run(self.root / id).paths.folders)

    def create(self, name: str, *, parent: str | None = None) -> Run:
        """A new, empty run."""
        return Run.create(self.root, name, parent=parent)

    def find(self, id: Any) -> Run:
        """The run with this id, as it is on disk. Raises ``RunError`` for an id that is malformed or unknown."""
        if isinstance(id, str) and _ID.fullmatch(id) and id not in self._hidden:
            run = Run(self.root / id)
            with contextlib.suppress(OSError):
                if not run.folder.is_symlink() and run.exists():
                    return run
        raise RunError("unknown")

    def open(self, id: Any) -> Run:
        """As ``find``; a run of an earlier version is upgraded."""
        run = self.find(id)
        upgrade(run)
        return run

    def ids(self) -> list[str]:
        """The ids of all folders that may hold a run."""
        with os.scandir(self.root) as entries:
            return [each.name for each in entries if _ID.fullmatch(each.name) and each.is_dir(follow_symlinks=False)]

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
