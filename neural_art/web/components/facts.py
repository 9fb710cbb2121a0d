"""A few facts side by side."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Facts(CustomComponent):
    """Value: ``{facts: [[name, value], ...]}``, both texts."""

    file = "facts"
