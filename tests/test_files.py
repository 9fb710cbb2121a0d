"""Files are written whole or not at all; what the disk refuses becomes a sentence."""

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from neural_art import files
from neural_art.errors import RunError, StorageError

ROOT = Path(__file__).parent.parent


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    files.write_json(path, {"day": 1})
    files.write_json(path, {"day": 2, "名": "海"})
    assert files.read_json(path) == {"day": 2, "名": "海"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    files.write(path, b"old")
    with pytest.raises(ZeroDivisionError), files.replacing(path) as part:
        part.write_bytes(b"half of the n")
        1 / 0  # noqa: B018
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(path, {"x": float("nan")})
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_deleted_folder_does_not_come_back(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.write(tmp_path / "deleted" / "notes.json", b"")
    assert list(tmp_path.iterdir()) == []


def test_no_file_reads_as_none_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    assert files.read_json(tmp_path / "none.json") is None
    assert files.read_json(tmp_path / "none" / "none.json") is None
    for content in (b"", b'{"half', b"[1, 2]", b"\xff\xfe"):
        (tmp_path / "bad.json").write_bytes(content)
        with pytest.raises(StorageError, match=r"bad\.json is damaged") as caught:
            files.read_json(tmp_path / "bad.json")
        assert caught.value.code == "damaged"


def test_a_work_folder_is_gone_when_its_block_ends(tmp_path: Path) -> None:
    with files.work_folder(tmp_path, "upload") as folder:
        (folder / "a.png").write_bytes(b"")
        assert folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, sys
from pathlib import Path
from neural_art.files import replacing, work_folder
folder = Path(sys.argv[1])
with work_folder(folder, "paintings") as work, replacing(folder / "samples" / "00001.webp") as part:
    (work / "a.png").write_bytes(b"half")
    part.write_bytes(b"half")
    os._exit(0)
"""


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    kept = [tmp_path / "run.json", tmp_path / "samples" / "00001.webp", tmp_path / ".hidden"]
    for path in kept:
        path.write_bytes(b"whole")
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=True)
    assert len(list(tmp_path.rglob("*"))) == len(kept) + 5, "the killed process left two folders with a file in each"
    files.remove_partial(tmp_path, tmp_path / "samples", tmp_path / "not there")
    assert sorted(tmp_path.rglob("*")) == sorted([*kept, tmp_path / "samples"])


def test_what_somebody_is_writing_at_this_moment_is_not_removed(tmp_path: Path) -> None:
    with files.work_folder(tmp_path, "paintings") as work, files.replacing(tmp_path / "loop.mp4") as part:
        (work / "a.png").write_bytes(b"half")
        part.write_bytes(b"half a film")
        files.remove_partial(tmp_path)
        assert (work / "a.png").exists()
        assert part.exists()
    assert (tmp_path / "loop.mp4").read_bytes() == b"half a film"
    assert list(tmp_path.iterdir()) == [tmp_path / "loop.mp4"]


def test_a_folder_is_locked_by_one_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")

    def count(_: int) -> None:
        with files.locked_folder(tmp_path):
            number = int((tmp_path / "count").read_text())
            (tmp_path / "count").write_text(str(number + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(200)))
    assert (tmp_path / "count").read_text() == "200"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "read-only"),
        (errno.ENOMEM, "out-of-memory"),
        (errno.ENOENT, "gone"),
        (errno.EIO, "failed"),
    ],
    ids=errno.errorcode.get,
)
def test_what_the_disk_refuses_is_told_without_the_folder(number: int, code: str) -> None:
    error = files.storage_error(OSError(number, os.strerror(number), "/secret/place/run.json"))
    assert error.code == code
    assert "secret" not in str(error)


def test_an_error_without_a_file_and_too_little_memory_are_told_too() -> None:
    assert files.storage_error(OSError("something odd")).values["why"] == "something odd"
    assert files.storage_error(MemoryError()).code == "out-of-memory"


def test_a_full_disk_becomes_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught, files.storage_errors(), open("/dev/full", "wb", buffering=0) as file:
        file.write(b"x")
    assert caught.value.code == "disk-full"


def test_our_own_errors_pass_unchanged() -> None:
    with pytest.raises(RunError), files.storage_errors():
        raise RunError("gone")
