"""The list of the runs that a browser knows, in a drawer: open, rename, delete, begin anew."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from gradio.blocks import Block

from neural_art.errors import NeuralArtError
from neural_art.runs.listing import Gone, Unreadable
from neural_art.runs.status import Status
from neural_art.web import answers
from neural_art.web.components.run_list import RunList
from neural_art.web.labels import label
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates, merged

if TYPE_CHECKING:
    from neural_art.web.page import Page

LISTED: Final = 100
"""Runs that are listed at once."""


class MyRuns:
    """The drawer of ``page``."""

    blocks: list[Block]

    def __init__(self, page: Page) -> None:
        self._page = page

    def build(self) -> None:
        with gr.Column(visible=False, elem_id="runs") as self._drawer:
            with gr.Row(elem_classes="top"):
                gr.Markdown(label("runs.title", "## {}"))
                self._close = gr.Button(label("close"), size="sm", elem_id="close-runs", elem_classes=["quiet", "icon"])
            gr.Markdown(label("runs.note"), elem_classes="note")
            self._new = gr.Button(label("runs.new"), variant="primary", size="md", elem_id="new-run")
            self._list = RunList(elem_id="run-list")
        self.blocks = [self._drawer, self._list]

    def wire(self) -> None:
        on, everything = self._page.wiring.on, self._page.everything
        on(self._close.click, respond=self._closed, outputs=self.blocks)
        on(self._new.click, respond=self._begin, outputs=everything)
        on(self._list.choose, respond=self._open, outputs=everything, with_data=True)
        on(self._list.rename, respond=self._rename, outputs=everything, with_data=True)
        on(self._list.retrain, respond=self._train_again, outputs=everything, with_data=True)
        on(self._list.delete, respond=self._delete, outputs=everything, with_data=True)

    def opened(self, visit: Visit) -> Updates:
        """The drawer, open, with the runs as they stand. Only a run that is surely gone is forgotten."""
        listed = self._page.studio.listed(visit.runs[:LISTED])
        for each in listed:
            if isinstance(each, Gone) and each.id != visit.run:
                visit = visit.without(each.id)
        entries = [self._entry(visit, each) for each in listed if not isinstance(each, Gone)]
        return {
            self._drawer: gr.update(visible=True),
            self._list: {"runs": entries, "none": "" if entries else visit.say("runs.none")},
            self._page.session: visit.to_session(),
        }

    def _entry(self, visit: Visit, status: Status | Unreadable) -> dict[str, Any]:
        if isinstance(status, Unreadable):
            return {
                "id": status.id,
                "name": status.name or visit.say("runs.unreadable"),
                "problem": status.reason.sentence(visit.language),
                "retrainable": status.can_train_again,
            }
        return {
            "id": status.id,
            "name": status.name,
            "created": status.created,
            "state": visit.say(f"state.{status.state}"),
            "picture": self._picture(status),
        }

    def _picture(self, status: Status) -> str | None:
        """Four pictures of the network or, before there are any, the first painting."""
        with contextlib.suppress(OSError, NeuralArtError):  # a list without one picture is better than none
            if status.thumbnail is not None:
                return answers.data_uri(status.thumbnail.read_bytes(), "image/jpeg")
            run = self._page.studio.run(status.id)
            report = run.report
            if report is not None and report.paintings:
                return answers.thumbnail(run.paths.paintings / report.paintings[0].file)
        return None

    def _closed(self, visit: Visit) -> Updates:
        return {self._drawer: gr.update(visible=False)}

    def _begin(self, visit: Visit) -> Updates:
        return merged(self._page.blank(visit), {self._drawer: gr.update(visible=False)})

    def _open(self, visit: Visit, chosen: dict[str, Any]) -> Updates:
        return merged(self._page.open(visit, _id(chosen)), {self._drawer: gr.update(visible=False)})

    def _rename(self, visit: Visit, chosen: dict[str, Any]) -> Updates:
        self._page.studio.rename(_id(chosen), str(chosen.get("name")))
        return merged(self.opened(visit), self._page.current(visit))

    def _train_again(self, visit: Visit, chosen: dict[str, Any]) -> Updates:
        """A new run with the paintings of one that cannot be read."""
        made = self._page.studio.copy_paintings(_id(chosen), visitor=visit.visitor)
        return merged(self._page.open(visit, made.id), {self._drawer: gr.update(visible=False)})

    def _delete(self, visit: Visit, chosen: dict[str, Any]) -> Updates:
        id = _id(chosen)
        try:
            self._page.studio.delete(id)
        except NeuralArtError as error:
            if error.code != "unknown":
                raise
        left = visit.without(id)
        return merged(self._page.blank(left) if visit.run == id else {}, self.opened(left))


def _id(chosen: dict[str, Any]) -> str:
    id = chosen.get("id")
    return id if isinstance(id, str) else ""
