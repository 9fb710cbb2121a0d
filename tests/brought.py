"""Small pictures, folders and zips to bring, and what became of them. No tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from neural_art.dataset import prepare as paintings
from neural_art.dataset.prepare import Report
from neural_art.dataset.sources import Limits

FEW = Limits(least=1)


def drawn(seed: int, size: tuple[int, int] = (120, 90)) -> Image.Image:
    """A picture of soft spots, unlike that of any other seed."""
    spots = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(spots).resize(size, Image.Resampling.BICUBIC)


def encoded(picture: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def filled(folder: Path, count: int = 8, start: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        (folder / f"{number}.png").write_bytes(encoded(drawn(number)))
    return folder


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def prepared(brought: Path | Sequence[tuple[str, Path]], folder: Path, limits: Limits = FEW, **options: str) -> Report:
    *_, report = paintings.prepare(brought, folder, limits=limits, **options)
    assert isinstance(report, Report)
    return report


def reasons(report: Report) -> dict[str, str]:
    return {left.name: left.code for left in report.left_out}


def only_pixels(tmp_path: Path, name: str, content: bytes, **options: str) -> np.ndarray:
    """One file brought alone: its kept picture (h, w, 3)."""
    (tmp_path / name).write_bytes(content)
    report = prepared(tmp_path / name, tmp_path / "kept", **options)
    return np.asarray(Image.open(tmp_path / "kept" / report.paintings[0].file)).astype(int)
