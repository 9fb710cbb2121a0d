"""What the stage and the tiles ask: pictures at positions, thumbnails and favourites."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from page_server import POSITION, content, playable, write_paintings, write_untrained
from PIL import Image

from neural_art.explore.limits import ENLARGED
from neural_art.explore.position import Position
from neural_art.models.enlarger import open_enlarger
from neural_art.recipe import SIZES
from neural_art.runs.ready import READY, ReadyModel
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio
from neural_art.shipped import ENLARGER
from neural_art.web.answers import file_name
from neural_art.web.explore import FINE, Explore
from neural_art.web.serving import answering


class Server:
    """The calls by their names, with an answer whatever they are sent. ``published``: files, by their names."""

    def __init__(self, folder: Path) -> None:
        write_untrained(folder / "ready.safetensors")
        self.studio = Studio(folder / "runs", start=False)
        self.published: dict[str, bytes] = {}
        self.calls = Explore(self.studio, ReadyModel(folder / "ready.safetensors"), self._publish)

    def ask(self, call: str, **details: Any) -> dict[str, Any]:
        return answering(getattr(self.calls, call))(details)

    def _publish(self, content: bytes, name: str) -> str:
        self.published[name] = content
        return f"at/{name}"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Iterator[tuple[Server, Run]]:
    server = Server(tmp_path_factory.mktemp("played"))
    paintings = write_paintings(tmp_path_factory.mktemp("uploads") / "hills", drawn_paintings)
    yield server, playable(server.studio, paintings, classes=["dawn", "dusk"], class_indices=[0] * 6 + [1] * 6)


def difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


def test_a_model_says_what_it_offers(played: tuple[Server, Run]) -> None:
    server, run = played
    offer = server.ask("explore", run=run.id)
    assert offer["names"][:2] == ["hill 00", "hill 02"]
    assert offer["classes"] == ["dawn", "dusk"]
    assert offer["version"] == 5
    assert offer["favourites"] == []


@pytest.mark.parametrize(
    "wrong", [None, POSITION | {"truncation": 9}, POSITION | {"origin": "painting", "a": 99}], ids=["none", "far", "99"]
)
def test_a_position_that_is_not_there_is_refused(played: tuple[Server, Run], wrong: Any) -> None:
    server, run = played
    for handler in ("paint", "picture"):
        assert server.ask(handler, run=run.id, enlarge=1, position=wrong)["code"].startswith("explore.")
    assert server.ask("paint_many", run=run.id, side=64, positions=[wrong])["code"].startswith("explore.")
    if wrong is None or wrong["a"] == 0:  # the model may have more paintings later
        assert server.ask("keep", run=run.id, position=wrong)["code"].startswith("explore.")


def test_no_more_is_painted_than_is_reasonable(played: tuple[Server, Run]) -> None:
    server, run = played
    assert "error" in server.ask("paint_many", run=run.id, side=64, positions=[POSITION] * 17)
    assert "error" in server.ask("paint_many", run=run.id, side=64, positions=[])
    assert "error" in server.ask("paint_many", run=run.id, side=5000, positions=[POSITION])
    assert "error" in server.ask("picture", run=run.id, position=POSITION, enlarge=1000)
    assert "error" in server.ask("picture", run=run.id, position=POSITION, enlarge="4")
    assert "error" in server.ask("thumbnails", run=run.id, indexes=[0] * 500)


def test_a_position_gives_a_picture_and_another_gives_another(played: tuple[Server, Run]) -> None:
    server, run = played
    one, again, other, of_a_class = (
        server.ask("paint", run=run.id, position=position)["picture"]
        for position in (POSITION, POSITION, POSITION | {"seed": 8}, POSITION | {"class_index": 1})
    )
    assert one == again
    assert len({one, other, of_a_class}) == 3
    assert content(one).startswith(b"\xff\xd8")


def test_many_small_pictures_come_at_once(played: tuple[Server, Run]) -> None:
    server, run = played
    positions = [POSITION | {"seed": seed} for seed in range(3)]
    pictures = server.ask("paint_many", run=run.id, side=32, positions=positions)["pictures"]
    assert len(set(pictures)) == 3
    assert Image.open(io.BytesIO(content(pictures[0]))).size == (32, 32)


def test_a_fine_picture_is_the_same_one_larger_with_the_enlargers_strokes(played: tuple[Server, Run]) -> None:
    server, run = played
    coarse, fine = (
        Image.open(io.BytesIO(content(server.ask("paint", run=run.id, position=POSITION, **more)["picture"])))
        for more in ({}, {"fine": True})
    )
    assert fine.size == (512, 512)
    painted = server.studio.explorer(run.id).picture(Position.from_json(POSITION), square=True, enlarge=8)
    plain = coarse.resize((512, 512), Image.Resampling.BICUBIC)
    assert difference(fine, painted) < 0.7 * difference(plain, painted) < 5, "only JPEG's own, and of the same picture"


def test_every_size_has_a_fine_picture_that_the_enlarger_can_paint() -> None:
    assert set(FINE) == set(SIZES.values())
    for size, fine in FINE.items():
        assert fine % size == 0
        assert ENLARGED[0] < fine // size <= ENLARGED[1]


def test_a_slider_does_not_wait_for_a_fine_picture(played: tuple[Server, Run]) -> None:
    server, run = played
    going_on = threading.Event()

    def wait(*_: object) -> None:  # the enlarger is at work until the slider has its picture
        going_on.wait(10)

    def paint(number: int, **details: Any) -> dict[str, Any]:
        return server.ask("paint", run=run.id, position=POSITION, client="slow", number=number, **details)

    enlarger = open_enlarger(ENLARGER)
    assert enlarger is not None
    waiting = enlarger.register_forward_pre_hook(wait)
    with ThreadPoolExecutor(1) as resting:
        fine = resting.submit(paint, 1, fine=True)
        assert "picture" in paint(2)
        assert not fine.done()
        going_on.set()
        assert fine.result()["fine"]
    waiting.remove()


def test_a_png_comes_in_the_paintings_aspect_and_says_what_made_it(played: tuple[Server, Run]) -> None:
    server, run = played
    answer = server.ask("picture", run=run.id, position=POSITION, enlarge=4)
    assert answer["address"] == f"at/{answer['name']}"
    assert answer["name"].startswith("Hills-4x-")
    with Image.open(io.BytesIO(server.published[answer["name"]])) as picture:
        assert picture.size == (384, 256)
        assert json.loads(picture.info["neural_art"])["position"]["seed"] == 7


def test_thumbnails_show_the_runs_own_paintings(played: tuple[Server, Run]) -> None:
    server, run = played
    thumbnails = server.ask("thumbnails", run=run.id, indexes=[0, 11])["thumbnails"]
    assert [Image.open(io.BytesIO(content(each))).size for each in thumbnails] == [(120, 80)] * 2
    for indexes in ([12], [-1], [True], ["0"], [0.0]):
        assert server.ask("thumbnails", run=run.id, indexes=indexes)["code"] == "run.no-such-paintings"


def test_favourites_of_two_tabs_are_all_kept(played: tuple[Server, Run]) -> None:
    server, run = played
    one, other = POSITION, POSITION | {"seed": 8}
    assert server.ask("keep", run=run.id, position=one) == {"favourites": [one]}
    assert server.ask("keep", run=run.id, position=other) == {"favourites": [one, other]}
    assert server.ask("unkeep", run=run.id, position=one) == {"favourites": [other]}
    assert server.ask("unkeep", run=run.id, position=one) == {"favourites": [other]}
    assert (
        server.ask("explore", run=run.id)["favourites"] == server.ask("favourites", run=run.id)["favourites"] == [other]
    )
    server.ask("unkeep", run=run.id, position=other)


def test_the_page_is_told_how_many_sliders_move_anything(played: tuple[Server, Run]) -> None:
    """Eight paintings differ in seven ways."""
    server, run = played
    assert server.ask("explore", run=run.id)["directions"] == 8
    few = server.studio.branch(run.id, name="Few")
    write_untrained(few.paths.checkpoint, latents=torch.randn(8, 256))
    assert server.ask("explore", run=few.id)["directions"] == 7


def test_a_position_comes_back_with_its_values_in_the_same_order(played: tuple[Server, Run]) -> None:
    """The page compares positions as JSON, so that a favourite is recognised."""
    server, run = played
    (kept,) = server.ask("keep", run=run.id, position=POSITION)["favourites"]
    assert list(kept) == list(POSITION)
    server.ask("unkeep", run=run.id, position=POSITION)


def test_the_shipped_model_is_explored_and_nothing_is_written(played: tuple[Server, Run]) -> None:
    server, _ = played
    before = server.studio.root.stat().st_mtime_ns
    offer = server.ask("explore", run=READY)
    assert (offer["names"], offer["favourites"], offer["directions"]) == ([], [], 8)
    assert content(server.ask("paint", run=READY, position=POSITION)["picture"]).startswith(b"\xff\xd8")
    assert server.ask("picture", run=READY, position=POSITION, enlarge=1)["name"].endswith(".png")
    assert server.ask("thumbnails", run=READY, indexes=[0])["code"] == "run.no-such-paintings"
    assert server.studio.root.stat().st_mtime_ns == before


def test_what_is_kept_of_the_shipped_model_makes_a_run_that_paints_the_same(played: tuple[Server, Run]) -> None:
    server, _ = played
    answer = server.ask("keep", run=READY, position=POSITION, language="zh")
    assert answer["favourites"] == [POSITION]
    assert server.studio.status(answer["run"]).name == "现成的模型"
    assert server.ask("explore", run=answer["run"])["favourites"] == [POSITION]
    one, other = (server.ask("paint", run=run, position=POSITION)["picture"] for run in (READY, answer["run"]))
    assert one == other


@pytest.mark.parametrize(
    ("run", "file"),
    [("Monet's Garden", "Monet-s-Garden"), ("睡莲 2", "睡莲-2"), ("../..", "neural-art"), ("", "neural-art")],
)
def test_a_file_is_named_after_the_run(run: str, file: str) -> None:
    assert file_name(run) == file


def test_a_slider_s_request_that_was_overtaken_is_not_painted(played: tuple[Server, Run]) -> None:
    server, run = played

    def paint(visitor: str = "", **details: Any) -> dict[str, Any]:
        return answering(server.calls.paint)({"run": run.id, "position": POSITION, **details}, visitor)

    assert "picture" in paint(client="tab", number=2)
    assert paint(client="tab", number=1) == {"stale": True}
    assert "picture" in paint(client="tab", number=1, visitor="192.0.2.2"), "somebody else's tab of that name"
    assert "picture" in paint(), "a page that does not number its requests"
    assert paint(client="tab", number="3")["code"] == "run.not-whole"
    assert paint(client=7, number=3)["code"] == "run.request-no-text"
