"""How far something is that takes longer than an answer, with a sentence below."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Bar(CustomComponent):
    """Value: ``{text, share, working}``; ``share`` is 0 to 1, or null where nobody knows.

    Where nothing is ``working`` there is only the text.
    """

    file = "bar"
