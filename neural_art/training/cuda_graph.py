"""Work on a CUDA device that is launched as a whole.

Most of the thousands of kernels of a training step take less time than launching them one by one does. What is recorded
once (a CUDA graph) is launched by one call, always on the same memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

WARM_UP = 3  # times that work is done before it is recorded: libraries set themselves up


class Recording:
    """``work`` as a recording: called with tensors of the same shapes as ``given``, it does it on them.

    To make one does the work a few times. Each call returns what ``work`` returned, in memory that the next overwrites.
    """

    def __init__(self, work: Callable[[Sequence[Tensor]], Tensor], given: Sequence[Tensor]) -> None:
        self._given = [tensor.clone() for tensor in given]
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                work(self._given)
        torch.cuda.current_stream().wait_stream(aside)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._found = work(self._given)

    def __call__(self, given: Sequence[Tensor]) -> Tensor:
        for own, new in zip(self._given, given, strict=True):
            own.copy_(new)
        self._graph.replay()
        return self._found


class Later:
    """Values that a device may still be at work on."""

    def __init__(self, values: Tensor) -> None:
        self._values = values.to("cpu", non_blocking=True)
        self._there = torch.cuda.Event()
        self._there.record()

    def value(self) -> Tensor:
        """The values, on the CPU, once they are there."""
        self._there.synchronize()
        return self._values
