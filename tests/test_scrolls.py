"""Scrolls, panoramas and strips are cut into overlapping squares, or refused where they are no more than a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from picture_files import drawn, encoded, filled, prepared, rejected
from PIL import Image

from neural_art.dataset.report import Report
from neural_art.dataset.scrolls import is_scroll, pieces
from neural_art.dataset.squares import load_squares


def scroll(length: int, width: int, *, hanging: bool = False) -> Image.Image:
    """A scroll that gets redder from its beginning to its end."""
    values = np.random.default_rng(0).integers(0, 256, (width // 8, length // 8, 3), np.uint8)
    picture = Image.fromarray(values).resize((length, width), Image.Resampling.BICUBIC)
    red = Image.linear_gradient("L").rotate(90).resize((length, width))
    picture = Image.merge("RGB", [red, *picture.split()[1:]])
    return picture.transpose(Image.Transpose.ROTATE_270) if hanging else picture


def upload(tmp_path: Path, picture: Image.Image) -> Report:
    folder = filled(tmp_path / "set", 1)
    (folder / "scroll.jpg").write_bytes(encoded(picture, "JPEG", quality=90))
    return prepared(folder, tmp_path / "kept")


@pytest.mark.parametrize("hanging", [False, True])
@pytest.mark.parametrize(("length", "width"), [(16_000, 400), (16_000, 100), (1_000, 130)])
def test_a_scroll_is_cut_into_squares_from_end_to_end(tmp_path: Path, length: int, width: int, hanging: bool) -> None:
    report = upload(tmp_path, scroll(length, width, hanging=hanging))
    assert report.rejections == ()
    cut = report.paintings[1:]
    assert [painting.name for painting in cut] == [f"scroll.jpg ({number})" for number in range(1, len(cut) + 1)]
    assert {(painting.width, painting.height) for painting in cut} == {(width, width)}
    assert len(cut) * width >= 1.25 * length  # they overlap
    squares, _ = load_squares(tmp_path / "kept", 32)
    reds = squares[1:, 0].mean((1, 2))
    ends = sorted((reds[0], reds[-1]))
    assert ends[0] < 30
    assert ends[1] > 225


def test_the_pieces_of_a_scroll_keep_its_detail(tmp_path: Path) -> None:
    report = upload(tmp_path, scroll(16_000, 900))
    with Image.open(tmp_path / "kept" / report.paintings[-1].file) as piece:
        assert piece.size == (640, 640)


def test_the_sheet_shows_the_pieces(tmp_path: Path) -> None:
    report = upload(tmp_path, scroll(2_000, 100))
    with Image.open(tmp_path / "kept" / "sheet.jpg") as sheet:
        cells = (sheet.width // 100) * (sheet.height // 100)
    assert cells >= len(report.paintings) > 20
    assert report.aspect == pytest.approx(1)


def test_pieces_that_repeat_a_pattern_are_no_copies_of_each_other(tmp_path: Path) -> None:
    tiled = Image.new("RGB", (3_000, 200))
    for left in range(0, 3_000, 150):
        tiled.paste(drawn(3, (150, 200)), (left, 0))
    report = upload(tmp_path, tiled)
    assert len(report.paintings) > 15
    assert report.near_duplicates == ()


def test_each_piece_overlaps_the_next_by_a_quarter_or_more() -> None:
    picture = Image.fromarray(np.tile(np.arange(1_001, dtype=np.int32)[None], (100, 1)))
    starts = [int(piece.getpixel((0, 0))) for piece in pieces(picture)]
    assert starts[0] == 0
    assert starts[-1] == 901
    assert all(50 <= after - before <= 75 for before, after in zip(starts, starts[1:], strict=False))


def test_a_panorama_and_a_pillar_print_stay_whole(tmp_path: Path) -> None:
    assert not is_scroll(600, 100)
    assert not is_scroll(100, 550)
    assert is_scroll(610, 100)
    report = upload(tmp_path, drawn(5, (1_200, 200)))
    assert [painting.name for painting in report.paintings] == ["0.png", "scroll.jpg"]


def test_a_picture_that_is_no_more_than_a_line_is_refused(tmp_path: Path) -> None:
    report = upload(tmp_path, Image.new("RGB", (20_000, 80), "red"))
    assert rejected(report) == {"scroll.jpg": "too-thin"}


def test_a_scroll_that_a_turned_camera_took_is_cut_along_its_length(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    folder = filled(tmp_path / "set", 1)
    (folder / "scroll.jpg").write_bytes(encoded(scroll(2_000, 100), "JPEG", exif=exif))
    report = prepared(folder, tmp_path / "kept")
    assert len(report.paintings) == 1 + 27
    assert report.paintings[1].width == report.paintings[1].height == 100
