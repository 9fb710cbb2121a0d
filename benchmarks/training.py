"""How fast a training runs, how soon it shows something, how well it keeps the time and how much memory it takes.

    python benchmarks/training.py [--recipe study] [--minutes 1] [--paintings 500]

Trains on drawn pictures in a process of its own, as the app does, and prints its figures. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
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

from neural_art.dataset import prepare as paintings
from neural_art.models.checkpoint import FILE
from neural_art.models.networks import Generator
from neural_art.recipe import LATENT_SIZE, SIZES, Recipe
from neural_art.runs.folder import Run

BASE = ROOT / "checkpoints" / "base"


def draw(folder: Path, count: int) -> None:
    """Pictures of coloured noise at several scales, all different."""
    chance = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        layers = [chance.integers(0, 256, (side, side, 3), dtype=np.uint8) for side in (3, 9, 40)]
        grown = [np.asarray(Image.fromarray(layer).resize((400, 400), Image.Resampling.BICUBIC)) for layer in layers]
        Image.fromarray(np.mean(grown, axis=0).astype(np.uint8)).save(folder / f"{number:04d}.jpg", quality=90)


def train(folder: Path, recipe: Recipe) -> dict[str, float]:
    """Trains the run in ``folder`` and returns what was measured."""
    command = [sys.executable, "-m", "neural_art.runs.worker", str(folder)]
    if (BASE / FILE).exists():
        command += ["--base", str(BASE)]
    start = time.monotonic()
    worker = subprocess.Popen(command, cwd=ROOT)
    process, peak, wall = psutil.Process(worker.pid), 0, 0.0
    while worker.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        if not wall and Run(folder).walls():
            wall = time.monotonic() - start
        time.sleep(0.1)
    seconds = time.monotonic() - start
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    rates = [event["pictures_per_second"] for event in events if event["event"] == "stepped"]
    return {
        "pictures a second (median)": statistics.median(rates),
        "seconds to the first wall": wall,
        "walls": len(Run(folder).walls()),
        "seconds in all": seconds,
        "seconds asked for": 60 * recipe.minutes,
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
    parser.add_argument("--recipe", choices=list(SIZES), default="study")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--paintings", type=int, default=500)
    options = parser.parse_args()
    recipe = Recipe(name=options.recipe, minutes=options.minutes)
    with tempfile.TemporaryDirectory() as scratch:
        draw(Path(scratch) / "drawn", options.paintings)
        run = Run.create(Path(scratch), "benchmark")
        for _ in paintings.prepare(Path(scratch) / "drawn", run.paintings_folder):
            pass
        run.set_recipe(recipe)
        run.set_wish("train")
        figures = train(run.folder, recipe)
    print(f"{recipe.name} ({recipe.size} px), {options.paintings} paintings")
    for name, value in {**figures, **paint(recipe.size)}.items():
        print(f"{value:10.1f}  {name}")


if __name__ == "__main__":
    main()
