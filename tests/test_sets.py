"""Sets of paintings are found, read and split."""

from pathlib import Path

import numpy as np
import pytest
from drawings import landscapes
from PIL import Image

from benchmarks import sets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve paintings as files, four of them in a folder inside."""
    (tmp_path / "late").mkdir()
    for number, picture in enumerate(landscapes(12, 1, 80)):
        name = f"late/{number:02d}.png" if number > 7 else f"{number:02d}.png"
        Image.fromarray(picture).resize((100, 60)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def test_pictures_are_found_below_a_folder_and_squeezed(folder: Path) -> None:
    files = sets.find(folder)
    assert [file.name for file in files] == [f"{number:02d}.png" for number in range(12)]
    assert sets.read(files[:2], 40).shape == (2, 40, 40, 3)
    assert sets.to_tensor(sets.read(files[:2], 40)).shape == (2, 3, 40, 40)


def test_a_transparent_painting_lies_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (200, 0, 0, 0)).save(tmp_path / "glass.png")
    assert (sets.read(sets.find(tmp_path), 4) == 255).all()


def test_a_tenth_is_held_out_and_the_seed_says_which(folder: Path) -> None:
    files = sets.find(folder)
    learned_from, held_out = sets.split(files, 0)
    assert len(held_out) == 1
    assert sorted([*learned_from, *held_out]) == files
    assert sets.split(files, 0) == (learned_from, held_out)
    assert len({sets.split(files, seed)[1][0] for seed in range(8)}) > 1


def test_folders_are_classes(folder: Path) -> None:
    files = sets.find(folder)
    assert sets.classes(folder, files) == (["", "late"], [0] * 8 + [1] * 4)
    assert sets.classes(folder / "late", files[8:]) == ([], [])


def test_resizing_to_the_same_side_changes_nothing() -> None:
    pictures = landscapes(2, 0, 32)
    assert sets.resize(pictures, 32) is pictures
    assert sets.resize(pictures, 16).shape == (2, 16, 16, 3)
    assert np.abs(sets.resize(pictures, 16).mean() - pictures.mean()) < 2
