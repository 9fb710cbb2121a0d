"""Finding pictures in folders, zips and loose files: every kind of name, link and zip that must do no harm."""

from __future__ import annotations

import os
import struct
import time
import zipfile
from pathlib import Path

import pytest
from brought import drawn, encoded, filled, prepared, reasons, zipped

from neural_art.dataset import prepare as paintings
from neural_art.dataset import sources as uploads
from neural_art.dataset.sources import LeftOut, Limits
from neural_art.errors import PaintingError


def test_what_systems_leave_everywhere_is_passed_over_in_silence(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._0.png", "__MACOSX/._0.png", ".git/a.png", "sub/.DS_Store"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"something")
    members = {f"set/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for brought in (folder, zipped(tmp_path / "set.zip", members)):
        report = prepared(brought, tmp_path / brought.name.replace(".", "-"))
        assert len(report.paintings) == 1
        assert report.left_out == ()


def test_links_and_pipes_in_a_folder_are_neither_followed_nor_opened(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 1)
    outside = filled(tmp_path / "outside", 2, start=20)
    (folder / "link.png").symlink_to(outside / "20.png")
    (folder / "linked").symlink_to(outside, target_is_directory=True)
    (folder / "round").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe.png")
    report = prepared(folder, tmp_path / "kept")
    assert len(report.paintings) == 1
    assert reasons(report) == {"link.png": "link", "linked": "link", "round": "link", "pipe.png": "not-a-file"}


@pytest.mark.parametrize("wrapped", ["", "my set/", "my set/inner/"])
def test_the_first_sub_folders_are_the_classes_below_what_wraps_everything(tmp_path: Path, wrapped: str) -> None:
    for kind, start in (("landscapes", 0), ("静物", 4)):
        filled(tmp_path / "set" / wrapped / kind / "deeper", 4, start)
    report = prepared(tmp_path / "set", tmp_path / "kept")
    assert report.kinds == {"landscapes": 4, "静物": 4}
    members = {str(path.relative_to(tmp_path)): path.read_bytes() for path in (tmp_path / "set").rglob("*.png")}
    assert prepared(zipped(tmp_path / "a.zip", members), tmp_path / "kept2").kinds == report.kinds
    pairs = [(name, tmp_path / name) for name in members]
    assert prepared(pairs, tmp_path / "kept3").kinds == report.kinds


def test_a_folder_without_sub_folders_has_no_classes(tmp_path: Path) -> None:
    assert prepared(filled(tmp_path / "set"), tmp_path / "kept").kinds == {}


def test_each_of_several_zips_is_a_class(tmp_path: Path) -> None:
    monet = zipped(tmp_path / "x1", {f"top/{n}.png": encoded(drawn(n)) for n in range(3)})
    renoir = zipped(tmp_path / "x2", {f"{n}.png": encoded(drawn(n)) for n in range(3, 5)})
    report = prepared([("monet.zip", monet), ("renoir.zip", renoir)], tmp_path / "kept")
    assert report.kinds == {"monet": 3, "renoir": 2}


AWKWARD = [
    "line\nbreak.png",
    "quote'\".png",
    "<img src=x onerror=alert(1)>.png",
    "${alert(1)}.png",
    "莫奈 睡莲.png",
    "🌻🎨.png",
    "x" * 251 + ".png",
    "back\\slash.png",
    "turn\u202egnp.exe.png",
]


def test_awkward_names_are_kept_on_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for seed, name in enumerate(AWKWARD):
        (folder / name).write_bytes(encoded(drawn(seed)))
    (folder / os.fsdecode(b"latin\xe9.png")).write_bytes(encoded(drawn(99)))
    report = prepared(folder, tmp_path / "kept")
    names = {painting.name for painting in report.paintings}
    expected = {name.replace("\n", "␊").replace("\u202e", "\ufffd") for name in AWKWARD} | {"latin\ufffd.png"}
    assert names == expected
    assert {painting.file for painting in report.paintings} == {f"{n:05d}.jpg" for n in range(len(names))}
    assert paintings.read_report(tmp_path / "kept") == report


@pytest.mark.parametrize("name", ["/etc/passwd.png", "../up.png", "a/../../up.png", "C:\\up.png", "..\\up.png"])
def test_names_that_lead_outside_are_left_out(tmp_path: Path, name: str) -> None:
    filled(tmp_path / "set", 2)
    pairs = [(name, tmp_path / "set" / "0.png"), ("good.png", tmp_path / "set" / "1.png")]
    packed = zipped(tmp_path / "a.zip", {name: encoded(drawn(0)), "good.png": encoded(drawn(1))})
    for place, brought in enumerate((pairs, packed)):
        report = prepared(brought, tmp_path / "inside" / "kept" / str(place))
        assert [painting.name for painting in report.paintings] == ["good.png"]
        assert list(reasons(report).values()) == ["unsafe-name"]
    assert not (tmp_path / "inside" / "up.png").exists()


def test_what_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(PaintingError, match=r"There is nothing at .*nowhere"):
        prepared(tmp_path / "nowhere", tmp_path / "kept")


def test_a_zip_of_100_000_files_is_refused_at_once(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.png"
    listing = entry * 100_000
    for count in (0xFFFF, 3):  # also when it lies about the number
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(listing), 0, 0)
        (tmp_path / "many.zip").write_bytes(b"PK\3\4" + listing + end)
        began = time.perf_counter()
        with pytest.raises(PaintingError, match=r"many\.zip: More than 20,000 files"):
            prepared(tmp_path / "many.zip", tmp_path / "kept")
        assert time.perf_counter() - began < 0.5


def test_a_real_zip_of_many_files_is_counted_right(tmp_path: Path) -> None:
    packed = zipped(tmp_path / "a.zip", {f"{n}.txt": b"" for n in range(30)} | {"a.png": encoded(drawn(0))})
    assert len(prepared(packed, tmp_path / "kept", Limits(least=1, entries=31)).paintings) == 1
    with pytest.raises(PaintingError, match="More than 30 files"):
        prepared(packed, tmp_path / "kept2", Limits(least=1, entries=30))


def test_a_link_in_a_zip_is_left_out(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a.png", encoded(drawn(0)))
    report = prepared(tmp_path / "a.zip", tmp_path / "kept")
    assert reasons(report) == {"link.png": "link"}


def test_a_damaged_zip_is_named(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "a.zip", {f"{n}.png": encoded(drawn(n)) for n in range(8)}).read_bytes()
    for number, content in enumerate((whole[: len(whole) // 2], b"", b"not a zip", whole[-30:])):
        (tmp_path / "bad.zip").write_bytes(content)
        with pytest.raises(PaintingError, match=r"bad\.zip: This zip is damaged"):
            prepared(tmp_path / "bad.zip", tmp_path / f"kept{number}")


def test_a_damaged_zip_among_others_is_left_out(tmp_path: Path) -> None:
    folder = filled(tmp_path / "set", 8)
    (folder / "bad.zip").write_bytes(b"PK\3\4 and nothing more")
    assert reasons(prepared(folder, tmp_path / "kept", Limits())) == {"bad.zip": "damaged-zip"}


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
    assert reasons(report) == {"1.png": "unreadable"}


def test_a_locked_zip_is_named(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", {"a.png": encoded(drawn(0))}).read_bytes())
    for sign, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(sign) + place] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(PaintingError, match=r"a\.zip: This zip is locked with a password"):
        prepared(tmp_path / "a.zip", tmp_path / "kept")


@pytest.mark.parametrize(
    ("alphabet", "names"),
    [
        ("utf-8", ["莫奈/睡莲.png", "莫奈/日出.png"]),
        ("gb18030", ["莫奈/睡莲.png", "梵高/向日葵.png"]),
        ("cp437", ["München.png", "Café.png"]),
    ],
)
def test_names_in_old_zips_are_read_in_their_alphabet(tmp_path: Path, alphabet: str, names: list[str]) -> None:
    plain = {f"{'x' * len(name.encode(alphabet))}{n}": name for n, name in enumerate(names)}
    packed = zipped(tmp_path / "a.zip", {each: encoded(drawn(n)) for n, each in enumerate(plain)})
    content = packed.read_bytes()
    for n, (each, name) in enumerate(plain.items()):  # the same length: the same zip with other bytes for names
        content = content.replace(each.encode(), name.encode(alphabet) + str(n).encode())
    packed.write_bytes(content)
    report = prepared(packed, tmp_path / "kept")
    assert {painting.name for painting in report.paintings} == {f"{name}{n}" for n, name in enumerate(names)}


def test_sources_are_read_without_unpacking(tmp_path: Path) -> None:
    content = encoded(drawn(0))
    zipped(tmp_path / "a.zip", {"b/c.png": content, "../evil.png": content})
    found = {each.name: each for each in uploads.sources(tmp_path / "a.zip")}
    assert isinstance(found["../evil.png"], LeftOut)
    source = found["b/c.png"]
    assert isinstance(source, uploads.Source)
    with source.open() as file:
        assert file.read() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]
