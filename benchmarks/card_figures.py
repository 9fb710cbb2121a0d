"""The figures of a training on a processor: its rates, a step and its kernels, what goes on beside the steps, painting,
and the first sample grid. benchmarks/card.py keeps them and prints them."""

from __future__ import annotations

import copy
import itertools
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from benchmarks.step import starting_model
from benchmarks.timing import milliseconds
from neural_art.events import Adapted, Event, Started, Stepped
from neural_art.models import checkpoint
from neural_art.processor import CPU, Processor
from neural_art.recipe import LATENT_SIZE, SIZES, Budget, Recipe
from neural_art.runs.sample_grid import draw_sample_grid
from neural_art.training.device import CARD_BATCHES, CPU_BATCH
from neural_art.training.learner import SAMPLES
from neural_art.training.trainer import Training

ROOT: Final = Path(__file__).resolve().parent.parent
WARM_UP: Final = 4  # steps, the capture among them
PROFILED: Final = 5  # steps
COUNTED: Final = 2  # pictures in the step whose operations are counted
MANY: Final = 64  # pictures painted at once
LARGE: Final = {"cpu": 512, "cuda": 8192, "mps": 4096}  # side of matrices; copies are of as many numbers

FIRST_GRID: Final = """
import sys, time
import psutil
from benchmarks.card_figures import noise
from benchmarks.step import starting_model
from neural_art.events import Sampled
from neural_art.processor import Processor
from neural_art.recipe import Budget, Recipe
from neural_art.training.trainer import Training
recipe = Recipe(name=sys.argv[2])
began = psutil.Process().create_time()
base = starting_model(recipe.size)
paintings, processor = noise(recipe, int(sys.argv[3])), Processor(sys.argv[1])
training = Training(paintings, recipe, Budget(minutes=1), base=base, processor=processor)
next(event for event in training.run() if isinstance(event, Sampled))
print(time.time() - began)
"""

Figures = dict[str, Any]


base_of = lru_cache(starting_model)


class Counter(TorchDispatchMode):
    """Counts the ``operations`` of products and convolutions, and the ``bytes`` that all would read and write if none
    of them lay in a cache."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        given = {id(t): t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)}
        made = {id(t): t for t in tree_leaves(out) if isinstance(t, Tensor)}
        if (count := flop_registry.get(func._overloadpacket)) is not None:
            self.operations += count(*args, **(kwargs or {}), out_val=out)
        if not func.is_view:
            self.bytes += sum(tensor.nbytes for tensor in (given | made).values())
        return out


def noise(recipe: Recipe, count: int) -> Tensor:
    """Paintings, as a training wants them."""
    side, rng = recipe.stored_size, torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8, generator=rng)


def training_of(recipe: Recipe, processor: Processor, count: int) -> Training:
    """A training that reports every step and saves nothing."""
    return Training(
        noise(recipe, count),
        recipe,
        Budget(minutes=60),
        base=base_of(recipe.size),
        save_seconds=math.inf,
        step_seconds=0,
        processor=processor,
    )


def both_losses(name: str, batch: int, precision: str = "auto") -> Recipe:
    """Noise is out of the base's domain; without a warm-up it has all losses from the second step."""
    return Recipe(name=name, batch=batch, reconstruction_warmup=0, precision=precision)


def waited(device: str) -> None:
    """Returns when the device has nothing to do."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()


def timed(device: str, call: Callable[[], object], times: int = 9) -> float:
    """Milliseconds of a call, the device's work included."""

    def whole() -> None:
        call()
        waited(device)

    return milliseconds(whole, times, warm_up=2)


def rates(processor: Processor) -> Figures:
    """What the processor can do: large matrix products and a large copy."""
    device, side = processor.device, LARGE[processor.kind]
    figures: Figures = {"processor": processor.name, "pytorch": torch.__version__, "cuda": torch.version.cuda}
    for precision in (torch.float32, torch.bfloat16):
        matrix = torch.randn(side, side, device=device).to(precision)
        taken = timed(device, lambda matrix=matrix: matrix @ matrix)
        figures[f"{precision} TFLOP/s".removeprefix("torch.")] = 2 * side**3 / taken / 1e9
    numbers = torch.randn(side * side, device=device)
    target = torch.empty_like(numbers)
    figures["copy GB/s"] = 2 * numbers.nbytes / timed(device, lambda: target.copy_(numbers)) / 1e6
    few = torch.zeros(16, device=device)
    figures["launch of a kernel, us"] = 10 * timed(device, lambda: [few.add_(1) for _ in range(100)])
    return figures


def speed(
    name: str, batch: int, processor: Processor, paintings: int, seconds: float, *, autotuned: bool = False
) -> Figures:
    """Pictures a second with both losses, and how long the first steps took."""
    device, cuda = processor.device, processor.kind == "cuda"
    torch.backends.cudnn.benchmark = autotuned
    if cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    started = time.perf_counter()
    training = training_of(both_losses(name, batch), processor, paintings)
    events = training.run()
    steps = _steps(events)
    used = next(events)
    assert isinstance(used, Started)
    set_up = time.perf_counter() - started
    for _ in itertools.islice(steps, WARM_UP):
        pass
    waited(device)
    warm_up = time.perf_counter() - started - set_up
    taken: list[float] = []
    before = began = time.perf_counter()
    while time.perf_counter() - began < seconds or len(taken) < 3:
        if isinstance(next(steps), Adapted):
            return {"pictures a second": None, "note": "out of memory"}
        taken.append(time.perf_counter() - before)
        before = time.perf_counter()
    waited(device)
    whole = time.perf_counter() - began
    torch.backends.cudnn.benchmark = False
    return {
        "pictures a second": batch * len(taken) / whole,
        "ms a step": 1000 * whole / len(taken),
        "precision": used.precision,
        "memory, GB": torch.cuda.max_memory_allocated() / 1e9 if cuda else None,
        "set-up, s": set_up,
        "first steps, s": warm_up,
    }


def _steps(events: Iterator[Event]) -> Iterator[Event]:
    """The steps, without the sample grids between them, and what shows that the batch was too large."""
    return (event for event in events if isinstance(event, (Stepped, Adapted)))


def kernels(name: str, batch: int, processor: Processor) -> Figures:
    """Of a step: how many kernels run, for how long, and which take the most."""
    if processor.kind != "cuda":
        return {}
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    steps = _steps(training_of(both_losses(name, batch), processor, 4).run())
    for _ in itertools.islice(steps, WARM_UP):
        pass
    waited(processor.device)
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiled:
        for _ in itertools.islice(steps, PROFILED):
            pass
        waited(processor.device)
    events = profiled.key_averages()
    on_card = [event for event in events if event.device_type == DeviceType.CUDA]
    on_card.sort(key=lambda event: -event.self_device_time_total)
    launches = [event for event in events if event.key in ("cudaGraphLaunch", "hipGraphLaunch")]
    return {
        "kernels": sum(event.count for event in on_card) / PROFILED,
        "ms of kernels": sum(event.self_device_time_total for event in on_card) / PROFILED / 1000,
        "ms to launch": sum(event.self_cpu_time_total for event in launches) / PROFILED / 1000,
        "most": [
            [event.key[:90], event.count / PROFILED, event.self_device_time_total / PROFILED / 1000]
            for event in on_card[:12]
        ],
    }


def counted(name: str, precision: str) -> Figures:
    """Operations and bytes of a step, for each picture, counted on the processor with both losses."""
    recipe = Recipe(**{**both_losses(name, COUNTED, precision).to_json(), "threads": 1})
    steps = _steps(training_of(recipe, CPU, 4).run())
    next(steps)
    with Counter() as counter:
        next(steps)
    return {"GFLOP": counter.operations / COUNTED / 1e9, "GB": counter.bytes / COUNTED / 1e9}


def beside(name: str, processor: Processor) -> Figures:
    """Milliseconds of what a training does beside its steps: a sample grid and a save, made and written."""
    recipe, device = both_losses(name, 2), processor.device
    training = training_of(recipe, processor, 4)
    next(_steps(training.run()))
    latents = torch.randn(SAMPLES, LATENT_SIZE, device=device)
    generator = training.networks.averaged

    @torch.inference_mode()
    def paint() -> Tensor:
        return (generator(latents).float() * 127.5 + 127.5).clamp(0, 255).to(torch.uint8).cpu()

    pictures = paint().permute(0, 2, 3, 1).numpy()
    saved = training.saved()
    with tempfile.TemporaryDirectory() as folder:

        def write() -> None:
            checkpoint.write(Path(folder) / "checkpoint.safetensors", saved.checkpoint, saved.settings)
            checkpoint.write(Path(folder) / "training.safetensors", saved.training, saved.state)

        return {
            "grid painted": timed(device, paint, 3),
            "encoded": milliseconds(lambda: draw_sample_grid(pictures, 1.3), 2, 1),
            "save copied": timed(device, training.saved, 2),
            "written": milliseconds(write, 2, 1),
        }


@torch.inference_mode()
def painting(name: str, processor: Processor) -> Figures:
    """Milliseconds a picture: one alone, and many at once; in float32, as the page paints."""
    device = processor.device
    generator = copy.deepcopy(base_of(SIZES[name]).generator).to(device).freeze()
    drawn = torch.randn(MANY, LATENT_SIZE, device=device)
    return {f"at {n}": timed(device, lambda n=n: generator(drawn[:n]), 3) / n for n in (1, MANY)}


def first_grid(name: str, processor: Processor, paintings: int) -> Figures:
    """Seconds from the start of a process until the first sample grid is there."""
    command = [sys.executable, "-c", FIRST_GRID, processor.device, name, str(paintings)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {"seconds": float(done.stdout.split()[-1])}


def batches(name: str, processor: Processor) -> list[int]:
    """Around what a training takes, the usual one in the middle."""
    usual = CARD_BATCHES[SIZES[name]] if processor.is_card else CPU_BATCH
    return [usual // 2, usual, 2 * usual] if processor.is_card else [usual]
