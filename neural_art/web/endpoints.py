"""The page's named endpoints, for programs: ``gradio_client.Client(url).predict(..., api_name="/paint")``."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr

from neural_art.dataset.prepare import Report
from neural_art.errors import NeuralArtError, PaintingError
from neural_art.explore.explorer import Position
from neural_art.recipe import Recipe
from neural_art.runs.folder import Run
from neural_art.runs.studio import Studio

Answer = TypeVar("Answer")


class Endpoints:
    """What a program may ask. A run is named by its id, which is a secret: who knows it may do everything with it."""

    def __init__(self, studio: Studio, uploads: Path) -> None:
        self._studio = studio
        self._uploads = uploads

    def create(self, paintings: str | None, name: str) -> dict[str, Any]:
        """A new run from a zip of paintings, or from the sample paintings without one: its id and the report."""
        if paintings is None:
            made = self._bring(self._studio.bring_samples(None))
        else:
            path = Path(paintings)
            try:
                made = self._bring(self._studio.bring(None, [(path.name, path)]))
            finally:
                path.unlink(missing_ok=True)  # nothing that was uploaded stays where Gradio serves it from
        run, report = made
        if name.strip():
            self._studio.rename(run.id, name)
        left_out = [{"name": left.name, "reason": left.reason} for left in report.left_out]
        return {"run": run.id, "paintings": len(report.paintings), "classes": report.kinds, "left_out": left_out}

    def train(self, run: str, minutes: float, recipe: str, seed: float) -> dict[str, Any]:
        """Put a run in the line for its training; answers as ``status`` does."""
        self._studio.train(run, Recipe(name=recipe, minutes=minutes, seed=int(seed)))
        return self.status(run)

    def status(self, run: str) -> dict[str, Any]:
        """How a run stands."""
        plain = self._studio.status(run).to_json()
        return {name: value for name, value in plain.items() if name not in ("wall", "thumbnail")}

    def stop(self, run: str) -> dict[str, Any]:
        """End a training early and keep the model."""
        self._studio.stop(run)
        return self.status(run)

    def paint(self, run: str, position: dict[str, Any] | None, enlarge: float) -> str:
        """A PNG file of the picture at a position, such as {"seed": 7} or {"origin": "painting", "a": 0}."""
        picture = self._studio.explorer(run).png(Position.from_json(position or {}), enlarge=int(enlarge))
        folder = self._uploads / secrets.token_hex(16)
        folder.mkdir(parents=True)
        (folder / "picture.png").write_bytes(picture)
        return str(folder / "picture.png")

    def delete(self, run: str) -> str:
        """Remove a run with everything in it."""
        self._studio.delete(run)
        return "deleted"

    def _bring(self, news: Any) -> tuple[Run, Report]:
        run = report = None
        for each in news:
            run = each if isinstance(each, Run) else run
            report = each if isinstance(each, Report) else report
        if run is None or report is None:
            raise PaintingError("Nothing came of these paintings. Bring them again.")
        return run, report


def add_endpoints(studio: Studio) -> None:
    """Adds the endpoints to the page that is being built. Their components are never shown."""
    asked = Endpoints(studio, Path(gr.utils.get_upload_folder()))
    with gr.Group(visible=False):
        zipped = gr.File(file_types=[".zip"], label="paintings")
        name, run, recipe = gr.Textbox(label="name"), gr.Textbox(label="run"), gr.Textbox("study", label="recipe")
        minutes, seed, enlarge = (
            gr.Number(5, label="minutes"),
            gr.Number(0, label="seed"),
            gr.Number(1, label="enlarge"),
        )
        position, answer = gr.JSON(label="position"), gr.JSON(label="answer")
        said, picture = gr.Textbox(label="said"), gr.File(label="picture")
        wiring: list[tuple[Callable[..., Any], list[Any], Any]] = [
            (asked.create, [zipped, name], answer),
            (asked.train, [run, minutes, recipe, seed], answer),
            (asked.status, [run], answer),
            (asked.stop, [run], answer),
            (asked.paint, [run, position, enlarge], picture),
            (asked.delete, [run], said),
        ]
        for function, inputs, output in wiring:
            gr.Button(visible=False).click(
                _told(function), inputs, output, api_name=function.__name__, api_description=function.__doc__
            )


def _told(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """``function``, whose errors a program reads as a sentence."""

    @functools.wraps(function)
    def answer(*values: Any) -> Answer:
        try:
            return function(*values)
        except NeuralArtError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except (TypeError, ValueError, OverflowError) as error:
            raise gr.Error("A value is missing or of the wrong kind. See the endpoint's description.") from error

    return answer
