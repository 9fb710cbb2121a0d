"""Finding pictures in what a person brings: folders, zips, loose files. No link is followed."""

from __future__ import annotations

import dataclasses
import os
import re
import stat
import struct
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import IO, Final, cast

from neural_art.dataset.formats import is_archive
from neural_art.errors import PaintingError

CODES: Final = (
    "unsafe-name", "link", "not-a-file", "empty", "not-an-image", "unsupported", "unreadable", "truncated",
    "too-small", "too-large", "too-many-pixels", "too-many", "too-much", "duplicate", "near-duplicate", "unwanted",
    "nested-zip", "encrypted", "damaged-zip", "bomb", "too-many-entries",
)  # fmt: skip
"""Every ``LeftOut.code`` there is, for whoever says the reasons in another language."""

PASSED_OVER: Final = frozenset({"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "@eadir"})


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is accepted. The defaults are the project's; a server may set lower ones."""

    least: int = 8
    most: int = 2_000
    file_bytes: int = 300 << 20  # of one picture, unpacked
    total_bytes: int = 1 << 30  # of all pictures brought at once, unpacked
    pixels: int = 120_000_000
    shortest_side: int = 64
    entries: int = 20_000  # files in a zip or a folder, pictures or not
    ratio: int = 200  # a zip's member that unpacks to more than this, and to more than 50 MB, is a bomb


@dataclass(frozen=True)
class LeftOut:
    """A file that is not used, and why."""

    name: str
    reason: str  # a sentence or two about the file, without its name
    code: str  # one of CODES
    twin: str | None = None  # the name of the painting that it repeats


@dataclass(frozen=True)
class Source:
    """A file that was brought, not yet looked at. ``open`` gives it as a binary file that can seek."""

    name: str  # safe to show on one line, with "/" between folders
    size: int  # bytes, unpacked
    open: Callable[[], IO[bytes]]
    peek: Callable[[], bytes]  # the first bytes, cheaply
    packed: int | None = None  # bytes in the zip, when it comes from one


def gather(brought: Path | Sequence[tuple[str, Path]], limits: Limits) -> list[Source | LeftOut]:
    """Everything in a folder, a zip, a file, or pairs of (relative name, path), in the natural order of the names."""
    return sorted(_brought(brought, limits), key=lambda each: (_natural(each.name), each.name))


def sources(path: Path, limits: Limits | None = None) -> Iterator[Source | LeftOut]:
    """Every file in a folder (and its sub-folders and zips), in a zip, or the one file, in no particular order.

    Nothing is unpacked and no link is followed; what cannot be used for its name or kind comes as ``LeftOut``. Raises
    ``PaintingError`` when ``path`` itself does not exist, is no zip, is damaged, or holds too many files.
    """
    limits = limits or Limits()
    path = path.resolve()  # a link that the person names is meant
    if not path.exists():
        raise PaintingError(f"There is nothing at {_shown(str(path))}. Check how it is written.")
    try:
        if path.is_dir():
            yield from _in_folder(path, limits)
        elif path.is_file() and is_archive(path.name, _peek(path)):
            yield from _in_zip(path, "", limits)
        else:
            yield from _in_file(path.name, path, limits)
    except _Refused as refused:
        raise PaintingError(f"{_shown(path.name)}: {refused.left_out.reason}") from None
    except OSError as error:
        why = error.strerror or "an error of the disk"
        raise PaintingError(f"{_shown(path.name)} cannot be read ({why}). Check that it may be opened.") from error


def wrapping(names: Sequence[str]) -> str:
    """The folders that are around all of them: "" or "set/", "set/inner/"."""
    if not names:
        return ""
    first, last = (sides.split("/")[:-1] for sides in (min(names), max(names)))
    shared = takewhile(lambda both: both[0] == both[1], zip(first, last, strict=False))
    return "".join(f"{part}/" for part, _ in shared)


def kind_of(name: str, top: str) -> str | None:
    """The class of a painting: the first folder of its name below what is around all."""
    folders = name.removeprefix(top).split("/")[:-1]
    return folders[0] if folders else None


# ---------------------------------------------------------------------------------------------------------------------
# Folders, zips, pairs
# ---------------------------------------------------------------------------------------------------------------------


class _Refused(Exception):
    """A whole zip or folder cannot be used."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.left_out = LeftOut("", reason, code)


def _brought(brought: Path | Sequence[tuple[str, Path]], limits: Limits) -> Iterator[Source | LeftOut]:
    if isinstance(brought, Path):
        yield from sources(brought, limits)
        return
    if len(brought) == 1 and is_archive(brought[0][0], _peek(brought[0][1])):
        name, path = brought[0]
        try:
            yield from _in_zip(path, "", limits)
        except _Refused as refused:
            raise PaintingError(f"{_shown(name)}: {refused.left_out.reason}") from None
        return
    for name, path in brought:
        yield from _in_file(name, Path(path), limits)


def _in_folder(folder: Path, limits: Limits) -> Iterator[Source | LeftOut]:
    waiting = [(folder, "")]
    count = 0
    while waiting:
        inside, prefix = waiting.pop()
        try:
            entries = list(os.scandir(inside))
        except OSError as error:
            if not prefix:
                raise
            why = error.strerror or "an error of the disk"
            yield LeftOut(_shown(prefix[:-1]), f"This folder cannot be opened ({why}).", "unreadable")
            continue
        for entry in entries:
            if _in_silence(entry.name):
                continue
            count += 1
            if count > limits.entries:
                reason = f"More than {limits.entries:,} files are in it. Choose a folder with the paintings alone."
                raise _Refused(reason, "too-many-entries")
            if entry.is_dir(follow_symlinks=False):
                waiting.append((Path(entry.path), f"{prefix}{entry.name}/"))
            else:
                yield from _in_file(f"{prefix}{entry.name}", Path(entry.path), limits)


def _in_file(name: str, path: Path, limits: Limits) -> Iterator[Source | LeftOut]:
    """One file that lies on the disk, or what is in it if it is a zip."""
    name, safe = _relative(name)
    if not safe:
        reason = "Its name leads out of the folder it came in. Rename it and bring it again."
        yield LeftOut(_shown(name), reason, "unsafe-name")
        return
    if any(_in_silence(part) for part in name.split("/")):
        return
    try:
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):
            yield LeftOut(_shown(name), "It is a link. Bring the picture itself.", "link")
        elif not stat.S_ISREG(about.st_mode):
            yield LeftOut(_shown(name), "It is not a file with anything in it.", "not-a-file")
        elif is_archive(name, _peek(path)):
            yield from _in_zip(path, name.rpartition(".")[0] + "/", limits)
        else:
            yield Source(_shown(name), about.st_size, lambda: _open(path), lambda: _peek(path))
    except _Refused as refused:
        yield dataclasses.replace(refused.left_out, name=_shown(name))
    except OSError as error:
        why = error.strerror or "an error of the disk"
        yield LeftOut(_shown(name), f"It cannot be opened ({why}).", "unreadable")


def _in_zip(path: Path, prefix: str, limits: Limits) -> Iterator[Source | LeftOut]:
    """The files in a zip, read one at a time and never unpacked under their names. ``_Refused`` for the whole zip."""
    try:
        with _open(path) as file:
            if _entries(file, limits.entries) > limits.entries:
                reason = f"More than {limits.entries:,} files are in it. Make a zip of the paintings alone."
                raise _Refused(reason, "too-many-entries")
        archive = zipfile.ZipFile(_open(path))  # closed when the last of its members is forgotten
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, struct.error) as error:
        reason = "This zip is damaged or not whole. Make it again, or bring the folder as it is."
        raise _Refused(reason, "damaged-zip") from error
    members = [member for member in archive.infolist() if not member.is_dir()]
    named = [
        (*_relative(name.replace("\\", "/")), member) for name, member in zip(_names(members), members, strict=True)
    ]
    named = [each for each in named if not any(_in_silence(part) for part in each[0].split("/"))]
    if named and all(member.flag_bits & 0x1 for _, _, member in named):
        raise _Refused("This zip is locked with a password. Make one without a password.", "encrypted")
    top = wrapping([name for name, safe, _ in named if safe]) if prefix else ""
    for name, safe, member in named:
        shown = _shown(prefix + name.removeprefix(top))
        kind = stat.S_IFMT(member.external_attr >> 16)
        if not safe:
            reason = "Its name leads out of the zip. Rename it and make the zip again."
            yield LeftOut(_shown(prefix + name), reason, "unsafe-name")
        elif kind == stat.S_IFLNK:
            yield LeftOut(shown, "It is a link. Put the picture itself into the zip.", "link")
        elif kind not in (0, stat.S_IFREG):
            yield LeftOut(shown, "It is not a file with anything in it.", "not-a-file")
        elif member.flag_bits & 0x1:
            yield LeftOut(shown, "It is locked with a password. Put it into the zip without one.", "encrypted")
        else:
            opened, peeked = _member(archive, member, limits.file_bytes)
            yield Source(shown, member.file_size, opened, peeked, member.compress_size)


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int
) -> tuple[Callable[[], IO[bytes]], Callable[[], bytes]]:
    def unpacked() -> IO[bytes]:
        """The member in memory, or in a nameless file where it is large; ``most`` bytes, whatever it declares."""
        spool = cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=8 << 20))  # noqa: SIM115
        with archive.open(member) as packed:
            while chunk := packed.read(1 << 20):
                spool.write(chunk)
                if spool.tell() > most:
                    raise zipfile.BadZipFile("larger than it says")
        spool.seek(0)
        return spool

    def peek() -> bytes:
        with archive.open(member) as packed:
            return packed.read(64)

    return unpacked, peek


def _entries(file: IO[bytes], enough: int) -> int:
    """How many members a zip lists, found without listing them (which is slow, and large, for a malicious one)."""
    length = file.seek(0, os.SEEK_END)
    start = max(0, length - (1 << 16) - 22 - 76)  # the longest comment, the end record, and Zip64's two records
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
    return max(count, file.read(size).count(b"PK\1\2"))  # the declared number may lie


def _names(members: list[zipfile.ZipInfo]) -> list[str]:
    """The members' names in the alphabet they were written in: UTF-8, GBK (Chinese Windows) or code page 437.

    Only newer zips say which. One answer goes for all names of a zip that do not say.
    """
    unclear = [m.filename.encode("cp437", "replace") for m in members if not m.flag_bits & 0x800]
    unclear = [name for name in unclear if not name.isascii()]
    alphabet = "utf-8"
    for alphabet in ("utf-8", "gb18030", "cp437"):
        try:
            text = "".join(name.decode(alphabet) for name in unclear)
        except UnicodeDecodeError:
            continue
        chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in text)
        common = sum(len(letter.encode("gb2312", "ignore")) == 2 for letter in text)
        if alphabet != "gb18030" or (common >= 2 and 2 * common > chinese):
            break
    names = []
    for member in members:
        name = member.filename
        if not member.flag_bits & 0x800:
            name = _unicode_path(member.extra) or name.encode("cp437", "replace").decode(alphabet)
        names.append(name)
    return names


def _unicode_path(extra: bytes) -> str | None:
    """The UTF-8 name that some packers put into the extra field 0x7075 beside one in an old alphabet."""
    while len(extra) >= 4:
        tag, size = struct.unpack("<HH", extra[:4])
        if tag == 0x7075 and size > 5:
            try:
                return extra[9 : 4 + size].decode("utf-8")
            except UnicodeDecodeError:
                return None
        extra = extra[4 + size :]
    return None


# ---------------------------------------------------------------------------------------------------------------------
# Names
# ---------------------------------------------------------------------------------------------------------------------


def _relative(name: str) -> tuple[str, bool]:
    """A name without "." and empty parts, and whether it stays inside the place it came from."""
    safe = (
        not name.startswith("/") and not re.match(r"[A-Za-z]:[\\/]|\\\\", name) and ".." not in re.split(r"[\\/]", name)
    )
    return (name if not safe else "/".join(part for part in name.split("/") if part not in ("", "."))) or "?", safe


def _in_silence(part: str) -> bool:
    """Files that systems leave everywhere and nobody brings on purpose."""
    return (part.startswith(".") and part != "..") or part.casefold() in PASSED_OVER


def _shown(name: str) -> str:
    """A name on one line that any file and any terminal can hold: control characters become visible signs.

    HTML, quotes and ``${...}`` stay as they are: the page escapes them.
    """
    name = unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    name = "".join(chr(0x2400 + ord(c)) if c < " " else "\u2421" if c == "\x7f" else c for c in name)
    name = "".join(
        "\ufffd" if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") or c in _TURNING else c for c in name
    )
    return name if len(name) <= 512 else name[:511] + "\u2026"


_TURNING: Final = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)  # text direction


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts 2.jpg before 10.jpg, and Anna beside anna."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(len(part.lstrip("0")), part.lstrip("0")) if place % 2 else (0, part) for place, part in enumerate(parts)]


# ---------------------------------------------------------------------------------------------------------------------
# Opening
# ---------------------------------------------------------------------------------------------------------------------


def _open(path: Path) -> IO[bytes]:
    """A regular file, for reading; never a link, never a pipe that would wait for ever."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags), "rb")


def _peek(path: Path) -> bytes:
    try:
        with _open(path) as file:
            return file.read(64)
    except OSError:
        return b""
