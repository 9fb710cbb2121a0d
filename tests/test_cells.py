"""A cell says what is trained, trains it, and is measured."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from drawings import landscapes
from PIL import Image

from benchmarks import cells, sets
from benchmarks.cells import Cell
from benchmarks.evaluation import Effort, evaluate_classes, reference
from benchmarks.rivals import RIVALS
from benchmarks.subjects import ModelSubject, RivalSubject
from neural_art.models.checkpoint import Model
from neural_art.processor import Processor
from neural_art.recipe import Budget

QUICK = Effort(class_pictures=6, feature_side=64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve paintings, four of them of the class "late"."""
    folder = tmp_path_factory.mktemp("set")
    (folder / "late").mkdir()
    for number, picture in enumerate(landscapes(12, 1, 80)):
        name = f"late/{number:02d}.png" if number > 7 else f"{number:02d}.png"
        Image.fromarray(picture).resize((100, 60)).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def cell(folder: Path) -> Cell:
    """A training of one step in which nothing has to be measured first: float32, one thread."""
    row = "nobase:name=sketch,batch=2,precision=float32,threads=1"
    return Cell(folder=folder, row=row, seed=0, budget=Budget(steps=1), effort=QUICK)


@pytest.fixture(scope="module")
def trained(cell: Cell, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the training of ``cell`` wrote to."""
    out = tmp_path_factory.mktemp("trained")
    cells.train(cell, out, time.monotonic())
    return out


def test_settings_follow_a_rows_name(folder: Path) -> None:
    cell = Cell(folder=folder, row="nobase:batch=8,name=sketch", seed=3, budget=Budget(minutes=0.5))
    assert (cell.recipe.batch, cell.recipe.name, cell.recipe.seed, cell.recipe.base) == (8, "sketch", 3, False)
    assert cell.name == f"{folder.name}_nobase-batch=8-name=sketch_0.5min_seed3"


def test_a_trained_cell_has_what_the_table_needs(cell: Cell, trained: Path) -> None:
    values = json.loads((trained / "trained.json").read_text())
    assert values["training"] == cell.training
    assert values["steps"] == 1
    assert values["seconds"] > 0
    assert values["pictures_per_second"] > 0


def test_a_trained_model_reconstructs_what_it_never_saw(folder: Path, trained: Path) -> None:
    subject = ModelSubject(Model.open(trained / "model.safetensors"))
    assert len(subject.latents) == 11  # one of twelve is held out
    reconstructed = subject.reconstruct(sets.find(folder)[:1])
    assert reconstructed is not None
    assert reconstructed.shape == (1, 64, 64, 3)


def test_each_class_gets_a_line(folder: Path, trained: Path) -> None:
    subject = ModelSubject(Model.open(trained / "model.safetensors"))
    lines = evaluate_classes(subject, reference(folder, QUICK), "nobase", QUICK, seed=0)
    assert [line["row"] for line in lines] == ["nobase, asked for ", "nobase, asked for late"]
    assert all(line["kid_x1000"] > 0 for line in lines)


def test_a_rival_paints_and_moves_but_reconstructs_nothing(folder: Path) -> None:
    subject = RivalSubject(RIVALS["dcgan"].generator_class())
    rng = torch.Generator().manual_seed(0)
    path = subject.interpolation(4, rng)
    assert len(path) == 5
    assert not torch.equal(path[0], path[4])
    assert torch.allclose(path[2], (path[0] + path[4]) / 2, atol=1e-6)
    assert subject.paint(subject.sample(3, rng)).shape == (3, 64, 64, 3)
    assert subject.reconstruct(sets.find(folder)[:1]) is None
    assert evaluate_classes(subject, reference(folder, QUICK), "dcgan", QUICK, seed=0) == []


def test_no_training_waits_for_torchvision() -> None:
    """It takes more than a second to import, and the process of a cell trains against the clock."""
    command = [sys.executable, "-c", "import sys, benchmarks.quality; print('torchvision' in sys.modules)"]
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_how_much_is_measured_does_not_change_what_is_trained(folder: Path) -> None:
    few, many = (
        Cell(folder=folder, row="nobase", seed=0, budget=Budget(minutes=1), effort=Effort(pictures=pictures))
        for pictures in (64, 512)
    )
    assert few.training == many.training
    assert few.requested != many.requested


def test_what_is_trained_on_a_card_is_another_cell(folder: Path) -> None:
    usual = Cell(folder=folder, row="nobase", seed=0, budget=Budget(minutes=1))
    on_card = replace(usual, processor=Processor("cuda:0", "NVIDIA H200"))
    assert on_card.name == f"{folder.name}_nobase_1min_cuda_seed0" != usual.name
    assert on_card.training == usual.training | {"processor": "NVIDIA H200"}


def test_a_snapshot_is_named_by_its_content(tmp_path: Path) -> None:
    model, out = tmp_path / "model.safetensors", tmp_path / "out"
    model.write_bytes(b"one")
    first = cells.snapshot(model, out)
    assert cells.snapshot(model, out) == first
    model.write_bytes(b"another")
    assert cells.snapshot(model, out) != first
    assert first.read_bytes() == b"one"
