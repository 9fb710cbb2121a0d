"""Zips are read whatever their names are encoded in, and refused or passed over where they are damaged or hostile."""

from __future__ import annotations

import struct
import time
import zipfile
from pathlib import Path

import pytest
from picture_files import drawn, encoded, filled, prepared, rejected, zipped

from neural_art.dataset.limits import Limits
from neural_art.errors import DatasetError


def test_a_zip_of_100_000_files_is_refused_at_once(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.png"
    listing = entry * 100_000
    for count in (0xFFFF, 3):  # also when it lies about the number
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(listing), 0, 0)
        (tmp_path / "many.zip").write_bytes(b"PK\3\4" + listing + end)
        began = time.perf_counter()
        with pytest.raises(DatasetError, match=r"many\.zip cannot be used\. It holds more than 20,000 files"):
            prepared(tmp_path / "many.zip", tmp_path / "kept")
        assert time.perf_counter() - began < 0.5


def test_a_real_zip_of_many_files_is_counted_right(tmp_path: Path) -> None:
    packed = zipped(tmp_path / "a.zip", {f"{n}.txt": b"" for n in range(30)} | {"a.png": encoded(drawn(0))})
    assert len(prepared(packed, tmp_path / "kept", Limits(least=1, entries=31)).paintings) == 1
    with pytest.raises(DatasetError, match="more than 30 files"):
        prepared(packed, tmp_path / "kept2", Limits(least=1, entries=30))


def test_a_link_in_a_zip_is_rejected(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a.png", encoded(drawn(0)))
    report = prepared(tmp_path / "a.zip", tmp_path / "kept")
    assert rejected(report) == {"link.png": "link-in-zip"}


def test_a_damaged_zip_is_named(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "a.zip", {f"{n}.png": encoded(drawn(n)) for n in range(8)}).read_bytes()
    for number, content in enumerate((whole[: len(whole) // 2], b"", b"not a zip", whole[-30:])):
        (tmp_path / "bad.zip").write_bytes(content)
        with pytest.raises(DatasetError, match=r"bad\.zip cannot be used\. This zip is damaged"):
            prepared(tmp_path / "bad.zip", tmp_path / f"kept{number}")


def test_a_damaged_zip_among_other_files_is_rejected(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 8)
    (folder / "bad.zip").write_bytes(b"PK\3\4 and nothing more")
    assert rejected(prepared(folder, tmp_path / "kept", Limits())) == {"bad.zip": "damaged-zip"}


def test_a_damaged_member_leaves_the_others(tmp_path: Path) -> None:
    packed = zipped(tmp_path / "a.zip", {f"{n}.png": encoded(drawn(n)) for n in range(3)})
    content = bytearray(packed.read_bytes())
    with zipfile.ZipFile(packed) as archive:
        middle = archive.getinfo("1.png")
    at = middle.header_offset + 30 + 5 + middle.compress_size // 2
    content[at : at + 20] = bytes(value ^ 0xFF for value in content[at : at + 20])
    packed.write_bytes(content)
    report = prepared(packed, tmp_path / "kept")
    assert [painting.name for painting in report.paintings] == ["0.png", "2.png"]
    assert rejected(report) == {"1.png": "damaged"}


def test_a_locked_zip_is_named(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", {"a.png": encoded(drawn(0))}).read_bytes())
    for sign, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(sign) + place] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DatasetError, match=r"a\.zip cannot be used\. This zip is locked with a password"):
        prepared(tmp_path / "a.zip", tmp_path / "kept")


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-8", ["莫奈/睡莲.png", "莫奈/日出.png"]),
        ("gb18030", ["莫奈/睡莲.png", "梵高/向日葵.png"]),
        ("cp437", ["München.png", "Café.png"]),
    ],
)
def test_names_in_old_zips_are_decoded(tmp_path: Path, encoding: str, names: list[str]) -> None:
    plain = {f"{'x' * len(name.encode(encoding))}{n}": name for n, name in enumerate(names)}
    packed = zipped(tmp_path / "a.zip", {each: encoded(drawn(n)) for n, each in enumerate(plain)})
    content = packed.read_bytes()
    for n, (each, name) in enumerate(plain.items()):  # the same length: the same zip with other bytes for names
        content = content.replace(each.encode(), name.encode(encoding) + str(n).encode())
    packed.write_bytes(content)
    report = prepared(packed, tmp_path / "kept")
    assert {painting.name for painting in report.paintings} == {f"{name}{n}" for n, name in enumerate(names)}
