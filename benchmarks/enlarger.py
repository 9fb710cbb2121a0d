"""How well pictures are enlarged: by Lanczos, by the shipped enlarger, and by one that learned from the set's own.

    python benchmarks/enlarger.py --sets FOLDER [FOLDER ...] --out DIR [--seconds 20]

Every tenth picture of a set is held out. It is reduced from 224 to 112 px and enlarged again, which gives what can be
measured against the original: ``distance`` between the two in the features of EfficientNet-Lite2, ``KID`` (x 1000)
between all originals and all enlarged, the spectral ``slope`` (that of the originals is in the first row) and PSNR in
dB. "As a generator's" is how the explorer does it: smoothed first, which an original would not need. The last row
is the shipped enlarger after ``--seconds`` more with the other nine tenths. The sets must not be among what the shipped
one learned from.

Prints the table as Markdown, with the milliseconds from 128 to 512 px, and writes a sheet for each set to DIR: the
originals in the first column, then a column for each row of the table.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from PIL import Image

from benchmarks import measures, sets
from benchmarks.sheets import grid
from benchmarks.timing import milliseconds
from neural_art.models import enlarger
from neural_art.models.pixels import to_signed, to_uint8
from neural_art.shipped import ENLARGER
from neural_art.training import enlarging, metrics

LARGE, SMALL = 224, 112
SHOWN: Final = 6  # pictures on a sheet
TENTH: Final = 10

Method = Callable[[np.ndarray, int], np.ndarray]
"""Enlarges a picture (h, w, 3) uint8, doubled so many times."""


def lanczos(pixels: np.ndarray, times: int) -> np.ndarray:
    return sets.resize(pixels[None], pixels.shape[0] * 2**times)[0]


def by(network: enlarger.Enlarger) -> Method:
    """The network, on a picture as it is."""

    def method(pixels: np.ndarray, times: int) -> np.ndarray:
        with torch.inference_mode():
            return to_uint8(network.repeat(to_signed(pixels[None]), times))[0]

    return method


def as_painted(network: enlarger.Enlarger) -> Method:
    """The network, on a picture that a generator painted."""
    return lambda pixels, times: enlarger.enlarge(network, pixels, times)


def tuned(originals: Sequence[bytes], seconds: float) -> enlarger.Enlarger:
    """The shipped enlarger after so many seconds with ``originals``."""
    network, rng = enlarger.read(ENLARGER), torch.Generator().manual_seed(0)
    for _ in enlarging.learn(network, originals, rng, seconds=seconds, learning_rate=enlarging.TUNING_RATE):
        pass
    return network


def figures(real: np.ndarray, fake: np.ndarray) -> list[str]:
    """One row of the table for originals and enlarged pictures (n, h, w, 3) uint8."""
    real_features, fake_features = metrics.features(real), metrics.features(fake)
    distance = float((real_features - fake_features).norm(dim=1).mean())
    squares = ((real.astype(np.float64) - fake) ** 2).mean((1, 2, 3)).clip(1e-9)
    psnr = float(np.mean(10 * np.log10(255**2 / squares)))
    kid, slope = metrics.kid(real_features, fake_features), measures.spectral_slope(fake)
    return [f"{distance:.2f}", f"{1000 * kid:.1f}", f"{slope:.2f}", f"{psnr:.1f}"]


def from_128_to_512(method: Method) -> float:
    """Milliseconds that it takes."""
    pixels = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    return milliseconds(lambda: method(pixels, 2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, nargs="+", required=True, metavar="FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seconds", type=float, default=20.0, help="to learn from the set's own originals")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    network = enlarger.read(ENLARGER)
    print("| set | row | distance | KID | slope | PSNR |")
    print("|---|---|---|---|---|---|")
    for folder in options.sets:
        files = sets.find(folder)
        held_out, others = files[::TENTH], [path for number, path in enumerate(files) if number % TENTH]
        real = sets.read(held_out, LARGE)
        small = sets.resize(real, SMALL)
        tuned_network = tuned([path.read_bytes() for path in others], options.seconds)
        rows: dict[str, Method] = {
            "Lanczos": lanczos,
            "enlarger": by(network),
            "as a generator's": as_painted(network),
            f"+ {options.seconds:g} s": by(tuned_network),
        }
        print(f"| {folder.name} | {len(real)} originals | 0 | 0 | {measures.spectral_slope(real):.2f} | |")
        columns = [real[:SHOWN]]
        for name, method in rows.items():
            fake = np.stack([method(pixels, 1) for pixels in small])
            print(f"| {folder.name} | {name} | {' | '.join(figures(real, fake))} |", flush=True)
            columns.append(fake[:SHOWN])
        pictures = np.stack(columns, axis=1).reshape(-1, LARGE, LARGE, 3)
        Image.fromarray(grid(pictures, len(columns))).save(options.out / f"{folder.name}.png")
    threads = torch.get_num_threads()
    took = f"Lanczos {from_128_to_512(lanczos):.0f} ms, the enlarger {from_128_to_512(as_painted(network)):.0f} ms"
    print(f"\nFrom 128 to 512 px on {threads} thread{'s' * (threads != 1)}: {took}.")


if __name__ == "__main__":
    main()
