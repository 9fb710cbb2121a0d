"""How well pictures are enlarged: by Lanczos, by the shipped enlarger, and by one that learned from the set's own.

    python benchmarks/enlarger.py --sets FOLDER [FOLDER ...] --out DIR [--seconds 20]

Every tenth picture of a set is held out. It is reduced from 224 to 112 px and enlarged back, which gives what can be
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
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import measures
import numpy as np
import torch
from PIL import Image
from quality import find

from neural_art.models import enlarger
from neural_art.training.metrics import kid
from neural_art.training.trainer import to_bytes

LARGE, SMALL = 224, 112
SHOWN = 6  # pictures on a sheet
TENTH = 10

Way = Callable[[np.ndarray, int], np.ndarray]
"""Enlarges a picture (h, w, 3) uint8, doubled so many times."""


def lanczos(pixels: np.ndarray, times: int) -> np.ndarray:
    height, width = (side * 2**times for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))


def by(network: enlarger.Enlarger) -> Way:
    def way(pixels: np.ndarray, times: int) -> np.ndarray:
        picture = torch.tensor(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
        with torch.inference_mode():
            return to_bytes(network.repeat(picture, times))[0]

    return way


def as_painted(network: enlarger.Enlarger) -> Way:
    return lambda pixels, times: enlarger.enlarged(network, pixels, times)


def tuned(originals: list[bytes], seconds: float) -> enlarger.Enlarger:
    """The shipped enlarger after so many seconds with ``originals``."""
    network = enlarger.read(enlarger.SHIPPED)
    for _ in enlarger.learn(
        network, originals, torch.Generator().manual_seed(0), seconds=seconds, rate=enlarger.TUNING_RATE
    ):
        pass
    return network


def read(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB").resize((LARGE, LARGE), Image.Resampling.LANCZOS))


def figures(real: np.ndarray, fake: np.ndarray) -> list[str]:
    """One row of the table for originals and enlarged pictures (n, h, w, 3) uint8."""
    seen, painted = measures.features(real), measures.features(fake)
    distance = float((seen - painted).norm(dim=1).mean())
    squares = ((real.astype(np.float64) - fake) ** 2).mean((1, 2, 3)).clip(1e-9)
    psnr = float(np.mean(10 * np.log10(255**2 / squares)))
    slope = measures.spectral_slope(fake)
    return [f"{distance:.2f}", f"{1000 * kid(seen, painted):.1f}", f"{slope:.2f}", f"{psnr:.1f}"]


def milliseconds(way: Way) -> float:
    """From 128 to 512 px, the median of 20."""
    pixels, times = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8), []
    for _ in range(23):
        start = time.perf_counter()
        way(pixels, 2)
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times[3:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, nargs="+", required=True, metavar="FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seconds", type=float, default=20.0, help="to learn from the set's own originals")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    network = enlarger.read(enlarger.SHIPPED)
    print("| set | row | distance | KID | slope | PSNR |")
    print("|---|---|---|---|---|---|")
    for folder in options.sets:
        files = find(folder)
        held, own = files[::TENTH], [path for number, path in enumerate(files) if number % TENTH]
        real = np.stack([read(path) for path in held])
        small = [np.asarray(Image.fromarray(p).resize((SMALL, SMALL), Image.Resampling.LANCZOS)) for p in real]
        rows: dict[str, Way] = {"Lanczos": lanczos, "enlarger": by(network), "as a generator's": as_painted(network)}
        rows[f"+ {options.seconds:g} s"] = by(tuned([path.read_bytes() for path in own], options.seconds))
        print(f"| {folder.name} | {len(real)} originals | 0 | 0 | {measures.spectral_slope(real):.2f} | |")
        columns = [real[:SHOWN]]
        for name, way in rows.items():
            fake = np.stack([way(pixels, 1) for pixels in small])
            print(f"| {folder.name} | {name} | {' | '.join(figures(real, fake))} |", flush=True)
            columns.append(fake[:SHOWN])
        sheet = np.concatenate([np.concatenate(list(column)) for column in columns], axis=1)
        Image.fromarray(sheet).save(options.out / f"{folder.name}.png")
    threads = torch.get_num_threads()
    took = f"Lanczos {milliseconds(lanczos):.0f} ms, the enlarger {milliseconds(as_painted(network)):.0f} ms"
    print(f"\nFrom 128 to 512 px on {threads} thread{'s' * (threads != 1)}: {took}.")


if __name__ == "__main__":
    main()
