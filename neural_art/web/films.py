"""Films of a run: a loop through pictures, and how the run learned. Both are made as tasks and stay with the run."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from neural_art.errors import RunError
from neural_art.runs.journal import Journal
from neural_art.runs.studio import Studio
from neural_art.web import answers, requests
from neural_art.web.requests import Request
from neural_art.web.tasks import News, Tasks

LOOPS: Final = 12
"""Looping films that a run keeps."""

_NAME: Final = re.compile(r"(learning|loop)-[A-Za-z0-9_-]{1,40}\.mp4")


class Films:
    """What the page asks of films."""

    def __init__(self, studio: Studio, tasks: Tasks) -> None:
        self._studio = studio
        self._tasks = tasks

    def loop_film(self, request: Request) -> dict[str, Any]:
        """Begin a looping film through ``positions``, as the task "loop", whose result is the film's name."""
        from neural_art.explore import film  # here, as below: it loads PyTorch

        run, positions = self._studio.run(requests.text(request, "run")), requests.positions(request)
        seconds, smoothness = requests.number(request, "seconds"), requests.number(request, "smoothness")
        folder, name = run.paths.films, f"loop-{secrets.token_hex(8)}.mp4"
        folder.mkdir(exist_ok=True)
        frames = film.loop_film(self._studio.explorer(run.id), positions, folder / name, seconds, smoothness)

        def work() -> Iterator[News]:
            yield from frames
            _keep_newest(folder, "loop-*.mp4", LOOPS)
            yield {"film": name}

        self._tasks.start(run.id, "loop", work, visitor=requests.visitor(request))
        return {}

    def learning_film(self, request: Request) -> dict[str, Any]:
        """Begin the film of how the run learned, as the task "learning", unless it is there or being made."""
        run = self._studio.run(requests.text(request, "run"))
        folder, name = run.paths.films, f"learning-{self._studio.status(run.id).step}.mp4"
        folder.mkdir(exist_ok=True)

        def work() -> Iterator[News]:
            from neural_art.explore import film

            if not (folder / name).exists():
                film.learning_film(Journal(run).sample_grids(), folder / name)
                _keep_newest(folder, "learning-*.mp4", 1)
            yield {"film": name}

        standing = self._tasks.standing(run.id, "learning")
        if standing is None or standing.state != "working":
            self._tasks.start(run.id, "learning", work, visitor=requests.visitor(request))
        return {}

    def film(self, request: Request) -> dict[str, Any]:
        """A finished film of the run, by the name that its task gave."""
        run, name = self._studio.run(requests.text(request, "run")), requests.text(request, "film")
        path = run.paths.films / name
        if not _NAME.fullmatch(name) or not path.is_file():
            raise RunError("no-film")
        return {"film": answers.data_uri(path.read_bytes(), "video/mp4")}


def _keep_newest(folder: Path, pattern: str, count: int) -> None:
    for old in sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)[count:]:
        old.unlink(missing_ok=True)
