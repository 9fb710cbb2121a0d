"""Runs as they are listed: how each stands, or what is the matter with it. No run is left out because it is damaged."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from neural_art.dataset.copies import count_pictures
from neural_art.dataset.limits import Limits
from neural_art.errors import NeuralArtError, RunError, StorageError
from neural_art.files import storage_errors
from neural_art.messages import Message
from neural_art.runs.registry import Registry, is_id
from neural_art.runs.run import LONGEST_NAME, Run
from neural_art.runs.status import Status, status_of, status_of_earlier_version

_NAME: Final = re.compile(r'"name":\s*("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, kw_only=True)
class Gone:
    """A run that was deleted here: nothing of it is left."""

    id: str


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A run that is not known to be gone, and cannot be read.

    ``reason``: what is the matter. ``name``: as far as it can be read. ``paintings``: pictures in its folder.
    ``can_train_again``: whether they are enough for a new run (``Studio.copy_paintings``).
    """

    id: str
    reason: Message
    name: str | None = None
    paintings: int = 0
    can_train_again: bool = False

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values, with the reason as an English sentence."""
        return {**vars(self), "state": "unreadable", "reason": self.reason.sentence()}


Listed: TypeAlias = Status | Gone | Unreadable
"""What a list says of a run."""


def status_in_folder(run: Run) -> Status:
    """How a run stands; one of an earlier version is upgraded, unless that version is still training it.

    Raises ``NeuralArtError`` for a run that is not there or cannot be read.
    """
    with storage_errors():
        try:
            return status_of(Run.open(run.folder))
        except RunError as error:
            if error.code != "earlier-version-at-work":
                raise
            return status_of_earlier_version(run, error.message)


def unreadable(run: Run, error: NeuralArtError, limits: Limits | None = None) -> Unreadable:
    """What can be said of a run that ``error`` was raised for."""
    if not run.exists():
        error = StorageError("gone", name=run.paths.info.name)
    count = count_pictures(run.paths.paintings)
    return Unreadable(
        id=run.id,
        reason=error.message,
        name=readable_name(run),
        paintings=count,
        can_train_again=count >= (limits or Limits()).least,
    )


def gone_or_unreadable(registry: Registry, id: str, error: NeuralArtError, limits: Limits) -> Gone | Unreadable:
    """What can be said of the run with this id in place of its status, for which ``error`` was raised."""
    if registry.is_gone(id):
        return Gone(id=id)
    try:
        run = registry.locate(id)
    except RunError:
        return Unreadable(id=id, reason=RunError("not-here").message)
    return unreadable(run, error, limits)


def readable_name(run: Run) -> str | None:
    """The name in a run's run.json, which may be damaged."""
    with contextlib.suppress(OSError, ValueError):
        found = _NAME.search(run.paths.info.read_bytes().decode(errors="replace"))
        if found:
            return displayable_name(json.loads(found[1])) or None
    return None


def displayable_name(name: str) -> str:
    """``name`` without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in name).strip()[:LONGEST_NAME]


def list_folder(root: Path) -> list[Status | Unreadable]:
    """All runs in a folder of runs, the newest first, those that cannot be read last.

    For the person at the machine: who asks by ids sees only the runs with these ids. Raises ``StorageError`` if the
    folder cannot be read.
    """
    with storage_errors():
        folders = [Run(path) for path in sorted(root.absolute().iterdir()) if path.is_dir() and not path.is_symlink()]
    found: list[Status | Unreadable] = []
    for run in folders:
        if not run.exists() and not (is_id(run.id) and any(run.folder.iterdir())):
            continue
        try:
            found.append(status_in_folder(run))
        except NeuralArtError as error:
            found.append(unreadable(run, error))
    return sorted(found, key=lambda each: -each.created if isinstance(each, Status) else 0.0)
