from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from run_makers import ask_to_train, paintings_folder

from neural_art.dataset.limits import Limits
from neural_art.dataset.prepare import TooFewPaintings
from neural_art.dataset.report import Report
from neural_art.errors import DatasetError, NeuralArtError, RunError
from neural_art.events import Progress
from neural_art.runs.intake import Intake
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.status import state_of


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paintings_folder(tmp_path_factory.mktemp("paintings"))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "runs")


@pytest.fixture
def intake(registry: Registry) -> Intake:
    return Intake(registry, Limits())


def added(intake: Intake, paintings: Path, **options: str) -> Run:
    run, *progress, report = intake.add_paintings(None, paintings, **options)
    assert isinstance(run, Run)
    assert all(isinstance(each, Progress) for each in progress)
    assert isinstance(report, Report)
    assert len(report.paintings) == 8
    return run


def test_paintings_make_a_run_and_are_reported_at_last(intake: Intake, paintings: Path) -> None:
    run = added(intake, paintings, fit="crop")
    assert (state_of(run), run.aspect) == ("prepared", 1)
    assert intake.refit(run.id, "squeeze").aspect == pytest.approx(1.5)
    assert run.aspect == pytest.approx(1.5)
    intake.clear(run.id)
    assert state_of(run) == "empty"
    assert [path.name for path in run.folder.iterdir()] == ["run.json"]
    intake.clear(run.id)  # once more does no harm


def test_too_few_paintings_leave_no_run_behind(intake: Intake, registry: Registry, paintings: Path) -> None:
    few = [(path.name, path) for path in sorted(paintings.iterdir())[:3]]
    with pytest.raises(TooFewPaintings) as caught:
        list(intake.add_paintings(None, few))
    assert len(caught.value.report.paintings) == 3
    assert registry.ids() == []


def test_a_run_keeps_what_it_had_when_the_intake_is_broken_off(intake: Intake, paintings: Path) -> None:
    run = added(intake, paintings)
    again = intake.add_paintings(run.id, paintings)
    next(again)
    for attempt in (
        lambda: intake.check_idle(run),
        lambda: intake.refit(run.id, "crop"),
        lambda: list(intake.add_samples(run.id)),
    ):
        with pytest.raises(RunError) as caught:
            attempt()
        assert caught.value.code == "being-prepared"
    again.close()  # type: ignore[attr-defined]
    assert run.report is not None
    assert len(run.report.paintings) == 8
    intake.check_idle(run)


def test_paintings_can_be_removed_down_to_the_least(registry: Registry, paintings: Path) -> None:
    intake = Intake(registry, Limits(least=7))
    run = added(intake, paintings)
    assert len(intake.remove_paintings(run.id, ["00003.jpg"]).paintings) == 7
    with pytest.raises(DatasetError):
        intake.remove_paintings(run.id, ["00004.jpg"])


def test_sample_paintings_are_added_with_their_classes(intake: Intake) -> None:
    run, *_, report = intake.add_samples(None, count=8)
    assert isinstance(report, Report)
    assert report.class_counts == {"landscapes": 4, "still-lifes": 4}
    assert isinstance(run, Run)
    assert sorted(path.name for path in run.folder.iterdir()) == ["paintings", "run.json"]


def test_a_run_that_waits_or_was_trained_keeps_its_paintings(intake: Intake, paintings: Path) -> None:
    waiting, trained = added(intake, paintings), added(intake, paintings)
    ask_to_train(waiting)
    trained.paths.training_state.write_bytes(b"weights")
    for run in (waiting, trained):
        for attempt in (
            lambda id: list(intake.add_paintings(id, paintings)),
            lambda id: intake.remove_paintings(id, ["00000.jpg"]),
            lambda id: intake.refit(id, "crop"),
            lambda id: intake.clear(id),
        ):
            with pytest.raises(RunError) as caught:
                attempt(run.id)
            assert caught.value.code == "keeps-paintings"
    assert len(list(waiting.paths.paintings.glob("0*.jpg"))) == 8


def test_a_run_that_is_deleted_meanwhile_ends_the_intake(intake: Intake, paintings: Path) -> None:
    news = intake.add_paintings(None, paintings)
    run = next(news)
    assert isinstance(run, Run)
    next(news)
    shutil.rmtree(run.folder)
    with pytest.raises(NeuralArtError) as caught:
        list(news)
    assert caught.value.code in ("deleted", "gone")
    assert not run.folder.exists()
