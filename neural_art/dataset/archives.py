"""Zips: their members, read one at a time and never unpacked under their own names."""

from __future__ import annotations

import os
import stat
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from neural_art.dataset.formats import HEAD_BYTES
from neural_art.dataset.limits import Limits
from neural_art.dataset.names import common_folder, displayable, is_ignored, normalised, stays_inside
from neural_art.dataset.report import Rejection, Unusable
from neural_art.dataset.uploaded_file import UploadedFile, open_file


def read_archive(path: Path, prefix: str, limits: Limits) -> Iterator[UploadedFile | Rejection]:
    """The files in a zip. ``prefix`` (such as "monet/") goes before their names, in place of a folder around them all.

    Raises ``Unusable`` if the zip as a whole cannot be used.
    """
    try:
        with open_file(path) as file:
            if _count_members(file, limits.entries) > limits.entries:
                raise Unusable("too-many-entries-in-zip", most=limits.entries)
        archive = zipfile.ZipFile(open_file(path))  # closed when the last ``UploadedFile`` from it is forgotten
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, struct.error) as error:
        raise Unusable("damaged-zip") from error
    listed = [member for member in archive.infolist() if not member.is_dir()]
    named = zip((name.replace("\\", "/") for name in _decoded_names(listed)), listed, strict=True)
    members = [(name, member) for name, member in named if not is_ignored(name)]
    if members and all(member.flag_bits & 0x1 for _, member in members):
        raise Unusable("encrypted-zip")
    top = common_folder([normalised(name) for name, _ in members if stays_inside(name)]) if prefix else ""
    for name, member in members:
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
            opened, peeked = _openers(archive, member, limits.file_bytes)
            yield UploadedFile(shown, member.file_size, opened, peeked, member.compress_size)


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
    """The members' names, decoded as UTF-8, GBK (Chinese Windows) or code page 437.

    Only newer zips say which encoding they use. All names of a zip that does not say are decoded alike.
    """
    undeclared = [m.filename.encode("cp437", "replace") for m in members if not m.flag_bits & 0x800]
    undeclared = [name for name in undeclared if not name.isascii()]
    encoding = "utf-8"
    for encoding in ("utf-8", "gb18030", "cp437"):
        try:
            text = "".join(name.decode(encoding) for name in undeclared)
        except UnicodeDecodeError:
            continue
        chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in text)
        common = sum(len(letter.encode("gb2312", "ignore")) == 2 for letter in text)
        if encoding != "gb18030" or (common >= 2 and 2 * common > chinese):
            break
    names = []
    for member in members:
        name = member.filename
        if not member.flag_bits & 0x800:
            name = _unicode_path(member.extra) or name.encode("cp437", "replace").decode(encoding)
        names.append(name)
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
