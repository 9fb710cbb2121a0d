"""What a person is told of an exception, and what the server's log is told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from neural_art import files
from neural_art.errors import NeuralArtError, RunError

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


async def storage_refusal(request: Request, error: Exception) -> Response:
    """The answer to an upload that the disk refused: a sentence in the browser's language, with status 507 and, as the
    gate's refusals, the error's code in the header X-Error-Code."""
    from starlette.responses import PlainTextResponse

    language = "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"
    told = reported_error(error, f"The request {request.url.path}")
    return PlainTextResponse(told.message.sentence(language), 507, {"X-Error-Code": told.message.code})
