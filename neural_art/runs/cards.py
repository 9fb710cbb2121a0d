"""Who learns on which graphics card: one training a card, whichever process of this user runs it.

A card is held by a lock (flock) on a file that is named after the card itself, not after its number: two processes that
see other cards (``CUDA_VISIBLE_DEVICES``) number the same one differently. The system releases the lock when its holder
dies.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from neural_art.files import is_file_locked, try_lock
from neural_art.processor import Processor


def locks_folder() -> Path:
    """Where this user's processes keep the cards' locks."""
    return Path(tempfile.gettempdir()) / f"neural_art-{os.getuid()}"


def take_card(cards: Iterable[Processor], folder: Path | None = None) -> tuple[Processor, int] | None:
    """The first of ``cards`` that nobody learns on, and a file descriptor that holds it until it is closed.

    None if all are taken. ``folder``: of the locks (default: ``locks_folder``). Asking ``is_taken`` holds a card for an
    instant, so this tries a few times.
    """
    cards = tuple(cards)
    for wait in (0.01, 0.02, 0.05, 0.0):
        for card in cards:
            descriptor = os.open(_lock(card, _own_folder(folder)), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            if try_lock(descriptor):
                return card, descriptor
            os.close(descriptor)
        if cards:
            time.sleep(wait)
    return None


def is_taken(card: Processor, folder: Path | None = None) -> bool:
    """Whether a training of this user's holds the card."""
    return is_file_locked(_lock(card, folder or locks_folder()), os.O_NOFOLLOW)


def _own_folder(folder: Path | None) -> Path:
    """The folder, which is made if need be. Raises ``PermissionError`` for one that another user put there."""
    folder = folder or locks_folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    return folder


def _lock(card: Processor, folder: Path) -> Path:
    return folder / f"card-{re.sub(r'[^0-9A-Za-z-]+', '-', card.key or card.device)}.lock"
