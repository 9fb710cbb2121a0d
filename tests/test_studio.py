from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from neural_art.dataset import prepare as paintings
from neural_art.dataset.prepare import Progress, Report
from neural_art.errors import PaintingError, RecipeError, RunError
from neural_art.events import Finished
from neural_art.recipe import Recipe
from neural_art.runs import worker
from neural_art.runs.folder import Run
from neural_art.runs.studio import Studio

ENDLESS = Recipe(name="sketch", steps=10_000, batch=2, threads=1, precision="float32")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight small paintings, as a person would bring them."""
    folder = tmp_path_factory.mktemp("brought")
    chance = np.random.default_rng(0)
    for number in range(8):
        blocks = np.kron(chance.integers(0, 255, (8, 12, 3)), np.ones((8, 8, 1)))
        Image.fromarray(blocks.astype(np.uint8)).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run, to be copied."""
    run = Run.create(tmp_path_factory.mktemp("trained"), "Blocks")
    for _ in paintings.prepare(pictures, run.paintings_folder):
        pass
    run.set_recipe(Recipe(name="sketch", steps=2, batch=2, threads=1, precision="float32"))
    run.set_wish("train")
    assert isinstance(list(worker.train(run))[-1], Finished)
    return run


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A studio at work."""
    with_thread = Studio(tmp_path / "runs")
    yield with_thread
    with_thread.close(workers=True)


@pytest.fixture
def quiet(tmp_path: Path) -> Studio:
    """A studio that starts nothing."""
    return Studio(tmp_path / "runs", start=False)


def brought(studio: Studio, pictures: Path) -> str:
    run, *_, report = studio.bring(None, pictures)
    assert isinstance(run, Run)
    assert isinstance(report, Report)
    return run.id


def copied(run: Run, studio: Studio) -> str:
    shutil.copytree(run.folder, studio.root / run.id)
    return run.id


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def worker_of(studio: Studio, id: str) -> psutil.Process:
    until(lambda: studio.run(id).worker())
    found = studio.run(id).worker()
    assert found is not None
    return found


# ---- the life of a training


def test_a_killed_training_goes_on_by_itself_from_what_was_saved(studio: Studio, trained: Run) -> None:
    id = copied(trained, studio)
    studio.longer(id, 60)
    run = studio.run(id)

    def starts() -> list[tuple[bool, int]]:
        return [(event["resumed"], event["step"]) for event in run.events() if event["event"] == "started"]

    until(lambda: len(starts()) == 2)
    process = worker_of(studio, id)
    assert process.nice() == min(19, psutil.Process().nice() + 10)
    assert os.getsid(process.pid) == process.pid
    process.kill()
    until(lambda: len(starts()) == 3)
    assert starts()[1:] == [(True, 2), (True, 2)]
    until(lambda: studio.status(id).step > 2)

    studio.pause(id)
    until(lambda: studio.status(id).state == "paused")
    assert run.saved_step == studio.status(id).step > 2
    studio.stop(id)
    assert studio.status(id).state == "finished"
    assert run.events()[-1]["early"]


def test_a_worker_outlives_its_studio_and_is_found_by_the_next(tmp_path: Path, pictures: Path) -> None:
    first = Studio(tmp_path / "runs")
    id, other = brought(first, pictures), brought(first, pictures)
    first.train(id, ENDLESS)
    first.train(other, ENDLESS)
    process = worker_of(first, id)
    first.close()
    second = Studio(tmp_path / "runs")
    try:
        until(lambda: second.status(other).queue_place == 1)
        time.sleep(1)
        assert process.is_running()
        assert worker_of(second, id).pid == process.pid
        assert not second.run(other).alive()
        second.delete(id)
        assert not psutil.pid_exists(process.pid) or process.status() == psutil.STATUS_ZOMBIE
        assert [path.name for path in second.root.iterdir() if path.is_dir()] == [other]
        until(lambda: second.run(other).alive())
    finally:
        second.close(workers=True)


def test_two_studios_on_one_folder_start_one_worker(tmp_path: Path, pictures: Path) -> None:
    studios = [Studio(tmp_path / "runs") for _ in range(2)]
    try:
        ids = [brought(studios[0], pictures) for _ in range(2)]
        for id in ids:
            studios[0].train(id, ENDLESS)
            studios[1].resume(id)  # changes nothing, and makes it look at once
        until(lambda: studios[0].run(ids[0]).alive())
        time.sleep(1)
        assert sum(len(studio._workers) for studio in studios) == 1
        assert not studios[0].run(ids[1]).alive()
    finally:
        for studio in studios:
            studio.close(workers=True)


def test_a_worker_that_dies_again_and_again_is_given_up_in_words(studio: Studio, pictures: Path) -> None:
    id = brought(studio, pictures)
    studio.train(id, ENDLESS)
    killed = set()

    def kill() -> bool:
        process = studio.run(id).worker()
        if process is not None and process.pid not in killed:
            killed.add(process.pid)
            process.kill()
        return studio.status(id).state == "failed"

    until(kill)
    assert len(killed) == 4
    assert "memory ran out" in (studio.status(id).reason or "")
    studio.resume(id)  # a person may always try again
    until(lambda: studio.run(id).alive())


def test_what_cannot_be_started_is_told_and_does_not_hold_up_the_others(studio: Studio, pictures: Path) -> None:
    broken, sound = brought(studio, pictures), brought(studio, pictures)
    studio.run(broken).log.mkdir()
    studio.train(broken, ENDLESS)
    studio.train(sound, ENDLESS)
    until(lambda: studio.status(broken).state == "failed")
    assert "worker.log cannot be used" in (studio.status(broken).reason or "")
    until(lambda: studio.run(sound).alive())


def test_a_damaged_run_does_not_hold_up_the_others(studio: Studio, pictures: Path) -> None:
    damaged, sound = brought(studio, pictures), brought(studio, pictures)
    (studio.root / damaged / "wish.json").write_text('{"wish": "train", "surprise": 1}')
    studio._survey()
    studio.train(sound, ENDLESS)
    until(lambda: studio.run(sound).alive())
    assert [status.id for status in studio.statuses([damaged, sound])] == [sound]
    with pytest.raises(RunError, match=r"wish.json of this run is damaged"):
        studio.status(damaged)


# ---- the line


def test_runs_wait_in_the_order_of_asking_also_for_the_next_studio(quiet: Studio, pictures: Path) -> None:
    ids = [brought(quiet, pictures) for _ in range(3)]
    for id in (ids[1], ids[2], ids[0]):
        quiet.train(id, ENDLESS)
    assert [quiet.status(id).queue_place for id in ids] == [3, 1, 2]
    quiet.pause(ids[1])
    quiet.resume(ids[1])  # to the end of the line
    again = Studio(quiet.root, start=False)
    assert [again.status(id).queue_place for id in ids] == [2, 3, 1]
    again.stop(ids[2])
    assert again.status(ids[2]).state == "prepared"
    assert [again.status(id).queue_place for id in ids] == [1, 2, None]


def test_a_setting_lets_two_be_trained_at_once(tmp_path: Path, pictures: Path) -> None:
    studio = Studio(tmp_path / "runs", at_once=2)
    try:
        ids = [brought(studio, pictures) for _ in range(3)]
        for id in ids:
            studio.train(id, ENDLESS)
        until(lambda: [studio.run(id).alive() for id in ids] == [True, True, False])
        assert studio.status(ids[2]).queue_place == 1
        studio.delete(ids[0])
        until(lambda: studio.run(ids[2]).alive())
    finally:
        studio.close(workers=True)


# ---- who may reach what


@pytest.mark.parametrize(
    "id",
    ["", ".", "..", "../runs", "a" * 15, "a" * 65, "x/../" + "a" * 20, "é" * 20, "a" * 20 + "\n", None, 7, ["a" * 20]],
)
def test_what_is_not_an_id_reaches_nothing(quiet: Studio, id: str) -> None:
    with pytest.raises(RunError, match="no such run"):
        quiet.run(id)


def test_a_link_is_not_a_run(quiet: Studio, trained: Run) -> None:
    (quiet.root / ("l" * 22)).symlink_to(trained.folder)
    with pytest.raises(RunError, match="no such run"):
        quiet.run("l" * 22)


def test_two_visitors_cannot_reach_each_others_runs(quiet: Studio, trained: Run) -> None:
    mine, guess = copied(trained, quiet), "A" * 22
    attempts: list[Callable[[str], object]] = [
        quiet.status,
        quiet.pause,
        quiet.stop,
        quiet.explorer,
        quiet.delete,
        lambda id: quiet.longer(id, 1),
        lambda id: quiet.rename(id, "mine now"),
        lambda id: quiet.branch(id, name="mine now"),
        lambda id: list(quiet.bring(id, ())),
        lambda id: quiet.drop(id, ["00000.jpg"]),
    ]
    for attempt in attempts:
        with pytest.raises(RunError, match="no such run"):
            attempt(guess)
    assert [status.name for status in quiet.statuses([guess, mine, "../" + mine])] == ["Blocks"]
    assert len(list(quiet.root.glob("*/run.json"))) == 1


# ---- bringing


def test_bringing_makes_a_run_and_reports_at_last(quiet: Studio, pictures: Path) -> None:
    run, *progress, report = quiet.bring(None, pictures, fit="crop")
    assert isinstance(run, Run)
    assert all(isinstance(news, Progress) for news in progress)
    assert isinstance(report, Report)
    assert (len(report.paintings), report.fit, run.aspect) == (8, "crop", 1)
    assert quiet.refit(run.id, "squeeze").aspect == pytest.approx(1.5)
    assert quiet.run(run.id).aspect == pytest.approx(1.5)
    quiet.clear(run.id)
    assert quiet.status(run.id).state == "empty"


def test_too_few_paintings_leave_no_run_behind(quiet: Studio, pictures: Path) -> None:
    few = [(path.name, path) for path in sorted(pictures.iterdir())[:3]]
    with pytest.raises(PaintingError, match="too few") as caught:
        list(quiet.bring(None, few))
    assert len(caught.value.report.paintings) == 3  # type: ignore[attr-defined]
    assert list(quiet.root.glob("*/run.json")) == []


def test_bringing_that_is_broken_off_leaves_what_was_there(quiet: Studio, pictures: Path) -> None:
    id = brought(quiet, pictures)
    news = quiet.bring(id, pictures)
    next(news)
    with pytest.raises(RunError, match="being prepared"):
        quiet.train(id, ENDLESS)
    news.close()  # type: ignore[attr-defined]
    assert quiet.status(id).paintings == 8
    quiet.train(id, ENDLESS)


def test_sample_paintings_are_brought_with_their_classes(quiet: Studio) -> None:
    run, *_, report = quiet.bring_samples(None, count=8)
    assert isinstance(report, Report)
    assert report.kinds == {"landscapes": 4, "still-lifes": 4}
    assert isinstance(run, Run)
    assert sorted(path.name for path in run.folder.iterdir()) == ["paintings", "run.json"]


# ---- asking for what cannot be


def test_a_run_is_only_asked_for_what_it_can_do(quiet: Studio, pictures: Path, trained: Run) -> None:
    empty, prepared, done = quiet.create("empty").id, brought(quiet, pictures), copied(trained, quiet)
    with pytest.raises(RunError, match="no paintings"):
        quiet.train(empty, ENDLESS)
    with pytest.raises(RunError, match="no model yet"):
        quiet.explorer(prepared)
    with pytest.raises(RunError, match="no model yet"):
        quiet.branch(prepared, name="branch")
    with pytest.raises(RunError, match="prepared"):
        quiet.pause(prepared)
    with pytest.raises(RunError, match="prepared"):
        quiet.longer(prepared, 5)
    with pytest.raises(RunError, match="finished"):
        quiet.train(done, ENDLESS)
    with pytest.raises(RunError, match="finished"):
        list(quiet.bring(done, pictures))
    with pytest.raises(RecipeError, match="500 minutes"):
        quiet.longer(done, 500)
    assert quiet.status(done).state == "finished"


def test_a_finished_run_is_trained_longer_by_what_it_used_and_more(quiet: Studio, trained: Run) -> None:
    id = copied(trained, quiet)
    used = quiet.status(id).seconds
    quiet.longer(id, 5)
    status = quiet.status(id)
    assert (status.state, status.queue_place) == ("waiting", 1)
    assert status.minutes == pytest.approx(used / 60 + 5)
    assert status.progress < 0.2


def test_a_branch_shares_nothing_with_its_parent(quiet: Studio, trained: Run, pictures: Path) -> None:
    parent = copied(trained, quiet)
    run = quiet.branch(parent, name="Second")
    other = quiet.branch(parent, name="Third", brought=())
    weights = quiet.run(parent).checkpoint.read_bytes()
    quiet.delete(parent)
    assert (run.info.name, run.info.parent, run.state) == ("Second", parent, "prepared")
    assert run.base.read_bytes() == weights
    assert quiet.status(run.id).paintings == 8
    assert other.state == "empty"
    list(quiet.bring(other.id, pictures))
    quiet.train(other.id, ENDLESS)


def test_the_page_lives_where_the_disk_refuses(quiet: Studio, pictures: Path, tmp_path: Path) -> None:
    id = brought(quiet, pictures)
    (quiet.root / id / "wish.json").mkdir()
    with pytest.raises(RunError, match="cannot be"):
        quiet.train(id, ENDLESS)
    (tmp_path / "file").write_text("in place of a folder")
    with pytest.raises(RunError, match="cannot be"):
        Studio(tmp_path / "file" / "runs", start=False)


# ---- keeping


def test_runs_that_nobody_uses_are_removed_unless_they_wait(tmp_path: Path, pictures: Path) -> None:
    quiet = Studio(tmp_path / "runs", start=False)
    old, waiting, fresh = (brought(quiet, pictures) for _ in range(3))
    quiet.train(waiting, ENDLESS)
    for id in (old, waiting):
        for path in (quiet.root / id).rglob("*"):
            os.utime(path, (1, 1))
    Studio(quiet.root, start=False)  # keeps for ever
    assert [status.id for status in quiet.statuses([old, waiting, fresh])] == [old, waiting, fresh]
    Studio(quiet.root, keep_hours=24, start=False)
    assert [status.id for status in quiet.statuses([old, waiting, fresh])] == [waiting, fresh]


def test_the_explorer_of_a_run_is_kept_until_there_is_a_newer_model(quiet: Studio, trained: Run) -> None:
    id = copied(trained, quiet)
    first = quiet.explorer(id)
    assert quiet.explorer(id) is first
    quiet.run(id).checkpoint.touch()
    until(lambda: quiet.explorer(id) is not first)
