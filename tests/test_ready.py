"""The shipped model, to play with before there is a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_server import write_untrained

from neural_art.errors import RunError
from neural_art.runs.quotas import Quotas
from neural_art.runs.ready import READY, ReadyModel
from neural_art.runs.studio import Studio


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "runs", start=False)


def test_no_run_has_its_id(studio: Studio) -> None:
    with pytest.raises(RunError) as refused:
        studio.run(READY)
    assert refused.value.code == "unknown"


@pytest.mark.parametrize("name", ["model.safetensors", "checkpoint.safetensors"])
def test_a_run_of_it_has_a_copy_of_its_own(studio: Studio, tmp_path: Path, name: str) -> None:
    write_untrained(tmp_path / name)
    ready = ReadyModel(tmp_path / name if name.startswith("model") else tmp_path)
    run = ready.make_run(studio, "Ready model")
    (tmp_path / name).unlink()
    assert studio.status(run.id).can_explore
    assert studio.explorer(run.id).step == 5
    assert not ready.exists


def test_runs_of_it_are_not_empty_ones(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "runs", start=False, quotas=Quotas(empty_runs=1))
    write_untrained(tmp_path / "model.safetensors")
    for _ in range(2):
        ReadyModel(tmp_path / "model.safetensors").make_run(studio, "Ready model", visitor="1.2.3.4")
    studio.create("Empty", visitor="1.2.3.4")
    with pytest.raises(RunError):
        studio.create("Another", visitor="1.2.3.4")


def test_where_none_was_shipped_it_is_said_and_no_run_is_left(studio: Studio, tmp_path: Path) -> None:
    ready = ReadyModel(tmp_path / "nothing")
    for asked in (ready.explorer, lambda: ready.make_run(studio, "Ready model")):
        with pytest.raises(RunError) as refused:
            asked()
        assert refused.value.code == "no-ready-model"
    assert list(studio.root.iterdir()) == []
