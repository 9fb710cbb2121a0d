"""Pictures are found in folders, zips and loose files; whatever their names and links are, they do no harm."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from picture_files import FEW, drawn, encoded, filled, prepared, rejected, zipped

from neural_art.dataset.limits import Limits
from neural_art.dataset.report import Rejection, read_report
from neural_art.dataset.sources import gather
from neural_art.dataset.uploaded_file import UploadedFile
from neural_art.errors import DatasetError


def test_what_operating_systems_leave_everywhere_is_ignored(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._0.png", "__MACOSX/._0.png", ".git/a.png", "sub/.DS_Store"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"something")
    members = {f"set/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for uploads in (folder, zipped(tmp_path / "set.zip", members)):
        report = prepared(uploads, tmp_path / uploads.name.replace(".", "-"))
        assert len(report.paintings) == 1
        assert report.rejections == ()


def test_links_and_pipes_in_a_folder_are_neither_followed_nor_opened(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    outside = filled(tmp_path / "outside", 2, start=20)
    (folder / "link.png").symlink_to(outside / "20.png")
    (folder / "linked").symlink_to(outside, target_is_directory=True)
    (folder / "round").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe.png")
    report = prepared(folder, tmp_path / "kept")
    assert len(report.paintings) == 1
    assert rejected(report) == {"link.png": "link", "linked": "link", "round": "link", "pipe.png": "not-a-file"}


@pytest.mark.parametrize("outer", ["", "my set/", "my set/inner/"])
def test_the_first_folders_below_what_surrounds_everything_are_the_classes(tmp_path: Path, outer: str) -> None:
    for class_name, start in (("landscapes", 0), ("静物", 4)):
        filled(tmp_path / "set" / outer / class_name / "deeper", 4, start)
    report = prepared(tmp_path / "set", tmp_path / "kept")
    assert report.class_counts == {"landscapes": 4, "静物": 4}
    members = {str(path.relative_to(tmp_path)): path.read_bytes() for path in (tmp_path / "set").rglob("*.png")}
    assert prepared(zipped(tmp_path / "a.zip", members), tmp_path / "kept2").class_counts == report.class_counts
    pairs = [(name, tmp_path / name) for name in members]
    assert prepared(pairs, tmp_path / "kept3").class_counts == report.class_counts


def test_a_folder_without_sub_folders_has_no_classes(tmp_path: Path) -> None:
    assert prepared(filled(tmp_path / "set"), tmp_path / "kept").class_counts == {}


def test_each_of_several_zips_is_a_class(tmp_path: Path) -> None:
    monet = zipped(tmp_path / "x1", {f"top/{n}.png": encoded(drawn(n)) for n in range(3)})
    renoir = zipped(tmp_path / "x2", {f"{n}.png": encoded(drawn(n)) for n in range(3, 5)})
    report = prepared([("monet.zip", monet), ("renoir.zip", renoir)], tmp_path / "kept")
    assert report.class_counts == {"monet": 3, "renoir": 2}


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
    assert read_report(tmp_path / "kept") == report


@pytest.mark.parametrize("name", ["/etc/passwd.png", "../up.png", "a/../../up.png", "C:\\up.png", "..\\up.png"])
def test_names_that_lead_outside_are_rejected(tmp_path: Path, name: str) -> None:
    filled(tmp_path / "set", 2)
    pairs = [(name, tmp_path / "set" / "0.png"), ("good.png", tmp_path / "set" / "1.png")]
    packed = zipped(tmp_path / "a.zip", {name: encoded(drawn(0)), "good.png": encoded(drawn(1))})
    for uploads, code in ((pairs, "unsafe-name"), (packed, "unsafe-name-in-zip")):
        report = prepared(uploads, tmp_path / "inside" / "kept" / code)
        assert [painting.name for painting in report.paintings] == ["good.png"]
        assert list(rejected(report).values()) == [code]
    assert not (tmp_path / "inside" / "up.png").exists()


def test_what_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"There is nothing at .*nowhere"):
        prepared(tmp_path / "nowhere", tmp_path / "kept")


def test_a_folder_with_too_many_files_is_refused(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 4)
    assert len(prepared(folder, tmp_path / "kept", Limits(least=1, entries=4)).paintings) == 4
    with pytest.raises(DatasetError, match=r"^set cannot be used\. It holds more than 3 files") as caught:
        prepared(folder, tmp_path / "kept2", Limits(least=1, entries=3))
    assert caught.value.values["reason"].code == "rejection.too-many-entries"


def test_files_are_found_without_unpacking(tmp_path: Path) -> None:
    content = encoded(drawn(0))
    zipped(tmp_path / "a.zip", {"b/c.png": content, "../evil.png": content})
    found = {each.name: each for each in gather(tmp_path / "a.zip", FEW)}
    assert isinstance(found["../evil.png"], Rejection)
    file = found["b/c.png"]
    assert isinstance(file, UploadedFile)
    with file.open() as opened:
        assert opened.read() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]
