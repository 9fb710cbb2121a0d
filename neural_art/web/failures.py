"""What a person is told of an exception, and what the server's log is told."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from neural_art import files
from neural_art.errors import NeuralArtError, RunError
from neural_art.messages import LANGUAGES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_log = logging.getLogger(__name__)


def reported_error(error: Exception, what: str) -> NeuralArtError:
    """The error that a person can read. One that nobody expected is logged with its traceback, and ``what`` was done.

    For use where ``error`` is being handled.
    """
    if isinstance(error, NeuralArtError):
        return error
    _log.exception("%s ended with an error.", what)
    return files.storage_error(error) if isinstance(error, (OSError, MemoryError)) else RunError("task-failed")


def plain_refusal(error: NeuralArtError, headers: Mapping[str, str], status: int) -> Response:
    """A refusal as plain text: a sentence in the browser's language, the error's code in the header X-Error-Code."""
    from starlette.responses import PlainTextResponse

    wanted = headers.get("accept-language", "")[:2].lower()
    sentence = error.message.sentence(wanted if wanted in LANGUAGES else LANGUAGES[0])
    return PlainTextResponse(sentence, status, {"X-Error-Code": error.message.code})


async def storage_refusal(request: Request, error: Exception) -> Response:
    """The answer to an upload that the disk refused, with status 507."""
    return plain_refusal(reported_error(error, f"The request {request.url.path}"), request.headers, 507)
