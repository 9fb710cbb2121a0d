"""Values for a browser: pictures as data URIs, and rejected files and errors as plain JSON.

Paths on this machine are nobody's business, so none is ever part of an answer.
"""

from __future__ import annotations

import base64
import math
import re
from pathlib import Path
from typing import Any, Final

from PIL import Image

from neural_art.dataset.report import Painting, Report
from neural_art.errors import NeuralArtError
from neural_art.images import encode

NAMED_REJECTIONS: Final = 300
"""Rejected files that the page names; it only counts the others."""

THUMBNAIL: Final = 240
"""Pixels on the longer side of a thumbnail."""


def data_uri(content: bytes, media_type: str) -> str:
    """``content`` as a URI that an ``<img>`` or a ``<video>`` takes: ``data_uri(png, "image/png")``."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def jpeg(picture: Image.Image, quality: int, **options: Any) -> str:
    """``picture`` as the data URI of a JPEG; ``options`` are Pillow's."""
    return data_uri(encode(picture, "jpeg", quality=quality, **options), "image/jpeg")


def thumbnail(path: Path) -> str:
    """A painting in a run's folder, small and in its own aspect."""
    with Image.open(path) as picture:
        picture.draft("RGB", (THUMBNAIL * 4 // 3, THUMBNAIL * 4 // 3))  # a coarse JPEG is decoded faster
        picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BICUBIC)
        return jpeg(picture.convert("RGB"), 80)


def short_name(painting: Painting) -> str:
    """A painting's file name without folders and suffix."""
    return painting.name.rsplit("/", 1)[-1].rsplit(".", 1)[0][:120]


def file_name(text: str, longest: int = 80) -> str:
    """``text`` as part of a file's name: its letters and figures, in any alphabet, with hyphens between."""
    return re.sub(r"[\W_]+", "-", text).strip("-")[:longest].strip("-") or "neural-art"


def point(value: float) -> float | None:
    """A value of a plotted line; None, which JSON knows, for one that is not a number."""
    return round(value, 4) if math.isfinite(value) else None


def rejections(report: Report, language: str) -> list[dict[str, str]]:
    """The first rejected files with the reasons, and the painting that a file is a duplicate of."""
    return [
        {
            "name": rejected.name,
            "reason": rejected.message.sentence(language)
            + (f" ({rejected.duplicate_of})" if rejected.duplicate_of else ""),
        }
        for rejected in report.rejections[:NAMED_REJECTIONS]
    ]


def refusal(error: NeuralArtError, language: str) -> dict[str, Any]:
    """The answer to a call that was refused: a sentence for the person, a code for the program."""
    return {"error": error.message.sentence(language), "code": error.message.code}
