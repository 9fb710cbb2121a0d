"""Events of the page: whatever happens is answered, and what is refused is said.

Events go past Gradio's queue, which has nothing to wait for: what takes long is a task (``web.tasks``). So an event is
one request and one answer, which the browser repeats until it arrives (``modules/connection.js``). Only who borrows a
graphics card goes through the queue (``Wiring.queued``).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from neural_art.messages import Message
from neural_art.web.failures import reported_error
from neural_art.web.visit import Visit

Updates: TypeAlias = dict[Block, Any]
"""Component -> its new value, or ``gr.update(...)``."""

EVENT: Final[Mapping[str, Any]] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""How the page's events are made."""


def merged(*several: Updates) -> Updates:
    """All updates in one; where two update the same component, both do, and the later goes before."""
    result: Updates = {}
    for updates in several:
        for block, update in updates.items():
            before = result.get(block)
            both = _is_update(before) and _is_update(update)
            result[block] = {**before, **update} if both else update  # type: ignore[dict-item]
    return result


def told(text: str, *, quiet: bool = False) -> dict[str, Any]:
    """A value for ``Messages``: a sentence on the page, or only for a screen reader if ``quiet``."""
    return {"number": secrets.randbits(40), "text": text, "quiet": quiet}


class Wiring:
    """Connects events with what answers them.

    ``session``, ``messages``: the components that every event reads and that every refusal is said in. ``current``
    gives the updates that show what is the case, for when an event was refused. ``visitor_of``: whose request it is.
    """

    def __init__(
        self,
        session: Component,
        messages: Component,
        current: Callable[[Visit], Updates],
        visitor_of: Callable[[gr.Request], str],
    ) -> None:
        self._session = session
        self._messages = messages
        self._current = current
        self._visitor_of = visitor_of

    def on(
        self,
        *triggers: Callable[..., Any],
        respond: Callable[..., Updates],
        inputs: Sequence[Component] = (),
        outputs: Iterable[Block],
        with_data: bool = False,
        js: str | None = None,
        every: bool = False,
    ) -> Any:
        """When one of ``triggers`` (``button.click``, ``tiles.choose``) happens, ``respond(visit, *inputs)`` answers.

        ``with_data``: ``respond`` gets what the event carries, a dictionary, after the visit. ``outputs``: what the
        answer may update; session and messages come with it. ``js``: makes the inputs in the browser, session first.
        ``every``: also where it comes again before it is answered; most events are dropped then. Gives the last event,
        to chain another by ``.then``.
        """
        mode: Literal["multiple"] | None = "multiple" if every else None
        shown = {*outputs, self._session, self._messages}

        def answer(request: gr.Request, event: gr.EventData, session: Any, *values: Any) -> Updates:
            visit = Visit.read(session, self._visitor_of(request))
            given = (visit, _data(event), *values) if with_data else (visit, *values)
            try:
                updates = respond(*given)
            except Exception as error:
                reason = reported_error(error, f"The page's event {respond.__name__}").message.sentence(visit.language)
                updates = merged(self._current(visit), {self._messages: told(reason)})
            found = {block: update for block, update in updates.items() if block in shown}
            return found or {self._session: gr.skip()}

        answer.__name__ = respond.__name__
        for trigger in triggers:
            event = trigger(
                answer,
                [self._session, *inputs],
                shown,
                js=js,
                show_progress_on=self._session,
                trigger_mode=mode,
                **EVENT,
            )
        return event

    def queued(self, event: Any, *, respond: Callable[[Visit], Message | None], at_once: int) -> Any:
        """After ``event`` (from ``on``), the visit makes a request of Gradio's queue, which may take minutes.

        ``respond`` is a plain function, so it goes on when the tab is closed; what it returns is said, and nothing else
        changes: the person may be anywhere by then. ``at_once``: how many of these are answered at the same time.
        """

        def answer(request: gr.Request, session: Any) -> dict[str, Any]:
            visit = Visit.read(session, self._visitor_of(request))
            try:
                reason = respond(visit)
            except Exception as error:
                reason = reported_error(error, f"The page's event {respond.__name__}").message
            return gr.skip() if reason is None else told(reason.sentence(visit.language))

        answer.__name__ = respond.__name__
        queued = {**EVENT, "queue": True, "concurrency_limit": at_once, "concurrency_id": respond.__name__}
        return event.then(answer, self._session, self._messages, trigger_mode="multiple", **queued)

    @staticmethod
    def local(
        *triggers: Callable[..., Any], js: str, inputs: Sequence[Component] = (), outputs: Sequence[Block] = ()
    ) -> None:
        """When one of ``triggers`` happens, the browser does ``js`` without asking the server."""
        for trigger in triggers:
            trigger(None, list(inputs), list(outputs), js=js, api_visibility="private")


def _is_update(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update"


def _data(event: gr.EventData) -> dict[str, Any]:
    data = event._data
    return data if isinstance(data, dict) else {}
