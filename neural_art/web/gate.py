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
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neural_art.errors import NeuralArtError, RunError, SettingsError
from neural_art.files import check_usable, system_reason
from neural_art.runs.visitors import Upload, Visitors, visitor_at
from neural_art.web.failures import plain_refusal

UPLOAD: Final = "/gradio_api/upload"
"""Where Gradio receives files."""

LONGEST_ANSWER: Final = 8 << 20
"""Bytes of Gradio's answer to an upload, a list of paths."""

LARGEST_REQUEST: Final = 32 << 20
"""Bytes of a request that is no upload."""

STATUS: Final = {"disk-full": 507, "request-without-size": 411, "request-too-large": 413}
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

    Raises ``SettingsError`` if it cannot be used.
    """
    chosen = Path(environment.get("GRADIO_TEMP_DIR") or tempfile.gettempdir())
    try:
        if not environment.get("GRADIO_TEMP_DIR"):
            chosen = chosen / f"neural_art-{os.getuid()}"
            chosen.mkdir(mode=0o700, exist_ok=True)
            if chosen.is_symlink() or chosen.stat().st_uid != os.getuid():  # somebody else was here first
                chosen = Path(tempfile.mkdtemp(prefix=chosen.name))
            environment["GRADIO_TEMP_DIR"] = str(chosen)
        chosen.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_usable(chosen)
    except OSError as error:
        raise SettingsError("upload-folder-unusable", folder=chosen, why=system_reason(error)) from error
    return chosen


class Gate:
    """Middleware before ``app`` that refuses what is too large, or too much, before it is received.

    An upload is held against what its visitor may have. The refusal is a sentence as plain text, with the error's code
    in the header X-Error-Code. ``cache``: the folder that Gradio receives uploads in; ``proxies``: of ours, between
    this server and the visitors.
    """

    def __init__(self, app: ASGIApp, visitors: Visitors, cache: Path, proxies: int = 0) -> None:
        self._app = app
        self._visitors = visitors
        self._cache = cache
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" and scope["method"] == "POST" else None
        if headers is None:
            await self._app(scope, receive, send)
            return
        with contextlib.ExitStack() as stack:
            try:
                size = _size(headers)
                if not scope["path"].rstrip("/").endswith(UPLOAD):
                    if size > LARGEST_REQUEST:
                        raise RunError("request-too-large", most=LARGEST_REQUEST >> 20)
                    await self._app(scope, receive, send)
                    return
                peer = (scope.get("client") or (None,))[0]
                visitor = visitor_at(peer, ",".join(headers.getlist("x-forwarded-for")), self._proxies)
                admitting = self._visitors.uploading(visitor, size, self._cache)
                upload = await anyio.to_thread.run_sync(stack.enter_context, admitting)
            except NeuralArtError as error:
                await _refusal(error, headers)(scope, receive, send)
                return
            await self._receive(upload, scope, receive, send)

    async def _receive(self, upload: Upload, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the upload in, and note how far it gets and what becomes of it."""
        answer = bytearray()

        async def count() -> Message:
            message = await receive()
            upload.received += len(message.get("body", b""))
            return message

        async def listen(message: Message) -> None:
            if message["type"] == "http.response.start":
                upload.discarded = message["status"] == 413  # Gradio removes a file that is too large
            elif len(answer) < LONGEST_ANSWER:
                answer.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    upload.files.update(_paths(bytes(answer)))
            await send(message)

        await self._app(scope, count, listen)


def _size(headers: Headers) -> int:
    """How many bytes a request brings. Raises ``RunError`` for one that does not say so."""
    size = headers.get("content-length", "" if "transfer-encoding" in headers else "0")
    if not size.isdecimal():
        raise RunError("request-without-size")
    return int(size)


def _refusal(error: NeuralArtError, headers: Headers) -> Response:
    refusal = plain_refusal(error, headers, STATUS.get(error.code, 429))
    refusal.headers["Connection"] = "close"
    return refusal


def _paths(answer: bytes) -> Collection[Path]:
    """The files in Gradio's answer to an upload; none if it refused."""
    try:
        listed = json.loads(answer)
    except ValueError:
        return []
    return [Path(each) for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
