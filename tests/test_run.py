from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from neural_art.dataset import prepare as paintings
from neural_art.errors import CheckpointError, RunError
from neural_art.events import Failed, Finished, Paused, RolledBack, Sampled, Saved, Started, Stepped
from neural_art.recipe import Recipe
from neural_art.runs.folder import Run, in_words


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "runs", "Sisley")


@pytest.fixture
def prepared(run: Run, tmp_path: Path) -> Run:
    chance = np.random.default_rng(0)
    (tmp_path / "brought").mkdir()
    for number in range(8):
        blocks = np.kron(chance.integers(0, 255, (8, 12, 3)), np.ones((8, 8, 1)))
        Image.fromarray(blocks.astype(np.uint8)).save(tmp_path / "brought" / f"{number}.png")
    for _ in paintings.prepare(tmp_path / "brought", run.paintings_folder):
        pass
    return run


def started(step: int = 0, *, resumed: bool = False) -> Started:
    return Started(
        step=step,
        seconds=step,
        paintings=8,
        resumed=resumed,
        base="none",
        precision="float32",
        threads=1,
        batch=4,
        budget=300,
    )


def stepped(step: int, closeness: float = 0.5) -> Stepped:
    losses = {"painted": 0.25, "discriminator_loss": 1.0, "generator_loss": 1.0}
    return Stepped(
        step=step,
        seconds=step,
        progress=step / 100,
        closeness=closeness,
        pictures_per_second=30,
        seconds_left=9,
        **losses,
    )


def sampled(step: int, number: int = 0, count: int = 24) -> Sampled:
    return Sampled(step=step, seconds=step, number=number, pictures=np.full((count, 64, 64, 3), 200, np.uint8))


def saved(step: int) -> Saved:
    weights = {"weight": torch.full((3,), float(step))}
    return Saved(
        step=step, seconds=step, checkpoint=weights, training=weights, settings={"size": 64}, state={"step": step}
    )


def finished(step: int) -> Finished:
    return Finished(step=step, seconds=step, early=False, pictures_per_second=30)


def test_ids_are_long_and_never_the_same(tmp_path: Path) -> None:
    ids = {Run.create(tmp_path, "the same name").id for _ in range(20)}
    assert len(ids) == 20
    assert min(map(len, ids)) >= 20


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run"):
        Run.open(tmp_path)


def test_a_run_is_not_made_where_there_is_one(run: Run) -> None:
    with pytest.raises(RunError, match="holds a run already"):
        Run.at(run.folder, "another")


def test_a_name_is_one_line_of_text_and_not_empty(run: Run) -> None:
    run.rename(" Le\npont\t${x} <b>桥</b> " + "e" * 200)
    assert run.info.name.startswith("Le pont ${x} <b>桥</b> eee")
    assert len(run.info.name) <= 100
    with pytest.raises(RunError, match="needs a name"):
        run.rename("\n\t ")
    assert Run.open(run.folder).info.name.startswith("Le pont")


def test_the_state_follows_paintings_wish_lock_and_events(prepared: Run, tmp_path: Path) -> None:
    assert Run.create(tmp_path, "new").state == "empty"
    run = prepared
    assert run.state == "prepared"
    run.set_wish("train")
    assert run.state == "waiting"
    with run.lock():
        run.record(started())
        assert run.state == "training"
        run.set_wish("pause")
        assert (run.status().state, run.status().wish) == ("training", "pause")
        run.record(Paused(step=1, seconds=1))
    assert run.state == "paused"
    run.set_wish("train")
    assert run.state == "waiting"
    with run.lock():
        run.record(finished(2))
        assert run.state == "finished"  # the worker is on its way out
    run.set_wish("train", minutes=10)
    assert run.state == "waiting"
    run.record(Failed(step=2, seconds=2, reason="The disk is full."))
    assert (run.state, run.status().reason) == ("failed", "The disk is full.")


def test_a_finish_answers_a_pause_that_came_too_late(prepared: Run) -> None:
    prepared.set_wish("train")
    prepared.set_wish("pause")
    prepared.record(finished(5))
    assert prepared.state == "finished"


def test_asking_to_train_twice_keeps_the_place_in_the_line(run: Run) -> None:
    first = run.set_wish("train", minutes=7)
    assert run.set_wish("train").asked == first.asked
    run.set_wish("pause")
    again = run.set_wish("train")
    assert again.asked > first.asked
    assert again.minutes == 7


def test_a_status_tells_all_that_a_page_shows(prepared: Run) -> None:
    prepared.set_recipe(Recipe(name="sketch", minutes=5))
    prepared.set_wish("train")
    for event in (started(), sampled(0), stepped(40), saved(40), sampled(40, 1)):
        prepared.record(event)
    status = prepared.status()
    assert (status.name, status.paintings, status.size, status.recipe) == ("Sisley", 8, 64, "sketch")
    assert (status.step, status.progress, status.closeness, status.seconds_left) == (40, 0.4, 0.5, 9)
    assert (status.wall_number, status.walls, status.can_explore) == (1, 2, True)
    assert status.wall is not None
    assert status.thumbnail is not None
    json.dumps(status.to_json())


def test_walls_and_thumbnail_have_the_shape_of_the_paintings(prepared: Run) -> None:
    prepared.record(sampled(7))
    with Image.open(prepared.walls()[0]) as wall, Image.open(prepared.thumbnail) as thumbnail:
        assert thumbnail.width / thumbnail.height == pytest.approx(1.5, rel=0.03)
        assert wall.width * wall.height == 6 * thumbnail.width * thumbnail.height
        assert wall.getpixel((wall.width - 1, wall.height - 1)) == pytest.approx((200, 200, 200), abs=3)


def test_walls_are_in_order_of_their_steps(prepared: Run) -> None:
    for step in (100_000, 99_999, 3):
        prepared.record(sampled(step))
    assert [int(wall.stem) for wall in prepared.walls()] == [3, 99_999, 100_000]


def test_a_torn_last_line_is_passed_over_and_repaired(run: Run) -> None:
    events = run.folder / "events.jsonl"
    run.record(stepped(1))
    with events.open("ab") as file:
        file.write(b'{"event": "stepped", "step": 2, "seco')
    assert [event["step"] for event in run.events()] == [1]
    assert run.standing == (1, 1.0)
    run.record(stepped(3))
    assert [event["step"] for event in run.events()] == [1, 3]
    assert run.standing == (3, 3.0)
    assert all(json.loads(line) for line in events.read_text().splitlines())


def test_lines_of_nothing_after_a_power_cut_are_passed_over(run: Run) -> None:
    run.record(stepped(1))
    with (run.folder / "events.jsonl").open("ab") as file:
        file.write(b"\0" * 50 + b"\n[1, 2]\n")
    run.record(stepped(2))
    assert [event["step"] for event in run.events()] == [1, 2]
    assert run.series().seconds == (1.0, 2.0)


def test_events_are_read_from_a_number_on(run: Run) -> None:
    for step in range(5):
        run.record(stepped(step))
    assert [event["step"] for event in run.events(3)] == [3, 4]
    assert run.events(9) == []


def test_what_is_not_a_number_is_written_as_null(run: Run) -> None:
    run.record(stepped(1, closeness=float("nan")))
    run.record(stepped(2))
    assert run.events()[0]["closeness"] is None
    assert run.series().seconds == (2.0,)


def test_a_resumed_start_takes_back_the_steps_that_were_lost(prepared: Run) -> None:
    for event in (started(), sampled(0), stepped(5), saved(5), sampled(6, 1), stepped(7), sampled(8, 2)):
        prepared.record(event)
    assert prepared.series().seconds == (5.0, 7.0)
    prepared.record(started(5, resumed=True))
    assert prepared.series().seconds == (5.0,)
    assert [int(wall.stem) for wall in prepared.walls()] == [0]
    assert (prepared.status().step, prepared.status().walls) == (5, 1)


def test_series_are_thinned_to_means_and_keep_their_ends(run: Run) -> None:
    for step in range(1000):
        run.record(stepped(step, closeness=step / 1000))
    series = run.series(most=100)
    assert [len(column) for column in vars(series).values()] == [100] * 4
    assert series.seconds[0] == pytest.approx(4.5)
    assert series.seconds[-1] == pytest.approx(994.5)
    assert sum(series.closeness) / 100 == pytest.approx(0.4995)
    assert len(run.series(most=5000).seconds) == 1000


def test_what_was_saved_comes_back_whole(run: Run) -> None:
    assert run.saved() is None
    run.record(saved(3))
    run.record(saved(4))
    again = run.saved()
    assert again is not None
    tensors, state = again
    assert state == {"step": 4}
    assert tensors["weight"].tolist() == [4, 4, 4]
    assert run.saved_step == 4


def test_a_damaged_training_is_named(run: Run) -> None:
    run.training.write_bytes(b"nonsense")
    with pytest.raises(CheckpointError, match=r"training\.safetensors is damaged"):
        run.saved()


def test_only_one_worker_holds_a_run(run: Run) -> None:
    assert not run.alive()
    with run.lock():
        assert run.alive()
        assert run.worker() is not None
        assert run.worker().pid == os.getpid()  # type: ignore[union-attr]
        with pytest.raises(RunError, match="trained already"):
            run.take_lock()
    assert not run.alive()
    assert run.worker() is None


def test_a_lock_passed_to_a_child_is_the_childs_and_ends_with_it(run: Run) -> None:
    lock = run.take_lock()
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[lock]) as child:
        os.close(lock)
        assert run.alive()
        child.kill()
    assert not run.alive()


def test_a_deleted_run_leaves_nothing(prepared: Run) -> None:
    prepared.record(sampled(1))
    with prepared.lock(), pytest.raises(RunError, match="being trained"):
        prepared.delete()
    prepared.delete()
    assert list(prepared.folder.parent.iterdir()) == []
    with pytest.raises(RunError, match="deleted"):
        prepared.status()


def test_a_full_disk_is_said_in_words(run: Run) -> None:
    (run.folder / "events.jsonl").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        run.record(stepped(1))
    assert in_words(caught.value).startswith("The disk is full.")


def test_words_about_the_disk_never_tell_where_things_lie() -> None:
    for number in (errno.EACCES, errno.EROFS, errno.EIO, errno.ENOENT):
        assert "/secret" not in in_words(OSError(number, os.strerror(number), "/secret/place/wish.json"))


def test_a_write_that_fails_leaves_the_file_and_no_litter(run: Run) -> None:
    before = (run.folder / "run.json").read_bytes()
    with pytest.raises(TypeError):
        run.set_favourites([{"latent": object()}])
    (run.folder / "wish.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        run.set_wish("train")
    assert sorted(path.name for path in run.folder.iterdir()) == ["run.json", "wish.json"]
    assert (run.folder / "run.json").read_bytes() == before


def test_favourites_and_recipe_come_back_as_they_were(run: Run) -> None:
    assert (run.favourites(), run.recipe) == ([], None)
    run.set_favourites([{"seed": 1, "amounts": [0.5]}, {"seed": 2}])
    run.set_recipe(Recipe(name="sketch", minutes=3, seed=9))
    assert run.favourites() == [{"seed": 1, "amounts": [0.5]}, {"seed": 2}]
    assert run.recipe == Recipe(name="sketch", minutes=3, seed=9)
    with pytest.raises(RunError, match="too many"):
        run.set_favourites([{}] * 1001)


def test_a_roll_back_is_told(run: Run) -> None:
    run.record(started())
    run.record(RolledBack(step=1, seconds=1, reason="A loss was not a number.", rate=0.5))
    assert run.status().notice == "A loss was not a number."


def test_tidying_removes_only_what_a_kill_left(prepared: Run) -> None:
    prepared.record(sampled(1))
    before = sorted(prepared.folder.rglob("*"))
    (prepared.folder / ".run.json.ab12.part").write_text("{")
    (prepared.folder / "training.safetensors.partial").write_text("x")
    (prepared.folder / "samples" / ".00001.webp.ab12.part").write_text("x")
    (prepared.folder / ".easel.ab12.part").mkdir()
    prepared.tidy()
    assert sorted(prepared.folder.rglob("*")) == before
