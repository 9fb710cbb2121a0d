"""The sample grids of a training: the newest, or an earlier one that the person looks back at."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class SampleGrid(CustomComponent):
    """Value: ``{run, last, number, paintings, waiting}``; ``last``: index of the newest grid, -1 before there is one;
    ``waiting``: the key of the words that stand in for it.

    The module asks ``sample_grid {run, index}`` for pictures. It puts ``page.grid`` on the page: ``look(index)`` shows
    an earlier grid, ``at()`` is the index that is shown. Event: ``follow``, when ``at()`` has moved to the newest.
    """

    file = "sample_grid"
    triggers = ("follow",)
