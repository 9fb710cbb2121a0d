"""The word below the minutes of a training, and what was chosen for a run that was not started yet."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Unit(CustomComponent):
    """Value: ``{run, minutes, recipe, seed, base, device, devices}``, the choices that a new run begins with, and the
    devices that can be chosen.

    The module puts ``page.asked`` on the page. ``chose({minutes: 10})`` keeps a choice and writes the word for it;
    ``choices(cards)`` gives minutes, the value of the recipes' ``Cards``, seed, base and device as they were kept;
    ``sent(...)`` makes the inputs of an event whole. Event: ``recall``, when the choices for another run should be
    shown.
    """

    file = "unit"
    triggers = ("recall",)
