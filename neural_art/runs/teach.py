"""Teaching a base to learn fast: Reptile over the painters of a folder, validated on painters that are held out."""

from __future__ import annotations

import math
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from neural_art.dataset.limits import Limits
from neural_art.errors import CheckpointError, DatasetError
from neural_art.events import Event, Progress, Saved, Started
from neural_art.models import checkpoint
from neural_art.models.checkpoint import FORMAT, Model
from neural_art.processor import CPU, Processor
from neural_art.recipe import Budget
from neural_art.runs.lock import hold
from neural_art.runs.picture_file import LIMITS, PictureFile
from neural_art.runs.pretrain import BEST
from neural_art.runs.recorder import Recorder
from neural_art.runs.run import Run
from neural_art.teaching import Teaching
from neural_art.training.reptile import end_of, move, outer_rate
from neural_art.training.trainer import Training
from neural_art.training.validation import Validation, ValidationKID

LEAST_PAINTERS: Final = 3
SAVE_SECONDS: Final = 10.0
VALIDATION_PICTURES: Final = 256


@dataclass(frozen=True, kw_only=True)
class Taught:
    """An outer step was made."""

    step: int
    seconds: float
    painters: tuple[str, ...]  # that were learned from, but for those whose training failed
    distance: float  # from the base to where the trainings ended (see ``move``)
    rate: float


@dataclass(frozen=True, kw_only=True)
class Validated:
    """Trainings on the held-out painters began from the base: what tells how good the base is for each painter, before
    the training and after it."""

    step: int
    seconds: float
    untrained: dict[str, float]
    trained: dict[str, float]
    best: bool  # so far, by the mean of ``trained``

    @property
    def means(self) -> tuple[float, float]:
        """Of all held-out painters: untrained and trained."""
        return statistics.fmean(self.untrained.values()), statistics.fmean(self.trained.values())


def teach(
    folder: Path,
    run: Run,
    start: Model,
    teaching: Teaching,
    budget: Budget,
    *,
    processor: Processor = CPU,
    limits: Limits = LIMITS,
    validation: Callable[[Tensor, int], Validation] | None = None,
    save_seconds: float = SAVE_SECONDS,
) -> Iterator[Progress | Taught | Validated]:
    """Teaches a copy of ``start`` with the painters below ``folder``; resumes where an earlier call stopped.

    A painter's works are the files whose names begin with the same text before the first underscore. ``budget``: of
    the outer loop and all validations; where it counts outer steps, the same call gives the same weights on the same
    machine, interrupted or not: whatever is random in an outer step is drawn from its number. The base is validated at
    the beginning, every few steps and at the end; the run keeps the best (``pretrain.BEST``, which is what ``ship``
    ships) and the last. ``processor``: where the networks learn. ``validation``: makes, of a painter's works and a
    size, what tells how good a model is; without it, a ``ValidationKID`` on that processor.

    Yields progress while the pictures are read (the first time only), then what was done. May be left at any time: at
    most ``save_seconds`` and one outer step are lost. Raises ``DatasetError`` for too few pictures or painters,
    ``CheckpointError`` if the run was begun with another ``teaching``.
    """
    with hold(run):
        Recorder(run).tidy()
        run.set_recipe(teaching.recipe)
        squares = PictureFile(run.folder, teaching.recipe.stored_size)
        yield from squares.write(folder, limits)
        taught, held_out = held_apart(painters(squares.names, teaching.least), teaching)
        validation = validation or partial(ValidationKID, pictures=VALIDATION_PICTURES, device=processor.device)
        lessons = _Lessons(squares.pictures, teaching, processor, validation)
        base = _Base.opened(run, start, teaching)
        if processor.is_card:
            base.model.settings["device"] = processor.name
        began, saved_at = time.monotonic() - base.seconds, time.monotonic()
        while True:
            progress = base.seconds / budget.seconds if budget.seconds else base.step / (budget.steps or 1)
            over = progress >= 1
            if base.due(teaching.every, over=over):
                untrained, trained = lessons.validate(base.model, held_out)
                base.seconds, saved_at = time.monotonic() - began, time.monotonic()
                yield base.validated(run, untrained, trained)
                continue
            if over:
                return
            learned = lessons.learn(base.model, taught, base.step)
            rate = outer_rate(progress, teaching.rate)
            distance = move(base.model, [model for _, model in learned], rate) if learned else math.nan
            base.step += 1
            base.seconds = time.monotonic() - began
            if time.monotonic() - saved_at >= save_seconds:
                base.save(run)
                saved_at = time.monotonic()
            names = tuple(name for name, _ in learned)
            yield Taught(step=base.step, seconds=base.seconds, painters=names, distance=distance, rate=rate)


def painters(names: Sequence[str], least: int) -> dict[str, list[int]]:
    """Each painter with ``least`` works or more, and the numbers of these works among ``names``.

    Raises ``DatasetError`` where there are fewer than ``LEAST_PAINTERS``.
    """
    works = defaultdict(list)
    for number, name in enumerate(names):
        painter, underscore, _ = name.rpartition("/")[2].partition("_")
        if painter and underscore:
            works[painter].append(number)
    found = {painter: works[painter] for painter in sorted(works) if len(works[painter]) >= least}
    if len(found) < LEAST_PAINTERS:
        raise DatasetError("too-few-painters", count=len(found), least=LEAST_PAINTERS, works=least)
    return found


def held_apart(found: Mapping[str, list[int]], teaching: Teaching) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The painters that are taught, and those that are held out: one at least, chosen by the recipe's seed."""
    names = list(found)
    order = torch.randperm(len(names), generator=_rng(teaching, 0))
    held_out = {names[i] for i in order[: max(1, round(len(names) / teaching.one_in))].tolist()}
    taught = {name: works for name, works in found.items() if name not in held_out}
    return taught, {name: works for name, works in found.items() if name in held_out}


def whose_turn(names: Sequence[str], step: int, teaching: Teaching) -> list[str]:
    """The painters of an outer step: all in a random order, then all in another, and so on."""
    found = []
    for place in range(step * teaching.painters, (step + 1) * teaching.painters):
        turn, index = divmod(place, len(names))
        order = torch.randperm(len(names), generator=_rng(teaching, 2 * turn + 2)).tolist()
        found.append(names[order[index]])
    return found


def _rng(teaching: Teaching, number: int) -> torch.Generator:
    """The generator of the ``number``-th thing that is random here."""
    return torch.Generator().manual_seed((teaching.recipe.seed * 1_000_003 + number) % 2**63)


@dataclass
class _Base:
    """The base so far, and how far it is. ``validations``: means so far, as they are written."""

    model: Model
    teaching: dict[str, Any]
    step: int = 0
    seconds: float = 0.0
    validations: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def opened(cls, run: Run, start: Model, teaching: Teaching) -> _Base:
        """What ``save`` wrote, or a copy of ``start``."""
        written = asdict(teaching)
        if not run.paths.checkpoint.exists():
            earlier = start.settings.get("seconds", 0) + start.settings.get("before", 0)
            new = {"format": FORMAT, "size": start.generator.size, "recipe": teaching.recipe.to_json()}
            return cls(Model.from_tensors(start.tensors(), {**start.settings, **new, "before": earlier}), written)
        model = Model.open(run.paths.checkpoint)
        state = model.settings.get("taught", {})
        if state.get("teaching") != written:
            raise CheckpointError("other-training", why="teaching")
        return cls(model, written, model.settings["step"], state["seconds"], state["validations"])

    def due(self, every: int, *, over: bool) -> bool:
        """Whether it is to be validated now, and has not been."""
        done = bool(self.validations) and self.validations[-1]["step"] == self.step
        return not done and (over or self.step % every == 0)

    def validated(self, run: Run, untrained: dict[str, float], trained: dict[str, float]) -> Validated:
        """What was found, once it is written; so is the base, if it is the best so far."""
        news = Validated(step=self.step, seconds=self.seconds, untrained=untrained, trained=trained, best=False)
        kids = dict(zip(("untrained", "trained"), news.means, strict=True))
        best = all(kids["trained"] < earlier["trained"] for earlier in self.validations)
        self.validations.append({"step": self.step, **kids})
        self.save(run)
        if best:
            settings = {**self.model.settings, "kid": round(kids["trained"], 2)}
            checkpoint.write(run.folder / BEST, self.model.tensors(), settings)
        return replace(news, best=best)

    def save(self, run: Run) -> None:
        """Writes the base as the run's model, with all that goes on from it."""
        state = {"teaching": self.teaching, "seconds": self.seconds, "validations": self.validations}
        self.model.settings |= {"step": self.step, "seconds": round(self.seconds, 1), "taught": state}
        checkpoint.write(run.paths.checkpoint, self.model.tensors(), self.model.settings)


class _Lessons:
    """Trainings on one painter each, as a person's is: with new optimisers, through the first feature network."""

    def __init__(
        self,
        pictures: Tensor,
        teaching: Teaching,
        processor: Processor,
        validation: Callable[[Tensor, int], Validation],
    ) -> None:
        self._pictures, self._teaching, self._processor = pictures, teaching, processor
        self._recipe, self._new_validation = teaching.recipe, validation
        self._validations: dict[str, Validation] = {}

    def learn(self, base: Model, taught: Mapping[str, list[int]], step: int) -> list[tuple[str, Model]]:
        """The painters of an outer step, and where the trainings that did not fail ended."""
        rng = _rng(self._teaching, 2 * step + 1)
        learned = []
        for name in whose_turn(list(taught), step, self._teaching):
            _, events = self._begun(base, self._some(taught[name], rng), rng)
            saved = _last_saved(events)
            if saved is not None:
                learned.append((name, end_of(saved, self._teaching.end)))
        return learned

    def validate(self, base: Model, held_out: Mapping[str, list[int]]) -> tuple[dict[str, float], dict[str, float]]:
        """How good the base is for each of these painters, before a training and after it, the same one each time."""
        untrained, trained = {}, {}
        for name, works in held_out.items():
            rng = _rng(self._teaching, 0)
            paintings = self._some(works, rng)
            if name not in self._validations:
                self._validations[name] = self._new_validation(paintings, self._recipe.size)
            validate = self._validations[name]
            training, events = self._begun(base, paintings, rng)
            model = training.model()
            untrained[name] = validate(Model.from_tensors(model.tensors(), model.settings))
            saved = _last_saved(events)
            trained[name] = math.inf if saved is None else validate(end_of(saved, "averaged"))
        return untrained, trained

    def _some(self, works: Sequence[int], rng: torch.Generator) -> Tensor:
        """The pictures of some works, or all where they are few."""
        order = torch.randperm(len(works), generator=rng)[: self._teaching.most]
        return self._pictures[torch.tensor(works)[order]]

    def _begun(self, base: Model, paintings: Tensor, rng: torch.Generator) -> tuple[Training, Iterator[Event]]:
        """A training that is set up and has made no step, and what it does from there on."""
        seed = int(torch.randint(2**31, (), generator=rng))
        training = Training(
            paintings,
            replace(self._recipe, seed=seed),
            Budget(steps=self._teaching.steps),
            base=base,
            save_seconds=math.inf,
            step_seconds=math.inf,
            processor=self._processor,
        )
        events = training.run()
        started = next(events)
        assert isinstance(started, Started)
        # what was measured to be the fastest is not measured again
        self._recipe = replace(self._recipe, precision=started.precision, threads=started.threads)
        return training, events


def _last_saved(events: Iterator[Event]) -> Saved | None:
    """What is there at the end of a training; None if it failed."""
    saved = None
    for event in events:
        if isinstance(event, Saved):
            saved = event
    return saved
