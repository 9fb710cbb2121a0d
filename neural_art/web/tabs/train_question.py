"""What is asked before a training: minutes and recipe, and under "Advanced" seed, base and device."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from gradio.blocks import Block

from neural_art.processor import DEVICES
from neural_art.recipe import DEFAULT_MINUTES, MINUTES, Recipe, usual_minutes
from neural_art.runs.run import Run
from neural_art.web.components.cards import Cards
from neural_art.web.components.unit import Unit
from neural_art.web.labels import label
from neural_art.web.tabs import train_values
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates

if TYPE_CHECKING:
    from neural_art.web.page import Page

LIMITS: Final = (math.ceil(MINUTES[0]), math.floor(MINUTES[1]))
"""Whole minutes that can be chosen."""

Begin = Callable[[Visit, Recipe, Any], Updates]
"""Asks for a training with a recipe and minutes."""


class Question:
    """How much time there is, on ``page``."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @property
    def ticking(self) -> list[Block]:
        """What ``ticked`` may update."""
        return [self._recipes, self._unit, self._device, self._learns_on]

    def build(self) -> None:
        default = Recipe()
        gr.Markdown(label("train.question", "## {}"), elem_classes="hero")
        with gr.Column(elem_id="time"):
            self._minutes = gr.Slider(
                *LIMITS,
                DEFAULT_MINUTES,
                step=1,
                label=label("train.minutes"),
                buttons=[],
                elem_id="minutes",
                elem_classes="plain",
            )
            self._unit = Unit(elem_id="unit")
        self._recipes = Cards(elem_id="recipes")
        with gr.Accordion(label("train.advanced"), open=False, elem_id="advanced"):
            self._seed = gr.Number(
                default.seed, precision=0, minimum=0, maximum=2**31, label=label("train.seed"),
                info=label("train.seed.note"), elem_id="seed",
            )  # fmt: skip
            self._base = gr.Checkbox(
                default.base, label=label("train.base"), visible=self._page.settings.base is not None, elem_id="base"
            )
            self._device = gr.Radio(
                [(label("device.auto") if device == "auto" else device, device) for device in DEVICES],
                value=default.device, label=label("train.device"), visible=False, elem_id="device",
            )  # fmt: skip
            self._learns_on = gr.Markdown(elem_id="learns-on", elem_classes="note")
        seconds = self._page.studio.loan_seconds
        if seconds is None:
            self._start = gr.Button(label("train.start"), variant="primary", size="lg", elem_id="start")
            return
        with gr.Row(elem_id="starts"):
            self._loan = gr.Button(label("train.loan", n=seconds), variant="primary", size="lg", elem_id="loan")
            self._start = gr.Button(label("train.start.here"), size="lg", elem_id="start")
        gr.Markdown(label("train.loan.note"), elem_classes="note")

    def wire(self, begin: Begin, borrow: Begin) -> Any:
        """``begin`` is called with what was chosen, or ``borrow`` by who wants a graphics card for it. Returns the
        latter's event; None where there are no such cards."""

        def starting(begin: Begin) -> Callable[..., Updates]:
            def start(visit: Visit, minutes: Any, recipes: Any, seed: Any, base: Any, device: Any) -> Updates:
                chosen = recipes.get("chosen") if isinstance(recipes, dict) else None
                recipe = Recipe(name=chosen or Recipe().name, seed=seed, base=base, device=device)
                return begin(visit, recipe, minutes)

            return start

        local, asked = self._page.wiring.local, [self._minutes, self._recipes, self._seed, self._base, self._device]
        low, high = LIMITS
        how: dict[str, Any] = {
            "inputs": asked,
            "outputs": self._page.everything,
            "js": f"(...given) => page.asked.sent(...given, {low}, {high})",
        }
        self._page.wiring.on(self._start.click, respond=starting(begin), **how)
        borrowing = None
        if self._lends:
            borrowing = self._page.wiring.on(self._loan.click, respond=starting(borrow), **how)
        local(self._minutes.change, inputs=[self._minutes], js="(minutes) => { page.asked?.chose({ minutes }); }")
        local(self._seed.input, inputs=[self._seed], js="(seed) => { page.asked?.chose({ seed }); }")
        local(self._base.input, inputs=[self._base], js="(base) => { page.asked?.chose({ base }); }")
        local(self._device.input, inputs=[self._device], js="(device) => { page.asked?.chose({ device }); }")
        local(
            self._recipes.choose, inputs=[self._recipes], js="({ chosen }) => { page.asked.chose({ recipe: chosen }); }"
        )
        local(self._unit.recall, inputs=[self._recipes], outputs=asked, js="(cards) => page.asked.choices(cards)")
        return borrowing

    @property
    def _lends(self) -> bool:
        return self._page.studio.loan_seconds is not None

    def ticked(self, visit: Visit, run: Run, before: Mapping[str, Any], now: dict[str, Any]) -> Updates:
        """The question for the visit's run, where it is another than before: processors become known after a while."""
        usable = self._page.studio.usable
        best, default = usable[0], Recipe()
        devices = train_values.devices(visit, usable)
        report = run.report
        paintings = len(report.paintings) if report else 0
        now["question"] = [paintings, *(processor.name for processor in usable)]
        if before.get("question") == now["question"]:
            return {}
        return {
            self._recipes: train_values.recipes(visit, report, card=best.memory > 0 or self._lends),
            self._unit: {
                "run": visit.run,
                "minutes": usual_minutes(best),
                "recipe": default.name,
                "seed": default.seed,
                "base": default.base,
                "device": default.device,
                "devices": [device for _, device in devices],
            },
            self._device: gr.update(choices=devices, visible=len(devices) > 2),
            self._learns_on: gr.update(
                value=visit.say("train.learns-on", where=best.where.sentence(visit.language)), visible=len(devices) <= 2
            ),
        }
