"""Pairs of paintings that look like copies of each other, to leave one out."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Duplicates(CustomComponent):
    """Value: ``{run, title, note, locked, pairs: [[{file, name}, {file, name}], ...]}``, the original first.

    Event ``leave``, with ``{"files": [...]}``, those that were ticked. The pictures are asked for by
    ``ask_painting_thumbnails``.
    """

    file = "duplicates"
    triggers = ("leave",)
