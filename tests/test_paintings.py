"""What is brought: every kind of picture that is read, and every kind of file that must do no harm."""

from __future__ import annotations

import io
import json
import os
import struct
import time
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, ImageEnhance

from neural_art import paintings
from neural_art.errors import PaintingError
from neural_art.paintings import CODES, LeftOut, Limits, Progress, Report, TooFewPaintings

FEW = Limits(least=1)


def drawn(seed: int, size: tuple[int, int] = (120, 90)) -> Image.Image:
    """A picture of soft spots, unlike that of any other seed."""
    spots = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(spots).resize(size, Image.Resampling.BICUBIC)


def encoded(picture: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def filled(folder: Path, count: int = 8, start: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        (folder / f"{number}.png").write_bytes(encoded(drawn(number)))
    return folder


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def prepared(brought: Path | Sequence[tuple[str, Path]], folder: Path, limits: Limits = FEW, **options: str) -> Report:
    *_, report = paintings.prepare(brought, folder, limits=limits, **options)
    assert isinstance(report, Report)
    return report


def reasons(report: Report) -> dict[str, str]:
    return {left.name: left.code for left in report.left_out}


def only_pixels(tmp_path: Path, name: str, content: bytes, **options: str) -> np.ndarray:
    """One file brought alone: its kept picture (h, w, 3)."""
    (tmp_path / name).write_bytes(content)
    report = prepared(tmp_path / name, tmp_path / "kept", **options)
    return np.asarray(Image.open(tmp_path / "kept" / report.paintings[0].file)).astype(int)


# --- what is read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WebP", "BMP", "TIFF", "GIF", "AVIF", "HEIF"])
def test_a_picture_of_each_format_is_read_whatever_its_name_says(tmp_path: Path, format: str) -> None:
    if format == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    picture = Image.new("RGB", (100, 80), (200, 60, 30))
    kept = only_pixels(tmp_path, "painting.txt", encoded(picture, format))
    assert kept.shape == (80, 100, 3)
    assert np.abs(kept.mean((0, 1)) - (200, 60, 30)).max() < 6


def test_only_the_first_picture_of_an_animation_is_seen(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    kept = only_pixels(tmp_path, "a.gif", encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert kept[..., 0].mean() > 240 > 10 > kept[..., 2].mean()


def test_a_transparent_picture_is_laid_on_the_chosen_ground(tmp_path: Path) -> None:
    kept = only_pixels(tmp_path, "a.png", encoded(Image.new("RGBA", (80, 80), (255, 0, 0, 0))), ground="#204080")
    assert np.abs(kept.mean((0, 1)) - (0x20, 0x40, 0x80)).max() < 4


@pytest.mark.parametrize("mode", ["P", "LA"])
def test_transparency_of_palettes_and_greys_is_seen(tmp_path: Path, mode: str) -> None:
    clear = Image.new(mode, (80, 80), (0, 0) if mode == "LA" else 3)
    if mode == "P":
        clear.putpalette(bytes(768))
        clear.info["transparency"] = 3
    content = encoded(clear)
    assert only_pixels(tmp_path, "a.png", content, ground="white").min() > 250


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
    kept = only_pixels(tmp_path, "a", encoded(turned, format, exif=exif))
    assert kept.shape == (120, 80, 3)
    assert kept[:20].mean() > 240
    assert kept[40:].mean() < 15
    painting = paintings.read_report(tmp_path / "kept").paintings[0]
    assert (painting.width, painting.height) == (80, 120)


def test_damaged_camera_notes_do_not_lose_the_picture(tmp_path: Path) -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40
    assert only_pixels(tmp_path, "a.jpg", encoded(drawn(1), "JPEG", exif=exif)).shape == (90, 120, 3)


@pytest.mark.parametrize("inverted", [True, False])
def test_inks_of_cmyk_are_the_right_way_round(tmp_path: Path, inverted: bool) -> None:
    content = encoded(Image.new("CMYK", (80, 80), (0, 255, 255, 0)), "JPEG", quality=95)  # red
    if not inverted:  # Adobe's marker gone, and the inks as they are
        content = encoded(Image.new("CMYK", (80, 80), (255, 0, 0, 255)), "JPEG", quality=95)
        at = content.index(b"\xff\xee")
        content = content[:at] + content[at + 2 + struct.unpack(">H", content[at + 2 : at + 4])[0] :]
    red, green, blue = only_pixels(tmp_path, "a.jpg", content).mean((0, 1))
    assert red > 240
    assert max(green, blue) < 20


def test_cmyk_of_a_tiff_is_read(tmp_path: Path) -> None:
    red, green, _ = only_pixels(tmp_path, "a.tif", encoded(Image.new("CMYK", (80, 80), (0, 255, 255, 0)), "TIFF")).mean(
        (0, 1)
    )
    assert red > 240 > 20 > green


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_grey_of_16_bits_keeps_its_tones(tmp_path: Path, format: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (100, 1))
    kept = only_pixels(tmp_path, "a", encoded(Image.fromarray(ramp), format))
    assert np.abs(kept[50, :, 0] - np.arange(256)).max() < 6


@pytest.mark.parametrize("white", [1.0, 255.0])
def test_fractions_keep_their_tones(tmp_path: Path, white: float) -> None:
    ramp = np.tile(np.linspace(0, white, 256).astype(np.float32), (100, 1))
    kept = only_pixels(tmp_path, "a.tif", encoded(Image.fromarray(ramp), "TIFF"))
    assert np.abs(kept[50, :, 0] - np.arange(256)).max() < 6


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_black_and_white_grey_and_palettes_become_colours(tmp_path: Path, mode: str) -> None:
    half = Image.new("L", (100, 100), 0)
    half.paste(255, (0, 0, 50, 100))
    kept = only_pixels(tmp_path, "a.png", encoded(half.convert(mode)))
    assert kept[:, :45].min() > 240 > 15 > kept[:, 55:].max()


def test_colours_follow_the_pictures_own_profile(tmp_path: Path) -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")  # in the table of tags: sign, offset, size
    profile[red + 4 : red + 12], profile[blue + 4 : blue + 12] = (
        profile[blue + 4 : blue + 12],
        profile[red + 4 : red + 12],
    )
    profile = profile.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    kept = only_pixels(tmp_path, "a.png", encoded(Image.new("RGB", (80, 80), "red"), icc_profile=bytes(profile)))
    assert kept[..., 2].mean() > 240 > 30 > kept[..., 0].mean()


def test_a_damaged_colour_profile_does_not_lose_the_picture(tmp_path: Path) -> None:
    kept = only_pixels(tmp_path, "a.png", encoded(drawn(1), icc_profile=b"no profile"))
    assert kept.shape == (90, 120, 3)


def test_a_large_picture_is_kept_small_and_its_own_size_is_told(tmp_path: Path) -> None:
    kept = only_pixels(tmp_path, "a.png", encoded(drawn(1, (2600, 1300))))
    assert min(kept.shape[:2]) <= 512
    assert kept.shape[1] / kept.shape[0] == pytest.approx(2, rel=0.01)
    painting = paintings.read_report(tmp_path / "kept").paintings[0]
    assert (painting.width, painting.height) == (2600, 1300)
    expected = np.asarray(drawn(1, (2600, 1300)).resize((kept.shape[1], kept.shape[0]))).astype(int)
    assert np.abs(kept - expected).mean() < 3  # read in strips, without a seam


# --- what is left out -----------------------------------------------------------------------------------------------


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
    assert reasons(report) == {
        "broken.jpg": "truncated",
        "broken.png": "unreadable",
        "lies.jpg": "not-an-image",
        "notes.txt": "not-an-image",
        "scan.pdf": "not-an-image",
        "film.mp4": "not-an-image",
        "empty.jpg": "empty",
        "tiny.png": "too-small",
    }
    assert all(left.reason.endswith(".") and left.code in CODES for left in report.left_out)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WebP", "BMP", "TIFF", "GIF", "AVIF"])
def test_half_a_file_of_any_format_is_told_not_raised(tmp_path: Path, format: str) -> None:
    folder = filled(tmp_path / "set", 1)
    whole = encoded(drawn(50, (200, 200)), format)
    for cut in (12, 40, len(whole) // 2):
        (folder / f"half{cut}").write_bytes(whole[:cut])
    report = prepared(folder, tmp_path / "kept")
    assert report.paintings[0].name == "0.png"
    assert set(reasons(report).values()) <= {"truncated", "unreadable", "not-an-image", "unsupported"}
    assert len(reasons(report)) >= 2


def test_what_systems_leave_everywhere_is_passed_over_in_silence(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._0.png", "__MACOSX/._0.png", ".git/a.png", "sub/.DS_Store"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"something")
    members = {f"set/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for brought in (folder, zipped(tmp_path / "set.zip", members)):
        report = prepared(brought, tmp_path / brought.name.replace(".", "-"))
        assert len(report.paintings) == 1
        assert report.left_out == ()


def test_exact_copies_are_left_out_with_their_twin(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 2)
    (folder / "same bytes.png").write_bytes((folder / "0.png").read_bytes())
    (folder / "same pixels.bmp").write_bytes(encoded(drawn(1), "BMP"))
    report = prepared(folder, tmp_path / "kept")
    assert [(left.name, left.code, left.twin) for left in report.left_out] == [
        ("same bytes.png", "duplicate", "0.png"),
        ("same pixels.bmp", "duplicate", "1.png"),
    ]


def test_near_copies_are_offered_and_stay(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for number in range(12):  # different paintings
        (folder / f"{number:02d}.png").write_bytes(encoded(drawn(number, (300, 240))))
    original = drawn(3, (300, 240))
    copies = {
        "smaller": original.resize((150, 120)),
        "brighter": ImageEnhance.Brightness(original).enhance(1.25),
        "cropped": original.crop((12, 8, 292, 234)),
        "cut at one side": original.crop((24, 0, 300, 240)),
        "grey": original.convert("L"),
    }
    for name, copy in copies.items():
        (folder / f"z {name}.jpg").write_bytes(encoded(copy, "JPEG", quality=50))
    report = prepared(folder, tmp_path / "kept")
    assert len(report.paintings) == 17
    assert {near.name for near in report.near_twins} == {f"z {name}.jpg" for name in copies}
    family = {"03.png", *(f"z {name}.jpg" for name in copies)}
    assert all(near.twin_name in family for near in report.near_twins)


def test_paintings_alike_in_composition_are_not_taken_for_copies(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for number in range(20):  # the same bright sky over the same dark land, with other things in it
        base = np.asarray(drawn(number, (200, 160))).astype(float) * 0.5
        base[:80] += 120
        (folder / f"{number}.png").write_bytes(encoded(Image.fromarray(base.astype(np.uint8))))
    assert prepared(folder, tmp_path / "kept").near_twins == ()


# --- limits ---------------------------------------------------------------------------------------------------------


def test_too_few_paintings_are_refused_with_the_report_and_nothing_is_kept(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 3)
    (folder / "notes.txt").write_text("notes")
    with pytest.raises(TooFewPaintings, match=r"3 paintings are too few to learn from; bring at least 8\.") as caught:
        prepared(folder, tmp_path / "kept", Limits())
    assert len(caught.value.report.paintings) == 3
    assert reasons(caught.value.report) == {"notes.txt": "not-an-image"}
    assert list((tmp_path / "kept").iterdir()) == []


def test_paintings_beyond_the_most_are_left_out(tmp_path: Path) -> None:
    report = prepared(filled(tmp_path / "set", 12), tmp_path / "kept", Limits(least=1, most=5))
    assert [painting.name for painting in report.paintings] == [f"{number}.png" for number in range(5)]
    assert set(reasons(report).values()) == {"too-many"}
    assert len(report.left_out) == 7


def test_a_file_that_is_too_large_is_left_out_unread(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    (folder / "huge.png").write_bytes(encoded(drawn(1)))
    os.truncate(folder / "huge.png", (300 << 20) + 1)  # takes no room on the disk
    began = time.perf_counter()
    report = prepared(folder, tmp_path / "kept")
    assert time.perf_counter() - began < 2
    assert reasons(report) == {"huge.png": "too-large"}
    assert "300 MB" in report.left_out[0].reason


def test_files_beyond_the_total_are_left_out(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 6)
    sizes = [(folder / f"{number}.png").stat().st_size for number in range(6)]
    report = prepared(folder, tmp_path / "kept", Limits(least=1, total_bytes=sum(sizes[:4])))
    assert len(report.paintings) == 4
    assert reasons(report) == {"4.png": "too-much", "5.png": "too-much"}


def test_a_picture_with_too_many_pixels_is_left_out_unread(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    for name, side in (("bomb.png", 30_000), ("large.png", 12_000)):
        header = bytearray(encoded(Image.new("L", (64, 64))))
        header[16:24] = struct.pack(">LL", side, side)
        header[29:33] = struct.pack(">L", zlib.crc32(bytes(header[12:29])))
        (folder / name).write_bytes(header)
    with warnings.catch_warnings(record=True):
        report = prepared(folder, tmp_path / "kept")
    assert reasons(report) == {"bomb.png": "too-many-pixels", "large.png": "too-many-pixels"}


# --- folders and their links ----------------------------------------------------------------------------------------


def test_links_and_pipes_in_a_folder_are_neither_followed_nor_opened(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    outside = filled(tmp_path / "outside", 2, start=20)
    (folder / "link.png").symlink_to(outside / "20.png")
    (folder / "linked").symlink_to(outside, target_is_directory=True)
    (folder / "round").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe.png")
    report = prepared(folder, tmp_path / "kept")
    assert len(report.paintings) == 1
    assert reasons(report) == {"link.png": "link", "linked": "link", "round": "link", "pipe.png": "not-a-file"}


@pytest.mark.parametrize("wrapped", ["", "my set/", "my set/inner/"])
def test_the_first_sub_folders_are_the_classes_below_what_wraps_everything(tmp_path: Path, wrapped: str) -> None:
    for kind, start in (("landscapes", 0), ("静物", 4)):
        filled(tmp_path / "set" / wrapped / kind / "deeper", 4, start)
    report = prepared(tmp_path / "set", tmp_path / "kept")
    assert report.kinds == {"landscapes": 4, "静物": 4}
    members = {str(path.relative_to(tmp_path)): path.read_bytes() for path in (tmp_path / "set").rglob("*.png")}
    assert prepared(zipped(tmp_path / "a.zip", members), tmp_path / "kept2").kinds == report.kinds
    pairs = [(name, tmp_path / name) for name in members]
    assert prepared(pairs, tmp_path / "kept3").kinds == report.kinds


def test_a_folder_without_sub_folders_has_no_classes(tmp_path: Path) -> None:
    assert prepared(filled(tmp_path / "set"), tmp_path / "kept").kinds == {}


def test_each_of_several_zips_is_a_class(tmp_path: Path) -> None:
    monet = zipped(tmp_path / "x1", {f"top/{n}.png": encoded(drawn(n)) for n in range(3)})
    renoir = zipped(tmp_path / "x2", {f"{n}.png": encoded(drawn(n)) for n in range(3, 5)})
    report = prepared([("monet.zip", monet), ("renoir.zip", renoir)], tmp_path / "kept")
    assert report.kinds == {"monet": 3, "renoir": 2}


AWKWARD = [
    "line\nbreak.png",
    "quote'\".png",
    "<img src=x onerror=alert(1)>.png",
    "${alert(1)}.png",
    "莫奈 睡莲.png",
    "🌻🎨.png",
    "x" * 251 + ".png",
    "back\\slash.png",
    "turn\u202egnp.exe.png",
]


def test_awkward_names_are_kept_on_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for seed, name in enumerate(AWKWARD):
        (folder / name).write_bytes(encoded(drawn(seed)))
    (folder / os.fsdecode(b"latin\xe9.png")).write_bytes(encoded(drawn(99)))
    report = prepared(folder, tmp_path / "kept")
    names = {painting.name for painting in report.paintings}
    expected = {name.replace("\n", "␊").replace("\u202e", "\ufffd") for name in AWKWARD} | {"latin\ufffd.png"}
    assert names == expected
    assert {painting.file for painting in report.paintings} == {f"{n:05d}.jpg" for n in range(len(names))}
    assert paintings.read_report(tmp_path / "kept") == report


@pytest.mark.parametrize("name", ["/etc/passwd.png", "../up.png", "a/../../up.png", "C:\\up.png", "..\\up.png"])
def test_names_that_lead_outside_are_left_out(tmp_path: Path, name: str) -> None:
    filled(tmp_path / "set", 2)
    pairs = [(name, tmp_path / "set" / "0.png"), ("good.png", tmp_path / "set" / "1.png")]
    packed = zipped(tmp_path / "a.zip", {name: encoded(drawn(0)), "good.png": encoded(drawn(1))})
    for place, brought in enumerate((pairs, packed)):
        report = prepared(brought, tmp_path / "inside" / "kept" / str(place))
        assert [painting.name for painting in report.paintings] == ["good.png"]
        assert list(reasons(report).values()) == ["unsafe-name"]
    assert not (tmp_path / "inside" / "up.png").exists()


def test_what_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(PaintingError, match=r"There is nothing at .*nowhere"):
        prepared(tmp_path / "nowhere", tmp_path / "kept")


# --- zips -----------------------------------------------------------------------------------------------------------


def test_a_zip_of_100_000_files_is_refused_at_once(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.png"
    listing = entry * 100_000
    for count in (0xFFFF, 3):  # also when it lies about the number
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(listing), 0, 0)
        (tmp_path / "many.zip").write_bytes(b"PK\3\4" + listing + end)
        began = time.perf_counter()
        with pytest.raises(PaintingError, match=r"many\.zip: More than 20,000 files"):
            prepared(tmp_path / "many.zip", tmp_path / "kept")
        assert time.perf_counter() - began < 0.5


def test_a_real_zip_of_many_files_is_counted_right(tmp_path: Path) -> None:
    packed = zipped(tmp_path / "a.zip", {f"{n}.txt": b"" for n in range(30)} | {"a.png": encoded(drawn(0))})
    assert len(prepared(packed, tmp_path / "kept", Limits(least=1, entries=31)).paintings) == 1
    with pytest.raises(PaintingError, match="More than 30 files"):
        prepared(packed, tmp_path / "kept2", Limits(least=1, entries=30))


def test_a_member_that_unpacks_to_far_too_much_is_left_out(tmp_path: Path) -> None:
    bomb = encoded(drawn(0), "BMP") + b"\0" * (60 << 20)
    packed = zipped(tmp_path / "a.zip", {"bomb.bmp": bomb, "good.png": encoded(drawn(1))})
    assert packed.stat().st_size < 1 << 20
    report = prepared(packed, tmp_path / "kept")
    assert reasons(report) == {"bomb.bmp": "bomb"}
    assert len(report.paintings) == 1


def test_a_zip_that_unpacks_to_more_than_the_total_gives_what_fits(tmp_path: Path) -> None:
    members = {f"{n}.bmp": encoded(drawn(n), "BMP") for n in range(6)}
    size = len(members["0.bmp"])
    report = prepared(zipped(tmp_path / "a.zip", members), tmp_path / "kept", Limits(least=1, total_bytes=3 * size))
    assert len(report.paintings) == 3
    assert set(reasons(report).values()) == {"too-much"}


def test_a_zip_in_a_zip_is_left_out(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"a.png": encoded(drawn(0))}).read_bytes()
    report = prepared(zipped(tmp_path / "a.zip", {"inner.zip": inner, "b.png": encoded(drawn(1))}), tmp_path / "kept")
    assert reasons(report) == {"inner.zip": "nested-zip"}


def test_a_link_in_a_zip_is_left_out(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a.png", encoded(drawn(0)))
    report = prepared(tmp_path / "a.zip", tmp_path / "kept")
    assert reasons(report) == {"link.png": "link"}


def test_a_damaged_zip_is_named(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "a.zip", {f"{n}.png": encoded(drawn(n)) for n in range(8)}).read_bytes()
    for number, content in enumerate((whole[: len(whole) // 2], b"", b"not a zip", whole[-30:])):
        (tmp_path / "bad.zip").write_bytes(content)
        with pytest.raises(PaintingError, match=r"bad\.zip: This zip is damaged"):
            prepared(tmp_path / "bad.zip", tmp_path / f"kept{number}")


def test_a_damaged_zip_among_others_is_left_out(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 8)
    (folder / "bad.zip").write_bytes(b"PK\3\4 and nothing more")
    assert reasons(prepared(folder, tmp_path / "kept", Limits())) == {"bad.zip": "damaged-zip"}


def test_a_damaged_member_leaves_the_others(tmp_path: Path) -> None:
    packed = zipped(tmp_path / "a.zip", {f"{n}.png": encoded(drawn(n)) for n in range(3)})
    content = bytearray(packed.read_bytes())
    with zipfile.ZipFile(packed) as archive:
        middle = archive.getinfo("1.png")
    at = middle.header_offset + 30 + 5 + middle.compress_size // 2
    content[at : at + 20] = bytes(value ^ 0xFF for value in content[at : at + 20])
    packed.write_bytes(content)
    report = prepared(packed, tmp_path / "kept")
    assert [painting.name for painting in report.paintings] == ["0.png", "2.png"]
    assert reasons(report) == {"1.png": "unreadable"}


def test_a_locked_zip_is_named(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", {"a.png": encoded(drawn(0))}).read_bytes())
    for sign, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(sign) + place] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(PaintingError, match=r"a\.zip: This zip is locked with a password"):
        prepared(tmp_path / "a.zip", tmp_path / "kept")


@pytest.mark.parametrize(
    ("alphabet", "names"),
    [
        ("utf-8", ["莫奈/睡莲.png", "莫奈/日出.png"]),
        ("gb18030", ["莫奈/睡莲.png", "梵高/向日葵.png"]),
        ("cp437", ["München.png", "Café.png"]),
    ],
)
def test_names_in_old_zips_are_read_in_their_alphabet(tmp_path: Path, alphabet: str, names: list[str]) -> None:
    plain = {f"{'x' * len(name.encode(alphabet))}{n}": name for n, name in enumerate(names)}
    packed = zipped(tmp_path / "a.zip", {each: encoded(drawn(n)) for n, each in enumerate(plain)})
    content = packed.read_bytes()
    for n, (each, name) in enumerate(plain.items()):  # the same length: the same zip with other bytes for names
        content = content.replace(each.encode(), name.encode(alphabet) + str(n).encode())
    packed.write_bytes(content)
    report = prepared(packed, tmp_path / "kept")
    assert {painting.name for painting in report.paintings} == {f"{name}{n}" for n, name in enumerate(names)}


# --- the prepared folder --------------------------------------------------------------------------------------------


def test_the_order_is_natural_and_progress_counts_every_file(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for seed, name in enumerate(["b10.png", "b9.png", "A1.png", "a2.png"]):
        (folder / name).write_bytes(encoded(drawn(seed)))
    *progress, report = paintings.prepare(folder, tmp_path / "kept", limits=FEW)
    assert isinstance(report, Report)
    assert [painting.name for painting in report.paintings] == ["A1.png", "a2.png", "b9.png", "b10.png"]
    assert [(each.done, each.total) for each in progress if isinstance(each, Progress)] == [(n, 4) for n in range(5)]


def test_bringing_more_adds_and_finds_copies_of_the_earlier_ones(tmp_path: Path) -> None:
    first = prepared(filled(tmp_path / "one"), tmp_path / "kept", Limits())
    more = filled(tmp_path / "two", 3, start=7)  # 7 is there already
    (more / "like.jpg").write_bytes(encoded(drawn(2).resize((100, 75)), "JPEG"))
    both = prepared(more, tmp_path / "kept", Limits())
    assert both.paintings[:8] == first.paintings
    assert [(painting.file, painting.name) for painting in both.paintings[8:]] == [
        ("00008.jpg", "8.png"),
        ("00009.jpg", "9.png"),
        ("00010.jpg", "like.jpg"),
    ]
    assert [(left.name, left.twin) for left in both.left_out] == [("7.png", "7.png")]
    assert [(near.name, near.twin_name) for near in both.near_twins] == [("like.jpg", "2.png")]


def test_a_preparation_broken_off_leaves_nothing(tmp_path: Path) -> None:
    for progress in paintings.prepare(filled(tmp_path / "set"), tmp_path / "kept", limits=FEW):
        if isinstance(progress, Progress) and progress.done == 4:
            break
    del progress
    with pytest.raises(PaintingError, match="There are no prepared paintings"):
        paintings.load(tmp_path / "kept", 64)


def test_a_killed_addition_leaves_the_earlier_set_and_is_cleared_by_the_next(tmp_path: Path) -> None:
    first = prepared(filled(tmp_path / "one"), tmp_path / "kept")
    (tmp_path / "kept" / "00008.jpg").write_bytes(b"half a pict")  # as SIGKILL leaves it
    (tmp_path / "kept" / ".00009.jpg.part").write_bytes(b"half")
    squares, report = paintings.load(tmp_path / "kept", 64)
    assert len(squares) == 8
    assert report == first
    prepared(filled(tmp_path / "two", 1, start=20), tmp_path / "kept")
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [
        *(f"{n:05d}.jpg" for n in range(9)),
        "report.json",
        "sheet.jpg",
    ]


def test_squeezed_or_cropped_can_be_chosen_after_all(tmp_path: Path) -> None:
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))  # the middle third
    (tmp_path / "a.png").write_bytes(encoded(wide))
    report = prepared(tmp_path / "a.png", tmp_path / "kept")
    assert report.aspect == pytest.approx(3)
    squares, _ = paintings.load(tmp_path / "kept", 60)
    assert tuple(squares.shape) == (1, 3, 60, 60)
    assert squares.dtype is torch.uint8
    assert squares[0, 0, 30, 5] > 230 > 20 > squares[0, 0, 30, 30]
    preview = np.asarray(paintings.contact_sheet(tmp_path / "kept", fit="crop")).astype(int)
    assert paintings.read_report(tmp_path / "kept").fit == "squeeze"
    assert not ((preview[..., 0] > 200) & (preview[..., 2] < 60)).any()
    changed = paintings.refit(tmp_path / "kept", "crop")
    assert (changed.fit, changed.aspect) == ("crop", 1.0)
    squares, read = paintings.load(tmp_path / "kept", 60)
    assert read == changed
    assert squares[0, 2].min() > 200
    assert paintings.refit(tmp_path / "kept", "squeeze").aspect == pytest.approx(3)


def test_an_unknown_fit_or_ground_is_named(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    with pytest.raises(PaintingError, match="'stretch'"):
        prepared(folder, tmp_path / "kept", fit="stretch")
    with pytest.raises(PaintingError, match="'#12'"):
        prepared(folder, tmp_path / "kept", ground="#12")


def test_dropped_paintings_move_to_those_left_out(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 10)
    (folder / "like.jpg").write_bytes(encoded(drawn(0).resize((100, 75)), "JPEG"))
    report = prepared(folder, tmp_path / "kept", Limits())
    (near,) = report.near_twins
    changed = paintings.drop(tmp_path / "kept", [near.file, "00003.jpg"])
    assert len(changed.paintings) == 9
    assert changed.near_twins == ()
    assert {left.name: (left.code, left.twin) for left in changed.left_out} == {
        "3.png": ("unwanted", None),
        "like.jpg": ("near-duplicate", "0.png"),
    }
    assert not (tmp_path / "kept" / "00003.jpg").exists()
    assert len(paintings.load(tmp_path / "kept", 64)[0]) == 9
    with pytest.raises(PaintingError, match="7 paintings would be too few"):
        paintings.drop(tmp_path / "kept", ["00000.jpg", "00001.jpg"])
    with pytest.raises(PaintingError, match=r"'\.\./x'"):
        paintings.drop(tmp_path / "kept", ["../x"])
    assert paintings.read_report(tmp_path / "kept") == changed


def test_a_damaged_report_or_picture_is_named(tmp_path: Path) -> None:
    prepared(filled(tmp_path / "set", 2), tmp_path / "kept")
    (tmp_path / "kept" / "00001.jpg").write_bytes(b"gone")
    with pytest.raises(PaintingError, match=r"00001\.jpg \(1\.png\) cannot be read"):
        paintings.load(tmp_path / "kept", 64)
    (tmp_path / "kept" / "report.json").write_text('{"paintings": [{"nonsense": 1}]}')
    with pytest.raises(PaintingError, match="damaged"):
        paintings.read_report(tmp_path / "kept")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    with pytest.raises(PaintingError, match="The paintings cannot be kept"):
        prepared(filled(tmp_path / "set", 1), tmp_path / "kept")


def test_the_report_survives_json_and_tells_shapes_and_sizes(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for seed, size in enumerate([(100, 200), (200, 100), (150, 100), (100, 102)]):
        (folder / f"{seed}.png").write_bytes(encoded(drawn(seed, size)))
    report = prepared(folder, tmp_path / "kept")
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert report.shapes == {"upright": 1, "square": 1, "wide": 2}
    assert (report.smallest, report.largest) == ((100, 102), (100, 200))
    assert report.aspect == pytest.approx((1.5 * 100 / 102) ** 0.5)


def test_the_sets_own_aspect_is_restored() -> None:
    square = np.zeros((64, 64, 3), np.uint8)
    assert paintings.unsqueeze(square, 1.5).size == (96, 64)
    assert paintings.unsqueeze(square, 0.5).size == (64, 128)
    assert paintings.unsqueeze(square, 2.0, longest=100).size == (100, 50)
    assert paintings.unsqueeze(square, 1.0).size == (64, 64)


def test_sources_are_read_without_unpacking(tmp_path: Path) -> None:
    content = encoded(drawn(0))
    zipped(tmp_path / "a.zip", {"b/c.png": content, "../evil.png": content})
    found = {each.name: each for each in paintings.sources(tmp_path / "a.zip")}
    assert isinstance(found["../evil.png"], LeftOut)
    source = found["b/c.png"]
    assert isinstance(source, paintings.Source)
    with source.open() as file:
        assert file.read() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]
