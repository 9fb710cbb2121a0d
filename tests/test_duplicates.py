"""Near-duplicates are found, and different paintings are not taken for copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from picture_files import drawn, encoded, prepared
from PIL import Image, ImageEnhance


def test_near_duplicates_are_reported_and_stay(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for number in range(12):  # different paintings
        (folder / f"{number:02d}.png").write_bytes(encoded(drawn(number, (300, 240))))
    original = drawn(3, (300, 240))
    copies = {
        "smaller": original.resize((150, 120)),
        "brighter": ImageEnhance.Brightness(original).enhance(1.25),
        "cropped": original.crop((12, 8, 292, 234)),
        "cropped at one side": original.crop((24, 0, 300, 240)),
        "grey": original.convert("L"),
    }
    for name, copy in copies.items():
        (folder / f"z {name}.jpg").write_bytes(encoded(copy, "JPEG", quality=50))
    report = prepared(folder, tmp_path / "kept")
    assert len(report.paintings) == 17
    assert {near.name for near in report.near_duplicates} == {f"z {name}.jpg" for name in copies}
    family = {"03.png", *(f"z {name}.jpg" for name in copies)}
    assert all(near.original_name in family for near in report.near_duplicates)


def test_paintings_of_the_same_composition_are_not_taken_for_copies(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for number in range(20):  # the same bright sky over the same dark land, with other things in it
        base = np.asarray(drawn(number, (200, 160))).astype(float) * 0.5
        base[:80] += 120
        (folder / f"{number}.png").write_bytes(encoded(Image.fromarray(base.astype(np.uint8))))
    assert prepared(folder, tmp_path / "kept").near_duplicates == ()
