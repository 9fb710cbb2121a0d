"""What holds for every call of a browser: who may do what, and how a refusal is answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from page_server import POSITION, UNKNOWN, Server, playable, write_paintings

from neural_art.runs.quotas import Quotas


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_every_handler_refuses_an_unknown_run_with_the_same_sentence(server: Server, tmp_path: Path) -> None:
    server.studio.create("Somebody's")
    (tmp_path / "runs" / "not-a-run-but-a-folder").mkdir()
    guesses = [UNKNOWN, "", ".", "..", "../uploads", "/etc", "x" * 900, "not-a-run-but-a-folder", "\0"]
    needed = {
        "task": "uploads", "fit": "crop", "files": [], "matte": "#fff", "name": "x", "recipe": "sketch", "minutes": 1,
        "index": 0, "position": POSITION, "positions": [POSITION] * 2, "side": 64, "indexes": [0], "enlarge": 1,
        "favourites": [], "seconds": 2, "smoothness": 1, "film": "loop-1.mp4",
    }  # fmt: skip
    answers = [
        server.ask(name, {**needed, "run": guess})
        for name in server.names
        for guess in guesses
        if name not in ("create", "runs")
    ]
    assert {answer.get("code") for answer in answers} == {"run.unknown"}
    assert len({answer["error"] for answer in answers}) == 1
    assert server.ask("runs", runs=guesses) == {"runs": []}


@pytest.mark.parametrize(
    "request_",
    [[None], [], "x", 7, {}, {"run": None}, {"run": ["x"]}, {"run": {"$": 1}}, {"language": [1], "run": 3}],
    ids=str,
)
def test_nonsense_is_answered_with_a_sentence(server: Server, request_: Any) -> None:
    for name in server.names:
        answer = server.ask(name, request_)
        assert set(answer) == {"error", "code"}, name
        assert answer["error"].endswith("."), name


def test_a_refusal_is_in_the_language_of_the_browser(server: Server) -> None:
    assert server.ask("tick", run=UNKNOWN, language="en")["error"].startswith("There is no such run")
    assert server.ask("tick", run=UNKNOWN, language="zh")["error"].startswith("这里没有这个训练")
    assert server.ask("tick", run=UNKNOWN, language="fr") == server.ask("tick", run=UNKNOWN, language="en")


def test_a_visitor_is_held_against_what_they_may_have(tmp_path: Path) -> None:
    server = Server(tmp_path, Quotas(empty_runs=1))
    assert "run" in server.ask("create", name="x", visitor="192.0.2.1")
    refused = server.ask("create", name="x", visitor="192.0.2.1", language="zh")
    assert refused["code"] == "run.too-many-empty-runs"
    assert refused["error"].startswith("您有 1 个训练")
    assert "run" in server.ask("create", name="x", visitor="192.0.2.2")


def test_nobody_says_who_they_are(tmp_path: Path) -> None:
    """Whatever a browser sends, a visitor is who the server says."""
    server = Server(tmp_path, Quotas(empty_runs=1))
    codes = [server.ask("create", {"name": "x", "visitor": name}, visitor="192.0.2.1").get("code") for name in "ab"]
    assert codes == [None, "run.too-many-empty-runs"]


def test_a_slider_s_request_that_was_overtaken_is_not_painted(
    server: Server, tmp_path: Path, drawn_paintings: torch.Tensor
) -> None:
    run = playable(server.studio, write_paintings(tmp_path / "hills", drawn_paintings)).id

    def paint(**details: Any) -> dict[str, Any]:
        return server.ask("paint", run=run, position=POSITION, **details)

    assert "picture" in paint(client="tab", number=2)
    assert paint(client="tab", number=1) == {"stale": True}
    assert "picture" in paint(client="tab", number=1, visitor="192.0.2.2"), "somebody else's tab of that name"
    assert "picture" in paint(), "a page that does not number its requests"
    assert paint(client="tab", number="3")["code"] == "run.not-whole"
    assert paint(client=7, number=3)["code"] == "run.request-no-text"
