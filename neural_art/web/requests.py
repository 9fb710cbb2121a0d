"""Values out of what a browser sent.

Nobody vouches for a browser, so every value is checked on its way in. A value that is missing or of the wrong kind
raises ``RunError``; what a number may be is checked where its limits are known, by ``Position``, ``Recipe`` and so on.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from neural_art.checks import Range, check_range, in_range
from neural_art.errors import RunError
from neural_art.explore.position import Position
from neural_art.messages import LANGUAGES

Request: TypeAlias = Mapping[str, Any]
"""The JSON object that came with a call."""

LONGEST_TEXT: Final = 1000
"""Characters of a text."""

MOST_TEXTS: Final = 5000
"""Texts in a list."""

MOST_POSITIONS: Final = 2000
"""Positions in a list."""


def language(request: Request) -> str:
    """The language of the browser; English for one that the page does not speak."""
    value = request.get("language")
    return value if isinstance(value, str) and value in LANGUAGES else LANGUAGES[0]


def visitor(request: Request) -> str:
    """Who sent the request, as the server knows it (see ``serving.answering``)."""
    return str(request.get("visitor", ""))


def flag(request: Request, name: str) -> bool:
    """Whether ``name`` is true; whatever else it is counts as false."""
    return request.get(name) is True


def text(request: Request, name: str) -> str:
    """The text called ``name``."""
    value = request.get(name)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise RunError("request-no-text", name=name)
    return value


def texts(request: Request, name: str) -> list[str]:
    """The list of texts called ``name``."""
    values = request.get(name)
    if not isinstance(values, list) or len(values) > MOST_TEXTS or not all(isinstance(value, str) for value in values):
        raise RunError("request-no-list", name=name)
    return values


def whole(request: Request, name: str, limits: Range) -> int:
    """The whole number called ``name``, within ``limits``."""
    value = request.get(name)
    check_range(RunError, name, value, limits, whole=True)
    assert isinstance(value, int)
    return value


def number(request: Request, name: str) -> float:
    """The number called ``name``, as a float."""
    value = request.get(name)
    if not in_range(value, (-sys.float_info.max, sys.float_info.max)):
        raise RunError("request-no-number", name=name)
    return float(value)  # type: ignore[arg-type]  # a number, as was checked


def position(request: Request) -> Position:
    """The position in the latent space. Raises ``ExploreError`` for one that is out of range."""
    return Position.from_json(request.get("position"))


def positions(request: Request, name: str = "positions") -> list[Position]:
    """The list of positions called ``name``. Raises ``ExploreError`` for one that is out of range."""
    values = request.get(name)
    if not isinstance(values, list) or len(values) > MOST_POSITIONS:
        raise RunError("request-no-list", name=name)
    return [Position.from_json(value) for value in values]
