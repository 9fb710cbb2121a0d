"""Adam is Adam."""

import torch
from torch import nn

from neural_art.training.optimizer import Adam


def test_the_steps_are_those_of_pytorch_however_the_weights_lie_in_memory() -> None:
    rng = torch.Generator().manual_seed(0)
    start = torch.randn(5, 4, 3, 3, generator=rng)
    mine = nn.Parameter(start.clone(memory_format=torch.channels_last))
    theirs = nn.Parameter(start.clone())
    ours, reference = Adam([mine], (0.5, 0.99)), torch.optim.Adam([theirs], lr=0.01, betas=(0.5, 0.99))
    for _ in range(3):
        gradient = torch.randn(5, 4, 3, 3, generator=rng)  # not channels last
        theirs.grad = gradient.clone()
        ours.step([gradient], 0.01)
        reference.step()
    assert torch.allclose(mine, theirs, atol=1e-6)
    assert not torch.allclose(mine, start, atol=1e-3)


def test_a_restored_state_continues_alike() -> None:
    weights, gradient = torch.ones(4), torch.tensor([1.0, -2.0, 3.0, 0.5])
    a, b = nn.Parameter(weights.clone()), nn.Parameter(weights.clone())
    first, second = Adam([a], (0.5, 0.99)), Adam([b], (0.5, 0.99))
    first.step([gradient], 0.1)
    second.restore("adam", first.tensors("adam"))
    with torch.no_grad():
        b.copy_(a)
    for optimizer in (first, second):
        optimizer.step([-gradient], 0.1)
    assert torch.equal(a, b)
