"""The list of runs that a browser knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from page_server import UNKNOWN, Site, content, playable

from neural_art.runs.run import Run
from neural_art.web.visit import Visit


@pytest.fixture
def run(site: Site, paintings: Path) -> Run:
    """The open run, with paintings and an untrained model."""
    run = playable(site.studio, paintings)
    site.visit = Visit(run=run.id, runs=(run.id,), step="train", language="en")
    return run


def listed(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return answer["run-list"]["runs"]  # type: ignore[no-any-return]


def test_it_lists_those_that_the_browser_knows_and_no_others(site: Site, run: Run) -> None:
    site.studio.create("Somebody else's")
    other = site.studio.create("A <b>newer</b> one")
    site.visit = site.visit.at(other.id).at(run.id)
    answer = site.ask("my-runs")
    assert answer["runs"]["visible"]
    assert [(each["name"], each["state"]) for each in listed(answer)] == [
        ("Hills", "ready to train"), ("A <b>newer</b> one", "no paintings yet"),
    ]  # fmt: skip
    assert content(listed(answer)[0]["picture"]).startswith(b"\xff\xd8"), "a painting, until there are pictures"
    assert str(site.studio.root) not in json.dumps(answer["run-list"]), "paths on this machine are nobody's business"
    assert not site.ask("close-runs")["runs"]["visible"]


def test_a_browser_without_runs_is_told_so_in_its_language(site: Site) -> None:
    site.visit = Visit(language="zh")
    assert site.ask("my-runs")["run-list"] == {"runs": [], "none": "这里还什么都没有。"}


def test_only_a_run_that_is_surely_gone_is_forgotten(site: Site, run: Run) -> None:
    torn, gone = site.studio.create("Torn"), site.studio.create("Gone")
    torn.paths.info.write_text("no json")
    site.studio.delete(gone.id)
    site.visit = Visit(runs=(torn.id, gone.id, UNKNOWN, run.id))
    shown = listed(site.ask("my-runs"))
    assert [each["id"] for each in shown] == [torn.id, UNKNOWN, run.id]
    assert shown[0]["problem"].endswith(".") and "problem" not in shown[2]
    assert site.visit.runs == (torn.id, UNKNOWN, run.id)


def test_a_run_is_opened_at_the_step_that_matters(site: Site, run: Run) -> None:
    other = site.studio.create("Empty")
    site.visit = site.visit.at(other.id)
    answer = site.ask("run-list", event="choose", data={"id": run.id})
    assert (site.visit.run, answer["run-name"]["value"], answer["runs"]["visible"]) == (run.id, "Hills", False)
    site.ask("run-list", event="choose", data={"id": other.id})
    assert (site.visit.run, site.visit.step) == (other.id, "data")


def test_a_run_is_renamed_also_while_it_is_open(site: Site, run: Run) -> None:
    answer = site.ask("run-list", event="rename", data={"id": run.id, "name": "A <b>new</b> name"})
    assert listed(answer)[0]["name"] == answer["run-name"]["value"] == "A <b>new</b> name"
    refused = site.ask("run-list", event="rename", data={"id": UNKNOWN, "name": "Mine"})
    assert refused["messages"]["text"].startswith("There is no such run")


def test_deleting_the_open_run_leaves_a_page_without_one(site: Site, run: Run) -> None:
    answer = site.ask("run-list", event="delete", data={"id": run.id})
    assert not run.paths.folder.exists()
    assert listed(answer) == []
    assert (site.visit.run, site.visit.runs, answer["begin"]["visible"]) == ("", (), True)


def test_deleting_another_run_leaves_the_open_one(site: Site, run: Run) -> None:
    other = site.studio.create("Other")
    site.visit = site.visit.at(other.id).at(run.id, "train")
    answer = site.ask("run-list", event="delete", data={"id": other.id})
    assert [each["id"] for each in listed(answer)] == [run.id]
    assert (site.visit.run, "begin" in answer) == (run.id, False)
    site.ask("run-list", event="delete", data={"id": other.id})
    assert run.paths.folder.exists(), "a second click on what is gone does no harm"


def test_a_run_that_cannot_be_read_gives_its_paintings_to_a_new_one(site: Site, run: Run) -> None:
    run.paths.info.write_text("no json")
    (shown,) = listed(site.ask("my-runs"))
    assert shown["retrainable"]
    site.ask("run-list", event="retrain", data={"id": run.id})
    assert site.visit.run != run.id
    assert site.studio.status(site.visit.run).paintings == 12


def test_a_new_run_begins_with_an_empty_page(site: Site, run: Run) -> None:
    answer = site.ask("new-run")
    assert (answer["begin"]["visible"], answer["runs"]["visible"]) == (True, False)
    assert (site.visit.run, site.visit.runs) == ("", (run.id,))
