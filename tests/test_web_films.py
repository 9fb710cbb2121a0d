"""Films of a run, made while the page asks how it goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from page_server import POSITION, Server, content, playable, write_paintings
from PIL import Image

from neural_art.runs.run import Run

TWO = [POSITION, POSITION | {"seed": 9}]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Iterator[tuple[Server, Run]]:
    server = Server(tmp_path_factory.mktemp("played"))
    paintings = write_paintings(tmp_path_factory.mktemp("uploads") / "hills", drawn_paintings)
    yield server, playable(server.studio, paintings)


def test_a_looping_film_is_made_and_served(played: tuple[Server, Run]) -> None:
    server, run = played
    assert server.ask("loop_film", run=run.id, positions=TWO, seconds=2, smoothness=1) == {}
    ended = server.ended(run.id, "loop")
    assert ended["state"] == "done", ended
    assert content(server.ask("film", run=run.id, film=ended["film"])["film"])[4:8] == b"ftyp"


def test_the_learning_film_shows_the_sample_grids_and_is_made_once(played: tuple[Server, Run]) -> None:
    server, run = played
    assert server.ask("learning_film", run=run.id) == {}
    failed = server.ended(run.id, "learning", language="zh")
    assert (failed["state"], failed["code"]) == ("failed", "explore.nothing-to-film")
    assert failed["reason"].startswith("还没有可以拍成影片的内容")
    run.paths.sample_grids.mkdir()
    for step in (1, 2):
        Image.new("RGB", (64, 64), (100 * step, 0, 0)).save(run.paths.sample_grid(step))
    times = []
    for _ in range(2):
        assert server.ask("learning_film", run=run.id) == {}
        ended = server.ended(run.id, "learning")
        assert ended["state"] == "done", ended
        times.append((run.paths.films / ended["film"]).stat().st_mtime_ns)
    assert times[0] == times[1]
    assert content(server.ask("film", run=run.id, film=ended["film"])["film"])[4:8] == b"ftyp"


def test_a_film_that_cannot_be_made_is_refused_at_once(played: tuple[Server, Run]) -> None:
    server, run = played
    for wrong in (
        {"seconds": 1e9}, {"seconds": "2"}, {"smoothness": 2}, {"positions": TWO[:1]}, {"positions": TWO * 250},
    ):  # fmt: skip
        asked = {"run": run.id, "positions": TWO, "seconds": 2, "smoothness": 1} | wrong
        assert "error" in server.ask("loop_film", asked)


@pytest.mark.parametrize("film", ["../run.json", "/etc/passwd", "loop-../../run.json.mp4", "learning-.mp4", "", "\0"])
def test_only_films_are_served_as_films(played: tuple[Server, Run], film: str) -> None:
    server, run = played
    assert server.ask("film", run=run.id, film=film)["code"] == "run.no-film"
