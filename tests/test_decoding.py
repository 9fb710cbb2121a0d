"""The bytes of a file become an upright RGB picture, or a reason why not; whatever they hold, they do no harm."""

from __future__ import annotations

import os
import struct
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from picture_files import FEW, drawn, encoded, filled, kept_pixels, prepared, rejected, swapped_profile, zipped
from PIL import Image

from neural_art.dataset.decoding import DecodedImage, DecodePool, decode_file, matte_colour
from neural_art.dataset.limits import Limits
from neural_art.dataset.report import read_report
from neural_art.dataset.sources import gather
from neural_art.errors import DatasetError


def test_only_the_first_picture_of_an_animation_is_seen(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    kept = kept_pixels(tmp_path, "a.gif", encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert kept[..., 0].mean() > 240 > 10 > kept[..., 2].mean()


def test_a_transparent_picture_is_laid_on_the_matte(tmp_path: Path) -> None:
    kept = kept_pixels(tmp_path, "a.png", encoded(Image.new("RGBA", (80, 80), (255, 0, 0, 0))), matte="#204080")
    assert np.abs(kept.mean((0, 1)) - (0x20, 0x40, 0x80)).max() < 4


@pytest.mark.parametrize("mode", ["P", "LA"])
def test_transparency_of_palettes_and_greys_counts(tmp_path: Path, mode: str) -> None:
    clear = Image.new(mode, (80, 80), (0, 0) if mode == "LA" else 3)
    if mode == "P":
        clear.putpalette(bytes(768))
        clear.info["transparency"] = 3
    content = encoded(clear)
    assert kept_pixels(tmp_path, "a.png", content, matte="white").min() > 250


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WebP"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_picture_taken_with_a_turned_camera_is_upright(tmp_path: Path, format: str, orientation: int) -> None:
    upright = Image.new("RGB", (80, 120), "black")
    upright.paste("white", (0, 0, 80, 30))  # the sky is at the top
    turned = upright.transpose(
        {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[orientation]
    )
    exif = Image.Exif()
    exif[0x0112] = orientation
    kept = kept_pixels(tmp_path, "a", encoded(turned, format, exif=exif))
    assert kept.shape == (120, 80, 3)
    assert kept[:20].mean() > 240
    assert kept[40:].mean() < 15
    painting = read_report(tmp_path / "kept").paintings[0]
    assert (painting.width, painting.height) == (80, 120)


def test_damaged_exif_data_does_not_lose_the_picture(tmp_path: Path) -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40
    assert kept_pixels(tmp_path, "a.jpg", encoded(drawn(1), "JPEG", exif=exif)).shape == (90, 120, 3)


@pytest.mark.parametrize("inverted", [True, False])
def test_inks_of_cmyk_are_the_right_way_round(tmp_path: Path, inverted: bool) -> None:
    content = encoded(Image.new("CMYK", (80, 80), (0, 255, 255, 0)), "JPEG", quality=95)  # red
    if not inverted:  # Adobe's marker gone, and the inks as they are
        content = encoded(Image.new("CMYK", (80, 80), (255, 0, 0, 255)), "JPEG", quality=95)
        at = content.index(b"\xff\xee")
        content = content[:at] + content[at + 2 + struct.unpack(">H", content[at + 2 : at + 4])[0] :]
    red, green, blue = kept_pixels(tmp_path, "a.jpg", content).mean((0, 1))
    assert red > 240
    assert max(green, blue) < 20


def test_cmyk_of_a_tiff_is_read(tmp_path: Path) -> None:
    red, green, _ = kept_pixels(tmp_path, "a.tif", encoded(Image.new("CMYK", (80, 80), (0, 255, 255, 0)), "TIFF")).mean(
        (0, 1)
    )
    assert red > 240 > 20 > green


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_grey_of_16_bits_keeps_its_tones(tmp_path: Path, format: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (100, 1))
    kept = kept_pixels(tmp_path, "a", encoded(Image.fromarray(ramp), format))
    assert np.abs(kept[50, :, 0] - np.arange(256)).max() < 6


@pytest.mark.parametrize("white", [1.0, 255.0])
def test_floating_point_values_keep_their_tones(tmp_path: Path, white: float) -> None:
    ramp = np.tile(np.linspace(0, white, 256).astype(np.float32), (100, 1))
    kept = kept_pixels(tmp_path, "a.tif", encoded(Image.fromarray(ramp), "TIFF"))
    assert np.abs(kept[50, :, 0] - np.arange(256)).max() < 6


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_black_and_white_grey_and_palettes_become_colours(tmp_path: Path, mode: str) -> None:
    half = Image.new("L", (100, 100), 0)
    half.paste(255, (0, 0, 50, 100))
    kept = kept_pixels(tmp_path, "a.png", encoded(half.convert(mode)))
    assert kept[:, :45].min() > 240 > 15 > kept[:, 55:].max()


def test_colours_follow_the_pictures_own_profile(tmp_path: Path) -> None:
    kept = kept_pixels(tmp_path, "a.png", encoded(Image.new("RGB", (80, 80), "red"), icc_profile=swapped_profile()))
    assert kept[..., 2].mean() > 240 > 30 > kept[..., 0].mean()


def test_a_damaged_colour_profile_does_not_lose_the_picture(tmp_path: Path) -> None:
    kept = kept_pixels(tmp_path, "a.png", encoded(drawn(1), icc_profile=b"no profile"))
    assert kept.shape == (90, 120, 3)


def test_a_large_picture_is_kept_small_and_its_original_size_is_reported(tmp_path: Path) -> None:
    kept = kept_pixels(tmp_path, "a.png", encoded(drawn(1, (2600, 1300))))
    assert 640 <= min(kept.shape[:2]) <= 853, "what a mural crops from"
    assert kept.shape[1] / kept.shape[0] == pytest.approx(2, rel=0.01)
    painting = read_report(tmp_path / "kept").paintings[0]
    assert (painting.width, painting.height) == (2600, 1300)
    expected = np.asarray(drawn(1, (2600, 1300)).resize((kept.shape[1], kept.shape[0]))).astype(int)
    assert np.abs(kept - expected).mean() < 3  # read in strips, without a seam


def test_no_painting_is_lost_by_a_bad_file_beside_it(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set")
    whole = encoded(drawn(50), "JPEG")
    png = encoded(drawn(51))
    (folder / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "broken.png").write_bytes(png[:60] + b"\0" * 40 + png[100:])
    (folder / "lies.jpg").write_bytes(b"<html><script>alert(1)</script></html>")
    (folder / "notes.txt").write_text("my notes")
    (folder / "scan.pdf").write_bytes(b"%PDF-1.7 ...")
    (folder / "film.mp4").write_bytes(b"\0\0\0\x20ftypisom" + b"\0" * 50)
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "tiny.png").write_bytes(encoded(drawn(52, (300, 40))))
    report = prepared(folder, tmp_path / "kept", Limits())
    assert len(report.paintings) == 8
    assert rejected(report) == {
        "broken.jpg": "truncated",
        "broken.png": "damaged",
        "lies.jpg": "not-an-image",
        "notes.txt": "unknown-format",
        "scan.pdf": "not-an-image",
        "film.mp4": "not-an-image",
        "empty.jpg": "empty",
        "tiny.png": "too-small",
    }
    for language in ("en", "zh"):
        sentences = [each.message.sentence(language) for each in report.rejections]
        assert all(sentence.endswith((".", "。")) for sentence in sentences)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WebP", "BMP", "TIFF", "GIF", "AVIF"])
def test_half_a_file_of_any_format_is_a_rejection_not_an_error(tmp_path: Path, format: str) -> None:
    folder = filled(tmp_path / "set", 1)
    whole = encoded(drawn(50, (200, 200)), format)
    for cut in (12, 40, len(whole) // 2):
        (folder / f"half{cut}").write_bytes(whole[:cut])
    report = prepared(folder, tmp_path / "kept")
    assert report.paintings[0].name == "0.png"
    assert set(rejected(report).values()) <= {"truncated", "damaged", "unknown-format", "unsupported"}
    assert len(rejected(report)) >= 2


def test_a_file_that_is_too_large_is_rejected_unread(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    (folder / "huge.png").write_bytes(encoded(drawn(1)))
    os.truncate(folder / "huge.png", (300 << 20) + 1)  # takes no room on the disk
    began = time.perf_counter()
    report = prepared(folder, tmp_path / "kept")
    assert time.perf_counter() - began < 2
    assert rejected(report) == {"huge.png": "too-large"}
    assert "300 MB" in report.rejections[0].message.sentence()


def test_files_beyond_the_total_are_rejected(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 6)
    sizes = [(folder / f"{number}.png").stat().st_size for number in range(6)]
    report = prepared(folder, tmp_path / "kept", Limits(least=1, total_bytes=sum(sizes[:4])))
    assert len(report.paintings) == 4
    assert rejected(report) == {"4.png": "too-much", "5.png": "too-much"}


def test_a_picture_with_too_many_pixels_is_rejected_unread(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    for name, side in (("bomb.png", 30_000), ("large.png", 12_000)):
        header = bytearray(encoded(Image.new("L", (64, 64))))
        header[16:24] = struct.pack(">LL", side, side)
        header[29:33] = struct.pack(">L", zlib.crc32(bytes(header[12:29])))
        (folder / name).write_bytes(header)
    with warnings.catch_warnings(record=True):
        report = prepared(folder, tmp_path / "kept")
    assert rejected(report) == {"bomb.png": "far-too-many-pixels", "large.png": "too-many-pixels"}


def test_a_zip_bomb_is_rejected(tmp_path: Path) -> None:
    bomb = encoded(drawn(0), "BMP") + b"\0" * (60 << 20)
    packed = zipped(tmp_path / "a.zip", {"bomb.bmp": bomb, "good.png": encoded(drawn(1))})
    assert packed.stat().st_size < 1 << 20
    report = prepared(packed, tmp_path / "kept")
    assert rejected(report) == {"bomb.bmp": "bomb"}
    assert len(report.paintings) == 1


def test_a_zip_that_unpacks_to_more_than_the_total_gives_what_fits(tmp_path: Path) -> None:
    members = {f"{n}.bmp": encoded(drawn(n), "BMP") for n in range(6)}
    size = len(members["0.bmp"])
    report = prepared(zipped(tmp_path / "a.zip", members), tmp_path / "kept", Limits(least=1, total_bytes=3 * size))
    assert len(report.paintings) == 3
    assert set(rejected(report).values()) == {"too-much"}


def test_the_pool_keeps_the_order_and_names_each_file(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 12)
    (folder / "3.png").write_bytes(b"%PDF")
    with DecodePool(gather(folder, FEW), "#ffffff", FEW) as pool:
        decoded = list(pool)
    assert [name for name, _ in decoded] == [f"{number}.png" for number in range(12)]
    assert [isinstance(each, DecodedImage) for _, each in decoded] == [number != 3 for number in range(12)]


def test_a_pool_that_is_full_decodes_no_more(tmp_path: Path) -> None:
    with DecodePool(gather(filled(tmp_path / "set", 40), FEW), "#ffffff", FEW) as pool:
        decoded = []
        for _, each in pool:
            pool.full = True
            decoded.append(each)
    assert isinstance(decoded[0], DecodedImage)
    assert getattr(decoded[-1], "code", None) == "too-many"


def test_a_single_file_is_decoded_exactly_as_a_painting_is_kept(tmp_path: Path) -> None:
    content = encoded(drawn(4, (900, 600)).convert("RGBA"))
    kept = kept_pixels(tmp_path, "a.png", content, matte="#204080")
    picture = decode_file(tmp_path / "a.png", "#204080")
    assert picture.mode == "RGB"
    assert (np.asarray(picture) == kept).all()


@pytest.mark.parametrize(
    ("content", "reason"), [(b"%PDF-1.7", "rejection.not-an-image"), (b"", "rejection.empty"), (b"x", "unknown-format")]
)
def test_a_single_file_that_is_no_picture_is_an_error_with_the_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "sky.jpg").write_bytes(content)
    with pytest.raises(DatasetError, match=r"^sky\.jpg cannot be used\. It is ") as caught:
        decode_file(tmp_path / "sky.jpg", "#ffffff")
    assert caught.value.code == "unusable"
    assert caught.value.values["reason"].code.endswith(reason)


def test_a_single_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"There is nothing at .*nowhere"):
        decode_file(tmp_path / "nowhere.png", "#ffffff")


def test_a_matte_is_any_colour_that_css_knows() -> None:
    assert matte_colour("white") == "#ffffff"
    assert matte_colour("#248") == "#224488"
    assert matte_colour("rgb(1, 2, 3)") == "#010203"
    with pytest.raises(DatasetError, match="'nothing' is not a colour"):
        matte_colour("nothing")
