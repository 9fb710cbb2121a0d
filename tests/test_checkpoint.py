"""Weights on disk: whole or named as damaged."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from neural_art.errors import CheckpointError
from neural_art.models import checkpoint
from neural_art.models.checkpoint import Model
from neural_art.models.discriminator import Discriminator
from neural_art.models.encoder import Encoder
from neural_art.models.generator import Generator, is_needed, project_flat_
from neural_art.models.sampling import sample
from neural_art.recipe import LATENT_SIZE
from neural_art.shipped import BASE
from tests.untrained import model_of


@pytest.fixture
def model() -> Model:
    return model_of(torch.randn(5, LATENT_SIZE, generator=torch.Generator().manual_seed(0)), name="dawn")


def test_a_model_comes_back_as_it_was_written(model: Model, tmp_path: Path) -> None:
    checkpoint.write(tmp_path / checkpoint.FILE, model.tensors(), model.settings)
    for path in (tmp_path, tmp_path / checkpoint.FILE):
        opened = Model.open(path)
        assert opened.settings == model.settings | {"sizes": [64]}
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
    latents = sample(base.latents, 16, torch.Generator().manual_seed(1))
    with torch.inference_mode():
        wanted = F.interpolate(base.generator(latents).clamp(-1, 1), size=64, mode="area")
        off, off_as_cut = (F.mse_loss(painter(latents).clamp(-1, 1), wanted) for painter in (smaller.generator, cut))
    assert off < off_as_cut / 2


def test_weights_of_version_0_1_are_projected_when_they_are_opened(model: Model) -> None:
    tensors, name = model.tensors(), "generator.stages.0.enlarge.weight"
    tensors[name] = torch.randn(tensors[name].shape, generator=torch.Generator().manual_seed(1))
    expected = tensors[name].clone()
    project_flat_(expected, 4)
    former = {**model.settings, "format": checkpoint.UNPROJECTED}
    opened = Model.from_tensors(tensors, former).generator.stages[0].enlarge.weight
    assert torch.allclose(opened, expected, atol=1e-5)
    assert not torch.allclose(opened, tensors[name], atol=0.1)


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


def test_weights_that_do_not_fit_are_refused(model: Model) -> None:
    tensors = model.tensors()

    def code(changed: dict[str, torch.Tensor], **settings: object) -> str:
        with pytest.raises(CheckpointError) as refused:
            Model.from_tensors(tensors | changed, model.settings | settings)
        return refused.value.code

    assert code({"generator.first.weight": torch.zeros(3, 3)}) == "misfit"
    assert code({"latents": torch.full((5, LATENT_SIZE), float("nan"))}) == "damaged-latents"
    assert code({}, format=2) == "other-format"


def test_a_write_that_fails_leaves_the_old_file(model: Model, tmp_path: Path) -> None:
    path = tmp_path / checkpoint.FILE
    checkpoint.write(path, {"a": torch.ones(1)}, {"n": 1})
    with pytest.raises(TypeError):
        checkpoint.write(path, {"a": torch.zeros(1)}, {"n": object()})
    assert checkpoint.read(path)[0]["a"] == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_model_of_several_sizes_opens_at_each_of_them_as_it_is(tmp_path: Path) -> None:
    latents = torch.randn(5, LATENT_SIZE, generator=torch.Generator().manual_seed(0))
    whole = Model(Generator(256), Discriminator(), Encoder(), latents, {"format": checkpoint.FORMAT, "size": 256})
    checkpoint.write(tmp_path / checkpoint.FILE, whole.tensors(), whole.settings | {"sizes": [128, 256]})
    cut = Generator(128)
    cut.load_state_dict({name: t for name, t in whole.generator.state_dict().items() if is_needed(name, 128)})
    with torch.inference_mode():
        for size, generator in ((128, cut), (256, whole.generator)):
            opened = Model.open(tmp_path, size=size)
            assert opened.settings["size"] == size
            assert torch.equal(opened.generator(latents), generator(latents))
        assert torch.equal(Model.open(tmp_path).generator(latents), whole.generator(latents))
        smaller = Model(cut, whole.discriminator, whole.encoder, latents, whole.settings | {"size": 128})
        checkpoint.write(tmp_path / "smaller", smaller.tensors(), smaller.settings)
        sketch, wanted = (Model.open(path, size=64).generator(latents) for path in (tmp_path, tmp_path / "smaller"))
    assert torch.equal(sketch, wanted)  # it is reduced from the smallest that is large enough
    assert Model.open(tmp_path, size=512).generator(latents).shape[-1] == 512
