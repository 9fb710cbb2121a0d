"""What a file is, by its first bytes: a picture that can be read here, an archive, or something else."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Final

from PIL import features

_SIGNS: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_STRANGERS: Final = (
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"<svg", "a vector drawing"),
    (b"\x1aE\xdf\xa3", "a film"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"<!", "a web page"),
    (b"<html", "a web page"),
)


def recognise(head: bytes, *, inside_zip: bool) -> tuple[str | None, str, str]:
    """The format by the first bytes, whatever the name says; or None, the reason and the code."""
    known = next((format for sign, format in _SIGNS if head.startswith(sign)), None)
    if known is None and head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        known = "WEBP"
    if (
        known is None
        and head[:2] == b"BM"
        and head[14:18] in {struct.pack("<L", n) for n in (12, 40, 52, 56, 64, 108, 124)}
    ):
        known = "BMP"
    if known is None and head[4:8] == b"ftyp":
        brands = {head[place : place + 4] for place in (8, *range(16, min(len(head) - 3, 64), 4))}
        if brands & {b"avif", b"avis"}:
            known = "AVIF" if features.check("avif") else None
            unsupported = known is None
        elif brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}:
            known = "HEIF" if _reads_heif() else None
            unsupported = known is None
        else:
            return None, "It is a film, not a picture.", "not-an-image"
        if unsupported:
            return None, "HEIC and AVIF cannot be read here. Save it as JPEG or PNG.", "unsupported"
    if known is not None:
        return known, "", ""
    if head[:4] in (b"PK\3\4", b"PK\5\6"):
        if inside_zip:
            return None, "It is a zip inside a zip. Unpack it, and put its pictures into one zip.", "nested-zip"
        return None, "It is an archive or a document, not a picture.", "not-an-image"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    stranger = next((what for sign, what in _STRANGERS if head.startswith(sign) or start.startswith(sign)), None)
    if stranger is not None:
        return None, f"It is {stranger}, not a picture.", "not-an-image"
    return None, "It is not a picture that can be read here. JPEG, PNG, WebP, BMP, TIFF and GIF can.", "not-an-image"


def is_archive(name: str, head: bytes) -> bool:
    """Whether a file is brought as a zip; a document that is one inside is not, nor a picture called .zip."""
    return name.casefold().endswith(".zip") and recognise(head, inside_zip=False)[0] is None


@lru_cache(1)
def _reads_heif() -> bool:
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True
