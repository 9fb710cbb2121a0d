"""How fast a training runs, how soon it shows something, how well it keeps to its budget and how much memory it takes.

    python benchmarks/training.py [--recipe study] [--minutes 1] [--paintings 500]

Trains on generated pictures in a process of its own, started as the page starts it, and prints the figures. Run it on
an idle machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import psutil
import torch
from PIL import Image

from neural_art.dataset.prepare import prepare
from neural_art.models.generator import Generator
from neural_art.recipe import LATENT_SIZE, SIZES, Budget, Recipe
from neural_art.runs.desired import set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lock import is_locked, lock_holder, take_lock
from neural_art.runs.processes import WorkerProcesses
from neural_art.runs.run import Run
from neural_art.shipped import BASE


def draw(folder: Path, count: int) -> None:
    """Pictures of coloured noise at several scales, all different."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        layers = [rng.integers(0, 256, (side, side, 3), dtype=np.uint8) for side in (3, 9, 40)]
        grown = [np.asarray(Image.fromarray(layer).resize((400, 400), Image.Resampling.BICUBIC)) for layer in layers]
        Image.fromarray(np.mean(grown, axis=0).astype(np.uint8)).save(folder / f"{number:04d}.jpg", quality=90)


def train(run: Run, budget: Budget) -> dict[str, float]:
    """Trains ``run``; what was measured."""
    set_desired_state(run, "training", budget.minutes)
    journal, peak, first_grid = Journal(run), 0, 0.0
    start = time.monotonic()
    lock = take_lock(run)
    WorkerProcesses(BASE if BASE.exists() else None).start(run, lock)
    os.close(lock)
    while is_locked(run):
        if process := lock_holder(run):
            try:
                peak = max(peak, process.memory_info().rss)
            except psutil.NoSuchProcess:
                break
        if not first_grid and journal.sample_grids():
            first_grid = time.monotonic() - start
        time.sleep(0.1)
    seconds = time.monotonic() - start
    rates = [event["pictures_per_second"] for event in journal.events() if event["event"] == "stepped"]
    if not rates:
        sys.exit(run.paths.worker_log.read_text() or "The training had no time for a step. Give it more minutes.")
    return {
        "pictures a second (median)": statistics.median(rates),
        "seconds to the first sample grid": first_grid,
        "sample grids": len(journal.sample_grids()),
        "seconds in all": seconds,
        "seconds asked for": budget.seconds or 0.0,
        "peak resident memory, MB": peak / 1e6,
    }


def paint(size: int) -> dict[str, float]:
    """Milliseconds to paint one picture, as the page does."""
    generator = Generator(size).eval().to(memory_format=torch.channels_last)
    latents, times = torch.randn(1, LATENT_SIZE), []
    with torch.inference_mode():
        for _ in range(60):
            start = time.perf_counter()
            generator(latents)
            times.append(1e3 * (time.perf_counter() - start))
    return {"milliseconds to paint one picture (median)": statistics.median(times[10:])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", choices=list(SIZES), default=Recipe().name)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--paintings", type=int, default=500)
    options = parser.parse_args()
    recipe = Recipe(name=options.recipe)
    with tempfile.TemporaryDirectory() as scratch:
        draw(Path(scratch) / "pictures", options.paintings)
        run = Run.create(Path(scratch), "benchmark")
        for _ in prepare(Path(scratch) / "pictures", run.paths.paintings):
            pass
        run.set_recipe(recipe)
        figures = train(run, Budget.requested(options.minutes))
    print(f"{recipe.name} ({recipe.size} px), {options.paintings} paintings")
    for name, value in {**figures, **paint(recipe.size)}.items():
        print(f"{value:10.1f}  {name}")


if __name__ == "__main__":
    main()
