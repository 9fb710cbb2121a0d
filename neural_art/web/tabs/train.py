"""Step 2, Train: how much time there is, then the sample grids, the clock, the curves, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from gradio.blocks import Block

from neural_art.errors import RunError
from neural_art.messages import Message
from neural_art.recipe import DEFAULT_MINUTES, Budget, Recipe, usual_minutes
from neural_art.runs.journal import Journal
from neural_art.runs.run import Run
from neural_art.runs.status import Status
from neural_art.web import answers, requests
from neural_art.web.components.clock import Clock
from neural_art.web.components.curves import Curves
from neural_art.web.components.sample_grid import SampleGrid
from neural_art.web.labels import label
from neural_art.web.requests import Request
from neural_art.web.tabs import train_values
from neural_art.web.tabs.train_film import LearningFilm
from neural_art.web.tabs.train_question import Question
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates, merged

if TYPE_CHECKING:
    from neural_art.web.page import Page

LOANS_AT_ONCE: Final = 16
"""How many may borrow a graphics card, or wait for one, at the same time: each takes one of the server's threads."""

HOLD: Final = (
    "(...given) => { document.querySelector('#train-actions').setAttribute('aria-busy', 'true'); return given; }"
)
"""While an action is under way, no other can be begun."""

RELEASE: Final = """() => {
  const actions = document.querySelector('#train-actions');
  actions?.removeAttribute('aria-busy');
  if (document.activeElement === document.body) actions?.querySelector('button')?.focus({ preventScroll: true });
}"""
"""The button that was pressed may be gone; then the next one has the focus."""


class TrainTab:
    """The second tab of ``page``."""

    blocks: list[Block]

    def __init__(self, page: Page) -> None:
        self._page = page
        self._question = Question(page)
        self._film = LearningFilm(page)

    @property
    def ticking(self) -> Sequence[Block]:
        seen = [self._ask, self._studio, self._grid, self._past, self._clock, self._curves, self._loan_note]
        return [*seen, *self._actions.values(), *self._question.ticking, *self._film.blocks]

    # ---- building

    def build(self) -> None:
        serve = self._page.served
        with gr.Column(elem_id="ask", visible=False) as self._ask:
            self._question.build()
        with gr.Row(elem_id="studio", visible=False) as self._studio:
            with gr.Column(scale=7, elem_id="easel"):
                self._grid = SampleGrid(elem_id="grid", serve=[serve(self.sample_grid)])
                self._past = gr.Slider(
                    0,
                    1,
                    0,
                    step=1,
                    label=label("grid.past"),
                    visible=False,
                    buttons=[],
                    elem_id="past",
                    elem_classes="plain",
                )
            with gr.Column(scale=4, min_width=280, elem_id="standing"):
                self._clock = Clock(elem_id="clock")
                self._build_actions()
                self._curves = Curves(elem_id="curves", serve=[serve(self.series)])
            self._film.build()

    def _build_actions(self) -> None:
        def button(name: str, variant: Any = "secondary", size: Any = "md", look: str = "", **values: Any) -> gr.Button:
            return gr.Button(
                label(f"train.{name}", **values),
                variant=variant, size=size, visible=False, elem_id=f"train-{name}", elem_classes=look.split(),
            )  # fmt: skip

        with gr.Row(elem_id="train-actions"):
            self._actions = {
                "resume": button("resume", "primary", look="shaped play"),
                "pause": button("pause", look="shaped pause"),
                "stop": button("stop", look="shaped stop"),
                "leave": button("leave"),
                "explore": button("explore", "primary", "lg"),
                "loan": button("loan", n=self._page.studio.loan_seconds),
                "longer": button("longer", n=round(DEFAULT_MINUTES)),
                "branch": button("branch", look="quiet"),
            }
        self._loan_note = gr.Markdown(label("train.loan.note"), visible=False, elem_id="loan-note", elem_classes="note")
        with gr.Column(visible=False, elem_id="branching") as self._branching:
            gr.Markdown(label("branch.title", "### {}"))
            gr.Markdown(label("branch.note"), elem_classes="note")
            with gr.Row(elem_id="branch-actions"):
                self._same = gr.Button(label("branch.same"), variant="primary", size="md", elem_id="branch-same")
                self._other = gr.Button(label("branch.other"), size="md", elem_id="branch-other")
                self._cancel = gr.Button(label("cancel"), size="md", elem_id="branch-cancel", elem_classes="quiet")

    def wire(self) -> None:
        asking = self._question.wire(self._train, self._borrow_first)
        if asking is not None:
            self._spend(asking)
        self._film.wire()
        responses = {
            "pause": self._pause, "resume": self._resume, "stop": self._stop, "leave": self._stop,
            "explore": self._explore, "loan": self._borrow, "longer": self._train_longer, "branch": self._ask_branch,
        }  # fmt: skip
        choices = {self._same: self._branch_same, self._other: self._branch_other, self._cancel: self._cancel_branch}
        everything = self._page.everything
        for button, respond in [
            *((self._actions[name], respond) for name, respond in responses.items()),
            *choices.items(),
        ]:
            done = self._page.wiring.on(button.click, respond=respond, outputs=everything, js=HOLD)
            done.then(None, js=RELEASE, api_visibility="private")
            if button is self._actions["loan"] and self._page.studio.loan_seconds is not None:
                self._spend(done)
        local = self._page.wiring.local
        local(self._past.input, inputs=[self._past], js="(index) => { page.grid.look(index); }")
        local(self._grid.follow, outputs=[self._past], js="() => page.grid.at()")

    # ---- what there is to see

    def shown(self, visit: Visit, run: Run, status: Status) -> Updates:
        return {self._branching: gr.update(visible=False)}

    def ticked(self, visit: Visit, run: Run, status: Status, before: Mapping[str, Any], now: dict[str, Any]) -> Updates:
        lends = self._page.studio.loan_seconds is not None
        asked, possible = train_values.asked(status), train_values.buttons(status, lends_cards=lends)
        grids = status.sample_grids if asked else 0
        values: dict[str, tuple[Any, Updates]] = {
            "asked": (
                asked,
                {self._ask: gr.update(visible=not asked), self._studio: gr.update(visible=asked)},
            ),
            "clock": (clock := train_values.clock(visit, status), {self._clock: clock}),
            "grid": (grid := train_values.grid(status), {self._grid: grid}),
            "grids": (grids, {self._past: gr.update(maximum=max(1, grids - 1), visible=grids > 1)}),
            "actions": (
                sorted(possible),
                {button: gr.update(visible=name in possible) for name, button in self._actions.items()}
                | {self._loan_note: gr.update(visible="loan" in possible)},
            ),
            "longer": (
                minutes := round(self._longer_minutes),
                {self._actions["longer"]: gr.update(value=visit.say("train.longer", n=minutes))},
            ),
            "step": (status.step, {self._curves: {"run": visit.run, "step": status.step}}),
        }
        now |= {name: mark for name, (mark, _) in values.items()}
        changed = [
            updates for name, (mark, updates) in values.items() if before.get(name) != mark or name not in before
        ]
        question = {} if asked else self._question.ticked(visit, run, before, now)
        return merged(*changed, question, self._film.ticked(visit, run, status, before, now))

    def blank(self, visit: Visit) -> Updates:
        return merged(
            {self._ask: gr.update(visible=False), self._studio: gr.update(visible=False)},
            {self._grid: {}, self._clock: {}, self._curves: {}},
            self._film.blank(),
        )

    # ---- what the modules ask for

    def sample_grid(self, request: Request) -> dict[str, Any]:
        """A sample grid, by its ``index``."""
        grids = Journal(self._page.studio.run(requests.text(request, "run"))).sample_grids()
        if not grids:
            raise RunError("no-sample-grid")
        grid = grids[requests.whole(request, "index", (0, len(grids) - 1))]
        return {"sample_grid": answers.data_uri(grid.read_bytes(), "image/webp")}

    def series(self, request: Request) -> dict[str, Any]:
        """The curves of a run."""
        return train_values.curves(Journal(self._page.studio.run(requests.text(request, "run"))).digest)

    # ---- what can be done

    def _train(self, visit: Visit, recipe: Recipe, minutes: Any) -> Updates:
        self._page.studio.train(visit.run, recipe, Budget.requested(minutes), visitor=visit.visitor)
        return merged(self._page.current(visit), self._page.say(visit.say("train.asked"), quiet=True))

    def _pause(self, visit: Visit) -> Updates:
        self._page.studio.pause(visit.run)
        return self._page.current(visit)

    def _resume(self, visit: Visit) -> Updates:
        self._page.studio.resume(visit.run, visitor=visit.visitor)
        return self._page.current(visit)

    def _stop(self, visit: Visit) -> Updates:
        self._page.studio.stop(visit.run)
        return self._page.current(visit)

    def _explore(self, visit: Visit) -> Updates:
        return self._page.open(visit, visit.run, "explore")

    def _train_longer(self, visit: Visit) -> Updates:
        self._page.studio.train_longer(visit.run, self._longer_minutes, visitor=visit.visitor)
        return self._page.current(visit)

    @property
    def _longer_minutes(self) -> float:
        """How much longer a click trains: as long as is usual here."""
        return usual_minutes(self._page.studio.usable[0])

    def _borrow_first(self, visit: Visit, recipe: Recipe, minutes: Any) -> Updates:
        self._page.studio.borrow(visit.run, recipe, Budget.requested(minutes), visitor=visit.visitor)
        return merged(self._page.current(visit), self._page.say(visit.say("train.loan.asked"), quiet=True))

    def _borrow(self, visit: Visit) -> Updates:
        self._page.studio.borrow(visit.run, visitor=visit.visitor)
        return merged(self._page.current(visit), self._page.say(visit.say("train.loan.asked"), quiet=True))

    def _spend(self, asking: Any) -> None:
        """After ``asking`` for a card, get it and train on it. ``asking``: the event."""

        def spend_loan(visit: Visit) -> Message | None:
            return self._page.studio.spend_loan(visit.run) if visit.run else None

        self._page.wiring.queued(asking, respond=spend_loan, at_once=LOANS_AT_ONCE)

    def _ask_branch(self, visit: Visit) -> Updates:
        return {self._branching: gr.update(visible=True), self._actions["branch"]: gr.update(visible=False)}

    def _cancel_branch(self, visit: Visit) -> Updates:
        return {self._branching: gr.update(visible=False), self._actions["branch"]: gr.update(visible=True)}

    def _branch_same(self, visit: Visit) -> Updates:
        return self._page.open(visit, self._branched(visit, uploads=None).id, "train")

    def _branch_other(self, visit: Visit) -> Updates:
        return self._page.open(visit, self._branched(visit, uploads=()).id, "data")

    def _branched(self, visit: Visit, uploads: tuple[()] | None) -> Run:
        studio = self._page.studio
        name = visit.say("run.branch", name=studio.status(visit.run).name)
        return studio.branch(visit.run, name=name, uploads=uploads, visitor=visit.visitor)
