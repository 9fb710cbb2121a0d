"""Work on a CUDA device that is launched as a whole.

Most of the thousands of kernels of a training step take less time than launching them one by one does. A CUDA graph is
captured once and then launched by a single call, always on the same memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

WARM_UP = 3  # runs before the capture, in which libraries initialise themselves
ALIGNMENT = 16  # bytes


class CudaGraph:
    """``work`` as a CUDA graph: call it with tensors on the CPU of the same shapes as ``inputs``.

    Making one runs the work a few times. Each call returns what ``work`` returned, in memory that the next overwrites.
    """

    def __init__(
        self, work: Callable[[Sequence[Tensor]], Tensor], inputs: Sequence[Tensor], device: torch.device
    ) -> None:
        self._inputs = SharedMemory(inputs, device)
        self._inputs.fill(inputs)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                work(self._inputs.tensors)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        # Other threads may ask how far the device is, as NCCL's does.
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
            self._output = work(self._inputs.tensors)

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        self._inputs.fill(inputs)
        self._graph.replay()
        return self._output


class SharedMemory:
    """Memory of a device for tensors of the shapes of ``like``, side by side, so that all are copied at once.

    A copy for each would take longer, and one from ordinary memory waits for all that the device is to do before.
    ``tensors``: on the device, what ``fill`` was given last.
    """

    def __init__(self, like: Sequence[Tensor], device: torch.device) -> None:
        self._on_cuda = device.type == "cuda"
        offsets, total = [], 0
        for tensor in like:
            offsets.append(total)
            total += math.ceil(tensor.nbytes / ALIGNMENT) * ALIGNMENT
        self._staged = torch.empty(total, dtype=torch.uint8, pin_memory=self._on_cuda)
        self._kept = torch.empty(total, dtype=torch.uint8, device=device)
        self._parts = [_parts(self._staged, like, offsets), _parts(self._kept, like, offsets)]
        self._copied = torch.cuda.Event() if self._on_cuda else None

    @property
    def tensors(self) -> list[Tensor]:
        """On the device, the tensors that were given to ``fill`` last."""
        return self._parts[1]

    def fill(self, tensors: Sequence[Tensor]) -> None:
        """Copies ``tensors``, which are on the CPU."""
        if self._copied is not None:
            self._copied.synchronize()  # the last copy has read the staged bytes
        for part, tensor in zip(self._parts[0], tensors, strict=True):
            part.copy_(tensor)
        self._kept.copy_(self._staged, non_blocking=True)
        if self._copied is not None:
            self._copied.record()


def _parts(memory: Tensor, like: Sequence[Tensor], offsets: Sequence[int]) -> list[Tensor]:
    return [
        memory[offset : offset + tensor.nbytes].view(tensor.dtype).view(tensor.shape)
        for offset, tensor in zip(offsets, like, strict=True)
    ]


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
