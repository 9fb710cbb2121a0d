"""A file is known by its first bytes, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from picture_files import drawn, encoded, kept_pixels, prepared, rejected, zipped
from PIL import Image

from neural_art.dataset.formats import is_archive, picture_format, unusable
from neural_art.messages import Message


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WebP", "BMP", "TIFF", "GIF", "AVIF", "HEIF"])
def test_a_picture_of_each_format_is_read_whatever_its_name_says(tmp_path: Path, format: str) -> None:
    if format == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    picture = Image.new("RGB", (100, 80), (200, 60, 30))
    kept = kept_pixels(tmp_path, "painting.txt", encoded(picture, format))
    assert kept.shape == (80, 100, 3)
    assert np.abs(kept.mean((0, 1)) - (200, 60, 30)).max() < 6


def test_a_zip_in_a_zip_is_rejected(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"a.png": encoded(drawn(0))}).read_bytes()
    report = prepared(zipped(tmp_path / "a.zip", {"inner.zip": inner, "b.png": encoded(drawn(1))}), tmp_path / "kept")
    assert rejected(report) == {"inner.zip": "nested-zip"}


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"8BPS", "photoshop"),
        (b"Rar!", "rar"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"\x1f\x8b", "gzip"),
        (b"PK\3\4", "archive"),
        (b"\xef\xbb\xbf <SVG>", "vector"),
        (b"\x1aE\xdf\xa3", "film"),
        (b"\0\0\0\x20ftypisom", "film"),
        (b"MZ", "program"),
        (b"\n<!DOCTYPE html>", "web-page"),
    ],
)
def test_what_is_no_picture_is_called_what_it_is(head: bytes, kind: str) -> None:
    assert picture_format(head) is None
    reason = unusable(head, inside_zip=False)
    assert (reason.code, reason.values) == ("not-an-image", {"kind": Message(f"file-kind.{kind}")})


@pytest.mark.parametrize("head", [b"", b"notes", b"BMW and other words"])
def test_what_is_not_known_is_an_unknown_format(head: bytes) -> None:
    assert picture_format(head) is None
    assert unusable(head, inside_zip=False).code == "unknown-format"


def test_an_archive_is_called_zip_and_is_no_picture() -> None:
    assert is_archive("a.ZIP", b"PK\3\4")
    assert is_archive("damaged.zip", b"")
    assert not is_archive("document.docx", b"PK\3\4")
    assert not is_archive("picture.zip", b"\x89PNG\r\n\x1a\n")
