"""The paintings of a run, before it trains: added, removed, squared in another way."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from neural_art import files
from neural_art.dataset import prepare as dataset
from neural_art.dataset.limits import Limits
from neural_art.dataset.report import Rejection, Report
from neural_art.dataset.sources import Uploads
from neural_art.errors import DatasetError, NeuralArtError, RunError
from neural_art.events import Progress
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.status import STATE_NAMES, state_of
from neural_art.samples import paint_samples

NEW_NAME: Final = "Untitled"
"""The name of a run that is made for paintings."""


class Intake:
    """Paintings of the runs in a ``registry``, within ``limits``.

    Methods raise ``RunError`` for an unknown run, one that has been trained or one whose paintings are being prepared,
    and ``StorageError`` where the disk refuses.
    """

    def __init__(self, registry: Registry, limits: Limits) -> None:
        self._registry = registry
        self._limits = limits
        self._busy: set[str] = set()  # ids of runs whose paintings are being changed

    def add_paintings(
        self,
        run_id: str | None,
        uploads: Uploads,
        *,
        fit: str = "squeeze",
        matte: str = "#ffffff",
        unread: Sequence[Rejection] = (),
    ) -> Iterator[Run | Progress | Report]:
        """Check paintings and add them to those of the run; the report comes last. ``unread``: files that never came.

        Without an id, a run is made and yielded first; it is deleted again if this fails. Raises ``DatasetError``
        (``TooFewPaintings``, with a report, if too few can be used). After an error, and when the iteration is broken
        off, the run has the paintings that it had before.
        """
        with self._changing(run_id) as run:
            if run_id is None:
                yield run
            yield from self._prepare(run, uploads, fit, matte, unread)

    def add_samples(
        self, run_id: str | None, *, count: int = 96, seed: int = 0, fit: str = "squeeze", matte: str = "#ffffff"
    ) -> Iterator[Run | Progress | Report]:
        """As ``add_paintings``, with sample paintings that are made by code."""
        with self._changing(run_id) as run:
            if run_id is None:
                yield run
            with files.work_folder(run.folder, "samples") as folder:
                yield from paint_samples(folder, count, seed)
                yield from self._prepare(run, folder, fit, matte)

    def remove_paintings(self, id: str, painting_files: Collection[str]) -> Report:
        """Remove accepted paintings (``Painting.file``). Raises ``DatasetError`` if too few would be left."""
        with self._changing(id) as run:
            return dataset.remove(run.paths.paintings, painting_files, limits=self._limits)

    def refit(self, id: str, fit: str) -> Report:
        """Choose again how paintings become squares (``images.FITS``)."""
        with self._changing(id) as run:
            return dataset.refit(run.paths.paintings, fit)

    def clear(self, id: str) -> None:
        """Remove all paintings of the run."""
        with self._changing(id) as run:
            if run.paths.paintings.exists():
                with files.work_folder(run.folder, "cleared") as folder:
                    run.paths.paintings.replace(folder)

    def check_idle(self, run: Run) -> None:
        """Raises ``RunError`` ("being-prepared") while the run's paintings are being changed."""
        if self.is_busy(run):
            raise RunError("being-prepared")

    def check_trainable(self, run: Run) -> None:
        """Raises ``RunError`` unless the run waits to be trained for the first time, ``DatasetError`` if it has too few
        paintings for that."""
        check_untrained(run)
        self.check_idle(run)
        report = run.report
        if report is None:
            raise RunError("no-paintings")
        if len(report.paintings) < self._limits.least:
            raise DatasetError("too-few", count=len(report.paintings), least=self._limits.least)

    def is_busy(self, run: Run) -> bool:
        """Whether the run's paintings are being changed."""
        return run.id in self._busy

    @contextlib.contextmanager
    def _changing(self, run_id: str | None) -> Iterator[Run]:
        """The run, whose paintings nobody else in this process changes meanwhile."""
        with files.storage_errors():
            run = self._registry.create(NEW_NAME) if run_id is None else self._registry.open(run_id)
            with self._registry.lock:
                check_untrained(run)
                self.check_idle(run)
                self._busy.add(run.id)
            done = False
            try:
                yield run
                done = True
            finally:
                with self._registry.lock:
                    self._busy.discard(run.id)
                if run_id is None and not done:
                    with contextlib.suppress(NeuralArtError, OSError):
                        run.delete()

    def _prepare(
        self, run: Run, uploads: Uploads, fit: str, matte: str, unread: Sequence[Rejection] = ()
    ) -> Iterator[Progress | Report]:
        paintings, limits = run.paths.paintings, self._limits
        for each in dataset.prepare(uploads, paintings, fit=fit, matte=matte, limits=limits, unread=unread):
            if not run.exists():
                raise RunError("deleted")
            yield each


def check_untrained(run: Run) -> None:
    """Raises ``RunError`` ("keeps-paintings") if the run waits for its training, or has been trained."""
    state = state_of(run)
    if run.paths.training_state.exists() or state not in ("empty", "prepared", "failed"):
        raise RunError("keeps-paintings", state=STATE_NAMES[state])
