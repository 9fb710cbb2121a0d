"""An opened picture as RGB: upright, in a screen's colours, without transparency, of bounded size.

Camera orientation (EXIF), colour profiles, CMYK inks, palettes, 16 bits and floating-point values are dealt with here.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image, ImageCms

from neural_art import images
from neural_art.dataset.scrolls import is_scroll
from neural_art.dataset.tones import black_and_white, in_8_bits
from neural_art.recipe import SIZES, stored_size

SHORT_SIDE: Final = stored_size(max(SIZES.values()))  # 640 px, which the largest recipe crops from
LONG_SIDE: Final = 3 * SHORT_SIDE

_STRIP: Final = 2 * 1024 * 1024  # pixels; larger pictures are reduced in strips of about so many
_ORIENTATION: Final = 0x0112  # the EXIF tag
_TRANSPOSES: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SWAPPING: Final = frozenset(_TRANSPOSES[orientation] for orientation in (5, 6, 7, 8))  # width and height


def upright_rgb(picture: Image.Image, size: tuple[int, int], matte: str) -> tuple[Image.Image, tuple[int, int]]:
    """A loaded ``picture`` as a small upright RGB picture, and the upright (width, height) of the original.

    The shorter side becomes 640 to 853 px and the longer one at most 1,920 px (of a scroll: as long as it is), unless
    the picture is smaller already. ``size``: the original's, which a JPEG may have been reduced from as it was decoded.
    ``matte`` is laid behind transparency.
    """
    # Only a JPEG is reduced as it is decoded; a TIFF has been turned upright, and may have another size than it says.
    width, height = size if picture.format in ("JPEG", "MPO") else picture.size
    target = bounded(width, height)
    transpose = _transpose(picture)
    profile = picture.info.get("icc_profile")
    # Pillow takes every CMYK JPEG for Adobe's, whose inks are inverted.
    inverted = picture.mode == "CMYK" and picture.format in ("JPEG", "MPO") and "adobe" not in picture.info
    small = _reduced(picture, target)
    if inverted:
        small = Image.eval(small, lambda ink: 255 - ink)
    small = _in_screen_colours(small, profile, matte)
    if min(small.size) > min(SHORT_SIDE, *target) * 4 // 3 or max(small.size) > max(LONG_SIDE, *target):
        halved = small.width >= 1.5 * target[0]  # then the narrower filter is as good, and twice as fast
        small = small.resize(target, Image.Resampling.HAMMING if halved else Image.Resampling.BICUBIC)
    if transpose is not None:
        small = small.transpose(transpose)
        if transpose in _SWAPPING:
            width, height = height, width
    return small, (width, height)


def bounded(width: int, height: int) -> tuple[int, int]:
    """The size that a picture of this size is reduced to."""
    scale = min(1.0, SHORT_SIDE / min(width, height))
    if not is_scroll(width, height):
        scale = min(scale, LONG_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _transpose(picture: Image.Image) -> Image.Transpose | None:
    """What turns the picture upright, by the camera's orientation."""
    try:
        return _TRANSPOSES.get(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # EXIF data is damaged in every possible way; the picture is still good
        return None


def _reduced(picture: Image.Image, target: tuple[int, int]) -> Image.Image:
    """The picture with 8 bits a channel, reduced by a whole factor to about twice the ``target`` size.

    In strips, so that a large picture needs little memory besides its own.
    """
    factor = max(1, min(picture.width // (2 * target[0]), picture.height // (2 * target[1])))
    limits = _black_and_white(picture)
    if picture.width * picture.height <= _STRIP:
        whole = _in_8_bits(picture, limits)
        return whole.reduce(factor) if factor > 1 else whole
    rows = factor * max(1, _STRIP // picture.width // factor)
    reduced: Image.Image | None = None
    for top in range(0, picture.height, rows):
        strip = _in_8_bits(picture.crop((0, top, picture.width, min(top + rows, picture.height))), limits)
        strip = strip.reduce(factor) if factor > 1 else strip
        if reduced is None:
            reduced = Image.new(strip.mode, (strip.width, -(-picture.height // factor)))
        reduced.paste(strip, (0, top // factor))
    assert reduced is not None
    return reduced


def _black_and_white(picture: Image.Image) -> tuple[float, float]:
    """The values that stand for black and white in a picture with 16 or 32 bits or floating-point values."""
    deep = picture.mode in ("I", "F") or picture.mode.startswith("I;16")
    return black_and_white(np.asarray(picture)) if deep else (0, 255)


def _in_8_bits(picture: Image.Image, limits: tuple[float, float]) -> Image.Image:
    """The picture as L, RGB, RGBA or CMYK; ``limits``: see ``_black_and_white``."""
    transparent = "transparency" in picture.info or picture.mode in ("PA", "LA", "La", "RGBa")
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return Image.fromarray(in_8_bits(np.asarray(picture), *limits))
    if transparent:
        return picture.convert("RGBA")
    if picture.mode in ("L", "RGB", "RGBA", "CMYK", "LAB"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _in_screen_colours(picture: Image.Image, profile: bytes | None, matte: str) -> Image.Image:
    """RGB as a screen shows it: converted from the picture's own colour profile, on the ``matte``."""
    if picture.mode != "RGBA":
        return images.flatten(_to_srgb(picture, profile), matte)
    alpha = picture.getchannel("A")
    picture = _to_srgb(picture.convert("RGB"), profile)
    picture.putalpha(alpha)
    return images.flatten(picture, matte)


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB, by its colour profile; as it is if there is none, or it is damaged."""
    if picture.mode == "LAB":
        lab, screen = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, lab, screen, outputMode="RGB") or picture
    if not profile or picture.mode not in ("RGB", "CMYK"):
        return picture
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        description = own.profile.profile_description or ""
        if "sRGB" in description and "inear" not in description:
            return picture
        converted = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    return converted or picture
