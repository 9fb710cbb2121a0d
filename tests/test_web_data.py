"""Step 1: uploads on their way from Gradio's cache to a report."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from page_server import Server, content, write_paintings
from PIL import Image

from neural_art.runs.uploads import UploadBox


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    return write_paintings(tmp_path_factory.mktemp("uploads") / "hills", drawn_paintings)


def test_what_was_uploaded_does_not_stay_in_gradios_cache(server: Server, paintings: Path) -> None:
    run = server.ask("create", name="Hills")["run"]
    assert server.add_paintings(run, paintings)["state"] == "done"
    assert list(server.cache.rglob("*")) == []
    assert not server.studio.run(run).paths.uploads.exists(), "nor do the originals stay with the run"
    report = server.ask("report", run=run)
    assert report["count"] == 12
    assert report["class_counts"] == {"dawn": 6, "dusk": 6}
    assert content(report["sheet"]).startswith(b"\xff\xd8")


def test_a_path_that_was_not_uploaded_is_refused(server: Server, tmp_path: Path) -> None:
    run = server.ask("create", name="Mine")["run"]
    secret = tmp_path / "secret.png"
    Image.new("RGB", (80, 80)).save(secret)
    link = server.cache / "link.png"
    link.symlink_to(secret)
    for path in [secret, link, f"{server.cache}/../secret.png", "/etc/passwd", server.cache, "", None, 7, "\0"]:
        answer = server.ask("take", run=run, files=[{"path": path if path is None else str(path), "name": "x.png"}])
        assert answer["code"] == "run.upload-missing"
    assert secret.exists()


def test_too_many_bytes_are_refused_and_what_came_before_stays(server: Server) -> None:
    run = server.ask("create", name="Big")["run"]
    for batch in (range(2), range(2, 6)):
        files = [{"path": server.upload(f"{n}.png", bytes([n]) * (1 << 20)), "name": f"{n}.png"} for n in batch]
        answer = server.ask("take", run=run, files=files)
    assert "more than 4 MB together" in answer["error"]
    box = UploadBox(server.studio.run(run))
    assert [name for name, _ in box.files()] == ["0.png", "1.png", "2.png", "3.png"]
    assert box.bytes == 4 << 20
    assert not [path for path in server.cache.rglob("*") if path.is_file()]


def test_a_batch_whose_answer_was_lost_can_be_sent_again(server: Server) -> None:
    run = server.ask("create", name="Twice")["run"]
    files = [{"path": server.upload(f"{n}.png", bytes([n]) * 100), "name": f"{n}.png"} for n in range(3)]
    for _ in range(2):
        assert server.ask("take", run=run, files=files) == {"taken": 3}
    assert UploadBox(server.studio.run(run)).bytes == 300
    other = server.ask("create", name="Other")["run"]
    assert server.ask("take", run=other, files=files)["code"] == "run.upload-missing"


def test_an_upload_that_was_interrupted_and_comes_again_is_one_set(server: Server, paintings: Path) -> None:
    run = server.ask("create", name="Twice")["run"]
    for count in (5, 12):  # the first was interrupted after five files
        files = [
            {"path": server.upload(f"{index}.png", path.read_bytes()), "name": str(path.relative_to(paintings))}
            for index, path in enumerate(sorted(paintings.rglob("*.png"))[:count])
        ]
        assert server.ask("take", run=run, files=files) == {"taken": count}
    server.ask("check", run=run, fit="squeeze", matte="#ffffff")
    assert server.ended(run, "uploads")["state"] == "done"
    report = server.ask("report", run=run)
    assert (report["count"], report["rejections"]) == (12, [])
    assert list(server.cache.rglob("*")) == []


def test_an_upload_that_comes_again_does_not_count_twice(server: Server) -> None:
    run = server.ask("create", name="Big")["run"]
    for _ in range(3):
        files = [{"path": server.upload(f"{n}.png", bytes([n]) * (1 << 20)), "name": f"{n}.png"} for n in range(3)]
        assert server.ask("take", run=run, files=files) == {"taken": 3}


def test_without_uploads_there_is_nothing_to_check_or_to_report(server: Server) -> None:
    run = server.ask("create", name="Empty")["run"]
    assert server.ask("check", run=run, fit="squeeze", matte="#ffffff")["code"] == "run.no-uploads"
    assert server.ask("report", run=run)["code"] == "run.no-paintings"
    assert server.ask("task", run=run, task="uploads") == {"state": "none"}


def test_too_few_paintings_say_why_and_are_kept_for_more(server: Server, paintings: Path, tmp_path: Path) -> None:
    run = server.ask("create", name="Few")["run"]
    first, second = tmp_path / "first", tmp_path / "second"
    shutil.copytree(paintings / "dawn", first)
    (first / "<b>broken.png").write_bytes(b"not a picture")
    shutil.copytree(paintings / "dusk", second)
    ended = server.add_paintings(run, first)
    assert ended["state"] == "failed"
    assert ended["code"] == "dataset.too-few-accepted"
    assert "too few to learn from" in ended["reason"]
    assert [left["name"] for left in ended["rejections"]] == ["<b>broken.png"]
    assert "太少" in server.ask("task", run=run, task="uploads", language="zh")["reason"]
    assert server.add_paintings(run, second)["state"] == "done"
    assert server.ask("report", run=run)["count"] == 12


def test_a_duplicate_is_rejected_with_the_name_of_the_painting(server: Server, paintings: Path, tmp_path: Path) -> None:
    shutil.copytree(paintings, tmp_path / "hills")
    shutil.copy(paintings / "dawn" / "hill 00.png", tmp_path / "hills" / "dusk" / "zz.png")
    run = server.ask("create", name="Twice")["run"]
    server.add_paintings(run, tmp_path / "hills")
    for language, words in (("en", "exact copy"), ("zh", "完全相同")):
        (rejection,) = server.ask("report", run=run, language=language)["rejections"]
        assert rejection["name"] == "dusk/zz.png"
        assert words in rejection["reason"]
        assert rejection["reason"].endswith("(dawn/hill 00.png)")


def test_near_duplicates_are_shown_side_by_side(server: Server, paintings: Path, tmp_path: Path) -> None:
    shutil.copytree(paintings, tmp_path / "hills")
    with Image.open(paintings / "dawn" / "hill 00.png") as picture:
        picture.resize((150, 100), Image.Resampling.LANCZOS).save(tmp_path / "hills" / "dawn" / "larger.jpg")
    run = server.ask("create", name="Alike")["run"]
    server.add_paintings(run, tmp_path / "hills")
    report = server.ask("report", run=run)
    (near,) = report["near_duplicates"]
    assert report["near_duplicate_count"] == 1
    assert {near["name"], near["original_name"]} == {"dawn/hill 00.png", "dawn/larger.jpg"}
    assert content(near["picture"]) != content(near["original_picture"])


def test_paintings_are_removed_and_squared_anew(server: Server, paintings: Path) -> None:
    run = server.ask("create", name="Hills")["run"]
    server.add_paintings(run, paintings)
    assert server.ask("remove_paintings", run=run, files=["00000.jpg"]) == {}
    assert server.ask("refit", run=run, fit="crop") == {}
    report = server.ask("report", run=run)
    assert (report["count"], report["fit"], report["aspect"]) == (11, "crop", 1.0)
    assert "error" in server.ask("remove_paintings", run=run, files=["../run.json"])
    assert "error" in server.ask("refit", run=run, fit="stretch")
