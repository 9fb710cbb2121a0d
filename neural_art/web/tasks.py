"""What takes longer than an answer may: it is done in a thread, while the page asks how it goes.

A task belongs to a run and has a name, so a reloaded page finds it again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
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
    """How a task stands; ``error`` is what stopped it, ``result`` what it gave."""

    state: Literal["working", "done", "failed"] = "working"
    progress: Progress = field(default_factory=lambda: Progress(0, 0, ""))
    stage: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    error: NeuralArtError | None = None


class Tasks:
    """The tasks of this server. ``at_once`` of them work at the same time, others wait for their turn."""

    def __init__(self, at_once: int = 2) -> None:
        self._guard = threading.Lock()
        self._turns = threading.Semaphore(at_once)
        self._standings: OrderedDict[tuple[str, str], Standing] = OrderedDict()

    def start(self, run: str, name: str, work: Work) -> None:
        """Begin the task ``name`` of a run. Raises ``RunError`` while an earlier one of that name is under way."""
        key = (run, name)
        with self._guard:
            before = self._standings.pop(key, None)
            if before is not None and before.state == "working":
                self._standings[key] = before
                raise RunError("task-under-way")
            self._standings[key] = Standing()
            settled = [each for each, standing in self._standings.items() if standing.state != "working"]
            for each in settled[: max(0, len(self._standings) - KEPT)]:
                del self._standings[each]
        threading.Thread(target=self._do, args=(key, work), name=f"task {name}", daemon=True).start()

    def standing(self, run: str, name: str) -> Standing | None:
        """How the task stands; None if this server knows of none."""
        with self._guard:
            return self._standings.get((run, name))

    def _do(self, key: tuple[str, str], work: Work) -> None:
        standing = Standing()
        try:
            with self._turns:
                for news in work():
                    if isinstance(news, Progress):
                        standing = replace(standing, progress=news)
                    elif isinstance(news, str):
                        standing = replace(standing, stage=news)
                    else:
                        standing = replace(standing, result=news)
                    self._note(key, standing)
            self._note(key, replace(standing, state="done"))
        except Exception as error:
            self._note(
                key, replace(standing, state="failed", error=reported_error(error, f"The task {key[1]} of a run"))
            )

    def _note(self, key: tuple[str, str], standing: Standing) -> None:
        with self._guard:
            self._standings[key] = standing
