from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from run_makers import finished, paintings_folder, prepared_run, sampled, saved, started, stepped

from neural_art.errors import StorageError
from neural_art.events import Adapted, Failed, Paused, RolledBack
from neural_art.messages import Message
from neural_art.recipe import Recipe
from neural_art.runs.desired import clear_desired_state, set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lock import hold
from neural_art.runs.recorder import Recorder
from neural_art.runs.run import Run
from neural_art.runs.status import last_activity, state_of, status_of

DISK_FULL = StorageError("disk-full").message


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return prepared_run(tmp_path / "runs", paintings_folder(tmp_path / "paintings"), "Sisley")


def test_the_state_follows_paintings_desire_lock_and_events(run: Run, tmp_path: Path) -> None:
    journal = Journal(run)
    assert state_of(Run.create(tmp_path, "new")) == "empty"
    assert state_of(run) == "prepared"
    set_desired_state(run, "training")
    assert state_of(run) == "waiting"
    with hold(run):
        journal.append(started())
        assert state_of(run) == "training"
        set_desired_state(run, "paused")
        assert (status_of(run).state, status_of(run).desired_state) == ("training", "paused")
        journal.append(Paused(step=1, seconds=1))
    assert state_of(run) == "paused"
    set_desired_state(run, "training")
    assert state_of(run) == "waiting"
    with hold(run):
        journal.append(finished(2))
        assert state_of(run) == "finished"  # the worker is about to end
    set_desired_state(run, "training", minutes=10)
    assert state_of(run) == "waiting"
    journal.append(Failed(step=2, seconds=2, reason=DISK_FULL))
    assert (state_of(run), status_of(run).reason) == ("failed", DISK_FULL)


def test_a_finish_answers_a_pause_that_came_too_late(run: Run) -> None:
    set_desired_state(run, "training")
    set_desired_state(run, "paused")
    Journal(run).append(finished(5))
    assert state_of(run) == "finished"


def test_a_run_that_was_trained_by_hand_is_finished_without_a_desire(run: Run) -> None:
    Journal(run).append(finished(5))
    assert state_of(run) == "finished"


def test_a_stop_before_the_first_save_leaves_a_prepared_run(run: Run) -> None:
    set_desired_state(run, "finished")
    assert state_of(run) == "prepared"
    clear_desired_state(run)
    assert state_of(run) == "prepared"


def test_a_status_has_all_that_a_page_shows(run: Run) -> None:
    run.set_recipe(Recipe(name="sketch"))
    set_desired_state(run, "training", minutes=5)
    recorder = Recorder(run)
    for event in (started(), sampled(0), stepped(40), saved(40), sampled(40, 1)):
        recorder.record(event)
    status = status_of(run, queue_place=3)
    assert (status.name, status.paintings, status.size, status.recipe) == ("Sisley", 8, 64, "sketch")
    assert (status.step, status.progress, status.texture_distance, status.seconds_left) == (40, 0.4, 0.5, 9)
    assert (status.minutes, status.budget, status.queue_place) == (5, 300, 3)
    assert (status.sample_grid_number, status.sample_grids, status.can_explore) == (1, 2, True)
    assert status.sample_grid == run.paths.sample_grid(40)
    assert status.thumbnail == run.paths.thumbnail
    assert json.loads(json.dumps(status.to_json()))["sample_grid"].endswith("00040.webp")


def test_a_budget_of_steps_is_an_estimate_of_the_training(run: Run) -> None:
    set_desired_state(run, "training", steps=9)
    assert status_of(run).budget is None
    Journal(run).append(started())
    assert (status_of(run).minutes, status_of(run).budget) == (None, 300)


def test_a_set_up_that_took_long_is_noticed_while_the_training_lasts(run: Run) -> None:
    slow = Message("training.slow-setup", {"seconds": 50})
    Journal(run).append(replace(started(), notice=slow))
    set_desired_state(run, "training")
    with hold(run):
        assert status_of(run).notice == slow
        Journal(run).append(finished(5))
    assert status_of(run).notice is None


def test_a_roll_back_is_noticed_until_training_starts_again(run: Run) -> None:
    journal = Journal(run)
    journal.append(started())
    journal.append(RolledBack(step=1, seconds=1, reason=Message("state.failed"), rate=0.5))
    assert status_of(run).notice == Message("state.failed")
    assert status_of(run).to_json()["notice"] == "failed"
    journal.append(started(1, resumed=True))
    assert status_of(run).notice is None


def test_what_it_learns_on_and_why_it_changed_is_shown(run: Run) -> None:
    journal = Journal(run)
    set_desired_state(run, "training")
    assert status_of(run).where is None
    journal.append(replace(started(), device="cuda:1", processor="NVIDIA H200"))
    lost = Message("processor.lost", {"name": "NVIDIA H200", "why": "it fell off the bus"})
    with hold(run):
        assert status_of(run).to_json()["where"] == "on NVIDIA H200"
        journal.append(replace(started(1, resumed=True), device="cpu"))
        journal.append(Adapted(step=1, seconds=1, reason=lost, batch=4, device="cpu"))
        assert (status_of(run).notice, status_of(run).to_json()["where"]) == (lost, "on this computer's processor")
        journal.append(started(2, resumed=True))
        assert status_of(run).notice is None, "it goes on as it began"
        journal.append(Adapted(step=2, seconds=2, reason=lost, batch=4, device="cpu"))
        journal.append(finished(5))
    assert status_of(run).notice is None


def test_a_reason_that_is_no_message_is_shown_as_it_is(run: Run) -> None:
    line = {"event": "failed", "step": 1, "seconds": 1, "reason": "The moon is full."}
    run.paths.events.write_text(json.dumps(line) + "\n")
    assert status_of(run).to_json()["reason"] == "The moon is full."


def test_whatever_is_written_to_a_run_is_an_activity(run: Run) -> None:
    for path in run.folder.rglob("*"):
        os.utime(path, (1000, 1000))
    os.utime(run.paths.paintings, (1000, 1000))
    assert last_activity(run) == 1000
    run.touch()
    assert last_activity(run) > 1000
