"""The page: three tabs over one studio, and the events that keep them true.

``Page`` holds what belongs to no tab: the head, the session, the list of runs, the tick. A tab (``web.tabs``) builds
its components, says what is to be seen of a run (``shown``), what changed since the last tick (``ticked``), and
what its buttons do (``wire``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

import gradio as gr
from gradio.blocks import Block
from starlette.middleware import Middleware

from neural_art.errors import NeuralArtError
from neural_art.messages import LANGUAGES
from neural_art.runs.listing import Gone
from neural_art.runs.ready import READY
from neural_art.runs.run import Run
from neural_art.runs.status import Status
from neural_art.runs.studio import Studio
from neural_art.web.api import add_endpoints
from neural_art.web.components.messages import Messages
from neural_art.web.components.session import Session
from neural_art.web.failures import storage_refusal
from neural_art.web.gate import Gate, visitor_of
from neural_art.web.head import head
from neural_art.web.labels import label, translated
from neural_art.web.my_runs import MyRuns
from neural_art.web.repeats import Repeats
from neural_art.web.serving import Handler, answering
from neural_art.web.settings import Settings
from neural_art.web.tabs import train_values
from neural_art.web.tabs.data import DataTab
from neural_art.web.tabs.explore import ExploreTab
from neural_art.web.tabs.train import TrainTab
from neural_art.web.tasks import Tasks
from neural_art.web.theme import Paper
from neural_art.web.visit import STEPS, Visit
from neural_art.web.wiring import Updates, Wiring, merged, told

SECONDS: Final[Mapping[str, float]] = {"working": 0.4, "training": 1.0, "waiting": 2.0}
"""Between two ticks while a task is at work or in these states of a run."""

IDLE_SECONDS: Final = 6.0
"""Between two ticks of a run where nothing happens."""


TASKS: Final = ("uploads", "loop", "learning")
"""What may be at work for a run; the last is begun again by itself where it is lost."""

POLL_SECONDS: Final = (0.05, 0.1)
"""How often Gradio looks for events in its queue, and for their progress. Every 1 and 10 ms, as it does by itself on
Linux, takes a twentieth of a core while nobody is there; these are the values that it has on Windows."""

MARK: Final = '<button type="button">neural<i>art</i></button>'
"""The product's name, which leads to the first step."""

NAMES: Final[Mapping[str, str]] = {"en": "English", "zh": "中文"}
"""The languages by their own names."""


class Tab(Protocol):
    """A step of the page."""

    blocks: list[Block]
    """Its components, once it is built."""

    @property
    def ticking(self) -> Sequence[Block]:
        """Those that ``ticked`` may update."""

    def build(self) -> None:
        """Make the components, inside the tab."""

    def wire(self) -> None:
        """Connect them, once the whole page is built."""

    def shown(self, visit: Visit, run: Run, status: Status) -> Updates:
        """All that there is to see of a run that stays as it is between two ticks."""

    def ticked(self, visit: Visit, run: Run, status: Status, before: Mapping[str, Any], now: dict[str, Any]) -> Updates:
        """What has changed. ``before``: the marks that the last tick noted in ``now``; empty at first."""

    def blank(self, visit: Visit) -> Updates:
        """The tab without a run."""


class Page:
    """The page of one ``studio``. ``uploads``: the folder where Gradio puts what browsers upload."""

    def __init__(self, studio: Studio, settings: Settings, uploads: Path) -> None:
        self.studio = studio
        self.settings = settings
        self.uploads = uploads
        quotas = studio.visitors.quotas
        self.tasks = Tasks(most=quotas.all_tasks, most_each=quotas.tasks)
        self.data, self.train, self.explore = DataTab(self), TrainTab(self), ExploreTab(self)
        self.my_runs = MyRuns(self)
        self._tabs: dict[str, Tab] = {"data": self.data, "train": self.train, "explore": self.explore}

    def build(self) -> gr.Blocks:
        """The page, not yet launched."""
        with gr.Blocks(title="neural art", analytics_enabled=False, delete_cache=(600, 7200)) as page:
            self._page = page
            self.session = Session(visible="hidden", elem_id="session")
            self.messages = Messages(elem_id="messages")
            self.wiring = Wiring(self.session, self.messages, self.current, self._visitor_of)
            self._seen = gr.JSON(visible=False)
            self._timers = {step: gr.Timer(IDLE_SECONDS, active=False) for step in STEPS}
            self._build_head()
            self.my_runs.build()
            with gr.Tabs(selected="data", elem_id="steps") as self._steps:
                self._tab = {}
                for step, tab in self._tabs.items():
                    known = set(page.blocks)
                    self._tab[step] = gr.Tab(label(f"step.{step}"), id=step, elem_id=step, interactive=step == "data")
                    with self._tab[step]:
                        tab.build()
                    tab.blocks = [block for id, block in page.blocks.items() if id not in known]
            self.everything = list(page.blocks.values())
            self._wire()
            add_endpoints(self.studio, self.settings.proxies)
        page.queue(max_size=32, default_concurrency_limit=2, api_open=False)
        page._queue.sleep_when_free, page._queue.progress_update_sleep_when_free = POLL_SECONDS
        return page

    # ---- what there is to see

    def open(self, visit: Visit, id: str, step: str = "") -> Updates:
        """Another run, at a step or at the one that matters now. One that is gone is forgotten, and it is said."""
        if not id:
            return self.blank(visit)
        if id == READY:
            return self.playing(visit)
        try:
            status, run = self.studio.status(id), self.studio.run(id)
        except NeuralArtError as error:
            (listed,) = self.studio.listed([id])
            left = visit.without(id) if isinstance(listed, Gone) else visit.at(id).at("")
            return merged(self.blank(left), self.say(error.message.sentence(visit.language)))
        step = step if step in STEPS and _allowed(step, status) else _step(status)
        visit = visit.at(id, step)
        return merged(
            {self._steps: gr.update(selected=step)}, self.explore.opened(run, status), self._at(visit, run, status)
        )

    def current(self, visit: Visit) -> Updates:
        """What is the case with the open run, where the page may show something else."""
        if not visit.run:
            return {}
        if visit.run == READY:
            return self.playing(visit) if visit.step == "explore" else self.blank(visit)
        try:
            return self._at(visit, self.studio.run(visit.run), self.studio.status(visit.run))
        except NeuralArtError as error:
            return self.say(error.message.sentence(visit.language))

    def blank(self, visit: Visit) -> Updates:
        """The page without a run."""
        visit = visit.at("", "data")
        return merged(self._without_run(visit, ["data"]), *(tab.blank(visit) for tab in self._tabs.values()))

    def say(self, text: str, *, quiet: bool = False) -> Updates:
        """A sentence for the person, or only for a screen reader if ``quiet``."""
        return {self.messages: told(text, quiet=quiet)}

    def served(self, handler: Handler) -> Callable[[Any, gr.Request], dict[str, Any]]:
        """``handler`` as a function that a component's module calls, ``server.ask_<its name>(details)``: answered, or
        refused with a sentence. It has another name, since Gradio makes it an attribute of the component."""
        answer = answering(handler)

        def served(request: Any, asked: gr.Request) -> dict[str, Any]:
            return answer(request, self._visitor_of(asked))

        served.__name__ = f"ask_{handler.__name__}"
        return served

    def soon(self, step: str) -> Updates:
        """Ticks in quick succession for a step that has started a task."""
        return self._ticking(step, SECONDS["working"])

    def playing(self, visit: Visit) -> Updates:
        """The shipped model to explore, without a run."""
        visit = visit.at(READY, "explore")
        return merged(self._without_run(visit, ["data", "explore"]), self.explore.playing(visit))

    def _without_run(self, visit: Visit, open: Sequence[str]) -> Updates:
        """The visit's step while no run is shown, with these steps ``open``."""
        return merged(
            {self.session: visit.to_session(), self._seen: {}},
            self._ticking(),
            {self._steps: gr.update(selected=visit.step)},
            {self._tab[step]: gr.update(interactive=step in open) for step in STEPS},
            {block: gr.update(visible=False) for block in (self._name, self._state, self._link)},
        )

    def _visitor_of(self, request: gr.Request | None) -> str:
        return visitor_of(request, self.settings.proxies)

    def _at(self, visit: Visit, run: Run, status: Status) -> Updates:
        """All that there is to see of a run at the visit's step."""
        tab = self._tabs[visit.step or "data"]
        head: Updates = {
            self.session: visit.to_session(),
            self._name: gr.update(value=status.name, visible=True),
            self._link: gr.update(visible=True),
        }
        return merged(head, tab.shown(visit, run, status), self._ticked_at(visit, {}, run, status))

    def _ticked_at(self, visit: Visit, before: Mapping[str, Any], run: Run, status: Status) -> Updates:
        """What has changed since ``before`` was noted in what the browser has seen."""
        place = {"run": visit.run, "language": visit.language, "step": visit.step, "state": status.state}
        known = before if before.get("place") == place and isinstance(before.get("marks"), dict) else {}
        marks: dict[str, Any] = {}
        changed = self._tabs[visit.step or "data"].ticked(visit, run, status, known.get("marks", {}), marks)
        tasks = [name for name in TASKS if self.tasks.working(visit.run, name)]
        pace = SECONDS["working"] if tasks else SECONDS.get(status.state, IDLE_SECONDS)
        head = {"state": _state(visit, status), "open": [_allowed(step, status) for step in STEPS], "pace": pace}
        seen = {"place": place, "head": head, "tasks": tasks, "marks": marks}
        return merged(
            {} if seen == before else {self._seen: seen},
            {} if known.get("head") == head else self._head(visit.step, head),
            changed,
            self._lost(visit, before),
        )

    def _head(self, step: str, head: Mapping[str, Any]) -> Updates:
        return merged(
            {self._state: gr.update(value=head["state"], visible=True)},
            {self._tab[each]: gr.update(interactive=open) for each, open in zip(STEPS, head["open"], strict=True)},
            self._ticking(step, head["pace"]),
        )

    def _ticking(self, step: str = "", seconds: float = IDLE_SECONDS) -> Updates:
        """Ticks for one step, the one that is shown; none for none."""
        return {
            timer: gr.update(value=seconds, active=True) if each == step else gr.update(active=False)
            for each, timer in self._timers.items()
        }

    def _lost(self, visit: Visit, before: Mapping[str, Any]) -> Updates:
        """Says so where a task that was at work is not known any more: it ended with the server that did it."""
        place, tasks = before.get("place"), before.get("tasks")
        if not isinstance(place, dict) or place.get("run") != visit.run or not isinstance(tasks, list):
            return {}
        lost = [name for name in TASKS[:2] if name in tasks and self.tasks.standing(visit.run, name) is None]
        return self.say(visit.say("server.interrupted")) if lost else {}

    # ---- events

    def _opened(self, visit: Visit) -> Updates:
        """The page as it was left, or as the address says."""
        labels = translated(self.everything, visit.language) if visit.language != LANGUAGES[0] else {}
        return merged(labels, self._switch(visit.language), self.open(visit, visit.run, visit.step))

    def _translated(self, visit: Visit) -> Updates:
        """The page in the other language."""
        other = next(language for language in LANGUAGES if language != visit.language)
        visit = replace(visit, language=other)
        shown = self.current(visit) if visit.run else self.blank(visit)
        return merged(
            translated(self.everything, other), self._switch(other), shown, {self.session: visit.to_session()}
        )

    def _switch(self, language: str) -> Updates:
        return {self._language: next(NAMES[other] for other in LANGUAGES if other != language)}

    def _ticked(self, step: str) -> Callable[[Visit, Any], Updates]:
        def ticked(visit: Visit, seen: Any) -> Updates:
            """What has changed at this step since the last tick."""
            if visit.step != step or not visit.run or visit.run == READY:  # it was left meanwhile
                return {self._timers[step]: gr.update(active=False)}
            before = seen if isinstance(seen, dict) else {}
            return self._ticked_at(visit, before, self.studio.run(visit.run), self.studio.status(visit.run))

        return ticked

    def _selected(self, step: str) -> Callable[[Visit], Updates]:
        def selected(visit: Visit) -> Updates:
            """What there is to see at the tab that was chosen."""
            return self.current(replace(visit, step=step)) if visit.run else {}

        return selected

    def _found(self, visit: Visit, shown: dict[str, Any]) -> Updates:
        """What there is to see at the step that is shown, where the session is at another."""
        step = shown.get("step")
        return self._selected(step)(visit) if step in STEPS else {}

    def _rename(self, visit: Visit, name: Any) -> Updates:
        if not visit.run or not isinstance(name, str) or not name.strip():
            return self.current(visit)
        if name != self.studio.status(visit.run).name:
            self.studio.rename(visit.run, name)
        return {self._name: self.studio.status(visit.run).name}

    # ---- building

    def _build_head(self) -> None:
        with gr.Row(elem_id="head"):
            self._mark = gr.HTML(MARK, elem_id="mark")
            self._runs = gr.Button(label("runs.title"), size="sm", elem_id="my-runs", elem_classes="quiet")
            self._theme = gr.Button(label("theme"), size="sm", elem_id="theme", elem_classes=["quiet", "icon"])
            self._language = gr.Button(NAMES["zh"], size="sm", elem_id="language", elem_classes="quiet")
        with gr.Row(elem_id="title"):
            self._name = gr.Textbox(
                label=label("run.name"),
                show_label=False,
                container=False,
                max_length=100,
                visible=False,
                elem_id="run-name",
            )
            self._state = gr.HTML(visible=False, elem_id="state")
            self._link = gr.Button(label("link.button"), size="sm", elem_id="link", elem_classes="quiet", visible=False)

    def _wire(self) -> None:
        on, local, everything = self.wiring.on, self.wiring.local, self.everything
        on(self._page.load, respond=self._opened, outputs=everything, js="(session) => page.begin()")
        on(self._language.click, respond=self._translated, outputs=everything)
        on(self._name.submit, self._name.blur, respond=self._rename, inputs=[self._name], outputs=everything)
        local(self._mark.click, js="() => document.querySelector('#steps [role=tab]').click()")
        local(self._theme.click, js="() => page.turnTheme()")
        local(self._link.click, js="() => page.copyLink()")
        head = [self._seen, self._state, *self._tab.values()]
        for step, tab in self._tabs.items():  # each step ticks by itself: whatever an event may update costs time
            timer = self._timers[step]
            on(timer.tick, respond=self._ticked(step), inputs=[self._seen], outputs=[*head, timer, *tab.ticking])
            shown = [*head, *self._timers.values(), self._name, self._link, *tab.blocks]
            on(self._tab[step].select, respond=self._selected(step), outputs=shown)
            local(self._tab[step].select, js=f"() => page.arrive('{step}')")
            tab.wire()
        on(self.session.astray, respond=self._found, outputs=everything, with_data=True)
        on(self._runs.click, respond=self.my_runs.opened, outputs=self.my_runs.blocks)
        self.my_runs.wire()


def build(studio: Studio, settings: Settings) -> gr.Blocks:
    """The page of ``studio``, not yet launched."""
    return Page(studio, settings, Path(gr.utils.get_upload_folder())).build()


def launch_options(settings: Settings, studio: Studio) -> dict[str, Any]:
    """What ``gr.Blocks.launch`` needs for this page: its look, its limits, and nothing that phones home."""
    cache = Path(gr.utils.get_upload_folder())
    gate = Middleware(Gate, visitors=studio.visitors, cache=cache, proxies=settings.proxies)
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "head": head(),
        "theme": Paper(),
        "footer_links": ["api"],
        "max_file_size": f"{settings.file_mb}mb",
        "allowed_paths": [],
        "blocked_paths": [str(settings.runs)],
        "show_error": True,
        "ssr_mode": False,
        "run_history": False,
        "enable_monitoring": False,
        "strict_cors": True,
        "state_session_capacity": 200,
        "share": False,
        "quiet": True,
        "app_kwargs": {"middleware": [gate, Middleware(Repeats)], "exception_handlers": {OSError: storage_refusal}},
    }


def _allowed(step: str, status: Status) -> bool:
    """Whether a step can be opened for a run that stands so."""
    if step == "data":
        return True
    return status.paintings > 0 if step == "train" else status.can_explore or status.state not in ("empty", "prepared")


def _step(status: Status) -> str:
    """The step that matters now."""
    if status.state == "finished" and status.can_explore:
        return "explore"
    return "data" if status.state in ("empty", "prepared") else "train"


def _state(visit: Visit, status: Status) -> str:
    """How a run stands, as markup."""
    share = int(100 * status.progress)
    if status.state == "training":
        words = visit.say("state.training.share", share=share)
    else:
        words = visit.say("state.loan" if train_values.waits_for_card(status) else f"state.{status.state}")
    return f'<span data-state="{status.state}">{words}</span>'
