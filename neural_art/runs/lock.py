"""Who is at work on a run: a lock (flock) on a file in its folder, which the system releases when its holder dies."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator

import psutil

from neural_art.errors import RunError
from neural_art.files import is_file_locked, try_lock
from neural_art.runs.paths import HasPaths


def take_lock(run: HasPaths) -> int:
    """A file descriptor that holds the run until it is closed, here and in a child process that it was passed to.

    Raises ``RunError`` ("locked") if another process holds the run. Asking ``is_locked`` holds it for an instant, so
    this tries a few times.
    """
    descriptor = os.open(run.paths.lock, os.O_RDWR | os.O_CREAT, 0o600)
    for wait in (0.01, 0.02, 0.05, 0.1, 0.0):
        if try_lock(descriptor):
            return descriptor
        time.sleep(wait)
    os.close(descriptor)
    raise RunError("locked")


@contextlib.contextmanager
def hold(run: HasPaths, descriptor: int | None = None) -> Iterator[None]:
    """Hold the run while the block lasts, with a ``descriptor`` from ``take_lock`` or a new one.

    The lock file names this process meanwhile, so that it can be ended.
    """
    descriptor = take_lock(run) if descriptor is None else descriptor
    try:
        os.set_inheritable(descriptor, False)
        sign_lock(descriptor, os.getpid())
        yield
    finally:
        os.close(descriptor)


def is_locked(run: HasPaths) -> bool:
    """Whether a worker holds the run."""
    return is_file_locked(run.paths.lock)


def lock_holder(run: HasPaths) -> psutil.Process | None:
    """The process that holds the run; None if there is none, or it has not signed the lock yet."""
    if not is_locked(run):
        return None
    try:
        signed = json.loads(run.paths.lock.read_bytes())
        process = psutil.Process(signed["pid"])
        # A process that got the same number later was born later.
        return process if abs(process.create_time() - signed["born"]) < 1 else None
    except (OSError, ValueError, KeyError, TypeError, psutil.NoSuchProcess):
        return None


def sign_lock(descriptor: int, pid: int) -> None:
    """Write into a lock file which process holds it, so that others can end that process and no other."""
    with contextlib.suppress(psutil.NoSuchProcess):
        signature = json.dumps({"pid": pid, "born": psutil.Process(pid).create_time()}).encode()
        os.pwrite(descriptor, signature, 0)
        os.ftruncate(descriptor, len(signature))
