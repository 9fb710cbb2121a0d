"""A prepared folder: made of an upload, added to, and changed.

It holds ``00000.jpg``, ``00001.jpg``, ... (each painting upright and whole, scaled down until its shorter side has 640
to 853 px), ``report.json`` (what was accepted, what was not and why) and ``sheet.jpg`` (what the network will see).
Paintings become squares when they are read, so squeezing or cropping can be chosen again at any time (``refit``). The
report is written last: without it a folder holds no paintings, whatever else lies there.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from neural_art import files, images
from neural_art.checks import brief
from neural_art.dataset.decoding import DecodedImage, DecodePool, matte_colour
from neural_art.dataset.duplicates import find_near_duplicates
from neural_art.dataset.limits import Limits
from neural_art.dataset.names import class_of, common_folder, natural_key
from neural_art.dataset.report import (
    REPORT,
    NearDuplicate,
    Painting,
    Rejection,
    Report,
    read_report,
    typical_aspect,
    write_report,
)
from neural_art.dataset.sources import Uploads, gather
from neural_art.dataset.squares import SHEET, draw_sheet
from neural_art.errors import DatasetError
from neural_art.events import Progress


class TooFewPaintings(DatasetError):
    """Fewer paintings were accepted than a network can learn from; ``report`` says what became of each file."""

    def __init__(self, code: str, report: Report, **values: Any) -> None:
        super().__init__(code, **values)
        self.report = report


def prepare(
    uploads: Uploads,
    folder: Path,
    *,
    fit: str = "squeeze",
    matte: str = "#ffffff",
    limits: Limits | None = None,
    unread: Sequence[Rejection] = (),
) -> Iterator[Progress | Report]:
    """Check ``uploads`` and keep the paintings in ``folder``. Yields ``Progress``, and the ``Report`` last.

    ``unread``: files that belong to the upload and never came, for the report.

    Files are taken in the natural order of their names, so the same upload gives the same folder. A single top folder
    around everything is skipped; the folders below it are the classes.

    If the folder holds prepared paintings already, the new ones are added: copies of the earlier ones are found, and
    the limits hold for all together. ``fit`` then applies to all paintings, ``matte`` to the new ones.

    Raises ``DatasetError`` if the upload as a whole cannot be used, ``TooFewPaintings`` if fewer than ``limits.least``
    paintings are accepted, and ``StorageError`` if the folder cannot be written. In each case, and if the iteration is
    abandoned, the folder is left as it was.
    """
    limits = limits or Limits()
    matte = matte_colour(matte)
    _check_fit(fit)
    with files.storage_errors():
        folder.mkdir(parents=True, exist_ok=True)
        earlier = read_report(folder) if (folder / REPORT).exists() else None
        _remove_unlisted(folder, earlier)
    found = sorted([*gather(uploads, limits), *unread], key=lambda each: natural_key(each.name))
    yield Progress(0, len(found), "")
    selection = _Selection(folder, earlier, limits)
    complete = False
    try:
        with files.storage_errors():
            with DecodePool(found, matte, limits) as pool:
                for name, decoded in pool:
                    if selection.add(name, decoded):
                        pool.full = len(selection.paintings) >= limits.most
                    yield Progress(pool.done, len(found), name)
            report = selection.report(fit, matte)
            if len(report.paintings) < limits.least:
                raise _too_few(report, selection.rejections, limits.least)
            write_prepared(folder, report)
        complete = True
    finally:
        if not complete:
            _remove_unlisted(folder, earlier)
    yield report


def remove(folder: Path, names: Collection[str], *, limits: Limits | None = None) -> Report:
    """Remove paintings (by ``Painting.file``) from a prepared folder; they are rejections in the report from then on.

    Raises ``DatasetError`` and changes nothing for an unknown file, or if fewer than ``limits.least`` would be left.
    """
    limits = limits or Limits()
    report = read_report(folder)
    unknown = sorted(set(names) - {painting.file for painting in report.paintings})
    if unknown:
        raise DatasetError("unknown-painting", value=brief(unknown[0]))
    kept = tuple(painting for painting in report.paintings if painting.file not in names)
    if len(kept) < limits.least:
        raise DatasetError("too-few-left", count=len(kept), least=limits.least)
    originals = {near.file: near.original_name for near in report.near_duplicates}
    removed = (
        Rejection(painting.name, "near-duplicate", duplicate_of=originals[painting.file])
        if painting.file in originals
        else Rejection(painting.name, "unwanted")
        for painting in report.paintings
        if painting.file in names
    )
    changed = dataclasses.replace(
        report,
        paintings=kept,
        rejections=(*report.rejections, *removed),
        near_duplicates=tuple(
            near for near in report.near_duplicates if near.file not in names and near.original not in names
        ),
        aspect=typical_aspect(kept, report.fit),
    )
    with files.storage_errors():
        write_prepared(folder, changed)
        _remove_unlisted(folder, changed)
    return changed


def refit(folder: Path, fit: str) -> Report:
    """Choose another of ``images.FITS`` for a prepared folder. Takes about a second: nothing is decoded again."""
    _check_fit(fit)
    report = read_report(folder)
    if report.fit == fit:
        return report
    changed = dataclasses.replace(report, fit=fit, aspect=typical_aspect(report.paintings, fit))
    with files.storage_errors():
        write_prepared(folder, changed)
    return changed


class _Selection:
    """The paintings that are accepted: those of an ``earlier`` report, and new ones as they are decoded."""

    def __init__(self, folder: Path, earlier: Report | None, limits: Limits) -> None:
        self.folder = folder
        self.earlier = earlier
        self.most = limits.most
        self.paintings: list[Painting] = list(earlier.paintings) if earlier else []
        self.rejections: list[Rejection] = []  # of this upload
        self._first = len(self.paintings)
        self._number = 1 + max((int(Path(painting.file).stem) for painting in self.paintings), default=-1)
        self._known = {mark: p.name for p in self.paintings for mark in p.fingerprints[:2]}  # exact fingerprint -> name
        self._scrolls: dict[str, str] = {}  # file of a painting -> name of the scroll that it is a piece of
        self._candidates: list[str] = []  # names of pictures, accepted or not: their folders are the classes

    def add(self, name: str, decoded: DecodedImage | Rejection) -> bool:
        """Keep a picture unless it is a copy or too many; whether it was accepted."""
        if isinstance(decoded, Rejection):
            self.rejections.append(decoded)
            return False
        self._candidates.append(name)
        of_file, of_pixels, _ = decoded.fingerprints
        original = self._known.get(of_file, self._known.get(of_pixels))
        if original is not None:
            self.rejections.append(Rejection(name, "duplicate", duplicate_of=original))
            return False
        if len(self.paintings) >= self.most:
            self.rejections.append(Rejection(name, "too-many", {"most": self.most}))
            return False
        file = f"{self._number:05d}.jpg"
        files.write(self.folder / file, decoded.jpeg)
        self.paintings.append(Painting(file, name, None, decoded.width, decoded.height, decoded.fingerprints))
        if decoded.piece_of is not None:
            self._scrolls[file] = decoded.piece_of
        self._number += 1
        self._known.update({of_file: name, of_pixels: name})
        return True

    def report(self, fit: str, matte: str) -> Report:
        top = common_folder(self._candidates)
        new = (dataclasses.replace(p, class_name=class_of(p.name, top)) for p in self.paintings[self._first :])
        paintings = (*self.paintings[: self._first], *new)
        before = self.earlier.rejections if self.earlier else ()
        return Report(
            paintings=paintings,
            rejections=(*before, *(rejection for rejection in self.rejections if rejection not in before)),
            near_duplicates=(*(self.earlier.near_duplicates if self.earlier else ()), *self._near_duplicates()),
            aspect=typical_aspect(paintings, fit),
            fit=fit,
            matte=matte,
        )

    def _near_duplicates(self) -> Iterator[NearDuplicate]:
        """The new paintings that look like copies. Pieces of one scroll may repeat a pattern, and are none."""
        pictures = [self.folder / painting.file for painting in self.paintings]
        hashes = [painting.fingerprints[2] for painting in self.paintings]
        for number, original in find_near_duplicates(pictures, hashes, self._first).items():
            later, earlier = self.paintings[number], self.paintings[original]
            if self._scrolls.get(later.file, later.file) != self._scrolls.get(earlier.file, earlier.file):
                yield NearDuplicate(later.file, earlier.file, later.name, earlier.name)


def _check_fit(fit: str) -> None:
    if fit not in images.FITS:
        raise DatasetError("unknown-fit", value=brief(fit), known=images.FITS)


def write_prepared(folder: Path, report: Report) -> None:
    """Write the contact sheet, then the report that makes all of it count."""
    files.write(folder / SHEET, images.encode(draw_sheet(folder, report), "jpeg", quality=88))
    write_report(folder, report)


def _remove_unlisted(folder: Path, report: Report | None) -> None:
    """Delete pictures that the report does not list, left by a preparation that was cut short or just removed."""
    if not folder.is_dir():
        return
    files.remove_partial(folder)
    listed = {painting.file for painting in report.paintings} if report else set()
    for file in folder.iterdir():
        if re.fullmatch(r"\d{5,}\.jpg", file.name) and file.name not in listed:
            file.unlink(missing_ok=True)


def _too_few(report: Report, rejections: Sequence[Rejection], least: int) -> TooFewPaintings:
    """The error for too few paintings, with the most common reason for the ``rejections`` of this upload."""
    count = len(report.paintings)
    if not rejections:
        return TooFewPaintings("too-few" if count else "none-found", report, count=count, least=least)
    most_common = Counter(rejection.code for rejection in rejections).most_common(1)[0][0]
    example = next(rejection for rejection in rejections if rejection.code == most_common)
    return TooFewPaintings(
        "too-few-accepted" if count else "none-accepted",
        report,
        count=count,
        least=least,
        rejected=len(rejections),
        name=example.name,
        reason=example.message,
    )
