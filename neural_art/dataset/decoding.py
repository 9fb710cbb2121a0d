"""The bytes of one file become small upright RGB pictures, or the reason why they do not."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import logging
import threading
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from PIL import Image, ImageColor

from neural_art import images
from neural_art.checks import brief
from neural_art.dataset.damage import file_errors
from neural_art.dataset.duplicates import perceptual_hash
from neural_art.dataset.formats import is_camera_raw, picture_format, unusable
from neural_art.dataset.limits import Limits
from neural_art.dataset.names import displayable
from neural_art.dataset.pages import Page, read_pages
from neural_art.dataset.pixels import upright_rgb
from neural_art.dataset.report import Rejection, Unusable
from neural_art.dataset.scrolls import is_scroll, is_too_thin, pieces
from neural_art.dataset.sources import gather
from neural_art.dataset.uploaded_file import UploadedFile
from neural_art.errors import DatasetError
from neural_art.files import is_disk_full
from neural_art.machine import available_cores

# Every picture's size is checked against ``Limits.pixels`` before a pixel of it is read.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

_log = logging.getLogger(__name__)

_LARGE: Final = 16_000_000  # pixels; larger pictures are decoded one at a time, to bound the memory
_PACKED_FREELY: Final = 50 << 20  # bytes; a member of a zip may unpack to so much, however well it is packed


@dataclass(frozen=True)
class DecodedImage:
    """A picture that was read: upright, of bounded size, ready to keep."""

    jpeg: bytes
    width: int  # of the original, upright
    height: int
    fingerprints: tuple[str, str, str]  # see ``Painting``
    piece_of: str | None = None  # the scroll that it was cut from


Decoded: TypeAlias = tuple[str, DecodedImage | Rejection]
"""A picture's name, and the picture or the reason why there is none."""


class DecodePool:
    """Decodes files in a thread for each core; iterate for ``Decoded``, in the files' order.

    A file with several pictures gives several, by their numbers: "book.tif (3)". Use it as a context manager. A few
    files are decoded ahead of the reader. Threads are enough, because Pillow releases the interpreter's lock while it
    decodes and scales. ``matte`` is laid behind transparent pictures.
    """

    def __init__(self, files: Sequence[UploadedFile | Rejection], matte: str, limits: Limits) -> None:
        self.done = 0  # files
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

    def __iter__(self) -> Iterator[Decoded]:
        ahead: deque[Rejection | Future[list[Decoded]]] = deque()
        for file in self._files:
            ahead.append(file if isinstance(file, Rejection) else self._start(file))
            if len(ahead) > 2 * self._workers:
                yield from self._finished(ahead.popleft())
        while ahead:
            yield from self._finished(ahead.popleft())

    def _finished(self, decoding: Rejection | Future[list[Decoded]]) -> list[Decoded]:
        self.done += 1
        return [(decoding.name, decoding)] if isinstance(decoding, Rejection) else decoding.result()

    def _start(self, file: UploadedFile) -> Rejection | Future[list[Decoded]]:
        try:
            form = self._check(file)
        except Unusable as reason:
            return reason.rejection(file.name)
        self._bytes += file.size
        return self._executor.submit(_decode, file, form, self._matte, self._limits)

    def _check(self, file: UploadedFile) -> str:
        """The format of a file that is worth decoding. Raises ``Unusable`` for any other."""
        limits = self._limits
        with file_errors():  # decompressors raise errors of their own: zlib.error, LZMAError, BadZipFile
            head = file.peek()
        form = picture_format(head)
        if file.size == 0:
            raise Unusable("empty")
        if is_camera_raw(file.name, head):
            raise Unusable("camera-raw")
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


_one_large_picture = threading.Lock()


def _decode(file: UploadedFile, form: str, matte: str, limits: Limits) -> list[Decoded]:
    """What becomes of a file: a picture or a rejection, or several if it holds more than one picture."""
    try:
        return list(_decoded(file, form, matte, limits))
    except Unusable as reason:
        return [(file.name, reason.rejection(file.name))]
    except MemoryError:
        return [(file.name, Rejection(file.name, "out-of-memory"))]
    except Exception as error:  # ours, as those of decoders are ``Unusable``; the other files must go on
        if is_disk_full(error):
            raise
        _log.exception("an error of our own while %s was decoded", file.name)
        return [(file.name, Rejection(file.name, "own-fault", {"error": f"{type(error).__name__}: {error}"}))]


def _decoded(file: UploadedFile, form: str, matte: str, limits: Limits) -> Iterator[Decoded]:
    with file_errors():
        content = file.open()
    with content:
        with file_errors():
            of_file = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
        for page in read_pages(content, form, limits):
            if isinstance(page, Unusable):
                yield file.name, page.rejection(file.name)
                continue
            name, of_page = file.name, of_file
            if page.number is not None:
                name, of_page = f"{name} ({page.number})", _fingerprint(of_file, page.number)
            try:
                yield from _pieces(name, page, matte, limits, of_page)
            except Unusable as reason:
                yield name, reason.rejection(name)


def _pieces(name: str, page: Page, matte: str, limits: Limits, of_page: str) -> Iterator[Decoded]:
    """The picture on one page, in pieces if it is a scroll."""
    width, height = page.size
    if width * height > limits.pixels:
        raise Unusable("too-many-pixels", width=width, height=height, millions=limits.pixels // 1_000_000)
    if min(width, height) < limits.shortest_side:
        raise Unusable("too-small", width=width, height=height, least=limits.shortest_side)
    if is_too_thin(width, height):
        raise Unusable("too-thin", width=width, height=height)
    with _one_large_picture if width * height > _LARGE else contextlib.nullcontext():
        small, size = upright_rgb(page.load(), page.size, matte)
    if not is_scroll(*size):
        yield name, _kept(small, size, of_page)
        return
    side = min(size)
    for number, piece in enumerate(pieces(small), start=1):
        kept = _kept(piece, (side, side), _fingerprint(of_page, number))
        yield f"{name} ({number})", dataclasses.replace(kept, piece_of=name)


def _kept(small: Image.Image, size: tuple[int, int], of_file: str) -> DecodedImage:
    of_pixels = hashlib.sha256(f"{size[0]} {size[1]} ".encode() + small.tobytes()).hexdigest()
    jpeg = images.encode(small, "jpeg", quality=92, subsampling=0)
    return DecodedImage(jpeg, *size, (of_file, of_pixels, perceptual_hash(small)))


def _fingerprint(of_whole: str, number: int) -> str:
    """The fingerprint of one part of a file."""
    return hashlib.sha256(f"{of_whole} {number}".encode()).hexdigest()


def _megabytes(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MB" if count < 1 << 30 else f"{count / (1 << 30):,.3g} GB"
