"""Learning: what a training promises while it runs, when it is interrupted, and when things go wrong."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from neural_art.errors import CheckpointError, PaintingError, RecipeError
from neural_art.events import Failed, Finished, RolledBack, Sampled, Saved, Started, Stepped
from neural_art.models.checkpoint import Model
from neural_art.recipe import Recipe
from neural_art.training.trainer import Training, augment, losses, train
from neural_art.training.trainer import trainer as training

QUICK = Recipe(name="sketch", steps=6, batch=4, threads=1, precision="float32")


def _last_saved(events: list) -> Saved:
    return [e for e in events if isinstance(e, Saved)][-1]


@pytest.fixture(scope="module")
def quick(drawn_paintings: torch.Tensor) -> list:
    """The events of a quick training."""
    return list(train(drawn_paintings, QUICK))


def test_a_training_starts_shows_a_wall_saves_and_finishes(quick: list) -> None:
    assert isinstance(quick[0], Started)
    assert isinstance(quick[1], Sampled)
    assert [type(e) for e in quick[-3:]] == [Sampled, Saved, Finished]
    assert quick[-1].step == 6
    assert any(isinstance(e, Stepped) for e in quick)


def test_walls_show_the_same_latents_and_change_as_it_learns(quick: list) -> None:
    walls = [e.pictures for e in quick if isinstance(e, Sampled)]
    assert walls[0].shape == (24, 64, 64, 3)
    assert walls[0].dtype == np.uint8
    assert not np.array_equal(walls[0], walls[-1])


def test_what_a_base_knows_fades_slowly_from_the_average_and_soon_on_strange_paintings(
    drawn_paintings: torch.Tensor, quick: list
) -> None:
    saved, moved = _last_saved(quick), []
    for strange in (False, True):
        learning = Training(drawn_paintings, QUICK, base=Model.from_tensors(saved.checkpoint, saved.settings))
        learning.step, learning.strange = 200, strange
        for network, value in ((learning.averaged, 0.0), (learning.generator, 1.0)):
            torch.nn.init.constant_(network.first.bias, value)
        learning._average()
        moved.append(learning.averaged.first.bias[0].item())
    near, far = moved
    assert 0 < 10 * near < far < 0.1


def test_one_painting_many_times_keeps_its_address_and_what_the_base_never_saw_moves_to_its_middle(
    drawn_paintings: torch.Tensor, quick: list
) -> None:
    saved = _last_saved(quick)
    base = Model.from_tensors(saved.checkpoint, saved.settings)
    number = int(base.latents.norm(dim=1).argmin())
    noise = torch.randint(0, 256, drawn_paintings[:8].shape, dtype=torch.uint8)
    for paintings, strange in ((drawn_paintings[[number] * 8], False), (noise, True)):
        learning = Training(paintings, QUICK, base=Model.from_tensors(saved.checkpoint, saved.settings))
        learning._address()
        assert learning.strange == strange
        found = learning.latents.mean(0)
        assert torch.allclose(found, torch.zeros(()) if strange else base.latents[number], atol=1e-3)


def test_the_same_seed_and_steps_give_the_same_weights(drawn_paintings: torch.Tensor, quick: list) -> None:
    again = _last_saved(list(train(drawn_paintings, QUICK)))
    first = _last_saved(quick)
    assert all(torch.equal(first.training[name], again.training[name]) for name in first.training)
    other = _last_saved(list(train(drawn_paintings, replace(QUICK, seed=1))))
    assert not torch.equal(first.training["generator.first.weight"], other.training["generator.first.weight"])


def test_a_training_that_was_interrupted_comes_to_what_it_would_have_come_to(
    drawn_paintings: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "TELL_SECONDS", 0.0)
    recipe = replace(QUICK, steps=18, averaging=1e-3, precision="float32")
    whole = Training(drawn_paintings, recipe)
    list(whole.run())
    first = Training(drawn_paintings, recipe)
    for _ in first.run():
        if first.step == 12:
            break
    kept = first.saved()
    second = Training(drawn_paintings, recipe, resume=(kept.training, kept.state))
    list(second.run())
    assert torch.equal(second.crops, whole.crops)
    assert len(whole.crops) > len(drawn_paintings)
    with torch.inference_mode():
        early, late, resumed = (t.averaged(whole.latents) for t in (first, whole, second))
    assert (resumed - late).abs().mean() < 0.05 * (early - late).abs().mean()


def _lines(like: torch.Tensor) -> torch.Tensor:
    """Six drawings in black lines on white, of the size of these paintings."""
    lines = torch.full_like(like[:6], 255)
    for number in range(6):
        lines[number, :, :: number + 3] = 0
    return lines


def test_a_set_that_is_nothing_like_the_bases_comes_to_its_middle(drawn_paintings: torch.Tensor) -> None:
    def addressed(paintings: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        base = _last_saved(list(train(drawn_paintings, replace(QUICK, steps=1))))
        training = Training(paintings, QUICK, base=Model.from_tensors(base.checkpoint, base.settings))
        next(training.run())
        whole = augment.crop(paintings, torch.arange(len(paintings)), 64, None)
        return training.latents, training.encoder(whole)

    latents, read = addressed(drawn_paintings[:6].flip(3))
    assert latents.mean(0).norm() > 0.1
    assert torch.allclose(latents, read, atol=1e-3)
    lines = _lines(drawn_paintings)
    latents, read = addressed(lines)
    assert latents.mean(0).norm() < 0.02 * latents.norm(dim=1).mean()
    assert torch.allclose(latents, read, atol=1e-2)  # what is put in later is put in the same way


def test_a_set_that_is_nothing_like_the_bases_is_learned_without_an_opponent_first(
    drawn_paintings: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "TELL_SECONDS", 0.0)
    base = _last_saved(list(train(drawn_paintings, replace(QUICK, steps=1))))
    lines = _lines(drawn_paintings)

    def opposed(paintings: torch.Tensor) -> tuple[list[bool], Training]:
        model = Model.from_tensors(base.checkpoint, base.settings)
        learning = Training(paintings, replace(QUICK, steps=4, alone=0.5), base=model)
        return [e.discriminator_loss > 0 for e in learning.run() if isinstance(e, Stepped)], learning

    like_the_base, _ = opposed(drawn_paintings[:6].flip(3))
    assert like_the_base == [True] * 4
    unlike_it, learned = opposed(lines)
    assert unlike_it == [False, False, False, True]
    kept = learned.saved()
    resumed = Training(lines, replace(QUICK, steps=8, alone=0.9), resume=(kept.training, kept.state))
    assert [e.discriminator_loss > 0 for e in resumed.run() if isinstance(e, Stepped)] == [False] * 4


def test_red_paintings_make_red_pictures() -> None:
    chance = torch.Generator().manual_seed(0)
    red = torch.randint(0, 90, (12, 3, 80, 80), generator=chance, dtype=torch.uint8)
    red[:, 0] += 150
    recipe = Recipe(name="sketch", steps=64, batch=4, threads=2, averaging=1e-3)
    walls = [e.pictures.astype(float) for e in train(red, recipe) if isinstance(e, Sampled)]

    def redness(wall: np.ndarray) -> float:
        return float(wall[..., 0].mean() - wall[..., 1:].mean())

    assert redness(walls[-1]) > redness(walls[0]) + 40


def test_an_interrupted_training_goes_on_with_its_step_time_weights_and_optimiser(
    drawn_paintings: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "TELL_SECONDS", 0.0)
    first = Training(drawn_paintings, QUICK)
    for event in first.run():
        if first.step == 3:
            break
        assert not isinstance(event, Finished)
    kept = first.saved()
    second = Training(drawn_paintings, QUICK, resume=(kept.training, kept.state))
    assert second.step == 3
    assert second.seconds >= kept.state["seconds"]
    again = second.saved()
    assert set(kept.training) == set(again.training)
    assert any(name.startswith("generator_optimiser.") for name in kept.training)
    assert all(torch.equal(kept.training[name], again.training[name]) for name in kept.training)
    events = list(second.run())
    assert events[0].resumed
    assert events[-1].step == 6


def test_a_run_of_another_format_says_so(drawn_paintings: torch.Tensor, quick: list) -> None:
    saved = _last_saved(quick)
    state = {name: value for name, value in saved.state.items() if name != "format"}
    with pytest.raises(CheckpointError, match="of format unknown, this version reads 5"):
        Training(drawn_paintings, QUICK, resume=(saved.training, state))


def test_a_finished_training_can_be_given_more_steps(drawn_paintings: torch.Tensor, quick: list) -> None:
    kept = _last_saved(quick)
    longer = list(train(drawn_paintings, replace(QUICK, steps=8), resume=(kept.training, kept.state)))
    assert longer[-1].step == 8


def test_a_model_is_a_base_also_for_other_paintings_and_another_size(
    drawn_paintings: torch.Tensor, quick: list
) -> None:
    kept = _last_saved(quick)
    base = Model.from_tensors(kept.checkpoint, kept.settings, size=128)
    wide = torch.nn.functional.interpolate(drawn_paintings[:8].float(), (160, 160)).to(torch.uint8)
    events = list(train(wide, Recipe(steps=1, batch=2, threads=1), base=base))
    assert events[0].base != "none"
    assert events[-1].step == 1


def test_the_time_is_kept(drawn_paintings: torch.Tensor) -> None:
    began = time.monotonic()
    events = list(train(drawn_paintings, Recipe(name="sketch", minutes=0.2, batch=4, threads=2), began=began))
    assert time.monotonic() - began == pytest.approx(12, rel=0.15)
    assert events[-1].seconds <= 12.6
    assert 0 < max(e.progress for e in events if isinstance(e, Stepped)) <= 1


def test_a_loss_that_is_not_a_number_rolls_back_with_a_smaller_step(drawn_paintings: torch.Tensor) -> None:
    events = []
    one = Training(drawn_paintings, replace(QUICK, steps=10))
    for event in one.run():
        events.append(event)
        if isinstance(event, Sampled) and one.step == 0:
            with torch.no_grad():
                one.generator.first.weight[0, 0] = float("nan")
    rolled = [e for e in events if isinstance(e, RolledBack)]
    assert [e.rate for e in rolled] == [0.5]
    assert isinstance(events[-1], Finished)
    assert events[-1].step == 10


def test_a_training_that_stays_unstable_fails_in_words(drawn_paintings: torch.Tensor, monkeypatch) -> None:
    monkeypatch.setattr(losses, "COLOUR_WEIGHT", float("nan"))
    events = list(train(drawn_paintings, QUICK))
    assert [e.rate for e in events if isinstance(e, RolledBack)] == [0.5, 0.25, 0.125]
    assert isinstance(events[-1], Failed)
    assert "another seed" in events[-1].reason


def test_one_painting_is_too_few(drawn_paintings: torch.Tensor) -> None:
    with pytest.raises(PaintingError, match="1 paintings are too few"):
        Training(drawn_paintings[:1], QUICK)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("minutes", float("nan")),
        ("minutes", -1),
        ("name", "mural"),
        ("seed", 1.5),
        ("batch", True),
        ("precision", "int8"),
    ],
)
def test_a_setting_out_of_range_is_named(setting: str, value: object) -> None:
    with pytest.raises(RecipeError, match=str(value)):
        Recipe(**{setting: value})


def test_a_recipe_survives_json_and_refuses_unknown_settings() -> None:
    assert Recipe.from_json(QUICK.to_json()) == QUICK
    with pytest.raises(RecipeError, match="brush"):
        Recipe.from_json({"brush": 3})


def test_a_training_through_two_feature_networks_goes_on_with_both_opponents_as_they_were(
    drawn_paintings: torch.Tensor,
) -> None:
    recipe = replace(QUICK, steps=8, alone=0.0)
    first = Training(drawn_paintings, recipe, networks=(0, 1))
    for _ in first.run():
        pass
    kept = first.saved()
    second = Training(drawn_paintings, recipe, networks=(0, 1), resume=(kept.training, kept.state))
    for ours, theirs in zip(first.opponents, second.opponents, strict=True):
        assert all(
            torch.equal(a, theirs.discriminator.state_dict()[n]) for n, a in ours.discriminator.state_dict().items()
        )
        assert ours.optimiser.steps == theirs.optimiser.steps > 0
    assert not any(name.startswith("opponent") for name in kept.checkpoint)  # a model has one
    with pytest.raises(CheckpointError, match="Start a new run"):
        Training(drawn_paintings, recipe, networks=(0, 1), resume=_resumable(drawn_paintings))


def _resumable(drawn_paintings: torch.Tensor) -> tuple:
    """What is left of a training through one network."""
    kept = _last_saved(list(train(drawn_paintings, replace(QUICK, steps=1))))
    return kept.training, kept.state
