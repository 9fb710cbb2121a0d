from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from run_makers import ENDLESS, FEW_STEPS, TINY, ask_to_train, paintings_folder, prepared_run

from neural_art.dataset.limits import Limits
from neural_art.errors import DatasetError, RecipeError, RunError, StorageError
from neural_art.events import Finished
from neural_art.recipe import Budget
from neural_art.runs import worker
from neural_art.runs.desired import desired_state
from neural_art.runs.listing import Gone, Unreadable
from neural_art.runs.run import Run
from neural_art.runs.status import Status, state_of
from neural_art.runs.studio import Studio


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paintings_folder(tmp_path_factory.mktemp("uploads"))


@pytest.fixture(scope="module")
def trained(uploads: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run, to be copied."""
    run = ask_to_train(prepared_run(tmp_path_factory.mktemp("trained"), uploads), FEW_STEPS)
    assert isinstance(list(worker.train(run))[-1], Finished)
    return run


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """A studio that starts nothing."""
    return Studio(tmp_path / "runs", start=False)


@pytest.fixture
def prepared(studio: Studio, trained: Run) -> Callable[[], str]:
    """Makes runs with paintings."""

    def make() -> str:
        run = studio.create("Blocks")
        shutil.copytree(trained.paths.paintings, run.paths.paintings)
        return run.id

    return make


def copy_run(run: Run, studio: Studio) -> str:
    shutil.copytree(run.folder, studio.root / run.id)
    return run.id


# ---- the queue


def test_runs_wait_in_the_order_of_asking_also_for_the_next_studio(studio: Studio, prepared: Callable[[], str]) -> None:
    ids = [prepared() for _ in range(3)]
    for id in (ids[1], ids[2], ids[0]):
        studio.train(id, TINY, ENDLESS)
    assert [studio.status(id).queue_place for id in ids] == [3, 1, 2]
    studio.pause(ids[1])
    studio.resume(ids[1])  # to the end of the queue
    again = Studio(studio.root, start=False)
    assert [again.status(id).queue_place for id in ids] == [2, 3, 1]
    again.stop(ids[2])
    assert again.status(ids[2]).state == "prepared"
    assert [again.status(id).queue_place for id in ids] == [1, 2, None]


def test_a_waiting_run_takes_a_thread_from_whoever_explores(studio: Studio, prepared: Callable[[], str]) -> None:
    id = prepared()
    explored = Studio(studio.root, start=False, cores=4)
    assert explored.spare_threads == 2
    explored.train(id, TINY, ENDLESS)
    assert explored.spare_threads == 1


def test_of_two_cores_the_browser_has_one(tmp_path: Path) -> None:
    assert Studio(tmp_path, start=False, cores=2).spare_threads == 1


# ---- who may reach what


def test_two_visitors_cannot_reach_each_others_runs(studio: Studio, trained: Run) -> None:
    mine, guess = copy_run(trained, studio), "A" * 22
    attempts: list[Callable[[str], object]] = [
        studio.run,
        studio.status,
        studio.pause,
        studio.resume,
        studio.stop,
        studio.explorer,
        studio.delete,
        lambda id: studio.train(id, TINY, ENDLESS),
        lambda id: studio.train_longer(id, 1),
        lambda id: studio.rename(id, "mine now"),
        lambda id: studio.branch(id, name="mine now"),
        lambda id: list(studio.intake.add_paintings(id, ())),
        lambda id: studio.intake.remove_paintings(id, ["00000.jpg"]),
    ]
    for attempt in attempts:
        with pytest.raises(RunError) as caught:
            attempt(guess)
        assert caught.value.code == "unknown"
    unknown, known, _ = studio.listed([guess, mine, "../" + mine])
    assert isinstance(unknown, Unreadable) and isinstance(known, Status)
    assert len(list(studio.root.glob("*/run.json"))) == 1


# ---- asking for what cannot be


def test_a_run_is_only_asked_for_what_it_can_do(studio: Studio, prepared: Callable[[], str], trained: Run) -> None:
    empty, ready, done = studio.create("empty").id, prepared(), copy_run(trained, studio)
    attempts: list[tuple[Callable[[], object], str]] = [
        (lambda: studio.train(empty, TINY, ENDLESS), "no-paintings"),
        (lambda: studio.explorer(ready), "no-model-yet"),
        (lambda: studio.branch(ready, name="branch"), "no-model-to-branch"),
        (lambda: studio.pause(ready), "cannot-pause"),
        (lambda: studio.resume(ready), "cannot-resume"),
        (lambda: studio.stop(ready), "cannot-stop"),
        (lambda: studio.train_longer(ready, 5), "cannot-train-longer"),
        (lambda: studio.pause(done), "cannot-pause"),
        (lambda: studio.train(done, TINY, ENDLESS), "keeps-paintings"),
    ]
    for attempt, code in attempts:
        with pytest.raises(RunError) as caught:
            attempt()
        assert caught.value.code == code
    with pytest.raises(RecipeError):
        studio.train_longer(done, 500)
    assert studio.status(done).state == "finished"
    with pytest.raises(RunError, match="This run is finished"):
        studio.pause(done)


def test_too_few_paintings_are_not_trained(tmp_path: Path, trained: Run) -> None:
    studio = Studio(tmp_path / "runs", limits=Limits(least=9), start=False)
    run = studio.create("Blocks")
    shutil.copytree(trained.paths.paintings, run.paths.paintings)
    with pytest.raises(DatasetError) as caught:
        studio.train(run.id, TINY, ENDLESS)
    assert (caught.value.code, caught.value.values["count"], caught.value.values["least"]) == ("too-few", 8, 9)
    assert state_of(run) == "prepared"


def test_a_run_whose_paintings_are_being_prepared_is_not_trained(
    studio: Studio, prepared: Callable[[], str], uploads: Path
) -> None:
    id = prepared()
    news = studio.intake.add_paintings(id, uploads)
    next(news)
    with pytest.raises(RunError) as caught:
        studio.train(id, TINY, ENDLESS)
    assert caught.value.code == "being-prepared"
    news.close()  # type: ignore[attr-defined]
    assert studio.status(id).paintings == 8
    studio.train(id, TINY, Budget.requested(3))
    assert (studio.status(id).minutes, studio.run(id).recipe) == (3, TINY)


def test_a_finished_run_is_trained_longer_by_what_it_used_and_more(studio: Studio, trained: Run) -> None:
    id = copy_run(trained, studio)
    used = studio.status(id).seconds
    studio.train_longer(id, 5)
    status = studio.status(id)
    assert (status.state, status.queue_place) == ("waiting", 1)
    assert status.minutes == pytest.approx(used / 60 + 5)
    assert status.progress < 0.2


def test_minutes_stay_round_for_a_run_that_used_its_budget(studio: Studio, trained: Run) -> None:
    run = studio.run(copy_run(trained, studio))
    used = studio.status(run.id).seconds / 60
    desired = desired_state(run)
    assert desired is not None
    budget = 1.05 * used
    run.paths.desired_state.write_text(
        f'{{"state": "training", "minutes": {budget}, "asked": {desired.asked}, "after": {desired.after}}}'
    )
    studio.train_longer(run.id, 5)
    assert studio.status(run.id).minutes == budget + 5


def test_a_run_that_cannot_go_on_is_not_trained_longer(studio: Studio, trained: Run) -> None:
    id = copy_run(trained, studio)
    studio.run(id).paths.training_state.unlink()
    with pytest.raises(RunError) as caught:
        studio.train_longer(id, 5)
    assert caught.value.code == "nothing-to-resume"


def test_a_branch_shares_nothing_with_its_parent(studio: Studio, trained: Run, uploads: Path) -> None:
    parent = copy_run(trained, studio)
    run = studio.branch(parent, name="Second")
    other = studio.branch(parent, name="Third", uploads=())
    third = studio.branch(parent, name="Fourth", uploads=uploads)
    weights = studio.run(parent).paths.checkpoint.read_bytes()
    studio.delete(parent)
    assert (run.info.name, run.info.parent, state_of(run)) == ("Second", parent, "prepared")
    assert run.paths.base.read_bytes() == weights
    assert [studio.status(each.id).paintings for each in (run, other, third)] == [8, 0, 8]
    list(studio.intake.add_paintings(other.id, uploads))
    studio.train(other.id, TINY, ENDLESS)


def test_a_branch_that_fails_leaves_no_run_behind(studio: Studio, trained: Run, tmp_path: Path) -> None:
    parent = copy_run(trained, studio)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError):
        studio.branch(parent, name="Second", uploads=tmp_path / "empty")
    assert [path.name for path in studio.root.iterdir() if path.is_dir()] == [parent]


def test_the_studio_goes_on_where_the_disk_refuses(studio: Studio, prepared: Callable[[], str], tmp_path: Path) -> None:
    id = prepared()
    studio.run(id).paths.recipe.mkdir()
    with pytest.raises(StorageError):
        studio.train(id, TINY, ENDLESS)
    (tmp_path / "file").write_text("in place of a folder")
    with pytest.raises(StorageError):
        Studio(tmp_path / "file" / "runs", start=False)


# ---- keeping


def test_runs_that_nobody_uses_are_removed_unless_they_wait(studio: Studio, prepared: Callable[[], str]) -> None:
    old, waiting, fresh = (prepared() for _ in range(3))
    studio.train(waiting, TINY, ENDLESS)
    for id in (old, waiting):
        for path in (studio.root / id).rglob("*"):
            os.utime(path, (1, 1))
    Studio(studio.root, start=False)  # keeps for ever
    assert not any(isinstance(each, Gone) for each in studio.listed([old, waiting, fresh]))
    Studio(studio.root, keep_hours=24, start=False)
    assert [isinstance(each, Gone) for each in studio.listed([old, waiting, fresh])] == [True, False, False]


def test_a_run_can_be_deleted_whatever_is_damaged_in_it(studio: Studio, prepared: Callable[[], str]) -> None:
    id = prepared()
    for path in (studio.root / id).glob("*.json"):
        path.write_text("{")
    studio.delete(id)
    assert not (studio.root / id).exists()
