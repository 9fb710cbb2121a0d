"""How far a training is: the time that is left in large figures, a bar, what was used, and what is wrong."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Clock(CustomComponent):
    """Value: ``{run, state, begun, seconds, left, progress, step, paintings, where, place, loan, trouble}``.

    ``state`` is a run's, or "ending" while it saves; ``begun``: whether it learns already; ``where``: what it
    learns on, in words; ``trouble``: a sentence, or empty. A change of state is told to a screen reader.
    """

    file = "clock"
