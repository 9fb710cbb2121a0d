"""A cell of the table: which set, what is trained on it, for how long, with which seed; and its training."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import multiprocessing
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch

from benchmarks import sets
from benchmarks.evaluation import COLUMNS, MOST, Effort, evaluate, evaluate_classes, reference
from benchmarks.rivals import RIVALS, rival
from benchmarks.sheets import captioned
from benchmarks.subjects import ModelSubject, RivalSubject, Subject
from neural_art import files
from neural_art.events import Failed, Saved, Stepped
from neural_art.models import checkpoint
from neural_art.models.checkpoint import Model
from neural_art.processor import CPU, Processor
from neural_art.recipe import Budget, Recipe
from neural_art.training.trainer import Training

UNTRAINED: Final = "untrained"
"""The row of the base model as a training starts from it."""

KINDS: Final = (UNTRAINED, "base", "nobase", *RIVALS)
"""What a row may be: neural_art with its base model, before and after a training, and without it, and its rivals."""

FROM_BASE: Final = (UNTRAINED, "base")
"""The rows that start from the base model."""

SETTINGS: Final = tuple(field.name for field in dataclasses.fields(Recipe))
"""What may follow the rows of neural_art."""

MODEL: Final = "model"
"""The row of a model that is measured without any training."""

RIVAL_SIDE: Final = 160
"""Side at which rivals get their paintings, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One line of the table to be.

    ``row``: one of ``KINDS``, with ``:setting=value,...`` or without, or ``MODEL``. ``budget``: of the training; None
    where nothing is trained. ``start``: the base model, or the model to measure, as ``snapshot`` copied it from
    ``origin``. ``processor``: where neural_art learns.
    """

    folder: Path
    row: str
    seed: int
    budget: Budget | None = None
    start: Path | None = None
    origin: str = ""
    processor: Processor = CPU
    effort: Effort = field(default_factory=Effort)

    @property
    def kind(self) -> str:
        """The row without its settings."""
        return self.row.partition(":")[0]

    @property
    def minutes(self) -> float | None:
        """The budget in minutes, if it is one of minutes."""
        return self.budget.minutes if self.budget else None

    @property
    def name(self) -> str:
        """The name of the cell's folder and sheet."""
        row = "".join(c if c.isalnum() or c in "._=-" else "-" for c in self.row)
        if self.budget is None:
            return f"{self.folder.name}_{row}-{self.start.stem if self.start else ''}_seed{self.seed}"
        budget = f"{self.budget.steps}steps" if self.budget.minutes is None else f"{self.budget.minutes:g}min"
        card = f"_{self.processor.kind}" if self.processor.is_card else ""
        return f"{self.folder.name}_{row}_{budget}{card}_seed{self.seed}"

    @property
    def training(self) -> dict[str, Any]:
        """All that the trained weights depend on but the code."""
        return {
            "set": str(self.folder),
            "row": self.row,
            "minutes": self.minutes,
            "steps": self.budget.steps if self.budget else None,
            "seed": self.seed,
            "start": self.start.stem if self.start else None,
            **({"processor": self.processor.name} if self.processor.is_card else {}),
        }

    @property
    def requested(self) -> dict[str, Any]:
        """All that the result depends on but the code; a result for something else is not this cell's."""
        return {**self.training, **dataclasses.asdict(self.effort)}

    @property
    def recipe(self) -> Recipe:
        """What the row asks of neural_art; its settings are among ``SETTINGS``. Raises ``RecipeError``."""
        return Recipe(**{"seed": self.seed, "base": self.kind in FROM_BASE, **parse_settings(self.row)})


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
    """A copy of a model's file in ``out``, named by its content: a base may change while cells start from it."""
    content = (model / checkpoint.FILE if model.is_dir() else model).read_bytes()
    kept = out / "models" / f"{hashlib.sha256(content).hexdigest()[:8]}.safetensors"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        files.write(kept, content)
    return kept


def train(cell: Cell, folder: Path, began: float) -> None:
    """Trains a cell; writes ``model.safetensors`` and then ``trained.json`` to ``folder``.

    The budget began to run at ``began``, a ``time.monotonic()``. Meant to run in a process of its own.
    """
    model = folder / "model.safetensors"
    steps, pictures_per_second = (_train_rival if cell.kind in RIVALS else _train_model)(cell, model, began)
    seconds = time.monotonic() - began
    trained = {
        "training": cell.training,
        "seconds": round(seconds, 2),
        "cores": round(time.process_time() / seconds, 2),
        "steps": steps,
        "pictures_per_second": pictures_per_second,
    }
    files.write_json(folder / "trained.json", trained)


def _train_rival(cell: Cell, target: Path, began: float) -> tuple[int, float]:
    assert cell.budget is not None and cell.budget.seconds is not None
    learned_from, _ = sets.split(sets.find(cell.folder), cell.seed)
    paintings = sets.to_tensor(sets.read(learned_from, RIVAL_SIDE))
    trained = rival.train(RIVALS[cell.kind], paintings, seconds=cell.budget.seconds, seed=cell.seed, began=began)
    checkpoint.write(target, trained.generator.state_dict(), {"rival": cell.kind})
    return trained.steps, trained.pictures_per_second


def _train_model(cell: Cell, target: Path, began: float) -> tuple[int, float]:
    assert cell.budget is not None
    training = _training(cell, cell.budget, began)
    saved: Saved | None = None
    rates = []
    for event in training.run():
        if isinstance(event, Failed):
            raise RuntimeError(event.reason.sentence("en"))
        if isinstance(event, Saved):
            saved = event
        elif isinstance(event, Stepped):
            rates.append(event.pictures_per_second)
    assert saved is not None
    checkpoint.write(target, saved.checkpoint, saved.settings)
    return saved.step, statistics.median(rates or [0.0])


def _training(cell: Cell, budget: Budget, began: float | None = None) -> Training:
    recipe = cell.recipe
    learned_from, _ = sets.split(sets.find(cell.folder), cell.seed)
    class_names, class_indices = sets.classes(cell.folder, learned_from)
    return Training(
        sets.to_tensor(sets.read(learned_from, recipe.stored_size)),
        recipe,
        budget,
        base=Model.open(cell.start, size=recipe.size) if cell.start else None,
        began=began,
        processor=cell.processor,
        class_indices=torch.tensor(class_indices) if class_names else None,
        about={"classes": class_names, "class_indices": class_indices},
    )


def untrained(cell: Cell) -> Model:
    """The base model with the paintings' latents, as a training starts from it: of a set that is out of its domain,
    they lie around the middle of what the base knows."""
    training = _training(cell, Budget(steps=1))
    next(training.run())  # it is set up, and no step is made
    return training.model()


def work(cell: Cell, out: Path) -> list[dict[str, Any]]:
    """Trains a cell if that is not done yet, measures it, and writes its sheet; its line of the table, and one for each
    class."""
    folder = out / "cells" / cell.name
    folder.mkdir(parents=True, exist_ok=True)
    learned_from, held_out = sets.split(sets.find(cell.folder), cell.seed)
    line: dict[str, Any] = {"row": cell.row, "paintings": len(learned_from) + len(held_out)}
    subject: Subject
    if cell.kind == UNTRAINED:
        subject = ModelSubject(untrained(cell))
    elif cell.budget is None:
        assert cell.start is not None
        subject = ModelSubject.with_paintings(Model.open(cell.start), learned_from[:MOST])
        line["model"] = cell.origin
    else:
        trained = _trained(cell, folder)
        line |= {key: trained[key] for key in ("seconds", "cores", "steps", "pictures_per_second")}
        subject = _opened(cell.kind, folder / "model.safetensors")
    if cell.start is not None:
        line["start"] = cell.start.stem
    known = reference(cell.folder, cell.effort)
    figures, rows = evaluate(subject, known, held_out, cell.effort, cell.seed)
    captioned(rows, COLUMNS).save(out / f"{cell.name}.png")
    return [line | figures, *evaluate_classes(subject, known, cell.row, cell.effort, cell.seed)]


def _trained(cell: Cell, folder: Path) -> dict[str, Any]:
    """What ``train`` wrote about the training of a cell, which takes place now unless it has before."""
    trained = files.read_json(folder / "trained.json")
    if trained is not None and trained.get("training") == cell.training:
        return trained
    (folder / "trained.json").unlink(missing_ok=True)
    began = time.monotonic()
    worker = multiprocessing.get_context("spawn").Process(target=train, args=(cell, folder, began), daemon=True)
    worker.start()
    worker.join()
    trained = files.read_json(folder / "trained.json")
    if trained is None:
        raise RuntimeError(f"its training ended with status {worker.exitcode} (see above)")
    return trained


def _opened(kind: str, file: Path) -> Subject:
    """The generator that ``train`` wrote."""
    if kind not in RIVALS:
        return ModelSubject(Model.open(file))
    generator = RIVALS[kind].generator_class()
    generator.load_state_dict(checkpoint.read(file)[0])
    return RivalSubject(generator)
