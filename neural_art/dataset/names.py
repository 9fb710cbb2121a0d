"""Names of uploaded files: checked, made fit to show, put in order, and read for the paintings' classes.

A name is relative, with "/" between folders, and was typed by a stranger. It is never used as a path to write to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

IGNORED: Final = frozenset({"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "@eadir"})
"""Files and folders that operating systems leave everywhere, in lower case."""

_LONGEST: Final = 512
_TEXT_DIRECTION: Final = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def stays_inside(name: str) -> bool:
    """Whether a name stays inside the folder or zip that it belongs to, on any operating system."""
    absolute = name.startswith("/") or re.match(r"[A-Za-z]:[\\/]|\\\\", name)
    return not absolute and ".." not in re.split(r"[\\/]", name)


def normalised(name: str) -> str:
    """The name without "." and empty parts; "?" if nothing is left."""
    return "/".join(part for part in name.split("/") if part not in ("", ".")) or "?"


def is_ignored(name: str) -> bool:
    """Whether any part of a name is hidden or ``IGNORED``: nobody uploads such a file on purpose."""
    parts = [part for part in name.split("/") if part not in (".", "..")]
    return any(part.startswith(".") or part.casefold() in IGNORED for part in parts)


def displayable(name: str) -> str:
    """The name on one line that any file and any terminal can hold: control characters become visible symbols.

    HTML, quotes and ``${...}`` stay as they are; escape them where the name is shown.
    """
    name = unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    name = "".join(chr(0x2400 + ord(c)) if c < " " else "\u2421" if c == "\x7f" else c for c in name)
    name = "".join(
        "\ufffd" if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") or c in _TEXT_DIRECTION else c for c in name
    )
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "\u2026"


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """A key to sort names by: 2.jpg comes before 10.jpg, and Anna beside anna."""
    parts = re.split(r"(\d+)", name.casefold())
    numbers = [(len(part.lstrip("0")), part.lstrip("0")) if at % 2 else (0, part) for at, part in enumerate(parts)]
    return numbers, name


def common_folder(names: Sequence[str]) -> str:
    """The folders that all the names share: "" or "set/" or "set/inner/"."""
    if not names:
        return ""
    first, last = (name.split("/")[:-1] for name in (min(names), max(names)))
    shared = takewhile(lambda both: both[0] == both[1], zip(first, last, strict=False))
    return "".join(f"{part}/" for part, _ in shared)


def class_of(name: str, top: str) -> str | None:
    """The class of a painting: the first folder of its name below ``top`` (see ``common_folder``), if there is one."""
    folders = name.removeprefix(top).split("/")[:-1]
    return folders[0] if folders else None
