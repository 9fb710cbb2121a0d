"""One update of both networks, on the shards of a batch side by side."""

import copy

import pytest
import torch

from neural_art.models.discriminator import Discriminator
from neural_art.models.features import feature_network
from neural_art.models.generator import Generator
from neural_art.models.pixels import to_signed
from neural_art.training import losses
from neural_art.training.augment import Augmentation
from neural_art.training.optimizer import Adam, gradients
from neural_art.training.step import COARSE, Critic, Shard, Shown, TrainStep

Networks = tuple[Generator, Discriminator]


@pytest.fixture
def networks() -> Networks:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Generator(64).train(), Discriminator().train()


def train_step(generator: Generator, discriminator: Discriminator, threads: int, *others: Critic) -> TrainStep:
    optimizer = Adam(generator.parameters(), (0.5, 0.99))
    critics = [Critic.on(0, discriminator), *others]
    return TrainStep(generator, optimizer, critics, threads=threads, bfloat16=False)


def shard(paintings: torch.Tensor, seed: int = 0, reconstructed: int = 2) -> Shard:
    rng = torch.Generator().manual_seed(seed)
    shown = to_signed(paintings[:4, :, :64, :64])
    augmentation = Augmentation.draw(4, 64, 64, rng)
    return Shard([torch.randn(4, 256, generator=rng)], lambda drawn: Shown(shown, *drawn, augmentation), reconstructed)


def take(step: TrainStep, *shards: Shard, adversarial: float = 0.1, turn: int = 0) -> dict[str, float]:
    return step(shards, adversarial=adversarial, generator_lr=1e-3, discriminator_lr=1e-3, turn=turn)


def test_two_threads_with_equal_shards_take_the_step_of_one(networks: Networks, drawn_paintings: torch.Tensor) -> None:
    one, two = networks, copy.deepcopy(networks)
    same = shard(drawn_paintings)
    alone = take(train_step(*one, threads=1), same)
    together = take(train_step(*two, threads=2), same, same)
    assert alone == pytest.approx(together, abs=1e-5)
    for a, b in zip((*one[0].parameters(), *one[1].heads.parameters()), two[0].parameters(), strict=False):
        assert torch.allclose(a, b, atol=1e-5)


def test_both_networks_move_and_what_is_frozen_does_not(networks: Networks, drawn_paintings: torch.Tensor) -> None:
    before = copy.deepcopy(networks)
    take(train_step(*networks, threads=2), shard(drawn_paintings), shard(drawn_paintings, seed=1))
    assert not torch.equal(before[0].first.weight, networks[0].first.weight)
    before_after = list(zip(before[1].named_parameters(), networks[1].parameters(), strict=True))
    assert all(torch.equal(a, b) for (_, a), b in before_after if not b.requires_grad)
    assert not any(torch.equal(a, b) for (name, a), b in before_after if b.requires_grad and "weight" in name)


def test_without_an_adversary_the_heads_stay_and_the_pictures_come_closer(
    networks: Networks, drawn_paintings: torch.Tensor
) -> None:
    before = copy.deepcopy(networks[1])
    step, same = train_step(*networks, threads=1), shard(drawn_paintings, reconstructed=4)
    measured = [take(step, same, adversarial=0.0) for _ in range(8)]
    assert measured[-1]["texture_distance"] < 0.9 * measured[0]["texture_distance"]
    assert {each["discriminator_loss"] for each in measured} == {0.0}
    assert all(torch.equal(a, b) for a, b in zip(before.parameters(), networks[1].parameters(), strict=True))


def test_a_step_is_adam_on_the_sum_of_the_losses_among_weights_that_are_alike_on_flat(
    networks: Networks, drawn_paintings: torch.Tensor
) -> None:
    same, start = shard(drawn_paintings, reconstructed=4), copy.deepcopy(networks[0])
    take(train_step(*networks, threads=2), same, same, adversarial=0.0)
    real, latents, augmentation = same.shown(same.drawn)
    fake = start(latents)
    maps = [feature_network()(augmentation(shown)) for shown in (fake.clamp(-1, 1), real)]
    loss = (
        losses.TEXTURE_WEIGHT * losses.texture_distance(*maps)
        + losses.ARRANGEMENT_WEIGHT * losses.feature_distance(*(m[COARSE:] for m in maps))
        + losses.COLOUR_WEIGHT * losses.colour_distance(fake.clamp(-1, 1), real)
        + losses.SHARED_DETAIL_WEIGHT * losses.shared_detail_penalty(fake.clamp(-1, 1), real)
        + losses.CHECKERBOARD_WEIGHT * losses.checkerboard_penalty(fake.clamp(-1, 1), real)
        + losses.overshoot(fake)
    )
    found = gradients(loss, start.parameters())
    start.project_(found)
    Adam(start.parameters(), (0.5, 0.99)).step(found, 1e-3)
    start.project_(list(start.parameters()))
    for (name, ours), expected in zip(networks[0].named_parameters(), start.parameters(), strict=True):
        moved = (ours - expected).abs().mean() / 1e-3  # Adam's first step moves all by the learning rate
        assert moved < 0.02, name


def test_weights_stay_alike_on_flat_maps(networks: Networks, drawn_paintings: torch.Tensor) -> None:
    take(train_step(*networks, threads=1), shard(drawn_paintings))
    projected = copy.deepcopy(networks[0])
    projected.project_(list(projected.parameters()))
    for a, b in zip(networks[0].parameters(), projected.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_critics_take_turns_each_with_its_own_feature_network(
    networks: Networks, drawn_paintings: torch.Tensor
) -> None:
    second = Critic.on(1, copy.deepcopy(networks[1]))
    assert second.features is not feature_network(0)
    step, same, copies = train_step(*networks, 1, second), shard(drawn_paintings), copy.deepcopy(networks)
    start = [parameter.clone() for parameter in second.discriminator.heads.parameters()]

    def heads_moved() -> list[bool]:
        heads = (networks[1].heads, second.discriminator.heads)
        return [any(not torch.equal(a, b) for a, b in zip(h.parameters(), start, strict=True)) for h in heads]

    first = take(step, same, turn=2)
    assert heads_moved() == [True, False]
    alone = take(train_step(*copies, 1), same)
    assert alone == pytest.approx(first, abs=1e-5)  # the first one's turn is a step without the other
    assert take(step, same, turn=3)["texture_distance"] != pytest.approx(first["texture_distance"], abs=1e-4)
    assert heads_moved() == [True, True]
