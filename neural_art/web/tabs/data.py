"""Step 1, Data: paintings are uploaded, checked, looked at and changed."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from gradio.blocks import Block

from neural_art.errors import NeuralArtError, RunError
from neural_art.events import Progress
from neural_art.runs.run import Run
from neural_art.runs.status import Status
from neural_art.web import answers, requests
from neural_art.web.components.cards import Cards
from neural_art.web.components.duplicates import Duplicates
from neural_art.web.components.facts import Facts
from neural_art.web.components.folder_picker import FolderPicker
from neural_art.web.components.rejections import Rejections
from neural_art.web.components.upload import Upload
from neural_art.web.labels import label
from neural_art.web.requests import Request
from neural_art.web.tabs import data_report
from neural_art.web.tabs.data_uploads import Uploads, hex_colour
from neural_art.web.tasks import News, Standing
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates, merged

if TYPE_CHECKING:
    from neural_art.web.page import Page

TASK: Final = "uploads"
"""The name of the task that checks uploads or paints the sample paintings."""

MATTE: Final = "#ffffff"
"""What is put behind transparent parts unless somebody chooses another colour."""


class DataTab:
    """The tab, on ``page``. ``ready``: the button for a ready model, which the Explore tab answers."""

    blocks: list[Block]

    def __init__(self, page: Page) -> None:
        self._page = page
        self._uploads = Uploads(page.studio, page.uploads)

    @property
    def ticking(self) -> Sequence[Block]:
        return self._changing

    # ---- building

    def build(self) -> None:
        self._upload = Upload(self._upload_value(None), serve=[self._page.served(self._uploads.take)], elem_id="upload")
        self._trouble = Rejections({}, visible=False, elem_id="refused")
        with gr.Row(visible=False, elem_id="arrived") as self._arrived:
            self._arrived_note = gr.Markdown()
            self._check = gr.Button(label("data.arrived.check"), size="md", elem_id="check-arrived")
            self._discard = gr.Button(label("data.arrived.discard"), size="md", elem_classes="quiet")
        with gr.Column(elem_id="begin") as self._begin:
            self._build_begin()
        with gr.Column(visible=False, elem_id="report") as self._report:
            self._build_report()
        self._changing = [
            self._upload, self._trouble, self._arrived, self._arrived_note, self._begin, self._report, self._title,
            self._lead, self._facts, self._sheet, self._fit, self._rejections, self._all_used, self._duplicates,
            self._more, self._next_note, self._next,
        ]  # fmt: skip

    def _build_begin(self) -> None:
        gr.Markdown(label("data.title", "# {}"), elem_classes="hero")
        gr.Markdown(label("data.lead"), elem_classes=["hero", "lead"])
        FolderPicker(elem_id="picker")
        gr.Markdown(label("data.none"), elem_classes=["hero", "note"])
        with gr.Row(elem_id="without"):
            self._samples = gr.Button(label("data.samples"), elem_id="samples")
            self.ready = gr.Button(label("data.ready-model"), elem_id="play-ready", visible=self._has_base())
        hours = self._page.settings.keep_hours
        kept = label("data.kept.hours", hours=f"{hours:g}") if hours else label("data.kept.here")
        gr.Markdown(kept, elem_classes=["hero", "note"])
        with gr.Accordion(label("data.options"), open=False, elem_id="transparent"):
            self._matte = gr.ColorPicker(MATTE, label=label("data.matte"), elem_id="matte")

    def _build_report(self) -> None:
        self._title = gr.Markdown(elem_id="report-title")
        self._lead = gr.Markdown(elem_classes="lead")
        self._facts = Facts({}, elem_id="facts")
        with gr.Row(elem_id="report-body"):
            with gr.Column(scale=5, min_width=280):
                self._sheet = gr.Image(
                    show_label=False, interactive=False, buttons=["fullscreen"], elem_id="sheet", elem_classes="frame"
                )
                gr.Markdown(label("data.sheet"), elem_classes="note")
            with gr.Column(scale=4, min_width=280, elem_id="report-choices"):
                gr.Markdown(label("fit.title", "### {}"))
                self._fit = Cards({}, elem_id="fit")
                self._rejections = Rejections({}, elem_id="left-out")
                self._all_used = gr.Markdown(label("data.rejections.none"), elem_classes="note")
                serve = [self._page.served(self.painting_thumbnails)]
                self._duplicates = Duplicates({}, visible=False, serve=serve, elem_id="duplicates")
                self._more = FolderPicker(elem_id="more", elem_classes="small")
        with gr.Row(elem_id="next"):
            self._next_note = gr.Markdown(elem_classes="note")
            self._next = gr.Button(label("data.next"), variant="primary", elem_id="continue")

    def wire(self) -> None:
        on, everything = self._page.wiring.on, self._page.everything
        on(self._upload.begun, respond=self._begun, outputs=everything, with_data=True, every=True)
        arrived, matte = self._upload.arrived, self._matte
        on(arrived, respond=self._arrived_all, inputs=[matte], outputs=everything, with_data=True, every=True)
        on(self._check.click, respond=self._check_arrived, inputs=[self._matte], outputs=everything)
        on(self._discard.click, respond=self._discard_arrived, outputs=everything)
        on(self._samples.click, respond=self._paint_samples, outputs=everything)
        on(self._fit.choose, respond=self._refit, outputs=everything, with_data=True, every=True)
        on(self._duplicates.leave, respond=self._leave_out, outputs=everything, with_data=True)
        on(self._next.click, respond=self._continue, outputs=everything)

    # ---- what there is to see

    def shown(self, visit: Visit, run: Run, status: Status) -> Updates:
        report, open = run.report, _takes(status)
        count = self._uploads.count(run) if open else 0
        updates = merged(
            {self._begin: gr.update(visible=report is None), self._report: gr.update(visible=report is not None)},
            {self._arrived: gr.update(visible=count > 0), self._arrived_note: visit.say("data.arrived", n=count)},
            {self._trouble: self._failure(visit, run)},
        )
        if report is None:
            return updates
        paintings, n = run.paths.paintings, len(report.paintings)
        return merged(
            updates,
            {
                self._title: f"# {visit.say('data.ready' if open else 'data.learned', n=n)}",
                self._lead: visit.say("data.ready.lead" if open else "data.learned.lead"),
                self._facts: data_report.facts(report, visit),
                self._sheet: gr.update(value=data_report.sheet(paintings), alt_text=visit.say("data.sheet.alt", n=n)),
                self._fit: data_report.fits(report, paintings, visit, locked=not open),
                self._rejections: gr.update(
                    value=data_report.rejections(report, visit), visible=bool(report.rejections)
                ),
                self._all_used: gr.update(visible=not report.rejections),
                self._duplicates: gr.update(
                    value=data_report.duplicates(run.id, report, visit, locked=not open),
                    visible=bool(report.near_duplicates),
                ),
                self._more: gr.update(visible=open),
                self._next_note: visit.say("data.next.note" if open else "data.fixed"),
                self._next: visit.say("data.next" if open else "data.to-training"),
            },
        )

    def ticked(self, visit: Visit, run: Run, status: Status, before: Mapping[str, Any], now: dict[str, Any]) -> Updates:
        task = _task(self._page.tasks.standing(run.id, TASK))
        now |= {"task": task, "report": _mark(run)}
        upload: Updates = {self._upload: self._upload_value(run, task, takes=_takes(status))}
        if before.get("report") != now["report"] or (before.get("task") is None) != (task is None):
            return merged(self.shown(visit, run, status), upload)
        return upload if before.get("task") != task else {}

    def blank(self, visit: Visit) -> Updates:
        return {
            self._begin: gr.update(visible=True),
            self._upload: self._upload_value(None),
            **{block: gr.update(visible=False) for block in (self._report, self._arrived, self._trouble)},
        }

    # ---- events

    def _begun(self, visit: Visit, job: dict[str, Any]) -> Updates:
        """A run was made for an upload that goes on: the browser has its key from now on."""
        return self._at(visit, _run_id(job))

    def _arrived_all(self, visit: Visit, job: dict[str, Any], matte: Any) -> Updates:
        """Everything has arrived. The check begins, or goes on with it, and the run is opened unless another one is."""
        id = _run_id(job)
        trouble: Updates = {}
        try:
            self._start_check(visit, self._page.studio.run(id), matte)
        except NeuralArtError as error:
            if error.code != "task-under-way":  # which takes what has come meanwhile as well
                trouble = self._page.say(error.message.sentence(visit.language))
        return merged(self._at(visit, id), trouble)

    def _check_arrived(self, visit: Visit, matte: Any) -> Updates:
        self._start_check(visit, self._page.studio.run(visit.run), matte)
        return merged(self._page.current(visit), self._page.soon("data"))

    def _discard_arrived(self, visit: Visit) -> Updates:
        if self._page.tasks.working(visit.run, TASK):
            raise RunError("task-under-way")
        self._uploads.discard(self._page.studio.run(visit.run))
        self._page.tasks.forget(visit.run, TASK)
        return self._page.current(visit)

    def _paint_samples(self, visit: Visit) -> Updates:
        studio = self._page.studio
        taking = visit.run and _takes(studio.status(visit.run))
        run = studio.run(visit.run) if taking else studio.create(visit.say("run.samples"), visitor=visit.visitor)
        fit = run.report.fit if run.report else "squeeze"

        def work() -> Iterator[News]:
            yield "painting"
            for news in studio.intake.add_samples(run.id, fit=fit):
                if isinstance(news, Progress):
                    yield news

        self._page.tasks.start(run.id, TASK, work, visitor=visit.visitor)
        return merged(self._page.open(visit, run.id, "data"), self._page.soon("data"))

    def _refit(self, visit: Visit, choice: dict[str, Any]) -> Updates:
        self._page.studio.intake.refit(visit.run, requests.text(choice, "value"))
        return self._page.current(visit)

    def _leave_out(self, visit: Visit, chosen: dict[str, Any]) -> Updates:
        self._page.studio.intake.remove_paintings(visit.run, requests.texts(chosen, "files"))
        return self._page.current(visit)

    def _continue(self, visit: Visit) -> Updates:
        return self._page.open(visit, visit.run, "train")

    def painting_thumbnails(self, request: Request) -> dict[str, Any]:
        """Small pictures of paintings, by their ``files``."""
        run, files = self._page.studio.run(requests.text(request, "run")), requests.texts(request, "files")
        known = {painting.file for painting in run.report.paintings} if run.report else set()
        wanted = [file for file in files if file in known][: 2 * data_report.NEAR_DUPLICATES]
        return {"pictures": {file: answers.thumbnail(run.paths.paintings / file) for file in wanted}}

    # ---- help

    def _start_check(self, visit: Visit, run: Run, matte: Any) -> None:
        if not self._uploads.count(run):
            if run.report is None:
                raise RunError("no-uploads")
            return  # the check of another tab has taken all of it
        fit, colour = (run.report.fit, run.report.matte) if run.report else ("squeeze", hex_colour(matte, MATTE))
        work = functools.partial(self._uploads.check, run, fit, colour)
        self._page.tasks.start(run.id, TASK, work, visitor=visit.visitor)

    def _at(self, visit: Visit, id: str) -> Updates:
        """The run, opened unless another one is open; the browser knows it either way."""
        if visit.run not in ("", id):
            return self._page.current(visit.at(id).at(visit.run, visit.step))
        return merged(self._page.open(visit, id, "data"), self._page.soon("data"))

    def _failure(self, visit: Visit, run: Run) -> dict[str, Any]:
        """Why the last check failed, if it did."""
        standing = self._page.tasks.standing(run.id, TASK)
        if standing is None or standing.error is None:
            return gr.update(value={}, visible=False)
        return gr.update(value=data_report.failure(standing.error, visit), visible=True)

    def _upload_value(
        self, run: Run | None, task: dict[str, Any] | None = None, *, takes: bool = True
    ) -> dict[str, Any]:
        limits, report = self._page.studio.limits, run.report if run else None
        return {
            "run": run.id if run else "",
            "takes": takes,
            "limits": {"file_bytes": limits.file_bytes, "total_bytes": limits.total_bytes, "entries": limits.entries},
            "task": task,
            "ready": len(report.paintings) if report else 0,
        }

    def _has_base(self) -> bool:
        base = self._page.studio.base
        return base is not None and base.exists()


def _takes(status: Status) -> bool:
    """Whether a run takes paintings."""
    return status.state in ("empty", "prepared")


def _task(standing: Standing | None) -> dict[str, Any] | None:
    """A check under way, as ``Upload`` shows it."""
    if standing is None or standing.state != "working":
        return None
    progress = standing.progress
    return {"stage": standing.stage, "done": progress.done, "total": progress.total, "name": progress.name}


def _mark(run: Run) -> float:
    """Changes when the report does."""
    try:
        return run.paths.report.stat().st_mtime
    except OSError:
        return 0.0


def _run_id(job: Mapping[str, Any]) -> str:
    return requests.text(job, "run")
