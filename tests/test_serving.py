"""What holds for all that components' modules ask: who may do what, and how a refusal is answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_server import POSITION, UNKNOWN, Site

from neural_art.runs.quotas import Quotas
from neural_art.runs.ready import READY
from neural_art.web.serving import answering

NEEDED = {
    "files": [], "unread": [], "name": "x", "index": 0, "position": POSITION, "positions": [POSITION] * 2, "side": 64,
    "indexes": [0], "enlarge": 1,
}  # fmt: skip
"""What some call or other needs besides a run."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield Site(tmp_path_factory.mktemp("site"))


def calls(site: Site) -> dict[str, Any]:
    """All functions that the page serves to its components, by name."""
    return {served.__name__: served for block in site.page.everything for served in getattr(block, "server_fns", [])}


def test_every_call_refuses_an_unknown_run_with_the_same_sentence(site: Site) -> None:
    site.studio.create("Somebody's")
    (site.studio.root / "not-a-run-but-a-folder").mkdir()
    guesses = [UNKNOWN, ".", "..", "../uploads", "/etc", "x" * 900, "not-a-run-but-a-folder", "\0"]
    answers = [served({**NEEDED, "run": guess}, None) for served in calls(site).values() for guess in guesses]
    assert len(answers) > 80
    assert {(answer.get("code"), answer["error"]) for answer in answers} == {("run.unknown", answers[0]["error"])}


@pytest.mark.parametrize(
    "request_",
    [None, [None], [], "x", 7, {}, {"run": None}, {"run": ["x"]}, {"run": {"$": 1}}, {"language": [1], "run": 3}],
    ids=str,
)
def test_nonsense_is_answered_with_a_sentence(site: Site, request_: Any, caplog: pytest.LogCaptureFixture) -> None:
    for name, served in calls(site).items():
        answer = served(request_, None)
        assert set(answer) == {"error", "code"}, name
        assert answer["error"].endswith("."), name
    assert caplog.records == [], "it is refused, and no error of ours"


@pytest.mark.parametrize("key", sorted(NEEDED))
@pytest.mark.parametrize("value", [None, 7, "x", {"$": 1}, [[]], [None], float("nan"), "\0", -1, True], ids=repr)
def test_nonsense_about_a_run_that_is_there_is_refused_or_answered(
    site: Site, key: str, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    run = site.studio.create("Hills").id
    for place in (run, READY):
        for name, served in calls(site).items():
            if name != "ask_keep" or place == run or key == "position":  # keeping of the shipped model makes a run
                assert isinstance(served({**NEEDED, "run": place, key: value}, None), dict)
    assert caplog.records == []


def test_a_refusal_is_in_the_language_of_the_browser(site: Site) -> None:
    ask = calls(site)["ask_explore"]
    assert ask({"run": UNKNOWN, "language": "en"}, None)["error"].startswith("There is no such run")
    assert ask({"run": UNKNOWN, "language": "zh"}, None)["error"].startswith("这里没有这个训练")
    assert ask({"run": UNKNOWN, "language": "fr"}, None) == ask({"run": UNKNOWN, "language": "en"}, None)


@pytest.fixture
def take(tmp_path: Path) -> Any:
    """Takes uploads of visitors who may have one empty run each."""
    return answering(Site(tmp_path, Quotas(empty_runs=1)).tab._uploads.take)


def test_a_visitor_is_held_against_what_they_may_have(take: Any) -> None:
    request = {"run": "", "name": "x", "files": [], "unread": []}
    assert "run" in take(request, "192.0.2.1")
    refused = take({**request, "language": "zh"}, "192.0.2.1")
    assert refused["code"] == "run.too-many-empty-runs"
    assert refused["error"].startswith("您有 1 个训练")
    assert "run" in take(request, "192.0.2.2")


def test_nobody_says_who_they_are(take: Any) -> None:
    """Whatever a browser sends, a visitor is who the server says."""
    request = {"run": "", "name": "x", "files": [], "unread": []}
    codes = [take({**request, "visitor": name}, "192.0.2.1").get("code") for name in "ab"]
    assert codes == [None, "run.too-many-empty-runs"]
