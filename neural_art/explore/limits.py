"""What may be asked of a trained model. Whoever only shows these limits need not load PyTorch."""

from __future__ import annotations

from typing import Final

from neural_art.checks import Range

ENLARGED: Final[Range] = (1, 8)
"""How many times larger a picture may be asked for."""

SECONDS: Final[Range] = (2.0, 60.0)
"""The shortest and the longest looping film, in seconds."""

DEFAULT_SECONDS: Final = 8.0
"""The length of a looping film for who does not choose one."""

POSITIONS: Final[Range] = (2, 100)
"""How few and how many pictures a looping film goes through."""

SMOOTHNESS: Final[Range] = (0.0, 1.0)
"""From resting at each of them to flowing through all."""

RATES: Final = (24, 30)
"""Frames a second that a film may have."""
