"""Loans of a graphics card, on the page's side: who asked for one, what became of it, and what is done without it.

A loan has two steps, because a platform gives one only to a request that may wait, and such a request may come late,
twice or never. ``expect`` puts the run aside for a moment. ``spend`` takes that up, once, and lasts as long as the loan
does. Where the card is refused or taken away, or nobody takes the loan up, the run is one of the queue's again, with
the time that it was asked for with.

All this is forgotten when the page ends, as its loans are: the next page finds a run that wants to be trained.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from neural_art.errors import NeuralArtError, RunError
from neural_art.files import storage_errors
from neural_art.messages import Message
from neural_art.runs.desired import desired_state, set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.quotas import LOAN_SECONDS
from neural_art.runs.run import Run
from neural_art.runs.status import state_of
from neural_art.runs.supervisor import Supervisor

TAKE_UP_SECONDS: Final = 30.0
"""How long a loan that was asked for waits for ``spend``."""

Lend: TypeAlias = Callable[[str, int, str | None], dict[str, Any]]
"""Gets a card and calls ``runs.loan.train_on_loan`` there with a run's folder, seconds and a base; gives its answer.

Raises ``RunError`` with a sentence for the person where no card is given, or where it is taken away.
"""


@dataclass(frozen=True)
class _Loan:
    until: float  # monotonic time by which it must be taken up
    minutes: float | None  # the run's budget without a card
    step: int  # of the run when the loan was asked for


class Lending:
    """Loans for the runs of a ``supervisor``. ``base``: the model that a new run starts from.

    Any thread may ask. ``seconds``, ``take_up_seconds``: see ``quotas.LOAN_SECONDS`` and ``TAKE_UP_SECONDS``.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        lend: Lend,
        base: Path | None,
        *,
        seconds: int = LOAN_SECONDS,
        take_up_seconds: float = TAKE_UP_SECONDS,
    ) -> None:
        self.seconds = seconds
        self._supervisor = supervisor
        self._lend = lend
        self._base = base
        self._take_up_seconds = take_up_seconds
        self._guard = threading.Lock()
        self._expected: dict[str, _Loan] = {}
        self._under_way: set[str] = set()
        self._refusals: dict[str, tuple[float, Message]] = {}  # id -> when its training was asked for, why

    def check_idle(self, id: str) -> None:
        """Raises ``RunError`` ("on-loan") while a loan for the run is under way."""
        with self._guard:
            if id in self._under_way:
                raise RunError("on-loan")

    def expect(self, run: Run) -> None:
        """The run, which waits for its training with what budget it shall have without a card, is about to get one.

        For a block of ``Supervisor.changing``.
        """
        desired = desired_state(run)
        with self._guard:
            self._expected[run.id] = _Loan(
                until=time.monotonic() + self._take_up_seconds,
                minutes=None if desired is None else desired.minutes,
                step=Journal(run).standing[0],
            )
            self._refusals.pop(run.id, None)
        self._supervisor.hold_back(run.id, self._take_up_seconds)

    def spend(self, id: str) -> Message | None:
        """Have the run trained on the card that was asked for. Returns when that is over: why the training goes on
        without the card, or None.

        Does nothing if no loan is expected for the run: the first of two equal requests has taken it up.
        """
        with storage_errors():
            with self._supervisor.changing(id) as run:
                loan = self._take_up(run)
                if loan is None:
                    return None
                self._supervisor.hold_back(id)
            with self._lent(id):
                return self._settle(run, loan, self._lend_out(run))

    def refusal(self, run: Run) -> Message | None:
        """Why the loan came to nothing that was asked for with the training that the run waits for, or is in."""
        with self._guard:
            asked, reason = self._refusals.get(run.id, (0.0, None))
        desired = desired_state(run) if reason else None
        return reason if desired is not None and desired.asked == asked else None

    def forget(self, id: str) -> None:
        """The run is gone."""
        with self._guard:
            self._expected.pop(id, None)
            self._refusals.pop(id, None)

    def _take_up(self, run: Run) -> _Loan | None:
        with self._guard:
            loan = self._expected.pop(run.id, None)
            if loan is None or time.monotonic() > loan.until or state_of(run) != "waiting":
                return None
            set_desired_state(run, "training", (Journal(run).standing[1] + self.seconds) / 60)
            self._under_way.add(run.id)
            return loan

    @contextlib.contextmanager
    def _lent(self, id: str) -> Iterator[None]:
        try:
            yield
        finally:
            self._supervisor.let_go(id)
            with self._guard:
                self._under_way.discard(id)

    def _lend_out(self, run: Run) -> Message | None:
        """Have the run trained on a card; the trouble with that, if there was any."""
        try:
            answer = self._lend(str(run.folder), self.seconds, None if self._base is None else str(self._base))
        except NeuralArtError as error:
            return error.message
        reason = answer.get("reason")
        return None if reason is None else Message.from_json(reason)

    def _settle(self, run: Run, loan: _Loan, trouble: Message | None) -> Message | None:
        """Leave the run as somebody wants it who asked for a minute of a card: trained for as long as it was to be had,
        else by the queue."""
        if not run.exists():
            return None
        with self._supervisor.changing(run.id):
            if state_of(run) != "waiting":
                return None
            if trouble is None and Journal(run).standing[0] == loan.step:
                trouble = RunError("loan-too-short").message
            if trouble is None:  # the loan was over before the budget was
                self._supervisor.finish(run)
                return None
            desired = set_desired_state(run, "training", loan.minutes)
        with self._guard:
            self._refusals[run.id] = (desired.asked, trouble)
        return trouble
