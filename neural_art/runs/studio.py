"""All runs of this server and what may be done with them.

A ``Studio`` trains nothing itself. It starts workers (``runs.worker``), which live in sessions of their own: they go on
when the page dies or is stopped, and the next ``Studio`` on the same folder finds them at work. What has to be
remembered lies in the runs' folders, so two studios on one folder, or a studio and a command line, do no harm.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from neural_art.dataset.limits import Limits
from neural_art.dataset.sources import Uploads
from neural_art.errors import DatasetError, NeuralArtError, RunError
from neural_art.files import storage_errors
from neural_art.machine import available_cores
from neural_art.recipe import Budget, Recipe
from neural_art.runs.desired import desired_state, set_desired_state
from neural_art.runs.intake import Intake, check_untrained
from neural_art.runs.models import ModelCache
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.status import STATE_NAMES, Status, state_of, status_of, status_of_earlier_version
from neural_art.runs.supervisor import Supervisor

if TYPE_CHECKING:
    from neural_art.explore.explorer import Explorer


class Studio:
    """The runs in the folder ``root``, which is made if need be. Raises ``StorageError`` if it cannot be.

    ``at_once``: trainings at the same time; others wait in the order in which they were asked for.
    ``keep_hours``: runs that nobody used for so long are removed; None keeps them for ever.
    ``limits``: of what may be uploaded. ``base``: the model that a new run starts from.
    ``start``: whether to look after the queue, in a thread; without it, runs can be read and asked for things.
    ``cores``: of the processor, for painting; None: as many as this process may use.
    ``intake``: the paintings of runs that have not been trained.

    Methods that take an id raise ``RunError`` for one that is malformed or unknown, and ``StorageError`` where the disk
    refuses.
    """

    def __init__(
        self,
        root: Path,
        *,
        at_once: int = 1,
        keep_hours: float | None = None,
        limits: Limits | None = None,
        base: Path | None = None,
        start: bool = True,
        cores: int | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.base = None if base is None else Path(base).absolute()
        self._models = ModelCache()
        self._cores = cores or available_cores()  # asked once: it reads files, and a slider asks for threads each time
        with storage_errors():
            self._registry = Registry(root)
            self._supervisor = Supervisor(
                self._registry,
                at_once=at_once,
                keep_seconds=None if keep_hours is None else keep_hours * 3600,
                base=self.base,
                removed=self._models.remove,
            )
        self.root = self._registry.root
        self.intake = Intake(self._registry, self.limits)
        if start:
            self._supervisor.start()

    # ---- finding runs

    def create(self, name: str) -> Run:
        """A new, empty run."""
        with storage_errors():
            return self._registry.create(name)

    def run(self, id: str) -> Run:
        """The run with this id."""
        with storage_errors():
            return self._registry.open(id)

    def status(self, id: str) -> Status:
        """How a run stands, with its place in the queue if it waits."""
        try:
            run = self.run(id)
        except RunError as error:
            if error.code != "earlier-version-at-work":
                raise
            return status_of_earlier_version(self._registry.find(id), error.message)
        with storage_errors():
            status = status_of(run)
            if status.state != "waiting":
                return status
            if trouble := self._supervisor.trouble(id):
                return dataclasses.replace(status, state="failed", reason=trouble)
            return dataclasses.replace(status, queue_place=self._supervisor.queue_place(id))

    def statuses(self, ids: Iterable[str]) -> list[Status]:
        """How these runs stand, without those that do not exist (any more) or cannot be read."""
        found = []
        for id in ids:
            with contextlib.suppress(NeuralArtError):
                found.append(self.status(id))
        return found

    @property
    def spare_threads(self) -> int:
        """How many threads shall paint a picture now: two, or one where others need the cores. Others are a training,
        and the browser that shows the picture. A second thread saves a tenth of the time at best, and takes a third
        more of the processor's.
        """
        return 1 if self._supervisor.busy or self._cores < 4 else 2

    def load_pytorch(self) -> None:
        """Load PyTorch now, so that whoever opens the first model does not wait for it."""
        self._models.load_pytorch()

    def explorer(self, id: str) -> Explorer:
        """The run's newest model; the one before while a newer one is being opened.

        Raises ``RunError`` before the first checkpoint.
        """
        run = self.run(id)
        if not run.paths.checkpoint.exists():
            raise RunError("no-model-yet")
        with storage_errors():
            run.touch()
            return self._models.get(run)

    # ---- training

    def train(self, id: str, recipe: Recipe, budget: Budget) -> None:
        """Put the run in the queue for its first training. Raises ``DatasetError`` if it has too few paintings."""
        with self._changing(id) as run:
            check_untrained(run)
            self.intake.check_idle(run)
            report = run.report
            if report is None:
                raise RunError("no-paintings")
            if len(report.paintings) < self.limits.least:
                raise DatasetError("too-few", count=len(report.paintings), least=self.limits.least)
            run.set_recipe(recipe)
            set_desired_state(run, "training", budget.minutes, steps=budget.steps)

    def pause(self, id: str) -> None:
        """Pause the training, or take the run out of the queue; it keeps what it learned."""
        with self._changing(id) as run:
            state = state_of(run)
            if state in ("training", "waiting"):
                set_desired_state(run, "paused")
            elif state != "paused":
                raise RunError("cannot-pause", state=STATE_NAMES[state])

    def resume(self, id: str) -> None:
        """Go on with a training that is paused or has failed, when its turn comes."""
        with self._changing(id) as run:
            state, desired = state_of(run), desired_state(run)
            pausing = state == "training" and desired is not None and desired.state == "paused"
            if pausing or state in ("paused", "failed"):
                run.paths.restart_attempts.unlink(missing_ok=True)
                set_desired_state(run, "training")
            elif state not in ("training", "waiting"):
                raise RunError("cannot-resume", state=STATE_NAMES[state])

    def stop(self, id: str) -> None:
        """End the training early and keep the model. A run that has not begun leaves the queue."""
        with self._changing(id) as run:
            state = state_of(run)
            if state not in ("training", "waiting", "paused", "finished"):
                raise RunError("cannot-stop", state=STATE_NAMES[state])
            if state != "finished":
                set_desired_state(run, "finished")
                if state != "training":
                    self._supervisor.finish(run)

    def train_longer(self, id: str, minutes: float) -> None:
        """Train a finished run for ``minutes`` more. Raises ``RecipeError`` for minutes that are out of range."""
        Budget.requested(minutes)
        with self._changing(id) as run:
            status = status_of(run)
            if status.state != "finished" or status.recipe is None:
                raise RunError("cannot-train-longer", state=STATE_NAMES[status.state])
            if not run.paths.training_state.exists():
                raise RunError("nothing-to-resume")
            used = status.seconds / 60
            if status.minutes and abs(used - status.minutes) < 0.1 * status.minutes:
                used = status.minutes  # it used its budget; round numbers stay round
            budget = Budget(minutes=used + minutes)
            run.paths.restart_attempts.unlink(missing_ok=True)
            set_desired_state(run, "training", budget.minutes)

    # ---- runs as a whole

    def branch(self, id: str, *, name: str, uploads: Uploads | None = None) -> Run:
        """A new run that starts from another's model, with the same paintings or with ``uploads``.

        It shares nothing with the first, which may be deleted. To see the progress of new paintings, branch with
        ``uploads=()``, which gives a run without paintings, and add them with ``intake``.
        """
        parent = self.run(id)
        if not parent.paths.checkpoint.exists():
            raise RunError("no-model-to-branch")
        with storage_errors():
            run = self._registry.create(name, parent=id)
            try:
                shutil.copyfile(parent.paths.checkpoint, run.paths.base)
                if uploads is None:
                    shutil.copytree(parent.paths.paintings, run.paths.paintings)
                elif uploads != ():
                    report = parent.report
                    fit, matte = (report.fit, report.matte) if report else ("squeeze", "#ffffff")
                    for _ in self.intake.add_paintings(run.id, uploads, fit=fit, matte=matte):
                        pass
            except BaseException:
                run.delete()
                raise
            return run

    def rename(self, id: str, name: str) -> None:
        """Give the run another name."""
        with storage_errors():
            self.run(id).rename(name)

    def delete(self, id: str) -> None:
        """Remove a run with everything in it: its worker is ended, its paintings, pictures and weights are gone."""
        with storage_errors():
            self._supervisor.delete(id)

    def close(self, *, workers: bool = False) -> None:
        """Stop looking after the queue. Workers go on, and are found at work by the next studio; ``workers=True`` ends
        those that this studio started, as a power cut would: only their last seconds are lost."""
        self._supervisor.close(workers=workers)

    @contextlib.contextmanager
    def _changing(self, id: str) -> Iterator[Run]:
        with storage_errors(), self._supervisor.changing(id) as run:
            yield run
