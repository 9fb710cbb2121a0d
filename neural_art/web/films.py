"""The film of how a run learned, made as a task that stays with the run, and films where browsers may get them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from neural_art import files
from neural_art.runs.journal import Journal
from neural_art.runs.run import Run
from neural_art.web.answers import file_name
from neural_art.web.tasks import News, Tasks

LEARNING: Final = "learning"
"""The name of the task that makes a learning film."""


def learning_film_path(run: Run, step: int) -> Path:
    """Where the film is, or will be, of how ``run`` learned until ``step``."""
    return run.paths.films / f"learning-{step}.mp4"


def make_learning_film(tasks: Tasks, run: Run, step: int, *, visitor: str = "") -> None:
    """Begin the film of how ``run`` learned until ``step``, as the task "learning".

    The task's stage and its result have the film's name. Raises ``RunError`` while one is being made, and where the
    visitor has too many tasks.
    """
    path = learning_film_path(run, step)

    def work() -> Iterator[News]:
        from neural_art.explore import film

        yield path.name
        if not path.exists():
            yield from film.learning_film(Journal(run).sample_grids(), path)
            for old in path.parent.glob("learning-*.mp4"):
                if old != path:
                    old.unlink(missing_ok=True)
        yield {"film": path.name}

    tasks.start(run.id, LEARNING, work, visitor=visitor)


def published(path: Path, folder: Path, name: str) -> Path:
    """A copy of the film at ``path`` below ``folder``, from where browsers may get it, under a ``name`` for people.

    It lies in a folder that nobody can guess and that does not tell the run's id, which is the key to the run.
    """
    place = folder / hashlib.sha256(str(path.absolute()).encode()).hexdigest()
    copy = place / f"{file_name(name)}{path.suffix}"
    if not copy.exists() or copy.stat().st_size != path.stat().st_size:
        with files.storage_errors():
            place.mkdir(parents=True, exist_ok=True)
            with files.replacing(copy) as part:
                shutil.copyfile(path, part)
    return copy
