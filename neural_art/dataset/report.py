"""What became of an upload: the paintings that were accepted, the files that were not, and why."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from neural_art import files
from neural_art.errors import DatasetError, NeuralArtError, StorageError
from neural_art.messages import Message

REPORT: Final = "report.json"
"""The report's file name in a prepared folder. It is written last: without it a folder holds no paintings."""


FINE_ENOUGH: Final = 0.75
"""Side of a painting, as a share of the pictures', from which on they gain from being so large."""


@dataclass(frozen=True)
class Painting:
    """An accepted painting. ``name`` and ``class_name`` come from a stranger: escape them where they are shown."""

    file: str  # in the prepared folder, such as "00000.jpg"
    name: str  # as uploaded, with its folders
    class_name: str | None  # the first level of sub-folders
    width: int  # of the original, upright
    height: int
    fingerprints: tuple[str, str, str] = field(default=("", "", ""), repr=False)
    """SHA-256 of the file and of its pixels, and a perceptual hash: copies that are uploaded later are found by
    them."""


@dataclass(frozen=True)
class NearDuplicate:
    """Two accepted paintings that look like copies of each other. ``file``, the later one, may be removed."""

    file: str
    original: str
    name: str
    original_name: str


@dataclass(frozen=True)
class Rejection:
    """A file that is not used, and why: ``code`` and ``values`` belong to a sentence of the catalogue."""

    name: str  # as uploaded, with its folders
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    duplicate_of: str | None = None  # the name of the painting that the file repeats

    @property
    def message(self) -> Message:
        """The reason: a sentence or two about the file, without its name."""
        return Message(f"rejection.{self.code}", self.values)


class Unusable(NeuralArtError):
    """One file, folder or zip cannot be used. Whoever knows its name makes a ``Rejection`` of it."""

    subject = "rejection"

    def rejection(self, name: str) -> Rejection:
        """The same about the file called ``name``."""
        return Rejection(name, self.code, self.values)


@dataclass(frozen=True)
class Report:
    """What became of everything that was uploaded to one prepared folder."""

    paintings: tuple[Painting, ...]
    rejections: tuple[Rejection, ...]
    near_duplicates: tuple[NearDuplicate, ...]
    aspect: float  # width / height that pictures are shown in (see ``typical_aspect``)
    fit: str  # one of ``images.FITS``
    matte: str  # "#rrggbb", the colour behind transparent paintings

    @property
    def class_counts(self) -> dict[str, int]:
        """Class -> number of paintings. Empty without classes; paintings outside of all folders are not counted."""
        return dict(Counter(painting.class_name for painting in self.paintings if painting.class_name is not None))

    @property
    def class_names(self) -> list[str]:
        """The names of the classes, sorted. Empty if there are fewer than two.

        Paintings outside of all folders are a class of their own, "".
        """
        names = sorted({painting.class_name or "" for painting in self.paintings})
        return names if len(names) > 1 else []

    @property
    def class_indices(self) -> list[int]:
        """Each painting's class, as an index into ``class_names``. Empty without classes."""
        indices = {name: index for index, name in enumerate(self.class_names)}
        return [indices[painting.class_name or ""] for painting in self.paintings] if indices else []

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

    def too_coarse_for(self, size: int) -> Message | None:
        """What is to be said where pictures of ``size`` px would be much finer than most of the paintings."""
        sides, least = [min(painting.width, painting.height) for painting in self.paintings], int(FINE_ENOUGH * size)
        smaller = sum(side < least for side in sides)
        if 2 * smaller <= len(sides):
            return None
        values = {"count": smaller, "all": len(sides), "size": size, "least": least}
        return Message("dataset.coarser-than-pictures", values)

    def to_json(self) -> dict[str, Any]:
        """Plain values; ``from_json`` makes the same report of them."""
        rejections = [
            {**dataclasses.asdict(each), "values": each.message.to_json()["values"]} for each in self.rejections
        ]
        return {**dataclasses.asdict(self), "rejections": rejections}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Report:
        """The report that ``to_json`` wrote. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for anything else."""
        paintings = (Painting(**{**each, "fingerprints": tuple(each["fingerprints"])}) for each in values["paintings"])
        rejections = (Rejection(**{**each, "values": Message.from_json(each).values}) for each in values["rejections"])
        return cls(
            paintings=tuple(paintings),
            rejections=tuple(rejections),
            near_duplicates=tuple(NearDuplicate(**each) for each in values["near_duplicates"]),
            aspect=float(values["aspect"]),
            fit=str(values["fit"]),
            matte=str(values["matte"]),
        )


def read_report(folder: Path) -> Report:
    """The report of a prepared folder. Raises ``DatasetError`` if there is none, or it is damaged."""
    try:
        values = files.read_json(folder / REPORT)
        if values is None:
            raise DatasetError("not-prepared")
        return from_version_0_1(values) if "left_out" in values else Report.from_json(values)
    except (OSError, StorageError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError("damaged-report") from error


def write_report(folder: Path, report: Report) -> None:
    """Write ``report`` to a prepared folder, whole or not at all."""
    files.write_json(folder / REPORT, report.to_json())


def typical_aspect(paintings: Sequence[Painting], fit: str) -> float:
    """Width / height of the paintings: the median, of the logarithm so that upright and wide weigh alike.

    1 if the paintings are cropped to squares, or there are none.
    """
    if fit == "crop" or not paintings:
        return 1.0
    return float(np.exp(np.median([math.log(painting.width / painting.height) for painting in paintings])))


def from_version_0_1(values: Mapping[str, Any]) -> Report:
    """The report that version 0.1 wrote. Its reasons were English sentences; they stay as they were written.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` for anything else.
    """
    paintings = (
        Painting(each["file"], each["name"], each["kind"], each["width"], each["height"], tuple(each["marks"]))
        for each in values["paintings"]
    )
    rejections = (
        Rejection(each["name"], "as-told", {"reason": each["reason"]}, each["twin"]) for each in values["left_out"]
    )
    near_duplicates = (
        NearDuplicate(each["file"], each["twin"], each["name"], each["twin_name"]) for each in values["near_twins"]
    )
    return Report(
        paintings=tuple(paintings),
        rejections=tuple(rejections),
        near_duplicates=tuple(near_duplicates),
        aspect=float(values["aspect"]),
        fit=str(values["fit"]),
        matte=str(values["ground"]),
    )
