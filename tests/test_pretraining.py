"""Making a base model: pictures from disk, the best one kept, half precision shipped with a card."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from neural_art.cli.main import main
from neural_art.dataset.prepare import Progress
from neural_art.errors import PaintingError
from neural_art.events import Finished, Saved
from neural_art.models import checkpoint
from neural_art.models.checkpoint import FILE, Model
from neural_art.recipe import Recipe
from neural_art.runs import pretrain as pretraining
from neural_art.runs.folder import Run
from neural_art.training.augment import crop
from neural_art.training.trainer import Training


@pytest.fixture
def folder(tmp_path: Path, drawn_paintings: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve pictures in two folders, and a base model that is content with them."""
    monkeypatch.setattr(pretraining, "LIMITS", replace(pretraining.LIMITS, least=10))
    monkeypatch.setattr(pretraining, "JUDGED", 8)
    monkeypatch.setattr(pretraining, "KEPT_LATENTS", 8)
    for number, pixels in enumerate(drawn_paintings.permute(0, 2, 3, 1).numpy()):
        file = tmp_path / "pictures" / str(number % 2) / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).resize((160, 120)).save(file)
    return tmp_path / "pictures"


def _recipe(steps: int) -> Recipe:
    return replace(pretraining.base_recipe("sketch", 1.0), steps=steps, batch=4, threads=1)


def _run(folder: Path) -> Run:
    return Run(folder) if Run(folder).exists() else Run.at(folder, "base")


def test_a_base_is_made_from_a_folder_kept_and_shipped_with_a_card(folder: Path, tmp_path: Path) -> None:
    run = _run(tmp_path / "run")
    events = list(pretraining.pretrain(folder, run, _recipe(4)))
    assert sum(isinstance(event, Progress) for event in events) == 12
    assert isinstance(events[-1], Finished)
    assert Model.open(run.folder / pretraining.BEST).settings["kid"] > 0

    path = pretraining.ship(run, tmp_path / "shipped", "Drawings of our own.")
    assert path.stat().st_size < 0.6 * run.checkpoint.stat().st_size
    shipped, best = Model.open(tmp_path / "shipped"), Model.open(run.folder / pretraining.BEST)
    assert torch.allclose(shipped.generator.first.weight, best.generator.first.weight, atol=1e-3)
    card = (tmp_path / "shipped" / pretraining.CARD).read_text()
    assert "Drawings of our own." in card
    assert "4 steps" in card


def test_the_same_command_goes_on_where_it_stopped_and_reads_no_picture_twice(folder: Path, tmp_path: Path) -> None:
    run = _run(tmp_path / "run")
    for event in pretraining.pretrain(folder, run, _recipe(3)):
        if isinstance(event, Saved):
            break
    again = list(pretraining.pretrain(folder, _run(tmp_path / "run"), _recipe(3)))
    assert not any(isinstance(event, Progress) for event in again)
    assert isinstance(again[-1], Finished)
    assert again[-1].step == 3


def test_only_a_better_model_takes_the_place_of_the_best(
    folder: Path, tmp_path: Path, drawn_paintings: torch.Tensor
) -> None:
    run = _run(tmp_path / "run")
    list(pretraining.pretrain(folder, run, _recipe(2)))
    best, other = run.folder / pretraining.BEST, Training(drawn_paintings, _recipe(1)).model()
    judge = pretraining.Judge(drawn_paintings, other.generator.size)
    tensors, settings = checkpoint.read(best)
    for found, remains in ((-1e6, True), (1e6, False)):
        checkpoint.write(best, tensors, {**settings, "kid": found})
        pretraining._keep_the_best(run, other, judge)
        assert (checkpoint.read(best)[1]["kid"] == found) == remains


class _Likes(pretraining.Judge):
    """Judges by how far a weight is from the one it likes."""

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def __call__(self, model: Model) -> float:
        return abs(model.generator.first.bias[0].item() - self.weight)


@pytest.mark.parametrize("liked", [0.0, 1.0, 2.0])
def test_the_best_may_be_the_mean_of_two(liked: float, tmp_path: Path, drawn_paintings: torch.Tensor) -> None:
    run, model = _run(tmp_path / "run"), Training(drawn_paintings, _recipe(1)).model()
    for weight in (0.0, 2.0):
        nn.init.constant_(model.generator.first.bias, weight)
        pretraining._keep_the_best(run, model, _Likes(liked))
    best = Model.open(run.folder / pretraining.BEST)
    assert best.generator.first.bias[0] == liked
    assert best.settings["kid"] == 0


class _Painter(nn.Module):
    """Paints what it was given, again and again."""

    def __init__(self, pictures: torch.Tensor) -> None:
        super().__init__()
        self.pictures, self.size = pictures, pictures.shape[-1]

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.pictures[torch.arange(len(latents)) % len(self.pictures)]


def test_the_judge_prefers_pictures_like_the_paintings(drawn_paintings: torch.Tensor) -> None:
    model = Training(drawn_paintings, _recipe(1)).model()
    like = crop(drawn_paintings, torch.arange(len(drawn_paintings)), model.generator.size, None)
    found, judge = [], pretraining.Judge(drawn_paintings, model.generator.size)
    for pictures in (like, torch.zeros_like(like)):
        model.generator = _Painter(pictures)  # type: ignore[assignment]
        found.append(judge(model))
    assert found[0] < 0.1 * found[1]


def test_a_shipped_model_is_judged_as_before(folder: Path, tmp_path: Path, drawn_paintings: torch.Tensor) -> None:
    run = _run(tmp_path / "run")
    list(pretraining.pretrain(folder, run, _recipe(2)))
    shipped = pretraining.ship(run, tmp_path / "shipped", "Drawings.")
    whole, halved = Model.open(run.folder / pretraining.BEST), Model.open(shipped)
    assert len(halved.latents) < len(whole.latents)
    judge = pretraining.Judge(drawn_paintings, whole.generator.size)
    found = [judge(model) for model in (whole, halved)]
    assert found[0] == pytest.approx(found[1], rel=2e-3)


def test_a_base_tells_how_long_the_model_that_it_began_from_was_trained(folder: Path, tmp_path: Path) -> None:
    list(pretraining.pretrain(folder, _run(tmp_path / "first"), _recipe(2)))
    start = Model.open(_run(tmp_path / "first").checkpoint)
    start.settings["seconds"] = 600.0
    run = _run(tmp_path / "second")
    list(pretraining.pretrain(folder, run, _recipe(2), start))
    card = pretraining.ship(run, tmp_path / "shipped", "Drawings.").with_name(pretraining.CARD).read_text()
    assert "after 10 of the model it began from" in card
    assert FILE in {file.name for file in (tmp_path / "shipped").iterdir()}


def test_what_is_kept_is_no_worse_than_the_model_it_began_from(
    folder: Path, tmp_path: Path, drawn_paintings: torch.Tensor
) -> None:
    list(pretraining.pretrain(folder, _run(tmp_path / "first"), _recipe(2)))
    start = Model.open(_run(tmp_path / "first").checkpoint)
    run = _run(tmp_path / "second")
    list(pretraining.pretrain(folder, run, replace(_recipe(4), generator_rate=0.1), start))
    judge = pretraining.Judge(drawn_paintings, start.generator.size)
    start, best, last = map(
        Model.open, (_run(tmp_path / "first").checkpoint, run.folder / pretraining.BEST, run.checkpoint)
    )
    assert judge(best) <= judge(start) < judge(last)


def test_what_half_precision_cannot_hold_is_shipped_whole(folder: Path, tmp_path: Path) -> None:
    run = _run(tmp_path / "run")
    list(pretraining.pretrain(folder, run, _recipe(2)))
    tensors, settings = checkpoint.read(run.folder / pretraining.BEST)
    large = "generator.first.bias"
    tensors[large] = torch.full_like(tensors[large], 1e6)
    checkpoint.write(run.folder / pretraining.BEST, tensors, settings)
    shipped, _ = checkpoint.read(pretraining.ship(run, tmp_path / "shipped", "Drawings."))
    assert torch.equal(shipped[large], tensors[large])
    assert shipped["generator.first.weight"].dtype == torch.float16


def test_rates_grow_with_the_root_of_the_batch() -> None:
    one, four = (pretraining.base_recipe("study", 1.0, batch=batch) for batch in (16, 64))
    assert (four.generator_rate, four.discriminator_rate) == (2 * one.generator_rate, 2 * one.discriminator_rate)
    assert one.generator_rate == Recipe().generator_rate


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is such a device")
def test_a_device_that_is_not_there_is_named_before_anything_is_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["pretrain", str(folder), "--run", str(tmp_path / "run"), "--minutes", "1", "--device", "cuda"]
    assert main(command) == 1
    assert "no CUDA device" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_too_few_pictures_are_named(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (100, 100), "red").save(tmp_path / "pictures" / "one.png")
    with pytest.raises(PaintingError, match="1 pictures are too few for a base model"):
        list(pretraining.pretrain(tmp_path / "pictures", _run(tmp_path / "run"), _recipe(1)))
