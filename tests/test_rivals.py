"""The rivals learn, and keep to their budget."""

import pytest
import torch
from drawings import landscapes
from torch import Tensor

from benchmarks import sets
from benchmarks.rivals import RIVALS, rival
from benchmarks.rivals.projected_gan import FastGANGenerator, diff_augment


@pytest.mark.parametrize("name", sorted(RIVALS))
def test_a_rival_paints_from_noise(name: str) -> None:
    generator = RIVALS[name].generator_class().eval()
    rng = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        pictures = generator(generator.noise(2, rng))
    assert pictures.shape == (2, 3, generator.size, generator.size)
    assert pictures.abs().max() <= 1


@pytest.mark.parametrize("name", sorted(RIVALS))
def test_a_step_changes_what_a_rival_paints(name: str) -> None:
    paintings = sets.to_tensor(landscapes(4, 0, 80))
    torch.manual_seed(0)
    training = RIVALS[name](paintings, torch.Generator().manual_seed(0), batch=2)
    before = [p.clone() for p in training.trained().parameters()]
    training.step()
    after = list(training.trained().parameters())
    assert all(torch.isfinite(p).all() for p in after)
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True) if a.ndim == 4)


class _Slow(rival.Rival):
    """A rival whose steps take a twentieth of a second of a clock that only they move."""

    now = 0.0

    def step(self) -> None:
        type(self).now += 0.05

    def trained(self) -> rival.NoiseGenerator:
        return FastGANGenerator()


def test_a_rival_keeps_to_its_budget() -> None:
    def make(paintings: Tensor, rng: torch.Generator) -> _Slow:
        return _Slow(paintings, rng, size=16, batch=2)

    paintings = torch.zeros(4, 3, 20, 20, dtype=torch.uint8)
    trained = rival.train(make, paintings, seconds=1.5, seed=0, began=0.0, clock=lambda: _Slow.now)
    assert 1.5 - rival.RESERVED - 0.1 < _Slow.now <= 1.5 - rival.RESERVED
    assert trained.steps == round(_Slow.now / 0.05)
    assert trained.pictures_per_second == pytest.approx(40)


def test_a_rival_takes_the_faster_precision() -> None:
    def chosen(float32: float, bfloat16: float) -> list[bool]:
        times: list[float] = []
        for _ in range(6):
            times.append(bfloat16 if rival.bfloat16_next(times) else float32)
        return [t == bfloat16 for t in times]

    assert chosen(2.0, 1.0) == [False, False, True, True, True, True]
    assert chosen(1.0, 2.0) == [False, False, True, True, False, False]
    assert chosen(1.0, 9.0) == [False, False, True, False, False, False]


def test_augmentation_changes_each_picture_its_own_way() -> None:
    rng = torch.Generator().manual_seed(0)
    pictures = torch.rand(1, 3, 32, 32, generator=rng).expand(3, 3, 32, 32).clone().requires_grad_()
    changed = diff_augment(pictures, rng)
    assert changed.shape == pictures.shape
    assert not torch.equal(changed[0], changed[1])
    changed.sum().backward()
    assert pictures.grad is not None
    assert torch.isfinite(pictures.grad).all()
