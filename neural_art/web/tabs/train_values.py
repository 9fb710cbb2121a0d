"""What the Train tab shows of a status and its curves, as values for its components. No Gradio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from neural_art.dataset.report import Report
from neural_art.processor import CPU, Processor
from neural_art.recipe import SIZES
from neural_art.runs.digest import Digest
from neural_art.runs.status import Status
from neural_art.web import answers
from neural_art.web.visit import Visit

POINTS: Final = 200
"""Points of a curve."""

BUTTONS: Final[Mapping[str, frozenset[str]]] = {
    "training": frozenset({"pause", "stop"}),
    "waiting": frozenset({"pause", "leave"}),
    "paused": frozenset({"resume", "stop"}),
    "failed": frozenset({"resume"}),
    "finished": frozenset({"explore", "longer", "branch"}),
}
"""State -> what can be done in it."""

BORROWERS: Final = frozenset({"paused", "failed", "finished"})
"""States, beside "prepared", in which a run can be trained on a card that is lent."""

WAITING: Final[Mapping[str, str]] = {"waiting": "grid.queue", "failed": "grid.failed"}
"""State -> the words in place of the first sample grid, where they are others than "grid.waiting"."""


FOR_CARDS: Final = frozenset({"mural"})
"""Recipes that a CPU is too slow for."""

USUAL: Final = frozenset({"study", "canvas"})
"""Recipes of which most people want the first on a CPU, and the second on a graphics card."""


def asked(status: Status) -> bool:
    """Whether a training was ever asked for."""
    return status.state not in ("empty", "prepared")


def ending(status: Status) -> bool:
    """Whether it is about to pause or to end, but still at work."""
    return status.state == "training" and status.desired_state != "training"


def waits_for_card(status: Status) -> bool:
    """Whether it waits for a graphics card that is lent."""
    return status.on_loan and status.state == "waiting"


def buttons(status: Status, *, lends_cards: bool = False) -> frozenset[str]:
    """What can be done now; a training that is about to pause can be told to go on. ``lends_cards``: whether there are
    graphics cards that are lent for a minute."""
    if ending(status):
        return frozenset({"resume"}) if status.desired_state == "paused" else frozenset()
    possible = BUTTONS.get(status.state, frozenset())
    return possible | {"loan"} if lends_cards and status.state in BORROWERS else possible


def clock(visit: Visit, status: Status) -> dict[str, Any]:
    """The value of ``Clock``."""
    trouble = status.reason or status.notice
    return {
        "run": status.id,
        "state": "ending" if ending(status) else status.state,
        "begun": status.seconds > 0 and status.seconds_left is not None,
        "seconds": round(status.seconds, 1),
        "left": None if status.seconds_left is None else round(status.seconds_left, 1),
        "progress": round(status.progress, 3),
        "step": status.step,
        "paintings": status.paintings,
        "where": status.where.sentence(visit.language) if status.where else "",
        "place": status.queue_place,
        "loan": status.on_loan,
        "trouble": trouble.sentence(visit.language) if trouble else "",
    }


def grid(status: Status) -> dict[str, Any]:
    """The value of ``SampleGrid``: ``last`` is the index of the newest grid, -1 before there is one."""
    return {
        "run": status.id,
        "last": status.sample_grids - 1,
        "number": status.sample_grid_number,
        "paintings": status.paintings,
        "waiting": "grid.loan" if waits_for_card(status) else WAITING.get(status.state, "grid.waiting"),
    }


def curves(digest: Digest) -> dict[str, Any]:
    """The curves of a training, thinned, and the seconds at which it had been finished and went on."""
    series = digest.series(POINTS)
    lines = ("texture_distance", "fooling_rate", "pictures_per_second")
    return {
        "seconds": [round(second, 1) for second in series.seconds],
        "continued": [round(second, 1) for second in digest.continued],
        **{line: [answers.point(value) for value in getattr(series, line)] for line in lines},
    }


def devices(visit: Visit, usable: Sequence[Processor]) -> list[tuple[str, str]]:
    """What somebody may choose to learn on: words and a device."""
    kinds = {processor.kind: processor for processor in reversed(usable)}  # the best of a kind
    return [
        (visit.say("device.auto"), "auto"),
        *((visit.say("device.cpu") if kind == CPU.kind else kinds[kind].name, kind) for kind in reversed(kinds)),
    ]


def recipes(visit: Visit, report: Report | None, *, card: bool) -> dict[str, Any]:
    """The value of the ``Cards`` to choose a recipe from; what is chosen stays. ``report``: on the paintings, which may
    be too small for some. ``card``: whether it is for a graphics card, which can do more."""

    def note(name: str, size: int) -> str:
        if report is not None and (coarse := report.too_coarse_for(size)) is not None:
            return coarse.sentence(visit.language)
        return visit.say(f"recipe.{name}.note.card" if card and name in USUAL else f"recipe.{name}.note")

    cards = [
        {
            "value": name,
            "title": visit.say(f"recipe.{name}"),
            "detail": visit.say("recipe.size", size=size),
            "note": note(name, size),
        }
        for name, size in SIZES.items()
        if card or name not in FOR_CARDS
    ]
    return {"legend": visit.say("train.recipe"), "cards": cards, "chosen": None, "locked": False}
