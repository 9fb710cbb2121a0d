"""A file is known by its first bytes, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from picture_files import drawn, encoded, filled, kept_pixels, prepared, rejected, zipped
from PIL import Image

from neural_art.dataset.formats import is_archive, is_camera_raw, picture_format, unusable
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


RAW_HEADS = {
    "ORF": b"IIRO\x08\0\0\0",
    "RW2": b"IIU\0\x18\0\0\0",
    "RAF": b"FUJIFILMCCD-RAW 0201FF",
    "X3F": b"FOVb\0\0\2\0",
    "MRW": b"\0MRM\0\0\0\0",
    "CRW": b"II\x1a\0\0\0HEAPCCDR",
    "CR2": b"II*\0\x10\0\0\0CR\2\0",
    "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
}


@pytest.mark.parametrize("head", RAW_HEADS.values(), ids=RAW_HEADS)
def test_a_cameras_raw_file_is_known_by_its_first_bytes(head: bytes) -> None:
    assert is_camera_raw("photo", head)


@pytest.mark.parametrize("ending", ["DNG", "nef", "Nrw", "arw", "sr2", "pef", "srw", "3fr", "iiq", "rwl", "erf", "mos"])
def test_a_tiff_is_a_raw_file_if_it_is_called_so(ending: str) -> None:
    assert is_camera_raw(f"IMG_1.{ending}", b"II*\0\x08\0\0\0")
    assert not is_camera_raw(f"IMG_1.{ending}", b"\xff\xd8\xff\xe0")
    assert not is_camera_raw(f"{ending}.tif", b"II*\0\x08\0\0\0")
    assert not is_camera_raw(ending, b"II*\0\x08\0\0\0")


@pytest.mark.parametrize("photometric", ["cfa", "linear_raw", "dng"])
def test_a_raw_file_is_known_by_what_lies_below_its_preview(tmp_path: Path, photometric: str) -> None:
    folder = filled(tmp_path / "set", 1)
    preview = np.zeros((120, 160, 3), np.uint8)
    sensor = np.zeros((240, 320) if photometric == "cfa" else (240, 320, 3), np.uint16)
    with tifffile.TiffWriter(folder / "photo.tif") as writer:
        if photometric == "dng":
            writer.write(preview, photometric="rgb", extratags=[(50706, "B", 4, b"\1\4\0\0", True)])
        else:
            writer.write(preview, photometric="rgb", subifds=1, subfiletype=1)
            writer.write(sensor, photometric=photometric)
    (reason,) = prepared(folder, tmp_path / "kept").rejections
    assert (reason.name, reason.code) == ("photo.tif", "camera-raw")
    assert "JPEG or TIFF" in reason.message.sentence()


def test_an_archive_is_called_zip_and_is_no_picture() -> None:
    assert is_archive("a.ZIP", b"PK\3\4")
    assert is_archive("damaged.zip", b"")
    assert not is_archive("document.docx", b"PK\3\4")
    assert not is_archive("picture.zip", b"\x89PNG\r\n\x1a\n")
