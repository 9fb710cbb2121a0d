"""The page's named endpoints, for programs: ``gradio_client.Client(url).predict(..., api_name="/paint")``."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr

from neural_art.dataset.report import Report
from neural_art.errors import NeuralArtError, RunError
from neural_art.events import Progress
from neural_art.explore.position import Position
from neural_art.recipe import DEFAULT_MINUTES, Budget, Recipe
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio
from neural_art.web.gate import visitor_of

Answer = TypeVar("Answer")


class Endpoints:
    """What a program may ask. A run is named by its id, which is a secret: who knows it may do everything with it.

    ``cache``: the folder where Gradio puts uploads, and serves answers from. ``proxies``: see ``gate.visitor_of``.
    """

    def __init__(self, studio: Studio, cache: Path, proxies: int = 0) -> None:
        self._studio = studio
        self._cache = cache
        self._proxies = proxies

    def create(self, paintings: str | None, name: str, asked: gr.Request) -> dict[str, Any]:
        """A new run from a zip of paintings, or from the sample paintings without one: its id and the report."""
        path = None if paintings is None else Path(paintings)
        try:
            with self._studio.visitors.creating(visitor_of(asked, self._proxies)) as made:
                intake = self._studio.intake
                news = intake.add_samples(None) if path is None else intake.add_paintings(None, [(path.name, path)])
                run, report = _last(news)
                made(run.id)
        finally:
            if path is not None:
                path.unlink(missing_ok=True)  # nothing that was uploaded stays where Gradio serves it from
        if name.strip():
            self._studio.rename(run.id, name)
        return {
            "run": run.id,
            "paintings": len(report.paintings),
            "class_counts": report.class_counts,
            "rejections": [
                {"name": rejected.name, "code": rejected.message.code, "reason": rejected.message.sentence()}
                for rejected in report.rejections
            ],
        }

    def train(
        self,
        run: str,
        asked: gr.Request,
        minutes: float = DEFAULT_MINUTES,
        recipe: str = Recipe().name,
        seed: int = Recipe().seed,
    ) -> dict[str, Any]:
        """Queue a run for its training; answers as ``status`` does."""
        visitor = visitor_of(asked, self._proxies)
        self._studio.train(run, Recipe(name=recipe, seed=int(seed)), Budget.requested(minutes), visitor=visitor)
        return self.status(run)

    def status(self, run: str) -> dict[str, Any]:
        """How a run stands."""
        plain = self._studio.status(run).to_json()
        return {name: value for name, value in plain.items() if name not in ("sample_grid", "thumbnail")}

    def stop(self, run: str) -> dict[str, Any]:
        """End a training early and keep the model."""
        self._studio.stop(run)
        return self.status(run)

    def paint(self, run: str, position: dict[str, Any] | None, enlarge: float) -> str:
        """A PNG file of the picture at a position, such as {"seed": 7} or {"origin": "painting", "a": 0}."""
        picture = self._studio.explorer(run).png(Position.from_json(position or {}), enlarge=int(enlarge))
        folder = self._cache / secrets.token_hex(16)
        folder.mkdir(parents=True)
        (folder / "picture.png").write_bytes(picture)
        return str(folder / "picture.png")

    def delete(self, run: str) -> str:
        """Remove a run and everything in it."""
        self._studio.delete(run)
        return "deleted"


def add_endpoints(studio: Studio, proxies: int = 0) -> None:
    """Add the endpoints to the page that is being built. Those that take or give a file have hidden components."""
    endpoints = Endpoints(studio, Path(gr.utils.get_upload_folder()), proxies)
    for function in (endpoints.train, endpoints.status, endpoints.stop, endpoints.delete):
        gr.api(_in_words(function), api_name=function.__name__, api_description=function.__doc__)
    with gr.Group(visible=False):
        zipped, name, made = (
            gr.File(file_types=[".zip"], label="paintings"),
            gr.Textbox(label="name"),
            gr.JSON(label="run"),
        )
        run, position, enlarge = gr.Textbox(label="run"), gr.JSON(label="position"), gr.Number(1, label="enlarge")
        picture = gr.Image(format="png", label="picture")  # a program gets a picture, not the name of a file
        wiring: list[tuple[Callable[..., Any], list[Any], Any]] = [
            (endpoints.create, [zipped, name], made),
            (endpoints.paint, [run, position, enlarge], picture),
        ]
        for function, inputs, output in wiring:
            gr.Button(visible=False).click(
                _in_words(function), inputs, output, api_name=function.__name__, api_description=function.__doc__
            )


def _last(news: Iterator[Run | Progress | Report]) -> tuple[Run, Report]:
    """The run and the report of an intake that made a run."""
    run, *_, report = news
    assert isinstance(run, Run)
    assert isinstance(report, Report)
    return run, report


def _in_words(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """``function``, whose errors a program reads as an English sentence."""

    @functools.wraps(function)
    def answer(*values: Any) -> Answer:
        try:
            return function(*values)
        except NeuralArtError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except (TypeError, ValueError, OverflowError) as error:
            raise gr.Error(str(RunError("request-not-understood"))) from error

    return answer
