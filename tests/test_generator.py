"""The generator: what its layers keep, whatever is learned."""

import copy

import pytest
import torch
import torch.nn.functional as F

from neural_art.models.checkpoint import Model
from neural_art.models.generator import (
    HALF_BAND,
    WIDTHS,
    Generator,
    PictureLayer,
    Stage,
    StyledConvolution,
    fit_last,
    paint_each,
    project_flat_,
    resize_generator,
    shuffle_channels_last,
)
from neural_art.recipe import LATENT_SIZE
from neural_art.shipped import BASE


@pytest.mark.parametrize("size", [64, 128, 256])
def test_a_generator_paints_its_size_from_any_number_of_latents(size: int) -> None:
    generator = Generator(size).eval()
    with torch.inference_mode():
        assert generator(torch.randn(3, LATENT_SIZE)).shape == (3, 3, size, size)
        assert generator(torch.randn(1, LATENT_SIZE)).shape == (1, 3, size, size)


def test_a_size_that_no_recipe_has_is_refused() -> None:
    with pytest.raises(ValueError, match="100"):
        Generator(100)


def test_a_picture_depends_on_its_own_latent_alone() -> None:
    generator, latents = Generator(64).eval(), torch.randn(4, LATENT_SIZE)
    with torch.inference_mode():
        together, alone = generator(latents), generator(latents[2:3])
    assert torch.allclose(together[2], alone[0], atol=1e-4)
    assert not torch.allclose(together[2], together[1], atol=1e-2)


def test_a_picture_is_the_same_in_training_and_afterwards() -> None:
    generator, latents = Generator(64).train(), torch.randn(2, LATENT_SIZE)
    with torch.no_grad():
        assert torch.equal(generator(latents), generator.eval()(latents))


def test_a_frozen_generator_paints_the_same_pictures() -> None:
    generator, latents = Generator(64), torch.randn(2, LATENT_SIZE)
    with torch.no_grad():
        expected = generator(latents)
        frozen = copy.deepcopy(generator).freeze()
        assert torch.allclose(frozen(latents), expected, atol=1e-5)
    assert not any(parameter.requires_grad for parameter in frozen.parameters())


@pytest.mark.parametrize("upsample", [1, 2])
def test_a_styled_convolution_keeps_variance_whatever_its_weights_and_styles_are(upsample: int) -> None:
    side = 32 // upsample
    convolution, latents = StyledConvolution(64, 48, upsample=upsample), 3 * torch.randn(8, LATENT_SIZE)
    torch.nn.init.normal_(convolution.weight)
    hidden = torch.randn(8, 64, side, side)
    with torch.no_grad():
        mixed = convolution(hidden, latents)
        convolution.weight *= 7
        assert torch.allclose(convolution(hidden, latents), mixed, atol=1e-4)
    assert mixed.shape == (8, 48, 32, 32)
    linear = torch.where(mixed < 0, mixed / 0.2, mixed)  # as it was before the leaky activation
    assert linear[:, :, 2:-2, 2:-2].std().item() == pytest.approx(2**0.5, rel=0.1)


def test_a_new_upsampling_leaves_no_checkerboard() -> None:
    convolution = StyledConvolution(8, 6, upsample=2)
    with torch.no_grad():
        large = convolution(torch.randn(1, 8, 8, 8), torch.randn(1, LATENT_SIZE))
    squares = F.interpolate(large[:, :, ::2, ::2], scale_factor=2, mode="nearest")
    assert torch.allclose(large, squares, atol=1e-5)
    assert large.std() > 0.1


def test_a_flat_map_stays_flat_when_it_is_upsampled_once_weights_are_projected() -> None:
    convolution = StyledConvolution(8, 6, upsample=2)
    torch.nn.init.normal_(convolution.weight)
    hidden, latent = torch.randn(1, 8, 1, 1).expand(-1, -1, 8, 8), torch.randn(1, LATENT_SIZE)

    def deviation() -> float:
        inner = convolution(hidden, latent)[:, :, 2:-2, 2:-2]  # beyond the border lie zeros
        assert inner.std() > 0.1
        return (inner - inner[:, :, :1, :1]).abs().max().item()

    with torch.no_grad():
        assert deviation() > 0.1
        project_flat_(convolution.weight, 4)
        assert deviation() < 1e-4


def test_projecting_touches_only_what_a_pixel_shuffle_follows_and_does_it_once() -> None:
    generator = Generator(64)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.normal_()
    before = copy.deepcopy(generator)
    generator.project_(list(generator.parameters()))
    moved = [n for (n, a), b in zip(before.named_parameters(), generator.parameters(), strict=True) if not a.equal(b)]
    assert moved == [f"stages.{number}.enlarge.weight" for number in range(3)]
    again = copy.deepcopy(generator)
    again.project_(list(again.parameters()))
    for a, b in zip(generator.parameters(), again.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_a_latent_weighs_what_a_convolution_sees() -> None:
    convolution, hidden = StyledConvolution(8, 6), torch.randn(1, 8, 8, 8)
    with torch.no_grad():
        one, other = (convolution(hidden, latent) for latent in torch.randn(2, 1, LATENT_SIZE))
    assert (one - other).abs().max() > 0.05


def test_a_new_refinement_changes_nothing_and_a_trained_one_does() -> None:
    stage, hidden, latents = Stage(16), torch.randn(1, WIDTHS[8], 8, 8), torch.randn(1, LATENT_SIZE)
    with torch.no_grad():
        assert torch.equal(stage(hidden, latents), stage.enlarge(hidden, latents))
        stage.gain += 1
        assert (stage(hidden, latents) - stage.enlarge(hidden, latents)).std() > 0.1


def test_a_picture_has_no_frame() -> None:
    layer = PictureLayer(6)
    with torch.no_grad():
        picture = layer(torch.randn(1, 6, 1, 1).expand(-1, -1, 16, 16))
    assert torch.allclose(picture, picture[:, :, :1, :1], atol=1e-5)
    assert picture.abs().max() > 0.01


def test_pictures_are_filtered_as_if_after_the_shuffle_and_keep_no_grid_of_dots() -> None:
    layer, hidden = PictureLayer(6), torch.randn(2, 6, 16, 16)
    torch.nn.init.normal_(layer.colour.weight)
    row = torch.tensor(HALF_BAND)
    assert row.sum() == 1
    assert (row * torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0])).sum() == 0
    with torch.no_grad():
        shuffled = F.pixel_shuffle(layer.colour(F.pad(hidden, (1, 1, 1, 1), mode="replicate")), 2)
        filtered = F.conv2d(shuffled, torch.outer(row, row).expand(3, 1, 5, 5), groups=3)
        assert torch.allclose(layer(hidden)[:, :, 2:-2, 2:-2], filtered, atol=1e-4)


def test_a_card_shuffles_pixels_as_pytorch_does_and_keeps_the_layout() -> None:
    maps = torch.randn(2, 12, 4, 6).contiguous(memory_format=torch.channels_last)
    shuffled = shuffle_channels_last(maps, 2)
    assert torch.equal(shuffled, F.pixel_shuffle(maps, 2))
    assert shuffled.is_contiguous(memory_format=torch.channels_last)


def test_a_smaller_generator_has_the_stages_of_the_larger_one() -> None:
    large, latents = Generator(256).freeze(), torch.randn(2, LATENT_SIZE)
    small = large.smaller(128)
    with torch.inference_mode():
        assert small(latents).shape == (2, 3, 128, 128)
        assert torch.isfinite(small(latents)).all()
    assert set(small.parameters()) < set(large.parameters())


@pytest.mark.parametrize("size", [128, 256])
def test_a_larger_generator_begins_with_the_same_pictures_enlarged_and_learns(size: int) -> None:
    small, latents = Generator(64), torch.randn(2, LATENT_SIZE)
    large = resize_generator(small, size, latents)
    expected = small(latents)
    for _ in range(size.bit_length() - 7):
        expected = F.interpolate(expected, scale_factor=2, mode="bilinear", align_corners=False)
    pictures = large(latents)
    assert torch.allclose(pictures, expected, atol=1e-5)
    pictures.square().mean().backward()
    for layer in large.pictures.values():
        assert isinstance(layer, PictureLayer) and layer.colour.weight.grad is not None
        assert layer.colour.weight.grad.abs().max() > 0


def test_a_fitted_last_layer_paints_the_larger_pictures_reduced_and_touches_no_other_generator() -> None:
    model = Model.open(BASE)
    large, latents = model.generator.freeze(), model.latents[:12]
    pictures = paint_each(large, latents)
    small = large.smaller(64)
    wanted = F.interpolate(pictures, size=64, mode="area")
    with torch.no_grad():
        before = (small(latents) - wanted).abs().mean()
        fit_last(small, latents[:6], pictures[:6])
        assert (small(latents[6:]) - wanted[6:]).abs().mean() < 0.6 * before
    assert torch.equal(paint_each(large, latents), pictures)
