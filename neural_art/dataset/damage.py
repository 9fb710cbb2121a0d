"""What an error of a decoder or a decompressor means for a person.

Decoders raise anything for a damaged file. Only their calls belong inside ``file_errors``: an error anywhere else is a
bug of our own, and must not be blamed on the picture.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from PIL import Image, UnidentifiedImageError

from neural_art.dataset.report import Unusable
from neural_art.files import is_disk_full, system_reason


@contextlib.contextmanager
def file_errors() -> Iterator[None]:
    """Turns what a library raises about a file into ``Unusable``; a full disk stays what it is."""
    try:
        yield
    except Unusable:
        raise
    except Exception as error:
        if is_disk_full(error):
            raise
        raise reason_for(error) from error


def reason_for(error: Exception) -> Unusable:
    """The reason that a file cannot be used, by what a library raised about it."""
    if isinstance(error, Image.DecompressionBombError):  # Pillow's own limit
        return Unusable("far-too-many-pixels")
    if isinstance(error, NotImplementedError):
        return Unusable("unknown-compression")
    if isinstance(error, MemoryError):
        return Unusable("out-of-memory")
    if isinstance(error, OSError) and error.errno is not None:
        return Unusable("not-opened", why=system_reason(error))
    text = str(error).lower()
    if not isinstance(error, UnidentifiedImageError) and ("truncated" in text or isinstance(error, EOFError)):
        return Unusable("truncated")
    return Unusable("damaged")
