"""A Space on ZeroGPU: the package ``spaces`` as it is, no card, and a platform that lends what a test says."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import PATIENCE, Visitors, enter, expect
from run_makers import FEW_STEPS, TINY, ask_to_train, paintings_folder, prepared_run, until
from zero_gpu_space import LOAN_SECONDS, Space, open_space

from neural_art.events import Finished
from neural_art.runs.desired import set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lock import lock_holder
from neural_art.runs.run import Run
from neural_art.runs.status import state_of, status_of
from neural_art.runs.worker import train

if importlib.util.find_spec("spaces") is None:
    if os.environ.get("CI") == "true":
        raise RuntimeError("spaces is missing: pip install -r requirements-dev.txt")
    pytest.skip("spaces is missing: pip install -r requirements-dev.txt", allow_module_level=True)


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Space]:
    with open_space(tmp_path_factory.mktemp("space")) as space:
        yield space


@pytest.fixture
def run(space: Space, tmp_path: Path) -> Run:
    """A run that was paused before it began, in a Space whose platform has cards."""
    space.platform.free.clear()
    space.platform.given_up.clear()
    space.platform.answer = "card"
    run = prepared_run(space.runs, paintings_folder(tmp_path / "paintings"))
    run.set_recipe(TINY)
    set_desired_state(run, "paused", 5)
    return run


@contextlib.contextmanager
def resting_queue(space: Space) -> Iterator[None]:
    """While the block lasts, the Space starts no workers: it is another's turn."""
    with (space.runs / ".line").open("w") as line:
        fcntl.flock(line, fcntl.LOCK_EX)
        yield


def starts(run: Run) -> list[dict[str, object]]:
    return [event for event in Journal(run).events() if event["event"] == "started"]


def test_two_loans_are_one_training(space: Space, run: Run) -> None:
    asked, forks = len(space.platform.asked), len(space.platform.pids)
    assert "graphics card" in space.ask("train-loan", run.id)
    assert space.spend("train-loan", run.id, token="visitor.a.b") == ""
    first = status_of(run)
    assert (first.state, first.can_explore) == ("finished", True)
    assert first.minutes == pytest.approx(LOAN_SECONDS / 60)
    space.platform.answer = "warm"  # the same fork serves again
    space.ask("train-loan", run.id)
    assert space.spend("train-loan", run.id) == ""
    second = status_of(run)
    assert second.state == "finished"
    assert second.step > first.step
    assert second.minutes == pytest.approx((first.seconds + LOAN_SECONDS) / 60)
    assert [event["resumed"] for event in starts(run)] == [False, True]
    assert starts(run)[1]["step"] == first.step
    (one, _) = space.platform.asked[asked:]
    assert one["token"] == "visitor.a.b"
    assert one["durationSeconds"] == str(LOAN_SECONDS + 15)
    assert len(space.platform.pids) == forks + 1
    assert space.platform.given_back == len(space.platform.asked[asked:])


@pytest.mark.parametrize(
    ("answer", "token", "sentence"),
    [
        ("quota", "a.b.c", "No time on a graphics card is left"),
        ("quota", "", "No time on a graphics card is left"),
        ("no-runs", "a.b.c", "No time on a graphics card is left"),
        ("pending", "a.b.c", "No time on a graphics card is left"),
        ("too-long", "a.b.c", "not lent for so long"),
        ("line", "a.b.c", "No graphics card became free"),
        ("none", "a.b.c", "could not be had"),
        ("broken", "a.b.c", "could not be had"),
    ],
)
def test_a_refusal_is_said_and_the_run_is_in_the_queue(
    space: Space, run: Run, answer: str, token: str, sentence: str
) -> None:
    space.platform.answer = answer
    space.platform.given_up.set()
    with resting_queue(space):
        space.ask("train-loan", run.id)
        assert sentence in space.spend("train-loan", run.id, token=token)
        status = status_of(run)
        assert (status.state, status.minutes) == ("waiting", 5)
        set_desired_state(run, "paused")


def test_a_refusal_is_said_in_the_visitors_language(space: Space, run: Run) -> None:
    space.platform.answer = "quota"
    with resting_queue(space):
        space.ask("train-loan", run.id, language="zh")
        assert "显卡时间已经用完" in space.spend("train-loan", run.id, language="zh")
        set_desired_state(run, "paused")


def test_a_loan_that_is_taken_away_in_the_middle_goes_on_with_the_processor_from_the_last_save(
    space: Space, run: Run
) -> None:
    assert isinstance(list(train(ask_to_train(run, FEW_STEPS)))[-1], Finished)
    said: list[str] = []
    with resting_queue(space):
        space.ask("train-loan", run.id)
        waiting = threading.Thread(target=lambda: said.append(space.spend("train-loan", run.id)))
        waiting.start()
        until(lambda: len(starts(run)) == 2)
        pid = space.platform.pids[-1]
        holder = lock_holder(run)
        assert holder is not None and holder.pid == pid
        os.kill(pid, signal.SIGKILL)
        waiting.join()
        assert "taken away" in said[0]
        assert state_of(run) == "waiting"
    until(lambda: len(starts(run)) == 3)
    assert (starts(run)[2]["resumed"], starts(run)[2]["step"]) == (True, FEW_STEPS.steps)
    set_desired_state(run, "paused")


def test_the_same_request_again_asks_for_no_second_card(space: Space, run: Run) -> None:
    asked = len(space.platform.asked)
    space.platform.answer = "line"
    space.ask("train-loan", run.id)
    space.join("train-loan", run.id)
    until(lambda: len(space.platform.asked) == asked + 1)
    assert space.spend("train-loan", run.id) == ""  # at once: the first one is still waiting
    assert "asked for already" in space.ask("train-loan", run.id)  # another tab
    with resting_queue(space):
        space.platform.given_up.set()
        until(lambda: "asked for already" not in space.ask("train-loan", run.id))
        set_desired_state(run, "paused")
    assert len(space.platform.asked) == asked + 1


def test_a_visitor_borrows_a_card_and_closes_the_tab(
    space: Space, tmp_path: Path, run: Run, visitors: Visitors
) -> None:
    space.platform.answer = "line"
    page = enter(visitors.arrive(), f"{space.address}?run={run.id}")
    button = page.get_by_role("button", name=f"{LOAN_SECONDS} seconds on a graphics card")
    expect(page.get_by_text("two minutes of your own daily time")).to_be_visible()
    button.click()
    expect(page.locator("#clock")).to_contain_text("waiting for a graphics card")
    expect(page.locator("#state")).to_have_text("waiting for a card")
    space.platform.free.set()
    expect(page.locator("[data-state=training]")).to_be_visible(timeout=PATIENCE)
    page.context.close()
    until(lambda: state_of(run) == "finished")
    assert status_of(run).can_explore
    assert not run.paths.restart_attempts.exists(), "no worker was started meanwhile"
