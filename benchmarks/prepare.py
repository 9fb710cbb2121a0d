"""How fast paintings are checked and prepared, on pictures that it draws itself.

    python benchmarks/prepare.py [--count 500] [--side 1000] [--format JPEG] [--zip]

Prints seconds, pictures a second and the peak resident memory of the preparation.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from neural_art.dataset.prepare import prepare
from neural_art.dataset.report import Report
from neural_art.dataset.squares import load_squares


def draw(folder: Path, count: int, side: int, form: str) -> None:
    """Pictures with the edges and the grain of photographed paintings: about 300 kB each as JPEG at 1,000 px."""
    rng = np.random.default_rng(0)
    for number in range(count):
        picture = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8)).resize((side, side * 4 // 5), 3)
        pen = ImageDraw.Draw(picture)
        for _ in range(150):
            x, y = rng.integers(0, side, 2)
            colour = tuple(int(value) for value in rng.integers(0, 256, 3))
            pen.line((x, y, x + rng.integers(-90, 90), y + rng.integers(-90, 90)), colour, int(rng.integers(3, 25)))
        grain = rng.integers(-12, 13, (*np.asarray(picture).shape[:2], 1), np.int16)
        grained = np.clip(np.asarray(picture).astype(np.int16) + grain, 0, 255).astype(np.uint8)
        Image.fromarray(grained).save(folder / f"{number:04d}.{form.lower()}", form)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--side", type=int, default=1000, help="width in pixels; the height is 4/5 of it")
    parser.add_argument("--format", default="JPEG", choices=["JPEG", "PNG", "WebP", "TIFF", "BMP"])
    parser.add_argument("--zip", action="store_true", help="upload a zip instead of a folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        drawn, prepared, packed = Path(place, "drawn"), Path(place, "prepared"), Path(place, "paintings.zip")
        drawn.mkdir()
        draw(drawn, options.count, options.side, options.format)
        if options.zip:
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in sorted(drawn.iterdir()):
                    archive.write(file, file.name)
        process = psutil.Process()
        before = highest = process.memory_info().rss
        started, worked = time.perf_counter(), time.process_time()
        report: Report | None = None
        for event in prepare(packed if options.zip else drawn, prepared):
            highest = max(highest, process.memory_info().rss)
            report = event if isinstance(event, Report) else None
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
        assert report is not None
        kept = sum(file.stat().st_size for file in prepared.iterdir())
        what = f"{options.count} {options.format} pictures of {options.side} x {options.side * 4 // 5} px"
        print(f"{what}{' in a zip' if options.zip else ''}: {len(report.paintings)} accepted")
        print(f"prepared in        {seconds:8.2f} s")
        print(f"processor time     {worked:8.2f} s (on an idle machine this is shared by all cores)")
        print(f"pictures a second  {options.count / seconds:8.1f}")
        print(f"highest memory     {highest / 2**20:8.0f} MB ({(highest - before) / 2**20:.0f} MB more than before)")
        print(f"kept on disk       {kept / 2**20:8.1f} MB")
        started = time.perf_counter()
        load_squares(prepared, 160)
        print(f"loaded at 160 px   {time.perf_counter() - started:8.2f} s")


if __name__ == "__main__":
    main()
