"""Which processors of this machine compute: each is tried with a small convolution.

``python -m neural_art.models.processors`` prints the answer as JSON: to ask a graphics card takes some of its memory,
and PyTorch, for as long as the process lives that asked.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from neural_art.messages import Message
from neural_art.models.generator import Generator
from neural_art.processor import CPU, Processor, Survey
from neural_art.recipe import LATENT_SIZE

MEASURED_SIZE, MEASURED_BATCH = 128, 8  # of the pictures that tell which processor is faster


def survey() -> Survey:
    """The processors that networks can learn and paint on, CUDA devices first.

    A CUDA device that this PyTorch has no programs for is passed over, and so is a Mac's graphics processor where its
    CPU is measured to be faster. ``CUDA_VISIBLE_DEVICES`` hides devices, as everywhere.
    """
    passed_over: list[Message] = []
    cards = [*_cuda_devices(passed_over), *_mps_device(passed_over)]
    return Survey((*cards, CPU), tuple(passed_over))


def seconds_to_learn(device: str) -> float:
    """Seconds that a generator takes to paint a few pictures on ``device`` and to find the gradients."""
    generator = Generator(MEASURED_SIZE).to(device).to(memory_format=torch.channels_last)
    latents = torch.zeros(MEASURED_BATCH, LATENT_SIZE, device=device)

    def once() -> float:
        start = time.monotonic()
        loss = generator(latents).square().mean()
        gradient = torch.autograd.grad(loss, list(generator.parameters()))
        _ = float(gradient[0].sum())  # waits for the device
        return time.monotonic() - start

    return min(once() for _ in range(3))


def _cuda_devices(passed_over: list[Message]) -> list[Processor]:
    if not torch.cuda.is_available():
        return []
    found = []
    for index in range(torch.cuda.device_count()):
        device, properties = f"cuda:{index}", torch.cuda.get_device_properties(index)
        try:
            _compute(device)
        except RuntimeError as error:  # the first line says what it is: no programs for this card, no memory left, ...
            why = str(error).strip().partition("\n")[0]
            passed_over.append(Message("processor.does-not-compute", {"name": properties.name, "why": why}))
        else:
            key = str(getattr(properties, "uuid", index))
            found.append(Processor(device, properties.name, properties.total_memory, key))
    return found


def _mps_device(passed_over: list[Message], measure: Callable[[str], float] = seconds_to_learn) -> list[Processor]:
    if not torch.backends.mps.is_available():
        return []
    name = "Apple GPU"
    try:
        _compute("mps")
        on_card, on_cpu = measure("mps"), measure("cpu")
    except RuntimeError as error:
        why = str(error).strip().partition("\n")[0]
        passed_over.append(Message("processor.does-not-compute", {"name": name, "why": why}))
        return []
    if on_card >= on_cpu:
        passed_over.append(Message("processor.slower-than-cpu", {"name": name, "times": on_card / on_cpu}))
        return []
    return [Processor("mps", name, key="mps")]


def _compute(device: str) -> None:
    """Raises ``RuntimeError`` unless the device computes."""
    picture = torch.ones(1, 8, 8, 8, device=device)
    if float(F.conv2d(picture, torch.ones(8, 8, 1, 1, device=device)).sum()) != 4096:
        raise RuntimeError("its results are wrong")


if __name__ == "__main__":
    json.dump(survey().to_json(), sys.stdout)
