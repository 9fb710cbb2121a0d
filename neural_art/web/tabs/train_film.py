"""The learning film of a finished run on the Train tab: made by itself, played, downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block

from neural_art.errors import RunError
from neural_art.runs.run import Run
from neural_art.runs.status import Status
from neural_art.web import films
from neural_art.web.components.bar import Bar
from neural_art.web.labels import label
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates

if TYPE_CHECKING:
    from neural_art.web.page import Page


class LearningFilm:
    """The film on ``page``. ``blocks``: its components, once they are built."""

    blocks: list[Block]

    def __init__(self, page: Page) -> None:
        self._page = page

    def build(self) -> None:
        with gr.Column(visible=False, elem_id="learning") as self._box:
            gr.Markdown(label("film.learning", "### {}"))
            gr.Markdown(label("film.learning.note"), elem_classes="note")
            self._bar = Bar(visible=False, elem_id="learning-bar")
            self._video = gr.Video(
                label=label("film.learning"), show_label=False, interactive=False, buttons=[], visible=False,
                elem_id="learning-film", elem_classes="frame",
            )  # fmt: skip
            with gr.Row(elem_id="learning-actions"):
                self._download = gr.DownloadButton(
                    label("film.save"),
                    size="md",
                    visible=False,
                    elem_id="learning-save",
                    elem_classes=["shaped", "down"],
                )
                self._again = gr.Button(
                    label("film.learning.again"), size="md", visible=False, elem_id="learning-again"
                )
        self.blocks = [self._box, self._bar, self._video, self._download, self._again]

    def wire(self) -> None:
        self._page.wiring.on(self._again.click, respond=self._make_again, outputs=self._page.everything)

    def ticked(self, visit: Visit, run: Run, status: Status, before: Mapping[str, Any], now: dict[str, Any]) -> Updates:
        """The film as it stands; it is begun if nobody has yet."""
        now["film"], updates = self._standing(visit, run, status)
        return updates if now["film"] != before.get("film", "") else {}

    def blank(self) -> Updates:
        """No film."""
        return self._show(box=False)

    def _standing(self, visit: Visit, run: Run, status: Status) -> tuple[Any, Updates]:
        """A mark of how the film stands, and how that is shown."""
        if status.state != "finished" or status.sample_grids == 0:
            return None, self._show(box=False)
        film = films.learning_film_path(run, status.step)
        if film.is_file():
            path = films.published(film, self._page.uploads, f"{status.name}-{visit.say('film.learning.file')}")
            return [film.name, path.name], self._show(film=str(path))
        standing = self._page.tasks.standing(run.id, films.LEARNING)
        if standing is None or (standing.state == "failed" and standing.stage != film.name) or standing.state == "done":
            try:
                films.make_learning_film(self._page.tasks, run, status.step, visitor=visit.visitor)
            except RunError as error:  # too much is asked of the server just now
                reason = error.message.sentence(visit.language)
                return ["refused", reason], self._show(text=reason, again=True)
            standing = self._page.tasks.standing(run.id, films.LEARNING)
        if standing is not None and standing.state == "failed":
            reason = standing.error.message.sentence(visit.language) if standing.error else ""
            return ["failed", reason], self._show(text=reason, again=True)
        done = standing.progress.done / standing.progress.total if standing and standing.progress.total else None
        share = None if done is None else round(done, 2)
        return ["making", share], self._show(text=visit.say("film.learning.making"), share=share, working=True)

    def _show(
        self, *, box: bool = True, film: str | None = None, text: str = "", share: float | None = None,
        working: bool = False, again: bool = False,
    ) -> Updates:  # fmt: skip
        bar = {"text": text, "share": share, "working": working}
        return {
            self._box: gr.update(visible=box),
            self._bar: gr.update(value=bar, visible=bool(text)),
            self._video: gr.update(value=film, visible=film is not None),
            self._download: gr.update(value=film, visible=film is not None),
            self._again: gr.update(visible=again),
        }

    def _make_again(self, visit: Visit) -> Updates:
        studio = self._page.studio
        step = studio.status(visit.run).step
        films.make_learning_film(self._page.tasks, studio.run(visit.run), step, visitor=visit.visitor)
        return self._page.current(visit)
