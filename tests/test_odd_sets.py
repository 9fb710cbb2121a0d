"""The odd sets are as odd as they say."""

from pathlib import Path

from drawings import landscapes
from PIL import Image

from benchmarks import odd_sets, sets


def test_the_odd_sets_are_as_many_and_as_odd_as_they_say(tmp_path: Path) -> None:
    (tmp_path / "paintings").mkdir()
    for number, picture in enumerate(landscapes(12, 1, 80)):
        Image.fromarray(picture).save(tmp_path / "paintings" / f"{number}.png")
    odd_sets.write(tmp_path / "paintings", tmp_path / "odd", drawn=9)
    found = {each.name: sets.find(each) for each in (tmp_path / "odd").iterdir()}
    assert len(found["paintings-8"]) == 8
    assert len(found["paintings-2000"]) == 12  # all there are
    assert {Image.open(file).width // 256 for file in found["tall-and-wide"]} == {1, 3}
    assert len({file.read_bytes() for file in found["duplicates"]}) == 1
    assert len({file.read_bytes() for name in ("patterns", "pixel-art") for file in found[name]}) == 18
