from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neural_art.dataset import prepare as paintings
from neural_art.errors import RunError
from neural_art.events import Event, Failed, Finished, Paused, Sampled, Saved, Started, Stepped
from neural_art.models.checkpoint import Model
from neural_art.recipe import Recipe
from neural_art.runs import worker
from neural_art.runs.folder import Run

TINY = Recipe(name="sketch", steps=3, batch=2, threads=1, precision="float32")


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    chance = np.random.default_rng(0)
    pairs = []
    for number in range(8):
        blocks = np.kron(chance.integers(0, 255, (8, 12, 3)), np.ones((8, 8, 1)))
        Image.fromarray(blocks.astype(np.uint8)).save(folder / f"{number}.png")
        pairs.append((f"{number}.png", folder / f"{number}.png"))
    for _ in paintings.prepare(pairs, folder / "paintings"):
        pass
    return folder / "paintings"


def asked(root: Path, brought: Path, recipe: Recipe = TINY) -> Run:
    """A run with paintings that waits to be trained."""
    run = Run.create(root, "Blocks")
    shutil.copytree(brought, run.paintings_folder)
    run.set_recipe(recipe)
    run.set_wish("train")
    return run


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def until(events: Iterator[Event], kind: type[Event]) -> Event:
    return next(event for event in events if isinstance(event, kind))


def test_a_training_fills_the_folder_and_can_be_made_longer(tmp_path: Path, brought: Path) -> None:
    run = asked(tmp_path, brought)
    events = list(worker.train(run))
    assert kinds(events)[:2] == [Started, Sampled]
    assert kinds(events)[-2:] == [Saved, Finished]
    assert [event["event"] for event in run.events()] == [type(event).__name__.lower() for event in events]
    status = run.status()
    assert (status.state, status.step, status.progress, status.seconds_left) == ("finished", 3, 1, 0)
    assert len(run.walls()) == status.walls >= 2
    model = Model.open(run.checkpoint)
    assert model.settings["aspect"] == pytest.approx(1.5)
    assert model.latents.shape == (8, 256)

    run.set_wish("train", minutes=status.seconds / 60 + 0.02)
    assert run.state == "waiting"
    longer = list(worker.train(run))
    assert isinstance(longer[0], Started)
    assert (longer[0].resumed, longer[0].step) == (True, 3)
    assert longer[0].budget == pytest.approx(status.seconds + 1.2)
    assert isinstance(longer[-1], Finished)
    assert longer[-1].seconds > status.seconds
    assert run.state == "finished"


def test_a_paused_training_goes_on_where_it_was(tmp_path: Path, brought: Path) -> None:
    run = asked(tmp_path, brought)
    events = worker.train(run)
    until(events, Stepped)
    run.set_wish("pause")
    rest = list(events)
    assert kinds(rest)[-2:] == [Saved, Paused]
    assert run.state == "paused"
    assert not run.alive()
    step, seconds = run.standing
    assert run.saved_step == step >= 1
    run.set_wish("train")
    again = list(worker.train(run))
    assert isinstance(again[0], Started)
    assert (again[0].resumed, again[0].step) == (True, step)
    assert again[0].seconds >= seconds
    assert (again[-1].step, run.state) == (3, "finished")


def test_a_stopped_training_keeps_its_model(tmp_path: Path, brought: Path) -> None:
    run = asked(tmp_path, brought)
    events = worker.train(run)
    until(events, Started)
    run.set_wish("stop")
    end = list(events)[-1]
    assert isinstance(end, Finished)
    assert end.early
    assert run.state == "finished"
    assert Model.open(run.checkpoint).settings["size"] == 64


def test_a_worker_told_to_leave_saves_and_says_nothing(tmp_path: Path, brought: Path) -> None:
    run = asked(tmp_path, brought)
    leave = threading.Event()
    events = worker.train(run, leave=leave)
    step = until(events, Stepped).step
    leave.set()
    assert kinds(list(events))[-1] is Saved
    assert (run.state, run.saved_step >= step) == ("waiting", True)


def test_a_second_worker_is_refused(tmp_path: Path, brought: Path) -> None:
    run = asked(tmp_path, brought)
    events = worker.train(run)
    next(events)
    with pytest.raises(RunError, match="trained already"):
        next(worker.train(run))
    events.close()  # type: ignore[attr-defined]
    assert not run.alive()


def test_a_branch_starts_from_its_own_base(tmp_path: Path, brought: Path) -> None:
    parent = asked(tmp_path, brought)
    events = worker.train(parent)
    until(events, Saved)
    run = asked(tmp_path, brought)
    shutil.copyfile(parent.checkpoint, run.base)
    parent.rename("Another name")
    begun = until(worker.train(run, base=Path("/nowhere")), Started)
    assert isinstance(begun, Started)
    assert (begun.base, begun.resumed) == ("Blocks", False)


def failure(run: Run) -> str:
    """Trains a run that cannot be trained; the reason, as the page will show it."""
    assert isinstance(list(worker.train(run))[-1], Failed)
    status = run.status()
    assert status.state == "failed"
    assert status.reason is not None
    return status.reason


def test_a_damaged_training_fails_in_words(tmp_path: Path, brought: Path) -> None:
    run = asked(tmp_path, brought)
    run.training.write_bytes(b"nonsense")
    assert "training.safetensors is damaged" in failure(run)


def test_a_lost_painting_fails_in_words(tmp_path: Path, brought: Path) -> None:
    run = asked(tmp_path, brought)
    (run.paintings_folder / "00003.jpg").unlink()
    assert "00003.jpg" in failure(run)


def test_a_folder_that_cannot_be_written_fails_in_words(tmp_path: Path, brought: Path) -> None:
    run = asked(tmp_path, brought)
    (run.folder / "samples").write_text("a file in place of a folder")
    assert "samples cannot be used" in failure(run)


def test_a_disk_too_full_to_say_so_ends_the_worker(tmp_path: Path, brought: Path) -> None:
    run = asked(tmp_path, brought)
    (run.folder / "events.jsonl").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        list(worker.train(run))
    assert not run.alive()


def test_a_run_without_a_recipe_fails_in_words(tmp_path: Path, brought: Path) -> None:
    run = asked(tmp_path, brought)
    (run.folder / "recipe.json").unlink()
    assert "no recipe" in failure(run)


def test_a_folder_without_a_run_is_an_exit_status_and_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert worker.main([str(tmp_path)]) == 1
    assert "There is no run" in capsys.readouterr().err
