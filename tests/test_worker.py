from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from run_makers import TINY, ask_to_train, paintings_folder, prepared_run, until

from neural_art.errors import RunError, StorageError
from neural_art.events import Adapted, Delayed, Event, Failed, Finished, Paused, Sampled, Saved, Started, Stepped
from neural_art.machine import processor_name
from neural_art.messages import Message
from neural_art.models.checkpoint import Model
from neural_art.processor import CPU, Processor, Survey
from neural_art.runs import worker
from neural_art.runs.attempts import count_attempt
from neural_art.runs.cards import is_taken, take_card
from neural_art.runs.desired import set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lock import is_locked
from neural_art.runs.run import Run
from neural_art.runs.status import state_of, status_of


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of prepared paintings, to be copied."""
    root = tmp_path_factory.mktemp("paintings")
    return prepared_run(root, paintings_folder(root / "uploads")).paths.paintings


@pytest.fixture
def run(tmp_path: Path, paintings: Path) -> Run:
    """A run with paintings that waits for its training."""
    return waiting_run(tmp_path, paintings)


def waiting_run(root: Path, paintings: Path) -> Run:
    run = Run.create(root, "Blocks")
    shutil.copytree(paintings, run.paths.paintings)
    return ask_to_train(run)


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def skip_to(events: Iterator[Event], kind: type[Event]) -> Event:
    return next(event for event in events if isinstance(event, kind))


def test_a_training_fills_the_folder_and_can_be_made_longer(run: Run) -> None:
    events = list(worker.train(run))
    assert kinds(events)[:2] == [Started, Sampled]
    assert kinds(events)[-2:] == [Saved, Finished]
    journal = Journal(run)
    assert [event["event"] for event in journal.events()] == [type(event).__name__.lower() for event in events]
    status = status_of(run)
    assert (status.state, status.step, status.progress, status.seconds_left) == ("finished", 3, 1, 0)
    assert len(journal.sample_grids()) == status.sample_grids >= 2
    model = Model.open(run.paths.checkpoint)
    assert model.settings["aspect"] == pytest.approx(1.5)
    assert model.settings["name"] == "Blocks"
    assert model.latents.shape == (8, 256)

    set_desired_state(run, "training", minutes=status.seconds / 60 + 0.02)
    assert state_of(run) == "waiting"
    longer = list(worker.train(run))
    assert isinstance(longer[0], Started)
    assert (longer[0].resumed, longer[0].step) == (True, 3)
    assert longer[0].budget == pytest.approx(status.seconds + 1.2)
    assert isinstance(longer[-1], Finished)
    assert longer[-1].seconds > status.seconds
    assert state_of(run) == "finished"


def test_a_paused_training_goes_on_where_it_was(run: Run) -> None:
    events = worker.train(run)
    skip_to(events, Stepped)
    set_desired_state(run, "paused")
    rest = list(events)
    assert kinds(rest)[-2:] == [Saved, Paused]
    assert state_of(run) == "paused"
    assert not is_locked(run)
    step, seconds = Journal(run).standing
    assert Journal(run).saved_step == step >= 1
    set_desired_state(run, "training")
    again = list(worker.train(run))
    assert isinstance(again[0], Started)
    assert (again[0].resumed, again[0].step) == (True, step)
    assert again[0].seconds >= seconds
    assert (again[-1].step, state_of(run)) == (3, "finished")


def test_a_stopped_training_keeps_its_model(run: Run) -> None:
    events = worker.train(run)
    skip_to(events, Started)
    set_desired_state(run, "finished")
    end = list(events)[-1]
    assert isinstance(end, Finished)
    assert end.early
    assert state_of(run) == "finished"
    assert Model.open(run.paths.checkpoint).settings["size"] == 64


def test_a_worker_that_is_asked_to_leave_saves_and_says_nothing(run: Run) -> None:
    leave = threading.Event()
    events = worker.train(run, leave=leave)
    step = skip_to(events, Stepped).step
    leave.set()
    assert kinds(list(events))[-1] is Saved
    assert (state_of(run), Journal(run).saved_step >= step) == ("waiting", True)


def test_a_second_worker_is_refused(run: Run) -> None:
    events = worker.train(run)
    next(events)
    with pytest.raises(RunError) as caught:
        next(worker.train(run))
    assert caught.value.code == "locked"
    events.close()  # type: ignore[attr-defined]
    assert not is_locked(run)


def test_a_branch_starts_from_its_own_base(run: Run, tmp_path: Path, paintings: Path) -> None:
    skip_to(worker.train(run), Saved)
    branch = waiting_run(tmp_path, paintings)
    shutil.copyfile(run.paths.checkpoint, branch.paths.base)
    run.rename("Another name")
    begun = skip_to(worker.train(branch, base=Path("/nowhere")), Started)
    assert isinstance(begun, Started)
    assert (begun.base, begun.resumed) == ("Blocks", False)


def test_classes_are_kept_with_the_model(tmp_path: Path) -> None:
    for name in ("hills", "sea"):
        paintings_folder(tmp_path / "uploads" / name, 4)
    for number, path in enumerate(sorted((tmp_path / "uploads" / "sea").iterdir())):
        path.write_bytes((paintings_folder(tmp_path / "more", 8) / f"{number + 4}.png").read_bytes())
    run = ask_to_train(prepared_run(tmp_path / "runs", tmp_path / "uploads"))
    skip_to(worker.train(run), Saved)
    settings = Model.open(run.paths.checkpoint).settings
    assert settings["classes"] == ["hills", "sea"]
    assert settings["class_indices"] == [0] * 4 + [1] * 4


def test_a_worker_that_follows_one_that_memory_ran_out_for_takes_a_smaller_batch(run: Run) -> None:
    run.set_recipe(replace(TINY, batch=8))
    saved = skip_to(worker.train(run), Saved)
    assert isinstance(saved, Saved)
    assert saved.state["compute"]["batch"] == 8
    count_attempt(run)
    count_attempt(run, "memory")
    started = skip_to(worker.train(run), Started)
    assert isinstance(started, Started)
    assert (started.resumed, started.batch) == (True, 4)


# ---- cards; there is none like this one, so PyTorch itself refuses to learn on it

CARD = Processor("mps", "Apple GPU", key="GPU-7c")


def card() -> Survey:
    return Survey((CARD, CPU))


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cards' locks are kept in a folder of the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def adapted(events: list[Event]) -> list[tuple[str, str]]:
    """Why a training went on otherwise, and where."""
    return [(event.reason.code, event.device) for event in events if isinstance(event, Adapted)]


@pytest.mark.usefixtures("locks")
@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac may have that card")
def test_a_card_that_fails_is_given_back_and_the_cpu_goes_on_from_the_last_save(run: Run) -> None:
    saved = skip_to(worker.train(run), Saved)
    events = list(worker.train(run, device="auto", survey=card))
    started = events[0]
    assert isinstance(started, Started)
    assert (started.resumed, started.step, started.device) == (True, saved.step, "cpu")
    assert started.processor == processor_name()
    assert adapted(events) == [("processor.on-cpu-instead", "cpu")]
    assert isinstance(events[-1], Finished)
    assert not is_taken(CARD)


@pytest.mark.usefixtures("locks")
def test_a_card_that_another_training_uses_is_left_to_it(run: Run) -> None:
    taken = take_card([CARD])
    assert taken is not None
    events = worker.train(run, device="auto", survey=card)
    assert isinstance(next(events), Started)
    assert adapted([next(events)]) == [("processor.card-taken", "cpu")]
    until(lambda: (notice := status_of(run).notice) and notice.code == "processor.card-taken")
    events.close()  # type: ignore[attr-defined]
    os.close(taken[1])


@pytest.mark.usefixtures("locks")
def test_who_wants_a_card_and_nothing_else_waits_for_it(run: Run) -> None:
    taken = take_card([CARD])
    assert taken is not None
    events = worker.train(run, device=CARD.kind, survey=card)
    awaited = next(events)
    assert isinstance(awaited, Delayed) and awaited.reason.code == "processor.card-awaited"
    threading.Timer(0.1, os.close, [taken[1]]).start()
    assert isinstance(next(events), Started)
    set_desired_state(run, "paused")
    list(events)

    taken = take_card([CARD])
    assert taken is not None
    set_desired_state(run, "training")
    events = worker.train(run, device=CARD.kind, survey=card)
    next(events)
    set_desired_state(run, "paused")
    assert list(events) == []
    assert state_of(run) == "paused"
    os.close(taken[1])


@pytest.mark.usefixtures("locks")
def test_a_worker_that_follows_one_that_crashed_leaves_the_card_alone(run: Run) -> None:
    count_attempt(run)
    count_attempt(run, "own")
    events = worker.train(run, device="auto", survey=card)
    next(events)
    assert adapted([next(events)]) == [("processor.card-avoided", "cpu")]
    events.close()  # type: ignore[attr-defined]


def test_a_card_that_is_not_there_fails_with_a_reason(run: Run) -> None:
    run.set_recipe(replace(TINY, device="cuda"))
    assert failure(run).code == "settings.no-such-device"


# ---- what goes wrong


def failure(run: Run) -> Message:
    """Trains a run that cannot be trained; the reason, as the page will show it."""
    assert isinstance(list(worker.train(run))[-1], Failed)
    status = status_of(run)
    assert status.state == "failed"
    assert status.reason is not None
    return status.reason


def test_a_damaged_training_fails_with_a_reason(run: Run) -> None:
    run.paths.training_state.write_bytes(b"nonsense")
    reason = failure(run)
    assert (reason.code, reason.values["name"]) == ("checkpoint.damaged", "training.safetensors")


def test_a_lost_painting_fails_with_a_reason(run: Run) -> None:
    (run.paths.paintings / "00003.jpg").unlink()
    assert "00003.jpg" in failure(run).sentence()


def test_a_folder_that_cannot_be_written_fails_with_a_reason(run: Run) -> None:
    run.paths.sample_grids.write_text("a file in place of a folder")
    reason = failure(run)
    assert (reason.code, reason.values["name"]) == ("storage.failed", "samples")


def test_a_disk_too_full_to_say_so_ends_the_worker(run: Run) -> None:
    run.paths.events.symlink_to("/dev/full")
    with pytest.raises(StorageError, match="The disk is full"):
        list(worker.train(run))
    assert not is_locked(run)


def test_a_run_without_a_recipe_fails_with_a_reason(run: Run) -> None:
    run.paths.recipe.unlink()
    assert failure(run) == RunError("no-recipe").message


def test_a_folder_without_a_run_is_an_exit_status_and_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert worker.main([str(tmp_path)]) == 1
    assert "There is no run" in capsys.readouterr().err
