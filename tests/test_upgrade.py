from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neural_art.errors import RunError, StorageError
from neural_art.recipe import Recipe
from neural_art.runs.desired import desired_state
from neural_art.runs.favourites import Favourites
from neural_art.runs.journal import Journal
from neural_art.runs.lock import hold
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.status import state_of, status_of
from neural_art.runs.studio import Studio
from neural_art.runs.uploads import UploadBox

STARTED = {"event": "started", "step": 0, "seconds": 0.5, "at": 1.0, "paintings": 2, "resumed": False, "budget": 180.0}
STEPPED = {
    "event": "stepped",
    "step": 40,
    "seconds": 90.0,
    "at": 2.0,
    "progress": 0.5,
    "closeness": 0.25,
    "painted": 0.125,
    "discriminator_loss": 1.0,
    "generator_loss": 1.0,
    "pictures_per_second": 30.0,
    "seconds_left": 90.0,
}
SAVED = {"event": "saved", "step": 40, "seconds": 90.0, "at": 3.0}
FAILED = {"event": "failed", "step": 40, "seconds": 90.0, "at": 4.0, "reason": "The disk is full. Free some space."}
RECIPE = {
    "version": 1,
    "name": "sketch",
    "minutes": 3.0,
    "seed": 9,
    "steps": None,
    "batch": 8,
    "generator_rate": 1e-3,
    "discriminator_rate": 1e-4,
    "adversarial": 0.5,
    "imagined": 0.3,
    "alone": 0.2,
    "averaging": 0.1,
    "base": False,
    "precision": "float32",
    "threads": 1,
}
REPORT = {
    "paintings": [
        {"file": "00000.jpg", "name": "a.png", "kind": "sea", "width": 96, "height": 64, "marks": ["1", "2", "3"]},
        {"file": "00001.jpg", "name": "b.png", "kind": None, "width": 96, "height": 64, "marks": ["4", "5", "6"]},
    ],
    "left_out": [{"name": "c.png", "reason": "It is empty: 0 bytes.", "code": "empty", "twin": None}],
    "near_twins": [{"file": "00001.jpg", "twin": "00000.jpg", "name": "b.png", "twin_name": "a.png"}],
    "aspect": 1.5,
    "fit": "squeeze",
    "ground": "#ffffff",
}
FAVOURITE = {"origin": "seed", "seed": 3, "a": 0, "b": 0, "t": 0.0, "amounts": [1.5], "daring": 0.7, "group": 1}


def line(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode() + b"\n"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder of a run that version 0.1 made: its training was resumed after it had failed once."""
    folder = tmp_path / "runs" / ("o" * 22)
    for name in ("paintings", "samples", "brought", "films"):
        (folder / name).mkdir(parents=True)
    events = [line(event) for event in (STARTED, STEPPED, SAVED, FAILED)]
    wish = {"wish": "train", "minutes": None, "asked": 5.0, "after": sum(map(len, events))}
    (folder / "events.jsonl").write_bytes(b"".join(events))
    for name, values in {
        "run.json": {"name": "Sisley", "created": 1.5, "parent": None},
        "recipe.json": RECIPE,
        "wish.json": wish,
        "tries.json": {"asked": 5.0, "saved": 40, "count": 2},
        "favourites.json": {"favourites": [FAVOURITE]},
        "paintings/report.json": REPORT,
        "brought/names.jsonl": ["d.png", "0123.png"],
    }.items():
        (folder / name).write_text(json.dumps(values))
    (folder / "brought" / "0123.png").write_bytes(b"not checked yet")
    (folder / "samples" / "00040.webp").write_bytes(b"a grid")
    (folder / "checkpoint.safetensors").write_bytes(b"weights")
    (folder / "training.safetensors").write_bytes(b"weights")
    (folder / "training.safetensors.partial").write_bytes(b"half of the weights")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_of_version_0_1_becomes_one_of_today(old: Path) -> None:
    run = Run.open(old)
    assert (run.info.name, run.info.created, run.info.parent) == ("Sisley", 1.5, None)
    assert run.recipe == Recipe(
        name="sketch",
        seed=9,
        batch=8,
        generator_lr=1e-3,
        discriminator_lr=1e-4,
        adversarial_weight=0.5,
        sampled_share=0.3,
        reconstruction_warmup=0.2,
        ema_half_life=0.1,
        base=False,
        precision="float32",
        threads=1,
    )
    desired = desired_state(run)
    assert desired is not None
    assert (desired.state, desired.minutes, desired.steps, desired.asked) == ("training", 3.0, None, 5.0)
    [favourite] = Favourites(run).all()
    assert (favourite["truncation"], favourite["class_index"]) == (0.7, 1)
    assert run.report is not None
    assert run.report.class_counts == {"sea": 1}
    assert run.report.matte == "#ffffff"
    assert run.report.rejections[0].message.sentence() == "It is empty: 0 bytes."
    assert Journal(run).series().texture_distance == (0.25,)
    assert Journal(run).events()[1]["fooling_rate"] == 0.125
    assert [name for name, _ in UploadBox(run).files()] == ["d.png"]
    assert run.paths.restart_attempts.exists()
    assert {path.name for path in old.iterdir()} == {
        *("run.json", "recipe.json", "desired_state.json", "events.jsonl", "favourites.json", "restart_attempts.json"),
        *("paintings", "samples", "uploads", "films", "lock", "checkpoint.safetensors", "training.safetensors"),
    }
    status = status_of(run)
    assert (status.state, status.minutes, status.budget, status.sample_grids) == ("waiting", 3.0, 180.0, 0)


def test_a_run_is_upgraded_once(old: Path) -> None:
    Run.open(old)
    before = contents(old)
    Run.open(old)
    assert contents(old) == before


def test_an_end_that_answered_a_wish_still_does(old: Path) -> None:
    wish = json.loads((old / "wish.json").read_text())
    (old / "wish.json").write_text(json.dumps({**wish, "after": len(line(STARTED))}))
    run = Run.open(old)
    assert state_of(run) == "failed"
    assert status_of(run).to_json()["reason"] == FAILED["reason"]


@pytest.mark.parametrize(
    ("wish", "recipe", "state", "minutes", "steps"),
    [
        ({"wish": "pause", "minutes": 20.0}, {}, "paused", 20.0, None),
        ({"wish": "stop"}, {}, "finished", 3.0, None),
        ({"wish": "train"}, {"steps": 500}, "training", None, 500),
        ({"wish": "train", "minutes": 20.0}, {"steps": 500}, "training", 20.0, None),
    ],
)
def test_what_was_wished_is_desired_with_its_budget(
    old: Path, wish: dict[str, Any], recipe: dict[str, Any], state: str, minutes: float | None, steps: int | None
) -> None:
    (old / "wish.json").write_text(json.dumps({"minutes": None, "asked": 5.0, "after": 0, **wish}))
    (old / "recipe.json").write_text(json.dumps({**RECIPE, **recipe}))
    desired = desired_state(Run.open(old))
    assert desired is not None
    assert (desired.state, desired.minutes, desired.steps) == (state, minutes, steps)


def test_a_kill_at_any_moment_does_no_harm(old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(old, whole)
    Run.open(whole)
    expected = contents(whole)
    for changes in range(100):
        killed = tmp_path / f"killed-{changes}"
        shutil.copytree(old, killed)
        with monkeypatch.context() as patch:
            done = stop_after(patch, changes)
            try:
                Run.open(killed)
            except KeyboardInterrupt:
                pass
            else:
                assert done() > 8
                break
        Run.open(killed)
        assert contents(killed) == expected, f"after {changes} changes"
    else:
        pytest.fail("it never ended")


def stop_after(patch: pytest.MonkeyPatch, changes: int) -> Callable[[], int]:
    """From here on, the file system refuses all changes after so many of them, as a kill would; how many there were."""
    done = 0

    def limited(change: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            nonlocal done
            if done >= changes:
                raise KeyboardInterrupt
            done += 1
            return change(*arguments, **options)

        return wrapped

    patch.setattr(Path, "replace", limited(Path.replace))
    patch.setattr(Path, "unlink", limited(Path.unlink))
    return lambda: done


def test_a_run_that_an_earlier_version_trains_is_left_alone(old: Path) -> None:
    before = contents(old)
    registry = Registry(old.parent)
    with hold(Run(old)):
        for attempt in (lambda: Run.open(old), lambda: registry.open(old.name)):
            with pytest.raises(RunError) as caught:
                attempt()
            assert caught.value.code == "earlier-version-at-work"
        assert registry.find(old.name) == Run(old)  # to be deleted, it need not be upgraded
        status = Studio(old.parent, start=False).status(old.name)
    assert {name: content for name, content in contents(old).items() if name != "lock"} == before
    assert (status.name, status.state, status.notice) == ("Sisley", "training", caught.value.message)
    assert registry.open(old.name).info.name == "Sisley"


def test_a_damaged_file_is_named_and_the_rest_stays(old: Path) -> None:
    (old / "wish.json").write_text("{")
    with pytest.raises(StorageError) as caught:
        Run.open(old)
    assert caught.value.values["name"] == "wish.json"
    (old / "wish.json").unlink()
    assert state_of(Run.open(old)) == "failed"
