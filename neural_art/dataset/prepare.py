"""What a person brings: checked, turned upright, kept in a folder, and squared for the network.

A prepared folder holds ``00000.jpg``, ``00001.jpg``, ... (each painting upright and whole, scaled down until its
shorter side has 384 to 512 px), ``report.json`` (what was accepted, what was left out and why) and ``sheet.jpg`` (what
the network will see). Squeezing or cropping to a square happens when the pictures are read, so the choice can be
changed at any time (``refit``). The report is written last: without it a folder holds no paintings, whatever else lies
there.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import os
import re
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from neural_art.dataset.decoding import Studies, Study, cores, ground_colour
from neural_art.dataset.duplicates import near_twins
from neural_art.dataset.sources import LeftOut, Limits, gather, kind_of, wrapping
from neural_art.errors import PaintingError

if TYPE_CHECKING:
    import torch

FITS: Final = ("squeeze", "crop")
"""How a painting becomes a square: whole but squeezed, or its middle."""

PAPER: Final = "#f4f1ea"  # under the contact sheet


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
    def classes(self) -> tuple[list[str], list[int]]:
        """The classes' names in order, and each painting's class as an index into them; both empty without classes.

        Paintings that lie outside of all folders are a class of their own, "". One class alone is none.
        """
        names = sorted({painting.kind or "" for painting in self.paintings})
        if len(names) < 2:
            return [], []
        return names, [names.index(painting.kind or "") for painting in self.paintings]

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
    ground = ground_colour(ground)
    if fit not in FITS:
        raise PaintingError(f"{fit!r} is not a way to make a square. Choose one of {', '.join(FITS)}.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        earlier = read_report(folder) if (folder / "report.json").exists() else None
        _sweep(folder, earlier)
    except OSError as error:
        raise _unwritable(error) from error
    everything = gather(brought, limits)
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
        with Studies(everything, ground, limits) as studies:
            for name, study in studies:
                if isinstance(study, Study):
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
        top = wrapping(candidates)
        paintings[first:] = [dataclasses.replace(p, kind=kind_of(p.name, top)) for p in paintings[first:]]
        report = Report(
            paintings=tuple(paintings),
            left_out=(*before, *(left for left in left_out if left not in before)),
            near_twins=_all_twins(folder, paintings, earlier.near_twins if earlier else (), first),
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
    workers = min(cores(), 8)
    with ThreadPoolExecutor(workers, "squares") as pool:
        for painting in report.paintings:
            ahead.append(pool.submit(square, painting))
            if len(ahead) > 4 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _sheet(folder: Path, report: Report, width: int) -> Image.Image:
    """Rows of squares on paper, with a narrow gap; cells of at most 128 px, smaller for many paintings."""
    gap = 4
    columns = next(
        (n for n in range(width // (128 + gap), width // (32 + gap)) if n * n * 1.5 >= len(report.paintings)), None
    )
    columns = columns or max(1, width // (32 + gap))
    cell = width // columns - gap
    rows = max(1, -(-len(report.paintings) // columns))
    sheet = Image.new("RGB", (columns * (cell + gap) + gap, rows * (cell + gap) + gap), PAPER)
    for index, square in enumerate(_squares(folder, report, cell)):
        row, column = divmod(index, columns)
        sheet.paste(Image.fromarray(square), (gap + column * (cell + gap), gap + row * (cell + gap)))
    return sheet


def _aspect(paintings: Sequence[Painting], fit: str) -> float:
    """Width / height, the median of all (of its logarithm, so that upright and wide weigh alike)."""
    if fit == "crop" or not paintings:
        return 1.0
    return float(np.exp(np.median([math.log(painting.width / painting.height) for painting in paintings])))


def _all_twins(
    folder: Path, paintings: Sequence[Painting], known: Sequence[NearTwin], first: int
) -> tuple[NearTwin, ...]:
    """What is ``known``, and what the paintings from the ``first`` new one on look copies of."""
    twins = near_twins([folder / each.file for each in paintings], [each.marks[2] for each in paintings], first)
    found = (
        NearTwin(paintings[i].file, paintings[j].file, paintings[i].name, paintings[j].name) for i, j in twins.items()
    )
    return (*known, *found)


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
