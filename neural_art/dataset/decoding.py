"""One file's bytes become a picture: RGB, upright, of bounded size; or the reason why they do not.

Camera notes (EXIF), colour profiles, inks, transparency, 16 bits and fractions are seen to, and a picture with far too
many pixels is refused before one of them is read.
"""

from __future__ import annotations

import errno
import hashlib
import io
import math
import os
import threading
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from PIL import Image, ImageCms, ImageColor, UnidentifiedImageError

from neural_art.dataset.duplicates import perceptual_hash
from neural_art.dataset.formats import recognise
from neural_art.dataset.sources import LeftOut, Limits, Source
from neural_art.errors import PaintingError

# Every picture's size is checked against ``Limits.pixels`` before a pixel of it is read.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

SHORT_SIDE: Final = 384  # kept on disk: a fifth more than the 320 px that the largest recipe crops from
LONG_SIDE: Final = 1152
LARGE: Final = 16_000_000  # pixels; larger pictures are decoded one at a time and shrunk in strips


@dataclass(frozen=True)
class Study:
    """A picture that can be read: upright, bounded, as it will be kept."""

    jpeg: bytes
    width: int
    height: int
    marks: tuple[str, str, str]


class Studies:
    """Iterates (name, Study | LeftOut) in order, looked at by a thread for each core, a few ahead of the reader.

    Decoding and scaling run outside the interpreter's lock, so threads are enough.
    """

    def __init__(self, everything: Sequence[Source | LeftOut], ground: str, limits: Limits) -> None:
        self.full = False  # set by the reader: no more pictures are wanted
        self._everything = everything
        self._ground = ground
        self._limits = limits
        self._bytes = 0
        self._workers = min(cores(), 8)
        self._pool = ThreadPoolExecutor(self._workers, "paintings")

    def __enter__(self) -> Studies:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __iter__(self) -> Iterator[tuple[str, Study | LeftOut]]:
        ahead: deque[tuple[str, LeftOut | Future[Study | LeftOut]]] = deque()
        for each in self._everything:
            ahead.append((each.name, each if isinstance(each, LeftOut) else self._begin(each)))
            if len(ahead) > 2 * self._workers:
                yield self._end(*ahead.popleft())
        while ahead:
            yield self._end(*ahead.popleft())

    def _begin(self, source: Source) -> LeftOut | Future[Study | LeftOut]:
        limits = self._limits
        try:
            format, reason, code = recognise(source.peek(), inside_zip=source.packed is not None)
        except Exception as error:  # unpackers raise errors of their own: zlib.error, LZMAError, BadZipFile
            return LeftOut(source.name, *_why(error))
        if source.size == 0:
            return LeftOut(source.name, "It is empty: 0 bytes.", "empty")
        if format is None:
            return LeftOut(source.name, reason, code)
        if source.size > limits.file_bytes:
            reason = f"It has {_megabytes(source.size)}; {_megabytes(limits.file_bytes)} are allowed. Save it smaller."
            return LeftOut(source.name, reason, "too-large")
        if source.packed is not None and source.size > max(50 << 20, source.packed * limits.ratio):
            return LeftOut(source.name, "It unpacks to far more than a picture needs. Save it anew.", "bomb")
        if self.full:
            reason = f"{limits.most:,} paintings are accepted at most, and there are that many before it."
            return LeftOut(source.name, reason, "too-many")
        if self._bytes + source.size > limits.total_bytes:
            reason = f"All files together have more than {_megabytes(limits.total_bytes)}. Save them smaller."
            return LeftOut(source.name, reason, "too-much")
        self._bytes += source.size
        return self._pool.submit(_study, source, format, self._ground, limits)

    def _end(self, name: str, future: LeftOut | Future[Study | LeftOut]) -> tuple[str, Study | LeftOut]:
        return name, future if isinstance(future, LeftOut) else future.result()


_one_large = threading.Lock()


def _study(source: Source, format: str, ground: str, limits: Limits) -> Study | LeftOut:
    """Read one picture whole: its marks, its size, and itself as it will be kept."""
    try:
        with source.open() as file:
            of_file = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
            file.seek(0)
            with Image.open(file, formats=[format]) as picture:
                width, height = picture.size
                if width * height > limits.pixels:
                    most = f"{limits.pixels // 1_000_000} million pixels"
                    reason = f"It is {width:,} x {height:,} pixels; {most} are the most. Save it smaller."
                    return LeftOut(source.name, reason, "too-many-pixels")
                if min(width, height) < limits.shortest_side:
                    reason = f"It is {width} x {height} pixels; the shorter side needs {limits.shortest_side} at least."
                    return LeftOut(source.name, reason, "too-small")
                if width * height > LARGE:
                    with _one_large:
                        small, (width, height) = _upright(picture, ground)
                else:
                    small, (width, height) = _upright(picture, ground)
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=92, subsampling=0)
        digest = hashlib.sha256(f"{width} {height} ".encode() + small.tobytes()).hexdigest()
        return Study(buffer.getvalue(), width, height, (of_file, digest, perceptual_hash(small)))
    except Image.DecompressionBombError:
        most = f"{limits.pixels // 1_000_000} million pixels"
        return LeftOut(source.name, f"It has far more than {most}. Save it smaller.", "too-many-pixels")
    except Exception as error:  # decoders raise anything on a damaged file; the others must go on
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        return LeftOut(source.name, *_why(error))


def _why(error: Exception) -> tuple[str, str]:
    """The reason and the code for an error that a decoder or an unpacker raised."""
    if isinstance(error, NotImplementedError):
        return "It is packed in a way that cannot be read here. Make the zip again with usual settings.", "unreadable"
    if isinstance(error, MemoryError):
        return "It needs more memory than there is. Save it smaller.", "too-many-pixels"
    if isinstance(error, OSError) and error.errno is not None:
        return f"It cannot be opened ({error.strerror}).", "unreadable"
    message = str(error).lower()
    if not isinstance(error, UnidentifiedImageError) and ("truncated" in message or isinstance(error, EOFError)):
        return "The file is not whole: its end is missing. Copy or save it again.", "truncated"
    return "It is damaged and cannot be read as a picture. Save it anew as PNG or JPEG.", "unreadable"


# ---------------------------------------------------------------------------------------------------------------------
# Pixels
# ---------------------------------------------------------------------------------------------------------------------


def _upright(picture: Image.Image, ground: str) -> tuple[Image.Image, tuple[int, int]]:
    """The picture as RGB, upright, flattened, of bounded size; and the upright size of the original."""
    width, height = picture.size
    wanted = _bounded(width, height)
    picture.draft(
        picture.mode, wanted
    )  # a JPEG is decoded at a half, a quarter, an eighth of its size, if that is enough
    picture.load()
    if picture.format == "TIFF":  # Pillow turns it upright by itself
        width, height = picture.size
        wanted = _bounded(width, height)
    turn = _orientation(picture)
    profile = picture.info.get("icc_profile")
    inverted = picture.mode == "CMYK" and picture.format in ("JPEG", "MPO") and "adobe" not in picture.info
    small = _shrunk(picture, wanted)
    if inverted:  # Pillow takes every CMYK JPEG for Adobe's, whose inks are inverted
        small = Image.eval(small, lambda ink: 255 - ink)
    small = _flat(small, profile, ground)
    if min(small.size) > min(SHORT_SIDE, *wanted) * 4 // 3 or max(small.size) > LONG_SIDE:
        halved = small.width >= 1.5 * wanted[0]  # then the narrower filter is as good, and twice as quick
        small = small.resize(wanted, Image.Resampling.HAMMING if halved else Image.Resampling.BICUBIC)
    if turn is not None:
        small = small.transpose(turn)
        if turn in _TURNS_SIDES:
            width, height = height, width
    return small, (width, height)


def _bounded(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, SHORT_SIDE / min(width, height), LONG_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TURNS_SIDES: Final = frozenset(_TURNS[orientation] for orientation in (5, 6, 7, 8))


def _orientation(picture: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(picture.getexif().get(0x0112, 1))
    except Exception:  # camera makers' EXIF is damaged in every way; the picture is still good
        return None


def _shrunk(picture: Image.Image, wanted: tuple[int, int]) -> Image.Image:
    """The picture in a mode that can be averaged, reduced by a whole number to about twice the wanted size.

    In strips, so that a large picture needs little memory beside its own.
    """
    factor = max(1, min(picture.width // (2 * wanted[0]), picture.height // (2 * wanted[1])))
    reach = _reach(picture)
    if picture.width * picture.height <= 2 * 1024 * 1024:
        plain = _plain(picture, reach)
        return plain.reduce(factor) if factor > 1 else plain
    rows = factor * max(1, 2 * 1024 * 1024 // picture.width // factor)
    whole: Image.Image | None = None
    for top in range(0, picture.height, rows):
        strip = _plain(picture.crop((0, top, picture.width, min(top + rows, picture.height))), reach)
        strip = strip.reduce(factor) if factor > 1 else strip
        if whole is None:
            whole = Image.new(strip.mode, (strip.width, -(-picture.height // factor)))
        whole.paste(strip, (0, top // factor))
    assert whole is not None
    return whole


def _reach(picture: Image.Image) -> tuple[float, float]:
    """The values that are black and white in a picture of 16 bits, 32 bits or fractions."""
    if picture.mode.startswith("I;16"):
        return 0, 65535
    if picture.mode not in ("I", "F"):
        return 0, 255
    low, high = cast(tuple[float, float], picture.getextrema())
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = 0, 1
    if low >= 0:
        usual = (1, 255, 65535) if picture.mode == "F" else (255, 65535)
        return 0, next((white for white in usual if high <= white), high)
    return low, max(high, low + 1e-6)


def _plain(picture: Image.Image, reach: tuple[float, float]) -> Image.Image:
    """The picture as L, RGB, RGBA or CMYK with 8 bits."""
    transparent = "transparency" in picture.info or picture.mode in ("PA", "LA", "La", "RGBa")
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        values = np.nan_to_num(np.asarray(picture, np.float32))
        low, high = reach
        return Image.fromarray(np.clip((values - low) * (255 / (high - low)) + 0.5, 0, 255).astype(np.uint8))
    if transparent:
        return picture.convert("RGBA")
    if picture.mode in ("L", "RGB", "RGBA", "CMYK"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _flat(picture: Image.Image, profile: bytes | None, ground: str) -> Image.Image:
    """RGB as a screen shows it: colours by the picture's own profile, and nothing transparent."""
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    if alpha is not None:
        picture = picture.convert("RGB")
    if profile and picture.mode in ("RGB", "CMYK"):
        picture = _in_screen_colours(picture, profile)
    picture = picture.convert("RGB")
    if alpha is not None:
        picture = Image.composite(picture, Image.new("RGB", picture.size, ground), alpha)
    return picture


def _in_screen_colours(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in (own.profile.profile_description or ""):
            return picture
        changed = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture  # a damaged profile: the colours as they are
    return changed or picture


def ground_colour(colour: str) -> str:
    """A colour as it is written in CSS, as "#rrggbb". Raises ``PaintingError`` when it is none."""
    try:
        red, green, blue = ImageColor.getrgb(colour)[:3]
    except (ValueError, AttributeError, TypeError):
        raise PaintingError(f"{colour!r} is not a colour. Write it like #ffffff.") from None
    return f"#{red:02x}{green:02x}{blue:02x}"


def cores() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def _megabytes(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MB" if count < 1 << 30 else f"{count / (1 << 30):,.3g} GB"
