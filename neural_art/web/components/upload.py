"""Uploads what was picked, and shows how that and the check of it go."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Upload(CustomComponent):
    """Value: ``{run, takes, limits, task, ready}``: the open run or "", whether it takes files, ``{file_bytes,
    total_bytes, entries}``, None or the check under way, ``{stage, done, total, name}``, and how many paintings it has.

    Files go to the server function ``ask_take``. Events: ``begun {run}`` when the first of several batches has arrived,
    ``arrived {run}`` at the end. While there is something to see, the component has the class ``busy``.
    """

    file = "upload"
    triggers = ("begun", "arrived")
