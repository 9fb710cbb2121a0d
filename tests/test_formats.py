"""What a file is, by its first bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from brought import drawn, encoded, only_pixels, prepared, reasons, zipped
from PIL import Image


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WebP", "BMP", "TIFF", "GIF", "AVIF", "HEIF"])
def test_a_picture_of_each_format_is_read_whatever_its_name_says(tmp_path: Path, format: str) -> None:
    if format == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    picture = Image.new("RGB", (100, 80), (200, 60, 30))
    kept = only_pixels(tmp_path, "painting.txt", encoded(picture, format))
    assert kept.shape == (80, 100, 3)
    assert np.abs(kept.mean((0, 1)) - (200, 60, 30)).max() < 6


def test_a_zip_in_a_zip_is_left_out(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"a.png": encoded(drawn(0))}).read_bytes()
    report = prepared(zipped(tmp_path / "a.zip", {"inner.zip": inner, "b.png": encoded(drawn(1))}), tmp_path / "kept")
    assert reasons(report) == {"inner.zip": "nested-zip"}
