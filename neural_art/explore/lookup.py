"""Finding a painting or a class by what a person types."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from neural_art.errors import ExploreError
from neural_art.explore.explorer import Explorer

_SHOWN = 3  # names in a message


def find_latent(explorer: Explorer, text: str) -> Tensor:
    """The latent (256,) of a painting, by its name, its number or a part of its name; or of any picture file.

    Raises ``ExploreError`` where there is none, or more than one.
    """
    names = [painting.name for painting in explorer.paintings]
    if text in names:
        return explorer.latents[names.index(text)]
    if text.isdecimal() and int(text) < len(explorer.latents):
        return explorer.latents[int(text)]
    found = [index for index, name in enumerate(names) if text.casefold() in name.casefold()]
    if len(found) == 1:
        return explorer.latents[found[0]]
    if Path(text).is_file():
        return explorer.encode(Path(text))
    if found:
        some = [names[index] for index in found[:_SHOWN]]
        raise ExploreError("ambiguous-painting", text=repr(text), found=len(found), some=some)
    raise ExploreError("no-such-painting", text=repr(text), last=len(explorer.latents) - 1)


def class_index_of(explorer: Explorer, name: str) -> int:
    """The index of the class with this name. Raises ``ExploreError`` where there is none."""
    if name in explorer.class_names:
        return explorer.class_names.index(name)
    if not explorer.class_names:
        raise ExploreError("no-classes", value=repr(name))
    raise ExploreError("no-class", value=repr(name), known=list(explorer.class_names))
