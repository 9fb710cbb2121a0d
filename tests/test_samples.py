"""Sample paintings are seeded, varied, of one size, and good enough to learn from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neural_art.dataset.limits import Limits
from neural_art.dataset.prepare import prepare
from neural_art.dataset.report import Report
from neural_art.errors import StorageError
from neural_art.events import Progress
from neural_art.samples import paint, paint_samples


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Progress]]]:
    folder = tmp_path_factory.mktemp("samples")
    yield folder, list(paint_samples(folder, 12, seed=3, size=128))


def test_half_are_landscapes_and_half_still_lifes_and_progress_names_each(samples: tuple[Path, list[Progress]]) -> None:
    folder, progress = samples
    assert sorted(path.name for path in folder.iterdir()) == ["landscapes", "still-lifes"]
    assert [len(list((folder / name).iterdir())) for name in ("landscapes", "still-lifes")] == [6, 6]
    assert [(each.done, each.total) for each in progress] == [(n, 12) for n in range(13)]
    assert all((folder / each.name).is_file() for each in progress[1:])


def test_all_are_accepted_as_different_paintings_of_two_classes(
    samples: tuple[Path, list[Progress]], tmp_path: Path
) -> None:
    *_, report = prepare(samples[0], tmp_path / "kept", limits=Limits())
    assert isinstance(report, Report)
    assert report.class_counts == {"landscapes": 6, "still-lifes": 6}
    assert report.rejections == ()
    assert report.near_duplicates == ()
    assert report.aspect == pytest.approx(1.25, rel=0.02)


def test_the_same_seed_paints_the_same_and_another_seed_others() -> None:
    for number in (0, 1):
        first, title = paint(5, number, 96)
        again, same_title = paint(5, number, 96)
        other, _ = paint(6, number, 96)
        assert title == same_title
        assert first.tobytes() == again.tobytes()
        assert np.abs(np.asarray(first).astype(int) - np.asarray(other)).mean() > 8


def test_a_picture_has_the_area_that_was_asked_for() -> None:
    picture, _ = paint(0, 1, 100)
    assert picture.size == (112, 89)


def test_strokes_are_visible(samples: tuple[Path, list[Progress]]) -> None:
    for path in samples[0].rglob("*.jpg"):
        grey = np.asarray(Image.open(path).convert("L")).astype(float)
        assert np.abs(np.diff(grey, axis=1)).mean() > 2.5  # a smooth gradient or a flat colour has less than 1
        assert 25 < grey.mean() < 235


def test_colours_differ_from_picture_to_picture(samples: tuple[Path, list[Progress]]) -> None:
    means = [np.asarray(Image.open(path)).mean((0, 1)) for path in sorted(samples[0].rglob("*.jpg"))]
    assert np.std(means, axis=0).min() > 15


@pytest.mark.parametrize("number", range(16))
def test_every_scene_can_be_painted(number: int) -> None:
    for seed in range(3):
        picture, title = paint(seed, number, 40)
        assert title == title.strip() != ""
        assert np.asarray(picture).std() > 10


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "samples").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="landscapes cannot be used"):
        list(paint_samples(tmp_path / "samples", 1, size=32))
