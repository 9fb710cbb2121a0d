"""The prepared folder: what is kept, added, dropped, fitted, loaded and reported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from brought import FEW, drawn, encoded, filled, prepared, reasons
from PIL import Image

from neural_art.dataset import prepare as paintings
from neural_art.dataset.prepare import Progress, Report, TooFewPaintings
from neural_art.dataset.sources import Limits
from neural_art.errors import PaintingError


def test_exact_copies_are_left_out_with_their_twin(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 2)
    (folder / "same bytes.png").write_bytes((folder / "0.png").read_bytes())
    (folder / "same pixels.bmp").write_bytes(encoded(drawn(1), "BMP"))
    report = prepared(folder, tmp_path / "kept")
    assert [(left.name, left.code, left.twin) for left in report.left_out] == [
        ("same bytes.png", "duplicate", "0.png"),
        ("same pixels.bmp", "duplicate", "1.png"),
    ]


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


def test_the_rest_of_the_last_row_of_the_sheet_is_paper(tmp_path: Path) -> None:
    prepared(filled(tmp_path / "set", 13), tmp_path / "kept")
    sheet = paintings.contact_sheet(tmp_path / "kept")
    assert sheet.getpixel((sheet.width - 20, sheet.height - 20)) == (0xF4, 0xF1, 0xEA)
