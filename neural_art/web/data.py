"""Step 1, Data: paintings are uploaded, checked, looked at and changed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from neural_art.errors import RunError
from neural_art.events import Progress
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio
from neural_art.runs.uploads import UploadBox
from neural_art.web import answers, requests
from neural_art.web.requests import Request
from neural_art.web.tasks import News, Tasks

TASK: Final = "uploads"
"""The name of the task that checks uploads or paints the sample paintings."""

MOST_FILES: Final = 1000
"""Files in one call; a browser sends a large folder in several."""

LONGEST_PATH: Final = 4096
"""Characters of the path of an uploaded file."""

NEAR_DUPLICATES: Final = 24
"""Pairs of near-duplicates that are shown; the others are counted."""


class Data:
    """What the page asks at step 1. ``cache``: the folder where Gradio puts what browsers upload."""

    def __init__(self, studio: Studio, tasks: Tasks, cache: Path) -> None:
        self._studio = studio
        self._tasks = tasks
        self._cache = cache

    def take(self, request: Request) -> dict[str, Any]:
        """Move uploaded ``files`` into the run's folder: whoever knows a path in Gradio's cache can read the file."""
        box, files = UploadBox(self._run(request)), request.get("files")
        if not isinstance(files, list) or len(files) > MOST_FILES:
            raise RunError("request-no-list", name="files")
        for index, each in enumerate(files):
            file = self._uploaded(each)
            try:
                box.take(file, str(each.get("name")), most=self._studio.limits.total_bytes)
            except RunError as error:
                if error.code == "uploads-too-large":
                    for refused in files[index:]:
                        self._uploaded(refused).unlink(missing_ok=True)
                raise
            with contextlib.suppress(OSError):  # another file with the same content may lie there
                file.parent.rmdir()
        return {"taken": len(files)}

    def check(self, request: Request) -> dict[str, Any]:
        """Begin to check what was taken, as a task."""
        run, fit, matte = self._run(request), requests.text(request, "fit"), requests.text(request, "matte")
        box = UploadBox(run)
        uploads = box.files()
        if not uploads:
            raise RunError("no-uploads")

        def work() -> Iterator[News]:
            for news in self._studio.intake.add_paintings(run.id, uploads, fit=fit, matte=matte):
                if isinstance(news, Progress):
                    yield news
            box.remove(uploads)

        self._tasks.start(run.id, TASK, work, visitor=requests.visitor(request))
        return {}

    def samples(self, request: Request) -> dict[str, Any]:
        """Begin to paint the sample paintings and add them to the run, as a task in the stage "painting"."""
        run, fit = self._run(request), requests.text(request, "fit")

        def work() -> Iterator[News]:
            yield "painting"
            for news in self._studio.intake.add_samples(run.id, fit=fit):
                if isinstance(news, Progress):
                    yield news

        self._tasks.start(run.id, TASK, work, visitor=requests.visitor(request))
        return {}

    def report(self, request: Request) -> dict[str, Any]:
        """What was accepted and what was rejected, with pictures to see it."""
        run = self._run(request)
        report = run.report
        if report is None:
            raise RunError("no-paintings")
        folder = run.paths.paintings
        oddest = max(report.paintings, key=lambda each: abs(each.width - each.height) / max(each.width, each.height))
        return {
            "count": len(report.paintings),
            "class_counts": report.class_counts,
            "shapes": report.shapes,
            "smallest": report.smallest,
            "largest": report.largest,
            "aspect": report.aspect,
            "fit": report.fit,
            "rejections": answers.rejections(report, requests.language(request)),
            "rejection_count": len(report.rejections),
            "near_duplicates": [
                {
                    "file": near.file,
                    "original": near.original,
                    "name": near.name,
                    "original_name": near.original_name,
                    "picture": answers.thumbnail(folder / near.file),
                    "original_picture": answers.thumbnail(folder / near.original),
                }
                for near in report.near_duplicates[:NEAR_DUPLICATES]
            ],
            "near_duplicate_count": len(report.near_duplicates),
            "example": answers.thumbnail(folder / oddest.file),
            "sheet": answers.data_uri((folder / "sheet.jpg").read_bytes(), "image/jpeg"),
        }

    def refit(self, request: Request) -> dict[str, Any]:
        """Choose anew how paintings become squares."""
        self._studio.intake.refit(requests.text(request, "run"), requests.text(request, "fit"))
        return {}

    def remove_paintings(self, request: Request) -> dict[str, Any]:
        """Remove accepted paintings, by their ``files``."""
        self._studio.intake.remove_paintings(requests.text(request, "run"), requests.texts(request, "files"))
        return {}

    def _run(self, request: Request) -> Run:
        return self._studio.run(requests.text(request, "run"))

    def _uploaded(self, each: Any) -> Path:
        """Where a browser uploaded a file to; anything else, wherever it points, is refused."""
        path = each.get("path") if isinstance(each, dict) else None
        if isinstance(path, str) and len(path) < LONGEST_PATH and "\0" not in path:
            real = Path(os.path.realpath(path))
            if real.is_relative_to(os.path.realpath(self._cache)) and not real.is_dir():
                return real
        raise RunError("upload-missing")
