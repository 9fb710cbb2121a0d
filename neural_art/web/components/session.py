"""What a browser remembers: the open run, the runs it knows, the language. Nothing of it is kept on the server.

``gr.BrowserState`` is not used: where a browser refuses storage to a frame, it keeps the whole page from starting.
"""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Session(CustomComponent):
    """Value: ``{run, runs, language, step}``; the module writes it to the address and to the browser's storage.

    Event, with data: ``astray {step}``, when another step is shown than the session's, because answers overtook each
    other.
    """

    file = "session"
    triggers = ("astray",)
