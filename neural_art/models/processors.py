"""Which processors of this machine compute: each is tried with a small convolution.

``python -m neural_art.models.processors`` prints the answer as JSON: to ask a graphics card takes some of its memory,
and PyTorch, for as long as the process lives that asked.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from neural_art.errors import first_line
from neural_art.machine import processor_name
from neural_art.messages import Message
from neural_art.models.generator import Generator
from neural_art.processor import CPU, Processor, Survey
from neural_art.recipe import LATENT_SIZE

MEASURED_SIZE, MEASURED_BATCH = 128, 8  # of the pictures that tell which processor is faster


def survey(root: Path = Path("/")) -> Survey:
    """The processors that networks can learn and paint on, CUDA devices first. AMD's cards count among those, in a
    PyTorch for ROCm.

    A CUDA device that this PyTorch has no programs for is passed over, and so is a Mac's graphics processor where its
    CPU is measured to be faster. ``CUDA_VISIBLE_DEVICES`` hides devices, as everywhere. ``root``: where the system's
    ``dev`` and ``proc`` are.
    """
    passed_over: list[Message] = []
    cards = [*_cuda_devices(passed_over, root), *_mps_device(passed_over)]
    return Survey((*cards, replace(CPU, name=processor_name(root))), tuple(passed_over))


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


def _cuda_devices(passed_over: list[Message], root: Path) -> list[Processor]:
    if not torch.cuda.is_available():
        if (root / "dev/nvidia0").exists():
            passed_over.append(_why_no_cuda())
        return []
    found = []
    for index in range(torch.cuda.device_count()):
        device, properties = f"cuda:{index}", torch.cuda.get_device_properties(index)
        name = _name(properties)
        try:
            _compute(device)
        except RuntimeError as error:  # no programs for this card, no memory left, ...
            passed_over.append(_too_old(name, properties) or _does_not_compute(name, error))
        else:
            key = str(getattr(properties, "uuid", index))
            found.append(Processor(device, name, properties.total_memory, key))
    return found


def _why_no_cuda() -> Message:
    """Why an NVIDIA card that the system has is none for PyTorch."""
    if torch.version.cuda is None:
        return Message("processor.pytorch-without-cuda")
    try:
        torch.cuda.init()
    except RuntimeError as error:  # the driver is too old or not running, CUDA_VISIBLE_DEVICES hides the card, ...
        return _does_not_compute("NVIDIA", error)
    return Message("processor.does-not-compute", {"name": "NVIDIA", "why": "torch.cuda.is_available() is False"})


def _name(properties: Any) -> str:
    """The card's name, with its maker's."""
    return f"AMD {properties.name}" if torch.version.hip and "AMD" not in properties.name else str(properties.name)


def _too_old(name: str, properties: Any) -> Message | None:
    """That this PyTorch has no programs for cards as old as this one, if that is so."""
    programs = [int(found[1]) for each in torch.cuda.get_arch_list() if (found := re.match(r"sm_(\d+)", each))]
    capability = 10 * properties.major + properties.minor
    if torch.version.hip or not programs or capability >= min(programs):
        return None
    values = {"name": name, "capability": capability / 10, "least": min(programs) / 10}
    return Message("processor.too-old", values)


def _does_not_compute(name: str, error: RuntimeError) -> Message:
    """In the words of PyTorch, whose first line says what it is; a page of advice may follow."""
    return Message("processor.does-not-compute", {"name": name, "why": first_line(error)})


def _mps_device(passed_over: list[Message], measure: Callable[[str], float] = seconds_to_learn) -> list[Processor]:
    if not torch.backends.mps.is_available():
        return []
    name = "Apple GPU"
    try:
        _compute("mps")
        on_card, on_cpu = measure("mps"), measure("cpu")
    except RuntimeError as error:
        passed_over.append(_does_not_compute(name, error))
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
