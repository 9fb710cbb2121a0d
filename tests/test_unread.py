"""Files of an upload that never came."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from page_server import write_paintings

from neural_art.dataset.prepare import TooFewPaintings, prepare
from neural_art.dataset.report import Report
from neural_art.runs.run import Run
from neural_art.runs.unread import Unread, rejection
from neural_art.runs.uploads import UploadBox


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "runs", "Sisley")


def test_names_are_kept_until_they_are_reported_each_once(run: Run) -> None:
    cloud, locked = rejection("set/桥\u2028.jpg", "unread"), rejection("set/locked", "folder-unread")
    Unread(run).add([cloud, cloud])
    Unread(run).add([cloud, locked])
    assert Unread(run).rejections() == [cloud, locked]
    Unread(run).remove([cloud])
    assert Unread(run).rejections() == [locked], "what has come since stays"
    Unread(run).remove([locked])
    assert not run.paths.uploads.exists()


def test_they_go_with_the_in_box(run: Run) -> None:
    Unread(run).add([rejection("a.jpg", "changed")])
    UploadBox(run).clear()
    assert Unread(run).rejections() == []


def test_a_torn_line_does_not_hide_the_others(run: Run) -> None:
    Unread(run).add([rejection("a.jpg", "changed")])
    with (run.paths.uploads / "unread.jsonl").open("a") as lines:
        lines.write('["b.jpg", "chan')
    Unread(run).add([rejection("c.jpg", "changed")])
    assert [each.name for each in Unread(run).rejections()] == ["a.jpg", "c.jpg"]


@pytest.mark.parametrize(
    "code", ["unread", "folder-unread", "folder-empty", "changed", "too-large", "proxy-limit", "anything", "damaged"]
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_reason_is_a_sentence(code: str, language: str) -> None:
    known = code not in ("anything", "damaged")
    assert rejection("a.jpg", code).code == (code if known else "unread")
    sentence = rejection("a.jpg", code, size=310 << 20, most=300 << 20).message.sentence(language)
    assert sentence[-1] in ".。"
    assert ("310 MB" in sentence) == (code in ("too-large", "proxy-limit"))


def test_a_report_lists_them_in_the_order_of_names(tmp_path: Path, drawn_paintings: torch.Tensor) -> None:
    paintings = write_paintings(tmp_path / "hills", drawn_paintings)
    (paintings / "notes.txt").write_text("no picture")
    unread = [rejection("zoo.jpg", "unread"), rejection("hill.jpg", "changed")]
    *_, report = prepare(paintings, tmp_path / "prepared", unread=unread)
    assert isinstance(report, Report)
    assert [each.name for each in report.rejections] == ["hill.jpg", "notes.txt", "zoo.jpg"]
    with pytest.raises(TooFewPaintings) as error:
        list(prepare([], tmp_path / "empty", unread=unread))
    assert [each.name for each in error.value.report.rejections] == ["hill.jpg", "zoo.jpg"]
