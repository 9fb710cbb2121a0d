"""How a run stands: derived from who holds its lock, what its events say and what the person wants; never stored."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from neural_art.errors import StorageError
from neural_art.messages import Message
from neural_art.processor import CPU, Processor
from neural_art.runs.attempts import attempts_of
from neural_art.runs.desired import Desired, DesiredState, desired_state
from neural_art.runs.digest import Digest
from neural_art.runs.favourites import Favourites
from neural_art.runs.journal import Journal
from neural_art.runs.lock import is_locked
from neural_art.runs.run import Run

State = Literal["empty", "prepared", "waiting", "training", "paused", "finished", "failed"]
"""``empty``: no paintings yet. ``prepared``: paintings, but training was never asked for. ``waiting``: in the queue."""

STATE_NAMES: Final[dict[State, Message]] = {
    "empty": Message("state.empty"),
    "prepared": Message("state.prepared"),
    "waiting": Message("state.waiting"),
    "training": Message("state.training"),
    "paused": Message("state.paused"),
    "finished": Message("state.finished"),
    "failed": Message("state.failed"),
}
"""A state in words that complete "This run is ..."."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """All that a page or a terminal needs to show one run, as of now.

    ``progress`` is 0 to 1; ``seconds``, ``seconds_left`` and ``budget`` count training alone, not pauses. What is not
    known yet is None. ``desired_state`` next to ``state`` tells a pause that was asked for ("training", "paused") from
    a pause. ``queue_place`` is 1 for the next in the queue. ``can_explore``: there is a checkpoint. ``reason``: why it
    failed. ``notice``: the last thing worth knowing since the training started or resumed. ``where``: what it learned
    on when it started or resumed last. ``on_loan``: it waits for a graphics card that is lent for a minute, or is
    trained on one.
    """

    id: str
    name: str
    created: float
    parent: str | None
    state: State
    desired_state: Desired | None
    step: int
    progress: float
    seconds: float
    seconds_left: float | None
    budget: float | None
    texture_distance: float | None
    fooling_rate: float | None
    pictures_per_second: float | None
    sample_grid: Path | None
    sample_grid_number: int | None
    sample_grids: int
    thumbnail: Path | None
    reason: Message | None
    notice: Message | None
    where: Message | None
    queue_place: int | None
    recipe: str | None
    size: int | None
    minutes: float | None
    paintings: int
    aspect: float
    favourites: int
    can_explore: bool
    last_activity: float
    on_loan: bool = False

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values: paths become strings, messages English sentences."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


def state_of(run: Run) -> State:
    """Where the run stands."""
    return _state(run, desired_state(run), Journal(run).digest)


def status_of(run: Run, queue_place: int | None = None) -> Status:
    """How the run stands. Raises ``RunError`` if it has been deleted, another ``NeuralArtError`` for a damaged file."""
    try:
        return _status(run, queue_place)
    except (KeyError, TypeError, AttributeError, ValueError) as error:  # an event without what it always has
        raise StorageError("damaged", name=run.paths.events.name) from error


def _status(run: Run, queue_place: int | None) -> Status:
    info, desired, recipe, report = run.info, desired_state(run), run.recipe, run.report
    digest = Journal(run).digest
    state = _state(run, desired, digest)
    newest, started, stepped = digest.newest, digest.last("started"), digest.last("stepped")
    sampled, failed = digest.last("sampled"), digest.last("failed")
    seconds = float(newest["seconds"]) if newest else 0.0
    minutes = desired.minutes if desired else None
    budget = minutes * 60 if minutes else started["budget"] if started else None
    progress = min(1.0, seconds / budget) if budget else 0.0
    left = max(0.0, budget - seconds) if budget else None
    if stepped and (state == "failed" or digest.end is None):
        progress, left = stepped["progress"] or 0.0, stepped["seconds_left"]
    if state == "finished":
        progress, left = 1.0, 0.0
    grid = run.paths.sample_grid(sampled["step"]) if sampled else None
    return Status(
        id=run.id,
        name=info.name,
        created=info.created,
        parent=info.parent,
        state=state,
        desired_state=desired.state if desired else None,
        step=int(newest["step"]) if newest else 0,
        progress=progress,
        seconds=seconds,
        seconds_left=left,
        budget=budget,
        texture_distance=stepped["texture_distance"] if stepped else None,
        fooling_rate=stepped["fooling_rate"] if stepped else None,
        pictures_per_second=stepped["pictures_per_second"] if stepped else None,
        sample_grid=grid if grid and grid.exists() else None,
        sample_grid_number=sampled["number"] if sampled else None,
        sample_grids=digest.grids,
        thumbnail=run.paths.thumbnail if run.paths.thumbnail.exists() else None,
        reason=_message(failed["reason"]) if failed and state == "failed" else None,
        notice=_notice(run, state, digest),
        where=Processor(started.get("device", CPU.device), started.get("processor", "")).where if started else None,
        queue_place=queue_place,
        recipe=recipe.name if recipe else None,
        size=recipe.size if recipe else None,
        minutes=minutes,
        paintings=len(report.paintings) if report else 0,
        aspect=run.aspect,
        favourites=_count_favourites(run),
        can_explore=run.paths.checkpoint.exists(),
        last_activity=last_activity(run),
    )


def status_of_earlier_version(run: Run, notice: Message) -> Status:
    """What can be said of a run that an earlier version is still training, so that it cannot be upgraded yet."""
    values: dict[str, Any] = dict.fromkeys(Status.__dataclass_fields__)
    values |= vars(run.info) | {"id": run.id, "state": "training", "notice": notice}
    values |= {"step": 0, "progress": 0.0, "seconds": 0.0, "sample_grids": 0, "paintings": 0, "favourites": 0}
    values |= {"aspect": 1.0, "can_explore": False, "last_activity": last_activity(run)}
    return Status(**values)


def last_activity(run: Run) -> float:
    """Unix seconds of the last time that something was written to the run, or that somebody used it."""
    paths, times = run.paths, [0.0]
    for path in (paths.info, paths.events, paths.desired_state, paths.favourites, paths.paintings):
        with contextlib.suppress(OSError):
            times.append(path.stat().st_mtime)
    return max(times)


def _state(run: Run, desired: DesiredState | None, digest: Digest) -> State:
    if desired is not None and (end := digest.ended_after(desired.after)):
        return end
    if is_locked(run):
        return "training"
    if desired is None:
        # Without a desired state, a run that ended was trained by hand; one that never began is only prepared.
        return digest.end or ("prepared" if run.report else "empty")
    if desired.state == "training":
        return "waiting"
    if desired.state == "paused":
        return "paused"
    return "finished" if run.paths.checkpoint.exists() else "prepared"


def _notice(run: Run, state: State, digest: Digest) -> Message | None:
    """The newest of what is worth knowing: what it waits for, starts that got nowhere, a roll-back, a smaller batch or
    another device, a set-up that took long."""
    under_way = state in ("waiting", "training")
    if under_way and digest.newest and digest.newest["event"] == "delayed":
        return _message(digest.newest["reason"])
    if under_way and (attempts := attempts_of(run)) and attempts.notice:
        return attempts.notice
    kinds = ("rolledback", "adapted") if under_way else ("rolledback",)
    if changes := [event for kind in kinds if (event := digest.last(kind))]:
        return _message(max(changes, key=lambda event: event.get("at", 0.0))["reason"])
    started = digest.last("started")
    return _message(started["notice"]) if state == "training" and started and started.get("notice") else None


def _count_favourites(run: Run) -> int:
    """0 where they are damaged: everything else of the run can be used."""
    try:
        return len(Favourites(run).all())
    except StorageError:
        return 0


def _message(reason: Any) -> Message:
    try:
        return Message.from_json(reason)
    except ValueError:
        return Message("run.as-reported", {"reason": str(reason)})


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return value.sentence()
    return str(value) if isinstance(value, Path) else value
