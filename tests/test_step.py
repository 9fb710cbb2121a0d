"""One update of both networks, on parts of a batch side by side."""

import copy

import pytest
import torch

from neural_art.models.features import feature_network
from neural_art.models.networks import Discriminator, Generator
from neural_art.training import losses
from neural_art.training.augment import Look
from neural_art.training.optimizer import Adam, gradients
from neural_art.training.step import COARSE, Opponent, Part, Stepper


@pytest.fixture
def networks() -> tuple[Generator, Discriminator]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Generator(64).train(), Discriminator().train()


def _stepper(generator: Generator, discriminator: Discriminator, threads: int, *others: Opponent) -> Stepper:
    optimiser = Adam(generator.parameters(), (0.5, 0.99))
    return Stepper(generator, optimiser, [Opponent.on(0, discriminator), *others], threads=threads, half=False)


def _part(paintings: torch.Tensor, seed: int = 0, copied: int = 2) -> Part:
    chance = torch.Generator().manual_seed(seed)
    shown = paintings[:4, :, :64, :64].float() / 127.5 - 1
    return Part(lambda: shown, torch.randn(4, 256, generator=chance), copied, Look.draw(4, 64, 64, chance))


def _step(stepper: Stepper, *parts: Part, adversarial: float = 0.1, turn: int = 0) -> dict[str, float]:
    return stepper.step(parts, adversarial=adversarial, generator_rate=1e-3, discriminator_rate=1e-3, turn=turn)


def test_two_threads_with_equal_parts_take_the_step_of_one(
    networks: tuple[Generator, Discriminator], drawn_paintings: torch.Tensor
) -> None:
    one, two = networks, copy.deepcopy(networks)
    part = _part(drawn_paintings)
    alone = _step(_stepper(*one, threads=1), part)
    together = _step(_stepper(*two, threads=2), part, part)
    assert alone == pytest.approx(together, abs=1e-5)
    for a, b in zip((*one[0].parameters(), *one[1].heads.parameters()), two[0].parameters(), strict=False):
        assert torch.allclose(a, b, atol=1e-5)


def test_both_networks_move_and_what_is_frozen_does_not(
    networks: tuple[Generator, Discriminator], drawn_paintings: torch.Tensor
) -> None:
    before = copy.deepcopy(networks)
    _step(_stepper(*networks, threads=2), _part(drawn_paintings), _part(drawn_paintings, seed=1))
    assert not torch.equal(before[0].first.weight, networks[0].first.weight)
    before_after = list(zip(before[1].named_parameters(), networks[1].parameters(), strict=True))
    assert all(torch.equal(a, b) for (_, a), b in before_after if not b.requires_grad)
    assert not any(torch.equal(a, b) for (name, a), b in before_after if b.requires_grad and "weight" in name)


def test_without_an_opponent_the_heads_stay_and_the_pictures_come_closer(
    networks: tuple[Generator, Discriminator], drawn_paintings: torch.Tensor
) -> None:
    before = copy.deepcopy(networks[1])
    stepper, part = _stepper(*networks, threads=1), _part(drawn_paintings, copied=4)
    readings = [_step(stepper, part, adversarial=0.0) for _ in range(8)]
    assert readings[-1]["closeness"] < 0.9 * readings[0]["closeness"]
    assert {r["discriminator_loss"] for r in readings} == {0.0}
    assert all(torch.equal(a, b) for a, b in zip(before.parameters(), networks[1].parameters(), strict=True))


def test_a_step_moves_the_generator_as_gradients_through_the_whole_of_it_would(
    networks: tuple[Generator, Discriminator], drawn_paintings: torch.Tensor
) -> None:
    part, start = _part(drawn_paintings, copied=4), copy.deepcopy(networks[0])
    _step(_stepper(*networks, threads=2), part, part, adversarial=0.0)
    real = part.paintings()
    fake = start(part.latents)
    maps = [feature_network()(part.look(shown)) for shown in (fake.clamp(-1, 1), real)]
    loss = (
        losses.TEXTURE_WEIGHT * losses.texture_distance(*maps)
        + losses.ARRANGEMENT_WEIGHT * losses.feature_distance(*(m[COARSE:] for m in maps))
        + losses.COLOUR_WEIGHT * losses.colour_distance(fake.clamp(-1, 1), real)
        + losses.WATERMARK_WEIGHT * losses.watermark(fake.clamp(-1, 1), real)
        + losses.overshoot(fake)
    )
    Adam(start.parameters(), (0.5, 0.99)).step(gradients(loss, start.parameters()), 1e-3)
    for (name, ours), theirs in zip(networks[0].named_parameters(), start.parameters(), strict=True):
        moved = (ours - theirs).abs().mean() / 1e-3  # Adam's first step moves all by the rate
        assert moved < 0.02, name


def test_opponents_take_turns_each_with_its_own_feature_network(
    networks: tuple[Generator, Discriminator], drawn_paintings: torch.Tensor
) -> None:
    second = Opponent.on(1, copy.deepcopy(networks[1]))
    assert second.features is not feature_network(0)
    stepper, part, copies = _stepper(*networks, 1, second), _part(drawn_paintings), copy.deepcopy(networks)
    start = [parameter.clone() for parameter in second.discriminator.heads.parameters()]

    def heads_moved() -> list[bool]:
        heads = (networks[1].heads, second.discriminator.heads)
        return [any(not torch.equal(a, b) for a, b in zip(h.parameters(), start, strict=True)) for h in heads]

    first = _step(stepper, part, turn=2)
    assert heads_moved() == [True, False]
    alone = _step(_stepper(*copies, 1), part)
    assert alone == pytest.approx(first, abs=1e-5)  # the first one's turn is a step without the other
    assert _step(stepper, part, turn=3)["closeness"] != pytest.approx(first["closeness"], abs=1e-4)
    assert heads_moved() == [True, True]
