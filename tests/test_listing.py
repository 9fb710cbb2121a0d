"""Runs that are damaged, of another version, in another place: listed all the same, until they are surely gone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from page_server import write_paintings, write_untrained
from PIL import Image
from run_makers import paintings_folder, prepared_run

from neural_art.dataset.prepare import TooFewPaintings
from neural_art.errors import CheckpointError, RunError
from neural_art.runs.journal import Journal
from neural_art.runs.listing import Gone, Unreadable, list_folder
from neural_art.runs.run import Run
from neural_art.runs.status import Status
from neural_art.runs.studio import Studio

Damage = Callable[[Run], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Run:
    """A run with twelve paintings in two classes, to be copied."""
    root = tmp_path_factory.mktemp("made")
    return prepared_run(root, write_paintings(root / "hills", drawn_paintings), "Hills 丘")


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """A studio that starts nothing."""
    return Studio(tmp_path / "runs", start=False)


@pytest.fixture
def run(studio: Studio, made: Run) -> Run:
    shutil.copytree(made.folder, studio.root / made.id)
    return studio.run(made.id)


def edit(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def cut(path: Path) -> None:
    """Leaves nine tenths of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 9 // 10])


DAMAGES: dict[str, tuple[Damage, str]] = {
    "of a version to come": (lambda run: edit(run.paths.info, version=9), "run.other-version"),
    "run.json torn": (lambda run: cut(run.paths.info), "storage.damaged"),
    "run.json empty": (lambda run: run.paths.info.write_bytes(b""), "storage.damaged"),
    "run.json not there": (lambda run: run.paths.info.unlink(), "storage.gone"),
    "report torn": (lambda run: cut(run.paths.report), "dataset.damaged-report"),
    "report of another format": (lambda run: edit(run.paths.report, aspect="wide"), "dataset.damaged-report"),
    "recipe of a version to come": (lambda run: run.paths.recipe.write_text('{"wings": 2}'), "recipe.unknown-setting"),
    "an event without its values": (
        lambda run: run.paths.events.write_text('{"event": "stepped", "step": 1, "seconds": 1}\n'),
        "storage.damaged",
    ),
}


@pytest.mark.parametrize(("damage", "code"), DAMAGES.values(), ids=DAMAGES)
def test_a_run_that_cannot_be_read_is_listed_and_its_paintings_can_be_trained_again(
    studio: Studio, run: Run, damage: Damage, code: str
) -> None:
    damage(run)
    sound = studio.create("Sound")
    listed, other = studio.listed([run.id, sound.id])
    assert isinstance(other, Status)
    assert isinstance(listed, Unreadable)
    assert (listed.id, listed.reason.code, listed.paintings, listed.can_train_again) == (run.id, code, 12, True)
    if run.paths.info.exists() and run.paths.info.stat().st_size:
        assert listed.name == "Hills 丘"
    again = studio.copy_paintings(run.id)
    assert again.info.name == listed.name or listed.name is None
    assert not again.paths.checkpoint.exists()
    assert studio.status(again.id).state == "prepared"
    report = again.report
    assert report is not None
    if code != "dataset.damaged-report":
        before = Run(run.folder).report
        assert before is not None
        assert report == before
    assert len(report.paintings) == 12
    assert report.class_counts["dawn"] >= 5
    studio.delete(run.id)
    assert studio.listed([run.id]) == [Gone(id=run.id)]


def test_a_painting_that_is_damaged_is_left_out_of_a_copy(studio: Studio, run: Run) -> None:
    cut(run.paths.paintings / "00003.jpg")
    (run.paths.paintings / "00004.jpg").unlink()
    report = studio.copy_paintings(run.id, name="Again").report
    assert report is not None
    assert [painting.file for painting in report.paintings] == [f"{n:05d}.jpg" for n in (0, 1, 2, *range(5, 12))]
    assert [rejection.code for rejection in report.rejections] == ["damaged", "damaged"]
    for number in range(5, 10):
        (run.paths.paintings / f"{number:05d}.jpg").unlink()
    with pytest.raises(TooFewPaintings):
        studio.copy_paintings(run.id)
    assert len(studio._registry.ids()) == 2, "the run that failed is not there"


def test_a_copy_is_the_same_pictures(studio: Studio, run: Run) -> None:
    again = studio.copy_paintings(run.id)
    for path in run.paths.paintings.glob("*.jpg"):
        with Image.open(path) as one, Image.open(again.paths.paintings / path.name) as other:
            if path.name != "sheet.jpg":
                assert one.tobytes() == other.tobytes()
    studio.delete(run.id)
    assert studio.status(again.id).paintings == 12


def test_a_run_without_paintings_has_none_to_copy(studio: Studio) -> None:
    with pytest.raises(RunError) as refused:
        studio.copy_paintings(studio.create("Empty").id)
    assert refused.value.code == "no-paintings"


def test_only_what_was_deleted_here_is_gone(studio: Studio, run: Run, tmp_path: Path) -> None:
    ids = [run.id, "A" * 22, "../" + run.id]
    deleted = studio.create("Deleted").id
    studio.delete(deleted)
    here, elsewhere, never, gone = studio.listed([*ids, deleted])
    assert isinstance(here, Status)
    assert isinstance(elsewhere, Unreadable)
    assert (elsewhere.reason.code, elsewhere.can_train_again) == ("run.not-here", False)
    assert isinstance(never, Gone)
    assert isinstance(gone, Gone)
    assert Studio(studio.root, start=False).listed([deleted]) == [gone], "also for the next server"
    (other,) = Studio(tmp_path / "other", start=False).listed([run.id])
    assert isinstance(other, Unreadable), "another folder of runs knows nothing of it"
    studio.root.rename(tmp_path / "moved")
    assert [type(each) for each in studio.listed([run.id, deleted])] == [Unreadable, Unreadable]


def test_a_run_whose_model_is_damaged_keeps_all_the_rest(studio: Studio, run: Run) -> None:
    write_untrained(run.paths.checkpoint)
    cut(run.paths.checkpoint)
    run.paths.films.mkdir()
    (run.paths.films / "loop-1.mp4").write_bytes(b"a film")
    run.paths.sample_grids.mkdir()
    Image.new("RGB", (64, 64)).save(run.paths.sample_grid(1))
    (listed,) = studio.listed([run.id])
    assert isinstance(listed, Status)
    assert (listed.paintings, listed.can_explore) == (12, True)
    opened = studio.run(run.id)
    assert opened.report is not None
    assert Journal(opened).sample_grids() == [run.paths.sample_grid(1)]
    with pytest.raises(CheckpointError) as refused:
        studio.explorer(run.id)
    assert refused.value.code == "damaged"
    assert studio.status(studio.copy_paintings(run.id).id).paintings == 12


def test_damaged_favourites_hide_nothing_else(studio: Studio, run: Run) -> None:
    run.paths.favourites.write_text("{")
    (listed,) = studio.listed([run.id])
    assert isinstance(listed, Status)
    assert listed.favourites == 0


def test_the_person_at_the_machine_sees_all_runs_of_a_folder(tmp_path: Path) -> None:
    uploads = paintings_folder(tmp_path / "uploads")
    root = tmp_path / "runs"
    first = prepared_run(root, uploads, "First")
    Run.at(root / "mine", "By hand")
    damaged = Run.create(root, "Damaged")
    damaged.paths.info.write_text("{")
    (root / "notes").mkdir()
    (root / ("e" * 22)).mkdir()
    (root / ("l" * 22)).symlink_to(first.folder)
    listed = list_folder(root)
    assert [each.id for each in listed] == ["mine", first.id, damaged.id]
    assert isinstance(listed[-1], Unreadable)
