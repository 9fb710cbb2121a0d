"""What a person brings: checked, turned upright, kept in a folder, and squared for the network.

A prepared folder holds ``00000.jpg``, ``00001.jpg``, ... (each painting upright and whole, scaled down until its
shorter side has 384 to 512 px), ``report.json`` (what was accepted, what was left out and why) and ``sheet.jpg`` (what
the network will see). Squeezing or cropping to a square happens when the pictures are read, so the choice can be
changed at any time (``refit``). The report is written last: without it a folder holds no paintings, whatever else lies
there.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import io
import json
import math
import os
import re
import stat
import struct
import tempfile
import threading
import unicodedata
import warnings
import zipfile
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import product, takewhile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

import numpy as np
from PIL import Image, ImageCms, ImageColor, UnidentifiedImageError, features

from neural_art.errors import PaintingError

if TYPE_CHECKING:
    import torch

# Every picture's size is checked against ``Limits.pixels`` before a pixel of it is read.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

FITS: Final = ("squeeze", "crop")
"""How a painting becomes a square: whole but squeezed, or its middle."""

CODES: Final = (
    "unsafe-name", "link", "not-a-file", "empty", "not-an-image", "unsupported", "unreadable", "truncated",
    "too-small", "too-large", "too-many-pixels", "too-many", "too-much", "duplicate", "near-duplicate", "unwanted",
    "nested-zip", "encrypted", "damaged-zip", "bomb", "too-many-entries",
)  # fmt: skip
"""Every ``LeftOut.code`` there is, for whoever says the reasons in another language."""

SHORT_SIDE: Final = 384  # kept on disk: a fifth more than the 320 px that the largest recipe crops from
LONG_SIDE: Final = 1152
LARGE: Final = 16_000_000  # pixels; larger pictures are decoded one at a time and shrunk in strips
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
class Painting:
    """An accepted painting. ``name`` and ``kind`` are what a stranger typed: escape them wherever they are shown."""

    file: str  # in the prepared folder, "00000.jpg"
    name: str  # as brought, with its folders
    kind: str | None  # its class: the first level of sub-folders
    width: int  # of the original, upright
    height: int
    marks: tuple[str, str, str] = dataclasses.field(default=("", "", ""), repr=False)
    """SHA-256 of the file and of its pixels, and a perceptual hash: how a copy brought later is known."""


@dataclass(frozen=True)
class LeftOut:
    """A file that is not used, and why."""

    name: str
    reason: str  # a sentence or two about the file, without its name
    code: str  # one of CODES
    twin: str | None = None  # the name of the painting that it repeats


@dataclass(frozen=True)
class NearTwin:
    """Two accepted paintings that look like copies; ``file``, the later one, may be dropped."""

    file: str
    twin: str
    name: str
    twin_name: str


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` files are looked at; ``name`` was the last."""

    done: int
    total: int
    name: str


@dataclass(frozen=True)
class Report:
    """What became of everything that was brought."""

    paintings: tuple[Painting, ...]
    left_out: tuple[LeftOut, ...]
    near_twins: tuple[NearTwin, ...]
    aspect: float  # width / height that pictures are shown in: the paintings' median; 1 when they are cropped
    fit: str  # "squeeze" or "crop"
    ground: str  # "#rrggbb", behind transparent paintings

    @property
    def kinds(self) -> dict[str, int]:
        """Class -> number of paintings; empty without classes."""
        return dict(Counter(painting.kind for painting in self.paintings if painting.kind is not None))

    @property
    def shapes(self) -> dict[str, int]:
        """How many paintings are "upright", about "square" (within 5 %) and "wide"."""
        shapes = {"upright": 0, "square": 0, "wide": 0}
        for painting in self.paintings:
            aspect = painting.width / painting.height
            shapes["square" if 1 / 1.05 <= aspect <= 1.05 else "wide" if aspect > 1 else "upright"] += 1
        return shapes

    @property
    def smallest(self) -> tuple[int, int]:
        """Width and height of the painting with the fewest pixels; (0, 0) without paintings."""
        return min(((p.width, p.height) for p in self.paintings), key=math.prod, default=(0, 0))

    @property
    def largest(self) -> tuple[int, int]:
        """Width and height of the painting with the most pixels; (0, 0) without paintings."""
        return max(((p.width, p.height) for p in self.paintings), key=math.prod, default=(0, 0))

    def to_json(self) -> dict[str, Any]:
        """Plain values; ``Report.from_json`` makes the same report of them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Report:
        """The report that ``to_json`` wrote. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for anything else."""
        paintings = (Painting(**{**each, "marks": tuple(each["marks"])}) for each in values["paintings"])
        return cls(
            paintings=tuple(paintings),
            left_out=tuple(LeftOut(**each) for each in values["left_out"]),
            near_twins=tuple(NearTwin(**each) for each in values["near_twins"]),
            aspect=float(values["aspect"]),
            fit=str(values["fit"]),
            ground=str(values["ground"]),
        )


class TooFewPaintings(PaintingError):
    """Fewer paintings were accepted than one can learn from; ``report`` says what became of each."""

    def __init__(self, message: str, report: Report) -> None:
        super().__init__(message)
        self.report = report


@dataclass(frozen=True)
class Source:
    """A file that was brought, not yet looked at. ``open`` gives it as a binary file that can seek."""

    name: str  # safe to show on one line, with "/" between folders
    size: int  # bytes, unpacked
    open: Callable[[], IO[bytes]]
    peek: Callable[[], bytes]  # the first bytes, cheaply
    packed: int | None = None  # bytes in the zip, when it comes from one


# ---------------------------------------------------------------------------------------------------------------------
# The journey: brought -> prepared folder -> tensor
# ---------------------------------------------------------------------------------------------------------------------


def prepare(
    brought: Path | Sequence[tuple[str, Path]],
    folder: Path,
    *,
    fit: str = "squeeze",
    ground: str = "#ffffff",
    limits: Limits | None = None,
) -> Iterator[Progress | Report]:
    """Check what was brought and keep it in ``folder``; the last thing yielded is the ``Report``.

    ``brought`` is a folder, a zip, one picture, or pairs of (relative name, path) in which a path may itself be a zip.
    Files are taken in the natural order of their names, so the same things brought give the same folder. A single
    top folder around everything is looked through; the folders below it are the classes.

    In a folder that holds prepared paintings already the new ones are added: copies of the earlier ones are found, and
    the limits hold for all together. ``fit`` then goes for all, ``ground`` for the new ones.

    Raises ``PaintingError`` when nothing can be done with the whole, or when writing fails; ``TooFewPaintings`` (it
    carries the report) when fewer than ``limits.least`` are accepted. The folder then is as it was before, and it is
    too when the iteration is broken off.
    """
    limits = limits or Limits()
    ground = _ground(ground)
    if fit not in FITS:
        raise PaintingError(f"{fit!r} is not a way to make a square. Choose one of {', '.join(FITS)}.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        earlier = read_report(folder) if (folder / "report.json").exists() else None
        _sweep(folder, earlier)
    except OSError as error:
        raise _unwritable(error) from error
    everything = sorted(_brought(brought, limits), key=lambda each: (_natural(each.name), each.name))
    paintings = list(earlier.paintings) if earlier else []
    before = earlier.left_out if earlier else ()
    first = len(paintings)
    number = 1 + max((int(Path(painting.file).stem) for painting in paintings), default=-1)
    names: dict[str, str] = {mark: p.name for p in paintings for mark in p.marks[:2]}  # exact marks -> who has them
    left_out: list[LeftOut] = []
    candidates: list[str] = []  # names of pictures, accepted or not: their folders are the classes
    whole = False
    done = 0
    yield Progress(0, len(everything), "")
    try:
        with _Studies(everything, ground, limits) as studies:
            for name, study in studies:
                if isinstance(study, _Study):
                    candidates.append(name)
                    twin = names.get(study.marks[0], names.get(study.marks[1]))
                    if twin is not None:
                        study = LeftOut(name, "It is an exact copy of another painting.", "duplicate", twin)
                    elif len(paintings) >= limits.most:
                        reason = f"{limits.most:,} paintings are accepted at most, and there are that many before it."
                        study = LeftOut(name, reason, "too-many")
                if isinstance(study, LeftOut):
                    left_out.append(study)
                else:
                    file = f"{number:05d}.jpg"
                    _write(folder / file, study.jpeg)
                    number += 1
                    paintings.append(Painting(file, name, None, study.width, study.height, study.marks))
                    names.update(dict.fromkeys(study.marks[:2], name))
                    studies.full = len(paintings) >= limits.most
                done += 1
                yield Progress(done, len(everything), name)
        top = _wrapping(candidates)
        paintings[first:] = [dataclasses.replace(p, kind=_kind(p.name, top)) for p in paintings[first:]]
        report = Report(
            paintings=tuple(paintings),
            left_out=(*before, *(left for left in left_out if left not in before)),
            near_twins=_near_twins(folder, paintings, earlier.near_twins if earlier else (), first),
            aspect=_aspect(paintings, fit),
            fit=fit,
            ground=ground,
        )
        if len(paintings) < limits.least:
            raise TooFewPaintings(_too_few(len(paintings), left_out, limits), report)
        _keep(folder, report)
        whole = True
    except OSError as error:
        raise _unwritable(error) from error
    finally:
        if not whole:
            _sweep(folder, earlier)
    yield report


def read_report(folder: Path) -> Report:
    """The report of a prepared folder. Raises ``PaintingError`` when there is none, or it is damaged."""
    try:
        return Report.from_json(json.loads((folder / "report.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise PaintingError("There are no prepared paintings here. Bring some first.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PaintingError("The list of prepared paintings is damaged. Bring the paintings again.") from error


def drop(folder: Path, files: Collection[str], *, limits: Limits | None = None) -> Report:
    """Leave accepted paintings (by ``Painting.file``) out after all; their kept pictures are deleted.

    Raises ``PaintingError`` and changes nothing when fewer than ``limits.least`` would be left, or for an unknown file.
    """
    limits = limits or Limits()
    report = read_report(folder)
    unknown = sorted(set(files) - {painting.file for painting in report.paintings})
    if unknown:
        raise PaintingError(f"{unknown[0]!r} is not among the prepared paintings. Read the report again.")
    kept = tuple(painting for painting in report.paintings if painting.file not in files)
    if len(kept) < limits.least:
        raise PaintingError(f"{len(kept)} paintings would be too few to learn from. Keep at least {limits.least}.")
    twins = {near.file: near.twin_name for near in report.near_twins}
    gone = []
    for painting in report.paintings:
        if painting.file in files:
            twin = twins.get(painting.file)
            reason = "It was taken out by hand." if twin is None else "It looks like a copy and was taken out by hand."
            gone.append(LeftOut(painting.name, reason, "unwanted" if twin is None else "near-duplicate", twin))
    near = tuple(near for near in report.near_twins if near.file not in files and near.twin not in files)
    changed = dataclasses.replace(
        report, paintings=kept, left_out=(*report.left_out, *gone), near_twins=near, aspect=_aspect(kept, report.fit)
    )
    try:
        _keep(folder, changed)
        _sweep(folder, changed)
    except OSError as error:
        raise _unwritable(error) from error
    return changed


def refit(folder: Path, fit: str) -> Report:
    """Choose "squeeze" or "crop" anew for a prepared folder: a matter of a second, nothing is brought again."""
    if fit not in FITS:
        raise PaintingError(f"{fit!r} is not a way to make a square. Choose one of {', '.join(FITS)}.")
    report = read_report(folder)
    if report.fit == fit:
        return report
    changed = dataclasses.replace(report, fit=fit, aspect=_aspect(report.paintings, fit))
    try:
        _keep(folder, changed)
    except OSError as error:
        raise _unwritable(error) from error
    return changed


def load(folder: Path, size: int) -> tuple[torch.Tensor, Report]:
    """The squared paintings, (n, 3, size, size) uint8 on the CPU in the report's order, and the report.

    Raises ``PaintingError`` when there is no report, or naming the picture that is missing or damaged.
    """
    import torch

    report = read_report(folder)
    squares = np.empty((len(report.paintings), 3, size, size), np.uint8)
    for index, square in enumerate(_squares(folder, report, size)):
        squares[index] = square.transpose(2, 0, 1)
    return torch.from_numpy(squares), report


def contact_sheet(folder: Path, *, fit: str | None = None, width: int = 1152) -> Image.Image:
    """All paintings as the network sees them, squared, in rows; ``fit`` previews the other choice without making it."""
    report = read_report(folder)
    return _sheet(folder, dataclasses.replace(report, fit=fit or report.fit), width)


def unsqueeze(square: np.ndarray, aspect: float, longest: int | None = None) -> Image.Image:
    """A square picture (h, w, 3) uint8 in the paintings' own aspect (``Report.aspect``, width / height).

    The longer side is ``longest``; without it the shorter side stays what it was, so that nothing is lost.
    """
    picture = Image.fromarray(np.ascontiguousarray(square))
    if not (math.isfinite(aspect) and aspect > 0):
        raise ValueError(f"aspect is {aspect!r}, it must be a positive number")
    side = max(picture.size) if longest is None else longest / max(aspect, 1 / aspect)
    width, height = side * max(aspect, 1), side * max(1 / aspect, 1)
    shape = (max(1, round(width)), max(1, round(height)))
    return picture if shape == picture.size else picture.resize(shape, Image.Resampling.LANCZOS)


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
        elif path.is_file() and _is_archive(path.name, _peek(path)):
            yield from _in_zip(path, "", limits)
        else:
            yield from _in_file(path.name, path, limits)
    except _Refused as refused:
        raise PaintingError(f"{_shown(path.name)}: {refused.left_out.reason}") from None
    except OSError as error:
        why = error.strerror or "an error of the disk"
        raise PaintingError(f"{_shown(path.name)} cannot be read ({why}). Check that it may be opened.") from error


# ---------------------------------------------------------------------------------------------------------------------
# Finding files: folders, zips, pairs
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
    if len(brought) == 1 and _is_archive(brought[0][0], _peek(brought[0][1])):
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
        elif _is_archive(name, _peek(path)):
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
    top = _wrapping([name for name, safe, _ in named if safe]) if prefix else ""
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


def _wrapping(names: Sequence[str]) -> str:
    """The folders that are around all of them: "" or "set/", "set/inner/"."""
    if not names:
        return ""
    first, last = (sides.split("/")[:-1] for sides in (min(names), max(names)))
    shared = takewhile(lambda both: both[0] == both[1], zip(first, last, strict=False))
    return "".join(f"{part}/" for part, _ in shared)


def _kind(name: str, top: str) -> str | None:
    folders = name.removeprefix(top).split("/")[:-1]
    return folders[0] if folders else None


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


# ---------------------------------------------------------------------------------------------------------------------
# Looking at files: what they are, and the pixels
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Study:
    """A picture that can be read: upright, bounded, as it will be kept."""

    jpeg: bytes
    width: int
    height: int
    marks: tuple[str, str, str]


class _Studies:
    """Iterates (name, _Study | LeftOut) in order, looked at by a thread for each core, a few ahead of the reader.

    Decoding and scaling run outside the interpreter's lock, so threads are enough.
    """

    def __init__(self, everything: Sequence[Source | LeftOut], ground: str, limits: Limits) -> None:
        self.full = False  # set by the reader: no more pictures are wanted
        self._everything = everything
        self._ground = ground
        self._limits = limits
        self._bytes = 0
        self._workers = min(_cores(), 8)
        self._pool = ThreadPoolExecutor(self._workers, "paintings")

    def __enter__(self) -> _Studies:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __iter__(self) -> Iterator[tuple[str, _Study | LeftOut]]:
        ahead: deque[tuple[str, LeftOut | Future[_Study | LeftOut]]] = deque()
        for each in self._everything:
            ahead.append((each.name, each if isinstance(each, LeftOut) else self._begin(each)))
            if len(ahead) > 2 * self._workers:
                yield self._end(*ahead.popleft())
        while ahead:
            yield self._end(*ahead.popleft())

    def _begin(self, source: Source) -> LeftOut | Future[_Study | LeftOut]:
        limits = self._limits
        try:
            format, reason, code = _recognise(source.peek(), inside_zip=source.packed is not None)
        except Exception as error:  # unpackers raise errors of their own: zlib.error, LZMAError, BadZipFile
            return LeftOut(source.name, *_why(error))
        if source.size == 0:
            return LeftOut(source.name, "It is empty: 0 bytes.", "empty")
        if format is None:
            return LeftOut(source.name, reason, code)
        if source.size > limits.file_bytes:
            reason = f"It has {_megabytes(source.size)}; {_megabytes(limits.file_bytes)} are allowed. Save it smaller."
            return LeftOut(source.name, reason, "too-large")
        if source.packed is not None and source.size > max(50 << 20, source.packed * limits.ratio):
            return LeftOut(source.name, "It unpacks to far more than a picture needs. Save it anew.", "bomb")
        if self.full:
            reason = f"{limits.most:,} paintings are accepted at most, and there are that many before it."
            return LeftOut(source.name, reason, "too-many")
        if self._bytes + source.size > limits.total_bytes:
            reason = f"All files together have more than {_megabytes(limits.total_bytes)}. Save them smaller."
            return LeftOut(source.name, reason, "too-much")
        self._bytes += source.size
        return self._pool.submit(_study, source, format, self._ground, limits)

    def _end(self, name: str, future: LeftOut | Future[_Study | LeftOut]) -> tuple[str, _Study | LeftOut]:
        return name, future if isinstance(future, LeftOut) else future.result()


_SIGNS: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_STRANGERS: Final = (
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"<svg", "a vector drawing"),
    (b"\x1aE\xdf\xa3", "a film"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"<!", "a web page"),
    (b"<html", "a web page"),
)


def _recognise(head: bytes, *, inside_zip: bool) -> tuple[str | None, str, str]:
    """The format by the first bytes, whatever the name says; or None, the reason and the code."""
    known = next((format for sign, format in _SIGNS if head.startswith(sign)), None)
    if known is None and head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        known = "WEBP"
    if (
        known is None
        and head[:2] == b"BM"
        and head[14:18] in {struct.pack("<L", n) for n in (12, 40, 52, 56, 64, 108, 124)}
    ):
        known = "BMP"
    if known is None and head[4:8] == b"ftyp":
        brands = {head[place : place + 4] for place in (8, *range(16, min(len(head) - 3, 64), 4))}
        if brands & {b"avif", b"avis"}:
            known = "AVIF" if features.check("avif") else None
            unsupported = known is None
        elif brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}:
            known = "HEIF" if _reads_heif() else None
            unsupported = known is None
        else:
            return None, "It is a film, not a picture.", "not-an-image"
        if unsupported:
            return None, "HEIC and AVIF cannot be read here. Save it as JPEG or PNG.", "unsupported"
    if known is not None:
        return known, "", ""
    if head[:4] in (b"PK\3\4", b"PK\5\6"):
        if inside_zip:
            return None, "It is a zip inside a zip. Unpack it, and put its pictures into one zip.", "nested-zip"
        return None, "It is an archive or a document, not a picture.", "not-an-image"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    stranger = next((what for sign, what in _STRANGERS if head.startswith(sign) or start.startswith(sign)), None)
    if stranger is not None:
        return None, f"It is {stranger}, not a picture.", "not-an-image"
    return None, "It is not a picture that can be read here. JPEG, PNG, WebP, BMP, TIFF and GIF can.", "not-an-image"


def _is_archive(name: str, head: bytes) -> bool:
    """Whether a file is brought as a zip; a document that is one inside is not, nor a picture called .zip."""
    return name.casefold().endswith(".zip") and _recognise(head, inside_zip=False)[0] is None


@lru_cache(1)
def _reads_heif() -> bool:
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


_one_large = threading.Lock()


def _study(source: Source, format: str, ground: str, limits: Limits) -> _Study | LeftOut:
    """Read one picture whole: its marks, its size, and itself as it will be kept."""
    try:
        with source.open() as file:
            of_file = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
            file.seek(0)
            with Image.open(file, formats=[format]) as picture:
                width, height = picture.size
                if width * height > limits.pixels:
                    most = f"{limits.pixels // 1_000_000} million pixels"
                    reason = f"It is {width:,} x {height:,} pixels; {most} are the most. Save it smaller."
                    return LeftOut(source.name, reason, "too-many-pixels")
                if min(width, height) < limits.shortest_side:
                    reason = f"It is {width} x {height} pixels; the shorter side needs {limits.shortest_side} at least."
                    return LeftOut(source.name, reason, "too-small")
                if width * height > LARGE:
                    with _one_large:
                        small, (width, height) = _upright(picture, ground)
                else:
                    small, (width, height) = _upright(picture, ground)
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=92, subsampling=0)
        digest = hashlib.sha256(f"{width} {height} ".encode() + small.tobytes()).hexdigest()
        return _Study(buffer.getvalue(), width, height, (of_file, digest, _perceptual_hash(small)))
    except Image.DecompressionBombError:
        most = f"{limits.pixels // 1_000_000} million pixels"
        return LeftOut(source.name, f"It has far more than {most}. Save it smaller.", "too-many-pixels")
    except Exception as error:  # decoders raise anything on a damaged file; the others must go on
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        return LeftOut(source.name, *_why(error))


def _why(error: Exception) -> tuple[str, str]:
    """The reason and the code for an error that a decoder or an unpacker raised."""
    if isinstance(error, NotImplementedError):
        return "It is packed in a way that cannot be read here. Make the zip again with usual settings.", "unreadable"
    if isinstance(error, MemoryError):
        return "It needs more memory than there is. Save it smaller.", "too-many-pixels"
    if isinstance(error, OSError) and error.errno is not None:
        return f"It cannot be opened ({error.strerror}).", "unreadable"
    message = str(error).lower()
    if not isinstance(error, UnidentifiedImageError) and ("truncated" in message or isinstance(error, EOFError)):
        return "The file is not whole: its end is missing. Copy or save it again.", "truncated"
    return "It is damaged and cannot be read as a picture. Save it anew as PNG or JPEG.", "unreadable"


def _upright(picture: Image.Image, ground: str) -> tuple[Image.Image, tuple[int, int]]:
    """The picture as RGB, upright, flattened, of bounded size; and the upright size of the original."""
    width, height = picture.size
    wanted = _bounded(width, height)
    picture.draft(
        picture.mode, wanted
    )  # a JPEG is decoded at a half, a quarter, an eighth of its size, if that is enough
    picture.load()
    if picture.format == "TIFF":  # Pillow turns it upright by itself
        width, height = picture.size
        wanted = _bounded(width, height)
    turn = _orientation(picture)
    profile = picture.info.get("icc_profile")
    inverted = picture.mode == "CMYK" and picture.format in ("JPEG", "MPO") and "adobe" not in picture.info
    small = _shrunk(picture, wanted)
    if inverted:  # Pillow takes every CMYK JPEG for Adobe's, whose inks are inverted
        small = Image.eval(small, lambda ink: 255 - ink)
    small = _flat(small, profile, ground)
    if min(small.size) > min(SHORT_SIDE, *wanted) * 4 // 3 or max(small.size) > LONG_SIDE:
        halved = small.width >= 1.5 * wanted[0]  # then the narrower filter is as good, and twice as quick
        small = small.resize(wanted, Image.Resampling.HAMMING if halved else Image.Resampling.BICUBIC)
    if turn is not None:
        small = small.transpose(turn)
        if turn in _TURNS_SIDES:
            width, height = height, width
    return small, (width, height)


def _bounded(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, SHORT_SIDE / min(width, height), LONG_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TURNS_SIDES: Final = frozenset(_TURNS[orientation] for orientation in (5, 6, 7, 8))


def _orientation(picture: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(picture.getexif().get(0x0112, 1))
    except Exception:  # camera makers' EXIF is damaged in every way; the picture is still good
        return None


def _shrunk(picture: Image.Image, wanted: tuple[int, int]) -> Image.Image:
    """The picture in a mode that can be averaged, reduced by a whole number to about twice the wanted size.

    In strips, so that a large picture needs little memory beside its own.
    """
    factor = max(1, min(picture.width // (2 * wanted[0]), picture.height // (2 * wanted[1])))
    reach = _reach(picture)
    if picture.width * picture.height <= 2 * 1024 * 1024:
        plain = _plain(picture, reach)
        return plain.reduce(factor) if factor > 1 else plain
    rows = factor * max(1, 2 * 1024 * 1024 // picture.width // factor)
    whole: Image.Image | None = None
    for top in range(0, picture.height, rows):
        strip = _plain(picture.crop((0, top, picture.width, min(top + rows, picture.height))), reach)
        strip = strip.reduce(factor) if factor > 1 else strip
        if whole is None:
            whole = Image.new(strip.mode, (strip.width, -(-picture.height // factor)))
        whole.paste(strip, (0, top // factor))
    assert whole is not None
    return whole


def _reach(picture: Image.Image) -> tuple[float, float]:
    """The values that are black and white in a picture of 16 bits, 32 bits or fractions."""
    if picture.mode.startswith("I;16"):
        return 0, 65535
    if picture.mode not in ("I", "F"):
        return 0, 255
    low, high = cast(tuple[float, float], picture.getextrema())
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = 0, 1
    if low >= 0:
        usual = (1, 255, 65535) if picture.mode == "F" else (255, 65535)
        return 0, next((white for white in usual if high <= white), high)
    return low, max(high, low + 1e-6)


def _plain(picture: Image.Image, reach: tuple[float, float]) -> Image.Image:
    """The picture as L, RGB, RGBA or CMYK with 8 bits."""
    transparent = "transparency" in picture.info or picture.mode in ("PA", "LA", "La", "RGBa")
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        values = np.nan_to_num(np.asarray(picture, np.float32))
        low, high = reach
        return Image.fromarray(np.clip((values - low) * (255 / (high - low)) + 0.5, 0, 255).astype(np.uint8))
    if transparent:
        return picture.convert("RGBA")
    if picture.mode in ("L", "RGB", "RGBA", "CMYK"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _flat(picture: Image.Image, profile: bytes | None, ground: str) -> Image.Image:
    """RGB as a screen shows it: colours by the picture's own profile, and nothing transparent."""
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    if alpha is not None:
        picture = picture.convert("RGB")
    if profile and picture.mode in ("RGB", "CMYK"):
        picture = _in_screen_colours(picture, profile)
    picture = picture.convert("RGB")
    if alpha is not None:
        picture = Image.composite(picture, Image.new("RGB", picture.size, ground), alpha)
    return picture


def _in_screen_colours(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in (own.profile.profile_description or ""):
            return picture
        changed = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture  # a damaged profile: the colours as they are
    return changed or picture


def _ground(colour: str) -> str:
    try:
        red, green, blue = ImageColor.getrgb(colour)[:3]
    except (ValueError, AttributeError, TypeError):
        raise PaintingError(f"{colour!r} is not a colour. Write it like #ffffff.") from None
    return f"#{red:02x}{green:02x}{blue:02x}"


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def _megabytes(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MB" if count < 1 << 30 else f"{count / (1 << 30):,.3g} GB"


# ---------------------------------------------------------------------------------------------------------------------
# Copies that are not exact
# ---------------------------------------------------------------------------------------------------------------------

CUTS: Final = (0, 2, 4, 6)  # of 64: up to 9 % is tried off each side
ALIKE: Final = (
    0.75  # correlation of gradients; copies reach 0.8 and more, other paintings of one painter 0.5, rarely 0.7
)
SUSPECT: Final = 42  # bits of 128 in which the hashes of copies may differ; two paintings differ in 64 on average


def _perceptual_hash(picture: Image.Image) -> str:
    """128 bits as hex: whether it gets brighter from each of 8 x 8 places to the next, across and down (dHash).

    Resizing, recompression and brightness change a few bits, cropping by a twentieth some twenty.
    """
    grey = np.asarray(picture.convert("L").resize((9, 9), Image.Resampling.LANCZOS, reducing_gap=3.0), np.int16)
    bits = np.concatenate([(grey[:8, 1:] > grey[:8, :-1]).ravel(), (grey[1:, :8] > grey[:-1, :8]).ravel()])
    return np.packbits(bits).tobytes().hex()


def _near_twins(
    folder: Path, paintings: Sequence[Painting], known: Sequence[NearTwin], first: int
) -> tuple[NearTwin, ...]:
    """What is ``known`` and, for each painting from the ``first`` new one on, the earlier one that it looks a copy of.

    Pairs with hashes alike are compared closely: the one as it is against the other with a little cut off its sides.
    """
    if len(paintings) < 2 or first >= len(paintings):
        return tuple(known)
    codes = np.array([list(bytes.fromhex(painting.marks[2])) for painting in paintings], np.uint8)
    signs = np.unpackbits(codes, axis=1).astype(np.float32) * 2 - 1
    differing = (signs.shape[1] - signs @ signs.T) / 2
    pairs = [(int(i), int(j)) for i, j in np.argwhere(np.tril(differing <= SUSPECT, -1)) if i >= first]
    around: dict[int, set[int]] = {}
    for i, j in pairs:
        around.setdefault(i, set()).add(j)
        around.setdefault(j, set()).add(i)
    thumbs = {i: _thumb(folder / paintings[i].file) for i in around}
    plain = {i: _gradients(thumb, (0,))[0] for i, thumb in thumbs.items()}
    alike: dict[tuple[int, int], float] = {}
    for i, others in around.items():
        cut = _gradients(thumbs[i], CUTS)
        order = sorted(others)
        best = (cut @ np.stack([plain[j] for j in order], axis=1)).max(axis=0)
        for j, value in zip(order, best, strict=True):
            pair = (max(i, j), min(i, j))
            alike[pair] = max(float(value), alike.get(pair, 0.0))
    twins: dict[int, int] = {}
    for i, j in sorted(pairs):
        if alike[i, j] >= ALIKE and (i not in twins or alike[i, j] > alike[i, twins[i]]):
            twins[i] = j
    found = (
        NearTwin(paintings[i].file, paintings[j].file, paintings[i].name, paintings[j].name) for i, j in twins.items()
    )
    return (*known, *found)


def _thumb(path: Path) -> np.ndarray:
    """A kept picture as (64, 64) float32, grey."""
    with Image.open(path, formats=["JPEG"]) as picture:
        picture.draft("L", (64, 64))
        grey = picture.convert("L").resize((64, 64), Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(grey, np.float32)


def _gradients(thumb: np.ndarray, cuts: tuple[int, ...]) -> np.ndarray:
    """Unit vectors (n, 722) of a thumb's slopes on a 20 x 20 grid, one for each way of cutting its four sides."""
    places, shares = _edges(cuts)  # (ways of cutting two sides, 21)
    ways = len(places)
    # Sums over boxes from running sums; no matrix product, whose threads would wait for each other on a busy machine.
    sums = np.pad(thumb.cumsum(0).cumsum(1), ((1, 1), (1, 1)), mode="edge")
    sums[0], sums[:, 0] = 0, 0
    across = sums[:, places] * (1 - shares) + sums[:, places + 1] * shares
    down = across[places] * (1 - shares)[..., None, None] + across[places + 1] * shares[..., None, None]
    widths = (places[:, -1] + shares[:, -1] - places[:, 0] - shares[:, 0]) / 20
    boxes = np.diff(np.diff(down, axis=1), axis=3)  # (ways, 20, ways, 20)
    grid = (boxes / (widths[:, None, None, None] * widths[:, None])).astype(np.float32)
    both = np.empty((ways, ways, 2, 19, 19), np.float32)
    np.subtract(grid[:, 1:, :, 1:], grid[:, 1:, :, :-1], out=both[:, :, 0].transpose(0, 2, 1, 3))
    np.subtract(grid[:, 1:, :, 1:], grid[:, :-1, :, 1:], out=both[:, :, 1].transpose(0, 2, 1, 3))
    slopes = both.reshape(ways * ways, -1)
    # One strong edge that many share (a horizon, a frame) must not outweigh all the rest.
    np.copysign(np.sqrt(np.abs(slopes)), slopes, out=slopes)
    slopes /= np.sqrt(np.einsum("ij,ij->i", slopes, slopes))[:, None] + 1
    return slopes


@lru_cache(4)
def _edges(cuts: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Where 20 equal boxes begin and end on 64 samples, less some at both ends: whole and fraction, (n, 21)."""
    edges = np.stack([np.linspace(low, 64 - high, 21) for low, high in product(cuts, repeat=2)])
    places = edges.astype(int)
    return places, (edges - places).astype(np.float32)


# ---------------------------------------------------------------------------------------------------------------------
# The prepared folder
# ---------------------------------------------------------------------------------------------------------------------


def _squares(folder: Path, report: Report, size: int) -> Iterator[np.ndarray]:
    """The kept pictures as squares (size, size, 3) uint8, in order, read by a thread for each core."""

    def square(painting: Painting) -> np.ndarray:
        try:
            with Image.open(folder / painting.file, formats=["JPEG"]) as picture:
                picture.draft("RGB", (size, size))
                picture.load()
                whole = (0.0, 0.0, float(picture.width), float(picture.height))
                if report.fit == "crop":
                    side = min(picture.size)
                    left, top = (picture.width - side) / 2, (picture.height - side) / 2
                    whole = (left, top, left + side, top + side)
                return np.asarray(picture.resize((size, size), Image.Resampling.LANCZOS, whole, reducing_gap=2.0))
        except (OSError, ValueError, SyntaxError) as error:
            shown = f"{painting.file} ({painting.name})"
            raise PaintingError(f"{shown} cannot be read any more. Bring the paintings again.") from error

    ahead: deque[Future[np.ndarray]] = deque()
    workers = min(_cores(), 8)
    with ThreadPoolExecutor(workers, "squares") as pool:
        for painting in report.paintings:
            ahead.append(pool.submit(square, painting))
            if len(ahead) > 4 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _sheet(folder: Path, report: Report, width: int) -> Image.Image:
    """Rows of squares with a narrow gap; cells of at most 128 px, smaller for many paintings."""
    gap = 4
    columns = next(
        (n for n in range(width // (128 + gap), width // (32 + gap)) if n * n * 1.5 >= len(report.paintings)), None
    )
    columns = columns or max(1, width // (32 + gap))
    cell = width // columns - gap
    rows = max(1, -(-len(report.paintings) // columns))
    sheet = Image.new("RGB", (columns * (cell + gap) + gap, rows * (cell + gap) + gap), "#808080")
    for index, square in enumerate(_squares(folder, report, cell)):
        row, column = divmod(index, columns)
        sheet.paste(Image.fromarray(square), (gap + column * (cell + gap), gap + row * (cell + gap)))
    return sheet


def _aspect(paintings: Sequence[Painting], fit: str) -> float:
    """Width / height, the median of all (of its logarithm, so that upright and wide weigh alike)."""
    if fit == "crop" or not paintings:
        return 1.0
    return float(np.exp(np.median([math.log(painting.width / painting.height) for painting in paintings])))


def _keep(folder: Path, report: Report) -> None:
    """Write the sheet, then the report that makes all of it count."""
    buffer = io.BytesIO()
    _sheet(folder, report, 1152).save(buffer, "JPEG", quality=88)
    _write(folder / "sheet.jpg", buffer.getvalue())
    _write(folder / "report.json", json.dumps(report.to_json(), ensure_ascii=False, indent=1).encode())


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            if path.suffix == ".json":
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _sweep(folder: Path, report: Report | None) -> None:
    """Delete the kept pictures that no report counts: left by a preparation that was broken off, or dropped."""
    counted = {painting.file for painting in report.paintings} if report else set()
    for file in folder.iterdir() if folder.is_dir() else ():
        if (re.fullmatch(r"\d{5,}\.jpg", file.name) and file.name not in counted) or file.name.endswith(".part"):
            file.unlink(missing_ok=True)


def _too_few(count: int, left_out: Sequence[LeftOut], limits: Limits) -> str:
    paintings = (
        "1 painting is" if count == 1 else f"{count} paintings are" if count else "No painting was accepted: that is"
    )
    reasons = Counter(left.code for left in left_out)
    because = (
        f" {len(left_out)} files were left out, most often because: {_first_reason(left_out, reasons)}"
        if left_out
        else ""
    )
    return f"{paintings} too few to learn from; bring at least {limits.least}.{because}"


def _first_reason(left_out: Sequence[LeftOut], reasons: Counter[str]) -> str:
    code = reasons.most_common(1)[0][0]
    left = next(left for left in left_out if left.code == code)
    return f"{left.name}: {left.reason}"


def _unwritable(error: OSError) -> PaintingError:
    why = error.strerror or "an error of the disk"
    return PaintingError(f"The paintings cannot be kept ({why}). Make room on the disk, or choose another folder.")
