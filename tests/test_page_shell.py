"""The page without a browser: a run that is opened, another language, a tick, and nonsense in every event."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from page_server import UNKNOWN, Site, playable

from neural_art.messages import LANGUAGES
from neural_art.recipe import Budget, Recipe
from neural_art.runs.quotas import Quotas
from neural_art.runs.ready import READY
from neural_art.runs.run import Run
from neural_art.web.page import IDLE_SECONDS, SECONDS
from neural_art.web.visit import STEPS, Visit
from neural_art.web.wiring import Updates
from neural_art.web.words import WORDS


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield Site(tmp_path_factory.mktemp("site"), Quotas(all_tasks=1))
    for thread in threading.enumerate():
        if thread.name == "model":  # an interpreter that ends while PyTorch opens one is aborted
            thread.join(60)


@pytest.fixture
def run(site: Site, paintings: Path) -> Run:
    return playable(site.studio, paintings)


def named(updates: Updates) -> dict[str, Any]:
    return {block.elem_id: update for block, update in updates.items() if block.elem_id}


def can_go_to(updates: dict[str, Any]) -> list[str]:
    """The steps that can be chosen."""
    return [step for step in STEPS if updates[step]["interactive"]]


# ---- opened


def test_a_browser_without_a_run_is_at_the_beginning(site: Site) -> None:
    shown = named(site.page.open(site.visit, ""))
    assert shown["begin"]["visible"] and not shown["run-name"]["visible"]
    assert (can_go_to(shown), shown["session"]["step"]) == (["data"], "data")


def test_a_run_is_opened_where_it_was_left_if_that_can_be_shown(site: Site, run: Run) -> None:
    empty = site.studio.create("Empty")
    for id, step, at in ((run.id, "explore", "explore"), (run.id, "", "data"), (empty.id, "train", "data")):
        shown = named(site.page.open(site.visit, id, step))
        assert (shown["session"]["run"], shown["session"]["step"], shown["steps"]["selected"]) == (id, at, at)
        assert shown["run-name"]["value"] == site.studio.status(id).name


def test_what_can_be_reached_follows_from_the_run(site: Site, run: Run) -> None:
    empty = site.studio.create("Empty")
    assert can_go_to(named(site.page.open(site.visit, empty.id))) == ["data"]
    assert can_go_to(named(site.page.open(site.visit, run.id))) == ["data", "train", "explore"]
    run.paths.checkpoint.unlink()
    assert can_go_to(named(site.page.open(site.visit, run.id))) == ["data", "train"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id", [UNKNOWN, "..", "../uploads", "\0", "x" * 99])
def test_a_run_that_is_not_there_is_said_and_the_page_is_at_the_beginning(site: Site, id: str, language: str) -> None:
    shown = named(site.page.open(Visit(runs=(id,), language=language), id))
    assert shown["begin"]["visible"] and shown["session"]["run"] == ""
    assert shown["messages"]["text"].endswith({"en": ".", "zh": "。"}[language])


def test_a_run_that_was_deleted_is_forgotten_and_one_that_cannot_be_read_is_not(site: Site) -> None:
    gone, torn = site.studio.create("Gone"), site.studio.create("Torn")
    site.studio.delete(gone.id)
    torn.paths.info.write_text("no json")
    known = Visit(runs=(gone.id, torn.id))
    assert named(site.page.open(known, gone.id))["session"]["runs"] == [torn.id]
    assert torn.id in named(site.page.open(known, torn.id))["session"]["runs"]


# ---- the language


def test_another_language_changes_every_label_and_all_that_the_run_shows(site: Site, run: Run) -> None:
    site.visit = Visit(run=run.id, step="data", language="en")
    shown = site.ask("language")
    assert (site.visit.language, site.visit.run) == ("zh", run.id)
    assert (shown["language"], shown["start"]["value"]) == ("English", WORDS["zh"]["train.start"])
    assert shown["report-title"].startswith("# 12 幅")
    back = site.ask("language")
    assert (back["language"], back["start"]["value"]) == ("中文", WORDS["en"]["train.start"])


def test_the_page_comes_in_the_language_that_the_browser_asks_for(site: Site) -> None:
    (load,) = [each for each in site.blocks.fns.values() if each.name == "_opened"]
    for language, label in (("zh", WORDS["zh"]["data.samples"]), ("en", None)):
        answer = named(load.fn(None, gr.EventData(None, None), {"language": language}))
        assert answer.get("samples", {}).get("value") == label, language


# ---- a tick


def test_a_tick_brings_nothing_that_is_shown_already(site: Site, run: Run) -> None:
    visit = Visit(run=run.id, step="data")
    first = site.page.current(visit)
    assert site.page._ticked("data")(visit, first[site.page._seen]) == {}


def test_marks_of_another_run_step_or_language_count_for_nothing(site: Site, run: Run) -> None:
    visit = Visit(run=run.id, step="data")
    seen = site.page.current(visit)[site.page._seen]
    for other in ({"run": UNKNOWN}, {"step": "train"}, {"language": "zh"}, {"state": "failed"}):
        told = {**seen, "place": {**seen["place"], **other}}
        assert "upload" in named(site.page._ticked("data")(visit, told)), other
    for nonsense in (None, "x", [], {"marks": 7}, {**seen, "marks": 7}, {**seen, "place": None}):
        assert "upload" in named(site.page._ticked("data")(visit, nonsense)), nonsense


def test_ticks_are_quick_while_something_happens_and_rare_otherwise(site: Site, run: Run) -> None:
    timers = site.page._timers

    def pace(updates: Updates) -> float:
        assert [updates[timer]["active"] for timer in timers.values()] == [False, True, False], "only the step shown"
        return updates[timers["train"]]["value"]  # type: ignore[no-any-return]

    visit = Visit(run=run.id, step="train")
    assert pace(site.page.current(visit)) == IDLE_SECONDS
    site.studio.train(run.id, Recipe(), Budget.requested(1))
    assert pace(site.page.current(visit)) == SECONDS["waiting"]
    assert pace(site.page.soon("train")) == SECONDS["working"]


def test_a_step_that_was_left_ticks_no_longer(site: Site, run: Run) -> None:
    timer = site.page._timers["train"]
    for visit in (Visit(), Visit(run=run.id, step="data")):
        assert site.page._ticked("train")(visit, {}) == {timer: {"active": False, "__type__": "update"}}


def test_a_task_that_ended_with_its_server_is_said_once(site: Site, run: Run) -> None:
    visit, tick, messages = Visit(run=run.id, step="data"), site.page._ticked("data"), site.page.messages
    seen = site.page.current(visit)[site.page._seen]
    updates = tick(visit, {**seen, "tasks": ["uploads"]})
    assert updates[messages]["text"] == WORDS["en"]["server.interrupted"]
    assert messages not in tick(visit, updates[site.page._seen])
    for tasks in (["learning"], "uploads", None):  # a learning film is begun again by itself
        assert messages not in tick(visit, {**seen, "tasks": tasks}), tasks
    assert messages not in tick(visit, {**seen, "place": {**seen["place"], "run": UNKNOWN}, "tasks": ["uploads"]})


# ---- the name


def test_a_run_has_the_name_that_was_typed(site: Site, run: Run) -> None:
    site.visit = Visit(run=run.id, step="data")
    assert site.ask("run-name", "Other hills", event="submit")["run-name"] == "Other hills"
    for wrong in ("", "  ", None, 7):
        answer = site.ask("run-name", wrong, event="blur")
        assert (answer["run-name"]["value"], "messages" in answer) == ("Other hills", False), wrong
    assert len(site.ask("run-name", "x" * 5000, event="blur")["run-name"]) < 5000


# ---- nonsense

GARBAGE = (None, "x", "\0" * 3, 7, -1e9, math.nan, True, [], [None], {}, {"$": [1]}, {"id": 7}, {"run": ["x"]})


@pytest.mark.parametrize("garbage", GARBAGE, ids=repr)
def test_every_event_answers_nonsense_with_a_sentence(
    site: Site, run: Run, garbage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is sent, something is answered, and nothing of it is an error of ours."""
    page, shown = site.page, 0
    page.tasks._visitors["somebody", "busy"] = ""  # tasks are refused, so that none works on while this ends
    sessions = [
        {"run": id, "runs": [id], "language": "en", "step": step}
        for id in ("", UNKNOWN, READY, run.id)
        for step in STEPS
    ]
    for event in [each for each in site.blocks.fns.values() if each.fn and each.api_visibility == "private"]:
        for session in [garbage, *sessions]:
            updates = event.fn(None, gr.EventData(None, garbage), session, *[garbage] * (len(event.inputs) - 1))
            assert updates, event.name
            if page.messages in updates:
                shown += 1
                assert updates[page.messages]["text"].endswith((".", "。")), event.name
    del page.tasks._visitors["somebody", "busy"]
    assert shown > 20
    assert [record.getMessage() for record in caplog.records] == []
