"""Several processes that train one model together, on one machine or on many: ``torchrun`` starts them.

Each sees pictures of its own, and their gradients are averaged before each update (data parallelism: Li et al. 2020,
arXiv 2006.15704). The first process decides everything, and tells the others before each step; so whatever it makes of
a clock, of a loss or of what a person wants, the others make the same step with the same weights.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
import torch.distributed as dist
from torch import Tensor

_NOTHING: Final = (0, 0, 0, 0, 0)

PATIENCE: Final = datetime.timedelta(hours=2)
"""How long processes wait for each other: the first one may validate, or read pictures, meanwhile."""


@dataclass(frozen=True)
class Order:
    """One step: its number, and the weight and the rates that it is made with. ``shared``: before it, all that was
    learned is taken over from the first process."""

    step: int
    adversarial: float
    rate: float
    shared: bool


class Group:
    """This process and the others. ``rank``: its number, 0 is the first; ``size``: how many there are."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size

    @property
    def local_rank(self) -> int:
        """This process's number among those of its machine."""
        return dist.get_node_local_rank()

    @classmethod
    def join(cls) -> Group | None:
        """The group that ``torchrun`` made this process for; None where it did not."""
        if not dist.is_torchelastic_launched():
            return None
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        dist.init_process_group(backend, timeout=PATIENCE)
        return cls(dist.get_rank(), dist.get_world_size())

    def close(self) -> None:
        """Leave the group."""
        dist.destroy_process_group()

    def wait(self) -> None:
        """Wait until all are here."""
        self._broadcast(torch.zeros(1))

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its mean over all processes. One message for all of them: on most networks a step
        waits for messages, not for bytes."""
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        dist.all_reduce(flat)
        flat /= self.size
        for tensor, mean in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(mean.view(tensor.shape))

    def share(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by that of the first process."""
        for tensor in tensors:
            whole = tensor.contiguous()
            self._broadcast(whole)
            tensor.copy_(whole)

    @contextlib.contextmanager
    def led(self) -> Iterator[None]:
        """While the block lasts, the others follow; they end with it. After an error they are left to ``torchrun``,
        which ends them: nobody knows what they are waiting for."""
        try:
            yield
        except GeneratorExit:
            self._tell(_NOTHING)
            raise
        self._tell(_NOTHING)

    def lead(self, step: int, adversarial: float, rate: float, *, shared: bool) -> None:
        """In the first process: tell the others what to do now (see ``Order``)."""
        self._tell([1, step, adversarial, rate, shared])

    def next_order(self) -> Order | None:
        """In the others: what to do now; None if there is nothing left to do."""
        goes_on, step, adversarial, rate, shared = self._tell(_NOTHING)
        return Order(int(step), adversarial, rate, shared > 0) if goes_on else None

    def _tell(self, numbers: Sequence[float]) -> list[float]:
        """What the first process tells all."""
        told = torch.tensor(numbers, dtype=torch.float64)
        self._broadcast(told)
        return told.tolist()

    def _broadcast(self, tensor: Tensor) -> None:
        dist.broadcast(tensor, 0)
