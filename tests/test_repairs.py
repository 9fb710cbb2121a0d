"""PNGs and JPEGs whose pixels are all there are accepted, whatever else is wrong with the file."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from picture_files import drawn, encoded, filled, kept_pixels, prepared, rejected, swapped_profile
from PIL import Image

from neural_art.dataset.repairs import jpeg_with_end, png_without_comments

PICTURE = drawn(3, (240, 160))
PIXELS = np.asarray(PICTURE).astype(int)


def chunk(kind: bytes, body: bytes, *, checksum: int | None = None) -> bytes:
    checksum = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", checksum)


def png_with(*chunks: bytes, last: bool = False) -> bytes:
    """The picture as PNG, with ``chunks`` before its pixels, or after them."""
    whole = encoded(PICTURE)
    at = whole.index(b"IEND" if last else b"IDAT") - 4
    return whole[:at] + b"".join(chunks) + whole[at:]


LONG = b"history " * 400_000  # 3.2 MB
COMMENTS = {
    "a long editing history": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + LONG),
    "a long packed comment": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(LONG)),
    "a long international comment": chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(LONG)),
    "a wrong checksum": chunk(b"tEXt", b"Comment\0made by hand", checksum=7),
    "a comment that does not unpack": chunk(b"zTXt", b"Comment\0\0not packed"),
    "a comment of another program's making": chunk(b"tEXt", b""),
    "many comments": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 900_000)) * 80,
    "a damaged private chunk": chunk(b"prVt", b"something", checksum=1),
}


@pytest.mark.parametrize("last", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("comment", COMMENTS)
def test_comments_do_not_lose_a_png(tmp_path: Path, comment: str, last: bool) -> None:
    kept = kept_pixels(tmp_path, "a.png", png_with(COMMENTS[comment], last=last))
    assert np.abs(kept - PIXELS).mean() < 2


def test_a_large_colour_profile_is_read_not_refused(tmp_path: Path) -> None:
    swapped = swapped_profile()
    large = struct.pack(">L", len(swapped) + 3_000_000) + swapped[4:] + bytes(3_000_000)
    body = b"Swapped\0\0" + zlib.compress(large)
    whole = encoded(Image.new("RGB", (80, 80), "red"))
    at = whole.index(b"IDAT") - 4
    kept = kept_pixels(tmp_path, "a.png", whole[:at] + chunk(b"iCCP", body) + whole[at:])
    assert kept[..., 2].mean() > 240 > 30 > kept[..., 0].mean()


def test_a_profile_that_unpacks_to_more_than_any_profile_is_left_out() -> None:
    bomb = chunk(b"iCCP", b"bomb\0\0" + zlib.compress(bytes(40 << 20)))
    mended, profile = png_without_comments(io.BytesIO(png_with(bomb)))
    assert profile is None
    assert mended == encoded(PICTURE)


def test_a_mended_png_keeps_its_transparency_and_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    clear = Image.new("P", (80, 120))
    whole = encoded(clear, transparency=0, exif=exif)
    at = whole.index(b"IDAT") - 4
    mended, _ = png_without_comments(io.BytesIO(whole[:at] + COMMENTS["a wrong checksum"] + whole[at:]))
    with Image.open(io.BytesIO(mended)) as picture:
        assert picture.info["transparency"] == 0
        assert picture.getexif()[0x0112] == 6


def test_damaged_pixels_of_a_png_are_refused_for_all_its_comments(tmp_path: Path) -> None:
    content = bytearray(png_with(COMMENTS["a wrong checksum"]))
    at = content.index(b"IDAT") + 200
    content[at : at + 40] = bytes(40)
    folder = filled(tmp_path / "set", 1)
    (folder / "a.png").write_bytes(content)
    assert rejected(prepared(folder, tmp_path / "kept")) == {"a.png": "damaged"}


JPEGS = {
    "baseline": {},
    "progressive": {"progressive": True},
    "full colour": {"subsampling": 0, "quality": 95},
    "restarts": {"restart_marker_rows": 1},
    "progressive with restarts": {"progressive": True, "restart_marker_blocks": 7},
}


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("rest", [b"", b"\xff", b"\0" * 600], ids=["nothing", "half", "zeros"])
def test_a_jpeg_without_its_end_marker_is_accepted(tmp_path: Path, options: dict[str, int], rest: bytes) -> None:
    kept = kept_pixels(tmp_path, "a.jpg", encoded(PICTURE, "JPEG", **options)[:-2] + rest)
    assert np.abs(kept - PIXELS).mean() < 4


def test_a_grey_jpeg_and_one_of_inks_are_accepted_without_their_end_markers() -> None:
    for mode in ("L", "CMYK"):
        assert jpeg_with_end(io.BytesIO(encoded(PICTURE.convert(mode), "JPEG")[:-2])) is not None


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
def test_a_jpeg_that_is_cut_is_refused_wherever_it_is_cut(options: dict[str, int]) -> None:
    whole = encoded(drawn(5, (320, 240)), "JPEG", **options)
    start = whole.index(b"\xff\xda")
    cuts = range(start + 20, len(whole) - 12, max(1, (len(whole) - start) // 40))
    assert [cut for cut in cuts if jpeg_with_end(io.BytesIO(whole[:cut])) is not None] == []
    padded = whole[: len(whole) // 2] + bytes(100_000)  # by a program that rescues files from a broken disk
    assert jpeg_with_end(io.BytesIO(padded)) is None


def test_a_jpeg_that_is_cut_between_two_restarts_is_refused() -> None:
    whole = encoded(drawn(5, (320, 240)), "JPEG", restart_marker_rows=1)
    cuts = [at for number in range(8) if (at := whole.find(bytes([0xFF, 0xD0 + number]), len(whole) // 3)) > 0]
    assert len(cuts) == 8
    assert [cut for cut in cuts if jpeg_with_end(io.BytesIO(whole[:cut])) is not None] == []


def test_a_cut_jpeg_is_rejected_as_incomplete(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    whole = encoded(PICTURE, "JPEG", progressive=True)
    (folder / "a.jpg").write_bytes(whole[: len(whole) * 9 // 10])
    assert rejected(prepared(folder, tmp_path / "kept")) == {"a.jpg": "truncated"}
