"""Runs as a whole: listed, renamed, deleted, branched, and how one stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from page_server import UNKNOWN, Server, content, playable, write_paintings

from neural_art.events import Failed, Sampled, Started, Stepped
from neural_art.messages import Message
from neural_art.runs.recorder import Recorder
from neural_art.runs.run import Run


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    return write_paintings(tmp_path_factory.mktemp("uploads") / "hills", drawn_paintings)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, paintings: Path) -> Iterator[tuple[Server, Run]]:
    server = Server(tmp_path_factory.mktemp("played"))
    yield server, playable(server.studio, paintings)


def test_runs_are_listed_by_their_ids_renamed_and_deleted(server: Server) -> None:
    one, other = (server.ask("create", name=name)["run"] for name in ("One", "Other"))
    server.ask("rename", run=one, name="A <b>new</b> name")
    listed = server.ask("runs", runs=[one, UNKNOWN])["runs"]
    assert [each["name"] for each in listed] == ["A <b>new</b> name"]
    assert server.ask("delete", run=one) == {}
    assert [each["id"] for each in server.ask("runs", runs=[one, other])["runs"]] == [other]
    assert not (server.studio.root / one).exists()


def test_a_list_shows_a_painting_where_there_is_no_picture_yet(played: tuple[Server, Run]) -> None:
    server, run = played
    (listed,) = server.ask("runs", runs=[run.id])["runs"]
    assert content(listed["thumbnail"]).startswith(b"\xff\xd8")


def test_a_branch_has_the_same_paintings_or_none(played: tuple[Server, Run]) -> None:
    server, run = played
    same, empty = (server.ask("branch", run=run.id, name="On", empty=each)["run"] for each in (False, True))
    assert server.ask("tick", run=same)["status"]["paintings"] == 12
    assert server.ask("tick", run=empty)["status"]["state"] == "empty"
    assert server.studio.run(empty).info.parent == run.id


def test_a_tick_tells_only_what_the_browser_has_not_got(played: tuple[Server, Run]) -> None:
    server, run = played
    first = server.ask("tick", run=run.id, exploring=True)
    assert first["status"]["can_explore"]
    assert first["version"] == 5
    assert "series" in first
    assert str(server.studio.root) not in json.dumps(first), "paths on this machine are nobody's business"
    assert "series" not in server.ask("tick", run=run.id, step=first["status"]["step"])


def test_a_tick_brings_the_newest_sample_grid_the_curves_and_the_reason_of_a_failure(
    server: Server, paintings: Path, drawn_paintings: torch.Tensor
) -> None:
    run = server.studio.create("Hills")
    for _ in server.studio.intake.add_paintings(run.id, paintings):
        pass
    recorder = Recorder(run)
    how = {"base": "none", "precision": "float32", "threads": 1, "batch": 16, "budget": 60.0, "resumed": False}
    recorder.record(Started(step=0, seconds=0, paintings=12, **how))
    figures = {"progress": 0.1, "fooling_rate": 0.5, "discriminator_loss": 1.0, "generator_loss": 1.0}
    figures |= {"pictures_per_second": 30.0, "seconds_left": 50.0}
    for step, distance in ((10, 0.9), (20, float("nan")), (30, 0.7)):
        recorder.record(Stepped(step=step, seconds=step / 10, texture_distance=distance, **figures))
    pictures = drawn_paintings[:8].permute(0, 2, 3, 1).numpy()
    recorder.record(Sampled(step=30, seconds=3, number=0, pictures=pictures))
    first = server.ask("tick", run=run.id)
    assert first["series"]["texture_distance"] == [0.9, 0.7]
    assert set(first["series"]) == {"seconds", "texture_distance", "fooling_rate", "pictures_per_second"}
    assert content(first["sample_grid"])[8:12] == b"WEBP"
    again = server.ask("tick", run=run.id, sample_grid_id=first["sample_grid_id"])
    assert "sample_grid" not in again
    recorder.record(Failed(step=30, seconds=3, reason=Message("storage.out-of-memory")))
    assert "enough memory" in server.ask("tick", run=run.id)["status"]["reason"]
    assert "内存" in server.ask("tick", run=run.id, language="zh")["status"]["reason"]
