"""Small pictures, folders and zips to upload, and what became of them. No tests."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from neural_art import images
from neural_art.dataset.limits import Limits
from neural_art.dataset.prepare import prepare
from neural_art.dataset.report import Report
from neural_art.dataset.sources import Uploads

FEW = Limits(least=1)


def drawn(seed: int, size: tuple[int, int] = (120, 90)) -> Image.Image:
    """A picture of soft spots, unlike that of any other seed."""
    spots = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(spots).resize(size, Image.Resampling.BICUBIC)


def encoded(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """The picture as a file in memory."""
    return images.encode(picture, form, **options)


def swapped_profile() -> bytes:
    """A colour profile in which red and blue change places, so that one sees whether it was followed."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")  # in the table of tags: sign, offset, size
    offsets = [profile[at + 4 : at + 12] for at in (red, blue)]
    profile[blue + 4 : blue + 12], profile[red + 4 : red + 12] = offsets
    return bytes(profile.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be")))


def filled(folder: Path, count: int = 8, start: int = 0) -> Path:
    """A folder with ``count`` different pictures more, called by their numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        (folder / f"{number}.png").write_bytes(encoded(drawn(number)))
    return folder


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """A zip with these members, by their names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def prepared(uploads: Uploads, folder: Path, limits: Limits = FEW, **options: str) -> Report:
    """The report of a preparation that ran to its end."""
    *_, report = prepare(uploads, folder, limits=limits, **options)
    assert isinstance(report, Report)
    return report


def rejected(report: Report) -> dict[str, str]:
    """The name of each file that was rejected, with the code of the reason."""
    return {rejection.name: rejection.code for rejection in report.rejections}


def kept_pixels(tmp_path: Path, name: str, content: bytes, **options: str) -> np.ndarray:
    """The kept picture (h, w, 3) of a file that was uploaded alone."""
    (tmp_path / name).write_bytes(content)
    report = prepared(tmp_path / name, tmp_path / "kept", **options)
    return np.asarray(Image.open(tmp_path / "kept" / report.paintings[0].file)).astype(int)
