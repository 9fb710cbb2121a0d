"""A report counts classes, shapes and sizes, survives JSON, and reads what version 0.1 wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from picture_files import drawn, encoded, prepared

from neural_art.dataset.report import Painting, Rejection, Report, from_version_0_1, read_report, write_report
from neural_art.errors import DatasetError
from neural_art.messages import Message


def _report(*class_names: str | None, rejections: tuple[Rejection, ...] = ()) -> Report:
    paintings = tuple(
        Painting(f"{number:05d}.jpg", f"{number}.png", class_name, 100, 80)
        for number, class_name in enumerate(class_names)
    )
    return Report(paintings, rejections, (), 1.25, "squeeze", "#ffffff")


def test_a_prepared_report_tells_shapes_and_sizes_and_survives_json(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for seed, size in enumerate([(100, 200), (200, 100), (150, 100), (100, 102)]):
        (folder / f"{seed}.png").write_bytes(encoded(drawn(seed, size)))
    (folder / "like.jpg").write_bytes(encoded(drawn(2, (150, 100)).resize((120, 80)), "JPEG"))
    (folder / "a.pdf").write_bytes(b"%PDF-1.7")
    report = prepared(folder, tmp_path / "kept")
    assert len(report.near_duplicates) == len(report.rejections) == 1
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert read_report(tmp_path / "kept") == report
    assert report.shapes == {"upright": 1, "square": 1, "wide": 3}
    assert (report.smallest, report.largest) == ((120, 80), (100, 200))


def test_the_aspect_is_the_median_in_which_upright_and_wide_weigh_alike(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for seed, size in enumerate([(100, 200), (200, 100), (150, 100), (100, 102)]):
        (folder / f"{seed}.png").write_bytes(encoded(drawn(seed, size)))
    assert prepared(folder, tmp_path / "kept").aspect == pytest.approx((1.5 * 100 / 102) ** 0.5)
    assert prepared(folder, tmp_path / "cropped", fit="crop").aspect == 1


def test_classes_are_sorted_and_paintings_outside_of_folders_are_one_more() -> None:
    report = _report("b", None, "a", "b")
    assert report.class_names == ["", "a", "b"]
    assert report.class_indices == [2, 0, 1, 2]
    assert report.class_counts == {"a": 1, "b": 2}


@pytest.mark.parametrize("class_name", ["a", None])
def test_one_class_alone_is_none(class_name: str | None) -> None:
    report = _report(class_name, class_name)
    assert (report.class_names, report.class_indices) == ([], [])


def test_a_rejection_is_told_in_either_language() -> None:
    rejection = Rejection("scan", "not-an-image", {"kind": Message("file-kind.pdf")})
    assert rejection.message.sentence() == "It is a PDF document, not a picture."
    assert "文档" in rejection.message.sentence("zh")


def test_the_values_of_a_rejection_survive_json() -> None:
    rejections = (
        Rejection("scan", "not-an-image", {"kind": Message("file-kind.pdf")}),
        Rejection("tiny", "too-small", {"width": 3, "height": 4, "least": 64}),
        Rejection("copy", "duplicate", duplicate_of="0.png"),
    )
    report = _report("a", "b", rejections=rejections)
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report


@pytest.mark.parametrize(
    "content",
    [
        '{"paintings": [{"nonsense": 1}]}',
        "[]",
        "{",
        '{"paintings": 3}',
        '{"paintings": [], "rejections": [{"code": 1}]}',
    ],
)
def test_a_damaged_report_is_an_error_with_a_code(tmp_path: Path, content: str) -> None:
    (tmp_path / "report.json").write_text(content)
    with pytest.raises(DatasetError) as caught:
        read_report(tmp_path)
    assert caught.value.code == "damaged-report"


def test_a_missing_report_is_another_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        read_report(tmp_path)
    assert caught.value.code == "not-prepared"


def test_a_report_of_version_0_1_becomes_one_of_today(tmp_path: Path) -> None:
    old = {
        "paintings": [
            {"file": "00000.jpg", "name": "a/0.png", "kind": "a", "width": 10, "height": 8, "marks": ["1", "2", "3"]},
            {"file": "00001.jpg", "name": "1.png", "kind": None, "width": 9, "height": 9, "marks": ["4", "5", "6"]},
        ],
        "left_out": [
            {"name": "c.png", "reason": "It is an exact copy.", "code": "duplicate", "twin": "a/0.png"},
            {"name": "d.txt", "reason": "It is not a picture.", "code": "not-an-image", "twin": None},
        ],
        "near_twins": [{"file": "00001.jpg", "twin": "00000.jpg", "name": "1.png", "twin_name": "a/0.png"}],
        "aspect": 1.25,
        "fit": "crop",
        "ground": "#204080",
    }
    report = from_version_0_1(old)
    assert report.class_names == ["", "a"]
    assert report.paintings[0].fingerprints == ("1", "2", "3")
    assert [str(each.message.sentence()) for each in report.rejections] == [
        "It is an exact copy.",
        "It is not a picture.",
    ]
    assert [each.duplicate_of for each in report.rejections] == ["a/0.png", None]
    assert report.near_duplicates[0].original_name == "a/0.png"
    assert (report.aspect, report.fit, report.matte) == (1.25, "crop", "#204080")
    write_report(tmp_path, report)
    assert read_report(tmp_path) == report


def test_paintings_that_are_coarser_than_the_pictures_are_said() -> None:
    report = _report(*[None] * 5)  # of 100 x 80 px
    assert report.too_coarse_for(64) is None
    message = report.too_coarse_for(128)
    assert message is not None
    assert message.sentence().startswith("5 of the 5 paintings have fewer than 96 pixels")
    some = Report(tuple(Painting(str(n), "", None, 100 * n, 900) for n in range(1, 11)), (), (), 1.0, "crop", "#ffffff")
    assert some.too_coarse_for(640) is None, "half of them are fine enough"
    assert some.too_coarse_for(850) is not None
