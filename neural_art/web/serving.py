"""Functions that a custom component's module calls on the server.

A handler takes one JSON object from a browser and answers with one. What it refuses it raises as a
``NeuralArtError``; ``answering`` turns that, and an error of our own, into
``{"error": "a sentence", "code": "run.unknown"}``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from neural_art.web import answers, requests
from neural_art.web.failures import reported_error
from neural_art.web.requests import Request

Handler: TypeAlias = Callable[[Request], dict[str, Any]]


Answering: TypeAlias = Callable[..., dict[str, Any]]
"""A handler for a browser: it takes any value, and who sent it."""


def answering(handler: Handler) -> Answering:
    """``handler`` for a browser: it takes any value, and answers with a sentence where it refuses or fails.

    The request that the handler gets names the ``visitor`` who sent it (``requests.visitor``).
    Nothing is raised: Gradio's client swallows what is, and the page would wait for good.
    """

    @functools.wraps(handler)
    def answer(request: Any, visitor: str = "") -> dict[str, Any]:
        request = {**(request if isinstance(request, dict) else {}), "visitor": visitor}
        try:
            return handler(request)
        except Exception as error:
            return answers.refusal(
                reported_error(error, f"The page's call {handler.__name__}"), requests.language(request)
            )

    return answer
