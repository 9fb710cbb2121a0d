"""A handle on a run's folder: its name, paintings and recipe.

``Run`` holds nothing but the path, so any process may have one: the page, the worker, the command line. Around it lie
``desired`` (what the person wants), ``journal`` (what the training reported), ``lock`` (who is at work) and ``status``,
which is derived from these three.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from neural_art import files
from neural_art.dataset.report import Report, read_report
from neural_art.errors import RunError, StorageError
from neural_art.recipe import Recipe
from neural_art.runs.lock import is_locked
from neural_art.runs.paths import RunPaths
from neural_art.runs.upgrade import VERSION, upgrade

DOOMED: Final = ".deleted-"
"""How the name of a folder begins whose run is being deleted; its id follows."""

LONGEST_NAME: Final = 100
"""Characters in the name of a run."""


@dataclass(frozen=True)
class Info:
    """A run's name, when it was made (Unix seconds) and the id of the run that it branched from."""

    name: str
    created: float
    parent: str | None = None


@dataclass(frozen=True)
class Run:
    """A handle on a run's folder. Equal handles mean the same folder; methods read what is there now.

    Methods raise ``OSError`` where the disk refuses, which ``files.storage_errors`` makes a ``StorageError`` of, and
    ``StorageError`` for a damaged file.
    """

    folder: Path

    @classmethod
    def create(cls, root: Path, name: str, *, parent: str | None = None) -> Run:
        """A new run in ``root``, under an id that nobody can guess."""
        return cls.at(root / secrets.token_urlsafe(16), name, parent=parent)

    @classmethod
    def at(cls, folder: Path, name: str, *, parent: str | None = None) -> Run:
        """A new run in exactly this folder, which may exist already. Raises ``RunError`` if it holds a run."""
        run = cls(Path(folder).absolute())
        name = _checked_name(name)
        if run.exists():
            raise RunError("exists", folder=str(folder))
        run.folder.mkdir(parents=True, exist_ok=True)
        try:
            run._write_info(Info(name, time.time(), parent))
        except BaseException:
            with contextlib.suppress(OSError):
                run.folder.rmdir()
            raise
        return run

    @classmethod
    def open(cls, folder: Path) -> Run:
        """The run in this folder; one of an earlier version is upgraded. Raises ``RunError`` if there is none."""
        run = cls(Path(folder).absolute())
        if not run.exists():
            raise RunError("not-found", folder=str(folder))
        upgrade(run)
        return run

    def exists(self) -> bool:
        """Whether the folder holds a run (it may have been deleted since)."""
        return self.paths.info.is_file()

    @property
    def id(self) -> str:
        """The name of the folder; whoever knows it can reach the run."""
        return self.folder.name

    @property
    def paths(self) -> RunPaths:
        """Where the run's files are."""
        return RunPaths(self.folder)

    @property
    def info(self) -> Info:
        """Name, creation and parent. Raises ``RunError`` if the run has been deleted."""
        values = files.read_json(self.paths.info)
        if values is None:
            raise RunError("deleted")
        try:
            return Info(str(values["name"]), float(values["created"]), values.get("parent"))
        except (KeyError, TypeError, ValueError):
            raise StorageError("damaged", name=self.paths.info.name) from None

    def rename(self, name: str) -> None:
        """Give the run another name: 1 to 100 characters; line breaks become spaces."""
        info = self.info
        self._write_info(Info(_checked_name(name), info.created, info.parent))

    def touch(self) -> None:
        """Note, to the minute, that somebody uses this run, which puts off its removal."""
        with contextlib.suppress(OSError):
            if time.time() - self.paths.info.stat().st_mtime > 60:
                os.utime(self.paths.info)

    @property
    def report(self) -> Report | None:
        """What was accepted and what was rejected; None before there are paintings."""
        try:
            stat = self.paths.report.stat()
        except OSError:
            return None
        return _report(self.paths.paintings, stat.st_mtime_ns, stat.st_size)

    @property
    def aspect(self) -> float:
        """Width / height that pictures are shown in: that of the paintings, or 1 where they are cropped to squares."""
        report = self.report
        return 1.0 if report is None or report.fit == "crop" else report.aspect

    @property
    def recipe(self) -> Recipe | None:
        """How the run is trained; None before training was asked for."""
        values = files.read_json(self.paths.recipe)
        return None if values is None else Recipe.from_json(values)

    def set_recipe(self, recipe: Recipe) -> None:
        """Train the run like this from its next start on."""
        files.write_json(self.paths.recipe, recipe.to_json())

    def delete(self) -> None:
        """Remove everything: paintings, pictures, weights. Raises ``RunError`` while a worker holds the run.

        The folder is renamed first, so that nobody finds half a run.
        """
        if is_locked(self):
            raise RunError("in-training")
        doomed = self.folder.with_name(f"{DOOMED}{self.id}")
        try:
            self.folder.replace(doomed)
        except FileNotFoundError:
            return
        shutil.rmtree(doomed)

    def _write_info(self, info: Info) -> None:
        files.write_json(self.paths.info, {"version": VERSION, **vars(info)})


@functools.lru_cache(maxsize=64)
def _report(folder: Path, _changed: int, _size: int) -> Report:
    return read_report(folder)


def _checked_name(name: str) -> str:
    if not isinstance(name, str):
        raise RunError("name-not-text")
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
    if not shown:
        raise RunError("no-name")
    return shown[:LONGEST_NAME].rstrip()
