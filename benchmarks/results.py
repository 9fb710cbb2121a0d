"""The table of results: results.csv, a line for each cell, and results.md, the means over the seeds."""

from __future__ import annotations

import csv
import io
import math
import platform
import re
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import torch

from benchmarks import sets
from benchmarks.cells import KINDS, MODEL
from benchmarks.evaluation import MORPH_STEPS
from benchmarks.measures import K
from neural_art import files
from neural_art.machine import available_cores

COLUMNS: Final = {  # name in results.csv -> heading and format in results.md
    "kid_x1000": ("KID (Lite2) x1000", "{:.1f}"),
    "precision": ("precision", "{:.2f}"),
    "recall": ("recall", "{:.2f}"),
    "density": ("density", "{:.2f}"),
    "coverage": ("coverage", "{:.2f}"),
    "slope": ("slope", "{:.2f}"),
    "slope_of_paintings": ("of paintings", "{:.2f}"),
    "checkerboard": ("checkerboard", "{:.1f}"),
    "checkerboard_of_paintings": ("of paintings", "{:.1f}"),
    "shared": ("shared detail", "{:.1%}"),
    "shared_of_paintings": ("of paintings", "{:.1%}"),
    "variety": ("variety", "{:.2f}"),
    "copies": ("copies", "{:.1%}"),
    "reconstruction": ("reconstruction", "{:.2f}"),
    "reconstruction_colour": ("in colour", "{:.1f}"),
    "morph": ("morph max/mean", "{:.2f}"),
    "pictures_per_second": ("pictures/s", "{:.1f}"),
    "parameters": ("parameters", "{:,.0f}"),
    "paint_ms": ("ms a picture", "{:.1f}"),
    "seconds": ("seconds", "{:.1f}"),
    "cores": ("cores", "{:.1f}"),
}

IDENTITY: Final = ("set", "row", "start", "minutes", "seed", "paintings")
LAST: Final = ("steps", "model")

EXPLAINED: Final = f"""
All at {sets.SIDE} px; features are those of EfficientNet-Lite2, which no training looks through.

- *KID (Lite2)*: kernel distance (unbiased, cubic), not the published KID, which looks through Inception. ± is the
  standard deviation over the seeds.
- *precision, recall, density, coverage*: Naeem et al. 2020, k = {K}, for as many pictures as paintings.
- *slope*: exponent of the power spectrum. Steeper than the paintings' is too smooth, flatter too noisy.
- *checkerboard*: how much a grid or dots of 2, 4 or 8 pixels stand out of the power spectrum; paintings have none.
- *shared detail*: share of their fine detail that all pictures have in the same places; paintings have none.
- *variety*: mean distance between two pictures over that between two paintings; a collapse is near 0.
- *copies*: pictures closer to their nearest painting than that painting's nearest other painting is. New paintings by
  the same hand would not score 0: see "two halves".
- *reconstruction*: of held-out paintings; distance in features, where 1 is the distance between two different
  paintings; *in colour*: mean difference of pixels, 0 to 255.
- *morph max/mean*: the longest of {MORPH_STEPS} steps over the mean one; 1 is even.
- *pictures/s*: shown to the generator while it trains (its set-up not counted). *ms a picture*: painting one, float32.
- *seconds*: from the start of the process until the model was written. *cores*: how many of the machine's it had, on
  average; where others took some, the budget bought less than it would have.
- "two halves" has half as many paintings on each side as the other rows; "blurred to 64 px" is the best that a
  generator of 64 px could do."""

Line = dict[str, Any]


def once(out: Path, name: str, requested: Mapping[str, Any], make: Callable[[], list[Line]]) -> tuple[list[Line], bool]:
    """The lines that ``make`` returns for what is ``requested``, and whether they were made now or found in ``out``."""
    path = out / "cells" / name / "result.json"
    found = files.read_json(path)
    if found is not None and found.get("requested") == requested:
        return found["lines"], False
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(requested["set"])
    shared = {"set": folder.name, "minutes": requested.get("minutes"), "seed": requested.get("seed")}
    shared["paintings"] = len(sets.find(folder))
    lines = [{key: _plain(value) for key, value in (shared | line).items()} for line in make()]
    files.write_json(path, {"requested": dict(requested), "lines": lines})
    return lines, True


def _plain(value: Any) -> Any:
    """JSON knows no nan: None."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read(out: Path) -> list[Line]:
    """Every line of the table that stands in ``out``: floors first, then by row, minutes and seed."""
    order = {kind: place for place, kind in enumerate(("", MODEL, *KINDS))}
    found = [files.read_json(path) for path in sorted((out / "cells").glob("*/result.json"))]

    def place(line: Line) -> tuple[Any, ...]:
        kind = re.split("[:,]", line["row"])[0] if line.get("seed") is not None else ""
        start, minutes = line.get("start") or "", line.get("minutes") or 0
        return line["set"], order[kind], line["row"], start, minutes, line.get("seed")

    return sorted((line for result in found if result for line in result["lines"]), key=place)


def write(out: Path, command: str) -> None:
    """Writes results.csv and results.md to ``out``; ``command`` is how they are measured."""
    lines = read(out)
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, [*IDENTITY, *COLUMNS, *LAST], extrasaction="ignore")
    table.writeheader()
    table.writerows(lines)
    files.write(out / "results.csv", text.getvalue().encode())
    files.write(out / "results.md", ("\n".join(_markdown(lines, command)) + "\n").encode())


def summary(line: Line) -> str:
    """The figures of a line that tell most, in a few words."""
    return ", ".join(
        f"{COLUMNS[column][0]} {_mean([line], column) or '?'}"
        for column in ("kid_x1000", "recall", "coverage", "copies")
    )


def _markdown(lines: list[Line], command: str) -> Iterator[str]:
    cores = available_cores()
    yield f"Measured with `{command}` on {platform.machine()}, {cores} cores, torch {torch.__version__}, "
    yield f"{time.strftime('%Y-%m-%d')}."
    for name in dict.fromkeys(line["set"] for line in lines):
        of_set = [line for line in lines if line["set"] == name]
        yield from ("", f"## {name}, {of_set[0]['paintings']} paintings", "")
        columns = [column for column in COLUMNS if any(line.get(column) is not None for line in of_set)]
        yield "| row | minutes | seeds | " + " | ".join(COLUMNS[column][0] for column in columns) + " |"
        yield "|---|---|---|" + "---|" * len(columns)
        seeds: dict[tuple[Any, ...], list[Line]] = {}
        for line in of_set:
            start = line.get("start") if line["row"] == MODEL else None
            seeds.setdefault((line["row"], start, line.get("minutes")), []).append(line)
        for (row, start, minutes), alike in seeds.items():
            count = sum(line.get("seed") is not None for line in alike)
            head = [f"{row} {start}" if start else row, "" if minutes is None else f"{minutes:g}", str(count or "")]
            yield "| " + " | ".join([*head, *(_mean(alike, column) for column in columns)]) + " |"
    yield EXPLAINED


def _mean(lines: list[Line], column: str) -> str:
    """The mean of a column over lines of several seeds and, for KID, its standard deviation; "" where there is none."""
    numbers = [line[column] for line in lines if line.get(column) is not None]
    if not numbers:
        return ""
    written = COLUMNS[column][1].format(statistics.fmean(numbers))
    if column == "kid_x1000" and len(numbers) > 1:
        written += f" ± {statistics.stdev(numbers):.1f}"
    return written
