"""What takes longer than an answer may: it is done in a thread, while the page asks how it goes.

A task belongs to a run and has a name, so a reloaded page finds it again. However many are asked for, a few threads do
them, and neither the line before those nor what one visitor has in it grows without end.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from neural_art.errors import NeuralArtError, RunError
from neural_art.events import Progress
from neural_art.web.failures import reported_error

KEPT: Final = 500
"""How many tasks are remembered, with how they ended."""

News: TypeAlias = Progress | str | dict[str, Any]
"""Progress, the name of a new stage (a string), or the result (a dictionary)."""

Work: TypeAlias = Callable[[], Iterator[News]]
"""What a task does; it yields its news."""


@dataclass(frozen=True)
class Standing:
    """How a task stands; ``error`` is what stopped it, ``result`` what it gave. ``number``: no other task has it."""

    state: Literal["working", "done", "failed"] = "working"
    progress: Progress = field(default_factory=lambda: Progress(0, 0, ""))
    stage: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    error: NeuralArtError | None = None
    number: int = field(default_factory=itertools.count(1).__next__, compare=False)


class Tasks:
    """The tasks of this server. ``at_once`` of them work at the same time, others wait for their turn.

    ``most``: how many may work or wait in all; ``most_each``: how many of one visitor's.
    """

    def __init__(self, at_once: int = 2, *, most: int = 64, most_each: int = 16) -> None:
        self._guard = threading.Lock()
        self._at_once = at_once
        self._most = most
        self._most_each = most_each
        self._workers = 0
        self._line: deque[tuple[tuple[str, str], Work]] = deque()
        self._visitors: dict[tuple[str, str], str] = {}  # of the tasks that work or wait
        self._standings: OrderedDict[tuple[str, str], Standing] = OrderedDict()

    def start(self, run: str, name: str, work: Work, *, visitor: str = "") -> None:
        """Begin the task ``name`` of a run, or let it wait for its turn.

        Raises ``RunError`` while an earlier one of that name is under way ("task-under-way"), and where the visitor
        ("too-many-tasks") or all together ("tasks-full") have as many as they may. No ``visitor`` is somebody without a
        share of their own.
        """
        key = (run, name)
        with self._guard:
            if key in self._visitors:
                raise RunError("task-under-way")
            if visitor and sum(each == visitor for each in self._visitors.values()) >= self._most_each:
                raise RunError("too-many-tasks", count=self._most_each)
            if len(self._visitors) >= self._most:
                raise RunError("tasks-full")
            self._visitors[key] = visitor
            self._standings.pop(key, None)
            self._standings[key] = Standing()
            settled = [each for each in self._standings if each not in self._visitors]
            for each in settled[: max(0, len(self._standings) - KEPT)]:
                del self._standings[each]
            self._line.append((key, work))
            if self._workers >= self._at_once:
                return
            self._workers += 1
        threading.Thread(target=self._work, name="tasks", daemon=True).start()

    @property
    def threads(self) -> int:
        """How many threads work on tasks now; none while there is nothing to do."""
        with self._guard:
            return self._workers

    def standing(self, run: str, name: str) -> Standing | None:
        """How the task stands; None if this server knows of none."""
        with self._guard:
            return self._standings.get((run, name))

    def working(self, run: str, name: str) -> bool:
        """Whether the task is under way."""
        standing = self.standing(run, name)
        return standing is not None and standing.state == "working"

    def forget(self, run: str, name: str) -> None:
        """Nothing is known any more of a task that has ended; one that is under way stays."""
        with self._guard:
            if (run, name) not in self._visitors:
                self._standings.pop((run, name), None)

    def _work(self) -> None:
        while True:
            with self._guard:
                if not self._line:
                    self._workers -= 1
                    return
                key, work = self._line.popleft()
            ended = self._do(key, work)
            with self._guard:  # at once: whoever sees that it has ended may begin it again
                self._standings[key] = ended
                del self._visitors[key]

    def _do(self, key: tuple[str, str], work: Work) -> Standing:
        """Do the work, noting how it stands; how it ended."""
        standing = self._standings[key]
        try:
            for news in work():
                if isinstance(news, Progress):
                    standing = replace(standing, progress=news)
                elif isinstance(news, str):
                    standing = replace(standing, stage=news)
                else:
                    standing = replace(standing, result=news)
                with self._guard:
                    self._standings[key] = standing
            return replace(standing, state="done")
        except Exception as error:
            return replace(standing, state="failed", error=reported_error(error, f"The task {key[1]} of a run"))
