from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from neural_art.errors import RunError, StorageError
from neural_art.runs.favourites import MOST_FAVOURITES, Favourites
from neural_art.runs.run import Run

FIRST: dict[str, Any] = {"seed": 1, "amounts": [0.5]}
SECOND: dict[str, Any] = {"seed": 2}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "runs", "Sisley")


def test_favourites_are_kept_once_each_and_in_order(run: Run) -> None:
    favourites = Favourites(run)
    assert favourites.all() == []
    assert favourites.keep(FIRST) == [FIRST]
    assert favourites.keep(SECOND) == favourites.keep(FIRST) == [FIRST, SECOND]
    assert favourites.all() == [FIRST, SECOND]
    assert favourites.unkeep(FIRST) == favourites.unkeep(FIRST) == [SECOND]
    favourites.replace([FIRST])
    assert favourites.all() == [FIRST]


def test_favourites_that_are_kept_in_two_tabs_in_turn_are_all_kept(run: Run) -> None:
    tabs = Favourites(run), Favourites(run)
    for seed in range(4):
        tabs[seed % 2].keep({"seed": seed})
    tabs[0].unkeep({"seed": 1})
    assert tabs[1].all() == [{"seed": 0}, {"seed": 2}, {"seed": 3}]


def test_favourites_that_are_kept_at_the_same_time_are_all_kept(run: Run) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda seed: Favourites(run).keep({"seed": seed}), range(64)))
    assert sorted(each["seed"] for each in Favourites(run).all()) == list(range(64))


def test_no_more_favourites_are_kept_than_a_run_may_have(run: Run) -> None:
    many = [{"seed": seed} for seed in range(MOST_FAVOURITES)]
    Favourites(run).replace(many)
    with pytest.raises(RunError) as caught:
        Favourites(run).keep({"seed": -1})
    assert caught.value.code == "too-many-favourites"
    assert Favourites(run).all() == many


def test_a_favourite_that_cannot_be_written_leaves_the_others_and_no_litter(run: Run) -> None:
    Favourites(run).keep(FIRST)
    with pytest.raises(TypeError):
        Favourites(run).keep({"latent": object()})
    assert Favourites(run).all() == [FIRST]
    assert sorted(path.name for path in run.folder.iterdir()) == ["favourites.json", "run.json"]


@pytest.mark.parametrize("content", ["[", "{}", '{"favourites": 3}'])
def test_a_damaged_file_is_named_and_not_overwritten(run: Run, content: str) -> None:
    run.paths.favourites.write_text(content)
    for attempt in (Favourites(run).all, lambda: Favourites(run).keep(FIRST)):
        with pytest.raises(StorageError) as caught:
            attempt()
        assert caught.value.values["name"] == "favourites.json"
    assert run.paths.favourites.read_text() == content


def test_nothing_is_kept_of_a_run_that_is_gone(run: Run) -> None:
    shutil.rmtree(run.folder)
    with pytest.raises(StorageError) as caught:
        Favourites(run).keep(FIRST)
    assert caught.value.code == "gone"
    assert not run.folder.exists()
