"""All that the page may ask the server.

A handler takes one JSON object from a browser and answers with one. What it refuses it raises as a
``NeuralArtError``; ``answering`` turns that, and an error of our own, into
``{"error": "a sentence", "code": "run.unknown"}``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from neural_art.runs.studio import Studio
from neural_art.web import answers, requests
from neural_art.web.data import Data
from neural_art.web.explore import Explore
from neural_art.web.failures import reported_error
from neural_art.web.films import Films
from neural_art.web.my_runs import MyRuns
from neural_art.web.requests import Request
from neural_art.web.tasks import Tasks
from neural_art.web.train import Train

Handler: TypeAlias = Callable[[Request], dict[str, Any]]

Answering: TypeAlias = Callable[..., dict[str, Any]]
"""A handler for a browser: it takes any value, and who sent it."""


class Handlers:
    """The page's calls to one ``studio``. ``cache``: the folder where Gradio puts what browsers upload."""

    def __init__(self, studio: Studio, cache: Path) -> None:
        quotas = studio.visitors.quotas
        tasks = Tasks(most=quotas.all_tasks, most_each=quotas.tasks)
        self._runs = MyRuns(studio, tasks)
        self._data = Data(studio, tasks, cache)
        self._train = Train(studio)
        self._explore = Explore(studio)
        self._films = Films(studio, tasks)

    def all(self) -> list[Handler]:
        """Every handler; a browser calls it by its ``__name__``."""
        runs, data, train, explore, films = self._runs, self._data, self._train, self._explore, self._films
        return [
            runs.create, runs.branch, runs.runs, runs.rename, runs.delete, runs.tick, runs.task,
            data.take, data.check, data.samples, data.report, data.refit, data.remove_paintings,
            train.train, train.pause, train.resume, train.stop, train.train_longer, train.sample_grid,
            explore.explore, explore.paint, explore.paint_many, explore.thumbnails, explore.picture,
            explore.favourites, explore.keep, explore.unkeep,
            films.loop_film, films.learning_film, films.film,
        ]  # fmt: skip


def answering(handler: Handler) -> Answering:
    """``handler`` for a browser: it takes any value, and answers with a sentence where it refuses or fails.

    The request that the handler gets names the ``visitor`` who sent it (``requests.visitor``).
    Nothing is raised: Gradio's client swallows what is, and the page would wait for good.
    """

    @functools.wraps(handler)
    def answer(request: Any, visitor: str = "") -> dict[str, Any]:
        request = {**(request if isinstance(request, dict) else {}), "visitor": visitor}
        try:
            return handler(request)
        except Exception as error:
            return answers.refusal(
                reported_error(error, f"The page's call {handler.__name__}"), requests.language(request)
            )

    return answer
