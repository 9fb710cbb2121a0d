"""A training on a card that is lent, on the side where the card is: here, the processor."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest
from run_makers import FEW_STEPS, ask_to_train, paintings_folder, prepared_run, started

from neural_art.recipe import Budget
from neural_art.runs import digest
from neural_art.runs.desired import set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.loan import GRACE, SAVING, declared_seconds, train_on_loan
from neural_art.runs.lock import hold, is_locked, take_lock
from neural_art.runs.run import Run
from neural_art.runs.status import state_of

fork = multiprocessing.get_context("fork")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return prepared_run(tmp_path / "runs", paintings_folder(tmp_path / "paintings"))


def test_it_trains_the_run_as_a_worker_does(run: Run) -> None:
    ask_to_train(run, FEW_STEPS)
    assert train_on_loan(str(run.folder), 60, device="cpu") == {"ended": "finished"}
    assert state_of(run) == "finished"
    assert Journal(run).saved_step == 3
    assert run.paths.checkpoint.exists()


def test_what_is_under_way_is_saved_before_the_loan_ends(run: Run) -> None:
    ask_to_train(run, Budget(steps=20))
    at_once = int(SAVING) - GRACE  # the time to save has come when it begins
    assert train_on_loan(str(run.folder), at_once, device="cpu") == {"ended": "time"}
    assert state_of(run) == "waiting"
    assert Journal(run).digest.last("saved") is not None
    assert run.paths.training_state.exists()


def test_the_declared_duration_has_room_for_the_start_and_the_last_save() -> None:
    assert declared_seconds("folder", 60) == 75
    assert isinstance(declared_seconds("folder", 60), int)
    assert 0 < SAVING < GRACE


@pytest.mark.parametrize("state", ["paused", "finished"])
def test_a_run_that_nobody_wants_trained_any_more_is_left_alone(run: Run, state: str) -> None:
    ask_to_train(run)
    set_desired_state(run, state)  # type: ignore[arg-type]
    assert train_on_loan(str(run.folder), 60, device="cpu") == {"ended": "unwanted"}
    assert Journal(run).events() == []


def test_a_run_that_left_the_queue_before_it_began_is_left_alone(run: Run) -> None:
    assert train_on_loan(str(run.folder), 60, device="cpu") == {"ended": "unwanted"}
    assert Journal(run).events() == []


def test_what_is_refused_comes_back_as_plain_values(run: Run, tmp_path: Path) -> None:
    ask_to_train(run)
    with hold(run):
        refused = train_on_loan(str(run.folder), 60, device="cpu")
    assert refused["ended"] == "refused"
    assert json.loads(json.dumps(refused["reason"]))["code"] == "run.locked"
    assert train_on_loan(str(tmp_path / "gone"), 60, device="cpu")["reason"]["code"] == "run.not-found"


def test_a_fork_does_not_keep_what_the_page_has_locked(run: Run, tmp_path: Path) -> None:
    other = Run.create(run.folder.parent, "Another")
    descriptor = take_lock(other)
    outside = os.open(tmp_path / "paintings" / "0.png", os.O_RDONLY)
    answers, end = fork.SimpleQueue(), fork.Event()

    def borrow() -> None:
        answers.put(train_on_loan(str(run.folder), 60, device="cpu") | {"outside": os.pread(outside, 4, 0)})
        end.wait(60)

    process = fork.Process(target=borrow, daemon=True)
    process.start()
    try:
        assert answers.get() == {"ended": "unwanted", "outside": b"\x89PNG"}
        assert is_locked(other)
        os.close(descriptor)
        assert not is_locked(other)
    finally:
        end.set()
        process.join(20)
        os.close(outside)


def test_a_fork_can_read_a_journal_that_was_being_read_when_it_was_made(run: Run) -> None:
    Journal(run).append(started())
    summary = Journal(run).digest
    with summary._lock, digest._digests_lock:  # as a thread of the page may hold them at any moment
        process = fork.Process(target=lambda: os._exit(int(Journal(run).standing != (0, 0.0))), daemon=True)
        process.start()
    process.join(20)
    assert process.exitcode == 0
