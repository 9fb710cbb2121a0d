"""Adam, as all networks here are trained with it."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


def gradients(loss: Tensor, tensors: Iterable[Tensor], *, retain_graph: bool = False) -> list[Tensor]:
    """Of ``loss``, for each of ``tensors``, as ``Adam`` takes them."""
    return list(torch.autograd.grad(loss, list(tensors), retain_graph=retain_graph))


class Adam:
    """Adam (Kingma and Ba 2015, arXiv 1412.6980) with bias correction and no weight decay.

    The same update as ``torch.optim.Adam``, which would load PyTorch's compiler: 1 s and 155 MB in every training.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], betas: tuple[float, float], epsilon: float = 1e-8) -> None:
        self.parameters: list[Tensor] = list(parameters)
        self.betas, self.epsilon = betas, epsilon
        self.steps = torch.zeros((), device=self.parameters[0].device)
        self.means = [torch.zeros_like(p) for p in self.parameters]
        self.squares = [torch.zeros_like(p) for p in self.parameters]

    @torch.no_grad()
    def step(self, gradients: list[Tensor], rate: float | Tensor) -> None:
        """Moves every parameter by about ``rate`` (a number, or a scalar beside them) against its gradient."""
        self.steps += 1
        pairs = zip(self.parameters, gradients, strict=True)
        torch._fused_adam_(  # goes through memory in order: each gradient must lie as its parameter does
            self.parameters,
            [g if g.stride() == p.stride() else torch.empty_like(p).copy_(g) for p, g in pairs],
            self.means,
            self.squares,
            max_exp_avg_sqs=[],
            state_steps=[self.steps] * len(self.parameters),
            lr=rate,
            beta1=self.betas[0],
            beta2=self.betas[1],
            weight_decay=0.0,
            eps=self.epsilon,
            amsgrad=False,
            maximize=False,
        )

    def tensors(self, name: str) -> dict[str, Tensor]:
        """The state, which later steps change, each tensor's name beginning with ``name``."""
        state = {f"{name}.steps": self.steps.long()}
        for number, (mean, square) in enumerate(zip(self.means, self.squares, strict=True)):
            state |= {f"{name}.{number}.mean": mean, f"{name}.{number}.square": square}
        return state

    def restore(self, name: str, tensors: dict[str, Tensor]) -> None:
        """Continue from the state that ``tensors`` gave. Raises ``KeyError`` or ``RuntimeError`` if it does not fit."""
        self.steps.fill_(int(tensors[f"{name}.steps"]))
        for number, (mean, square) in enumerate(zip(self.means, self.squares, strict=True)):
            mean.copy_(tensors[f"{name}.{number}.mean"])
            square.copy_(tensors[f"{name}.{number}.square"])
