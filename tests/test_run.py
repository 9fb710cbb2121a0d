from __future__ import annotations

from pathlib import Path

import pytest
from run_makers import paintings_folder, prepared_run, sampled

from neural_art.dataset.prepare import refit
from neural_art.errors import RunError, StorageError
from neural_art.recipe import Recipe
from neural_art.runs.lock import hold
from neural_art.runs.recorder import Recorder
from neural_art.runs.run import Run
from neural_art.runs.status import status_of


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "runs", "Sisley")


@pytest.fixture
def prepared(tmp_path: Path) -> Run:
    return prepared_run(tmp_path / "runs", paintings_folder(tmp_path / "paintings"))


def test_ids_are_long_and_never_the_same(tmp_path: Path) -> None:
    ids = {Run.create(tmp_path, "the same name").id for _ in range(20)}
    assert len(ids) == 20
    assert min(map(len, ids)) >= 20


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        Run.open(tmp_path)
    assert caught.value.code == "not-found"
    assert str(tmp_path) in str(caught.value)


def test_a_run_is_not_made_where_there_is_one(run: Run) -> None:
    with pytest.raises(RunError) as caught:
        Run.at(run.folder, "another")
    assert caught.value.code == "exists"


def test_a_name_is_one_line_of_text_and_not_empty(run: Run) -> None:
    run.rename(" Le\npont\t${x} <b>桥</b> " + "e" * 200)
    assert run.info.name.startswith("Le pont ${x} <b>桥</b> eee")
    assert len(run.info.name) <= 100
    with pytest.raises(RunError) as caught:
        run.rename("\n\t ")
    assert caught.value.code == "no-name"
    with pytest.raises(RunError) as caught:
        run.rename(7)  # type: ignore[arg-type]
    assert caught.value.code == "name-not-text"
    assert Run.open(run.folder).info.name.startswith("Le pont")


def test_renaming_keeps_creation_and_parent(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "First", parent="its-parent")
    created = run.info.created
    run.rename("Second")
    assert (run.info.name, run.info.created, run.info.parent) == ("Second", created, "its-parent")


def test_a_damaged_file_is_named(run: Run) -> None:
    run.paths.info.write_text('{"name": "Sisley"}')
    with pytest.raises(StorageError) as caught:
        _ = run.info
    assert (caught.value.code, caught.value.values["name"]) == ("damaged", "run.json")


def test_the_report_is_read_again_when_it_changes(prepared: Run) -> None:
    report = prepared.report
    assert report is not None
    assert (len(report.paintings), prepared.aspect) == (8, pytest.approx(1.5))
    refit(prepared.paths.paintings, "crop")
    assert prepared.aspect == 1


def test_a_run_without_paintings_is_square(run: Run) -> None:
    assert (run.report, run.aspect) == (None, 1.0)


def test_a_recipe_comes_back_as_it_was(run: Run) -> None:
    assert run.recipe is None
    run.set_recipe(Recipe(name="sketch", seed=9))
    assert run.recipe == Recipe(name="sketch", seed=9)


def test_a_write_that_fails_leaves_no_litter(run: Run) -> None:
    run.paths.recipe.mkdir()
    with pytest.raises(OSError, match="directory"):
        run.set_recipe(Recipe())
    assert sorted(path.name for path in run.folder.iterdir()) == ["recipe.json", "run.json"]


def test_a_deleted_run_leaves_nothing(prepared: Run) -> None:
    Recorder(prepared).record(sampled(1))
    with hold(prepared), pytest.raises(RunError) as caught:
        prepared.delete()
    assert caught.value.code == "in-training"
    prepared.delete()
    assert list(prepared.folder.parent.iterdir()) == []
    with pytest.raises(RunError) as caught:
        status_of(prepared)
    assert caught.value.code == "deleted"
    prepared.delete()  # once more does no harm
