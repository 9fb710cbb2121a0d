"""Requests that a browser repeats are answered once.

A browser sends a request again when no answer came (``modules/connection.js``), with the same number. The first may
have been done all the same, so the second gets its answer: nothing is created, kept or trained twice.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

NUMBER: Final = b"x-request-number"
"""The header that carries a request's number."""

KEPT: Final = 500
"""Answers that are remembered, the newest."""

LARGEST: Final = 1 << 20
"""Bytes of an answer that is remembered; a larger one is made again."""

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


class Repeats:
    """An ASGI middleware: a numbered request that came before gets the answer to the first."""

    def __init__(self, app: App, kept: int = KEPT) -> None:
        self._app = app
        self._kept = kept
        self._answers: OrderedDict[bytes, asyncio.Future[list[Message]]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        number = _number(scope)
        if number is None:
            await self._app(scope, receive, send)
            return
        while (before := self._answers.get(number)) is not None:
            try:
                answer = await asyncio.shield(before)
            except asyncio.CancelledError:
                if not before.cancelled():
                    raise
                continue  # the first was not answered after all, so this one is the first
            for message in answer:
                await send(message)
            return
        self._answers[number] = future = asyncio.get_running_loop().create_future()
        sent: list[Message] = []

        async def note(message: Message) -> None:
            sent.append(message)
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            self._settle(number, future, sent)

    def _settle(self, number: bytes, future: asyncio.Future[list[Message]], sent: list[Message]) -> None:
        """Remembers a whole answer that is not too large; forgets the request otherwise."""
        whole = bool(sent) and sent[-1]["type"] == "http.response.body" and not sent[-1].get("more_body")
        size = sum(len(message.get("body", b"")) for message in sent)
        if whole and size <= LARGEST:
            future.set_result(sent)
        else:
            del self._answers[number]
            future.cancel()
        while len(self._answers) > self._kept:
            oldest, answer = next(iter(self._answers.items()))
            if not answer.done():
                break
            del self._answers[oldest]


def _number(scope: Scope) -> bytes | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    return next((value[:100] for name, value in scope["headers"] if name == NUMBER), None)
