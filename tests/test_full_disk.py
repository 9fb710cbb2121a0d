"""A full disk: always the same sentence, what was there stays, and it goes on when there is room."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from disks import full_disk
from page_server import Site, write_untrained
from run_makers import ENDLESS, TINY, ask_to_train, paintings_folder, prepared_run, until

from neural_art.errors import StorageError
from neural_art.events import Stepped
from neural_art.explore.film import write_mp4
from neural_art.models.checkpoint import Model
from neural_art.runs import worker
from neural_art.runs.attempts import DISK_FULL_STATUS, attempts_of
from neural_art.runs.favourites import Favourites
from neural_art.runs.journal import Journal
from neural_art.runs.lock import is_locked
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.status import state_of
from neural_art.runs.studio import Studio
from neural_art.runs.supervisor import Supervisor
from neural_art.web.serving import answering

SENTENCE = "The disk is full."
SMALL = 20_000
"""Bytes that a line or a note has room in, and weights have not."""


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paintings_folder(tmp_path_factory.mktemp("uploads"))


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory, uploads: Path) -> Path:
    """A folder of prepared paintings, to be copied."""
    return prepared_run(tmp_path_factory.mktemp("paintings"), uploads).paths.paintings


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """A studio that starts nothing."""
    return Studio(tmp_path / "runs", start=False)


@pytest.fixture
def run(studio: Studio, paintings: Path) -> Run:
    """A run with paintings, a favourite and a model."""
    run = studio.create("Blocks")
    shutil.copytree(paintings, run.paths.paintings)
    Favourites(run).keep({"seed": 1})
    write_untrained(run.paths.checkpoint, torch.randn(8, 256))
    run.paths.films.mkdir()
    return run


def content(folder: Path) -> dict[str, bytes]:
    """All that is in a folder; folders are empty."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


def learning_film(studio: Studio, run: Run) -> None:
    write_mp4([np.zeros((64, 64, 3), np.uint8)] * 30, run.paths.films / "learning-1.mp4")


@pytest.mark.parametrize(
    "act",
    [
        lambda studio, run: Favourites(run).keep({"seed": 2}),
        lambda studio, run: studio.create("Hills"),
        lambda studio, run: studio.copy_paintings(run.id),
        lambda studio, run: studio.rename(run.id, "Sisley"),
        lambda studio, run: studio.train(run.id, TINY, ENDLESS),
        lambda studio, run: studio.branch(run.id, name="Second"),
        lambda studio, run: studio.intake.refit(run.id, "crop"),
        lambda studio, run: list(studio.intake.add_samples(run.id, count=8)),
        lambda studio, run: list(studio.intake.add_samples(None, count=8)),
        learning_film,
    ],
    ids=["keep", "create", "copy paintings", "rename", "train", "branch", "refit", "add samples", "samples", "film"],
)
def test_what_a_full_disk_refuses_is_called_so_and_all_stays(
    studio: Studio, run: Run, act: Callable[[Studio, Run], object]
) -> None:
    before = content(studio.root)
    with full_disk(), pytest.raises(StorageError) as refused:
        act(studio, run)
    assert refused.value.code == "disk-full"
    assert content(studio.root) == before
    act(studio, run)  # there is room again


def test_paintings_that_find_no_room_leave_those_that_were_there(studio: Studio, run: Run, tmp_path: Path) -> None:
    more = paintings_folder(tmp_path / "more")
    for index, path in enumerate(sorted(more.iterdir())):
        path.rename(more / f"another {index}.png")
    before = content(studio.root)
    run.paths.checkpoint.unlink()
    before.pop(f"{run.id}/checkpoint.safetensors")
    with full_disk(100), pytest.raises(StorageError) as refused:
        list(studio.intake.add_paintings(run.id, more))
    assert refused.value.code == "disk-full"
    assert content(studio.root) == before


def test_an_upload_that_finds_no_room_can_be_sent_again(tmp_path: Path) -> None:
    site = Site(tmp_path)
    take, run = answering(site.tab._uploads.take), site.studio.create("Hills").id
    request = {"run": run, "files": [{"path": site.upload(b"x" * 100), "name": "1.png"}], "unread": []}
    with full_disk():
        assert SENTENCE in take(request)["error"]
    assert take(request) == {"run": run, "taken": 1}


def test_a_film_that_fails_for_another_reason_does_not_blame_the_disk(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ffmpeg = tmp_path / "ffmpeg"
    ffmpeg.write_text("#!/bin/sh\necho Unknown encoder libx264 >&2\nexit 1\n")
    ffmpeg.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(ffmpeg))
    with pytest.raises(Exception, match="The film could not be written") as refused:
        learning_film(None, run)  # type: ignore[arg-type]
    assert "ffmpeg" not in str(refused.value).lower()
    assert "encoder" not in str(refused.value)
    assert list(run.paths.films.iterdir()) == []


# ---- trainings


@pytest.fixture
def waiting(tmp_path: Path, paintings: Path) -> Run:
    """A run that waits for its training."""
    run = Registry(tmp_path / "runs").create("Blocks")
    shutil.copytree(paintings, run.paths.paintings)
    return ask_to_train(run)


def test_a_training_whose_first_save_finds_no_room_waits_for_it(waiting: Run) -> None:
    with full_disk(SMALL), pytest.raises(StorageError) as refused:
        list(worker.train(waiting))
    assert refused.value.code == "disk-full"
    assert not waiting.paths.checkpoint.exists()
    assert state_of(waiting) == "waiting"
    *_, last = worker.train(waiting)
    assert (last.step, state_of(waiting)) == (3, "finished")


def test_a_training_that_finds_no_room_half_way_goes_on_from_its_last_save(waiting: Run) -> None:
    list(worker.train(waiting))
    saved = Journal(waiting).saved_step
    events = worker.train(ask_to_train(waiting, ENDLESS))
    assert isinstance(next(event for event in events if isinstance(event, Stepped)), Stepped)
    before = waiting.paths.training_state.read_bytes()
    with full_disk(waiting.paths.events.stat().st_size), pytest.raises(StorageError) as refused:
        list(events)
    assert refused.value.code == "disk-full"
    assert waiting.paths.training_state.read_bytes() == before
    assert state_of(waiting) == "waiting"
    again = worker.train(waiting)
    assert next(again).step == saved
    assert isinstance(next(event for event in again if isinstance(event, Stepped)), Stepped)
    Model.open(waiting.paths.checkpoint)


def test_a_worker_tells_of_a_full_disk_though_it_can_write_nothing(
    waiting: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with waiting.paths.worker_log.open("w") as log:
        monkeypatch.setattr(sys, "stderr", log)
        with full_disk():
            status = worker.work(waiting)
    assert status == DISK_FULL_STATUS
    assert not Journal(waiting).events()


@pytest.fixture
def supervised(waiting: Run) -> Iterator[Supervisor]:
    supervisor = Supervisor(Registry(waiting.folder.parent), restart_seconds=(0.01, 0.05))
    yield supervisor
    supervisor.close(workers=True)


def test_a_run_that_found_no_room_says_so_and_goes_on_by_itself_when_there_is(
    waiting: Run, supervised: Supervisor
) -> None:
    with full_disk(SMALL):
        supervised.start()
        until(lambda: supervised.trouble(waiting.id))
        trouble = supervised.trouble(waiting.id)
        assert trouble is not None
        assert trouble.sentence().startswith(SENTENCE)
        assert not [event for event in Journal(waiting).events() if event["event"] == "failed"]
    until(lambda: is_locked(waiting) and supervised.trouble(waiting.id) is None)
    attempts = attempts_of(waiting)
    assert attempts is not None
    assert (attempts.disk, attempts.faults) == (1, 0)
