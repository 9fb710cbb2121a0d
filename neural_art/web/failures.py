"""What a person is told of an exception, and what the server's log is told."""

from __future__ import annotations

import logging

from neural_art import files
from neural_art.errors import NeuralArtError, RunError

_log = logging.getLogger(__name__)


def reported_error(error: Exception, what: str) -> NeuralArtError:
    """The error that a person can read. One that nobody expected is logged with its traceback, and ``what`` was done.

    For use where ``error`` is being handled.
    """
    if isinstance(error, NeuralArtError):
        return error
    _log.exception("%s ended with an error.", what)
    return files.storage_error(error) if isinstance(error, (OSError, MemoryError)) else RunError("task-failed")
