"""TIFFs of every depth look like the same picture in 8 bits, or it is said which kind cannot be read."""

from __future__ import annotations

import io
import shutil
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from picture_files import encoded, filled, kept_pixels, prepared, rejected, swapped_profile
from PIL import Image, ImageCms

from neural_art.dataset.report import read_report

SIDE = 96
RAMP = np.linspace(0, 1, SIDE)[None, :] * np.linspace(0.2, 1, SIDE)[:, None]  # (96, 96), from 0 to 1
COLOURS = np.stack([RAMP, RAMP**2, 1 - RAMP], -1)
CLOSE = 3  # of 255, on average


def tiff(values: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def whole(values: np.ndarray, bits: int, largest: int | None = None) -> np.ndarray:
    """0 to 1 as whole numbers of so many bits; ``largest``: what stands for 1."""
    return np.round(values * (largest or 2**bits - 1)).astype(f"u{bits // 8}")


def assert_like(tmp_path: Path, content: bytes, expected: np.ndarray) -> None:
    shutil.rmtree(tmp_path / "kept", ignore_errors=True)
    kept = kept_pixels(tmp_path, "a.tif", content)
    expected = expected if expected.ndim == 3 else np.dstack([expected] * 3)
    assert kept.shape == expected.shape
    assert np.abs(kept - 255 * expected).mean() < CLOSE


def lzw(path: Path, values: np.ndarray, **options: Any) -> None:
    """A TIFF packed with LZW, as plainly as the format allows: each byte is a code of 9 bits."""
    path.write_bytes(tiff(values, **options))
    with tifffile.TiffFile(path, mode="r+") as opened:
        page = opened.pages[0]
        packed = []
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
            opened.filehandle.seek(offset)
            content = opened.filehandle.read(count)
            codes = [code for at in range(0, count, 200) for code in (256, *content[at : at + 200])]
            bits = "".join(f"{code:09b}" for code in [*codes, 257])
            packed.append(int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big"))
        end = opened.filehandle.size
        offsets = [end + sum(map(len, packed[:number])) for number in range(len(packed))]
        page.tags["Compression"].overwrite(5)
        page.tags["StripOffsets"].overwrite(offsets)
        page.tags["StripByteCounts"].overwrite([len(each) for each in packed])
    with path.open("ab") as file:
        file.write(b"".join(packed))


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("packed", [{}, {"compression": "zlib"}, {"compression": "zlib", "predictor": 2}], ids=str)
def test_greys_of_any_depth_are_seen_as_they_are(tmp_path: Path, bits: int, byteorder: str, packed: dict) -> None:
    values = whole(RAMP, bits).astype(f"{byteorder}u{bits // 8}")
    assert_like(tmp_path, tiff(values, photometric="minisblack", byteorder=byteorder, **packed), RAMP)


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_where_white_is_zero_it_stays_white(tmp_path: Path, bits: int, byteorder: str) -> None:
    values = whole(RAMP, bits).astype(f"{byteorder}u{bits // 8}")
    assert_like(tmp_path, tiff(values, photometric="miniswhite", byteorder=byteorder), 1 - RAMP)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd"])
def test_packed_greys_of_16_bits_are_seen_as_they_are(tmp_path: Path, compression: str) -> None:
    content = encoded(Image.fromarray(whole(RAMP, 16)), "TIFF", compression=compression)
    assert_like(tmp_path, content, RAMP)
    white_is_zero = encoded(Image.fromarray(whole(RAMP, 16)), "TIFF", compression=compression, tiffinfo={262: 0})
    with Image.open(io.BytesIO(white_is_zero)) as picture:
        assert picture.tag_v2[262] == 0
    assert_like(tmp_path, white_is_zero, 1 - RAMP)


@pytest.mark.parametrize("depth", [8, 10, 12, 14])
@pytest.mark.parametrize("declared", [True, False])
def test_fewer_bits_in_words_of_16_are_not_darker(tmp_path: Path, depth: int, declared: bool) -> None:
    tags = [(281, "H", 1, 2**depth - 1, True)] if declared else []
    for values, photometric in ((RAMP, "minisblack"), (COLOURS, "rgb")):
        content = tiff(whole(values, 16, 2**depth - 1), photometric=photometric, extratags=tags)
        assert_like(tmp_path, content, values)


def test_a_dark_picture_of_16_bits_stays_dark(tmp_path: Path) -> None:
    assert_like(tmp_path, tiff(whole(RAMP * 0.15, 16), photometric="minisblack"), RAMP * 0.15)


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_greys_with_transparency_are_laid_on_the_matte(tmp_path: Path, bits: int, photometric: str) -> None:
    alpha = np.ones_like(RAMP)
    alpha[:20] = 0
    values = np.stack([whole(RAMP, bits), whole(alpha, bits)], -1)
    content = tiff(values, photometric=photometric, extrasamples=["unassalpha"], planarconfig="contig")
    seen = RAMP if photometric == "minisblack" else 1 - RAMP
    assert_like(tmp_path, content, np.where(alpha > 0, seen, 1))


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_colours_multiplied_by_their_transparency_are_seen_as_they_are(tmp_path: Path, bits: int) -> None:
    values = np.dstack([whole(COLOURS / 2, bits), whole(np.full_like(RAMP, 0.5), bits)])
    content = tiff(values, photometric="rgb", extrasamples=["assocalpha"])
    assert_like(tmp_path, content, COLOURS / 2 + 0.5)


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("layout", ["contig", "separate", "tiled", "extra", "bigtiff"])
def test_colours_are_read_from_every_layout(tmp_path: Path, bits: int, layout: str) -> None:
    values = whole(COLOURS, bits)
    options: dict[str, Any] = {"photometric": "rgb"}
    if layout == "separate":
        values, options["planarconfig"] = np.ascontiguousarray(np.moveaxis(values, -1, 0)), "separate"
    if layout == "tiled":
        options["tile"] = (32, 32)
    if layout == "extra":
        values, options["extrasamples"] = np.dstack([values, values[..., :1]]), ["unspecified"]
    if layout == "bigtiff":
        options["bigtiff"] = True
    assert_like(tmp_path, tiff(values, **options), COLOURS)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("alpha", [True, False])
def test_inks_become_colours(tmp_path: Path, bits: int, alpha: bool) -> None:
    inks = np.dstack([1 - COLOURS, np.zeros_like(RAMP)])
    extra = {"extrasamples": ["unassalpha"]} if alpha else {}
    values = whole(np.dstack([inks, np.ones_like(RAMP)]) if alpha else inks, bits)
    assert_like(tmp_path, tiff(values, photometric="separated", **extra), COLOURS)


@pytest.mark.parametrize("bits", [8, 16])
def test_lab_becomes_colours(tmp_path: Path, bits: int) -> None:
    rgb = Image.fromarray(whole(COLOURS, 8))
    lab = ImageCms.profileToProfile(
        rgb, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    values = np.asarray(lab) if bits == 8 else np.asarray(lab).astype(np.uint16) << 8
    assert_like(tmp_path, tiff(values, photometric="cielab"), COLOURS)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("white", [1, 1.02, 255])
def test_floating_point_colours_are_seen_as_they_are(tmp_path: Path, kind: type, white: float) -> None:
    for values, photometric in ((RAMP, "minisblack"), (COLOURS, "rgb")):
        assert_like(tmp_path, tiff((values * white).astype(kind), photometric=photometric), values)


@pytest.mark.parametrize("kind", [np.int16, np.int32])
def test_signed_numbers_are_seen_as_they_are(tmp_path: Path, kind: type) -> None:
    assert_like(tmp_path, tiff((RAMP * np.iinfo(kind).max).astype(kind), photometric="minisblack"), RAMP)


@pytest.mark.parametrize("packed", [False, True])
def test_a_deep_tiff_is_turned_upright(tmp_path: Path, packed: bool) -> None:
    turned = np.zeros((80, 120), np.uint16)
    turned[:, :30] = 65535  # the sky is at the top of the picture, once it is turned
    if packed:  # Pillow reads it
        content = encoded(Image.fromarray(turned), "TIFF", compression="tiff_lzw", tiffinfo={274: 6})
    else:
        content = tiff(turned, photometric="minisblack", extratags=[(274, "H", 1, 6, True)])
    kept = kept_pixels(tmp_path, "a.tif", content)
    assert kept.shape == (120, 80, 3)
    assert kept[:20].mean() > 240 > 15 > kept[40:].mean()
    painting = read_report(tmp_path / "kept").paintings[0]
    assert (painting.width, painting.height) == (80, 120)


def test_a_deep_tiff_follows_its_colour_profile(tmp_path: Path) -> None:
    values = np.zeros((80, 80, 3), np.uint16)
    values[..., 0] = 65535
    kept = kept_pixels(tmp_path, "a.tif", tiff(values, photometric="rgb", iccprofile=swapped_profile()))
    assert kept[..., 2].mean() > 240 > 30 > kept[..., 0].mean()


def test_a_picture_that_calls_itself_a_thumbnail_is_used_where_there_is_no_other(tmp_path: Path) -> None:
    assert_like(tmp_path, tiff(whole(RAMP, 16, 4095), photometric="minisblack", subfiletype=1), RAMP)


def test_a_kind_of_tiff_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    content = bytearray(tiff(COLOURS.astype(np.float32), photometric="rgb"))
    entry = content.index(b"\x03\x01\x03\0\x01\0\0\0\x01\0")  # tag 259, the compression, is 1
    content[entry + 8 : entry + 10] = (34887).to_bytes(2, "little")
    (folder / "a.tif").write_bytes(content)
    (reason,) = prepared(folder, tmp_path / "kept").rejections
    assert reason.code == "tiff-kind"
    assert "RGB, 32-bit float, LERC" in reason.message.sentence()


def test_what_pillow_would_misread_is_named_or_read_right(tmp_path: Path) -> None:
    """Where tifffile cannot unpack, Pillow reads colours of 16 bits; but planes and 12 bits in 16 it gets wrong."""
    folder = tmp_path / "set"
    folder.mkdir()
    deep, planes = whole(COLOURS, 16), np.ascontiguousarray(np.moveaxis(whole(COLOURS, 16), -1, 0))
    with_alpha = np.stack([whole(RAMP, 16), np.full_like(whole(RAMP, 16), 65535)], -1)
    lzw(folder / "right.tif", deep, photometric="rgb")
    lzw(folder / "planes.tif", planes, photometric="rgb", planarconfig="separate")
    lzw(folder / "twelve.tif", whole(COLOURS, 16, 4095), photometric="rgb")
    lzw(folder / "alpha.tif", with_alpha, photometric="minisblack", extrasamples=["unassalpha"], planarconfig="contig")
    lzw(folder / "float.tif", COLOURS.astype(np.float32), photometric="rgb")
    report = prepared(folder, tmp_path / "kept")
    assert rejected(report) == dict.fromkeys(["planes.tif", "twelve.tif", "alpha.tif", "float.tif"], "tiff-kind")
    assert {reason.name: reason.values["kind"] for reason in report.rejections}["alpha.tif"] == "grey, 16-bit, LZW"
    kept = np.asarray(Image.open(tmp_path / "kept" / report.paintings[0].file)).astype(int)
    assert np.abs(kept - 255 * COLOURS).mean() < CLOSE


def test_a_deep_tiff_that_is_cut_or_hostile_is_a_rejection(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    content = tiff(whole(COLOURS, 16), photometric="rgb")
    (folder / "cut.tif").write_bytes(content[: len(content) * 2 // 3])
    (folder / "bomb.tif").write_bytes(tiff(whole(COLOURS, 16), photometric="rgb", compression="zlib"))
    packed = zlib.compress(bytes(40 << 20))
    with tifffile.TiffFile(folder / "bomb.tif", mode="r+") as opened:
        tags, end = opened.pages[0].tags, opened.filehandle.size
        tags["StripOffsets"].overwrite(end)
        tags["StripByteCounts"].overwrite(len(packed))
    with (folder / "bomb.tif").open("ab") as file:
        file.write(packed)
    assert rejected(prepared(folder, tmp_path / "kept")) == {"cut.tif": "truncated", "bomb.tif": "bomb"}
