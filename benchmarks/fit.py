"""What a generator's layers can do: how well it learns to paint 32 paintings from their latents.

    python benchmarks/fit.py FOLDER [--seconds 60] [--generators neural_art fastgan] [--rate 0.001] [--out DIR]

Without a discriminator, and with the same loss for all: the feature distance, place by place, and twice the mean
difference of pixels. Prints, for each generator, the feature distance after each quarter of its steps (0 is a copy, 1
about what another painting has). In a few minutes this tells architectures apart that trainings of hours do not: a
layer that cannot put a line where it belongs shows here. DIR gets the paintings with what was painted below them.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from benchmarks import sets
from benchmarks.rivals.projected_gan import FastGANGenerator
from benchmarks.sheets import grid
from neural_art.models.encoder import Encoder, describe
from neural_art.models.features import feature_network
from neural_art.models.generator import Generator
from neural_art.models.pixels import to_signed, to_uint8
from neural_art.recipe import Budget
from neural_art.training import losses
from neural_art.training.device import multiplies_bfloat16

PAINTINGS, BATCH, SIDE = 32, 16, 128
QUARTERS: Final = (0.25, 0.5, 0.75, 1.0)
COLUMNS: Final = 8  # paintings in a row of the sheet

GENERATORS: Final[dict[str, Callable[[], nn.Module]]] = {
    "neural_art": lambda: Generator(SIDE),
    "fastgan": FastGANGenerator,
}


class Fit(NamedTuple):
    """How a generator came along."""

    steps: int
    distances: list[float]  # between features: the mean of eight steps at the end of each quarter
    milliseconds: float  # median of a step


def fit(
    generator: nn.Module, paintings: Tensor, latents: Tensor, budget: Budget, *, rate: float, rng: torch.Generator
) -> Fit:
    """Trains ``generator`` in place to paint ``paintings`` (n, 3, size, size) in [-1, 1] from ``latents`` (n, d).

    ``rate``: Adam's learning rate at its highest; it falls to a twentieth of that.
    """
    generator.to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.Adam(generator.parameters(), lr=rate, betas=(0.5, 0.99))
    features, bfloat16 = feature_network(), multiplies_bfloat16()
    distances: list[float] = []
    taken: list[float] = []
    began = time.monotonic()
    while (progress := _progress(budget, len(taken), began)) < 1:
        started = time.monotonic()
        index = torch.randperm(len(paintings), generator=rng)[:BATCH]
        optimizer.param_groups[0]["lr"] = rate * max(0.05, 1 - progress)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            painted = generator(latents[index]).float()
            with torch.no_grad():
                real = features(paintings[index])
            distance = losses.feature_distance(features(painted.clamp(-1, 1)), real)
        optimizer.zero_grad()
        (distance + 2 * (painted - paintings[index]).abs().mean()).backward()
        optimizer.step()
        distances.append(distance.item())
        taken.append(time.monotonic() - started)
    ends = [math.ceil(quarter * len(distances)) for quarter in QUARTERS]
    means = [statistics.fmean(distances[max(0, end - 8) : end]) for end in ends]
    return Fit(len(taken), means, 1000 * statistics.median(taken))


def _progress(budget: Budget, steps: int, began: float) -> float:
    """The share of the budget that is used."""
    if budget.steps is not None:
        return steps / budget.steps
    assert budget.seconds is not None
    return (time.monotonic() - began) / budget.seconds


def sheet(paintings: Tensor, painted: Tensor) -> Image.Image:
    """Rows of paintings, each with the row below it that was painted from their latents; both (n, 3, h, w)."""
    above, below = (to_uint8(pictures).reshape(-1, COLUMNS, SIDE, SIDE, 3) for pictures in (paintings, painted))
    return Image.fromarray(grid(np.stack([above, below], axis=1).reshape(-1, SIDE, SIDE, 3), COLUMNS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="paintings")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each generator (default 60)")
    parser.add_argument("--generators", nargs="+", default=list(GENERATORS), choices=list(GENERATORS))
    parser.add_argument("--rate", type=float, default=1e-3, help="Adam's, down to a twentieth (default 0.001)")
    parser.add_argument("--out", type=Path, help="where the sheets go")
    options = parser.parse_args()
    files = sets.find(options.folder)
    if len(files) < PAINTINGS:
        parser.error(f"{options.folder} holds {len(files)} pictures. This needs at least {PAINTINGS}.")
    chosen = files[:: len(files) // PAINTINGS][:PAINTINGS]
    paintings = to_signed(sets.read(chosen, SIDE))
    encoder, descriptions = Encoder(), describe(paintings)
    encoder.fit(descriptions)
    latents = encoder.project(descriptions)
    print(
        "| generator | parameters | steps | ms a step | distance at 25 % | 50 % | 75 % | 100 % |\n" + "|---" * 8 + "|"
    )
    for name in options.generators:
        torch.manual_seed(0)  # for the weights
        generator = GENERATORS[name]()
        budget, rng = Budget(minutes=options.seconds / 60), torch.Generator().manual_seed(0)
        result = fit(generator, paintings, latents, budget, rate=options.rate, rng=rng)
        size = sum(p.numel() for p in generator.parameters())
        cells = [name, f"{size / 1e6:.1f} M", result.steps, f"{result.milliseconds:.0f}"]
        print("| " + " | ".join(map(str, [*cells, *(f"{d:.3f}" for d in result.distances)])) + " |", flush=True)
        if options.out is not None:
            options.out.mkdir(parents=True, exist_ok=True)
            with torch.no_grad():
                painted = generator(latents)
            sheet(paintings, painted).save(options.out / f"fit_{name}.png")


if __name__ == "__main__":
    main()
