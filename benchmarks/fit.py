"""What a generator's layers can do: how well it learns to paint 32 paintings from their addresses, with no opponent.

    python benchmarks/fit.py FOLDER [--seconds 60] [--generators neural_art fastgan] [--rate 0.001] [--out DIR]

The same loss for all: the feature distance, place by place, and twice the mean difference of pixels. Prints, for each
generator, the feature distance after each quarter of its steps (0 is a copy, 1 about what another painting has). In a
few minutes this tells shapes of network apart that trainings of hours do not: a layer that cannot put a line where it
belongs shows here. DIR gets the paintings with what was painted below them.
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

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from PIL import Image
from quality import find, read
from rivals import FastGANGenerator
from torch import Tensor, nn

from neural_art.models.features import Encoder, describe, feature_network
from neural_art.models.networks import Generator
from neural_art.training.trainer import bfloat16_in_hardware, losses, to_bytes

PAINTINGS, BATCH, SIDE = 32, 16, 128
QUARTERS = (0.25, 0.5, 0.75, 1.0)
ACROSS = 8  # paintings in a row of the sheet

GENERATORS: Final[dict[str, Callable[[], nn.Module]]] = {
    "neural_art": lambda: Generator(SIDE),
    "fastgan": FastGANGenerator,
}


class Fit(NamedTuple):
    """How a generator came along."""

    steps: int
    distances: list[float]  # in features, the mean of eight steps at the end of each quarter
    milliseconds: float  # median of a step


def fit(generator: nn.Module, paintings: Tensor, latents: Tensor, *, seconds: float, rate: float) -> Fit:
    """Trains ``generator`` in place for ``seconds`` to paint ``paintings`` (n, 3, 128, 128) from ``latents``."""
    generator.to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.Adam(generator.parameters(), lr=rate, betas=(0.5, 0.99))
    features, half = feature_network(), bfloat16_in_hardware()
    log: list[tuple[float, float]] = []  # of each step, its distance and how long it took
    began = time.monotonic()
    while (used := time.monotonic() - began) < seconds:
        index = torch.randperm(len(paintings))[:BATCH]
        for group in optimiser.param_groups:
            group["lr"] = rate * max(0.05, 1 - used / seconds)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            painted = generator(latents[index]).float()
            with torch.no_grad():
                real = features(paintings[index])
            distance = losses.feature_distance(features(painted.clamp(-1, 1)), real)
        optimiser.zero_grad()
        (distance + 2 * (painted - paintings[index]).abs().mean()).backward()
        optimiser.step()
        log.append((distance.item(), time.monotonic() - began - used))
    ends = [math.ceil(quarter * len(log)) for quarter in QUARTERS]
    distances = [statistics.fmean(distance for distance, _ in log[max(0, end - 8) : end]) for end in ends]
    return Fit(len(log), distances, 1000 * statistics.median(took for _, took in log))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="paintings")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each generator (default 60)")
    parser.add_argument("--generators", nargs="+", default=list(GENERATORS), choices=list(GENERATORS))
    parser.add_argument("--rate", type=float, default=1e-3, help="Adam's, down to a twentieth (default 0.001)")
    parser.add_argument("--out", type=Path, help="where the sheets go")
    asked = parser.parse_args()
    files = find(asked.folder)
    if len(files) < PAINTINGS:
        parser.error(f"{asked.folder} holds {len(files)} pictures. This needs {PAINTINGS} at least.")
    chosen = files[:: len(files) // PAINTINGS][:PAINTINGS]
    paintings = torch.from_numpy(read(chosen, SIDE)).permute(0, 3, 1, 2).float() / 127.5 - 1
    encoder, described = Encoder(), describe(paintings)
    encoder.fit(described)
    latents = encoder.place(described)
    print(
        "| generator | parameters | steps | ms a step | distance at 25 % | 50 % | 75 % | 100 % |\n" + "|---" * 8 + "|"
    )
    for name in asked.generators:
        torch.manual_seed(0)
        generator = GENERATORS[name]()
        found = fit(generator, paintings, latents, seconds=asked.seconds, rate=asked.rate)
        size = sum(p.numel() for p in generator.parameters())
        cells = [name, f"{size / 1e6:.1f} M", found.steps, f"{found.milliseconds:.0f}"]
        print("| " + " | ".join(map(str, [*cells, *(f"{d:.3f}" for d in found.distances)])) + " |", flush=True)
        if asked.out is not None:
            asked.out.mkdir(parents=True, exist_ok=True)
            with torch.no_grad():
                painted = generator(latents)
            rows = zip(_rows(paintings), _rows(painted), strict=True)
            sheet = np.concatenate([np.concatenate(list(row), axis=1) for pair in rows for row in pair])
            Image.fromarray(sheet).save(asked.out / f"fit_{name}.png")


def _rows(pictures: Tensor) -> np.ndarray:
    return to_bytes(pictures).reshape(-1, ACROSS, SIDE, SIDE, 3)


if __name__ == "__main__":
    main()
