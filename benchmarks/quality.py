"""How good the pictures are: sets x minutes x rows x seeds, one training each, on this machine, in turn.

    python benchmarks/quality.py --sets FOLDER [FOLDER ...] --minutes 0.5 5 --rows base nobase dcgan projected \\
        --seeds 0 1 2 --out DIR
    python benchmarks/quality.py --sets FOLDER [FOLDER ...] --model PATH [PATH ...] --out DIR

A row is ``base`` or ``nobase`` (neural_art with and without its base model), ``dcgan`` or ``projected`` (see
rivals.py). Settings of the recipe may follow: ``base:imagined=0.25,generator_rate=0.001``. ``--model`` measures files
without any training, row ``model``: the paintings' addresses come from the model's encoder.

Each cell keeps a tenth of the paintings back, trains in a process of its own for the exact budget (its start, the
imports and all set-up count), paints 512 pictures at daring 1 and measures them at 128 px. DIR gets results.csv,
results.md and a sheet of pictures for each cell. A finished cell is not done again, unless the model it started from
has changed; one whose training has finished is only measured.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
import json
import multiprocessing
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageOps
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import measures
import rivals

from neural_art.errors import NeuralArtError
from neural_art.events import Failed, Saved, Stepped
from neural_art.explore.explorer import Explorer
from neural_art.models import checkpoint
from neural_art.models.checkpoint import Model
from neural_art.recipe import Recipe
from neural_art.training.trainer import Training, stored_size, to_bytes

ROOT = Path(__file__).resolve().parent.parent
SIDE = 128  # pixels at which everything is measured
PICTURES = 512
A_CLASS = 128  # pictures of each class
HELD_OUT = 0.1
MORPHS, MORPH_STEPS = 16, 8
SPLITS = 8  # random halves for the floor
MOST = 2000  # paintings of a set that are measured against, at most
MOST_REPAINTED = 64  # held-out paintings that are painted again, at most
LEAST = 8  # paintings in a set
ACROSS = MORPH_STEPS + 1  # pictures in a row of a sheet
KINDS = ("base", "nobase", *rivals.RIVALS)
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}

COLUMNS = {  # name in results.csv -> heading and format in results.md
    "kid_x1000": ("KID (Lite2) x1000", "{:.1f}"),
    "precision": ("precision", "{:.2f}"),
    "recall": ("recall", "{:.2f}"),
    "density": ("density", "{:.2f}"),
    "coverage": ("coverage", "{:.2f}"),
    "slope": ("slope", "{:.2f}"),
    "slope_of_paintings": ("of paintings", "{:.2f}"),
    "lattice": ("lattice", "{:.1f}"),
    "lattice_of_paintings": ("of paintings", "{:.1f}"),
    "shared": ("in common", "{:.1%}"),
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


# -- paintings --------------------------------------------------------------------------------------------------------


def find(folder: Path) -> list[Path]:
    """The pictures in a folder and in the folders in it, in order of name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def read(files: Sequence[Path], side: int) -> np.ndarray:
    """Pictures squeezed to squares, (n, side, side, 3) uint8."""
    squares = np.empty((len(files), side, side, 3), np.uint8)
    for square, file in zip(squares, files, strict=True):
        with Image.open(file) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
        square[:] = np.asarray(upright.resize((side, side), Image.Resampling.LANCZOS))
    return squares


def split(files: Sequence[Path], seed: int) -> tuple[list[Path], list[Path]]:
    """A random nine tenths to learn from and the tenth that is held out, both in order."""
    order = torch.randperm(len(files), generator=torch.Generator().manual_seed(seed)).tolist()
    held = set(order[: max(1, round(HELD_OUT * len(files)))])
    return [f for i, f in enumerate(files) if i not in held], [f for i, f in enumerate(files) if i in held]


def resized(pictures: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Pictures at another side, (n, side, side, 3) uint8, as an image editor would do it (Lanczos)."""
    if pictures.shape[1:3] == (side, side):
        return pictures
    return np.stack([np.asarray(Image.fromarray(p).resize((side, side), Image.Resampling.LANCZOS)) for p in pictures])


@dataclass(frozen=True)
class Known:
    """What pictures are measured against: a set's paintings at 128 px (``MOST`` at most), and their features."""

    pictures: np.ndarray
    features: Tensor
    spread: float
    slope: float
    lattice: float
    shared: float
    labels: np.ndarray  # (n,): the class of each, an index into ``classes``
    classes: tuple[str, ...]  # none unless the paintings lie in two folders at least


@lru_cache(maxsize=8)
def know(folder: Path) -> Known:
    """The paintings in a folder as ``Known``; read and looked at once."""
    files = find(folder)
    if len(files) > MOST:
        order = torch.randperm(len(files), generator=torch.Generator().manual_seed(0))[:MOST]
        files = [files[i] for i in order.tolist()]
    pictures = read(files, SIDE)
    features = measures.features(pictures)
    classes, labels = classed(folder, files)
    return Known(
        pictures,
        features,
        spread=measures.spread(features),
        slope=measures.spectral_slope(pictures),
        lattice=measures.lattice(pictures),
        shared=measures.shared_detail(pictures),
        labels=np.array(labels),
        classes=tuple(classes),
    )


def classed(folder: Path, files: Sequence[Path]) -> tuple[list[str], list[int]]:
    """The folders in ``folder`` in which the files lie, and each file's as an index; both empty for fewer than two."""
    kinds = [file.relative_to(folder).parts[0] if file.parent != folder else "" for file in files]
    names = sorted(set(kinds))
    return (names, [names.index(kind) for kind in kinds]) if len(names) > 1 else ([], [])


# -- a trained generator, whatever it is ------------------------------------------------------------------------------


class Engine:
    """A model of neural_art, seen as a person sees it: through ``Explorer``."""

    def __init__(self, model: Model) -> None:
        self.network: nn.Module = model.generator
        self.explorer = Explorer(model)
        self.latents = self.explorer.latents

    @classmethod
    def at(cls, model: Model, paintings: Sequence[Path]) -> Engine:
        """A model with the addresses that its encoder gives to these paintings, rather than its own."""
        address = Explorer(model).address
        latents = torch.stack([address(Image.fromarray(p)) for p in read(paintings, _stored(model))])
        return cls(replace(model, latents=latents))

    def draw(self, count: int, chance: torch.Generator) -> Tensor:
        """Latents of new pictures at daring 1."""
        return self.explorer.random(chance, count)

    def morph(self, chance: torch.Generator) -> Tensor:
        """Latents on the way between two paintings, (MORPH_STEPS + 1, d)."""
        a, b = self.latents[torch.randperm(len(self.latents), generator=chance)[:2]]
        return torch.stack([self.explorer.morph(a, b, t / MORPH_STEPS) for t in range(MORPH_STEPS + 1)])

    def paint(self, latents: Tensor) -> np.ndarray:
        """(n, size, size, 3) uint8."""
        return self.explorer.paint(latents)

    def repaint(self, files: Sequence[Path]) -> np.ndarray | None:
        """What the generator makes of paintings' addresses; None if it cannot find any."""
        squares = read(files, SIDE if self.explorer.size < SIDE else 2 * self.explorer.size)
        return self.paint(torch.stack([self.explorer.address(Image.fromarray(p)) for p in squares]))


class Noise:
    """A rival: pictures from noise, no addresses."""

    def __init__(self, generator: rivals.NoiseGenerator) -> None:
        self.network: nn.Module = generator
        self.generator = generator.eval()

    def draw(self, count: int, chance: torch.Generator) -> Tensor:
        """Noise of new pictures."""
        return self.generator.noise(count, chance)

    def morph(self, chance: torch.Generator) -> Tensor:
        """Noise on the straight way between two draws, (MORPH_STEPS + 1, d)."""
        a, b = self.generator.noise(2, chance)
        return torch.stack([torch.lerp(a, b, t / MORPH_STEPS) for t in range(MORPH_STEPS + 1)])

    @torch.inference_mode()
    def paint(self, latents: Tensor) -> np.ndarray:
        """(n, size, size, 3) uint8."""
        return np.concatenate([to_bytes(self.generator(part)) for part in latents.split(16)])

    def repaint(self, files: Sequence[Path]) -> np.ndarray | None:
        """None: a rival cannot tell where a painting lies."""
        return None


def _stored(model: Model) -> int:
    """The side at which a training would have kept this model's paintings."""
    return next(stored_size(Recipe(name=n)) for n in ("sketch", "study", "canvas") if _size(n) == model.generator.size)


def _size(name: str) -> int:
    return Recipe(name=name).size


# -- measuring --------------------------------------------------------------------------------------------------------


def compare(known: Known, pictures: np.ndarray, seed: int = 0) -> dict[str, float]:
    """The figures that need nothing but pictures, (n, 128, 128, 3) uint8, and the paintings."""
    return {
        **_compare(known.features, measures.features(pictures), seed),
        "slope": measures.spectral_slope(pictures),
        "slope_of_paintings": known.slope,
        "lattice": measures.lattice(pictures),
        "lattice_of_paintings": known.lattice,
        "shared": measures.shared_detail(pictures),
        "shared_of_paintings": known.shared,
    }


def _compare(real: Tensor, fake: Tensor, seed: int) -> dict[str, float]:
    near = measures.fair_neighbourhoods(real, fake, torch.Generator().manual_seed(seed))
    spread = measures.spread(real)
    return {
        "kid_x1000": 1000 * measures.kid(real, fake),
        **near._asdict(),
        "variety": measures.spread(fake) / spread if spread else float("nan"),
        "copies": measures.copies(real, fake),
    }


def measure(
    subject: Engine | Noise, known: Known, held: Sequence[Path], *, seed: int = 0, pictures: int = PICTURES
) -> tuple[dict[str, float], Image.Image]:
    """All figures of a trained generator, and its sheet."""
    chance = torch.Generator().manual_seed(seed)
    painted = resized(subject.paint(subject.draw(pictures, chance)))
    figures = compare(known, painted, seed)
    paths = torch.stack([subject.morph(chance) for _ in range(MORPHS)])
    morphs = resized(subject.paint(paths.flatten(0, 1)))
    figures["morph"] = measures.unevenness(measures.features(morphs).view(MORPHS, MORPH_STEPS + 1, -1))
    rows: dict[str, np.ndarray] = {
        "paintings": known.pictures[np.linspace(0, len(known.pictures) - 1, ACROSS).round().astype(int)],
        "random pictures at daring 1": painted[: 5 * ACROSS],
    }
    held = held[:MOST_REPAINTED]
    again = subject.repaint(held)
    if again is not None:
        originals, again = read(held, SIDE), resized(again)
        apart = (measures.features(originals) - measures.features(again)).double().norm(dim=1).mean()
        figures["reconstruction"] = float(apart) / known.spread if known.spread else float("nan")
        figures["reconstruction_colour"] = measures.colour_error(originals, again)
        for start in range(0, min(len(held), 2 * ACROSS), ACROSS):
            part = slice(start, start + ACROSS)
            rows[f"held-out paintings {start + 1} to {min(start + ACROSS, len(held))}, and painted again"] = (
                np.concatenate([_filled(originals[part]), _filled(again[part])])
            )
    rows["morphs"] = morphs[: 4 * ACROSS]
    figures["parameters"] = sum(p.numel() for p in subject.network.parameters())
    figures["paint_ms"] = _milliseconds(lambda: subject.paint(subject.draw(1, chance)))
    return figures, sheet(rows)


def by_class(subject: Engine | Noise, known: Known, row: str, seed: int) -> list[dict[str, Any]]:
    """A line for each class: pictures that were asked for by class, against the paintings of that class alone."""
    if not isinstance(subject, Engine) or not subject.explorer.classes:
        return []
    lines = []
    for group, name in enumerate(subject.explorer.classes):
        chance = torch.Generator().manual_seed(seed)
        painted = resized(subject.paint(subject.explorer.random(chance, A_CLASS, group=group)))
        real = known.features[torch.from_numpy(known.labels == known.classes.index(name))]
        lines.append({"row": f"{row}, asked for {name}", **_compare(real, measures.features(painted), seed)})
    return lines


def _filled(row: np.ndarray) -> np.ndarray:
    """A row of a sheet, with white squares where there are too few pictures."""
    white = np.full((ACROSS - len(row), *row.shape[1:]), 255, np.uint8)
    return np.concatenate([row, white])


def _milliseconds(paint: Callable[[], object], times: int = 20) -> float:
    """What one call takes, the median after three to warm up."""
    taken = []
    for _ in range(times + 3):
        started = time.perf_counter()
        paint()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken[3:])


def sheet(rows: dict[str, np.ndarray]) -> Image.Image:
    """Pictures (n, 128, 128, 3), ``ACROSS`` to a row, under their captions."""
    caption, parts = 18, []
    for name, pictures in rows.items():
        lines = -(-len(pictures) // ACROSS)
        part = Image.new("RGB", (ACROSS * SIDE, caption + lines * SIDE), "white")
        ImageDraw.Draw(part).text((4, 3), name, "black")
        for number, picture in enumerate(pictures):
            part.paste(Image.fromarray(picture), (number % ACROSS * SIDE, caption + number // ACROSS * SIDE))
        parts.append(np.asarray(part))
    return Image.fromarray(np.concatenate(parts))


def floor(folder: Path, others: Sequence[Path]) -> list[dict[str, Any]]:
    """What the figures mean for this set: rows that no training made.

    The paintings against each other (random halves), the paintings blurred to 64 px (all that DCGAN paints) and to
    8 px, and every other set as if it were pictures.
    """
    known, chance = know(folder), torch.Generator().manual_seed(0)
    halves = []
    for number in range(SPLITS):
        a, b = torch.randperm(len(known.features), generator=chance).tensor_split(2)
        halves.append(_compare(known.features[a], known.features[b], number))
    mean = {name: statistics.fmean(half[name] for half in halves) for name in halves[0]}
    rows: list[dict[str, Any]] = [
        {"row": "two halves", **mean, "slope": known.slope, "slope_of_paintings": known.slope}
    ]
    some = known.pictures[torch.randperm(len(known.pictures), generator=chance)[:PICTURES].numpy()]
    for side in (64, 8):
        rows.append({"row": f"blurred to {side} px", **compare(known, resized(resized(some, side)))})
    for group, name in enumerate(known.classes):
        own = torch.from_numpy(known.labels == group)
        rows.append({"row": f"the other classes as {name}", **_compare(known.features[own], known.features[~own], 0)})
    for other in others:
        theirs = know(other).pictures
        drawn = theirs[torch.randperm(len(theirs), generator=chance)[:PICTURES].numpy()]
        rows.append({"row": f"paintings of {other.name}", **compare(known, drawn)})
    return rows


# -- cells ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """One line of the table to be: a set, what is trained on it (or which model is only looked at), a seed."""

    folder: Path
    row: str  # base, nobase, dcgan, projected, with ":setting=value,..." or not; or model
    seed: int
    minutes: float | None = None
    start: Path | None = None  # the base model, or the model to measure: a ``snapshot``
    origin: str = ""  # where ``start`` was copied from
    pictures: int = PICTURES

    @property
    def kind(self) -> str:
        return self.row.partition(":")[0]

    @property
    def name(self) -> str:
        """Names the cell's folder and sheet."""
        row = "".join(c if c.isalnum() or c in "._=-" else "-" for c in self.row)
        if self.start is not None and self.minutes is None:
            return f"{self.folder.name}_{row}-{self.start.stem}_seed{self.seed}"
        return f"{self.folder.name}_{row}_{self.minutes:g}min_seed{self.seed}"

    @property
    def asked(self) -> dict[str, Any]:
        """All that the result depends on but the code; a result for something else is not this cell's."""
        return {
            "set": str(self.folder),
            "row": self.row,
            "minutes": self.minutes,
            "seed": self.seed,
            "start": None if self.start is None else self.start.stem,
            "pictures": self.pictures,
        }

    @property
    def recipe(self) -> Recipe:
        """What the row asks of neural_art. Raises ``RecipeError``."""
        assert self.minutes is not None
        settings = parse_settings(self.row)
        return Recipe.from_json({"minutes": self.minutes, "seed": self.seed, "base": self.kind == "base", **settings})


def parse_settings(row: str) -> dict[str, Any]:
    """``base:batch=8,name=sketch`` -> ``{"batch": 8, "name": "sketch"}``."""
    settings: dict[str, Any] = {}
    for part in filter(None, row.partition(":")[2].split(",")):
        name, _, value = part.partition("=")
        try:
            settings[name] = json.loads(value)
        except ValueError:
            settings[name] = value
    return settings


def snapshot(model: Path, out: Path) -> Path:
    """A copy of a model's file in ``out``, named by its content: a base may be trained on while cells start from it."""
    content = (model / checkpoint.FILE if model.is_dir() else model).read_bytes()
    kept = out / "models" / f"{hashlib.sha256(content).hexdigest()[:8]}.safetensors"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(".partial")
        partial.write_bytes(content)
        os.replace(partial, kept)
    return kept


def train(cell: Cell, folder: Path, began: float) -> None:
    """Trains a cell and writes ``model.safetensors`` and, at last, ``trained.json`` to ``folder``.

    The budget began to run at ``began``, a ``time.monotonic()``. Runs in a process of its own.
    """
    assert cell.minutes is not None
    files, _ = split(find(cell.folder), cell.seed)
    names, labels = classed(cell.folder, files)
    steps, target = 0, folder / "model.safetensors"
    if cell.kind in rivals.RIVALS:
        paintings = _tensor(read(files, 160))
        learned = rivals.train(cell.kind, paintings, seconds=60 * cell.minutes, seed=cell.seed, began=began)
        steps, rate = learned.steps, learned.pictures_per_second
        checkpoint.write(target, learned.generator.state_dict(), {"rival": cell.kind})
    else:
        recipe = cell.recipe
        base = Model.open(cell.start, size=recipe.size) if cell.start else None
        paintings = _tensor(read(files, stored_size(recipe)))
        last: Saved | None = None
        rates = []
        training = Training(
            paintings,
            recipe,
            base=base,
            began=began,
            labels=torch.tensor(labels) if names else None,
            about={"classes": names, "labels": labels},
        )
        for event in training.run():
            if isinstance(event, Failed):
                raise RuntimeError(event.reason)
            if isinstance(event, Saved):
                last = event
            elif isinstance(event, Stepped):
                rates.append(event.pictures_per_second)
        assert last is not None
        steps, rate = last.step, statistics.median(rates or [0.0])
        checkpoint.write(target, last.checkpoint, last.settings)
    seconds = time.monotonic() - began
    trained = {"asked": cell.asked, "seconds": round(seconds, 2), "cores": round(time.process_time() / seconds, 2)}
    _write(folder / "trained.json", {**trained, "steps": steps, "pictures_per_second": rate})


def _tensor(squares: np.ndarray) -> Tensor:
    return torch.from_numpy(squares).permute(0, 3, 1, 2).contiguous()


def work(cell: Cell, out: Path) -> list[dict[str, Any]]:
    """Trains the cell if that is not done yet, measures it, and writes its sheet; its line of the table, and one for
    each class."""
    folder = out / "cells" / cell.name
    folder.mkdir(parents=True, exist_ok=True)
    kept, held = split(find(cell.folder), cell.seed)
    record: dict[str, Any] = {"row": cell.row, "paintings": len(kept) + len(held)}
    subject: Engine | Noise
    if cell.minutes is None:
        assert cell.start is not None
        subject = Engine.at(Model.open(cell.start), kept[:MOST])
        record["model"] = cell.origin
    else:
        done = _read(folder / "trained.json")
        if done is None or {**done["asked"], "pictures": 0} != {**cell.asked, "pictures": 0}:
            (folder / "trained.json").unlink(missing_ok=True)
            began = time.monotonic()
            worker = multiprocessing.get_context("spawn").Process(target=train, args=(cell, folder, began), daemon=True)
            worker.start()
            worker.join()
            done = _read(folder / "trained.json")
            if done is None:
                raise RuntimeError(f"its training ended with status {worker.exitcode} (see above)")
        record |= {key: done[key] for key in ("seconds", "cores", "steps", "pictures_per_second")}
        if cell.kind in rivals.RIVALS:
            generator = rivals.GENERATORS[cell.kind]()
            generator.load_state_dict(checkpoint.read(folder / "model.safetensors")[0])
            subject = Noise(generator)
        else:
            subject = Engine(Model.open(folder / "model.safetensors"))
    if cell.start is not None:
        record["start"] = cell.start.stem
    figures, picture = measure(subject, know(cell.folder), held, seed=cell.seed, pictures=cell.pictures)
    picture.save(out / f"{cell.name}.png")
    return [record | figures, *by_class(subject, know(cell.folder), cell.row, cell.seed)]


# -- results ----------------------------------------------------------------------------------------------------------

IDENTITY = ("set", "row", "start", "minutes", "seed", "paintings")
LAST = ("steps", "model")
ORDER = {kind: place for place, kind in enumerate(("", "model", *KINDS))}


def results(out: Path) -> list[dict[str, Any]]:
    """Every line of the table that stands in ``out``: floors first, then by row, minutes and seed."""
    found = [_read(path) for path in sorted((out / "cells").glob("*/result.json"))]
    lines = [line for result in found if result for line in result["lines"]]

    def place(line: dict[str, Any]) -> tuple[Any, ...]:
        kind = re.split("[:,]", line["row"])[0] if line.get("seed") is not None else ""
        return (
            line["set"],
            ORDER[kind],
            line["row"],
            line.get("start") or "",
            line.get("minutes") or 0,
            line.get("seed"),
        )

    return sorted(lines, key=place)


def write_results(out: Path, command: str) -> None:
    """results.csv, a line for each cell, and results.md, the means over the seeds."""
    lines = results(out)
    names = [*IDENTITY, *COLUMNS, *LAST]
    partial = out / "results.csv.partial"
    with open(partial, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, names, extrasaction="ignore")
        table.writeheader()
        table.writerows(lines)
    os.replace(partial, out / "results.csv")
    partial = out / "results.md.partial"
    partial.write_text("\n".join(_markdown(lines, command)) + "\n", encoding="utf-8")
    os.replace(partial, out / "results.md")


def _markdown(lines: list[dict[str, Any]], command: str) -> Iterator[str]:
    yield f"Measured with `{command}` on {platform.machine()}, {_cores()} cores, torch {torch.__version__}, "
    yield f"{time.strftime('%Y-%m-%d')}."
    for name in dict.fromkeys(line["set"] for line in lines):
        own = [line for line in lines if line["set"] == name]
        yield from ("", f"## {name}, {own[0]['paintings']} paintings", "")
        shown = [c for c in COLUMNS if any(_number(line.get(c)) is not None for line in own)]
        yield "| row | minutes | seeds | " + " | ".join(COLUMNS[c][0] for c in shown) + " |"
        yield "|---|---|---|" + "---|" * len(shown)
        groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for line in own:
            start = line.get("start") if line["row"] == "model" else None
            groups.setdefault((line["row"], start, line.get("minutes")), []).append(line)
        for (row, start, minutes), group in groups.items():
            seeds = sum(line.get("seed") is not None for line in group)
            head = [f"{row} {start}" if start else row, "" if minutes is None else f"{minutes:g}", str(seeds or "")]
            yield "| " + " | ".join([*head, *(_cell(group, c) for c in shown)]) + " |"
    yield EXPLAINED


def _cell(group: list[dict[str, Any]], column: str) -> str:
    """The mean over seeds and, for KID, the standard deviation."""
    numbers = [n for line in group if (n := _number(line.get(column))) is not None]
    if not numbers:
        return ""
    written = COLUMNS[column][1].format(statistics.fmean(numbers))
    if column == "kid_x1000" and len(numbers) > 1:
        written += f" ± {statistics.stdev(numbers):.1f}"
    return written


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and np.isfinite(value) else None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


EXPLAINED = f"""
All at {SIDE} px; features are those of EfficientNet-Lite2, which no training looks through.

- *KID (Lite2)*: kernel distance (unbiased, cubic), not the published KID, which looks through Inception. ± is the
  standard deviation over the seeds.
- *precision, recall, density, coverage*: Naeem et al. 2020, k = {measures.K}, for as many pictures as paintings.
- *slope*: exponent of the power spectrum. Steeper than the paintings' is too smooth, flatter too noisy.
- *lattice*: how much a grid or dots of 2, 4 or 8 pixels stand out of the power spectrum; paintings have none.
- *in common*: share of their fine detail that all pictures have in the same places, like a watermark.
- *variety*: mean distance between two pictures over that between two paintings; a collapse is near 0.
- *copies*: pictures closer to their nearest painting than that painting's nearest other painting is. New paintings by
  the same hand would not score 0: see "two halves".
- *reconstruction*: of held-out paintings; distance in features, where 1 is the distance between two different
  paintings; *in colour*: mean difference of pixels, 0 to 255.
- *morph max/mean*: the longest of {MORPH_STEPS} steps over the mean one; 1 is even.
- *pictures/s*: shown to the generator while it trains (its set-up not counted). *ms a picture*: painting one, float32.
- *seconds*: from the start of the process until the model was written. *cores*: how many it had of the machine's,
  on average; where others took some, the budget bought less than it would have.
- "two halves" has half as many paintings on each side as the other rows; "blurred to 64 px" is the best that a
  generator of 64 px could do."""


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _write(path: Path, values: dict[str, Any]) -> None:
    """JSON, whole or not at all; what is not a number becomes null."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(values, indent=1), encoding="utf-8")
    os.replace(partial, path)


# -- the command ------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Works through the cells; 1 if one of them failed."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    folders = [folder.resolve() for folder in asked.sets]
    cells = _plan(asked, folders)
    _check(parser, folders, cells)
    cells = [replace(cell, start=snapshot(cell.start, asked.out)) if cell.start else cell for cell in cells]
    asked.out.mkdir(parents=True, exist_ok=True)
    command = "python benchmarks/quality.py " + " ".join(sys.argv[1:] if arguments is None else arguments)
    for folder in folders:
        others = [other for other in folders if other != folder]
        about = {"set": str(folder), "others": [str(other) for other in others]}
        _do(asked.out, f"{folder.name}_floor", about, lambda f=folder, o=others: floor(f, o))  # type: ignore[misc]
    failed = 0
    for number, cell in enumerate(cells, 1):
        started = time.monotonic()
        label = f"[{number}/{len(cells)}] {cell.name}"
        try:
            line, fresh = _do(asked.out, cell.name, cell.asked, lambda c=cell: work(c, asked.out))  # type: ignore[misc]
        except (NeuralArtError, RuntimeError, OSError) as error:
            failed += 1
            print(f"{label}: failed, {error}", flush=True)
            continue
        took = f"{time.monotonic() - started:.0f} s" if fresh else "done before"
        shown = (
            f"{COLUMNS[c][0]} {COLUMNS[c][1].format(line[0][c])}" for c in ("kid_x1000", "recall", "coverage", "copies")
        )
        print(f"{label}: {', '.join(shown)} ({took})", flush=True)
        write_results(asked.out, command)
    write_results(asked.out, command)
    return 1 if failed else 0


def _do(
    out: Path, name: str, asked: dict[str, Any], make: Callable[[], list[dict[str, Any]]]
) -> tuple[list[dict[str, Any]], bool]:
    """The lines of a cell, made now (True) or found from an earlier time."""
    path = out / "cells" / name / "result.json"
    found = _read(path)
    if found is not None and found["asked"] == asked:
        return found["lines"], False
    path.parent.mkdir(parents=True, exist_ok=True)
    same = {"set": Path(asked["set"]).name, "minutes": asked.get("minutes"), "seed": asked.get("seed")}
    lines = [{**same, "paintings": len(find(Path(asked["set"]))), **line} for line in make()]
    _write(path, {"asked": asked, "lines": lines})
    return lines, True


def _plan(asked: argparse.Namespace, folders: list[Path]) -> list[Cell]:
    """The cells in the order in which they are worked through; models that need no training come first."""
    rows = asked.rows if asked.rows is not None else [] if asked.model else list(KINDS)
    cells = [
        Cell(folder, "model", seed, None, model.resolve(), str(model.resolve()), asked.pictures)
        for folder, model, seed in itertools.product(folders, asked.model, asked.seeds)
    ]
    for folder, minutes, row, seed in itertools.product(folders, asked.minutes, rows, asked.seeds):
        cell = Cell(folder, row, seed, minutes, pictures=asked.pictures)
        if cell.kind == "base":
            cell = replace(cell, start=asked.base.resolve(), origin=str(asked.base.resolve()))
        cells.append(cell)
    return cells


def _check(parser: argparse.ArgumentParser, folders: list[Path], cells: list[Cell]) -> None:
    """Ends with a message before any time is spent on what cannot work."""
    if len({folder.name for folder in folders}) < len(folders):
        parser.error("Two sets have the same name. Rename one of the folders.")
    for folder in folders:
        if (count := len(find(folder))) < LEAST:
            parser.error(f"{folder} holds {count} pictures. A set needs {LEAST} at least.")
    for cell in cells:
        start = cell.start
        if start is not None and not (start.is_file() or (start / checkpoint.FILE).is_file()):
            parser.error(f"There is no model at {start}. Name a checkpoint file, or a folder that holds one.")
        if cell.minutes is None:
            continue
        if cell.kind not in KINDS:
            parser.error(f"There is no row called {cell.kind!r}. Choose from {', '.join(KINDS)}.")
        try:
            if cell.recipe and cell.kind in rivals.RIVALS and parse_settings(cell.row):
                parser.error(f"{cell.kind} has no settings. Ask for the row without them.")
        except NeuralArtError as error:
            parser.error(f"{cell.row}: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, nargs="+", required=True, help="folders of paintings")
    parser.add_argument("--minutes", type=float, nargs="+", default=[0.5, 5.0], help="budgets (default 0.5 and 5)")
    parser.add_argument("--rows", nargs="+", help=f"of {', '.join(KINDS)} (default all, or none with --model)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="default 0")
    parser.add_argument("--base", type=Path, default=ROOT / "checkpoints" / "base", help="where row base starts from")
    parser.add_argument("--model", type=Path, nargs="+", default=[], help="models to measure as they are")
    parser.add_argument("--pictures", type=int, default=PICTURES, help="to be measured, fewer for a quick look")
    parser.add_argument("--out", type=Path, required=True, help="where the results go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
