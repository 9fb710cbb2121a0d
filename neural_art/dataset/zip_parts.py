"""Zips that are parts of one download: clouds cut a large folder into several, each a zip of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

# How clouds and programs call the parts; (what is shared, the name of it all).
_CLOUDS: Final = (
    r"((?P<set>.+)-\d{8}T\d{6}Z)(-\d+)?-\d{3}",  # Google Drive and Takeout: Paintings-20261127T101500Z-1-001
    r"((?P<set>OneDrive)_)\d+(?=_)(?P<rest>.*)",  # OneDrive_1_11-27-2026
    r"((?P<set>.+?)[ _-]+)(Part[ _-]?)?\d+ of \d+",  # iCloud Photos Part 1 of 3
    r"((?P<set>.+?))(-\d+)?-\d{3}",  # Google Photos: Photos-1-001
    r"((?P<set>.+?)[ ._-]*part)[ ._-]?\d+",  # Sketches.part2
)
_NUMBERED: Final = r"((?P<set>.*[^\d ._(-])[ ._-]*)\(?\d+\)?"  # anything else that ends in a number
_AGAIN: Final = r" ?\(\d+\)$"  # what a browser adds to a file that is there already


def group_parts(zips: Sequence[tuple[str, str]]) -> list[tuple[str, list[int]]]:
    """Which zips belong together: for each set its name, with folders, and the places of its zips in ``zips``.

    Each of ``zips`` is a name without its ending and the folder that all its files lie in ("" if there is none). They
    belong together if a cloud calls parts so, or if they differ only in a number and hold the same folder.
    """
    groups: dict[tuple[str, ...], tuple[str, list[int]]] = {}
    for place, (name, top) in enumerate(zips):
        key, called = _set_of(name, top)
        groups.setdefault(key, (called, []))[1].append(place)
    # A zip that has no other part is called as it is, unless a cloud has called it.
    return [
        (zips[places[0]][0] if len(places) == 1 and key[0] != "cloud" else called, places)
        for key, (called, places) in groups.items()
    ]


def _set_of(name: str, top: str) -> tuple[tuple[str, ...], str]:
    """What parts of one set share, and the set's name."""
    folder, _, stem = name.rpartition("/")
    before = f"{folder}/" if folder else ""
    once = re.sub(_AGAIN, "", stem)
    for number, pattern in enumerate(_CLOUDS):
        if found := re.fullmatch(pattern, once, re.IGNORECASE):
            shared = found[1] + (found.groupdict().get("rest") or "")
            return ("cloud", str(number), before + shared.casefold()), before + found["set"]
    if top and (found := re.fullmatch(_NUMBERED, stem)):
        return ("numbered", before + found[1].casefold(), top.split("/")[0]), before + found["set"]
    return ("alone", name), name
