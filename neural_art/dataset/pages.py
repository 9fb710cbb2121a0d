"""The pictures in one file: usually one, but a TIFF has pages, a GIF frames, and a phone's file may hold several."""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from PIL import Image, UnidentifiedImageError

from neural_art.dataset import tiffs
from neural_art.dataset.damage import file_errors
from neural_art.dataset.limits import Limits
from neural_art.dataset.pixels import bounded
from neural_art.dataset.repairs import jpeg_with_end, png_without_comments
from neural_art.dataset.report import Unusable

_LIKE: Final = 0.3  # of the largest page's pixels; the next level of a pyramid has a quarter
_MOST_SETS: Final = 8  # all pages of a file may have so many times the pixels that one picture may have
_MOST_COUNTED: Final = 2_000  # pages and frames


@dataclass(frozen=True)
class Page:
    """One picture in a file, not decoded yet. ``load`` raises ``Unusable``."""

    number: int | None  # from 1 on; None if it is the only one
    size: tuple[int, int]
    load: Callable[[], Image.Image]


def read_pages(content: IO[bytes], form: str, limits: Limits) -> Iterator[Page | Unusable]:
    """Each picture in a file of Pillow's format ``form`` that counts as a painting, to be decoded before the next.

    Pages of a TIFF and pictures of a HEIC count if they are of like size; of an animation and of several exposures, the
    first. What is not used is said by an ``Unusable``, which comes last. Raises ``Unusable`` if nothing can be read.
    """
    if form == "TIFF" and (pictures := tiffs.find_pictures(content, _MOST_COUNTED)):
        yield from _tiff_pages(content, pictures, limits)
        return
    picture = _opened(content, form)
    with picture:
        if form == "HEIF":
            yield from _heif_pages(picture, limits)
            return
        yield Page(None, picture.size, lambda: _loaded(picture, content, form))
        if form != "TIFF" and (unused := _further_pictures(picture)):
            yield Unusable("first-picture-only", count=unused)


def _opened(content: IO[bytes], form: str) -> Image.Image:
    content.seek(0)
    try:
        with file_errors():
            return Image.open(content, formats=[form])
    except Unusable:
        if form != "PNG":
            raise
    return _mended_png(content)


def _loaded(picture: Image.Image, content: IO[bytes], form: str) -> Image.Image:
    """The picture, decoded; a JPEG at 1/2, 1/4 or 1/8 of its size where that is enough."""
    try:
        return _drafted(picture)
    except Unusable as unusable:
        if form == "PNG":
            return _drafted(_mended_png(content))
        if form == "JPEG" and unusable.code in ("truncated", "damaged") and (mended := jpeg_with_end(content)):
            return _drafted(Image.open(io.BytesIO(mended), formats=[form]))
        raise


def _drafted(picture: Image.Image) -> Image.Image:
    with file_errors():
        picture.draft(picture.mode, bounded(*picture.size))
        picture.load()
    return picture


def _mended_png(content: IO[bytes]) -> Image.Image:
    mended, profile = png_without_comments(content)
    with file_errors():
        picture = Image.open(io.BytesIO(mended), formats=["PNG"])
    if profile:
        picture.info["icc_profile"] = profile
    return picture


def _further_pictures(picture: Image.Image) -> int:
    """How many pictures of like size come after the first; 0 if that cannot be told. Previews do not count."""
    count = 0
    with contextlib.suppress(Exception):  # the first picture is good, whatever comes after it
        frames = getattr(picture, "n_frames", 1)
        if picture.format != "MPO":
            return frames - 1
        width, height = picture.size
        for number in range(1, frames):
            picture.seek(number)
            count += picture.width * picture.height >= _LIKE * width * height
    return count


def _heif_pages(picture: Image.Image, limits: Limits) -> Iterator[Page | Unusable]:
    sizes = []
    with file_errors():
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            sizes.append(picture.size)

    def load(index: int) -> Image.Image:
        with file_errors():
            picture.seek(index)
        return _drafted(picture)

    yield from _like_ones(sizes, load, limits)


def _tiff_pages(content: IO[bytes], pictures: list[tiffs.TiffPicture], limits: Limits) -> Iterator[Page | Unusable]:
    def load(number: int) -> Image.Image:
        page = pictures[number]
        if page.deep:
            picture = tiffs.read_deep(content, page.index)
            if picture is not None:
                return picture
        return _loaded_tiff(content, page)

    yield from _like_ones([(page.width, page.height) for page in pictures], load, limits)


def _loaded_tiff(content: IO[bytes], page: tiffs.TiffPicture) -> Image.Image:
    """A page as Pillow reads it. Raises ``Unusable``, with the kind of TIFF if that is the reason."""
    content.seek(0)
    try:
        with file_errors():
            picture = Image.open(content, formats=["TIFF"])
            picture.seek(page.index)
            picture.load()
    except Unusable as unusable:
        other = None if page.deep else tiffs.read_deep(content, page.index)
        if other is not None:
            return other
        if isinstance(unusable.__cause__, UnidentifiedImageError):
            raise Unusable("tiff-kind", kind=page.kind) from unusable
        raise
    if not page.deep:
        return picture
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return tiffs.from_single_channel(picture)
    if tiffs.is_misread(picture):
        raise Unusable("tiff-kind", kind=page.kind)
    return picture


def _like_ones(
    sizes: list[tuple[int, int]], load: Callable[[int], Image.Image], limits: Limits
) -> Iterator[Page | Unusable]:
    """The pages that are about as large as the largest one, within the limits; then how many are not."""
    areas = [width * height for width, height in sizes]
    like = [number for number, area in enumerate(areas) if area >= _LIKE * max(areas)]
    used, total = 0, 0
    for number in like[: limits.pages]:
        if used and total + areas[number] > _MOST_SETS * limits.pixels:
            break
        used, total = used + 1, total + areas[number]
        yield Page(number + 1 if len(like) > 1 else None, sizes[number], functools.partial(load, number))
    if used < len(sizes):
        yield Unusable("other-pages", count=len(sizes) - used)
