"""The command works through its cells once, and writes its table."""

from pathlib import Path

import pytest
import torch
from drawings import landscapes
from PIL import Image

from benchmarks import quality, results
from benchmarks.cells import Cell, snapshot
from benchmarks.evaluation import Effort
from neural_art import files
from neural_art.models import checkpoint
from neural_art.models.discriminator import Discriminator
from neural_art.models.encoder import Encoder, describe
from neural_art.models.generator import Generator
from neural_art.models.pixels import to_signed
from neural_art.recipe import LATENT_SIZE

QUICK = Effort(morphs=2, feature_side=64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve paintings of two classes."""
    folder = tmp_path / "set"
    (folder / "late").mkdir(parents=True)
    for number, picture in enumerate(landscapes(12, 1, 80)):
        name = f"late/{number:02d}.png" if number > 7 else f"{number:02d}.png"
        Image.fromarray(picture).resize((100, 60)).save(folder / name)
    return folder


@pytest.fixture
def model() -> checkpoint.Model:
    """An untrained model with an encoder that tells pictures apart."""
    torch.manual_seed(0)
    encoder = Encoder()
    encoder.fit(describe(to_signed(landscapes(3, 5))))
    settings = {"format": checkpoint.FORMAT, "size": 64}
    return checkpoint.Model(Generator(64), Discriminator(), encoder, torch.zeros(3, LATENT_SIZE), settings)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rows", "stylegan"], "no row called 'stylegan'"),
        (["--rows", "nobase:colour=3"], "no setting 'colour'"),
        (["--rows", "nobase:batch=1000"], "batch is 1000"),
        (["--rows", "nobase:minutes=3"], "no setting 'minutes'"),
        (["--rows", "dcgan:batch=8"], "dcgan has no settings"),
        (["--minutes", "0"], "minutes is 0"),
        (["--device", "mps"], "Nothing here computes as mps"),
        (["--model", "missing.safetensors"], "no model at"),
    ],
)
def test_what_cannot_work_is_refused_before_any_time_is_spent(
    options: list[str], message: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        quality.main(["--sets", str(folder), "--out", str(tmp_path / "out"), *options])
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_set_that_is_too_small_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises(SystemExit):
        quality.main(["--sets", str(tmp_path / "set"), "--out", str(tmp_path / "out")])
    assert "holds 0 pictures" in capsys.readouterr().err


def test_a_model_is_measured_once_and_again_when_it_has_changed(
    folder: Path, tmp_path: Path, model: checkpoint.Model, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "model.safetensors", tmp_path / "out"
    checkpoint.write(file, model.tensors(), model.settings)
    command = ["--sets", str(folder), "--model", str(file), "--pictures", "12", "--out", str(out)]

    assert quality.main(command, QUICK) == 0
    assert quality.main(command, QUICK) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("[1/1] set_model-")
    assert second.endswith("(done before)")
    (line,) = [line for line in results.read(out) if line["row"] == "model"]
    assert line["parameters"] == sum(p.numel() for p in model.generator.parameters())
    assert 0 < line["reconstruction"] < 3
    assert (out / "results.csv").read_text().count("\n") == 7  # heading, halves, two blurs, two classes, model
    assert "two halves" in (out / "results.md").read_text()
    (sheet,) = out.glob("*.png")
    assert Image.open(sheet).width == 9 * 128

    checkpoint.write(file, model.tensors(), model.settings | {"name": "other"})
    assert Cell(folder=folder, row="model", seed=0, start=snapshot(file, out)).name not in first


def test_the_lines_of_classes_follow_their_row(tmp_path: Path) -> None:
    rows = ["nobase:steps=1, asked for late", "nobase:steps=1", "base, asked for late", "base"]
    cell = tmp_path / "cells" / "one"
    cell.mkdir(parents=True)
    lines = [{"set": "set", "row": row, "minutes": 5.0, "seed": 0} for row in rows]
    files.write_json(cell / "result.json", {"lines": lines})
    assert [line["row"] for line in results.read(tmp_path)] == rows[::-1]


def test_the_table_has_the_mean_over_the_seeds(tmp_path: Path) -> None:
    for seed, kid in enumerate((1.0, 3.0)):
        (tmp_path / "cells" / str(seed)).mkdir(parents=True)
        line = {"set": "set", "row": "base", "minutes": 5.0, "seed": seed, "paintings": 9, "kid_x1000": kid}
        files.write_json(tmp_path / "cells" / str(seed) / "result.json", {"lines": [line]})
    results.write(tmp_path, "the command")
    table = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert "| base | 5 | 2 | 2.0 ± 1.4 |" in table
    assert "the command" in table


def test_what_is_not_a_number_stays_out_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    requested = {"set": str(tmp_path / "set")}
    figures = {"row": "base", "kid_x1000": float("nan"), "recall": 0.5}
    (made,), fresh = results.once(tmp_path, "one", requested, lambda: [figures])
    assert fresh
    assert made["kid_x1000"] is None
    (found,), fresh = results.once(tmp_path, "one", requested, list)
    assert not fresh
    assert found == made
    assert results.summary(made) == "KID (Lite2) x1000 ?, recall 0.50, coverage ?, copies ?"
