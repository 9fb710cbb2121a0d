"""A run's in-box: files that were uploaded and not checked yet, under names of ours, and the names that they had."""

from __future__ import annotations

import contextlib
import filecmp
import json
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from neural_art import files
from neural_art.runs.paths import HasPaths

LONGEST_NAME: Final = 4096
"""Characters of a name that are kept."""


class UploadBox:
    """The in-box of ``run``, in its folder. Nothing of it counts as a painting before it was checked (``Intake``).

    A file that comes again, under the same name and with the same content, is there once, so that an upload that was
    interrupted can simply be sent again. Several tabs may send files at the same time.
    """

    def __init__(self, run: HasPaths) -> None:
        self._run_folder = run.paths.folder
        self._folder = run.paths.uploads
        self._names = self._folder / "names.jsonl"
        self._known: dict[str, list[Path]] | None = None  # name -> files

    def take(self, file: Path, name: str) -> int:
        """Move ``file`` into the box; ``name`` is its relative name where it came from, which may say anything.

        Returns how many bytes the box has grown by: 0 if it has this file already.
        """
        name = name[:LONGEST_NAME]
        with contextlib.ExitStack() as stack:
            with files.locked_folder(self._run_folder):
                self._folder.mkdir(exist_ok=True)
                arriving = stack.enter_context(files.work_folder(self._folder, "arriving"))
            arrived = arriving / f"{secrets.token_hex(8)}{file.suffix[:6]}"
            shutil.move(file, arrived)  # it may come from another disk, which takes its time
            size = arrived.stat().st_size
            with files.locked_folder(self._run_folder):
                if any(_same(arrived, known) for known in self._files_called(name)):
                    return 0
                self._append(json.dumps([name, arrived.name]))
                self._files_called(name).append(arrived.replace(self._folder / arrived.name))
        return size

    def files(self) -> list[tuple[str, Path]]:
        """Name and file of each, in the order in which they came."""
        try:
            lines = self._names.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            with contextlib.suppress(ValueError):  # a kill may tear a line
                name, kept = json.loads(line)
                if (self._folder / kept).is_file():
                    found.append((name, self._folder / kept))
        return found

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(path.stat().st_size for _, path in self.files())

    def remove(self, checked: Iterable[tuple[str, Path]]) -> None:
        """Remove these ``files``; what has come since stays."""
        gone = {path for _, path in checked}
        with files.locked_folder(self._run_folder):
            left = [json.dumps([name, path.name]) for name, path in self.files() if path not in gone]
            for path in gone:
                path.unlink(missing_ok=True)
            if left:
                files.write(self._names, "".join(f"{line}\n" for line in left).encode())
                return
            self._names.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # somebody is sending something
                self._folder.rmdir()

    def clear(self) -> None:
        """Remove everything."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._known = None

    def _files_called(self, name: str) -> list[Path]:
        if self._known is None:
            self._known = {}
            for known, path in self.files():
                self._known.setdefault(known, []).append(path)
        return self._known.setdefault(name, [])

    def _append(self, line: str) -> None:
        with self._names.open("ab+") as names:
            if names.tell():
                names.seek(-1, 2)
                if names.read(1) != b"\n":
                    names.write(b"\n")
            names.write(f"{line}\n".encode())


def _same(arrived: Path, known: Path) -> bool:
    """Whether two files have the same content; the second may be gone."""
    with contextlib.suppress(FileNotFoundError):
        return filecmp.cmp(arrived, known, shallow=False)
    return False
