"""TIFFs: which pictures are in one, and those that Pillow cannot read, or reads wrongly, as 8 bits a channel."""

from __future__ import annotations

import itertools
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from neural_art.dataset.damage import file_errors
from neural_art.dataset.report import Unusable
from neural_art.dataset.tones import black_and_white, in_8_bits

if TYPE_CHECKING:
    from tifffile import TiffPage

_WHITE_IS_ZERO, _INKS, _LAB = 0, 5, 8  # photometric interpretations
_COLOURS: Final = {_WHITE_IS_ZERO: 1, 1: 1, 2: 3, _INKS: 4, _LAB: 3}  # how many channels are colours
_NAMES: Final = {_WHITE_IS_ZERO: "grey", 1: "grey", 2: "RGB", 3: "palette", _INKS: "CMYK", _LAB: "Lab"}
_PREMULTIPLIED: Final = 1  # an extra channel: the colours are multiplied by this alpha
_RAW: Final = frozenset({32803, 34892})  # a colour filter array, linear raw
_REDUCED_OR_MASK: Final = 1 | 4  # bits of the new sub-file type
_PHOTOMETRIC, _ORIENTATION, _LARGEST_VALUE, _PLANAR, _PROFILE, _DNG_VERSION = 262, 274, 281, 284, 34675, 50706  # tags
_DEFLATES: Final = frozenset({8, 32946})
_MOST_BYTES: Final = 1 << 30  # of one picture, unpacked
_MOST_SUB_FILES: Final = 16

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what is wrong with a file is said in its rejection


@dataclass(frozen=True)
class TiffPicture:
    """One picture of a TIFF. ``deep``: it has more than 8 bits a channel, which Pillow reads only partly."""

    index: int  # among the file's pages, as Pillow counts them
    width: int
    height: int
    deep: bool
    kind: str  # such as "RGB, 16-bit, LZW"


def find_pictures(content: IO[bytes], most: int) -> list[TiffPicture] | None:
    """The pictures of a TIFF, at most ``most``: no thumbnails and masks beside others. None if nothing can be told.

    Raises ``Unusable`` for a camera's raw file.
    """
    import tifffile

    found: list[TiffPicture] = []
    others: list[TiffPicture] = []
    try:
        content.seek(0)
        with tifffile.TiffFile(content, name="tiff") as tiff:
            for index in range(most):
                try:
                    page = tiff.pages[index]
                except IndexError:
                    break
                assert isinstance(page, tifffile.TiffPage)  # frames come from series, which are not asked for
                if index == 0 and _is_raw(page):
                    raise Unusable("camera-raw")
                minor = int(page.subfiletype or 0) & _REDUCED_OR_MASK
                (others if minor else found).append(_described(index, page))
    except Unusable:
        raise
    except Exception:  # as many kinds of damage as errors; Pillow may still read it
        return found or None
    return found or others or None


def read_deep(content: IO[bytes], index: int) -> Image.Image | None:
    """The picture on one page, as L, RGB, RGBA, CMYK or LAB; None if it is of a kind that cannot be read here.

    Its colour profile and orientation go with it. Raises ``Unusable`` and whatever a damaged file makes ``tifffile``
    raise.
    """
    import tifffile

    content.seek(0)
    with file_errors(), tifffile.TiffFile(content, name="tiff") as tiff:
        page = tiff.pages[index]
        assert isinstance(page, tifffile.TiffPage)
        if page.dtype is None or int(page.photometric) not in _COLOURS or page.sampleformat == 6:
            return None
        if page.compression not in (1, *_DEFLATES) or page.predictor not in (1, 2):
            return None
        if page.nbytes > _MOST_BYTES:
            raise Unusable("too-large", size=f"{page.nbytes / (1 << 30):,.3g} GB", most="1 GB")
        _check_segments(content, page)
        try:
            # (planes, depth, height, width, channels): one of planes and channels is 1
            values = page.asarray(squeeze=False, maxworkers=1)
        except (NotImplementedError, ImportError, KeyError):
            return None
        tags = {code: page.tags[code].value for code in (_LARGEST_VALUE, _ORIENTATION, _PROFILE) if code in page.tags}
    values = np.moveaxis(values[:, 0], 0, -1).reshape(*values.shape[2:4], -1)
    picture = _as_picture(values, int(page.photometric), page.extrasamples or (), _first(tags.get(_LARGEST_VALUE)))
    if tags.get(_PROFILE):
        picture.info["icc_profile"] = bytes(tags[_PROFILE])
    if tags.get(_ORIENTATION):
        picture.getexif()[_ORIENTATION] = int(tags[_ORIENTATION])
    return picture


def from_single_channel(picture: Image.Image) -> Image.Image:
    """A picture of one deep channel that Pillow opened and loaded, as L."""
    tags = getattr(picture, "tag_v2", {})
    values = np.asarray(picture)
    grey = in_8_bits(values, *black_and_white(values, _first(tags.get(_LARGEST_VALUE))))
    shallow = Image.fromarray(255 - grey if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO else grey)
    if "icc_profile" in picture.info:
        shallow.info["icc_profile"] = picture.info["icc_profile"]
    return shallow


def is_misread(picture: Image.Image) -> bool:
    """Whether Pillow opened a picture of several deep channels, but not as it is.

    It mixes up planes, and takes the high byte of each value, which is next to nothing of 12 bits in 16.
    """
    extrema = picture.getextrema()
    return picture.tag_v2.get(_PLANAR) == 2 or all(high < 16 for _, high in extrema)  # type: ignore[attr-defined,misc]


def _described(index: int, page: TiffPage) -> TiffPicture:
    bits, form = page.bitspersample, page.sampleformat
    compression, photometric = page.compression, page.photometric
    number = {2: " signed", 3: " float", 6: " complex"}.get(int(form or 1), "")
    colours = _NAMES.get(int(photometric), getattr(photometric, "name", photometric))
    kind = f"{colours}, {bits}-bit{number}, {getattr(compression, 'name', compression)}"
    deep = not (isinstance(bits, int) and bits <= 8 and int(form or 1) in (1, 4))
    width, height = int(page.imagewidth), int(page.imagelength)  # a damaged file may have anything there
    return TiffPicture(index, width, height, deep, kind)


def _is_raw(page: TiffPage) -> bool:
    """Whether the first page, or a picture below it, is what a sensor saw."""
    below = itertools.islice(page.pages or (), _MOST_SUB_FILES) if page.subifds else ()
    return _DNG_VERSION in page.tags or any(int(getattr(each, "photometric", 0)) in _RAW for each in (page, *below))


def _check_segments(content: IO[bytes], page: TiffPage) -> None:
    """Raises ``Unusable`` if a strip or tile lies beyond the file's end, or unpacks to more than the whole picture."""
    end = content.seek(0, 2)
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        if offset + count > end:
            raise Unusable("truncated")
        if page.compression in _DEFLATES:
            content.seek(offset)
            unpacking = zlib.decompressobj()
            unpacking.decompress(content.read(count), page.nbytes + (1 << 20))
            if unpacking.unconsumed_tail:
                raise Unusable("bomb")


def _as_picture(
    values: np.ndarray, photometric: int, extras: Sequence[int], declared_white: float | None
) -> Image.Image:
    """(height, width, channels) in a TIFF's own numbers, as a picture of 8 bits a channel."""
    count = _COLOURS[photometric]
    if values.shape[-1] < count:
        raise Unusable("damaged")
    colours = values[..., :count]
    if photometric == _LAB:
        return _lab(colours)
    black, white = black_and_white(colours, declared_white)
    tones = in_8_bits(colours, black, white)
    if photometric == _WHITE_IS_ZERO:
        tones = 255 - tones
    picture = _merged("CMYK" if photometric == _INKS else "RGB" if count == 3 else "L", tones)
    alpha = next((n for n, extra in enumerate(extras) if extra in (_PREMULTIPLIED, 2)), None)
    if alpha is None or photometric == _INKS or count + alpha >= values.shape[-1]:
        return picture
    opacity = values[..., count + alpha]
    full = np.iinfo(opacity.dtype).max if np.issubdtype(opacity.dtype, np.integer) else 1.0
    shape = in_8_bits(opacity, 0, white if float(opacity.max()) <= white else full)
    rgba = np.dstack([np.asarray(picture.convert("RGB")), shape])
    if extras[alpha] == _PREMULTIPLIED:
        return Image.frombytes("RGBa", picture.size, rgba.tobytes()).convert("RGBA")
    return Image.fromarray(rgba)


def _lab(values: np.ndarray) -> Image.Image:
    """CIELAB of integers as Pillow has it: the two colour axes are signed in the file."""
    bits = 8 * values.dtype.itemsize
    tones = (values.astype(np.int64) >> (bits - 8)).astype(np.uint8)
    tones[..., 1:] ^= 128
    return _merged("LAB", tones)


def _merged(mode: str, tones: np.ndarray) -> Image.Image:
    bands = [Image.fromarray(np.ascontiguousarray(tones[..., number])) for number in range(tones.shape[-1])]
    return Image.merge(mode, bands)


def _first(value: object) -> float | None:
    """A tag's number, or the first of several."""
    first = value[0] if isinstance(value, (tuple, list)) and value else value
    return float(first) if isinstance(first, (int, float)) and first > 0 else None
