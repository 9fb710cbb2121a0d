"""The tab Explore, without a browser: what there is to see of a run, and what its buttons do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from page_server import POSITION, playable, write_paintings

from neural_art.errors import ExploreError, RunError
from neural_art.runs.favourites import Favourites
from neural_art.runs.ready import READY
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio
from neural_art.web.page import Page
from neural_art.web.settings import Settings
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Iterator[tuple[Page, Run]]:
    folder = tmp_path_factory.mktemp("explored")
    studio = Studio(folder / "runs", start=False)
    page = Page(studio, Settings(runs=folder / "runs"), folder / "uploads")
    page.build()
    yield page, playable(studio, write_paintings(folder / "hills", drawn_paintings))


def ticked(page: Page, run: Run, before: dict[str, Any] | None = None) -> tuple[Updates, dict[str, Any]]:
    now: dict[str, Any] = {}
    return page.explore.ticked(Visit(run=run.id), run, page.studio.status(run.id), before or {}, now), now


def visible(page: Page, updates: Updates) -> dict[str | None, bool]:
    """Which of the tab's named parts an answer shows or hides."""
    return {
        block.elem_id: update["visible"]
        for block, update in updates.items()
        if isinstance(update, dict) and "visible" in update
    }


def test_a_run_with_a_model_is_on_the_stage_from_the_first_answer_on(opened: tuple[Page, Run]) -> None:
    page, run = opened
    updates = page.open(Visit(), run.id, "data")  # the tab is not open yet: when it is, it need not ask first
    stage = updates[page.explore.stage]
    assert (stage["run"], stage["aspect"], stage["limits"]["count"]) == (run.id, 1.5, 8)
    assert visible(page, updates)["explore-all"]


def test_without_a_model_there_is_a_way_to_the_training(opened: tuple[Page, Run]) -> None:
    page, _ = opened
    empty = page.studio.create("Empty")
    updates, _ = ticked(page, empty)
    shown = visible(page, updates)
    assert (shown["not-yet"], shown["explore-all"]) == (True, False)
    assert updates[page.explore.stage]["run"] == ""


def test_a_newer_model_and_favourites_of_other_tabs_are_noticed_at_the_next_tick(opened: tuple[Page, Run]) -> None:
    page, run = opened
    page.studio.explorer(run.id)
    _, now = ticked(page, run)
    assert page.explore.stage not in ticked(page, run, now)[0]
    Favourites(run).keep(POSITION)
    updates, later = ticked(page, run, now)
    assert updates[page.explore.stage]["favourites"] != ""
    assert updates[page.explore.stage]["version"] == 5
    os.utime(run.paths.favourites, ns=(1, 1))
    assert page.explore.stage in ticked(page, run, later)[0]
    Favourites(run).unkeep(POSITION)


def test_the_shipped_model_is_played_with_and_left_for_ones_own_paintings(opened: tuple[Page, Run]) -> None:
    page, run = opened
    known = Visit(runs=(run.id,))
    playing = page.playing(known)
    assert playing[page.explore.stage]["run"] == READY
    assert playing[page.session]["runs"] == [run.id], "it is no run"
    assert visible(page, playing)["playing"]
    assert page.open(known, READY)[page.explore.stage]["run"] == READY, "after a reload"
    left = page.current(Visit(run=READY, step="data"))
    assert (left[page.session]["run"], left[page.explore.stage]["run"]) == ("", "")


def test_a_visit_goes_on_with_the_run_that_keeping_made(opened: tuple[Page, Run]) -> None:
    page, run = opened
    updates = page.explore.adopt(Visit(run=READY), {"run": run.id})
    assert updates[page.session]["run"] == run.id
    assert updates[page.session]["step"] == "explore"
    assert not visible(page, updates)["playing"]


def test_the_menu_of_classes_is_in_the_language(opened: tuple[Page, Run]) -> None:
    page, _ = opened
    (menu,) = page.explore.show_classes(Visit(language="zh"), {"classes": ["sea", ""]}).values()
    assert [label for label, _ in menu["choices"]] == ["任意类别", "sea", "不在文件夹中"]
    assert menu["visible"]
    nonsense: Any
    for nonsense in ({}, {"classes": 3}, {"classes": []}):
        (menu,) = page.explore.show_classes(Visit(), nonsense).values()
        assert not menu["visible"]


def ended(page: Page, run: Run) -> None:
    for _ in range(600):
        if not page.tasks.working(run.id, "loop"):
            return
        time.sleep(0.05)
    raise AssertionError("the film is not finished after 30 seconds")


def test_a_film_is_made_shown_and_found_again(opened: tuple[Page, Run]) -> None:
    page, run = opened
    begun = page.explore.film.make(Visit(run=run.id), "paintings", 2, 1, [0, 3])
    assert visible(page, begun) == {"film-progress": True}
    marks = {"loop": ["working", 0, 60]}
    ended(page, run)
    shown, now = ticked(page, run, marks)
    assert visible(page, shown)["loop"]
    (path,) = {update["value"] for block, update in shown.items() if block.elem_id in ("loop", "film-save")}
    assert Path(path).read_bytes()[4:8] == b"ftyp"
    assert "Hills" in Path(path).name
    assert "loop" not in visible(page, ticked(page, run, now)[0]), "it plays on"
    again = page.explore.shown(Visit(run=run.id), run, page.studio.status(run.id))
    assert visible(page, again)["loop"]


def test_a_film_that_cannot_be_made_is_refused_or_said(opened: tuple[Page, Run]) -> None:
    page, run = opened
    make, visit = page.explore.film.make, Visit(run=run.id)
    assert make(visit, "favourites", 2, 1, [])[page.messages]["text"] == "Keep two pictures or more first."
    assert make(visit, "paintings", 2, 1, [4])[page.messages]["text"] == "Choose two paintings or more first."
    assert make(Visit(run=READY), "favourites", 2, 1, [])[page.messages]["text"] == "Keep two pictures or more first."
    with pytest.raises(RunError):
        make(visit, "paintings", 2, 1, ["a", None])
    for wrong in ((2, 1, [0, 99]), (9999, 1, [0, 1]), (None, 1, [0, 1])):
        with pytest.raises((ExploreError, RunError)):
            make(visit, "paintings", *wrong)


def test_a_film_that_failed_is_said_once(opened: tuple[Page, Run]) -> None:
    page, run = opened

    def work() -> Iterator[Any]:
        yield from ()
        raise ExploreError("no-ffmpeg")

    page.tasks.start(run.id, "loop", work)
    ended(page, run)
    updates, now = ticked(page, run, {"loop": ["working", 0, 1]})
    assert "ffmpeg" in updates[page.messages]["text"]
    assert page.messages not in ticked(page, run, now)[0]
    assert page.messages not in ticked(page, run)[0], "after a reload"
    assert page.messages in ticked(page, run, {"loop": None})[0], "it failed before anybody looked"
    page.tasks.start(run.id, "loop", work)
    ended(page, run)
    assert page.messages in ticked(page, run, now)[0], "so did the next, in the same way"
