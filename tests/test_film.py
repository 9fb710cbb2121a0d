"""Films are real MP4s: they are read back with ffmpeg, frame by frame."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import torch
from PIL import Image

from neural_art.errors import ExploreError, NeuralArtError, StorageError
from neural_art.explore.explorer import Explorer
from neural_art.explore.film import (
    default_positions,
    latent_film,
    learning_film,
    loop_film,
    there_and_back_film,
    write_mp4,
)
from neural_art.explore.position import Position
from neural_art.models.checkpoint import Model
from tests.untrained import model_of

KEYS = [Position(origin="painting", a=i) for i in range(4)]


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    """A generator that nobody trained, but whose pictures differ; of paintings half as wide again as high."""
    model: Model = model_of(3 * torch.randn(8, 256, generator=torch.Generator().manual_seed(2)), seed=1, aspect=1.5)
    with torch.no_grad():
        for layer in model.generator.pictures.values():
            layer.colour.weight.mul_(4)  # type: ignore[operator, union-attr]
    return Explorer(model)


def read(path: Path) -> tuple[dict[str, object], np.ndarray]:
    """What ffmpeg says about a film, and its frames (n, h, w, 3)."""
    reader = imageio_ffmpeg.read_frames(str(path))
    about = next(reader)
    width, height = about["size"]
    frames = [np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in reader]
    return about, np.stack(frames)


def steps(frames: np.ndarray) -> np.ndarray:
    """How much each frame differs from the next, the last from the first: (n,)."""
    frames = frames.astype(np.float32)
    return np.abs(frames - np.roll(frames, -1, axis=0)).mean((1, 2, 3))


def test_a_loop_is_a_silent_h264_of_the_asked_length(explorer: Explorer, tmp_path: Path) -> None:
    path = tmp_path / "films" / "loop.mp4"
    progress = list(loop_film(explorer, KEYS, path, seconds=2, fps=24))
    about, frames = read(path)
    assert about["codec"] == "h264"
    assert str(about["pix_fmt"]).startswith("yuv420p")
    assert about["fps"] == 24
    assert "audio_codec" not in about
    assert frames.shape == (48, 342, 512, 3)
    assert (progress[0].done, progress[-1].done, progress[-1].total) == (0, 48, 48)
    assert [each.done for each in progress] == sorted({each.done for each in progress})
    whole = path.read_bytes()
    assert whole.index(b"moov") < whole.index(b"mdat"), "a browser can start before it has all"
    assert [each.name for each in path.parent.iterdir()] == ["loop.mp4"]


@pytest.mark.parametrize("smoothness", [0.0, 1.0])
def test_a_loop_shows_its_pictures_and_joins_without_a_jump(
    explorer: Explorer, tmp_path: Path, smoothness: float
) -> None:
    for _ in loop_film(explorer, KEYS, tmp_path / "loop.mp4", 2, smoothness, fps=24):
        pass
    frames = read(tmp_path / "loop.mp4")[1]
    change = steps(frames)
    assert np.median(change) > 0.2, "the film must move at all"
    assert change[-1] <= 1.5 * np.quantile(change, 0.75)
    pictures = [np.asarray(explorer.picture(position), float) for position in KEYS]
    for i, picture in enumerate(pictures):
        frame = np.asarray(Image.fromarray(frames[12 * i]).resize((96, 64)), float)
        others = [np.abs(frame - other).mean() for other in pictures if other is not picture]
        assert np.abs(frame - picture).mean() < min(others) / 3


def test_a_rough_loop_rests_at_each_picture_and_a_smooth_one_does_not(explorer: Explorer) -> None:
    rough, smooth = (explorer.loop(KEYS, 120, smoothness).diff(dim=0).norm(dim=1) for smoothness in (0.0, 1.0))
    assert float(rough[29]) < 0.05 * float(rough.mean())
    assert float(smooth[29]) > 0.3 * float(smooth.mean())


def test_colours_survive(tmp_path: Path) -> None:
    colours = [(220, 30, 30), (30, 180, 60), (40, 60, 200), (250, 240, 20), (255, 255, 255), (0, 0, 0)]
    strip = np.repeat(np.array(colours, np.uint8)[None], 64, 0).repeat(64, 1)
    write_mp4([strip] * 3, tmp_path / "colours.mp4")
    frame = read(tmp_path / "colours.mp4")[1][1].astype(int)
    for i, colour in enumerate(colours):
        assert np.abs(frame[32, 64 * i + 32] - colour).max() <= 4
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(tmp_path / "colours.mp4")]
    said = subprocess.run(words, capture_output=True, text=True).stderr
    assert "yuv420p(tv, bt709, " in said, (
        "matrix, primaries and transfer: told of fewer, Chromium guesses another matrix"
    )


def test_odd_sides_and_pictures_of_other_sizes_are_made_to_fit(tmp_path: Path) -> None:
    frames: list[Image.Image | np.ndarray]
    frames = [Image.new("RGB", (65, 33), "red"), Image.new("RGB", (33, 65), "red"), np.zeros((10, 10, 3), np.uint8)]
    write_mp4(frames, tmp_path / "odd.mp4")
    shown = read(tmp_path / "odd.mp4")[1]
    assert shown.shape == (3, 34, 66, 3)
    assert shown[0, -1, -1, 0] > 200, "the pixel that was added is like its neighbour"
    assert shown[1, 16, 32, 0] > 200
    assert shown[1, 16, 4, 0] < 50, "shown whole, on black"


def test_leaving_a_film_half_way_leaves_nothing_behind(explorer: Explorer, tmp_path: Path) -> None:
    (tmp_path / "loop.mp4").write_bytes(b"an earlier film")
    film = loop_film(explorer, KEYS, tmp_path / "loop.mp4", seconds=2)
    assert next(film).done == 0
    assert 0 < next(film).done < 60
    film.close()  # type: ignore[attr-defined]
    assert [each.name for each in tmp_path.iterdir()] == ["loop.mp4"]
    assert (tmp_path / "loop.mp4").read_bytes() == b"an earlier film"


def test_an_error_in_the_frames_leaves_nothing_behind(tmp_path: Path) -> None:
    def frames() -> Iterator[np.ndarray]:
        yield np.zeros((64, 64, 3), np.uint8)
        raise MemoryError

    with pytest.raises(StorageError) as refused:
        write_mp4(frames(), tmp_path / "film.mp4")
    assert refused.value.code == "out-of-memory"
    assert not list(tmp_path.iterdir())


def test_what_ffmpeg_refuses_is_an_error_that_names_no_folder(tmp_path: Path) -> None:
    wider_than_h264 = [np.zeros((2, 20_000, 3), np.uint8)] * 20
    with pytest.raises(ExploreError) as refused:
        write_mp4(wider_than_h264, tmp_path / "film.mp4")
    assert refused.value.code == "film-failed"
    assert str(tmp_path) not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write_mp4([np.zeros((64, 64, 3), np.uint8)], tmp_path / "file" / "film.mp4")


def test_a_film_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExploreError) as refused:
        write_mp4([], tmp_path / "film.mp4")
    assert refused.value.code == "film-empty"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong",
    [
        {"positions": KEYS[:1]},
        {"positions": KEYS * 26},
        {"seconds": 1.9},
        {"seconds": 61},
        {"seconds": float("nan")},
        {"smoothness": -0.1},
        {"smoothness": 1.1},
        {"fps": 1000},
        {"positions": [*KEYS, Position(origin="painting", a=8)]},
    ],
    ids=str,
)
def test_a_loop_that_cannot_be_is_refused_at_once(explorer: Explorer, tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(NeuralArtError):
        loop_film(explorer, path=tmp_path / "loop.mp4", **{"positions": KEYS, **wrong})  # type: ignore[arg-type]


def test_any_latents_make_a_film(explorer: Explorer, tmp_path: Path) -> None:
    list(latent_film(explorer, explorer.latents, tmp_path / "film.mp4"))
    assert len(read(tmp_path / "film.mp4")[1]) == 8


def test_a_film_of_ribbons_is_no_wider_than_players_bear(explorer: Explorer, tmp_path: Path) -> None:
    ribbons = Explorer(model_of(explorer.latents, aspect=100.0))
    list(latent_film(ribbons, ribbons.latents[:3], tmp_path / "film.mp4"))
    assert read(tmp_path / "film.mp4")[1].shape[1:] == (20, 1920, 3)


def test_there_and_back_comes_back_to_where_it_began(explorer: Explorer, tmp_path: Path) -> None:
    for _ in there_and_back_film(explorer, explorer.latents[0], explorer.latents[1], tmp_path / "film.mp4", fps=24):
        pass
    frames = read(tmp_path / "film.mp4")[1].astype(float)
    assert len(frames) == 144
    assert np.abs(frames[0] - frames[-1]).mean() < 0.2 * np.abs(frames[0] - frames[72]).mean()


def test_a_film_goes_through_the_favourites_or_through_paintings_from_all_over_the_set(explorer: Explorer) -> None:
    favourites = [Position(seed=seed) for seed in (3, 4)]
    assert default_positions(explorer, [each.to_json() for each in favourites], 8) == favourites
    paintings = default_positions(explorer, [favourites[0].to_json()], 8)
    assert [position.a for position in paintings] == [0, 1, 3, 4, 6]


def saved_grids(folder: Path, grids: list[Image.Image]) -> list[Path]:
    files = [folder / f"{10 * number:05d}.webp" for number in range(len(grids))]
    for file, grid in zip(files, grids, strict=True):
        grid.save(file, lossless=True)
    return files


def test_a_learning_film_goes_from_the_first_grid_to_the_last_and_stays_there(tmp_path: Path) -> None:
    greys = range(20, 221, 20)
    grids = saved_grids(tmp_path, [Image.new("RGB", (256, 128), (grey,) * 3) for grey in greys])
    list(learning_film(grids, tmp_path / "learning.mp4"))
    about, frames = read(tmp_path / "learning.mp4")
    assert frames.shape[1:] == (256, 512, 3)
    brightness = frames.mean((1, 2, 3))
    assert brightness[0] == pytest.approx(20, abs=3)
    assert (brightness[-45:] > 217).all(), "the last grid stays for a second and a half"
    assert np.diff(brightness).min() > -1.5, "it fades from one grid to the next"
    assert np.diff(brightness).max() < 10
    assert 5 < float(about["duration"]) < 20  # type: ignore[arg-type]


def test_a_learning_film_tells_how_far_it_is(tmp_path: Path) -> None:
    grids = saved_grids(tmp_path, [Image.new("RGB", (64, 64), (grey,) * 3) for grey in (20, 90, 160)])
    told = [(progress.done, progress.total) for progress in learning_film(grids, tmp_path / "learning.mp4")]
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_learning_film_bears_grids_of_other_sizes_and_damaged_ones(tmp_path: Path) -> None:
    sizes = (64, 64), (300, 120), (601, 301)
    grids = saved_grids(tmp_path, [Image.new("RGB", size, "white") for size in sizes])
    grids[1].write_bytes(b"RIFF torn")
    list(learning_film(grids, tmp_path / "learning.mp4"))
    assert read(tmp_path / "learning.mp4")[1].shape[1:] == (302, 602, 3)


def test_a_run_without_grids_has_no_film_yet(tmp_path: Path) -> None:
    with pytest.raises(ExploreError) as refused:
        learning_film([], tmp_path / "learning.mp4")
    assert refused.value.code == "nothing-to-film"
