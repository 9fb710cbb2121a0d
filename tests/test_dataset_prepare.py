"""A prepared folder is made, added to, changed and left whole, whatever happens."""

from __future__ import annotations

from pathlib import Path

import pytest
from picture_files import FEW, drawn, encoded, filled, prepared, rejected
from PIL import Image

from neural_art.dataset.limits import Limits
from neural_art.dataset.prepare import TooFewPaintings, prepare, refit, remove
from neural_art.dataset.report import Report, read_report
from neural_art.dataset.squares import load_squares
from neural_art.errors import DatasetError, StorageError
from neural_art.events import Progress


def test_exact_copies_are_rejected_and_their_original_is_named(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 2)
    (folder / "same bytes.png").write_bytes((folder / "0.png").read_bytes())
    (folder / "same pixels.bmp").write_bytes(encoded(drawn(1), "BMP"))
    report = prepared(folder, tmp_path / "kept")
    assert [(each.name, each.code, each.duplicate_of) for each in report.rejections] == [
        ("same bytes.png", "duplicate", "0.png"),
        ("same pixels.bmp", "duplicate", "1.png"),
    ]


def test_too_few_paintings_are_refused_with_the_report_and_nothing_is_kept(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 3)
    (folder / "notes.txt").write_text("notes")
    with pytest.raises(TooFewPaintings, match=r"^3 paintings are too few to learn from; upload at least 8\.") as caught:
        prepared(folder, tmp_path / "kept", Limits())
    assert "notes.txt: It is not a picture" in str(caught.value)
    assert (caught.value.code, caught.value.values["rejected"]) == ("too-few-accepted", 1)
    assert len(caught.value.report.paintings) == 3
    assert rejected(caught.value.report) == {"notes.txt": "unknown-format"}
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.parametrize(("count", "start"), [(1, "1 painting is too few"), (0, "There are no paintings in this")])
def test_too_few_without_any_rejection_is_told_plainly(tmp_path: Path, count: int, start: str) -> None:
    with pytest.raises(TooFewPaintings, match=f"^{start}.*; upload at least 8\\.$"):
        prepared(filled(tmp_path / "set", count), tmp_path / "kept", Limits())


def test_where_no_file_is_a_picture_the_most_common_reason_is_told(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / "set" / name).write_bytes(b"%PDF-1.7")
    (tmp_path / "set" / "0.png").write_bytes(b"")
    with pytest.raises(TooFewPaintings) as caught:
        prepared(tmp_path / "set", tmp_path / "kept")
    assert caught.value.code == "none-accepted"
    assert str(caught.value).endswith("a.pdf: It is a PDF document, not a picture.")
    assert "PDF 文档" in caught.value.message.sentence("zh")


def test_paintings_beyond_the_most_are_rejected(tmp_path: Path) -> None:
    report = prepared(filled(tmp_path / "set", 12), tmp_path / "kept", Limits(least=1, most=5))
    assert [painting.name for painting in report.paintings] == [f"{number}.png" for number in range(5)]
    assert set(rejected(report).values()) == {"too-many"}
    assert len(report.rejections) == 7


def test_the_order_is_natural_and_progress_counts_every_file(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for seed, name in enumerate(["b10.png", "b9.png", "A1.png", "a2.png"]):
        (folder / name).write_bytes(encoded(drawn(seed)))
    *progress, report = prepare(folder, tmp_path / "kept", limits=FEW)
    assert isinstance(report, Report)
    assert [painting.name for painting in report.paintings] == ["A1.png", "a2.png", "b9.png", "b10.png"]
    assert [(each.done, each.total) for each in progress if isinstance(each, Progress)] == [(n, 4) for n in range(5)]


def test_a_second_upload_adds_and_finds_copies_of_the_earlier_paintings(tmp_path: Path) -> None:
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
    assert [(each.name, each.duplicate_of) for each in both.rejections] == [("7.png", "7.png")]
    assert [(near.name, near.original_name) for near in both.near_duplicates] == [("like.jpg", "2.png")]


def test_the_limits_hold_for_all_uploads_together(tmp_path: Path) -> None:
    limits = Limits(least=1, most=9)
    prepared(filled(tmp_path / "one"), tmp_path / "kept", limits)
    both = prepared(filled(tmp_path / "two", 4, start=7), tmp_path / "kept", limits)
    assert [painting.name for painting in both.paintings[8:]] == ["8.png"]
    assert rejected(both) == {"7.png": "duplicate", "9.png": "too-many", "10.png": "too-many"}


def test_an_abandoned_preparation_leaves_nothing(tmp_path: Path) -> None:
    for progress in prepare(filled(tmp_path / "set"), tmp_path / "kept", limits=FEW):
        if isinstance(progress, Progress) and progress.done == 4:
            break
    del progress
    assert list((tmp_path / "kept").iterdir()) == []
    with pytest.raises(DatasetError, match="There are no prepared paintings"):
        load_squares(tmp_path / "kept", 64)


def test_a_killed_addition_leaves_the_earlier_set_and_the_next_one_tidies_up(tmp_path: Path) -> None:
    first = prepared(filled(tmp_path / "one"), tmp_path / "kept")
    (tmp_path / "kept" / "00008.jpg").write_bytes(b"half a pict")  # as SIGKILL leaves it
    (tmp_path / "kept" / ".00009.jpg.part").write_bytes(b"half")
    squares, report = load_squares(tmp_path / "kept", 64)
    assert len(squares) == 8
    assert report == first
    prepared(filled(tmp_path / "two", 1, start=20), tmp_path / "kept")
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [
        *(f"{n:05d}.jpg" for n in range(9)),
        "report.json",
        "sheet.jpg",
    ]


def test_the_fit_can_be_chosen_again(tmp_path: Path) -> None:
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))  # the middle third
    (tmp_path / "a.png").write_bytes(encoded(wide))
    report = prepared(tmp_path / "a.png", tmp_path / "kept")
    assert report.aspect == pytest.approx(3)
    changed = refit(tmp_path / "kept", "crop")
    assert (changed.fit, changed.aspect) == ("crop", 1.0)
    assert read_report(tmp_path / "kept") == changed
    squares, _ = load_squares(tmp_path / "kept", 60)
    assert squares[0, 2].min() > 200
    with Image.open(tmp_path / "kept" / "sheet.jpg") as sheet:
        assert sheet.getpixel((20, 20))[2] > 200
    assert refit(tmp_path / "kept", "squeeze").aspect == pytest.approx(3)


def test_an_unknown_fit_or_matte_is_named(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    with pytest.raises(DatasetError, match=r"'stretch'.*squeeze, crop"):
        prepared(folder, tmp_path / "kept", fit="stretch")
    with pytest.raises(DatasetError, match="'#12'"):
        prepared(folder, tmp_path / "kept", matte="#12")
    prepared(folder, tmp_path / "kept")
    with pytest.raises(DatasetError, match="'stretch'"):
        refit(tmp_path / "kept", "stretch")


def test_removed_paintings_become_rejections(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 10)
    (folder / "like.jpg").write_bytes(encoded(drawn(0).resize((100, 75)), "JPEG"))
    report = prepared(folder, tmp_path / "kept", Limits())
    (near,) = report.near_duplicates
    changed = remove(tmp_path / "kept", [near.file, "00003.jpg"])
    assert len(changed.paintings) == 9
    assert changed.near_duplicates == ()
    assert {each.name: (each.code, each.duplicate_of) for each in changed.rejections} == {
        "3.png": ("unwanted", None),
        "like.jpg": ("near-duplicate", "0.png"),
    }
    assert not (tmp_path / "kept" / "00003.jpg").exists()
    assert len(load_squares(tmp_path / "kept", 64)[0]) == 9
    with pytest.raises(DatasetError, match="7 paintings would be too few"):
        remove(tmp_path / "kept", ["00000.jpg", "00001.jpg"])
    with pytest.raises(DatasetError, match=r"'\.\./x'"):
        remove(tmp_path / "kept", ["../x"])
    assert read_report(tmp_path / "kept") == changed


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match=r"kept cannot be used \(File exists\)"):
        prepared(filled(tmp_path / "set", 1), tmp_path / "kept")
