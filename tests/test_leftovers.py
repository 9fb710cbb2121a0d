"""What people left behind is removed, and nothing else."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from run_makers import paintings_folder

from neural_art.runs.leftovers import remove_uploads
from neural_art.runs.lock import hold
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio
from neural_art.runs.uploads import UploadBox

HASH = "0123456789abcdef" * 4


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    (tmp_path / "cache").mkdir()
    return Studio(tmp_path / "runs", cache=tmp_path / "cache", start=False)


def age(path: Path, hours: float = 2) -> None:
    """As if ``path`` and everything in it had been written so long ago."""
    then = time.time() - 3600 * hours
    for each in [*path.rglob("*"), path]:
        os.utime(each, (then, then))


def upload(run: Run, folder: Path, name: str = "a.png") -> None:
    (folder / "arrived.png").write_bytes(name.encode())
    UploadBox(run).take(folder / "arrived.png", name)


def test_an_empty_run_that_nobody_came_back_to_is_removed(studio: Studio) -> None:
    old, new = studio.create("Old"), studio.create("New")
    age(old.folder)
    studio.tidy(1)
    assert (old.exists(), new.exists()) == (False, True)


def test_nothing_is_removed_unless_the_studio_was_told_when(studio: Studio) -> None:
    run = studio.create("Old")
    age(run.folder, 10_000)
    studio.tidy()
    assert run.exists()


def test_a_run_with_anything_in_it_stays(studio: Studio, tmp_path: Path) -> None:
    paintings = paintings_folder(tmp_path / "brought")
    prepared, branched, kept = studio.create("Prepared"), studio.create("Branched"), studio.create("Kept")
    for _ in studio.intake.add_paintings(prepared.id, paintings):
        pass
    branched.paths.base.write_bytes(b"a model")
    kept.paths.favourites.write_text("[]")
    for run in (prepared, branched, kept):
        age(run.folder, 10_000)
    studio.tidy(1)
    assert all(run.exists() for run in (prepared, branched, kept))
    assert prepared.report is not None


def test_uploads_that_nobody_had_checked_are_removed_and_the_paintings_stay(studio: Studio, tmp_path: Path) -> None:
    prepared, empty, arriving = studio.create("Prepared"), studio.create("Empty"), studio.create("Arriving")
    for _ in studio.intake.add_paintings(prepared.id, paintings_folder(tmp_path / "brought")):
        pass
    for run in (prepared, empty, arriving):
        upload(run, tmp_path)
        age(run.folder)
    upload(arriving, tmp_path, "b.png")
    studio.tidy(1)
    assert prepared.report is not None
    assert UploadBox(prepared).files() == []
    assert not empty.exists()
    assert [name for name, _ in UploadBox(arriving).files()] == ["a.png", "b.png"], "somebody is still at it"


def test_what_is_in_use_stays(studio: Studio, tmp_path: Path) -> None:
    checking, locked = studio.create("Checking"), studio.create("Locked")
    for run in (checking, locked):
        upload(run, tmp_path)
    for number in range(8):
        upload(checking, tmp_path, f"{number}.png")
    news = studio.intake.add_paintings(checking.id, paintings_folder(tmp_path / "brought"))
    next(news)
    age(checking.folder)
    with hold(locked):
        age(locked.folder)
        studio.tidy(1)
        assert len(UploadBox(checking).files()) == 9
        assert len(UploadBox(locked).files()) == 1
    news.close()
    age(checking.folder)
    age(locked.folder)
    studio.tidy(1)
    assert not checking.exists()
    assert not locked.exists()


def test_uploads_that_nobody_took_are_removed_from_gradios_folder(studio: Studio, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    old, new, empty, part = cache / HASH, cache / HASH[::-1], cache / ("a" * 64), cache / "tmpab12_cd3"
    just_made = cache / ("b" * 64)
    for folder in (old, new, empty, just_made):
        folder.mkdir()
    (old / "hill.png").write_bytes(b"x")
    (new / "hill.png").write_bytes(b"x")
    part.write_bytes(b"half of it")
    for path in (old, empty, part):
        age(path)
    studio.tidy(1)
    assert sorted(path.name for path in cache.rglob("*")) == sorted([new.name, "hill.png", just_made.name])


def test_what_gradio_did_not_put_into_its_folder_stays(tmp_path: Path) -> None:
    cache, elsewhere = tmp_path / "cache", tmp_path / "elsewhere"
    (cache / "somebody's folder").mkdir(parents=True)
    (cache / "somebody's folder" / "letter.txt").write_text("Dear")
    (cache / "letter.txt").write_text("Dear")
    (cache / HASH / "folder").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "painting.png").write_bytes(b"x")
    (cache / HASH[::-1]).symlink_to(elsewhere)
    (cache / "tmpab12_cd3").symlink_to(elsewhere / "painting.png")
    age(elsewhere)
    age(cache)
    before = sorted(tmp_path.rglob("*"))
    assert remove_uploads(cache, time.time()) == 0
    assert sorted(tmp_path.rglob("*")) == before
    shutil.rmtree(cache)
    assert remove_uploads(cache, time.time()) == 0
