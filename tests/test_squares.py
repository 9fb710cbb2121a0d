"""Prepared paintings become squares, for the network and on the contact sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from disks import full_disk
from picture_files import encoded, filled, prepared
from PIL import Image

from neural_art.dataset.report import read_report
from neural_art.dataset.squares import contact_sheet, load_squares
from neural_art.errors import DatasetError, StorageError


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    """A prepared folder with one painting of 300 x 100: its middle third is blue, the rest red."""
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))
    (tmp_path / "a.png").write_bytes(encoded(wide))
    prepared(tmp_path / "a.png", tmp_path / "kept")
    return tmp_path / "kept"


def test_paintings_are_squeezed_into_one_array(flag: Path) -> None:
    squares, report = load_squares(flag, 60)
    assert squares.shape == (1, 3, 60, 60)
    assert squares.dtype == np.uint8
    assert squares[0, 0, 30, 5] > 230 > 20 > squares[0, 0, 30, 30]
    assert report == read_report(flag)


def test_squares_that_memory_shall_not_hold_are_the_same_from_a_file_that_nobody_sees(flag: Path) -> None:
    before = sorted(flag.iterdir())
    squares, _ = load_squares(flag, 60, in_memory=60 * 60 * 3 - 1)
    assert isinstance(squares, np.memmap)
    assert np.array_equal(squares, load_squares(flag, 60)[0])
    assert not isinstance(load_squares(flag, 60, in_memory=60 * 60 * 3)[0], np.memmap)
    assert sorted(flag.iterdir()) == before


def test_a_disk_without_room_for_squares_is_said(flag: Path) -> None:
    with full_disk(), pytest.raises(StorageError) as refused:
        load_squares(flag, 60, in_memory=0)
    assert refused.value.code == "disk-full"


def test_the_sheet_can_show_another_fit_without_choosing_it(flag: Path) -> None:
    squeezed = np.asarray(contact_sheet(flag)).astype(int)
    cropped = np.asarray(contact_sheet(flag, fit="crop")).astype(int)
    red = [(sheet[..., 0] > 200) & (sheet[..., 2] < 60) for sheet in (squeezed, cropped)]
    assert red[0].any()
    assert not red[1].any()
    assert read_report(flag).fit == "squeeze"


def test_the_rest_of_the_last_row_of_the_sheet_is_paper(tmp_path: Path) -> None:
    prepared(filled(tmp_path / "set", 13), tmp_path / "kept")
    sheet = contact_sheet(tmp_path / "kept")
    assert sheet.getpixel((sheet.width - 20, sheet.height - 20)) == (0xF4, 0xF1, 0xEA)


@pytest.mark.parametrize("width", [1152, 400])
def test_the_sheet_is_about_as_wide_as_asked_for(tmp_path: Path, width: int) -> None:
    prepared(filled(tmp_path / "set", 13), tmp_path / "kept")
    assert 0.9 * width < contact_sheet(tmp_path / "kept", width=width).width < 1.02 * width


@pytest.mark.parametrize("content", [b"gone", None])
def test_a_damaged_or_missing_picture_is_named(tmp_path: Path, content: bytes | None) -> None:
    prepared(filled(tmp_path / "set", 2), tmp_path / "kept")
    picture = tmp_path / "kept" / "00001.jpg"
    if content is None:
        picture.unlink()
    else:
        picture.write_bytes(content)
    with pytest.raises(DatasetError, match=r"00001\.jpg \(1\.png\) cannot be read"):
        load_squares(tmp_path / "kept", 64)
