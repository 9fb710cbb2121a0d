"""What a graphics card makes of a training, and what bounds it: tables for the lab book.

    python benchmarks/card.py --out DIR [--device cuda] [--recipes study canvas mural] [--seconds 4]

Takes about four minutes on a large card. Each measurement is a file in DIR; the same command goes on where it was
interrupted, and prints the tables at once where all is there. ``--device cpu`` measures the processor.

Of a step it says how long it takes with both losses, and of that: for how long kernels run (``torch.profiler``), and
for how long they would if they did nothing but multiply at the card's rate for large matrices, or nothing but read
their inputs and write their outputs at its rate for large copies. Operations and bytes are counted in an uncaptured
step on the processor. Kernels that run for longer than both together are too small for the card; time in which none
runs is waited for the processor. "Autotuned" is a step for which cuDNN tries its algorithms first.

The quality that such a card reaches, where `sets` has sisley, hokusai and pointillists:

    python benchmarks/quality.py --device cuda --base checkpoints/base --seeds 0 --out DIR \\
        --sets sets/sisley sets/hokusai sets/pointillists --minutes 1 2.8333 --rows base:name=canvas
    python benchmarks/quality.py --device cuda --base checkpoints/base --seeds 0 --out DIR --sets sets/hokusai \\
        --minutes 1 --rows base:name=canvas,batch=16 base:name=canvas,batch=64 \\
        base:name=canvas,generator_lr=0.0005,discriminator_lr=0.0002 \\
        base:name=canvas,generator_lr=0.002,discriminator_lr=0.0008 base:name=mural base:name=study
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from benchmarks.card_figures import (
    MANY,
    Figures,
    batches,
    beside,
    counted,
    first_grid,
    kernels,
    painting,
    rates,
    speed,
)
from benchmarks.step import table
from neural_art import files
from neural_art.models.processors import survey
from neural_art.processor import DEVICES, Processor
from neural_art.recipe import SIZES


def once(out: Path, name: str, make: Callable[[], Figures]) -> Figures:
    """The figures of a file in ``out``, which is made if it is not there."""
    path = out / f"{name}.json"
    found = files.read_json(path)
    if found is None:
        print(f"{name} ...", file=sys.stderr, flush=True)
        found = make()
        files.write_json(path, found)
    return found


def bound(whole: float, busy: float | None, multiplying: float, moving: float) -> str:
    """What a step of ``whole`` ms waits for, by the ms in which kernels run, and those of a perfect card."""
    if busy is None:
        return "-"
    if busy < 0.85 * whole:
        return f"the processor: no kernel runs for {1 - busy / whole:.0%} of a step"
    if max(multiplying, moving) > 0.6 * busy:
        return "matrix products" if multiplying > moving else "memory"
    return f"small kernels: at full rates they would take {(multiplying + moving) / busy:.0%} of their time"


def shown(figures: Figures, *names: str) -> list[object]:
    """The values of these names, "-" for those that there are not."""
    return ["-" if (value := figures.get(name)) is None else value for name in names]


def report(
    out: Path, processor: Processor, recipes: Sequence[str], asked: Sequence[int] | None, paintings: int, seconds: float
) -> None:
    """Measures what is not measured yet and prints the tables."""
    can = once(out, "rates", lambda: rates(processor))
    print(f"{can['processor'] or processor.device}, PyTorch {can['pytorch']}, CUDA {can['cuda']}")
    table(("it can do", ""), [(name, value) for name, value in can.items() if isinstance(value, float)])
    heads = ("recipe, batch", "pictures/s", "ms a step", "kernels", "ms of kernels", "ms to launch", "ms of products")
    rows: list[Iterable[object]] = []
    most: list[Iterable[object]] = []
    for name in recipes:
        usual = batches(name, processor)[len(batches(name, processor)) // 2]
        for batch in asked or batches(name, processor):
            row, *further = _row(out, name, batch, processor, can, paintings, seconds)
            rows.append(row)
            most += further
        if processor.kind == "cuda":
            tuned = once(
                out,
                f"{name}-{usual}-autotuned",
                lambda name=name, usual=usual: speed(name, usual, processor, paintings, seconds, autotuned=True),
            )
            spent = shown(tuned, "memory, GB", "set-up, s", "first steps, s", "note")
            speeds = shown(tuned, "pictures a second", "ms a step")
            rows.append((f"{name}, {usual}, autotuned", *speeds, *["-"] * 7, *spent))
    table((*heads, "ms of copies", "TFLOP/s", "GB/s", "memory, GB", "set-up, s", "first steps, s", "bound by"), rows)
    if most:
        table(("kernel", "recipe", "times a step", "ms a step"), most)
    _report_beside(out, processor, recipes, paintings)


def _row(
    out: Path, name: str, batch: int, processor: Processor, can: Figures, paintings: int, seconds: float
) -> list[Iterable[object]]:
    """The line of a batch, and lines of the kernels that take the most."""
    taken = once(out, f"{name}-{batch}", lambda: speed(name, batch, processor, paintings, seconds))
    if taken["pictures a second"] is None:
        return [(f"{name}, {batch}", *["-"] * 12, taken["note"])]
    precision = taken["precision"]
    ran = once(out, f"{name}-{batch}-kernels", lambda: kernels(name, batch, processor))
    work = once(out, f"{name}-counted-{precision}", lambda: counted(name, precision))
    whole = taken["ms a step"]
    multiplying = batch * work["GFLOP"] / can[f"{precision} TFLOP/s"]
    moving = 1000 * batch * work["GB"] / can["copy GB/s"]
    row = (
        f"{name}, {batch}",
        *shown(taken, "pictures a second", "ms a step"),
        *shown(ran, "kernels", "ms of kernels", "ms to launch"),
        multiplying,
        moving,
        batch * work["GFLOP"] / whole,
        1000 * batch * work["GB"] / whole,
        *shown(taken, "memory, GB", "set-up, s", "first steps, s"),
        bound(whole, ran.get("ms of kernels"), multiplying, moving),
    )
    return [row, *((key, f"{name}, {batch}", times, ms) for key, times, ms in ran.get("most", []))]


def _report_beside(out: Path, processor: Processor, recipes: Sequence[str], paintings: int) -> None:
    rows: list[Iterable[object]] = []
    for name in recipes:
        done = once(out, f"{name}-beside", lambda name=name: beside(name, processor))
        paints = once(out, f"{name}-painting", lambda name=name: painting(name, processor))
        first = once(out, f"{name}-first", lambda name=name: first_grid(name, processor, paintings))
        rows.append((name, *done.values(), *paints.values(), first["seconds"]))
    heads = ("a grid painted, ms", "encoded", "a save copied, ms", "written")
    table(("recipe", *heads, "one picture, ms", f"of {MANY}", "first grid, s"), rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--recipes", choices=list(SIZES), nargs="+", default=["study", "canvas", "mural"])
    parser.add_argument("--batches", type=int, nargs="+", help="default: what a training takes, half and twice of it")
    parser.add_argument("--paintings", type=int, default=64, help="in the set (default 64)")
    parser.add_argument("--seconds", type=float, default=4.0, help="for which each speed is measured (default 4)")
    parser.add_argument("--out", type=Path, required=True, help="where the figures are kept")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    processor = survey().chosen(options.device)[0]
    report(options.out, processor, options.recipes, options.batches, options.paintings, options.seconds)


if __name__ == "__main__":
    main()
