"""Small paintings, runs that have them, and events as a training reports them. No tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from neural_art.dataset.prepare import prepare
from neural_art.events import Finished, Sampled, Saved, Started, Stepped
from neural_art.recipe import Budget, Recipe
from neural_art.runs.desired import set_desired_state
from neural_art.runs.run import Run

TINY = Recipe(name="sketch", batch=2, threads=1, precision="float32", base=False, device="cpu")
FEW_STEPS = Budget(steps=3)
ENDLESS = Budget(steps=10_000)


def paintings_folder(folder: Path, count: int = 8) -> Path:
    """``folder`` with small paintings, all different, one and a half times as wide as high."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for number in range(count):
        blocks = np.kron(rng.integers(0, 255, (8, 12, 3)), np.ones((8, 8, 1)))
        Image.fromarray(blocks.astype(np.uint8)).save(folder / f"{number}.png")
    return folder


def prepared_run(root: Path, paintings: Path, name: str = "Blocks") -> Run:
    """A new run in ``root`` with these paintings."""
    run = Run.create(root, name)
    for _ in prepare(paintings, run.paths.paintings):
        pass
    return run


def ask_to_train(run: Run, budget: Budget = FEW_STEPS) -> Run:
    """``run``, which now waits for a tiny training."""
    run.set_recipe(TINY)
    set_desired_state(run, "training", budget.minutes, steps=budget.steps)
    return run


def started(step: int = 0, *, resumed: bool = False) -> Started:
    return Started(
        step=step,
        seconds=step,
        paintings=8,
        resumed=resumed,
        base="none",
        precision="float32",
        threads=1,
        batch=4,
        budget=300,
    )


def stepped(step: int, texture_distance: float = 0.5) -> Stepped:
    return Stepped(
        step=step,
        seconds=step,
        progress=step / 100,
        texture_distance=texture_distance,
        fooling_rate=0.25,
        discriminator_loss=1.0,
        generator_loss=1.0,
        pictures_per_second=30,
        seconds_left=9,
    )


def sampled(step: int, number: int = 0, count: int = 24) -> Sampled:
    return Sampled(step=step, seconds=step, number=number, pictures=np.full((count, 64, 64, 3), 200, np.uint8))


def saved(step: int) -> Saved:
    weights = {"weight": torch.full((3,), float(step))}
    return Saved(
        step=step, seconds=step, checkpoint=weights, training=weights, settings={"size": 64}, state={"step": step}
    )


def finished(step: int) -> Finished:
    return Finished(step=step, seconds=step, early=False, pictures_per_second=30)


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Waits for what another process does; fails if it does not come about in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
