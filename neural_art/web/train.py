"""Step 2, Train: a training is asked for, paused, ended, prolonged, and looked at."""

from __future__ import annotations

from typing import Any

from neural_art.errors import RunError
from neural_art.recipe import Budget, Recipe
from neural_art.runs.journal import Journal
from neural_art.runs.studio import Studio
from neural_art.web import answers, requests
from neural_art.web.requests import Request


class Train:
    """What the page asks at step 2."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def train(self, request: Request) -> dict[str, Any]:
        """Queue the run for its training."""
        default = Recipe()
        recipe = Recipe(
            name=requests.text(request, "recipe"),
            seed=request.get("seed", default.seed),
            base=request.get("base", default.base),
        )
        budget = Budget.requested(request.get("minutes"))
        self._studio.train(requests.text(request, "run"), recipe, budget, visitor=requests.visitor(request))
        return {}

    def pause(self, request: Request) -> dict[str, Any]:
        """Pause the training."""
        self._studio.pause(requests.text(request, "run"))
        return {}

    def resume(self, request: Request) -> dict[str, Any]:
        """Go on with a training that is paused or failed."""
        self._studio.resume(requests.text(request, "run"), visitor=requests.visitor(request))
        return {}

    def stop(self, request: Request) -> dict[str, Any]:
        """End the training early and keep the model."""
        self._studio.stop(requests.text(request, "run"))
        return {}

    def train_longer(self, request: Request) -> dict[str, Any]:
        """Train a finished run for some more ``minutes``."""
        minutes = requests.number(request, "minutes")
        self._studio.train_longer(requests.text(request, "run"), minutes, visitor=requests.visitor(request))
        return {}

    def sample_grid(self, request: Request) -> dict[str, Any]:
        """An earlier sample grid, by its ``index``."""
        grids = Journal(self._studio.run(requests.text(request, "run"))).sample_grids()
        if not grids:
            raise RunError("no-sample-grid")
        grid = grids[requests.whole(request, "index", (0, len(grids) - 1))]
        return {"sample_grid": answers.data_uri(grid.read_bytes(), "image/webp")}
