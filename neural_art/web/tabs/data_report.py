"""A report in a visitor's words: values for the components of the Data tab."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from gradio import processing_utils
from gradio.utils import get_upload_folder
from PIL import Image

from neural_art import images
from neural_art.dataset.report import Painting, Report
from neural_art.dataset.squares import SHEET
from neural_art.errors import NeuralArtError
from neural_art.web import answers
from neural_art.web.visit import Visit

NEAR_DUPLICATES: Final = 24
"""Pairs of near-duplicates that are shown; the others are counted."""

NAMED_CLASSES: Final = 6
"""Classes that are named among the facts."""

EXAMPLE: Final = 184
"""Pixels on the longer side of the example picture: twice what it is shown in, and a few kB."""


def facts(report: Report, visit: Visit) -> dict[str, Any]:
    """A value for ``Facts``: sizes, shapes, classes and how many were left out."""
    smallest, largest = (" × ".join(map(str, size)) for size in (report.smallest, report.largest))
    sizes = smallest if smallest == largest else f"{smallest} – {largest}"
    shapes = [visit.say(f"shape.{shape}", n=count) for shape, count in report.shapes.items() if count]
    named = [
        (visit.say("data.fact.sizes"), f"{sizes} px"),
        (visit.say("data.fact.shapes"), visit.say("comma").join(shapes)),
    ]
    if len(report.class_counts) > 1:
        classes = [f"{name} {count}" for name, count in report.class_counts.items()]
        more = " …" if len(classes) > NAMED_CLASSES else ""
        named.append((visit.say("data.fact.classes"), visit.say("comma").join(classes[:NAMED_CLASSES]) + more))
    if report.rejections:
        named.append((visit.say("data.fact.rejections"), str(len(report.rejections))))
    return {"facts": [list(fact) for fact in named]}


def fits(report: Report, folder: Path, visit: Visit, *, locked: bool) -> dict[str, Any]:
    """A value for ``Cards``: the two ways to make a square, with the painting that they differ most on."""
    example = _example(folder, report.paintings)
    looks = {"squeeze": "squeezed", "crop": "cropped"}
    return {
        "legend": visit.say("fit.title"),
        "cards": [
            {
                "value": fit,
                "title": visit.say(f"fit.{fit}"),
                "note": visit.say(f"fit.{fit}.note"),
                "pictures": [{"source": example, "look": "whole"}, {"source": example, "look": looks[fit]}],
            }
            for fit in images.FITS
        ],
        "chosen": report.fit,
        "locked": locked,
        "answered": True,
    }


def rejections(report: Report, visit: Visit, sentence: str = "") -> dict[str, Any]:
    """A value for ``Rejections``. ``sentence``: what went wrong with the whole upload."""
    named = answers.rejections(report, visit.language)
    count = len(report.rejections)
    return {
        "sentence": sentence,
        "title": visit.say("data.rejections", n=count),
        "files": named,
        "more": visit.say("data.rejections.more", n=count - len(named)) if count > len(named) else "",
        "label": visit.say("data.rejections.list"),
    }


def failure(error: NeuralArtError, visit: Visit) -> dict[str, Any]:
    """A value for ``Rejections`` that says why a check failed, with the files that it left out, if it is known."""
    sentence, report = error.message.sentence(visit.language), getattr(error, "report", None)
    return rejections(report, visit, sentence) if isinstance(report, Report) else {"sentence": sentence}


def duplicates(run: str, report: Report, visit: Visit, *, locked: bool) -> dict[str, Any]:
    """A value for ``Duplicates``."""
    pairs = [
        [{"file": near.original, "name": near.original_name}, {"file": near.file, "name": near.name}]
        for near in report.near_duplicates[:NEAR_DUPLICATES]
    ]
    return {
        "run": run,
        "title": visit.say("duplicates.title", n=len(report.near_duplicates)),
        "note": visit.say("duplicates.note"),
        "locked": locked,
        "pairs": pairs,
    }


def sheet(folder: Path) -> str:
    """A copy of the contact sheet of prepared paintings, where Gradio serves it from."""
    return processing_utils.save_file_to_cache(folder / SHEET, get_upload_folder())


def _example(folder: Path, paintings: tuple[Painting, ...]) -> str:
    """The painting that is the least square."""
    oddest = max(paintings, key=lambda each: max(each.width, each.height) / min(each.width, each.height))
    with Image.open(folder / oddest.file) as picture:
        picture.draft("RGB", (EXAMPLE, EXAMPLE))
        picture.thumbnail((EXAMPLE, EXAMPLE), Image.Resampling.BICUBIC)
        return answers.jpeg(picture.convert("RGB"), 75)
