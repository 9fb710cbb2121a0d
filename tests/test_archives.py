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


def test_the_parts_of_one_download_are_one_set(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    parts = []
    for part, numbers in ((1, range(4)), (2, range(4, 8))):
        name = f"Paintings-20261127T101500Z-1-00{part}.zip"
        members = {f"Paintings/{('Portraits', 'Sea')[n % 2]}/{n}.png": encoded(drawn(n)) for n in numbers}
        parts.append((name, zipped(tmp_path / "folder" / name, members)))
    beside = ("loose.png", filled(tmp_path / "other", 1, start=20) / "20.png")
    for number, uploads in enumerate((parts, tmp_path / "folder", [*parts, beside])):
        report = prepared(uploads, tmp_path / f"kept{number}")
        assert report.class_counts == {"Portraits": 4, "Sea": 4}
        assert report.rejections == ()


def test_the_parts_of_a_download_without_folders_are_one_class(tmp_path: Path) -> None:
    uploads = [
        (name, zipped(tmp_path / name, {f"{n}.png": encoded(drawn(n)) for n in numbers}))
        for name, numbers in (("monet-1-001.zip", [0, 1]), ("monet-1-002.zip", [2, 3]), ("renoir.zip", [4, 5]))
    ]
    assert prepared(uploads, tmp_path / "kept").class_counts == {"monet": 4, "renoir": 2}


def test_a_part_that_is_damaged_leaves_the_other(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "a", {f"Set/{c}/{n}.png": encoded(drawn(n)) for n, c in enumerate("aabb")})
    (tmp_path / "b").write_bytes(whole.read_bytes()[:300])
    report = prepared([("Set-1-001.zip", whole), ("Set-1-002.zip", tmp_path / "b")], tmp_path / "kept")
    assert report.class_counts == {"a": 2, "b": 2}
    assert rejected(report) == {"Set-1-002.zip": "damaged-zip"}


def test_a_file_without_a_name_is_still_a_file(tmp_path: Path) -> None:
    packed = zipped(tmp_path / "a.zip", {"x": encoded(drawn(0)), "b.png": encoded(drawn(1))})
    content = packed.read_bytes()
    with zipfile.ZipFile(packed) as archive:
        assert archive.namelist()[0] == "x"
    at = content.index(b"PK\1\2")  # the list of files: the first one's name becomes a comment
    header = bytearray(content[at : at + 46])
    header[28:30], header[32:34] = b"\0\0", b"\1\0"
    packed.write_bytes(content[:at] + bytes(header) + content[at + 46 :])
    report = prepared(packed, tmp_path / "kept")
    assert "b.png" in [painting.name for painting in report.paintings]
    assert len(report.paintings) + len(report.rejections) == 2


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
        ("cp932", ["表紙/朝顔.png", "風景/ソフトな光.png"]),  # the second byte of 表 and ソ is a backslash
        ("cp950", ["風景/淡水河.png", "靜物/花.png"]),
        ("cp949", ["풍경/한강.png", "정물/꽃.png"]),
        ("cp866", ["Пейзаж/лес.png", "Натюрморт/ваза.png"]),
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
