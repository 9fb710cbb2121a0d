from __future__ import annotations

from pathlib import Path

import pytest

from neural_art import files
from neural_art.errors import RunError, StorageError
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.uploads import UploadBox


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "runs", "Sisley")


BROUGHT = [("a.png", b"a"), ("b.png", b"bb"), ("a.png", b"aaa"), ("c.png", b"cccc"), ("c.png", b"cccc")]


def put(box: UploadBox, folder: Path, name: str, content: bytes) -> int:
    file = folder / "upload.png"
    file.write_bytes(content)
    grown = box.take(file, name)
    assert not file.exists()
    return grown


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
    assert box.bytes == 6
    box.clear()
    assert (box.files(), run.paths.uploads.exists()) == ([], False)


def test_a_list_that_a_kill_tore_keeps_its_whole_lines(run: Run, tmp_path: Path) -> None:
    box = UploadBox(run)
    put(box, tmp_path, "a.png", b"a")
    with (run.paths.uploads / "names.jsonl").open("a") as names:
        names.write('["b.png", "12')
    assert [name for name, _ in box.files()] == ["a.png"]
    put(box, tmp_path, "c.png", b"c")
    assert [name for name, _ in box.files()] == ["a.png", "c.png"]


def test_what_comes_again_is_there_once(run: Run, tmp_path: Path) -> None:
    put(UploadBox(run), tmp_path, "a.png", b"a")
    put(UploadBox(run), tmp_path, "b.png", b"bb")
    again = UploadBox(run)
    grown = [put(again, tmp_path, name, content) for name, content in BROUGHT]
    assert grown == [0, 0, 3, 4, 0]
    assert [(name, path.read_bytes()) for name, path in again.files()] == [*BROUGHT[:4]]
    assert again.bytes == 1 + 2 + 3 + 4
    assert len(list(run.paths.uploads.iterdir())) == 5, "four files and the list of their names"


def test_only_what_was_checked_is_removed(run: Run, tmp_path: Path) -> None:
    """Another tab may send something while a check is under way."""
    one, other = UploadBox(run), UploadBox(run)
    put(one, tmp_path, "a.png", b"a")
    put(one, tmp_path, "b.png", b"b")
    checked = one.files()
    put(other, tmp_path, "c.png", b"c")
    one.remove(checked)
    assert [name for name, _ in UploadBox(run).files()] == ["c.png"]
    assert put(other, tmp_path, "a.png", b"a") == 1, "it is not there any more"
    one.remove(other.files())
    assert not run.paths.uploads.exists()


def test_what_is_arriving_while_a_check_ends_arrives(run: Run, tmp_path: Path) -> None:
    box = UploadBox(run)
    put(box, tmp_path, "a.png", b"a")
    with files.work_folder(run.paths.uploads, "arriving") as arriving:
        box.remove(box.files())
        assert arriving.exists()


def test_an_upload_that_a_kill_cut_short_leaves_nothing(run: Run, tmp_path: Path) -> None:
    put(UploadBox(run), tmp_path, "a.png", b"a")
    (run.paths.uploads / ".arriving.ab12.part").mkdir()
    (run.paths.uploads / ".arriving.ab12.part" / "0123.png").write_bytes(b"half of it")
    Registry(run.folder.parent)
    assert UploadBox(run).bytes == 1
    assert len(list(run.paths.uploads.iterdir())) == 2


def test_nothing_is_taken_for_a_run_that_was_deleted(run: Run, tmp_path: Path) -> None:
    run.delete()
    (tmp_path / "a.png").write_bytes(b"a")
    with pytest.raises(StorageError) as refused:
        UploadBox(run).take(tmp_path / "a.png", "a.png")
    assert refused.value.code == "gone"
    assert (tmp_path / "a.png").exists()


def test_a_file_whose_answer_was_lost_can_be_given_again(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "c0ffee" / "a.png"
    file.parent.mkdir()
    file.write_bytes(b"a")
    for _ in range(3):
        UploadBox(run).take(file, "dawn/a.png")
    assert UploadBox(run).take(file, "dusk/a.png") == 1, "the same picture in another folder comes to the same path"
    found = UploadBox(run).files()
    assert [(name, path.read_bytes()) for name, path in found] == [("dawn/a.png", b"a"), ("dusk/a.png", b"a")]
    with pytest.raises(RunError) as refused:
        UploadBox(run).take(file.with_name("b.png"), "dawn/a.png")
    assert refused.value.code == "upload-missing"


def test_a_file_that_was_there_already_can_be_given_again(run: Run, tmp_path: Path) -> None:
    put(UploadBox(run), tmp_path, "a.png", b"a")
    file = tmp_path / "other.png"
    file.write_bytes(b"a")
    assert [UploadBox(run).take(file, "a.png") for _ in range(2)] == [0, 0]
    assert len(UploadBox(run).files()) == 1


def test_a_box_takes_no_more_than_it_may_and_keeps_what_it_has(run: Run, tmp_path: Path) -> None:
    one, other = UploadBox(run), UploadBox(run)
    for number, box in enumerate((one, other, one, other)):
        file = tmp_path / f"{number}.png"
        file.write_bytes(bytes([number]) * 1000)
        if number < 3:
            box.take(file, file.name, most=3500)
            continue
        with pytest.raises(RunError) as refused:
            box.take(file, file.name, most=3500)
        assert refused.value.code == "uploads-too-large"
        assert file.exists()
    assert [name for name, _ in one.files()] == ["0.png", "1.png", "2.png"]
    assert (one.bytes, other.bytes) == (3000, 3000)


def test_a_kill_before_a_file_was_in_its_place_makes_it_come_again(run: Run, tmp_path: Path) -> None:
    put(UploadBox(run), tmp_path, "a.png", b"a")
    with (run.paths.uploads / "names.jsonl").open("a") as names:
        names.write('["b.png", "0123.png", "c0ffee/b.png"]\n')
    assert [name for name, _ in UploadBox(run).files()] == ["a.png"]
    with pytest.raises(RunError) as refused:
        UploadBox(run).take(tmp_path / "c0ffee" / "b.png", "b.png")
    assert refused.value.code == "upload-missing"
