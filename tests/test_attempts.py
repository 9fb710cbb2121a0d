"""Starts of a worker that got nowhere: counted, told apart, told to the person."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_makers import ENDLESS, ask_to_train, saved

from neural_art.runs.attempts import attempts_of, batch_halvings, count_attempt
from neural_art.runs.desired import set_desired_state
from neural_art.runs.lock import hold
from neural_art.runs.recorder import Recorder
from neural_art.runs.run import Run
from neural_art.runs.status import status_of


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return ask_to_train(Run.create(tmp_path / "runs", "Blocks"), ENDLESS)


def test_a_start_that_got_nowhere_counts_until_somebody_asks_again(run: Run) -> None:
    assert attempts_of(run) is None
    assert [count_attempt(run).count for _ in range(3)] == [1, 2, 3]
    Recorder(run).record(saved(5))
    assert attempts_of(run) is None
    assert [count_attempt(run).count for _ in range(2)] == [1, 2]
    set_desired_state(run, "paused")
    set_desired_state(run, "training")
    assert count_attempt(run).count == 1


@pytest.mark.parametrize("content", ["{", "[]", '{"surprise": 1}'])
def test_a_damaged_count_begins_anew(run: Run, content: str) -> None:
    run.paths.restart_attempts.write_text(content)
    assert count_attempt(run).count == 1


def test_what_a_version_without_causes_of_death_counted_goes_on(run: Run) -> None:
    asked = run.paths.desired_state.read_text().split('"asked": ')[1].split(",")[0]
    run.paths.restart_attempts.write_text(f'{{"asked": {asked}, "saved": 0, "count": 2}}')
    assert (count_attempt(run).count, count_attempt(run).faults) == (3, 3)


def test_an_end_from_outside_is_no_fault(run: Run) -> None:
    count_attempt(run)
    for death in ("outside", "outside", "own", "memory", "outside"):
        attempts = count_attempt(run, death)
    assert (attempts.count, attempts.outside, attempts.memory, attempts.faults) == (6, 3, 1, 1)


def test_the_batch_is_halved_for_each_worker_that_memory_ran_out_for(run: Run) -> None:
    assert batch_halvings(run) == 0
    count_attempt(run)
    halvings = []
    for death in ("memory", "outside", "memory"):
        count_attempt(run, death)
        halvings.append(batch_halvings(run))
    assert halvings == [1, 1, 2]


def test_a_person_can_see_why_nothing_happens(run: Run) -> None:
    def notice() -> str | None:
        told = status_of(run).notice
        return told.code if told else None

    count_attempt(run)
    assert notice() is None
    count_attempt(run, "outside")
    assert notice() == "run.ended-from-outside"
    assert "3 times" in str(count_more(run, "outside", 2))
    count_attempt(run, "memory")
    with hold(run):
        assert notice() == "run.smaller-batch"
        Recorder(run).record(saved(5))
        assert notice() is None, "it got further"


def count_more(run: Run, death: str, times: int) -> str:
    for _ in range(times):
        count_attempt(run, death)  # type: ignore[arg-type]
    told = status_of(run).notice
    return told.sentence() if told else ""
