"""Cards to choose one of: a title, a note and pictures each; what stock radio buttons have no room for."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class Cards(CustomComponent):
    """One of a few things, each on a card. Arrow keys move between them, as in any group of radio buttons.

    Value::

        {
            "legend": "what is chosen",  # for screen readers; write a heading for everybody else
            "cards": [
                {
                    "value": "crop",  # what is chosen by it
                    "title": "Crop",
                    "note": "a sentence",
                    "detail": "64 pixels",  # small, in the accent's colour; may be missing
                    "pictures": [{"source": uri, "look": "whole" | "squeezed" | "cropped"}],  # may be missing
                },
            ],
            "chosen": "crop",  # null: what is chosen stays
            "locked": False,
            "answered": True,  # Python sends a value after each choice; may be missing
        }

    Event ``choose``, with ``{"value": "crop"}``; the component's value has the new ``chosen`` from then on. Where
    choices are ``answered``, it has ``asked: True`` until Python sends what is the case, which takes a refused choice
    back; what is chosen meanwhile is asked for after that. Wire such with ``every=True``.
    """

    file = "cards"
    triggers = ("choose",)
