"""Loans of a card on the page's side, with somebody who lends what a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from run_makers import TINY, finished, paintings_folder, prepared_run, saved, started, until

from neural_art.errors import RunError
from neural_art.recipe import Budget
from neural_art.runs.desired import desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lending import Lending
from neural_art.runs.recorder import Recorder
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.status import state_of
from neural_art.runs.studio import Studio
from neural_art.runs.supervisor import Supervisor

MINUTE = Budget(minutes=1)


class Desk:
    """Who lends cards: notes what was asked for, and does ``then`` with the run's folder."""

    def __init__(self, then: Callable[[str], dict[str, Any]] = lambda folder: {"ended": "time"}) -> None:
        self.asked: list[tuple[str, int, str | None]] = []
        self.then = then

    def __call__(self, folder: str, seconds: int, base: str | None) -> dict[str, Any]:
        self.asked.append((folder, seconds, base))
        return self.then(folder)


def refuse(folder: str) -> dict[str, Any]:
    raise RunError("loan-quota")


def learn(folder: str) -> dict[str, Any]:
    """Two steps that are saved, as on a card that was taken away in time."""
    recorder, at = Recorder(Run(Path(folder))), Journal(Run(Path(folder))).standing[0]
    for event in (started(at, resumed=at > 0), saved(at + 2)):
        recorder.record(event)
    return {"ended": "time"}


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def studio(tmp_path: Path, desk: Desk) -> Studio:
    """One that starts no workers."""
    return Studio(tmp_path / "runs", start=False, lend=desk)


@pytest.fixture
def run(studio: Studio, tmp_path: Path) -> Run:
    return prepared_run(studio.root, paintings_folder(tmp_path / "paintings"))


def test_a_loan_that_was_over_first_leaves_a_finished_run_and_another_adds_to_it(
    studio: Studio, desk: Desk, run: Run
) -> None:
    desk.then = learn
    studio.borrow(run.id, TINY, MINUTE)
    assert studio.spend_loan(run.id) is None
    assert desk.asked == [(str(run.folder), 60, None)]
    assert (studio.status(run.id).state, Journal(run).standing) == ("finished", (2, 2.0))
    studio.borrow(run.id)
    wanted: list[float | None] = []
    desk.then = lambda folder: wanted.append(desired_state(run).minutes) or learn(folder)  # type: ignore[union-attr,func-returns-value]
    assert studio.spend_loan(run.id) is None
    assert wanted == [pytest.approx(62 / 60)]
    assert (studio.status(run.id).state, Journal(run).standing) == ("finished", (4, 4.0))


def test_without_a_card_the_run_is_in_the_queue_with_its_own_minutes_and_says_why(
    studio: Studio, desk: Desk, run: Run
) -> None:
    desk.then = refuse
    studio.borrow(run.id, TINY, Budget(minutes=7))
    reason = studio.spend_loan(run.id)
    assert reason is not None and reason.code == "run.loan-quota"
    status = studio.status(run.id)
    assert (status.state, status.minutes, status.queue_place, status.on_loan) == ("waiting", 7, 1, False)
    assert status.notice == reason
    studio.pause(run.id)
    studio.resume(run.id)  # another training, and no loan was asked for
    assert studio.status(run.id).notice is None


def test_a_loan_that_was_over_before_the_first_step_goes_on_in_the_queue(studio: Studio, desk: Desk, run: Run) -> None:
    def set_up(folder: str) -> dict[str, Any]:
        for event in (started(), saved(0)):
            Recorder(run).record(event)
        return {"ended": "time"}

    desk.then = set_up
    studio.borrow(run.id, TINY, MINUTE)
    reason = studio.spend_loan(run.id)
    assert reason is not None and reason.code == "run.loan-too-short"
    assert studio.status(run.id).state == "waiting"


def test_a_finished_run_without_a_card_is_trained_longer(studio: Studio, desk: Desk, run: Run) -> None:
    desk.then = learn
    studio.borrow(run.id, TINY, MINUTE)
    studio.spend_loan(run.id)
    desk.then = refuse
    studio.borrow(run.id)
    assert studio.spend_loan(run.id) is not None
    assert studio.status(run.id).minutes == pytest.approx(5 + 2 / 60)


def test_while_a_card_is_waited_for_the_run_says_so_and_others_do_not_wait_for_it(
    studio: Studio, desk: Desk, run: Run, tmp_path: Path
) -> None:
    other = prepared_run(studio.root, paintings_folder(tmp_path / "others"), "Another")
    studio.borrow(run.id, TINY, MINUTE)
    studio.train(other.id, TINY, MINUTE)
    status = studio.status(run.id)
    assert (status.state, status.on_loan, status.queue_place) == ("waiting", True, None)
    assert studio.status(other.id).queue_place == 1


def test_a_second_request_for_the_same_loan_gets_none(studio: Studio, desk: Desk, run: Run) -> None:
    desk.then = learn
    studio.borrow(run.id, TINY, MINUTE)
    waits = [threading.Thread(target=studio.spend_loan, args=[run.id]) for _ in range(4)]
    for each in waits:
        each.start()
    for each in waits:
        each.join()
    assert len(desk.asked) == 1


def test_another_tab_cannot_ask_while_a_loan_is_under_way(studio: Studio, desk: Desk, run: Run) -> None:
    refused: list[str] = []

    def ask_again(folder: str) -> dict[str, Any]:
        for _ in range(2):
            with pytest.raises(RunError) as error:
                studio.borrow(run.id)
            refused.append(error.value.code)
            studio.pause(run.id)  # the platform may not have given the card yet
        return {"ended": "unwanted"}

    desk.then = ask_again
    studio.borrow(run.id, TINY, MINUTE)
    with pytest.raises(RunError, match="is waiting"):
        studio.borrow(run.id)
    studio.spend_loan(run.id)
    assert refused == ["on-loan", "on-loan"]
    assert len(desk.asked) == 1
    assert studio.status(run.id).state == "paused"
    studio.borrow(run.id)


@pytest.mark.parametrize("command", [Studio.pause, Studio.stop, Studio.delete])
def test_who_no_longer_wants_the_run_trained_hears_nothing_of_a_refusal(
    studio: Studio, desk: Desk, run: Run, command: Callable[[Studio, str], None]
) -> None:
    def change_mind(folder: str) -> dict[str, Any]:
        command(studio, run.id)
        return refuse(folder)

    desk.then = change_mind
    studio.borrow(run.id, TINY, MINUTE)
    assert studio.spend_loan(run.id) is None


def test_a_training_that_ended_is_not_begun_again_by_trouble_at_the_end_of_the_loan(
    studio: Studio, desk: Desk, run: Run
) -> None:
    def finish(folder: str) -> dict[str, Any]:
        learn(folder)
        Journal(run).append(finished(2))
        raise RunError("loan-broke-off")

    desk.then = finish
    studio.borrow(run.id, TINY, MINUTE)
    assert studio.spend_loan(run.id) is None
    assert state_of(run) == "finished"


def test_where_no_cards_are_lent_none_can_be_asked_for(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "runs", start=False)
    run = prepared_run(studio.root, paintings_folder(tmp_path / "paintings"))
    assert studio.loan_seconds is None
    with pytest.raises(RunError, match="No graphics cards"):
        studio.borrow(run.id, TINY, MINUTE)
    assert studio.status(run.id).state == "prepared"


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """One that starts workers."""
    supervisor = Supervisor(Registry(tmp_path / "runs"))
    supervisor.start()
    yield supervisor
    supervisor.close(workers=True)


def test_a_loan_that_nobody_takes_up_becomes_a_training_of_the_queue(
    supervisor: Supervisor, desk: Desk, tmp_path: Path
) -> None:
    lending = Lending(supervisor, desk, None, take_up_seconds=1.5)
    run = prepared_run(tmp_path / "runs", paintings_folder(tmp_path / "paintings"))
    with supervisor.changing(run.id):
        Studio(tmp_path / "runs", start=False).train(run.id, TINY, MINUTE)
        lending.expect(run)
    assert not run.paths.restart_attempts.exists()
    until(run.paths.restart_attempts.exists, 20)  # a worker was started
    assert lending.spend(run.id) is None
    assert desk.asked == []
