"""The looping film, a part of the tab Explore: made as a task that stays with the run, shown and downloaded."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from gradio import processing_utils
from gradio.blocks import Block

from neural_art.errors import RunError
from neural_art.explore import limits
from neural_art.explore.position import Position
from neural_art.runs.favourites import Favourites
from neural_art.runs.ready import READY
from neural_art.runs.run import Run
from neural_art.web import requests
from neural_art.web.answers import file_name
from neural_art.web.components.tiles import Tiles
from neural_art.web.explore import LONGEST_NAME
from neural_art.web.labels import label
from neural_art.web.tasks import News, Standing
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates, merged

if TYPE_CHECKING:
    from neural_art.web.page import Page

TASK: Final = "loop"
"""The name of the task that makes a film."""

KEPT: Final = 12
"""Looping films that a run keeps."""

SOURCES: Final = ("favourites", "paintings")
"""What a film goes through."""


class FilmSection:
    """What makes a looping film, and the newest one."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @property
    def ticking(self) -> Sequence[Block]:
        return [self._make, self._progress, self._video, self._save, self._page.messages]

    def build(self) -> None:
        with gr.Column(elem_id="film", elem_classes="shelf"):
            with gr.Row(elem_classes="between"):
                gr.Markdown(label("film.title", "## {}"))
                gr.Markdown(label("film.note"), elem_classes="note")
            with gr.Row(elem_id="filming"):
                with gr.Column(elem_id="film-settings"):
                    self._source = gr.Radio(
                        [(label(f"film.{source}"), source) for source in SOURCES], value=SOURCES[0], show_label=False,
                        label=label("film.title"), container=False, interactive=True, elem_id="film-source",
                    )  # fmt: skip
                    self._paintings = Tiles("film", elem_id="film-paintings")
                    self._seconds = gr.Slider(
                        *limits.SECONDS, limits.DEFAULT_SECONDS, step=1, label=label("film.seconds"), buttons=[],
                        interactive=True, elem_id="film-seconds",
                    )  # fmt: skip
                    self._smoothness = gr.Slider(
                        *limits.SMOOTHNESS, limits.SMOOTHNESS[1], step=0.05, label=label("film.smoothness"), buttons=[],
                        interactive=True, elem_id="film-smoothness",
                    )  # fmt: skip
                    self._make = gr.Button(label("film.make"), variant="primary", size="md", elem_id="film-make")
                    self._progress = gr.HTML(visible=False, elem_id="film-progress")
                with gr.Column(elem_id="film-shown"):
                    self._video = gr.Video(
                        loop=True, show_label=False, label=label("film.loop"), buttons=[], visible=False,
                        interactive=False, elem_id="loop", elem_classes="frame",
                    )  # fmt: skip
                    self._save = gr.DownloadButton(
                        label("film.save"), visible=False, size="md", elem_id="film-save", elem_classes="quiet"
                    )

    def wire(self) -> None:
        self._page.wiring.local(
            self._source.input, inputs=[self._source], js="(source) => { page.tiles?.film.from(source); }"
        )
        inputs = [self._source, self._seconds, self._smoothness, self._paintings]
        self._page.wiring.on(
            self._make.click,
            respond=self.make,
            inputs=inputs,
            outputs=self._page.everything,
            js="(...given) => [...given.slice(0, -1), page.tiles.film.chosen]",
        )

    # ---- what there is to see

    def shown(self, visit: Visit, run: Run) -> Updates:
        films = _newest(run.paths.films)
        return self._film(films[0] if films else None)

    def ticked(self, visit: Visit, run: Run, before: Mapping[str, Any], now: dict[str, Any]) -> Updates:
        standing = self._page.tasks.standing(run.id, TASK)
        now[TASK] = _mark(standing)
        if standing is None or before.get(TASK) == now[TASK]:
            return {} if standing else self._idle()
        if standing.state == "working":
            return self._working(visit, standing.progress.done, standing.progress.total)
        if TASK not in before:  # it had ended before anybody looked
            return self._idle()
        if standing.error is not None:
            return merged(self._idle(), self._page.say(standing.error.message.sentence(visit.language)))
        films = self._film(run.paths.films / standing.result["film"])
        return merged(self._idle(), films, self._page.say(visit.say("film.ready"), quiet=True))

    def blank(self) -> Updates:
        return merged(self._idle(), self._film(None))

    def _idle(self) -> Updates:
        return {self._make: gr.update(interactive=True), self._progress: gr.update(visible=False)}

    def _working(self, visit: Visit, done: int, total: int) -> Updates:
        bar = f'<progress value="{done}" max="{max(1, total)}" aria-label="{visit.say("film.progress")}"></progress>'
        return {self._make: gr.update(interactive=False), self._progress: gr.update(value=bar, visible=True)}

    def _film(self, path: Path | None) -> Updates:
        """A film to see and to download, as a file of Gradio's: the runs' folder is closed to it."""
        given = None if path is None else processing_utils.save_file_to_cache(path, self._video.GRADIO_CACHE)
        return {block: gr.update(value=given, visible=given is not None) for block in (self._video, self._save)}

    # ---- events

    def make(self, visit: Visit, source: Any, seconds: Any, smoothness: Any, chosen: Any) -> Updates:
        """Begin a film through the kept pictures, or through the paintings that were ``chosen``, by their numbers."""
        if visit.run == READY:  # nothing was kept yet, or it would be a run
            return self._page.say(visit.say("film.few.favourites"))
        run = self._page.studio.run(visit.run)
        positions = _positions(run, source, chosen)
        if len(positions) < limits.POSITIONS[0]:
            return self._page.say(visit.say("film.few.favourites" if source == SOURCES[0] else "film.few.paintings"))
        folder, name = run.paths.films, f"loop-{file_name(run.info.name, LONGEST_NAME)}-{secrets.token_hex(4)}.mp4"
        folder.mkdir(exist_ok=True)
        explorer = self._page.studio.explorer(run.id)
        from neural_art.explore import film  # here: it loads PyTorch

        given = {"seconds": seconds, "smoothness": smoothness}
        frames = film.loop_film(
            explorer, positions, folder / name, requests.number(given, "seconds"), requests.number(given, "smoothness")
        )

        def work() -> Iterator[News]:
            yield from frames
            for old in _newest(folder)[KEPT:]:
                old.unlink(missing_ok=True)
            yield {"film": name}

        self._page.tasks.start(run.id, TASK, work, visitor=visit.visitor)
        return merged(self._working(visit, 0, 1), self._page.soon("explore"))


def _positions(run: Run, source: Any, chosen: Any) -> list[Position]:
    if source == SOURCES[0]:
        return [Position.from_json(kept) for kept in Favourites(run).all()]
    if not isinstance(chosen, list) or not all(type(index) is int for index in chosen):
        raise RunError("request-no-list", name="paintings")
    return [Position(origin="painting", a=index) for index in chosen]


def _mark(standing: Standing | None) -> list[Any] | None:
    """Changes whenever a film begins, gets further or ends."""
    if standing is None:
        return None
    return [standing.number, standing.state, standing.progress.done, standing.progress.total]


def _newest(folder: Path) -> list[Path]:
    """The looping films in a folder, newest first."""
    return sorted(folder.glob("loop-*.mp4"), key=lambda path: path.stat().st_mtime, reverse=True)
