"""Zips: their members, read one at a time and never unpacked under their own names."""

from __future__ import annotations

import os
import stat
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, cast

from neural_art.dataset.formats import HEAD_BYTES
from neural_art.dataset.limits import Limits
from neural_art.dataset.names import common_folder, displayable, is_ignored, normalised, stays_inside
from neural_art.dataset.report import Rejection, Unusable
from neural_art.dataset.uploaded_file import UploadedFile, open_file
from neural_art.dataset.zip_names import decode_names
from neural_art.dataset.zip_parts import group_parts
from neural_art.files import system_reason


class Archive:
    """A zip, open, with its members' names in the right alphabet. Raises ``Unusable`` if it cannot be used at all."""

    def __init__(self, path: Path, limits: Limits) -> None:
        try:
            with open_file(path) as file:
                if _count_members(file, limits.entries) > limits.entries:
                    raise Unusable("too-many-entries-in-zip", most=limits.entries)
            self._zip = zipfile.ZipFile(open_file(path))  # closed when the last ``UploadedFile`` from it is forgotten
        except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, struct.error) as error:
            raise Unusable("damaged-zip") from error
        listed = [member for member in self._zip.infolist() if not member.filename.endswith("/")]
        named = zip((name.replace("\\", "/") for name in _decoded_names(listed)), listed, strict=True)
        self._members = [(name, member) for name, member in named if not is_ignored(name)]
        self._limits = limits
        if self._members and all(member.flag_bits & 0x1 for _, member in self._members):
            raise Unusable("encrypted-zip")

    @property
    def names(self) -> list[str]:
        """The names of its files that stay inside of it, with "/" between folders."""
        return [normalised(name) for name, _ in self._members if stays_inside(name)]

    def files(self, prefix: str, top: str) -> Iterator[UploadedFile | Rejection]:
        """The files in it. ``prefix`` (such as "monet/") stands before their names, in place of the folder ``top``."""
        for name, member in self._members:
            kind = stat.S_IFMT(member.external_attr >> 16)
            if not stays_inside(name):
                yield Rejection(displayable(prefix + name), "unsafe-name-in-zip")
                continue
            shown = displayable(prefix + normalised(name).removeprefix(top))
            if kind == stat.S_IFLNK:
                yield Rejection(shown, "link-in-zip")
            elif kind not in (0, stat.S_IFREG):
                yield Rejection(shown, "not-a-file")
            elif member.flag_bits & 0x1:
                yield Rejection(shown, "encrypted")
            else:
                opened, peeked = _openers(self._zip, member, self._limits.file_bytes)
                yield UploadedFile(shown, member.file_size, opened, peeked, member.compress_size)


def read_archive(path: Path, limits: Limits) -> Iterator[UploadedFile | Rejection]:
    """The files in a zip that was uploaded alone, by their own names. Raises ``Unusable``."""
    yield from Archive(path, limits).files("", "")


def read_archives(zips: Sequence[tuple[str, Path]], limits: Limits) -> Iterator[UploadedFile | Rejection]:
    """The files in several (name, path), each zip or set of parts as a folder of its name."""
    opened: list[tuple[str, Archive]] = []
    for name, path in zips:
        try:
            opened.append((name.rpartition(".")[0], Archive(path, limits)))
        except Unusable as unusable:
            yield unusable.rejection(displayable(name))
        except OSError as error:
            yield Rejection(displayable(name), "not-opened", {"why": system_reason(error)})
    for called, places in group_parts([(name, common_folder(archive.names)) for name, archive in opened]):
        parts = [opened[place][1] for place in places]
        names = [name for part in parts for name in part.names]
        top = common_folder(names)
        # A zip is a class; what a cloud cut in parts is a set, whose classes are the folders in it, if there are any.
        own_classes = len(parts) > 1 and any("/" in name.removeprefix(top) for name in names)
        for part in parts:
            yield from part.files("" if own_classes else f"{called}/", top)


def _openers(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int
) -> tuple[Callable[[], IO[bytes]], Callable[[], bytes]]:
    def unpack() -> IO[bytes]:
        """The member in memory, or in a nameless file if it is large. At most ``most`` bytes, whatever it declares."""
        spool = cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=8 << 20))  # noqa: SIM115
        with archive.open(member) as packed:
            while chunk := packed.read(1 << 20):
                spool.write(chunk)
                if spool.tell() > most:
                    raise zipfile.BadZipFile("larger than declared")
        spool.seek(0)
        return spool

    def peek() -> bytes:
        with archive.open(member) as packed:
            return packed.read(HEAD_BYTES)

    return unpack, peek


def _count_members(file: IO[bytes], enough: int) -> int:
    """How many members a zip lists, without building the list, which is slow and large for a malicious zip.

    Stops counting beyond ``enough``. Raises ``BadZipFile`` or ``struct.error`` for a damaged zip.
    """
    length = file.seek(0, os.SEEK_END)
    start = max(0, length - (1 << 16) - 22 - 76)  # the longest comment, the end record, and the two records of Zip64
    file.seek(start)
    tail = file.read()
    end = len(tail) - 22 if tail[-22:-18] == b"PK\5\6" and tail[-2:] == b"\0\0" else tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) - end < 22:
        raise zipfile.BadZipFile("no end record")
    count, size = struct.unpack("<HL", tail[end + 10 : end + 16])
    if tail[max(0, end - 20) : end][:4] == b"PK\6\7" and tail[max(0, end - 76) : end][:4] == b"PK\6\6":
        count, size = struct.unpack("<QQ", tail[end - 76 + 32 : end - 76 + 48])
        end -= 76
    if count > enough or size > enough * 512:
        return max(count, enough + 1)
    file.seek(max(0, start + end - size))
    return max(count, file.read(size).count(b"PK\1\2"))  # the declared count may be a lie


def _decoded_names(members: list[zipfile.ZipInfo]) -> list[str]:
    """The members' names. Only newer zips say how they are encoded; all names of a zip that does not are alike."""
    undeclared = [member.orig_filename.encode("cp437", "replace") for member in members if not member.flag_bits & 0x800]
    decoded = iter(decode_names(undeclared))
    names = []
    for member in members:
        if member.flag_bits & 0x800:
            names.append(member.filename)
        else:
            name = next(decoded)
            names.append(_unicode_path(member.extra) or name)
    return names


def _unicode_path(extra: bytes) -> str | None:
    """The UTF-8 name that some programs store in the extra field 0x7075, beside one in an older encoding."""
    while len(extra) >= 4:
        tag, size = struct.unpack("<HH", extra[:4])
        if tag == 0x7075 and size > 5:
            try:
                return extra[9 : 4 + size].decode("utf-8")
            except UnicodeDecodeError:
                return None
        extra = extra[4 + size :]
    return None
