"""The bytes of one file become a small upright RGB picture, or the reason why they do not."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import threading
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageColor, UnidentifiedImageError

from neural_art import images
from neural_art.checks import brief
from neural_art.dataset.duplicates import perceptual_hash
from neural_art.dataset.formats import picture_format, unusable
from neural_art.dataset.limits import Limits
from neural_art.dataset.names import displayable
from neural_art.dataset.pixels import upright_rgb
from neural_art.dataset.report import Rejection, Unusable
from neural_art.dataset.sources import gather
from neural_art.dataset.uploaded_file import UploadedFile
from neural_art.errors import DatasetError
from neural_art.machine import available_cores

# Every picture's size is checked against ``Limits.pixels`` before a pixel of it is read.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

_LARGE: Final = 16_000_000  # pixels; larger pictures are decoded one at a time, to bound the memory
_PACKED_FREELY: Final = 50 << 20  # bytes; a member of a zip may unpack to so much, however well it is packed


@dataclass(frozen=True)
class DecodedImage:
    """A picture that was read: upright, of bounded size, ready to keep."""

    jpeg: bytes
    width: int  # of the original, upright
    height: int
    fingerprints: tuple[str, str, str]  # see ``Painting``


class DecodePool:
    """Decodes files in a thread for each core; iterate for (name, ``DecodedImage`` or ``Rejection``), in their order.

    Use it as a context manager. A few files are decoded ahead of the reader. Threads are enough, because Pillow
    releases the interpreter's lock while it decodes and scales. ``matte`` is laid behind transparent pictures.
    """

    def __init__(self, files: Sequence[UploadedFile | Rejection], matte: str, limits: Limits) -> None:
        self.full = False  # the reader sets it once ``limits.most`` pictures are accepted: the rest stays undecoded
        self._files = files
        self._matte = matte
        self._limits = limits
        self._bytes = 0
        self._workers = min(available_cores(), 8)
        self._executor = ThreadPoolExecutor(self._workers, "decode")

    def __enter__(self) -> DecodePool:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def __iter__(self) -> Iterator[tuple[str, DecodedImage | Rejection]]:
        ahead: deque[tuple[str, Rejection | Future[DecodedImage | Rejection]]] = deque()
        for file in self._files:
            ahead.append((file.name, file if isinstance(file, Rejection) else self._start(file)))
            if len(ahead) > 2 * self._workers:
                yield _result(*ahead.popleft())
        while ahead:
            yield _result(*ahead.popleft())

    def _start(self, file: UploadedFile) -> Rejection | Future[DecodedImage | Rejection]:
        try:
            form = self._check(file)
        except Unusable as reason:
            return reason.rejection(file.name)
        self._bytes += file.size
        return self._executor.submit(_decode, file, form, self._matte, self._limits)

    def _check(self, file: UploadedFile) -> str:
        """The format of a file that is worth decoding. Raises ``Unusable`` for any other."""
        limits = self._limits
        try:
            head = file.peek()
        except Exception as error:  # decompressors raise errors of their own: zlib.error, LZMAError, BadZipFile
            raise _reason(error) from error
        form = picture_format(head)
        if file.size == 0:
            raise Unusable("empty")
        if form is None:
            raise unusable(head, inside_zip=file.packed is not None)
        if file.size > limits.file_bytes:
            raise Unusable("too-large", size=_megabytes(file.size), most=_megabytes(limits.file_bytes))
        if file.packed is not None and file.size > max(_PACKED_FREELY, file.packed * limits.ratio):
            raise Unusable("bomb")
        if self.full:
            raise Unusable("too-many", most=limits.most)
        if self._bytes + file.size > limits.total_bytes:
            raise Unusable("too-much", most=_megabytes(limits.total_bytes))
        return form


def decode_file(path: Path, matte: str = "#ffffff") -> Image.Image:
    """The picture in a file as RGB: upright and of bounded size, exactly as a painting is kept.

    In a folder or a zip it is the first picture. Raises ``DatasetError`` that says what is wrong with the file.
    """
    limits = Limits()
    rejections: list[Rejection] = []
    with DecodePool(gather(path, limits), matte_colour(matte), limits) as pool:
        for _, decoded in pool:
            if isinstance(decoded, DecodedImage):
                return Image.open(io.BytesIO(decoded.jpeg)).convert("RGB")
            rejections.append(decoded)
    reason = rejections[0] if rejections else Unusable("unknown-format")
    raise DatasetError("unusable", name=displayable(path.name), reason=reason.message)


def matte_colour(colour: str) -> str:
    """A colour as CSS writes it, such as "white", as "#rrggbb". Raises ``DatasetError`` if it is no colour."""
    try:
        red, green, blue = ImageColor.getrgb(colour)[:3]
    except (ValueError, AttributeError, TypeError):
        raise DatasetError("not-a-colour", value=brief(colour)) from None
    return f"#{red:02x}{green:02x}{blue:02x}"


def _result(name: str, decoded: Rejection | Future[DecodedImage | Rejection]) -> tuple[str, DecodedImage | Rejection]:
    return name, decoded if isinstance(decoded, Rejection) else decoded.result()


_one_large_picture = threading.Lock()


def _decode(file: UploadedFile, form: str, matte: str, limits: Limits) -> DecodedImage | Rejection:
    try:
        return _decoded(file, form, matte, limits)
    except Unusable as reason:
        return reason.rejection(file.name)
    except Exception as error:  # decoders raise anything for a damaged file; the other files must go on
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        return _reason(error).rejection(file.name)


def _decoded(file: UploadedFile, form: str, matte: str, limits: Limits) -> DecodedImage:
    with file.open() as content:
        of_file = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
        content.seek(0)
        with Image.open(content, formats=[form]) as picture:
            width, height = picture.size
            if width * height > limits.pixels:
                millions = limits.pixels // 1_000_000
                raise Unusable("too-many-pixels", width=width, height=height, millions=millions)
            if min(width, height) < limits.shortest_side:
                raise Unusable("too-small", width=width, height=height, least=limits.shortest_side)
            with _one_large_picture if width * height > _LARGE else contextlib.nullcontext():
                small, (width, height) = upright_rgb(picture, matte)
    of_pixels = hashlib.sha256(f"{width} {height} ".encode() + small.tobytes()).hexdigest()
    jpeg = images.encode(small, "jpeg", quality=92, subsampling=0)
    return DecodedImage(jpeg, width, height, (of_file, of_pixels, perceptual_hash(small)))


def _reason(error: Exception) -> Unusable:
    """What an error of a decoder or a decompressor means for a person."""
    if isinstance(error, Image.DecompressionBombError):  # Pillow's own limit
        return Unusable("far-too-many-pixels")
    if isinstance(error, NotImplementedError):
        return Unusable("unknown-compression")
    if isinstance(error, MemoryError):
        return Unusable("out-of-memory")
    if isinstance(error, OSError) and error.errno is not None:
        return Unusable("not-opened", why=error.strerror)
    text = str(error).lower()
    if not isinstance(error, UnidentifiedImageError) and ("truncated" in text or isinstance(error, EOFError)):
        return Unusable("truncated")
    return Unusable("damaged")


def _megabytes(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MB" if count < 1 << 30 else f"{count / (1 << 30):,.3g} GB"
