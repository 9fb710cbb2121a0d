"""Files that were left out, with the reasons."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Rejections(CustomComponent):
    """Value: ``{sentence, title, files: [{name, reason}], more, label}``; texts may be empty.

    ``sentence`` is what went wrong with the whole upload, ``title`` opens the list, ``more`` counts those that it does
    not name, ``label`` is the list's name for a screen reader.
    """

    file = "rejections"
