"""Step 3, Explore: a picture that follows sliders, and what one does with pictures.

Where the person is in the latent space is known to the browser alone (``modules/exploration.js``): a slider moves
without an event of Gradio's. Python says which run is explored, and gives pictures (``web.explore``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from gradio import processing_utils
from gradio.blocks import Block

from neural_art.explore.position import AMOUNTS, DEFAULT_TRUNCATION, SLIDERS, TRUNCATION
from neural_art.runs.ready import READY, ReadyModel
from neural_art.runs.run import Run
from neural_art.runs.status import Status
from neural_art.web.components.stage import Stage
from neural_art.web.components.tiles import Tiles
from neural_art.web.explore import Explore
from neural_art.web.labels import label
from neural_art.web.serving import Handler
from neural_art.web.tabs.film import FilmSection
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates, merged

if TYPE_CHECKING:
    from neural_art.web.page import Page

LOOK_AHEAD: Final = 2.5
"""The amount of a direction that the small pictures at both ends of its slider show."""

LIMITS: Final = {"count": SLIDERS, "truncation": DEFAULT_TRUNCATION, "ahead": LOOK_AHEAD}
"""What the browser has to know of positions."""

_NOTHING: Final = {"run": "", "limits": LIMITS}

ANY_CLASS: Final = -1
"""Stands for pictures of any class, in the menu of classes."""


class ExploreTab:
    """The tab. ``calls``: what its components ask."""

    blocks: list[Block]

    def __init__(self, page: Page) -> None:
        self._page = page
        self.ready = ReadyModel(device=page.studio.paint_device)
        self.calls = Explore(page.studio, self.ready, self._published)
        self.film = FilmSection(page)

    @property
    def ticking(self) -> Sequence[Block]:
        return [self._nothing, self._all, self.stage, *self.film.ticking]

    # ---- building

    def build(self) -> None:
        with gr.Column(elem_id="not-yet", visible=False) as self._nothing:
            gr.Markdown(label("explore.notyet", "## {}"))
            gr.Markdown(label("explore.notyet.note"), elem_classes="lead")
            self._to_training = gr.Button(label("explore.totrain"), variant="primary", elem_id="to-training")
        with gr.Row(elem_id="playing", visible=False) as self._banner:
            gr.Markdown(label("play.note"))
            self._own = gr.Button(label("play.own"), variant="primary", size="md", elem_id="play-own")
        with gr.Column(elem_id="explore-all", visible=False) as self._all:
            with gr.Row(elem_id="easel-row"):
                with gr.Column(elem_id="easel", scale=12, elem_classes="follows"):
                    calls = self.calls
                    asked: list[Handler] = [calls.paint, calls.explore, calls.paint_many, calls.thumbnails]
                    asked += [calls.picture, calls.favourites, calls.keep, calls.unkeep]
                    self.stage = Stage(_NOTHING, elem_id="stage", serve=[self._page.served(each) for each in asked])
                    self._build_tray()
                with gr.Column(elem_id="side", scale=10):
                    self._build_sliders()
            self._build_shelf()

    def _build_tray(self) -> None:
        with gr.Row(elem_id="tray"):
            self._classes = gr.Dropdown(
                [(label("explore.class.any"), ANY_CLASS)], value=ANY_CLASS, label=label("explore.class"),
                show_label=False, container=False, min_width=110, interactive=True, visible=False, elem_id="class",
            )  # fmt: skip
            self._fresh = gr.Button(label("explore.new"), variant="primary", size="md", elem_id="new")
            self._keep = gr.Button(label("explore.keep"), size="md", elem_id="keep")
            self._undo = gr.Button(label("explore.undo"), size="md", elem_id="undo", elem_classes="icon")
            self._redo = gr.Button(label("explore.redo"), size="md", elem_id="redo", elem_classes="icon")
            self._reset = gr.Button(label("explore.reset"), size="md", elem_id="reset", elem_classes="icon")
            self._save = gr.Button(label("explore.save"), size="md", elem_id="save")
            self._save_large = gr.Button(label("explore.save4"), size="md", elem_id="save4", elem_classes="quiet")

    def _build_sliders(self) -> None:
        with gr.Column(elem_id="directions"):
            _heading("explore.directions", "explore.directions.note", "###")
            for number in range(1, SLIDERS + 1):
                text = label("explore.direction.first" if number == 1 else "explore.direction", n=number)
                gr.Slider(
                    *AMOUNTS, 0, step=0.02, label=text, buttons=[], interactive=True, elem_id=f"direction-{number}"
                )
        with gr.Column(elem_id="daring"):
            _heading("explore.truncation", "explore.truncation.note", "###")
            gr.Slider(
                *TRUNCATION, DEFAULT_TRUNCATION, step=0.01, label=label("explore.truncation.label"), buttons=[],
                interactive=True, elem_id="truncation",
            )  # fmt: skip
        with gr.Column(elem_id="morphing"):
            _heading("explore.morph", "explore.morph.note", "###")
            with gr.Row(elem_id="morph-row"):
                self._a = gr.Button("A", elem_id="slot-a", elem_classes="slot")
                gr.Slider(
                    0,
                    1,
                    0,
                    step=0.005,
                    label=label("explore.morph.label"),
                    buttons=[],
                    interactive=True,
                    elem_id="morph",
                )
                self._b = gr.Button("B", elem_id="slot-b", elem_classes="slot")
            Tiles("slot", elem_id="choose")

    def _build_shelf(self) -> None:
        with gr.Column(elem_id="own-paintings", elem_classes="shelf"):
            _heading("explore.own", "explore.own.note", "##")
            Tiles("own", elem_id="own")
        with gr.Column(elem_classes="shelf"):
            with gr.Row(elem_classes="between"):
                gr.Markdown(label("explore.sixteen", "## {}"))
                self._again = gr.Button(label("explore.again"), size="md", elem_id="again")
            Tiles("sixteen", elem_id="sixteen")
        with gr.Column(elem_classes="shelf"):
            _heading("explore.kept", "explore.kept.note", "##")
            Tiles("kept", elem_id="kept")
        self.film.build()

    def wire(self) -> None:
        on, local, everything = self._page.wiring.on, self._page.wiring.local, self._page.everything
        for button, action in (
            (self._fresh, "fresh()"), (self._keep, "keep()"), (self._undo, "undo()"), (self._redo, "redo()"),
            (self._reset, "reset()"), (self._save, "save(1)"), (self._save_large, "save(4)"),
        ):  # fmt: skip
            local(button.click, js=f"() => {{ page.explore?.{action}; }}")
        local(self._classes.input, inputs=[self._classes], js="(index) => { page.explore.ofClass(index); }")
        local(self._again.click, js="() => { page.tiles?.sixteen.renew(); }")
        for slot, side in ((self._a, "a"), (self._b, "b")):
            local(slot.click, js=f"() => {{ page.tiles?.slot.choose('{side}'); }}")
        on(self.stage.classes, respond=self.show_classes, outputs=[self._classes], with_data=True)
        on(self.stage.adopt, respond=self.adopt, outputs=everything, with_data=True)
        on(self._to_training.click, respond=self._show_training, outputs=everything)
        on(self._own.click, respond=self._page.blank, outputs=everything)
        on(self._page.data.ready.click, respond=self._page.playing, outputs=everything)
        self.film.wire()

    # ---- what there is to see

    def opened(self, run: Run, status: Status) -> Updates:
        """What the tab begins with when it is opened: the stage asks for its picture at once."""
        seen = {
            self._nothing: gr.update(visible=not status.can_explore),
            self._all: gr.update(visible=status.can_explore),
        }
        return merged(seen, {self.stage: _stage(run.id, status.aspect, None, "") if status.can_explore else _NOTHING})

    def shown(self, visit: Visit, run: Run, status: Status) -> Updates:
        return merged({self._banner: gr.update(visible=False)}, self.film.shown(visit, run))

    def ticked(self, visit: Visit, run: Run, status: Status, before: Mapping[str, Any], now: dict[str, Any]) -> Updates:
        film = self.film.ticked(visit, run, before, now)
        now["can"] = status.can_explore
        seen = {self._nothing: gr.update(visible=not now["can"]), self._all: gr.update(visible=now["can"])}
        if now["can"]:
            now["stage"] = [self._page.studio.model_version(run.id), _changed(run)]
        if before.get("can") == now["can"] and before.get("stage") == now.get("stage"):
            return film
        return merged(
            seen, {self.stage: _stage(run.id, status.aspect, *now["stage"]) if now["can"] else _NOTHING}, film
        )

    def playing(self, visit: Visit) -> Updates:
        """The shipped model to explore."""
        self.ready.open_soon()
        return merged(
            {self._nothing: gr.update(visible=False), self._all: gr.update(visible=True)},
            {self._banner: gr.update(visible=True), self.stage: _stage(READY, 1.0, None, "")},
            self.film.blank(),
        )

    def blank(self, visit: Visit) -> Updates:
        seen = {block: gr.update(visible=False) for block in (self._nothing, self._all, self._banner)}
        return merged(seen, {self.stage: _NOTHING}, self.film.blank())

    # ---- events

    def show_classes(self, visit: Visit, data: Mapping[str, Any]) -> Updates:
        """The menu of a run's classes."""
        names = data.get("classes")
        names = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        choices = [(visit.say("explore.class.any"), ANY_CLASS)]
        choices += [(name or visit.say("explore.class.none"), index) for index, name in enumerate(names)]
        return {self._classes: gr.update(choices=choices, value=ANY_CLASS, visible=len(names) > 0)}

    def adopt(self, visit: Visit, data: Mapping[str, Any]) -> Updates:
        """The visit goes on with the run that was made when a picture of the shipped model was kept."""
        return self._page.open(visit, str(data.get("run", "")), "explore")

    def _show_training(self, visit: Visit) -> Updates:
        return self._page.open(visit, visit.run, "train")

    def _published(self, content: bytes, name: str) -> str:
        """The address of a file with this content; it is deleted with Gradio's other files."""
        path = processing_utils.save_bytes_to_cache(content, name, self.stage.GRADIO_CACHE)
        self.stage.temp_files.add(path)
        return f"gradio_api/file={path}"


def _heading(key: str, note: str, form: str) -> None:
    with gr.Row(elem_classes="between"):
        gr.Markdown(label(key, f"{form} {{}}"))
        gr.Markdown(label(note), elem_classes="note")


def _stage(run: str, aspect: float, version: int | None, favourites: str) -> dict[str, Any]:
    return {"run": run, "limits": LIMITS, "aspect": round(aspect, 4), "version": version, "favourites": favourites}


def _changed(run: Run) -> str:
    """When the favourites changed last: other than before, if they did since."""
    with contextlib.suppress(OSError):
        return str(run.paths.favourites.stat().st_mtime_ns)
    return ""
