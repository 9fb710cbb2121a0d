"""Step 2: what a browser may ask of a training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from page_server import Server, content, write_paintings
from PIL import Image

from neural_art.runs.desired import desired_state
from neural_art.runs.run import Run


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server that starts no workers: what is asked for waits."""
    return Server(tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    return write_paintings(tmp_path_factory.mktemp("uploads") / "hills", drawn_paintings)


@pytest.fixture
def run(server: Server, paintings: Path) -> Run:
    run = server.studio.create("Hills")
    for _ in server.studio.intake.add_paintings(run.id, paintings):
        pass
    return run


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": 0}, {"minutes": 1e9}, {"minutes": "5"}, {"minutes": None}, {"minutes": True}, {"recipe": "mural"},
        {"seed": -1}, {"seed": "x"}, {"base": "yes"},
    ],
    ids=str,
)  # fmt: skip
def test_a_recipe_or_a_budget_out_of_range_is_refused(server: Server, run: Run, wrong: dict[str, Any]) -> None:
    asked = {"run": run.id, "minutes": 5, "recipe": "sketch", "seed": 0}
    assert server.ask("train", asked | wrong)["code"].startswith("recipe.")
    assert server.ask("tick", run=run.id)["status"]["state"] == "prepared"


def test_a_training_is_asked_for_paused_and_taken_out_of_the_queue(server: Server, run: Run) -> None:
    def status() -> dict[str, Any]:
        return server.ask("tick", run=run.id)["status"]

    assert server.ask("train", run=run.id, minutes=2.5, recipe="sketch", seed=4, base=False) == {}
    assert (status()["state"], status()["desired_state"], status()["minutes"]) == ("waiting", "training", 2.5)
    assert run.recipe is not None
    assert (run.recipe.name, run.recipe.seed, run.recipe.base) == ("sketch", 4, False)
    assert server.ask("pause", run=run.id) == {}
    assert (status()["state"], status()["desired_state"]) == ("paused", "paused")
    assert server.ask("resume", run=run.id) == {}
    assert status()["state"] == "waiting"
    assert server.ask("train_longer", run=run.id, minutes=5)["code"].startswith("run.")
    assert server.ask("stop", run=run.id) == {}
    assert status()["state"] == "prepared"
    assert desired_state(run) is None


def test_an_earlier_sample_grid_is_shown_by_its_number(server: Server, run: Run) -> None:
    assert server.ask("sample_grid", run=run.id, index=0)["code"] == "run.no-sample-grid"
    run.paths.sample_grids.mkdir()
    for step in (3, 20, 100):
        Image.new("RGB", (8, 8), (step, 0, 0)).save(run.paths.sample_grid(step), lossless=True)
    shown = [content(server.ask("sample_grid", run=run.id, index=index)["sample_grid"]) for index in range(3)]
    assert shown == [run.paths.sample_grid(step).read_bytes() for step in (3, 20, 100)]
    for index in (-1, 3, 0.0, "0"):
        assert server.ask("sample_grid", run=run.id, index=index)["code"] == "run.not-whole"
