"""What holds for every call of a browser: who may do what, and how a refusal is answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from page_server import POSITION, UNKNOWN, Server


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
