"""PNGs and JPEGs whose pixels are all there, although Pillow refuses the file: as bytes that it reads."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from typing import IO, Final

from PIL import Image

from neural_art.dataset.damage import file_errors

_LARGEST_PROFILE: Final = 32 << 20  # bytes, unpacked; profiles of printing presses reach some MB
_NEEDED_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"})
_END_OF_IMAGE: Final = b"\xff\xd9"
_PADDING: Final = 16  # zero bytes at the end of a file; more of them are what a rescue program filled it up with


def png_without_comments(content: IO[bytes]) -> tuple[bytes, bytes | None]:
    """A PNG without what is not needed to see it, and its colour profile.

    Pillow refuses a PNG with a comment or a profile of more than 1 MB (an editor's history, a press's profile), and one
    whose comments are damaged.
    """
    content.seek(0)
    kept = [content.read(8)]
    profile = None
    for kind, body, whole in _chunks(content):
        sound = whole[-4:] == struct.pack(">L", zlib.crc32(kind + body))
        if kind in _NEEDED_CHUNKS or (kind == b"eXIf" and sound):
            kept.append(whole)
        elif kind == b"iCCP":
            profile = _profile(body)
    return b"".join(kept), profile


def jpeg_with_end(content: IO[bytes]) -> bytes | None:
    """A JPEG of which nothing but the end marker is missing, with that marker; None if pixels are missing, too.

    With more data after the end, a picture that is whole stays the same, and one that is cut does not. So it is decoded
    with an end marker alone and with noise before it.
    """
    content.seek(0)
    data = content.read()
    stripped = data.rstrip(b"\0")
    if len(data) - len(stripped) > _PADDING:
        data = stripped + (b"\0" if stripped.endswith(b"\xff") else b"")
    data = data.rstrip(b"\xff")  # half of the end marker: a byte 255 that is data has a zero after it
    if not _all_scans_began(data):
        return None
    noise = random.Random(0).randbytes(1 << 12).replace(b"\xff", b"\x5a")
    # A restart marker before each stretch of noise: a decoder that waits for one must not skip them all.
    tail = noise + b"".join(bytes([0xFF, 0xD0 + number % 8]) + noise for number in range(16))
    ended = data + _END_OF_IMAGE
    return ended if _pixels(ended) == _pixels(data + tail + _END_OF_IMAGE) else None


def _chunks(content: IO[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The type, the body and all bytes of each chunk of a PNG, up to its end or the file's."""
    while len(head := content.read(8)) == 8:
        length, kind = struct.unpack(">L4s", head)
        rest = content.read(length + 4)
        yield kind, rest[:length], head + rest
        if kind == b"IEND" or len(rest) < length + 4:
            return


def _profile(body: bytes) -> bytes | None:
    """The colour profile in an iCCP chunk, unless it is damaged or larger than any profile."""
    _, _, packed = body.partition(b"\0")
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(packed[1:], _LARGEST_PROFILE)
    except zlib.error:
        return None
    return profile if unpacking.eof else None


def _pixels(jpeg: bytes) -> int:
    """A checksum of a JPEG's pixels, or of those that a decoder makes up for missing ones."""
    with file_errors(), Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        picture.load()
        checksum = 0
        for top in range(0, picture.height, 256):
            strip = picture.crop((0, top, picture.width, min(top + 256, picture.height)))
            checksum = zlib.crc32(strip.tobytes(), checksum)
    return checksum


def _all_scans_began(data: bytes) -> bool:
    """Whether a JPEG's scans bring each coefficient of each component to its last bit; the last scan may be cut."""
    components: set[int] = set()
    exact: dict[int, set[int]] = {}  # component -> the coefficients that are complete after the scans so far
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        marker = data[at + 1]
        if marker in (0x00, 0xFF) or 0xD0 <= marker <= 0xD9:  # inside a scan, or without a length
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + length]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and len(body) >= 6:  # the frame's header
            components = {body[start] for start in range(6, len(body) - 2, 3)}
        elif marker == 0xDA and len(body) >= 4:  # a scan's header
            first, last, bits = body[-3:]
            if bits & 15 == 0:
                for start in range(1, min(1 + 2 * body[0], len(body) - 3), 2):
                    exact.setdefault(body[start], set()).update(range(first, min(last, 63) + 1))
        at += 2 + length
    return bool(components) and all(len(exact.get(component, ())) == 64 for component in components)
