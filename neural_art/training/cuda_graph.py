"""Work on a CUDA device that is launched as a whole.

Most of the thousands of kernels of a training step take less time than launching them one by one does. A CUDA graph is
captured once and then launched by a single call, always on the same memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

WARM_UP = 3  # runs before the capture, in which libraries initialise themselves


class CudaGraph:
    """``work`` as a CUDA graph: call it with tensors of the same shapes as ``inputs``.

    Making one runs the work a few times. Each call returns what ``work`` returned, in memory that the next overwrites.
    """

    def __init__(self, work: Callable[[Sequence[Tensor]], Tensor], inputs: Sequence[Tensor]) -> None:
        self._inputs = [tensor.clone() for tensor in inputs]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                work(self._inputs)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        # Other threads may ask how far the device is, as NCCL's does.
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
            self._output = work(self._inputs)

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        for own, new in zip(self._inputs, inputs, strict=True):
            own.copy_(new)
        self._graph.replay()
        return self._output


class PendingValues:
    """Values that a device may still be computing."""

    def __init__(self, values: Tensor) -> None:
        self._values = values.to("cpu", non_blocking=True)
        self._ready = torch.cuda.Event()
        self._ready.record()

    def wait(self) -> Tensor:
        """The values, on the CPU, once they are there."""
        self._ready.synchronize()
        return self._values
