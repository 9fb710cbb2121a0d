"""Many pictures in one file: each that counts is a painting, and it is said how many do not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from picture_files import FEW, drawn, encoded, filled, prepared, rejected
from PIL import Image

from neural_art.dataset.limits import Limits
from neural_art.dataset.report import Report


def upload(tmp_path: Path, name: str, content: bytes, limits: Limits = FEW) -> Report:
    (tmp_path / name).write_bytes(content)
    return prepared(tmp_path / name, tmp_path / "kept", limits)


def names(report: Report) -> list[str]:
    return [painting.name for painting in report.paintings]


def pages(*pictures: Image.Image) -> bytes:
    return encoded(pictures[0], "TIFF", save_all=True, append_images=pictures[1:])


def test_each_page_of_a_tiff_is_a_painting(tmp_path: Path) -> None:
    report = upload(tmp_path, "book.tif", pages(*(drawn(seed) for seed in range(12))))
    assert names(report) == [f"book.tif ({page})" for page in range(1, 13)]
    assert report.rejections == ()
    for seed, painting in enumerate(report.paintings):
        kept = np.asarray(Image.open(tmp_path / "kept" / painting.file)).astype(int)
        assert np.abs(kept - np.asarray(drawn(seed))).mean() < 4


def test_deep_pages_are_paintings_too(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for seed in range(3):
            writer.write(np.asarray(drawn(seed)).astype(np.uint16) * 257, photometric="rgb")
    assert names(upload(tmp_path, "book.tif", buffer.getvalue())) == ["book.tif (1)", "book.tif (2)", "book.tif (3)"]


def test_the_same_book_again_brings_nothing_new(tmp_path: Path) -> None:
    content = pages(drawn(1), drawn(2))
    first = upload(tmp_path, "book.tif", content)
    again = upload(tmp_path, "copy.tif", content)
    assert again.paintings == first.paintings
    assert rejected(again) == {"copy.tif (1)": "duplicate", "copy.tif (2)": "duplicate"}


def test_a_page_that_is_much_smaller_is_counted_not_used(tmp_path: Path) -> None:
    report = upload(tmp_path, "book.tif", pages(drawn(1, (40, 30)), drawn(2), drawn(3, (110, 90)), drawn(4, (60, 45))))
    assert names(report) == ["book.tif (2)", "book.tif (3)"]
    (reason,) = report.rejections
    assert (reason.name, reason.code, reason.values) == ("book.tif", "other-pages", {"count": 2})
    assert reason.message.sentence().startswith("2 of its pages are not used")


def test_previews_and_masks_of_a_tiff_are_not_worth_a_word(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(np.asarray(drawn(1, (60, 45))), photometric="rgb", subfiletype=1)
        writer.write(np.asarray(drawn(1)), photometric="rgb")
        writer.write(np.zeros((90, 120), bool), photometric="mask", subfiletype=4)
    report = upload(tmp_path, "a.tif", buffer.getvalue())
    assert (names(report), report.rejections) == (["a.tif"], ())
    assert (report.paintings[0].width, report.paintings[0].height) == (120, 90)


def test_more_pages_than_a_file_may_have_are_counted(tmp_path: Path) -> None:
    content = pages(*(drawn(seed) for seed in range(10)))
    report = upload(tmp_path, "book.tif", content, Limits(least=1, pages=4))
    assert len(report.paintings) == 4
    assert report.rejections[0].values == {"count": 6}
    together = prepared(tmp_path / "book.tif", tmp_path / "kept2", Limits(least=1, pixels=120 * 90))
    assert len(together.paintings) == 8  # times the pixels that one picture may have
    assert together.rejections[0].values == {"count": 2}


def test_a_damaged_page_leaves_the_others(tmp_path: Path) -> None:
    content = bytearray(pages(*(drawn(seed) for seed in range(3))))
    with tifffile.TiffFile(io.BytesIO(content)) as opened:
        at = opened.pages[1].tags["StripOffsets"].valueoffset
    content[at : at + 4] = (len(content) - 9).to_bytes(4, "little")
    report = upload(tmp_path, "book.tif", bytes(content))
    assert names(report) == ["book.tif (1)", "book.tif (3)"]
    assert rejected(report) == {"book.tif (2)": "truncated"}


@pytest.mark.parametrize("format", ["GIF", "PNG", "WebP", "AVIF"])
def test_of_an_animation_the_first_frame_is_used_and_the_others_are_counted(tmp_path: Path, format: str) -> None:
    frames = [drawn(seed) for seed in range(5)]
    content = encoded(frames[0], format, save_all=True, append_images=frames[1:])
    report = upload(tmp_path, "film", content)
    assert names(report) == ["film"]
    (reason,) = report.rejections
    assert (reason.name, reason.code, reason.values) == ("film", "first-picture-only", {"count": 4})
    kept = np.asarray(Image.open(tmp_path / "kept" / report.paintings[0].file)).astype(int)
    assert np.abs(kept - np.asarray(frames[0])).mean() < 8


def test_of_a_stereo_picture_the_first_is_used_and_a_preview_is_not_worth_a_word(tmp_path: Path) -> None:
    stereo = encoded(drawn(1), "MPO", save_all=True, append_images=[drawn(2)])
    assert rejected(upload(tmp_path, "stereo.jpg", stereo)) == {"stereo.jpg": "first-picture-only"}
    with_preview = encoded(drawn(3), "MPO", save_all=True, append_images=[drawn(3, (60, 45))])
    (tmp_path / "phone.jpg").write_bytes(with_preview)
    assert prepared(tmp_path / "phone.jpg", tmp_path / "kept2").rejections == ()


def test_each_picture_of_a_heic_is_a_painting(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    content = encoded(drawn(1), "HEIF", save_all=True, append_images=[drawn(2), drawn(3)])
    assert names(upload(tmp_path, "a.heic", content)) == ["a.heic (1)", "a.heic (2)", "a.heic (3)"]


def test_the_progress_counts_files_not_pages(tmp_path: Path) -> None:
    from neural_art.dataset.prepare import prepare
    from neural_art.events import Progress

    folder = filled(tmp_path / "set", 2)
    (folder / "book.tif").write_bytes(pages(*(drawn(seed) for seed in range(10, 15))))
    steps = [each for each in prepare(folder, tmp_path / "kept", limits=FEW) if isinstance(each, Progress)]
    assert {step.total for step in steps} == {3}
    assert max(step.done for step in steps) == 3
    assert len(steps) == 1 + 2 + 5
