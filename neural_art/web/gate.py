"""Who a request comes from, and whether what it uploads may come in: Gradio's own upload is open to everybody."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Collection, MutableMapping
from pathlib import Path
from typing import Any, Final, Protocol

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neural_art.errors import NeuralArtError, RunError
from neural_art.files import storage_errors
from neural_art.messages import LANGUAGES
from neural_art.runs.visitors import Visitors, visitor_at

UPLOAD: Final = "/gradio_api/upload"
"""Where Gradio receives files."""

LONGEST_ANSWER: Final = 8 << 20
"""Bytes of Gradio's answer to an upload, a list of paths."""

STATUS: Final = {"disk-full": 507, "upload-without-size": 411}
"""HTTP statuses of refusals; 429 (too many requests) is that of the others."""


class _Asked(Protocol):
    """Starlette's request and Gradio's have these in common."""

    @property
    def headers(self) -> Any: ...
    @property
    def client(self) -> Any: ...


def visitor_of(request: _Asked | None, proxies: int) -> str:
    """The visitor whose request this is, Starlette's or Gradio's, behind so many proxies of ours."""
    if request is None:
        return visitor_at(None)
    header, headers = "x-forwarded-for", request.headers
    lines = headers.getlist(header) if hasattr(headers, "getlist") else [headers.get(header) or ""]
    return visitor_at(request.client.host if request.client else None, ",".join(lines), proxies)


def choose_cache(environment: MutableMapping[str, str]) -> Path:
    """Gradio's folder for uploads: the one in ``environment``, or one that no other program or user has.

    Raises ``StorageError`` if it cannot be made.
    """
    own = Path(tempfile.gettempdir()) / f"neural_art-{os.getuid()}"
    chosen = Path(environment.setdefault("GRADIO_TEMP_DIR", str(own)))
    with storage_errors():
        chosen.mkdir(mode=0o700, parents=True, exist_ok=True)
    return chosen


class UploadGate:
    """Middleware before ``app`` that refuses an upload before it is received, in a sentence, as plain text.

    The header X-Error-Code has the error's code. ``cache``: the folder that Gradio receives uploads in; ``proxies``: of
    ours, between it and the visitors.
    """

    def __init__(self, app: ASGIApp, visitors: Visitors, cache: Path, proxies: int = 0) -> None:
        self._app = app
        self._visitors = visitors
        self._cache = cache
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].rstrip("/").endswith(UPLOAD):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with contextlib.ExitStack() as stack:
            try:
                note = await anyio.to_thread.run_sync(self._admit, stack, scope, headers)
            except NeuralArtError as error:
                await _refusal(error, headers)(scope, receive, send)
                return
            answer = bytearray()

            async def listen(message: Message) -> None:
                if message["type"] == "http.response.body" and len(answer) < LONGEST_ANSWER:
                    answer.extend(message.get("body", b""))
                await send(message)

            await self._app(scope, receive, listen)
            note(_paths(bytes(answer)))

    def _admit(self, stack: contextlib.ExitStack, scope: Scope, headers: Headers) -> Any:
        """What is told the files once they have arrived."""
        size = headers.get("content-length", "")
        if not size.isdecimal():
            raise RunError("upload-without-size")
        peer = (scope.get("client") or (None,))[0]
        visitor = visitor_at(peer, ",".join(headers.getlist("x-forwarded-for")), self._proxies)
        return stack.enter_context(self._visitors.uploading(visitor, int(size), self._cache))


def _refusal(error: NeuralArtError, headers: Headers) -> PlainTextResponse:
    wanted = headers.get("accept-language", "")[:2].lower()
    sentence = error.message.sentence(wanted if wanted in LANGUAGES else LANGUAGES[0])
    return PlainTextResponse(
        sentence, STATUS.get(error.code, 429), {"X-Error-Code": error.message.code, "Connection": "close"}
    )


def _paths(answer: bytes) -> Collection[Path]:
    """The files in Gradio's answer to an upload; none if it refused."""
    try:
        listed = json.loads(answer)
    except ValueError:
        return []
    return [Path(each) for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
