"""Uploads on their way from Gradio's folder into a run, and their check."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from neural_art.dataset.report import Rejection
from neural_art.errors import RunError
from neural_art.events import Progress
from neural_art.runs.intake import check_untrained
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio
from neural_art.runs.unread import Unread, rejection
from neural_art.runs.uploads import UploadBox
from neural_art.web import requests
from neural_art.web.requests import Request
from neural_art.web.tasks import News

MOST_FILES: Final = 1000
"""Files in one request; a browser sends a large folder in several."""

LONGEST_PATH: Final = 4096
"""Characters of the path of an uploaded file."""


class Uploads:
    """What arrives at ``studio``. ``cache``: the folder where Gradio puts what browsers upload."""

    def __init__(self, studio: Studio, cache: Path) -> None:
        self._studio = studio
        self._cache = cache

    def take(self, request: Request) -> dict[str, Any]:
        """Move ``files``, each ``{path, name}``, into the ``run``: whoever knows a path in Gradio's folder can read the
        file. Without a run, one is made and called ``name``. ``unread``, each ``{name, code, bytes}``, are files that
        did not come, for the report.

        The answer has the run and how many files were ``taken``. A file that comes again is there once.
        """
        files, unread = _dictionaries(request, "files"), _dictionaries(request, "unread")
        paths = [self._uploaded(each) for each in files]
        run = self._run(request)
        box, most = UploadBox(run), self._studio.limits.total_bytes
        for path, each in zip(paths, files, strict=True):
            box.take(path, str(each.get("name")), most=most)
            with contextlib.suppress(OSError):  # another file with the same content may lie there
                path.parent.rmdir()
        Unread(run).add(self._unread(each) for each in unread)
        return {"run": run.id, "taken": len(files)}

    def count(self, run: Run) -> int:
        """How many files have come, or not come, and were not checked yet."""
        return len(UploadBox(run).files()) + len(Unread(run).rejections())

    def check(self, run: Run, fit: str, matte: str) -> Iterator[News]:
        """The work of checking all that has come, and what comes meanwhile."""
        box, names = UploadBox(run), Unread(run)
        while (files := box.files()) or names.rejections():
            unread = names.rejections()
            for news in self._studio.intake.add_paintings(run.id, files, fit=fit, matte=matte, unread=unread):
                if isinstance(news, Progress):
                    yield news
            box.remove(files)
            names.remove(unread)

    def discard(self, run: Run) -> None:
        """Remove what has come and was not checked yet."""
        UploadBox(run).clear()

    def _run(self, request: Request) -> Run:
        """The run that takes the files: an open one that has not been trained, or a new one."""
        if id := requests.text(request, "run"):
            run = self._studio.run(id)
            check_untrained(run)
            return run
        return self._studio.create(requests.text(request, "name")[:100], visitor=requests.visitor(request))

    def _uploaded(self, each: Mapping[str, Any]) -> Path:
        """Where a browser uploaded a file to; anything else, wherever it points, is refused."""
        path = each.get("path")
        if isinstance(path, str) and len(path) < LONGEST_PATH and "\0" not in path:
            real = Path(os.path.realpath(path))
            if real.is_relative_to(os.path.realpath(self._cache)) and not real.is_dir():
                return real
        raise RunError("upload-missing")

    def _unread(self, each: Mapping[str, Any]) -> Rejection:
        name, code, size = each.get("name"), each.get("code"), each.get("bytes")
        size = size if isinstance(size, int) else 0
        return rejection(str(name), str(code), size=size, most=self._studio.limits.file_bytes)


def hex_colour(value: Any, otherwise: str) -> str:
    """A colour as a browser's picker gives it, "#rrggbb" or "rgba(255, 128.5, 0, 1)", as "#rrggbb"."""
    if not isinstance(value, str) or not value:
        return otherwise
    numbers = re.fullmatch(r"rgba?\(\s*([\d.]+)[,\s]+([\d.]+)[,\s]+([\d.]+).*\)", value)
    if numbers is None:
        return value.lower()
    return "#" + "".join(f"{min(255, round(float(each))):02x}" for each in numbers.groups())


def _dictionaries(request: Request, name: str) -> list[Mapping[str, Any]]:
    values = request.get(name)
    if not isinstance(values, list) or len(values) > MOST_FILES or not all(isinstance(each, dict) for each in values):
        raise RunError("request-no-list", name=name)
    return values
