"""One uploaded file that is not decoded yet, on disk or in a zip."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from neural_art.dataset.formats import HEAD_BYTES


@dataclass(frozen=True)
class UploadedFile:
    """A file that was found in an upload. ``open`` returns a binary file that can seek."""

    name: str  # displayable, with "/" between folders
    size: int  # bytes, unpacked
    open: Callable[[], IO[bytes]]
    peek: Callable[[], bytes]  # the first ``HEAD_BYTES``, without unpacking the rest
    packed: int | None = None  # bytes in the zip, if it comes from one


def open_file(path: Path) -> IO[bytes]:
    """A regular file, open for reading. Never follows a link and never waits for a pipe."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags), "rb")


def peek_file(path: Path) -> bytes:
    """The first ``HEAD_BYTES`` of a file; nothing if it cannot be opened."""
    try:
        with open_file(path) as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""
