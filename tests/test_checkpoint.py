"""Weights on disk: whole or named as damaged."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from neural_art.errors import CheckpointError
from neural_art.explore.latent import crossed
from neural_art.models import checkpoint
from neural_art.models.checkpoint import Model
from neural_art.models.features import Encoder
from neural_art.models.networks import Discriminator, Generator
from neural_art.recipe import LATENT_SIZE
from neural_art.web.settings import BASE


@pytest.fixture
def model() -> Model:
    settings = {"format": checkpoint.FORMAT, "size": 64, "name": "dawn"}
    return Model(Generator(64).eval(), Discriminator(), Encoder(), torch.randn(5, LATENT_SIZE), settings)


def test_a_model_comes_back_as_it_was_written(model: Model, tmp_path: Path) -> None:
    checkpoint.write(tmp_path / checkpoint.FILE, model.tensors(), model.settings)
    for path in (tmp_path, tmp_path / checkpoint.FILE):
        opened = Model.open(path)
        assert opened.settings == model.settings
        assert all(torch.equal(a, b) for a, b in zip(model.tensors().values(), opened.tensors().values(), strict=True))


def test_a_model_in_half_precision_opens_in_single(model: Model, tmp_path: Path) -> None:
    half = {name: t.half() if t.is_floating_point() else t for name, t in model.tensors().items()}
    checkpoint.write(tmp_path / "half.safetensors", half, model.settings)
    opened = Model.open(tmp_path / "half.safetensors")
    assert opened.generator.first.weight.dtype == torch.float32
    assert torch.allclose(opened.generator.first.weight, model.generator.first.weight, atol=1e-3)


def test_a_model_opens_at_another_size_with_the_stages_that_both_have(model: Model, tmp_path: Path) -> None:
    checkpoint.write(tmp_path / checkpoint.FILE, model.tensors(), model.settings)
    larger = Model.open(tmp_path, size=128).generator
    assert torch.equal(larger.stages[0].enlarge.weight, model.generator.stages[0].enlarge.weight)
    assert larger(torch.randn(2, LATENT_SIZE)).shape == (2, 3, 128, 128)


def test_a_base_opens_at_a_smaller_size_with_its_pictures_reduced() -> None:
    base, smaller = Model.open(BASE), Model.open(BASE, size=64)
    cut = Generator(64)
    weights = base.generator.state_dict()
    cut.load_state_dict({name: weights[name] for name in cut.state_dict()})
    latents = crossed(base.latents, 16, torch.Generator().manual_seed(1))
    with torch.inference_mode():
        wanted = F.interpolate(base.generator(latents).clamp(-1, 1), size=64, mode="area")
        off, off_as_cut = (F.mse_loss(painter(latents).clamp(-1, 1), wanted) for painter in (smaller.generator, cut))
    assert off < off_as_cut / 2


def test_a_damaged_checkpoint_is_named(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "torn.safetensors"
    checkpoint.write(path, model.tensors(), model.settings)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match=r"torn\.safetensors"):
        Model.open(path)


def test_a_file_that_is_no_model_and_a_missing_one_are_named(tmp_path: Path) -> None:
    (tmp_path / "notes.safetensors").write_text("not weights")
    with pytest.raises(CheckpointError, match=r"notes\.safetensors"):
        Model.open(tmp_path / "notes.safetensors")
    with pytest.raises(CheckpointError, match=r"checkpoint\.safetensors"):
        Model.open(tmp_path)


def test_weights_of_another_shape_and_latents_that_are_not_numbers_are_refused(model: Model) -> None:
    tensors = model.tensors()
    with pytest.raises(CheckpointError, match="do not fit"):
        Model.from_tensors(tensors | {"generator.first.weight": torch.zeros(3, 3)}, model.settings)
    with pytest.raises(CheckpointError, match="addresses"):
        Model.from_tensors(tensors | {"latents": torch.full((5, LATENT_SIZE), float("nan"))}, model.settings)
    with pytest.raises(CheckpointError, match="of format 2, this version reads 5"):
        Model.from_tensors(tensors, {**model.settings, "format": 2})


def test_a_write_that_fails_leaves_the_old_file(model: Model, tmp_path: Path) -> None:
    path = tmp_path / checkpoint.FILE
    checkpoint.write(path, {"a": torch.ones(1)}, {"n": 1})
    with pytest.raises(TypeError):
        checkpoint.write(path, {"a": torch.zeros(1)}, {"n": object()})
    assert checkpoint.read(path)[0]["a"] == 1
    assert list(tmp_path.iterdir()) == [path]
