"""The session that a browser sends with each event."""

from __future__ import annotations

from typing import Any

import pytest

from neural_art.web.visit import MOST_RUNS, Visit


def test_a_session_is_read_as_it_was_written() -> None:
    visit = Visit(run="a", runs=("a", "b"), language="zh", step="train", visitor="somebody")
    assert Visit.read(visit.to_session(), "somebody") == visit


@pytest.mark.parametrize(
    "session",
    [
        None,
        [],
        "x",
        {"run": 7, "runs": "abc", "language": "fr", "step": "end"},
        {"run": "", "runs": [None, 3, "x" * 200]},
    ],
)
def test_what_is_wrong_in_a_session_counts_as_missing(session: Any) -> None:
    assert Visit.read(session) == Visit()


def test_a_run_that_is_opened_is_known_and_comes_first() -> None:
    visit = Visit(run="a", runs=("a", "b"), step="train").at("b", "data")
    assert (visit.run, visit.runs, visit.step) == ("b", ("b", "a"), "data")
    assert visit.at("").runs == ("b", "a")


def test_a_browser_knows_a_limited_number_of_runs() -> None:
    visit = Visit(runs=tuple(str(number) for number in range(MOST_RUNS))).at("new")
    assert len(visit.runs) == MOST_RUNS
    assert visit.runs[0] == "new"


def test_a_run_that_is_gone_is_forgotten() -> None:
    visit = Visit(run="a", runs=("a", "b"))
    assert visit.without("a") == Visit(run="", runs=("b",))
    assert visit.without("b") == Visit(run="a", runs=("a",))


def test_it_speaks_its_language() -> None:
    assert Visit(language="en").say("step.train") != Visit(language="zh").say("step.train")
    assert Visit().say("data.ready", n=1200) == "1,200 paintings are ready"
