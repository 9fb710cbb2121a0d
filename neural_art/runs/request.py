"""What somebody asks of a run that may have begun: which recipe and budget that comes to, or why it cannot be."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from neural_art.errors import RunError
from neural_art.processor import CPU, Processor
from neural_art.recipe import DEFAULT_MINUTES, Budget, Recipe, usual_minutes
from neural_art.runs.desired import desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.run import Run
from neural_art.runs.status import state_of


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """What somebody says about a training; None leaves it to the run, or to the defaults.

    ``minutes``: the budget of the whole training. ``recipe``: its name. ``base``: whether to start from the shipped
    base model. ``device``: where to learn, one of ``processor.DEVICES``.
    """

    minutes: float | None = None
    recipe: str | None = None
    seed: int | None = None
    base: bool | None = None
    device: str | None = None


def recipe_and_budget(run: Run, request: TrainingRequest, processor: Processor = CPU) -> tuple[Recipe, Budget]:
    """How and for how long to train ``run`` so that the request is met; what neither says is usual on ``processor``.

    A run that began keeps its recipe but for the device; only its budget can grow. Raises ``RunError`` for a request
    that it cannot meet, ``RecipeError`` for a value out of range.
    """
    recipe, desired, journal = run.recipe, desired_state(run), Journal(run)
    asked = None if request.minutes is None else Budget.requested(request.minutes)
    budget = asked or (desired.budget if desired else None) or Budget(minutes=usual_minutes(processor))
    if recipe is None or journal.saved_step == 0:
        given: dict[str, Any] = {
            "name": request.recipe,
            "seed": request.seed,
            "base": request.base,
            "device": request.device,
        }
        given = {name: value for name, value in given.items() if value is not None}
        return dataclasses.replace(recipe or Recipe(), **given), budget
    for setting, own, wanted in (("recipe", recipe.name, request.recipe), ("seed", recipe.seed, request.seed)):
        if wanted is not None and wanted != own:
            raise RunError("began-otherwise", setting=setting, own=own, wanted=wanted)
    used = journal.standing[1] / 60
    if asked is None and state_of(run) == "finished":
        raise RunError("finished", more=math.ceil(used + DEFAULT_MINUTES))
    if asked is not None and asked.minutes is not None and asked.minutes <= used:
        raise RunError("trained-as-long", used=used)
    return dataclasses.replace(recipe, device=request.device or recipe.device), budget
