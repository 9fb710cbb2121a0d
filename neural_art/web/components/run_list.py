"""The runs that a browser knows, to open, rename and delete."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class RunList(CustomComponent):
    """Value: ``{runs: [{id, name, created, state, picture, problem}], none}``.

    Events, with data: ``choose {id}``, ``rename {id, name}``, ``delete {id}``, ``retrain {id}``.
    """

    file = "run_list"
    triggers = ("choose", "rename", "delete", "retrain")
