"""Sentences for the person, where the person looks; a screen reader says them."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Messages(CustomComponent):
    """Value: ``{number, text, quiet}``; each new number is shown, or only told to a screen reader if ``quiet``."""

    file = "messages"
