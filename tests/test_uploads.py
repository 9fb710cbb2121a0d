from __future__ import annotations

from pathlib import Path

import pytest

from neural_art.runs.run import Run
from neural_art.runs.uploads import UploadBox


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "runs", "Sisley")


def put(box: UploadBox, folder: Path, name: str, content: bytes) -> None:
    file = folder / "upload.png"
    file.write_bytes(content)
    box.take(file, name)
    assert not file.exists()


def test_files_are_moved_and_keep_their_names_and_order(run: Run, tmp_path: Path) -> None:
    box = UploadBox(run)
    assert (box.files(), box.bytes) == ([], 0)
    names = ["b/桥\u2028.png", "../../a.png", "b/桥\u2028.png"]
    for number, name in enumerate(names):
        put(box, tmp_path, name, b"x" * (number + 1))
    found = UploadBox(run).files()
    assert [name for name, _ in found] == names
    assert [len(path.read_bytes()) for _, path in found] == [1, 2, 3]
    assert all(path.parent == run.paths.uploads and path.suffix == ".png" for _, path in found)
    assert box.bytes >= 6
    box.clear()
    assert (box.files(), run.paths.uploads.exists()) == ([], False)


def test_a_list_that_a_kill_tore_keeps_its_whole_lines(run: Run, tmp_path: Path) -> None:
    box = UploadBox(run)
    put(box, tmp_path, "a.png", b"a")
    with (run.paths.uploads / "names.jsonl").open("a") as names:
        names.write('["b.png", "12')
    assert [name for name, _ in box.files()] == ["a.png"]


def test_nothing_is_taken_for_a_run_that_was_deleted(run: Run, tmp_path: Path) -> None:
    run.delete()
    (tmp_path / "a.png").write_bytes(b"a")
    with pytest.raises(FileNotFoundError):
        UploadBox(run).take(tmp_path / "a.png", "a.png")
