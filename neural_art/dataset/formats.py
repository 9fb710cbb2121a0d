"""What a file is, by its first bytes: a picture that can be read here, an archive, a camera's raw file, or another."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Final

from PIL import features

from neural_art.dataset.report import Unusable
from neural_art.messages import Message

HEAD_BYTES: Final = 64
"""How many of a file's first bytes the functions here look at."""

_PICTURES: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_RAW_SIGNATURES: Final = (  # where in the file, and what stands there
    (0, b"IIRO"),  # ORF
    (0, b"IIRS"),
    (0, b"MMOR"),
    (0, b"IIU\0"),  # RW2, RWL
    (0, b"FUJIFILMCCD-RAW"),  # RAF
    (0, b"FOVb"),  # X3F
    (0, b"\0MRM"),  # MRW
    (6, b"HEAPCCDR"),  # CRW
    (8, b"CR\2\0"),  # CR2
    (4, b"ftypcrx "),  # CR3
)
# fmt: off
_RAW_ENDINGS: Final = (
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dcs", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".k25", ".kdc",
    ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw",
    ".x3f",
)
# fmt: on
_ZIP: Final = (b"PK\3\4", b"PK\5\6")
_OTHERS: Final = (
    (b"%PDF", Message("file-kind.pdf")),
    (b"8BPS", Message("file-kind.photoshop")),
    (b"Rar!", Message("file-kind.rar")),
    (b"7z\xbc\xaf\x27\x1c", Message("file-kind.7z")),
    (b"\x1f\x8b", Message("file-kind.gzip")),
    *((signature, Message("file-kind.archive")) for signature in _ZIP),
    (b"<svg", Message("file-kind.vector")),
    (b"\x1aE\xdf\xa3", Message("file-kind.film")),
    (b"MZ", Message("file-kind.program")),
    (b"\x7fELF", Message("file-kind.program")),
    (b"<!", Message("file-kind.web-page")),
    (b"<html", Message("file-kind.web-page")),
)
_BMP_HEADERS: Final = frozenset(struct.pack("<L", size) for size in (12, 40, 52, 56, 64, 108, 124))
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def picture_format(head: bytes) -> str | None:
    """Pillow's name of a picture's format, whatever the file is called; None for what cannot be read here.

    ``head``: the first ``HEAD_BYTES`` of the file, or all of a shorter one.
    """
    for signature, form in _PICTURES:
        if head.startswith(signature):
            return form
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:2] == b"BM" and head[14:18] in _BMP_HEADERS:
        return "BMP"
    media = _media_format(head)
    readable = (media == "AVIF" and features.check("avif")) or (media == "HEIF" and _reads_heif())
    return media if readable else None


def is_camera_raw(name: str, head: bytes) -> bool:
    """Whether a file is what a camera's sensor saw, not developed yet, by its first bytes or its name.

    Most raw files are TIFFs with a small preview as their first picture; ``tiffs`` finds those that this cannot tell.
    """
    if any(head[at:].startswith(signature) for at, signature in _RAW_SIGNATURES):
        return True
    return name.casefold().endswith(_RAW_ENDINGS) and picture_format(head) in (None, "TIFF")


def unusable(head: bytes, *, inside_zip: bool) -> Unusable:
    """Why a file without a ``picture_format`` cannot be used."""
    media = _media_format(head)
    if media == "film":
        return Unusable("not-an-image", kind=Message("file-kind.film"))
    if media is not None:
        return Unusable("unsupported")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if inside_zip and head.startswith(_ZIP):
        return Unusable("nested-zip")
    for signature, kind in _OTHERS:
        if head.startswith(signature) or text.startswith(signature):
            return Unusable("not-an-image", kind=kind)
    return Unusable("unknown-format")


def is_archive(name: str, head: bytes) -> bool:
    """Whether a file is meant as a zip: it is called so, and is no picture. A document that is a zip inside is not."""
    return name.casefold().endswith(".zip") and picture_format(head) is None


def _media_format(head: bytes) -> str | None:
    """ "AVIF", "HEIF" or "film" for a file in the ISO base media format; None for any other."""
    if head[4:8] != b"ftyp":
        return None
    brands = {head[at : at + 4] for at in (8, *range(16, min(len(head) - 3, HEAD_BYTES), 4))}
    return "AVIF" if brands & _AVIF_BRANDS else "HEIF" if brands & _HEIF_BRANDS else "film"


@lru_cache(1)
def _reads_heif() -> bool:
    try:
        import pillow_heif  # optional
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True
