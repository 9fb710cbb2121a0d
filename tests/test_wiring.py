"""Events of the page, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

from neural_art.errors import RunError
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates, Wiring, merged


def wired(respond: Callable[..., Updates], current: Callable[[Visit], Updates] = lambda visit: {}) -> Any:
    """The function that Gradio calls when a button is clicked, the button's text, and the components around it."""
    with gr.Blocks() as page:
        session, messages, text = gr.JSON(), gr.JSON(), gr.Textbox()
        button = gr.Button()
        wiring = Wiring(session, messages, current, lambda request: "")
        wiring.on(button.click, respond=respond, inputs=[text], outputs=[text])
        page.components = (session, messages, text)  # type: ignore[attr-defined]
    (function,) = page.fns.values()
    return function.fn, page.components  # type: ignore[attr-defined]


def ask(answer: Any, *values: Any, session: Any = None) -> Any:
    return answer(None, gr.EventData(None, None), session, *values)


def test_an_event_is_answered_with_updates() -> None:
    def respond(visit: Visit, text: str) -> Updates:
        return {box: f"{visit.run} {text}"}

    answer, (_, _, box) = wired(respond)
    assert ask(answer, "hello", session={"run": "abc"}) == {box: "abc hello"}


def test_what_is_refused_is_said_in_the_language_and_the_page_shows_what_is_the_case() -> None:
    def respond(visit: Visit, text: str) -> Updates:
        raise RunError("unknown")

    answer, (_, messages, box) = wired(respond, lambda visit: {box: "as before"})
    for language, words in (("en", "no such run"), ("zh", "没有")):
        updates = ask(answer, "hello", session={"language": language})
        assert updates[box] == "as before"
        assert words in updates[messages]["text"]
        assert not updates[messages]["quiet"]


def test_an_error_of_our_own_is_said_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    def respond(visit: Visit, text: str) -> Updates:
        return {}[text]

    answer, (_, messages, _) = wired(respond)
    assert ask(answer, "hello")[messages]["text"].endswith(".")
    assert "KeyError" in caplog.text


def test_the_same_sentence_twice_is_said_twice() -> None:
    def respond(visit: Visit, text: str) -> Updates:
        raise RunError("unknown")

    answer, (_, messages, _) = wired(respond)
    assert ask(answer, "a")[messages]["number"] != ask(answer, "a")[messages]["number"]


def test_an_event_updates_only_what_it_is_connected_to() -> None:
    other = gr.Textbox()

    def respond(visit: Visit, text: str) -> Updates:
        return {other: "elsewhere"}

    answer, (session, _, _) = wired(respond)
    assert set(ask(answer, "a")) == {session}


def test_two_updates_of_a_component_are_one() -> None:
    box = gr.Textbox()
    joined = merged({box: gr.update(label="a", value="b")}, {box: gr.update(value="c")})
    assert joined == {box: gr.update(label="a", value="c")}
    assert merged({box: gr.update(label="a")}, {box: "plain"}) == {box: "plain"}
