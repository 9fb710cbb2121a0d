"""A run's in-box: files that were uploaded and not checked yet, under names of ours, and the names that they had."""

from __future__ import annotations

import contextlib
import filecmp
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from neural_art import files
from neural_art.errors import RunError
from neural_art.runs.paths import HasPaths

LONGEST_NAME: Final = 4096
"""Characters of a name that are kept."""


class UploadBox:
    """The in-box of ``run``, in its folder. Nothing of it counts as a painting before it was checked (``Intake``).

    A file that comes again, under the same name and with the same content, is there once, so that an upload that was
    interrupted can simply be sent again. Several tabs may send files at the same time. Methods raise ``StorageError``
    where the disk refuses.
    """

    def __init__(self, run: HasPaths) -> None:
        self._run_folder = run.paths.folder
        self._folder = run.paths.uploads
        self._names = self._folder / "names.jsonl"
        self._list = _List()

    def take(self, file: Path, name: str, *, most: int | None = None) -> int:
        """Move ``file`` into the box; ``name`` is its relative name where it came from, which may say anything.

        Returns how many bytes the box has grown by: 0 if it has this file already. The same ``file`` may be given
        again, by somebody whom the first answer did not reach. Raises ``RunError`` for one that never came
        ("upload-missing"), and where the box would hold more than ``most`` bytes ("uploads-too-large"). After an error
        the box holds what it held, and ``file`` is where it was.
        """
        name = name[:LONGEST_NAME]
        with files.storage_errors(), contextlib.ExitStack() as stack:
            with self._locked():
                if not file.is_file() and not self._list.has_come(file):
                    raise RunError("upload-missing")
                self._folder.mkdir(exist_ok=True)
                arriving = stack.enter_context(files.work_folder(self._folder, "arriving"))
            arrived = arriving / f"{secrets.token_hex(8)}{file.suffix[:6]}"
            try:
                shutil.move(file, arrived)  # it may come from another disk, which takes its time
            except FileNotFoundError:
                return self._take_again(file, name, arrived, most)
            try:
                return self._add(file, name, arrived, most)
            except BaseException:
                shutil.move(arrived, file)
                raise

    def files(self) -> list[tuple[str, Path]]:
        """Name and file of each, in the order in which they came."""
        return [(each.name, each.path) for each in self._read().entries]

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return self._read().bytes

    def remove(self, checked: Iterable[tuple[str, Path]]) -> None:
        """Remove these ``files``; what has come since stays."""
        gone = {path for _, path in checked}
        with files.storage_errors(), self._locked():
            left = [each.line for each in self._list.entries if each.path not in gone]
            for path in gone:
                path.unlink(missing_ok=True)
            if left:
                files.write(self._names, "".join(left).encode())
                return
            self._names.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # somebody is sending something
                self._folder.rmdir()

    def clear(self) -> None:
        """Remove everything."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take_again(self, file: Path, name: str, arrived: Path, most: int | None) -> int:
        """The same for a file that was taken before: files with the same content may all have come to one path."""
        with self._locked():
            before = self._list.has_come(file)
            if not before:
                raise RunError("upload-missing")
            if any(each.name == name for each in before):
                return 0
        shutil.copyfile(before[0].path, arrived)
        return self._add(file, name, arrived, most)

    def _add(self, file: Path, name: str, arrived: Path, most: int | None) -> int:
        """Put a file that has ``arrived`` from ``file`` on the list, and into its place."""
        with self._locked():
            size = arrived.stat().st_size
            known = next((each for each in self._list.called(name) if _same(arrived, each.path)), None)
            if known is not None:
                again = _Entry(name, known.path, _source(file))
                self._append(again)
                self._list.add(again, size)
                arrived.unlink()
                return 0
            if most is not None and self._list.bytes + size > most:
                raise RunError("uploads-too-large", most=most >> 20)
            entry = _Entry(name, self._folder / arrived.name, _source(file))
            self._append(entry)
            arrived.replace(entry.path)
            self._list.add(entry, size)
            return size

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """While the block lasts, nobody else changes the box, and ``_list`` is as it is on disk."""
        with files.locked_folder(self._run_folder):
            self._list = self._read()
            yield

    def _read(self) -> _List:
        """The list as it is on disk: read again if somebody else has changed it."""
        try:
            with self._names.open("rb") as file:
                version = _version(os.fstat(file.fileno()))
                if version == self._list.version:
                    return self._list
                lines = file.read().split(b"\n")
        except OSError:
            return _List()
        found = _List(version)
        for line in lines:
            with contextlib.suppress(ValueError, OSError):  # a kill may tear a line, or come before the file does
                name, kept, *source = json.loads(line)
                entry = _Entry(name, self._folder / kept, *source[:1])
                found.add(entry, entry.path.stat().st_size)
        return found

    def _append(self, entry: _Entry) -> None:
        with self._names.open("ab+") as names:
            if names.tell():
                names.seek(-1, 2)
                if names.read(1) != b"\n":
                    names.write(b"\n")
            names.write(entry.line.encode())
            names.flush()
            self._list.version = _version(os.fstat(names.fileno()))


@dataclass(frozen=True)
class _Entry:
    """A file in the box. ``source``: the end of the path that it came from."""

    name: str
    path: Path
    source: str = ""

    @property
    def line(self) -> str:
        return json.dumps([self.name, self.path.name, self.source]) + "\n"


class _List:
    """What the box holds, each file once; ``version`` tells whether the list on disk is still the same."""

    def __init__(self, version: tuple[int, ...] | None = None) -> None:
        self.version = version
        self.entries: list[_Entry] = []
        self.bytes = 0
        self._by_name: dict[str, list[_Entry]] = {}
        self._by_source: dict[str, list[_Entry]] = {}
        self._paths: set[Path] = set()

    def add(self, entry: _Entry, size: int) -> None:
        self._by_source.setdefault(entry.source, []).append(entry)
        if entry.path not in self._paths:
            self._paths.add(entry.path)
            self.entries.append(entry)
            self.bytes += size
            self._by_name.setdefault(entry.name, []).append(entry)

    def called(self, name: str) -> list[_Entry]:
        return self._by_name.get(name, [])

    def has_come(self, file: Path) -> list[_Entry]:
        """The files that came from this path."""
        return self._by_source.get(_source(file), [])


def _source(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def _version(stat: os.stat_result) -> tuple[int, ...]:
    return (stat.st_ino, stat.st_size, stat.st_mtime_ns)


def _same(arrived: Path, known: Path) -> bool:
    """Whether two files have the same content; the second may be gone."""
    with contextlib.suppress(FileNotFoundError):
        return filecmp.cmp(arrived, known, shallow=False)
    return False
