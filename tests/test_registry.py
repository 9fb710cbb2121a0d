from __future__ import annotations

from pathlib import Path

import pytest

from neural_art import files
from neural_art.errors import RunError
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "runs")


@pytest.mark.parametrize(
    "id",
    ["", ".", "..", "../runs", "a" * 15, "a" * 65, "x/../" + "a" * 20, "é" * 20, "a" * 20 + "\n", None, 7, ["a" * 20]],
)
def test_what_is_not_an_id_reaches_nothing(registry: Registry, id: object) -> None:
    with pytest.raises(RunError) as caught:
        registry.open(id)
    assert caught.value.code == "unknown"


def test_a_link_is_not_a_run(registry: Registry, tmp_path: Path) -> None:
    elsewhere = Run.create(tmp_path / "elsewhere", "Theirs")
    (registry.root / ("l" * 22)).symlink_to(elsewhere.folder)
    with pytest.raises(RunError) as caught:
        registry.open("l" * 22)
    assert caught.value.code == "unknown"
    assert registry.ids() == []


def test_a_run_that_is_being_deleted_is_found_by_nobody(registry: Registry) -> None:
    run = registry.create("Sisley")
    with registry.hidden(run.id), pytest.raises(RunError):
        registry.find(run.id)
    assert registry.find(run.id) == run
    assert registry.ids() == [run.id]


def test_what_a_kill_left_of_a_deleted_run_is_removed(registry: Registry) -> None:
    id = registry.create("Sisley").id
    (registry.root / id).rename(registry.root / f".deleted-{id}")
    assert not registry.is_gone(id)
    again = Registry(registry.root)
    assert not [path for path in registry.root.iterdir() if path.is_dir()]
    assert again.is_gone(id)


def test_what_a_killed_server_left_of_a_film_is_removed_at_the_next_start(tmp_path: Path) -> None:
    run = Registry(tmp_path).create("Sisley")
    run.paths.films.mkdir()
    (run.paths.films / "loop-1.mp4").write_bytes(b"whole")
    (run.paths.films / ".loop-2.mp4.ab12.part").mkdir()
    (run.paths.films / ".loop-2.mp4.ab12.part" / "loop-2.mp4").write_bytes(b"half")
    (run.paths.films / ".loop-3.mp4.cd34.part").write_bytes(b"half, by version 0.1")
    with files.replacing(run.paths.films / "loop-4.mp4") as part:
        part.write_bytes(b"somebody is at it")
        Registry(tmp_path)
        assert part.exists()
    assert sorted(path.name for path in run.paths.films.iterdir()) == ["loop-1.mp4", "loop-4.mp4"]
