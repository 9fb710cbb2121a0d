from __future__ import annotations

from pathlib import Path

import pytest
from run_makers import finished

from neural_art.errors import StorageError
from neural_art.recipe import Budget
from neural_art.runs.desired import clear_desired_state, desired_state, set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.run import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path, "Sisley")


def test_asking_to_train_twice_keeps_the_place_in_the_queue(run: Run) -> None:
    first = set_desired_state(run, "training", minutes=7)
    assert set_desired_state(run, "training").asked == first.asked
    set_desired_state(run, "paused")
    again = set_desired_state(run, "training")
    assert again.asked > first.asked
    assert again.minutes == 7


def test_asking_again_after_the_end_is_a_new_request(run: Run) -> None:
    first = set_desired_state(run, "training", minutes=7)
    Journal(run).append(finished(5))
    again = set_desired_state(run, "training", minutes=9)
    assert again.asked > first.asked
    assert again.after > first.after


def test_a_budget_of_minutes_or_steps_replaces_the_one_before(run: Run) -> None:
    assert set_desired_state(run, "training").budget is None
    assert set_desired_state(run, "training", steps=40).budget == Budget(steps=40)
    assert set_desired_state(run, "paused").budget == Budget(steps=40)
    assert set_desired_state(run, "training", 2.5).budget == Budget(minutes=2.5)
    assert desired_state(run) == set_desired_state(run, "training")


def test_nothing_is_desired_before_it_is_asked_for_or_when_it_is_cleared(run: Run) -> None:
    assert desired_state(run) is None
    set_desired_state(run, "training")
    clear_desired_state(run)
    assert desired_state(run) is None
    clear_desired_state(run)


def test_an_unknown_state_is_a_mistake_of_the_program(run: Run) -> None:
    with pytest.raises(ValueError, match="one of training, paused, finished"):
        set_desired_state(run, "train")  # type: ignore[arg-type]


def test_a_damaged_file_is_named(run: Run) -> None:
    run.paths.desired_state.write_text('{"state": "training", "surprise": 1}')
    with pytest.raises(StorageError) as caught:
        desired_state(run)
    assert caught.value.values["name"] == "desired_state.json"
