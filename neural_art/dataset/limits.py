"""How much is accepted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a set of paintings may be. The defaults are the project's; a server may set lower ones."""

    least: int = 8  # paintings
    most: int = 2_000
    file_bytes: int = 300 << 20  # of one picture, unpacked
    total_bytes: int = 1 << 30  # of all pictures of one upload, unpacked
    pixels: int = 120_000_000  # of one picture
    pages: int = 200  # pictures of one file that count as paintings
    shortest_side: int = 64  # of one picture, in pixels
    entries: int = 20_000  # files in a zip or a folder, pictures or not
    ratio: int = 200  # a zip's member that unpacks to more than this, and to more than 50 MB, is a zip bomb
