from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PIL import Image
from run_makers import finished, paintings_folder, prepared_run, sampled, saved, stepped

from neural_art.errors import CheckpointError
from neural_art.events import Event
from neural_art.runs.journal import Journal
from neural_art.runs.recorder import BackgroundRecorder, Recorder
from neural_art.runs.run import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return prepared_run(tmp_path / "runs", paintings_folder(tmp_path / "paintings"))


def test_sample_grid_and_thumbnail_have_the_shape_of_the_paintings(run: Run) -> None:
    Recorder(run).record(sampled(7))
    with Image.open(Journal(run).sample_grids()[0]) as grid, Image.open(run.paths.thumbnail) as thumbnail:
        assert thumbnail.width / thumbnail.height == pytest.approx(1.5, rel=0.03)
        assert grid.width * grid.height == 6 * thumbnail.width * thumbnail.height
        assert grid.getpixel((grid.width - 1, grid.height - 1)) == pytest.approx((200, 200, 200), abs=3)


def test_sample_grids_are_in_the_order_of_their_steps(run: Run) -> None:
    recorder = Recorder(run)
    for step in (100_000, 99_999, 3):
        recorder.record(sampled(step))
    assert [int(grid.stem) for grid in Journal(run).sample_grids()] == [3, 99_999, 100_000]


def test_what_was_saved_comes_back_whole(run: Run) -> None:
    recorder = Recorder(run)
    assert recorder.saved_training() is None
    recorder.record(saved(3))
    recorder.record(saved(4))
    again = recorder.saved_training()
    assert again is not None
    tensors, state = again
    assert state == {"step": 4}
    assert tensors["weight"].tolist() == [4, 4, 4]
    assert Journal(run).saved_step == 4


def test_a_damaged_training_is_named(run: Run) -> None:
    run.paths.training_state.write_bytes(b"nonsense")
    with pytest.raises(CheckpointError) as caught:
        Recorder(run).saved_training()
    assert caught.value.values["name"] == "training.safetensors"


def test_no_line_reports_what_could_not_be_written(run: Run) -> None:
    recorder = Recorder(run)
    run.paths.sample_grids.write_text("a file in place of the folder")
    run.paths.training_state.mkdir()
    for event in (sampled(1), saved(1)):
        with pytest.raises(OSError, match=r"exists|directory"):
            recorder.record(event)
    recorder.record(stepped(2))
    assert [event["step"] for event in Journal(run).events()] == [2]


def test_tidying_removes_only_what_a_kill_left(run: Run) -> None:
    recorder = Recorder(run)
    recorder.record(sampled(1))
    before = sorted(run.folder.rglob("*"))
    for name in (".run.json.ab12.part", "samples/.00001.webp.ab12.part", ".training.safetensors.ab12.part"):
        (run.folder / name).write_text("{")
    (run.folder / ".samples.ab12.part").mkdir()
    recorder.tidy()
    assert sorted(run.folder.rglob("*")) == before


# ---- in the background


class Stuck(Recorder):
    """A recorder on a disk that writes nothing until it is told to ``go_on``."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.go_on = threading.Event()
        self.writing = threading.Event()

    def record(self, event: Event) -> None:
        self.writing.set()
        assert self.go_on.wait(30)
        super().record(event)


def steps(run: Run) -> list[tuple[str, int]]:
    return [(event["event"], event["step"]) for event in Journal(run).events()]


def test_a_training_does_not_wait_for_the_disk_and_nothing_is_lost_or_out_of_order(run: Run) -> None:
    stuck = Stuck(run)
    with BackgroundRecorder(stuck) as recorder:
        for event in (sampled(1), saved(2), sampled(3), stepped(4)):
            recorder.record(event)
        assert steps(run) == []
        stuck.go_on.set()
    assert steps(run) == [("sampled", 1), ("saved", 2), ("sampled", 3), ("stepped", 4)]
    assert len(Journal(run).sample_grids()) == 2


def test_no_more_is_kept_in_memory_than_one_save(run: Run) -> None:
    stuck, second = Stuck(run), threading.Event()
    with BackgroundRecorder(stuck) as recorder:

        def record() -> None:
            recorder.record(saved(1))
            recorder.record(saved(2))
            second.set()

        thread = threading.Thread(target=record)
        thread.start()
        assert stuck.writing.wait(30)
        assert not second.wait(0.2)
        stuck.go_on.set()
        thread.join()
    assert Journal(run).saved_step == 2


def test_an_end_is_written_when_it_is_told(run: Run) -> None:
    with BackgroundRecorder(Recorder(run)) as recorder:
        recorder.record(saved(1))
        recorder.record(finished(1))
        assert steps(run) == [("saved", 1), ("finished", 1)]


def test_what_the_disk_refuses_is_raised_and_what_follows_is_not_written(run: Run) -> None:
    run.paths.sample_grids.write_text("a file in place of the folder")
    stuck = Stuck(run)
    recorder = BackgroundRecorder(stuck)
    recorder.record(sampled(1))
    recorder.record(stepped(2))
    stuck.go_on.set()
    with pytest.raises(OSError, match="exists"):
        recorder.flush()
    recorder.record(stepped(3))
    recorder.close()
    assert steps(run) == [("stepped", 3)]
