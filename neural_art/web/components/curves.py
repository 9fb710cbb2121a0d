"""How a training goes, as three curves that one can read."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Curves(CustomComponent):
    """Value: ``{run, step}``; at another step the module asks ``series {run}`` for the curves."""

    file = "curves"
