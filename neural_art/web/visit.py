"""Who asks, as the browser says it with each event: the open run, the language, the runs that it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from neural_art.messages import LANGUAGES
from neural_art.runs.ready import READY
from neural_art.web.words import say

MOST_RUNS: Final = 200
"""Runs that a browser may know."""

STEPS: Final = ("data", "train", "explore")
"""The tabs of the page."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A browser's session.

    ``run``: id of the open run, empty for none. ``runs``: ids that it knows, newest first. ``step``: the tab that is
    shown, or empty. ``visitor``: whose limits count.
    """

    run: str = ""
    runs: tuple[str, ...] = ()
    language: str = LANGUAGES[0]
    step: str = ""
    visitor: str = ""

    @classmethod
    def read(cls, session: Any, visitor: str = "") -> Visit:
        """The session that a browser sent; whatever is wrong in it counts as missing."""
        session = session if isinstance(session, Mapping) else {}
        runs = session.get("runs")
        runs = [id for id in runs if _is_id(id)] if isinstance(runs, list) else []
        language, step, run = session.get("language"), session.get("step"), session.get("run")
        return cls(
            run=run if _is_id(run) else "",
            runs=tuple(dict.fromkeys(runs))[:MOST_RUNS],
            language=language if language in LANGUAGES else LANGUAGES[0],
            step=step if step in STEPS else "",
            visitor=visitor,
        )

    def to_session(self) -> dict[str, Any]:
        """What the browser keeps; ``read`` makes the same visit of it."""
        return {"run": self.run, "runs": list(self.runs), "language": self.language, "step": self.step}

    def at(self, run: str, step: str = "") -> Visit:
        """The same browser with another run open, which it knows from now on."""
        runs = (run, *(id for id in self.runs if id != run)) if run not in ("", READY) else self.runs
        return replace(self, run=run, runs=runs[:MOST_RUNS], step=step)

    def without(self, run: str) -> Visit:
        """The same browser, which knows a run no longer."""
        runs = tuple(id for id in self.runs if id != run)
        return replace(self, run="" if self.run == run else self.run, runs=runs)

    def say(self, key: str, **values: Any) -> str:
        """Words of the page in the visit's language."""
        return say(key, self.language, **values)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) < 100
