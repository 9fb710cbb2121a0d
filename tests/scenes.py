"""What stories about the page have in common. No tests."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from browser import SLOW, Frame, Page
from run_makers import started

from neural_art.runs.desired import set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lock import hold
from neural_art.runs.studio import Studio


@contextlib.contextmanager
def other_training(studio: Studio) -> Iterator[None]:
    """Somebody else's training holds the queue while the block lasts, so that nothing is trained.

    A server must be started inside: it looks for such trainings when it starts.
    """
    run = studio.create("Somebody else's")
    set_desired_state(run, "training", 60)
    Journal(run).append(started())
    with hold(run):
        yield


def opened(page: Page | Frame) -> str:
    """The id of the run that is open."""
    return str(page.evaluate("new URL(location).searchParams.get('run') ?? ''"))


def until(condition: Callable[[], object], page: Page | Frame, milliseconds: int = SLOW) -> None:
    """Waits while the page lives on; fails if it does not come about."""
    deadline = time.monotonic() + milliseconds / 1000
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        page.wait_for_timeout(50)
