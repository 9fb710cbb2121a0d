"""All runs of this server and what may be done with them.

A ``Studio`` trains nothing itself. It starts workers (``runs.worker``), which live in sessions of their own: they go on
when the page dies or is stopped, and the next ``Studio`` on the same folder finds them at work. What has to be
remembered lies in the runs' folders, so two studios on one folder, or a studio and a command line, do no harm.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from neural_art.dataset.copies import count_pictures
from neural_art.dataset.limits import Limits
from neural_art.dataset.sources import Uploads
from neural_art.errors import NeuralArtError, RunError, SettingsError
from neural_art.files import storage_errors
from neural_art.machine import available_cores
from neural_art.messages import Message
from neural_art.processor import CPU, Processor
from neural_art.recipe import DEFAULT_MINUTES, Budget, Recipe
from neural_art.runs import copies
from neural_art.runs.cluster import ClusterPlaces
from neural_art.runs.desired import desired_state, set_desired_state
from neural_art.runs.intake import Intake
from neural_art.runs.leftovers import Leftovers
from neural_art.runs.lending import Lend, Lending
from neural_art.runs.listing import Listed, gone_or_unreadable, status_in_folder
from neural_art.runs.models import ModelCache
from neural_art.runs.processes import WorkerProcesses
from neural_art.runs.processors import KnownProcessors
from neural_art.runs.quotas import LOAN_SECONDS, Quotas
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.status import STATE_NAMES, Status, state_of, status_of
from neural_art.runs.supervisor import Supervisor
from neural_art.runs.visitors import Visitors

if TYPE_CHECKING:
    from neural_art.explore.explorer import Explorer


class Studio:
    """The runs in the folder ``root``, which is made if need be. Raises ``StorageError`` if it cannot be.

    ``at_once``: trainings at the same time; None: as many as the cluster has room for, or one on each graphics card, or
    one. Others wait in the order in which they were asked for. ``cluster``: the address of a Ray cluster that trains
    (see ``runs.cluster``). ``device``: where runs learn, whatever their recipes say; "auto" leaves it to those.
    ``processors``: what is known of this machine's.
    ``keep_hours``: runs that nobody used for so long are removed; None keeps them for ever.
    ``limits``: of what may be uploaded. ``base``: the model that a new run starts from.
    ``quotas``: what a visitor may have. ``left_hours``: uploads that nobody took or checked, and runs without anything
    in them, are removed after so long; None keeps them. ``cache``: the folder that a page receives uploads in.
    ``start``: whether to look after the queue and leftovers, in threads; without it, runs can be read and asked for
    things. ``cores``: of the processor, for painting; None: as many as this process may use. ``lend``: trains a run on
    a graphics card that is lent, for ``loan_seconds``; None where there are no such cards.
    ``intake``: the paintings of runs that have not been trained. ``visitors``: who has what.

    ``visitor``, wherever it is asked for, is who asks, held against ``quotas`` (see ``runs.visitors``).

    Methods that take an id raise ``RunError`` for one that is malformed or unknown, and ``StorageError`` where the disk
    refuses.
    """

    def __init__(
        self,
        root: Path,
        *,
        at_once: int | None = None,
        device: str = "auto",
        processors: KnownProcessors | None = None,
        keep_hours: float | None = None,
        limits: Limits | None = None,
        base: Path | None = None,
        cluster: str | None = None,
        quotas: Quotas | None = None,
        left_hours: float | None = None,
        cache: Path | None = None,
        start: bool = True,
        cores: int | None = None,
        lend: Lend | None = None,
        loan_seconds: int = LOAN_SECONDS,
    ) -> None:
        if at_once is not None and at_once < 1:
            raise ValueError(f"at_once is {at_once}; it must be at least 1")
        self.limits = limits or Limits()
        self.device = device
        self.processors = processors or KnownProcessors()
        self._at_once = at_once
        self._places = None if cluster is None else ClusterPlaces(cluster)
        self.base = None if base is None else Path(base).absolute()
        self._models = ModelCache(device=self.paint_device)
        self._lending: Lending | None = None
        self._cores = cores or available_cores()  # asked once: it reads files, and a slider asks for threads each time
        with storage_errors():
            self._registry = Registry(root)
            self._supervisor = Supervisor(
                self._registry,
                at_once=self._most_trainings,
                keep_seconds=None if keep_hours is None else keep_hours * 3600,
                processes=WorkerProcesses(self.base, device=device, cluster=cluster),
                removed=self._removed,
            )
        if lend is not None:
            self._lending = Lending(self._supervisor, lend, self.base, seconds=loan_seconds)
        self.root = self._registry.root
        self.intake = Intake(self._registry, self.limits)
        self.visitors = Visitors(self._registry, quotas or Quotas())
        self._leftovers = Leftovers(
            self._registry, left_hours, cache, is_busy=self.intake.is_busy, delete=self._supervisor.delete
        )
        if start:
            if device != CPU.kind:
                self.processors.begin()
            if self._places is not None and at_once is None:
                self._places.begin()
            self._supervisor.start()
            self._leftovers.begin()

    # ---- finding runs

    def create(self, name: str, *, visitor: str = "") -> Run:
        """A new, empty run."""
        with storage_errors(), self.visitors.creating(visitor) as made:
            run = self._registry.create(name)
            made(run.id)
            return run

    def run(self, id: str) -> Run:
        """The run with this id."""
        with storage_errors():
            return self._registry.open(id)

    def status(self, id: str) -> Status:
        """How a run stands, with its place in the queue if it waits."""
        with storage_errors():
            run = self._registry.find(id)
            status = status_in_folder(run)
            if status.state in ("waiting", "training") and self._lending is not None:
                notice = status.notice or self._lending.refusal(run)
                status = dataclasses.replace(status, notice=notice, on_loan=self._supervisor.is_held_back(id))
            if status.state != "waiting" or status.on_loan:
                return status
            if trouble := self._supervisor.trouble(id):
                return dataclasses.replace(status, state="failed", reason=trouble)
            return dataclasses.replace(status, queue_place=self._supervisor.queue_place(id))

    def listed(self, ids: Iterable[str]) -> list[Listed]:
        """What there is to say of each of these runs: how it stands, that it is gone, or why it cannot be read.

        A run counts as gone only if it was deleted here. Whoever keeps ids may forget it then, and not before.
        """
        found: list[Listed] = []
        for id in ids:
            try:
                found.append(self.status(id))
            except NeuralArtError as error:
                found.append(gone_or_unreadable(self._registry, id, error, self.limits))
        return found

    @property
    def spare_threads(self) -> int:
        """How many threads shall paint a picture now: two, or one where others need the cores. Others are a training,
        and the browser that shows the picture. A second thread saves a tenth of the time at best, and takes a third
        more of the processor's.
        """
        return 1 if self._supervisor.busy or self._cores < 4 else 2

    @property
    def usable(self) -> tuple[Processor, ...]:
        """The processors that trainings may use here, as far as is known yet, the best first."""
        try:
            return self.processors.survey.chosen(self.device)
        except SettingsError:  # it is said when a training starts
            return (CPU,)

    def paint_device(self) -> str:
        """What a model that is opened now paints on, as ``torch.device`` takes it."""
        return self.usable[0].device

    def load_pytorch(self) -> None:
        """Load PyTorch now, so that whoever opens the first model does not wait for it."""
        self._models.load_pytorch()

    def explorer(self, id: str) -> Explorer:
        """The run's newest model; the one before while a newer one is being opened.

        Raises ``RunError`` before the first checkpoint.
        """
        run = self._run_with_model(id)
        with storage_errors():
            run.touch()
            return self._models.get(run)

    def model_version(self, id: str) -> int | None:
        """The step of the model that ``explorer`` gives; None while it is being opened, which this begins if need be.

        Raises ``RunError`` before the first checkpoint.
        """
        run = self._run_with_model(id)
        with storage_errors():
            return self._models.version(run)

    def _run_with_model(self, id: str) -> Run:
        run = self.run(id)
        if not run.paths.checkpoint.exists():
            raise RunError("no-model-yet")
        return run

    # ---- training

    def train(self, id: str, recipe: Recipe, budget: Budget, *, visitor: str = "") -> None:
        """Put the run in the queue for its first training. Raises ``DatasetError`` if it has too few paintings."""
        with self._changing(id) as run:
            self.intake.check_trainable(run)
            self._admit(visitor, run, budget.minutes or 0.0)
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

    def resume(self, id: str, *, visitor: str = "") -> None:
        """Go on with a training that is paused or has failed, when its turn comes."""
        with self._changing(id) as run:
            state, desired = state_of(run), desired_state(run)
            pausing = state == "training" and desired is not None and desired.state == "paused"
            if pausing or state in ("paused", "failed"):
                if not pausing:
                    self._admit(visitor, run, (status_of(run).seconds_left or 0.0) / 60)
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

    def train_longer(self, id: str, minutes: float, *, visitor: str = "") -> None:
        """Train a finished run for ``minutes`` more. Raises ``RecipeError`` for minutes that are out of range."""
        Budget.requested(minutes)
        with self._changing(id) as run:
            status = status_of(run)
            if status.state != "finished" or status.recipe is None:
                raise RunError("cannot-train-longer", state=STATE_NAMES[status.state])
            if not run.paths.training_state.exists():
                raise RunError("nothing-to-resume")
            self._admit(visitor, run, minutes)
            used = status.seconds / 60
            if status.minutes and abs(used - status.minutes) < 0.1 * status.minutes:
                used = status.minutes  # it used its budget; round numbers stay round
            budget = Budget(minutes=used + minutes)
            run.paths.restart_attempts.unlink(missing_ok=True)
            set_desired_state(run, "training", budget.minutes)

    @property
    def loan_seconds(self) -> int | None:
        """How long a run is trained on a graphics card that is lent; None where there are no such cards."""
        return None if self._lending is None else self._lending.seconds

    def borrow(self, id: str, recipe: Recipe | None = None, budget: Budget | None = None, *, visitor: str = "") -> None:
        """Ask for a loan of a graphics card for the run, in whatever state it is; ``spend_loan`` must follow soon.

        Where no card is to be had, it is trained in the queue: for the first time with ``budget``, else as ``resume``
        or ``train_longer`` would. ``recipe``, ``budget``: of a run that has not been trained yet.
        """
        with self._changing(id) as run:
            if self._lending is None:
                raise RunError("no-cards-lent")
            self._lending.check_idle(id)
            match state_of(run):
                case "prepared" if recipe is not None:
                    self.train(id, recipe, budget or Budget(minutes=DEFAULT_MINUTES), visitor=visitor)
                case "paused" | "failed":
                    self.resume(id, visitor=visitor)
                case "finished":
                    self.train_longer(id, DEFAULT_MINUTES, visitor=visitor)
                case state:
                    raise RunError("cannot-borrow", state=STATE_NAMES[state])
            self._lending.expect(run)

    def spend_loan(self, id: str) -> Message | None:
        """Train the run on the card that was asked for, and return when that is over: why the training goes on without
        the card, or None. A second call for the same loan does nothing."""
        return None if self._lending is None else self._lending.spend(id)

    # ---- runs as a whole

    def branch(self, id: str, *, name: str, uploads: Uploads | None = None, visitor: str = "") -> Run:
        """A new run that starts from another's model, with the same paintings or with ``uploads``.

        It shares nothing with the first, which may be deleted. To see the progress of new paintings, branch with
        ``uploads=()``, which gives a run without paintings, and add them with ``intake``.
        """
        parent = self.run(id)
        if not parent.paths.checkpoint.exists():
            raise RunError("no-model-to-branch")
        with storage_errors(), self.visitors.creating(visitor) as made:
            run = copies.branch(self._registry, self.intake, parent, name, uploads, limits=self.limits)
            made(run.id)
            return run

    def copy_paintings(self, id: str, *, name: str | None = None, visitor: str = "") -> Run:
        """A new run with another's paintings, their names and classes, and no model: to train them again.

        The other run may be damaged; paintings that are, too, are left out. ``name``: the other's, if it is not given.
        Raises ``DatasetError`` if too few paintings can be used.
        """
        source = self._registry.locate(id)
        if not count_pictures(source.paths.paintings):
            raise RunError("no-paintings")
        with storage_errors(), self.visitors.creating(visitor) as made:
            run = copies.copy_paintings(self._registry, source, name, limits=self.limits)
            made(run.id)
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
        self._leftovers.close()
        self._supervisor.close(workers=workers)

    def tidy(self, hours: float | None = None) -> None:
        """Remove what was left behind ``hours`` ago or earlier; ``left_hours`` ago if none are given."""
        self._leftovers.remove(hours)

    def _most_trainings(self) -> int:
        """As many as the cluster has room for; else one a card, and one where there is none."""
        if self._places is not None:
            return self._at_once or self._places.count
        return self._at_once or max(1, sum(processor.is_card for processor in self.usable))

    def _admit(self, visitor: str, run: Run, minutes: float) -> None:
        """Count the training as the visitor's. Raises ``RunError`` if they, or all together, have too many."""
        self.visitors.check_training(visitor, run, minutes, self._supervisor.active)
        self.visitors.note_training(visitor, run.id)

    def _removed(self, id: str) -> None:
        self._models.remove(id)
        if self._lending is not None:
            self._lending.forget(id)

    @contextlib.contextmanager
    def _changing(self, id: str) -> Iterator[Run]:
        with storage_errors(), self._supervisor.changing(id) as run:
            yield run
