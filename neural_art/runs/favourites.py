"""A run's favourites: positions that a person kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from neural_art import files
from neural_art.errors import RunError, StorageError
from neural_art.runs.paths import HasPaths

MOST_FAVOURITES: Final = 1000
"""Positions that a run keeps."""

Favourite: TypeAlias = dict[str, Any]
"""What ``Position.to_json`` gives."""


class Favourites:
    """The favourites of ``run``, in its folder. Several tabs may keep some at the same time.

    Methods raise ``RunError`` for more than 1000, ``StorageError`` for a damaged file or where the disk refuses.
    """

    def __init__(self, run: HasPaths) -> None:
        self._paths = run.paths

    def all(self) -> list[Favourite]:
        """All of them, oldest first."""
        with files.storage_errors():
            values = files.read_json(self._paths.favourites)
        kept = [] if values is None else values.get("favourites")
        if not isinstance(kept, list):
            raise StorageError("damaged", name=self._paths.favourites.name)
        return kept

    def keep(self, position: Mapping[str, Any]) -> list[Favourite]:
        """Keep one more; all of them then."""
        with self._changing() as kept:
            if dict(position) not in kept:
                kept.append(dict(position))
        return kept

    def unkeep(self, position: Mapping[str, Any]) -> list[Favourite]:
        """Keep one no longer, if it was kept; all of them then."""
        with self._changing() as kept:
            kept[:] = [each for each in kept if each != dict(position)]
        return kept

    def replace(self, positions: Sequence[Mapping[str, Any]]) -> None:
        """Keep these in place of the earlier ones."""
        with self._changing() as kept:
            kept[:] = [dict(position) for position in positions]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[list[Favourite]]:
        """All of them, to be changed while nobody else does."""
        with files.storage_errors(), files.locked_folder(self._paths.folder):
            kept = self.all()
            yield kept
            if len(kept) > MOST_FAVOURITES:
                raise RunError("too-many-favourites", count=len(kept), most=MOST_FAVOURITES)
            files.write_json(self._paths.favourites, {"favourites": kept})
