"""The paintings of a prepared folder in another folder, also where the first one is damaged."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from PIL import Image

from neural_art import files, images
from neural_art.dataset.limits import Limits
from neural_art.dataset.prepare import TooFewPaintings, prepare, write_prepared
from neural_art.dataset.report import Rejection, Report, read_report, typical_aspect
from neural_art.errors import DatasetError

_PICTURE: Final = re.compile(r"\d{5,}\.jpg")
_NAMED: Final = re.compile(r'"file":\s*"(\d{5,}\.jpg)",\s*"name":\s*("(?:[^"\\]|\\.)*")')
_FIT: Final = re.compile(r'"fit":\s*"(\w+)"')


def count_pictures(folder: Path) -> int:
    """How many pictures lie in a prepared folder, whatever its report says."""
    try:
        return sum(_PICTURE.fullmatch(path.name) is not None for path in folder.iterdir())
    except OSError:
        return 0


def copy_prepared(source: Path, folder: Path, *, limits: Limits | None = None) -> Report:
    """Copy the paintings of a prepared folder to ``folder``, with their names and classes.

    Paintings that are damaged are left out. Where the report is, the pictures are prepared anew, under the names that
    can still be read in it. Raises ``TooFewPaintings`` if too few are left, ``DatasetError`` if there are none, and
    ``StorageError``; ``folder`` then holds no paintings.
    """
    limits = limits or Limits()
    with files.storage_errors():
        try:
            report = read_report(source)
        except DatasetError:
            return _prepared_anew(source, folder, limits)
        kept = tuple(painting for painting in report.paintings if _is_sound(source / painting.file))
        if kept != report.paintings:
            report = _without_damaged(report, {painting.file for painting in kept})
        if len(kept) < limits.least:
            raise TooFewPaintings("too-few", report, count=len(kept), least=limits.least)
        folder.mkdir(parents=True, exist_ok=True)
        for painting in kept:
            shutil.copyfile(source / painting.file, folder / painting.file)
        write_prepared(folder, report)
    return report


def _prepared_anew(source: Path, folder: Path, limits: Limits) -> Report:
    text = _text(source / "report.json")
    names = _names(text)
    found = sorted(path for path in source.iterdir() if _PICTURE.fullmatch(path.name)) if source.is_dir() else []
    uploads = [(names.get(path.name, path.name), path) for path in found]
    fit = next((fit for fit in _FIT.findall(text) if fit in images.FITS), "squeeze")
    *_, report = prepare(uploads, folder, fit=fit, limits=limits)
    assert isinstance(report, Report)
    return report


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace") if path.exists() else ""


def _names(text: str) -> Mapping[str, str]:
    """File -> name of the paintings that can be found in a damaged report."""
    names = {}
    for file, name in _NAMED.findall(text):
        try:
            names[file] = json.loads(name)
        except ValueError:
            continue
    return names


def _without_damaged(report: Report, kept: set[str]) -> Report:
    paintings = tuple(painting for painting in report.paintings if painting.file in kept)
    damaged = (Rejection(painting.name, "damaged") for painting in report.paintings if painting.file not in kept)
    return dataclasses.replace(
        report,
        paintings=paintings,
        rejections=(*report.rejections, *damaged),
        near_duplicates=tuple(near for near in report.near_duplicates if {near.file, near.original} <= kept),
        aspect=typical_aspect(paintings, report.fit),
    )


def _is_sound(path: Path) -> bool:
    try:
        with Image.open(path, formats=["JPEG"]) as picture:
            picture.draft("RGB", (64, 64))  # decoded coarsely, but to its end
            picture.load()
    except (OSError, ValueError, SyntaxError):
        return False
    return True
