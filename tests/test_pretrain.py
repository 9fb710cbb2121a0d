"""Making a base model: pictures from disk, the best one kept, half precision shipped with a card."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from PIL import Image

from neural_art import images, samples
from neural_art.cli.main import main
from neural_art.errors import DatasetError
from neural_art.events import Event, Finished, Progress, Saved
from neural_art.models import checkpoint, enlarger
from neural_art.models.checkpoint import FILE, Model
from neural_art.recipe import Budget, Recipe
from neural_art.runs import pretrain as pretraining
from neural_art.runs.run import Run
from neural_art.training.validation import ValidationKID

LIMITS = replace(pretraining.LIMITS, least=10)
RECIPE = replace(pretraining.base_recipe("sketch"), batch=4, threads=1, precision="float32")


def bias(model: Model) -> float:
    """A validation for tests: quick, and 0 for the mean of the weights that a training can reach."""
    return abs(model.generator.first.bias.mean().item())


def pretrain(
    folder: Path,
    run: Run,
    steps: int = 2,
    recipe: Recipe = RECIPE,
    start: Model | None = None,
    keep_smaller: bool = False,
) -> list[Event | Progress]:
    learning = pretraining.pretrain(
        folder,
        run,
        recipe,
        Budget(steps=steps),
        start=start,
        keep_smaller=keep_smaller,
        limits=LIMITS,
        validation=lambda *_: lambda model: 1 + bias(model),
    )
    return list(learning)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    """Twelve pictures in two folders."""
    pictures = tmp_path_factory.mktemp("pretrain") / "pictures"
    for number, pixels in enumerate(drawn_paintings.permute(0, 2, 3, 1).numpy()):
        file = pictures / str(number % 2) / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).resize((160, 120)).save(file)
    return pictures


@pytest.fixture(scope="module")
def made(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[Event | Progress]]:
    """A base of four steps, and what was reported while it was made."""
    run = Run.at(tmp_path_factory.mktemp("made") / "run", "base")
    return run, pretrain(folder, run, 4)


def ship(run: Run, folder: Path, data: str = "Drawings of our own.") -> Path:
    return pretraining.ship(run, folder, data, kept_latents=8)


def test_a_base_is_made_from_a_folder_kept_and_shipped_with_a_card(
    made: tuple[Run, list[Event | Progress]], tmp_path: Path
) -> None:
    run, events = made
    assert sum(isinstance(event, Progress) for event in events) == 12
    assert isinstance(events[-1], Finished)
    best = Model.open(run.folder / pretraining.BEST)
    assert best.settings["kid"] >= 1

    path = ship(run, tmp_path / "shipped")
    assert path.stat().st_size < 0.6 * run.paths.checkpoint.stat().st_size
    shipped = Model.open(tmp_path / "shipped")
    assert torch.allclose(shipped.generator.first.weight, best.generator.first.weight, atol=1e-3)
    assert len(shipped.latents) == 8
    card = (tmp_path / "shipped" / pretraining.CARD).read_text()
    assert "Drawings of our own." in card
    assert "steps of 4 pictures" in card


def test_the_same_command_resumes_where_it_stopped_and_reads_no_picture_twice(folder: Path, tmp_path: Path) -> None:
    run = Run.at(tmp_path / "run", "base")
    first = pretraining.pretrain(folder, run, RECIPE, Budget(steps=3), limits=LIMITS, validation=lambda *_: bias)
    for event in first:
        if isinstance(event, Saved):
            break
    first.close()  # type: ignore[attr-defined]
    again = pretrain(folder, Run.open(tmp_path / "run"), 3)
    assert not any(isinstance(event, Progress) for event in again)
    assert isinstance(again[-1], Finished)
    assert again[-1].step == 3


def test_it_is_validated_by_kid(folder: Path, tmp_path: Path) -> None:
    run = Run.at(tmp_path / "run", "base")
    validation = partial(ValidationKID, pictures=12, kept_latents=8)
    for event in pretraining.pretrain(folder, run, RECIPE, Budget(steps=1), limits=LIMITS, validation=validation):
        if isinstance(event, Saved):
            break
    assert 1 < Model.open(run.folder / pretraining.BEST).settings["kid"] < 2000


def test_a_base_tells_how_long_the_model_that_it_began_from_was_trained(
    folder: Path, made: tuple[Run, list[Event | Progress]], tmp_path: Path
) -> None:
    start = Model.open(made[0].paths.checkpoint)
    start.settings["seconds"] = 600.0
    run = Run.at(tmp_path / "second", "base")

    def latest(*_: object) -> Callable[[Model], float]:
        return lambda _: 0.0 if run.paths.checkpoint.exists() else 1.0

    list(pretraining.pretrain(folder, run, RECIPE, Budget(steps=2), start=start, limits=LIMITS, validation=latest))
    card = ship(run, tmp_path / "shipped").with_name(pretraining.CARD).read_text()
    assert "after 10 of the model it began from" in card
    assert FILE in {file.name for file in (tmp_path / "shipped").iterdir()}


def test_what_is_kept_is_no_worse_than_the_model_it_began_from(
    folder: Path, made: tuple[Run, list[Event | Progress]], tmp_path: Path
) -> None:
    start = Model.open(made[0].paths.checkpoint)
    run = Run.at(tmp_path / "second", "base")
    torch.nn.init.zeros_(start.generator.first.bias)  # as good as can be, in the eyes of this validation
    pretrain(folder, run, 3, replace(RECIPE, generator_lr=0.1), start)
    assert bias(Model.open(run.folder / pretraining.BEST)) == 0 < bias(Model.open(run.paths.checkpoint))


def test_what_half_precision_cannot_hold_is_shipped_whole(
    folder: Path, made: tuple[Run, list[Event | Progress]], tmp_path: Path
) -> None:
    run, large = Run.at(tmp_path / "run", "base"), "generator.first.bias"
    tensors, settings = checkpoint.read(made[0].folder / pretraining.BEST)
    tensors[large] = torch.full_like(tensors[large], 1e6)
    checkpoint.write(run.folder / pretraining.BEST, tensors, settings)
    shipped, _ = checkpoint.read(ship(run, tmp_path / "shipped"))
    assert torch.equal(shipped[large], tensors[large])
    assert shipped["generator.first.weight"].dtype == torch.float16


def test_too_few_pictures_are_named(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (100, 100), "red").save(tmp_path / "pictures" / "one.png")
    with pytest.raises(DatasetError) as refused:
        pretrain(tmp_path / "pictures", Run.at(tmp_path / "run", "base"))
    assert (refused.value.code, refused.value.values["count"]) == ("too-few-for-a-base", 1)


# ---- the commands


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is such a device")
def test_a_device_that_is_not_there_is_named_before_anything_is_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["pretrain", str(folder), "--run", str(tmp_path / "run"), "--minutes", "1", "--device", "cuda"]
    assert main(command) == 1
    assert "computes as cuda" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_the_command_makes_an_enlarger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = tmp_path / "pictures", tmp_path / "new" / "mine.safetensors"
    folder.mkdir()
    words = ["pretrain-enlarger", str(folder), "--out", str(out), "--minutes", "0.05"]
    for number in range(8):
        picture = samples.paint(3, number, 256)[0].convert("RGB").crop((40, 20, 232, 212))
        (folder / f"{number}.jpg").write_bytes(images.encode(picture, "jpeg", quality=95))
        if number == 3:
            assert main(words) == 1
            assert "4 pictures of 192 px" in capsys.readouterr().err
            assert not out.exists()
    assert main(words) == 0
    assert str(out) in capsys.readouterr().out
    assert checkpoint.read(out)[1]["pictures"] == 8
    assert enlarger.read(out)
    assert main([*words, "--start", str(tmp_path / "nothing.safetensors")]) == 1
    assert "nothing.safetensors" in capsys.readouterr().err


def test_a_base_is_taught_larger_pictures_without_changing_its_smaller_ones(
    folder: Path, made: tuple[Run, list[Event | Progress]], tmp_path: Path
) -> None:
    path, run = made[0].paths.checkpoint, Run.at(tmp_path / "run", "base")
    small, grown = Model.open(path), Model.open(path, size=128)
    pretrain(folder, run, recipe=replace(RECIPE, name="study"), start=grown, keep_smaller=True)
    of_64, of_128 = (Model.open(run.paths.checkpoint, size=size) for size in (64, 128))
    assert of_128.settings["sizes"] == [64, 128]
    with torch.inference_mode():
        assert torch.equal(of_64.generator(small.latents), small.generator(small.latents))
        assert not torch.equal(of_128.generator(small.latents), grown.generator(small.latents))
