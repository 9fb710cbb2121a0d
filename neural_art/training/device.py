"""How this machine computes fastest."""

from __future__ import annotations

import copy
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from neural_art.machine import available_cores
from neural_art.models.features import feature_network
from neural_art.models.generator import Generator
from neural_art.recipe import Recipe

SHARDS = 2
"""Shards of a batch, at most. The threads of a machine that has more are divided among them."""

MOST_THREADS = 16
SLOWEST_STEP = 2.5  # seconds, or a hundredth of the budget: a step that takes longer gets a smaller batch


@dataclass(frozen=True)
class Compute:
    """What a training computes with."""

    precision: str  # "float32" or "bfloat16"
    threads: int
    batch: int


def planned_compute(recipe: Recipe, device: str) -> Compute:
    """What ``recipe`` asks for; "auto" is float32 on a CPU until it is measured, bfloat16 elsewhere."""
    usual = "float32" if device == "cpu" else "bfloat16"
    precision = usual if recipe.precision == "auto" else recipe.precision
    return Compute(precision, recipe.threads or min(available_cores(), MOST_THREADS), recipe.batch)


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
        compute = replace(compute, batch=compute.batch // 2)
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
