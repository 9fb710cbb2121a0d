"""The files in an upload: in folders, zips and on their own. No link is followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from neural_art.dataset.archives import read_archive, read_archives
from neural_art.dataset.formats import is_archive
from neural_art.dataset.limits import Limits
from neural_art.dataset.names import displayable, is_ignored, natural_key, normalised, stays_inside
from neural_art.dataset.report import Rejection, Unusable
from neural_art.dataset.uploaded_file import UploadedFile, open_file, peek_file
from neural_art.errors import DatasetError
from neural_art.files import system_reason

Uploads: TypeAlias = Path | Sequence[tuple[str, Path]]
"""A folder, a zip or one picture; or pairs of (relative name, path), in which a path may itself be a zip."""


def gather(uploads: Uploads, limits: Limits) -> list[UploadedFile | Rejection]:
    """All files in ``uploads``, in the natural order of their names. Nothing is unpacked yet.

    A file that cannot be used because of its name or kind is a ``Rejection``. Raises ``DatasetError`` if the path or
    the only zip does not exist, is damaged, or holds too many files.
    """
    return sorted(_find(uploads, limits), key=lambda found: natural_key(found.name))


def _find(uploads: Uploads, limits: Limits) -> Iterator[UploadedFile | Rejection]:
    if isinstance(uploads, Path):
        yield from _at(uploads, limits)
        return
    if len(uploads) == 1 and is_archive(uploads[0][0], peek_file(uploads[0][1])):
        name, path = uploads[0]
        try:
            yield from read_archive(path, limits)
        except Unusable as unusable:
            raise DatasetError("unusable", name=displayable(name), reason=unusable.message) from None
        return
    zips: list[tuple[str, Path]] = []
    for name, path in uploads:
        yield from _in_file(name, Path(path), zips)
    yield from read_archives(zips, limits)


def _at(path: Path, limits: Limits) -> Iterator[UploadedFile | Rejection]:
    """The files in a folder and its sub-folders and zips, in a zip, or the one file."""
    path = path.resolve()  # a link that the person names is meant
    if not path.exists():
        raise DatasetError("nothing-there", path=displayable(str(path)))
    try:
        if path.is_dir():
            yield from _in_folder(path, limits)
        elif path.is_file() and is_archive(path.name, peek_file(path)):
            yield from read_archive(path, limits)
        else:
            yield from _in_file(path.name, path, [])
    except Unusable as unusable:
        raise DatasetError("unusable", name=displayable(path.name), reason=unusable.message) from None
    except OSError as error:
        why = system_reason(error)
        raise DatasetError("not-opened", name=displayable(path.name), why=why) from error


def _in_folder(folder: Path, limits: Limits) -> Iterator[UploadedFile | Rejection]:
    waiting = [(folder, "")]
    zips: list[tuple[str, Path]] = []
    count = 0
    while waiting:
        inside, prefix = waiting.pop()
        try:
            entries = list(os.scandir(inside))
        except OSError as error:
            if not prefix:
                raise
            yield Rejection(displayable(prefix[:-1]), "folder-not-opened", {"why": system_reason(error)})
            continue
        for entry in entries:
            if is_ignored(entry.name):
                continue
            count += 1
            if count > limits.entries:
                raise Unusable("too-many-entries", most=limits.entries)
            if entry.is_dir(follow_symlinks=False):
                waiting.append((Path(entry.path), f"{prefix}{entry.name}/"))
            else:
                yield from _in_file(f"{prefix}{entry.name}", Path(entry.path), zips)
    yield from read_archives(zips, limits)


def _in_file(name: str, path: Path, zips: list[tuple[str, Path]]) -> Iterator[UploadedFile | Rejection]:
    """One file on disk; a zip is added to ``zips`` instead."""
    if not stays_inside(name):
        yield Rejection(displayable(name), "unsafe-name")
        return
    if is_ignored(name):
        return
    name = normalised(name)
    try:
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):
            yield Rejection(displayable(name), "link")
        elif not stat.S_ISREG(about.st_mode):
            yield Rejection(displayable(name), "not-a-file")
        elif is_archive(name, peek_file(path)):
            zips.append((name, path))
        else:
            yield UploadedFile(displayable(name), about.st_size, lambda: open_file(path), lambda: peek_file(path))
    except OSError as error:
        yield Rejection(displayable(name), "not-opened", {"why": system_reason(error)})
