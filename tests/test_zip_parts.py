"""Zips that a cloud cut one download into are found by their names, and others are left alone."""

from __future__ import annotations

import pytest

from neural_art.dataset.zip_parts import group_parts


@pytest.mark.parametrize(
    ("names", "called"),
    [
        (["Paintings-20261127T101500Z-1-001", "Paintings-20261127T101500Z-1-002"], "Paintings"),
        (["Paintings-20261127T101500Z-1-001 (1)", "Paintings-20261127T101500Z-3-002"], "Paintings"),
        (["takeout-20261127T101500Z-001", "takeout-20261127T101500Z-002"], "takeout"),
        (["OneDrive_1_11-27-2026", "OneDrive_2_11-27-2026"], "OneDrive"),
        (["iCloud Photos Part 1 of 2", "iCloud Photos Part 2 of 2"], "iCloud Photos"),
        (["Photos-1-001", "Photos-1-002", "Photos-3-003"], "Photos"),
        (["Photos-001", "Photos-002"], "Photos"),
        (["Skizzen.part1", "Skizzen.part2"], "Skizzen"),
        (["my set/Öl Part-01", "my set/Öl Part-02"], "my set/Öl"),
    ],
)
def test_parts_as_clouds_call_them_are_one_set(names: list[str], called: str) -> None:
    assert group_parts([(name, "") for name in names]) == [(called, list(range(len(names))))]


def test_zips_that_differ_in_a_number_are_one_set_if_they_hold_the_same_folder() -> None:
    assert group_parts([("set1", "Paintings/"), ("set2", "Paintings/Sea/")]) == [("set", [0, 1])]
    assert group_parts([("set (1)", "Paintings/"), ("set (2)", "Paintings/")]) == [("set", [0, 1])]
    assert group_parts([("set1", ""), ("set2", "")]) == [("set1", [0]), ("set2", [1])]
    assert group_parts([("set1", "Oil/"), ("set2", "Ink/")]) == [("set1", [0]), ("set2", [1])]


def test_zips_of_different_names_places_or_downloads_stay_apart() -> None:
    for names in (
        ["monet", "renoir"],
        ["a/Photos-1-001", "b/Photos-1-001"],
        ["Sea-20261127T101500Z-1-001", "Portraits-20261127T101500Z-1-001"],
        ["OneDrive_1_11-27-2026", "OneDrive_1_11-28-2026"],
        ["1887", "1888"],
    ):
        assert len(group_parts([(name, "Paintings/") for name in names])) == len(names)


def test_a_part_that_comes_alone_is_called_as_the_set() -> None:
    assert group_parts([("Sea-20261127T101500Z-1-001", ""), ("monet", "")]) == [("Sea", [0]), ("monet", [1])]
    assert group_parts([("study7", "Paintings/")]) == [("study7", [0])]
