"""The generator, the discriminator, what they see through, and what they minimise."""

import pytest
import torch
import torch.nn.functional as F

from neural_art.models import networks
from neural_art.models.features import Encoder, describe, feature_network
from neural_art.models.networks import (
    HALF_BAND,
    WIDTHS,
    Discriminator,
    Filters,
    Generator,
    PictureLayer,
    Stage,
    StyledConvolution,
)
from neural_art.recipe import LATENT_SIZE
from neural_art.training.augment import Look
from neural_art.training.optimizer import Adam
from neural_art.training.trainer import augment, losses


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


@pytest.mark.parametrize("doubles", [False, True])
def test_a_styled_convolution_keeps_variance_whatever_its_weights_and_styles_are(doubles: bool) -> None:
    side = 16 if doubles else 32
    convolution, latents = StyledConvolution(64, 48, side, doubles=doubles).eval(), 3 * torch.randn(8, LATENT_SIZE)
    torch.nn.init.normal_(convolution.weight)
    hidden = torch.randn(8, 64, side, side)
    with torch.no_grad():
        mixed = convolution(hidden, latents)
        convolution.weight *= 7
        assert torch.allclose(convolution(hidden, latents), mixed, atol=1e-4)
    assert mixed.shape == (8, 48, 32, 32)
    uncovered = torch.where(mixed < 0, mixed / 0.2, mixed)  # as it was before the leaky activation
    assert uncovered[:, :, 2:-2, 2:-2].std().item() == pytest.approx(2**0.5, rel=0.1)


def test_a_new_doubling_leaves_no_checkerboard() -> None:
    convolution = StyledConvolution(8, 6, 8, doubles=True)
    with torch.no_grad():
        large = convolution(torch.randn(1, 8, 8, 8), torch.randn(1, LATENT_SIZE))
    squares = F.interpolate(large[:, :, ::2, ::2], scale_factor=2, mode="nearest")
    assert torch.allclose(large, squares, atol=1e-5)
    assert large.std() > 0.1


def test_a_flat_map_stays_flat_when_it_is_doubled_whatever_is_learned() -> None:
    convolution = StyledConvolution(8, 6, 8, doubles=True)
    torch.nn.init.normal_(convolution.weight)
    with torch.no_grad():
        large = convolution(torch.randn(1, 8, 1, 1).expand(-1, -1, 8, 8), torch.randn(1, LATENT_SIZE))
    inner = large[:, :, 2:-2, 2:-2]  # beyond the border lie zeros
    assert torch.allclose(inner, inner[:, :, :1, :1], atol=1e-4)
    assert inner.std() > 0.1


def test_a_latent_weighs_what_a_convolution_sees() -> None:
    convolution, hidden = StyledConvolution(8, 6, 8), torch.randn(1, 8, 8, 8)
    with torch.no_grad():
        one, other = (convolution(hidden, latent) for latent in torch.randn(2, 1, LATENT_SIZE))
    assert (one - other).abs().max() > 0.05


def test_a_new_refinement_changes_nothing_and_an_old_one_does() -> None:
    stage, hidden, latents = Stage(16).eval(), torch.randn(1, WIDTHS[8], 8, 8), torch.randn(1, LATENT_SIZE)
    filters = [stage.enlarge.filters(), stage.refine.filters()]
    with torch.no_grad():
        assert torch.equal(stage(hidden, latents, iter(filters)), stage.enlarge(hidden, latents, filters[0]))
        stage.gain += 1
        assert (stage(hidden, latents, iter(filters)) - stage.enlarge(hidden, latents)).std() > 0.1


@pytest.mark.parametrize("doubles", [False, True])
def test_the_gradients_of_filters_are_those_that_differences_give(doubles: bool) -> None:
    convolution = StyledConvolution(3, 2, 4, doubles=doubles).double()

    def filters(weight: torch.Tensor) -> Filters:
        with torch.no_grad():
            convolution.weight.copy_(weight)
        return convolution.filters()

    weight = torch.randn_like(convolution.weight)
    of_weight, of_squares = (torch.randn_like(made) for made in filters(weight))
    loss = sum((a * b).sum() for a, b in zip(filters(weight), (of_weight, of_squares), strict=True))
    (found,) = torch.autograd.grad(loss, convolution.weight)
    step = 1e-5 * torch.randn_like(weight)
    ahead, behind = filters(weight + step), filters(weight - step)
    change = sum(((a - b) * g).sum() for a, b, g in zip(ahead, behind, (of_weight, of_squares), strict=True)) / 2
    assert (found * step).sum().item() == pytest.approx(change.item(), rel=1e-6)


def test_pictures_and_gradients_are_the_same_in_squares_and_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    generator, latents = Generator(64), torch.randn(2, LATENT_SIZE)
    parameters = list(generator.parameters())
    for stage in generator.stages:
        if stage.gain is not None:
            torch.nn.init.ones_(stage.gain)
    filters = generator.filters()
    assert any(weight.ndim == 3 for weight, _ in filters)
    whole = generator.filters(half=True)
    assert all(weight.ndim == 4 for weight, _ in whole)
    assert torch.allclose(generator(latents, filters), generator(latents, whole), atol=1e-4)
    # without a kink in the activations, on whose other side rounding may put a place, where the gradient is another
    monkeypatch.setattr(networks, "SLOPE", 1.0)
    one, other = generator(latents, filters), generator(latents, whole)
    upstream = torch.randn_like(one)
    for a, b in zip(*(torch.autograd.grad((p * upstream).sum(), parameters) for p in (one, other)), strict=True):
        assert torch.allclose(a, b, rtol=1e-3, atol=1e-4 * b.abs().max().item())


def test_what_is_remembered_while_painting_follows_the_weights() -> None:
    convolution, latents = StyledConvolution(4, 4, 16), torch.randn(1, LATENT_SIZE)
    hidden, others = torch.randn(1, 4, 16, 16), torch.randn_like(convolution.weight)
    with torch.no_grad():
        before = convolution(hidden, latents)
        torch._foreach_lerp_([convolution.weight], [others], 0.9)
        painted = convolution(hidden, latents)
    anew = convolution(hidden, latents).detach()  # with gradients, nothing is remembered
    assert torch.allclose(painted, anew, atol=1e-6)
    assert not torch.allclose(painted, before, atol=1e-2)


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


def test_the_feature_network_is_frozen_but_lets_gradients_through_to_the_picture() -> None:
    network = feature_network().train()
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())
    picture = torch.zeros(1, 3, 64, 64, requires_grad=True)
    maps = network(picture)
    assert [m.shape[-1] for m in maps] == [16, 8, 4, 2]
    maps[-1].sum().backward()
    assert picture.grad is not None
    assert picture.grad.abs().sum() > 0


def test_only_the_heads_of_the_discriminator_learn() -> None:
    discriminator = Discriminator()
    learning = {name.split(".")[0] for name, p in discriminator.named_parameters() if p.requires_grad}
    assert learning == {"heads"}
    scores = discriminator(discriminator.project(feature_network()(torch.zeros(2, 3, 96, 96))))
    assert len(scores) == 4
    assert all(len(s) == 2 for s in scores)


def test_addresses_are_whitened_and_tell_pictures_apart(drawn_paintings: torch.Tensor) -> None:
    pictures = augment.crop(drawn_paintings, torch.arange(len(drawn_paintings)), 64, None)
    encoder = Encoder()
    encoder.fit(describe(pictures))
    addresses = encoder(pictures)
    used = addresses.std(0) > 1e-3
    assert int(used.sum()) == len(pictures) - 1  # n pictures span n - 1 dimensions
    assert addresses[:, used].std(0).max() == pytest.approx(1.0, abs=0.05)
    assert torch.cdist(addresses, addresses).fill_diagonal_(9).min() > 0.5


def test_a_set_of_one_colour_has_finite_addresses() -> None:
    encoder = Encoder()
    encoder.fit(describe(torch.zeros(4, 3, 64, 64)))
    assert torch.isfinite(encoder(torch.zeros(1, 3, 64, 64))).all()


def test_the_feature_distance_is_zero_for_equal_pictures_and_grows_with_blur(drawn_paintings: torch.Tensor) -> None:
    sharp = augment.crop(drawn_paintings, torch.arange(4), 64, None)
    network = feature_network()

    def distance(times: int) -> float:
        blurred = torch.nn.functional.interpolate(torch.nn.functional.avg_pool2d(sharp, times), (64, 64))
        return float(losses.feature_distance(network(blurred), network(sharp)))

    assert distance(1) == 0
    assert 0 < distance(2) < distance(4) < distance(16)


def test_strokes_beside_their_places_should_be_faint_place_by_place_but_not_in_texture() -> None:
    def strokes(seed: int, contrast: float) -> list[torch.Tensor]:
        small = torch.randn(2, 3, 24, 24, generator=torch.Generator().manual_seed(seed))
        return feature_network()(torch.nn.functional.interpolate(contrast * small, (96, 96), mode="bicubic"))

    here, there, faint = strokes(0, 0.4), strokes(1, 0.4), strokes(1, 0.15)
    assert losses.texture_distance(here, here) == 0
    assert losses.texture_distance(there, here) < 0.9 * losses.texture_distance(faint, here)
    assert losses.feature_distance(there[:2], here[:2]) > losses.feature_distance(faint[:2], here[:2])


def test_texture_is_compared_window_by_window() -> None:
    def halves(left: float, right: float) -> list[torch.Tensor]:
        strokes = torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
        strokes[..., :48] *= left
        strokes[..., 48:] *= right
        return feature_network()(strokes)

    assert losses.texture_distance(halves(0.1, 0.5), halves(0.5, 0.1)) > 0.3
    for side in (1, 2, 3, 5, 6, 24):
        assert torch.isfinite(losses.texture_distance([torch.zeros(1, 4, side, side)], [torch.ones(1, 4, side, side)]))


def test_the_hinge_losses_reward_the_right_side() -> None:
    high, low = [torch.full((2, 1, 3, 3), 2.0)], [torch.full((2, 1, 3, 3), -2.0)]
    assert losses.discriminator_hinge(high, low) == 0
    assert losses.discriminator_hinge(low, high) == 6
    assert losses.generator_hinge(high) < losses.generator_hinge(low)
    assert losses.painted_share(high) == 1
    assert losses.painted_share(low) == 0


def test_only_what_leaves_the_range_overshoots() -> None:
    assert losses.overshoot(torch.tensor([-1.0, 0.0, 1.0])) == 0
    assert losses.overshoot(torch.tensor([-2.0, 1.0])) == losses.OVERSHOOT_WEIGHT
    assert losses.overshoot(torch.tensor([-3.0, 1.0])) == 3 * losses.OVERSHOOT_WEIGHT  # far out costs more than in line


def test_painting_and_picture_are_changed_alike(drawn_paintings: torch.Tensor) -> None:
    pictures = augment.crop(drawn_paintings, torch.arange(4), 64, None)
    look = Look.draw(4, 64, 48, torch.Generator().manual_seed(3))
    assert look(pictures).shape == (4, 3, 48, 48)
    assert torch.equal(look(pictures), look(pictures.clone()))
    assert not torch.allclose(look(pictures), Look.draw(4, 64, 48, torch.Generator().manual_seed(4))(pictures))


def test_windows_show_all_from_the_whole_picture_to_strokes_enlarged_twice() -> None:
    chance = torch.Generator().manual_seed(0)
    windows = [augment.window(128, 96, chance) for _ in range(400)]
    assert {min(window.side for window in windows), max(window.side for window in windows)} == {48, 128}
    assert all(0 <= window.y <= 128 - window.side and 0 <= window.x <= 128 - window.side for window in windows)


def test_a_window_for_each_picture_shows_equal_ones_differently(drawn_paintings: torch.Tensor) -> None:
    same = augment.crop(drawn_paintings, torch.tensor([5, 5, 5]), 64, None)
    as_they_are = {"brightness": torch.zeros(()), "saturation": torch.ones(()), "contrast": torch.ones(())}

    def seen(windows: int) -> torch.Tensor:
        return Look.draw(3, 64, 48, torch.Generator().manual_seed(2), windows=windows)._replace(**as_they_are)(same)

    assert torch.equal(*seen(1)[:2])
    assert not any(torch.allclose(seen(3)[a], seen(3)[b], atol=0.05) for a, b in ((0, 1), (1, 2), (0, 2)))


@pytest.mark.parametrize("side", [80, 71, 64, 40])
def test_a_part_is_cut_as_pytorch_reduces_and_enlarges(side: int, drawn_paintings: torch.Tensor) -> None:
    boxes = [augment.Box(0, 80 - side, side, False), augment.Box((80 - side) // 2, 0, side, True)]
    for pixels, box, found in zip(drawn_paintings, boxes, augment.cut(drawn_paintings[:2], boxes, 64), strict=False):
        part = pixels[None, :, box.y : box.y + side, box.x : box.x + side].float() / 127.5 - 1
        expected = torch.nn.functional.interpolate(part, (64, 64), mode="bilinear", antialias=True)
        assert torch.allclose(found, expected.flip(3)[0] if box.mirrored else expected[0], atol=1e-5)


def test_a_crop_is_the_whole_painting_without_chance_and_a_part_with_it(drawn_paintings: torch.Tensor) -> None:
    whole = augment.crop(drawn_paintings, torch.tensor([0]), 80, None)
    assert torch.allclose(whole[0], drawn_paintings[0].float() / 127.5 - 1)
    chance = torch.Generator().manual_seed(0)
    parts = torch.cat([augment.crop(drawn_paintings, torch.tensor([0]), 64, chance) for _ in range(3)])
    assert parts.shape == (3, 3, 64, 64)
    assert not torch.allclose(parts[0], parts[1])


def test_adam_takes_the_steps_of_pytorchs_own() -> None:
    start = torch.randn(5, generator=torch.Generator().manual_seed(0))
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    adam, reference = Adam([ours], betas=(0.5, 0.99)), torch.optim.Adam([theirs], lr=0.1, betas=(0.5, 0.99))
    for _ in range(5):
        reference.zero_grad()
        (theirs**3).sum().backward()
        adam.step([3 * ours.detach() ** 2], 0.1)
        reference.step()
    assert torch.allclose(ours, theirs, atol=1e-6)
    assert not torch.allclose(ours, start)


def test_what_all_pictures_have_in_the_same_places_is_a_watermark_unless_the_paintings_have_it() -> None:
    chance = torch.Generator().manual_seed(0)
    own, mark = 0.3 * torch.randn(4, 3, 64, 64, generator=chance), 0.3 * torch.randn(3, 64, 64, generator=chance)
    marked = own + mark
    assert losses.shared_detail(own).abs() < 0.03
    assert losses.shared_detail(marked) == pytest.approx(0.5, abs=0.1)
    assert losses.shared_detail(mark.expand(4, 3, 64, 64)) == pytest.approx(1, abs=0.01)
    assert losses.shared_detail(marked[:1]) == 0
    assert losses.watermark(marked, own) > 0.4
    assert losses.watermark(marked, marked.flip(0)) < 1e-6


def test_detail_that_nobody_sees_is_no_watermark() -> None:
    flat = torch.full((4, 3, 64, 64), 0.3)
    faint = (flat + 1e-4 * torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(0))).requires_grad_()
    losses.watermark(faint, flat).backward()
    assert losses.watermark(faint, flat) < 0.01
    assert faint.grad.abs().max() < 0.01
