"""Runs made of other runs: with another's model to start from, or with its paintings alone."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from neural_art.dataset.copies import copy_prepared
from neural_art.dataset.limits import Limits
from neural_art.dataset.sources import Uploads
from neural_art.runs.intake import NEW_NAME, Intake
from neural_art.runs.listing import readable_name
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run


def branch(
    registry: Registry, intake: Intake, parent: Run, name: str, uploads: Uploads | None, *, limits: Limits
) -> Run:
    """A new run that starts from the model of ``parent``, with its paintings or with ``uploads``; () gives it none."""
    with _made(registry, name, parent=parent.id) as run:
        shutil.copyfile(parent.paths.checkpoint, run.paths.base)
        if uploads is None:
            copy_prepared(parent.paths.paintings, run.paths.paintings, limits=limits)
        elif uploads != ():
            report = parent.report
            fit, matte = (report.fit, report.matte) if report else ("squeeze", "#ffffff")
            for _ in intake.add_paintings(run.id, uploads, fit=fit, matte=matte):
                pass
    return run


def copy_paintings(registry: Registry, source: Run, name: str | None, *, limits: Limits) -> Run:
    """A new run with the paintings of ``source``, which may be damaged, and no model. ``name``: that of ``source``, if
    it is not given.

    Raises ``DatasetError`` if too few paintings can be used.
    """
    with _made(registry, name or readable_name(source) or NEW_NAME) as run:
        copy_prepared(source.paths.paintings, run.paths.paintings, limits=limits)
    return run


@contextlib.contextmanager
def _made(registry: Registry, name: str, *, parent: str | None = None) -> Iterator[Run]:
    """A new run, which is deleted again if the block does not end well."""
    run = registry.create(name, parent=parent)
    try:
        yield run
    except BaseException:
        run.delete()
        raise
