"""What a training computes with, and what a graphics card's errors mean."""

from __future__ import annotations

import contextlib
import copy
import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from neural_art.errors import ProcessorError, first_line
from neural_art.machine import available_cores
from neural_art.models.features import feature_network
from neural_art.models.generator import Generator
from neural_art.processor import Processor
from neural_art.recipe import Recipe

SHARDS = 2
"""Shards of a batch, at most. The threads of a machine that has more are divided among them."""

MOST_THREADS = 16
LEAST_BATCH = 2  # pictures in a step: what pictures share can be told of two at least
CPU_BATCH = 16
CARD_BATCHES = {64: 64, 128: 64, 256: 32, 512: 16}  # by the side of the pictures
PICTURE_MEMORY = {64: 18, 128: 36, 256: 92, 512: 240}  # MB of a card that one takes in a step in bfloat16, about
MEMORY_SHARE = 1 / 2  # of a card's memory that a step may take
SLOWEST_STEP = 2.5  # seconds, or a hundredth of the budget: a step that takes longer gets a smaller batch
FEWEST_STEPS = 500  # in a card's budget: a slow card takes more steps of fewer pictures, as a CPU does


@dataclass(frozen=True)
class Compute:
    """What a training computes with."""

    precision: str  # "float32" or "bfloat16"
    threads: int
    batch: int


def planned_compute(recipe: Recipe, device: torch.device, halvings: int = 0) -> Compute:
    """What ``recipe`` asks for; what it leaves to the machine is chosen by the kind and the memory of ``device``.

    The precision is float32 on a CPU until it is measured, and bfloat16 on a CUDA device that multiplies it itself.
    ``halvings``: how often the batch is to be halved.
    """
    bfloat16 = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    usual = "bfloat16" if bfloat16 else "float32"
    precision = usual if recipe.precision == "auto" else recipe.precision
    batch = recipe.batch or usual_batch(recipe.size, memory_of(device), precision)
    threads = recipe.threads or min(available_cores(), MOST_THREADS)
    return Compute(precision, threads, halved(batch, halvings))


def usual_batch(size: int, memory: int | None, precision: str) -> int:
    """Pictures of ``size`` px in a step, where the recipe does not say: on a card with so many bytes of ``memory``, or
    on a CPU (None)."""
    if memory is None:
        return CPU_BATCH
    batch, each = CARD_BATCHES[size], 1e6 * PICTURE_MEMORY[size] * (1 if precision == "bfloat16" else 2)
    while batch > LEAST_BATCH and batch * each > MEMORY_SHARE * memory:
        batch = halved(batch)
    return batch


def halved(batch: int, times: int = 1) -> int:
    """``batch``, halved so often, but not below ``LEAST_BATCH``."""
    return max(min(batch, LEAST_BATCH), batch >> times)


def quick_batch(batch: int, step_seconds: float, seconds: float) -> int:
    """``batch``, halved until a budget of ``seconds`` has ``FEWEST_STEPS``, but not below a CPU's.

    ``step_seconds``: of a step of the whole batch. A card that is slow for its memory is busy with fewer pictures, too.
    """
    smaller = batch
    while smaller > CPU_BATCH and step_seconds * smaller / batch * FEWEST_STEPS > seconds:
        smaller = halved(smaller)
    return smaller


def memory_of(device: torch.device) -> int | None:
    """Bytes of memory of a card, whoever else uses it; None for the CPU."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return int(torch.mps.recommended_max_memory()) if device.type == "mps" else None


def release_memory(device: torch.device) -> None:
    """Give back what PyTorch keeps of a card's memory."""
    gc.collect()  # a CUDA graph and what it was made of hold each other
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether a card had no memory left: ``error`` says so, or one that it hides, as the end of a failed capture
    does."""
    while error is not None:
        if isinstance(error, torch.OutOfMemoryError) or (
            isinstance(error, RuntimeError) and any(sign in str(error) for sign in _OUT_OF_MEMORY)
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


_OUT_OF_MEMORY = ("out of memory", "ALLOC_FAILED")  # CUDA, HIP, MPS; cuBLAS and cuDNN


@contextlib.contextmanager
def card_errors(processor: Processor) -> Iterator[None]:
    """Raises ``ProcessorError`` where PyTorch gave up on a card.

    On a card that is any ``RuntimeError``, and an ``AssertionError`` where this PyTorch was built without such devices:
    drivers and libraries have many words for it. A fault of our own comes again on the CPU, and is reported there.
    """
    try:
        yield
    except (RuntimeError, AssertionError) as error:
        if not processor.is_card and not isinstance(error, (torch.AcceleratorError, torch.OutOfMemoryError)):
            raise
        if is_out_of_memory(error):
            raise ProcessorError("out-of-memory", name=processor.name) from error
        raise ProcessorError("lost", name=processor.name, why=first_line(error)) from error


def measured_compute(
    planned: Compute, recipe: Recipe, generator: Generator, latents: Tensor, seen: int, *, seconds: float | None
) -> Compute:
    """The fastest of what this machine's processor could do, tried on a copy of ``generator``.

    ``seen``: side of the windows that the feature network sees. ``seconds``: the budget, for which the batch is halved
    until a step takes little of it; None leaves the batch as it is.
    """
    compute = planned

    def timed(each: Compute) -> float:
        return _timed(each, generator, latents, seen)

    if recipe.precision == "auto" and multiplies_bfloat16():
        tried = [replace(compute, precision=precision) for precision in ("float32", "bfloat16")]
        for _ in range(2):
            timed(compute)  # memory that a process asks for the first time comes slowly
        compute = min(tried, key=lambda each: min(timed(each) for _ in range(2)))
    while seconds is not None and compute.batch > 4 and timed(compute) > max(SLOWEST_STEP, seconds / 100):
        compute = replace(compute, batch=halved(compute.batch))
    return compute


def _timed(compute: Compute, generator: Generator, latents: Tensor, seen: int) -> float:
    """Seconds that a forward and backward pass through generator and feature network takes."""
    copied = copy.deepcopy(generator)
    drawn = latents[torch.arange(compute.batch) % len(latents)]
    start = time.monotonic()
    with torch.autocast("cpu", torch.bfloat16, enabled=compute.precision == "bfloat16"):
        maps = feature_network()(F.adaptive_avg_pool2d(copied(drawn), seen))
        torch.stack([m.float().mean() for m in maps]).sum().backward()
    return time.monotonic() - start


def multiplies_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; where it is emulated, it is not worth a try."""
    try:
        with open("/proc/cpuinfo") as file:
            flags = file.read()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def thread_pool(threads: int) -> ThreadPoolExecutor:
    """A thread for each shard of a batch, with its share of the processor's ``threads``. They end with the pool."""
    shards = min(SHARDS, threads)
    return ThreadPoolExecutor(shards, "shard", torch.set_num_threads, (threads // shards,))
