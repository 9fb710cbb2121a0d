"""The picture that follows the sliders."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Stage(CustomComponent):
    """Value: ``{run, limits: {count, truncation, ahead}, aspect, version, favourites}``, or none without a model.

    ``version``: of the newest model that is open; ``favourites``: changes whenever they do. The module asks ``serve``
    for everything else and offers it to the page as ``page.explore``. Events, with data: ``classes {classes}`` (the
    run has some), ``adopt {run}`` (keeping a picture of the shipped model made a run).
    """

    file = "stage"
    triggers = ("classes", "adopt")
