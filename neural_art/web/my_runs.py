"""A run as a whole: made, listed, renamed, deleted, and how it stands."""

from __future__ import annotations

from typing import Any, Final

from neural_art.runs.journal import Journal
from neural_art.runs.status import Status
from neural_art.runs.studio import Studio
from neural_art.web import answers, requests
from neural_art.web.requests import Request
from neural_art.web.tasks import Tasks

LISTED: Final = 100
"""Runs that are listed at once."""

POINTS: Final = 200
"""Points of a line in the plot."""


class MyRuns:
    """What the page asks of the runs, at whichever step it is."""

    def __init__(self, studio: Studio, tasks: Tasks) -> None:
        self._studio = studio
        self._tasks = tasks

    def create(self, request: Request) -> dict[str, Any]:
        """A new, empty run."""
        return {"run": self._studio.create(requests.text(request, "name"), visitor=requests.visitor(request)).id}

    def branch(self, request: Request) -> dict[str, Any]:
        """A new run that starts from this one's model, with the same paintings or, if ``empty``, without any."""
        uploads = () if requests.flag(request, "empty") else None
        made = self._studio.branch(
            requests.text(request, "run"),
            name=requests.text(request, "name"),
            uploads=uploads,
            visitor=requests.visitor(request),
        )
        return {"run": made.id}

    def runs(self, request: Request) -> dict[str, Any]:
        """Those of the ``runs`` with these ids that exist, for a list."""
        ids = requests.texts(request, "runs")[:LISTED]
        return {
            "runs": [
                {
                    "id": status.id,
                    "name": status.name,
                    "created": status.created,
                    "state": status.state,
                    "thumbnail": self._thumbnail(status),
                }
                for status in self._studio.statuses(ids)
            ]
        }

    def rename(self, request: Request) -> dict[str, Any]:
        """Give the run another name."""
        self._studio.rename(requests.text(request, "run"), requests.text(request, "name"))
        return {}

    def delete(self, request: Request) -> dict[str, Any]:
        """Remove the run and everything in it."""
        self._studio.delete(requests.text(request, "run"))
        return {}

    def tick(self, request: Request) -> dict[str, Any]:
        """How the run stands, and what the browser has not got yet: a newer sample grid, longer lines, a newer model.

        The browser says what it has: the ``sample_grid_id`` of an earlier answer, the ``step`` of its lines, and
        whether it is ``exploring``.
        """
        run = self._studio.run(requests.text(request, "run"))
        status = self._studio.status(run.id)
        answer: dict[str, Any] = {"status": answers.status(status, requests.language(request))}
        if status.sample_grid is not None:
            number = status.step if status.sample_grid_number is None else status.sample_grid_number
            id = f"{status.id}/{number}/{status.sample_grid.name}"
            if request.get("sample_grid_id") != id:
                grid = answers.data_uri(status.sample_grid.read_bytes(), "image/webp")
                answer |= {"sample_grid": grid, "sample_grid_id": id}
        if request.get("step") != status.step:
            series = Journal(run).series(POINTS)
            answer["series"] = {
                "seconds": [round(value, 1) for value in series.seconds],
                "texture_distance": [answers.point(value) for value in series.texture_distance],
                "fooling_rate": [answers.point(value) for value in series.fooling_rate],
                "pictures_per_second": [answers.point(value) for value in series.pictures_per_second],
            }
        if requests.flag(request, "exploring") and status.can_explore:
            answer["version"] = self._studio.explorer(run.id).step
        return answer

    def task(self, request: Request) -> dict[str, Any]:
        """How a task of the run stands: "uploads", "loop" or "learning" (see ``answers.task``)."""
        run = self._studio.run(requests.text(request, "run"))
        standing = self._tasks.standing(run.id, requests.text(request, "task"))
        return answers.task(standing, requests.language(request))

    def _thumbnail(self, status: Status) -> str | None:
        """Four pictures of the network or, before there are any, the first painting."""
        if status.thumbnail is not None:
            return answers.data_uri(status.thumbnail.read_bytes(), "image/jpeg")
        run = self._studio.run(status.id)
        report = run.report
        if report is None or not report.paintings:
            return None
        return answers.thumbnail(run.paths.paintings / report.paintings[0].file)
