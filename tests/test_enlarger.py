"""Pictures are enlarged with strokes, and keep their colours."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from neural_art import samples
from neural_art.errors import CheckpointError
from neural_art.models import checkpoint, enlarger
from neural_art.models.enlarger import Enlarger, enlarge
from neural_art.models.features import feature_network
from neural_art.models.pixels import to_signed, to_uint8
from neural_art.shipped import ENLARGER
from neural_art.training.losses import feature_distance


@pytest.fixture(scope="module")
def originals() -> np.ndarray:
    """The middles of four sample paintings: (4, 192, 192, 3) bytes."""
    pictures = [samples.paint(3, number, 256)[0].convert("RGB") for number in range(4)]
    return np.stack([np.asarray(picture.crop((40, 20, 232, 212))) for picture in pictures])


@pytest.fixture(scope="module")
def reduced(originals: np.ndarray) -> list[np.ndarray]:
    return [np.array(Image.fromarray(p).resize((96, 96), Image.Resampling.LANCZOS)) for p in originals]


@pytest.fixture(scope="module")
def shipped() -> Enlarger:
    return enlarger.read(ENLARGER)


def seen(pictures: list[np.ndarray]) -> list[torch.Tensor]:
    """What the feature network sees, averaged over each picture: which strokes there are, not where each one ends."""
    with torch.no_grad():
        return [features.mean((2, 3)) for features in feature_network()(to_signed(np.stack(pictures)))]


@pytest.mark.parametrize("shape", [(1, 1), (5, 8), (37, 64)])
def test_it_doubles_the_sides_whatever_they_are(shipped: Enlarger, shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 90, np.uint8)
    assert enlarge(shipped, pixels).shape == (2 * shape[0], 2 * shape[1], 3)
    assert enlarge(shipped, pixels, times=2).shape == (4 * shape[0], 4 * shape[1], 3)


def test_a_new_one_changes_nothing_but_the_size() -> None:
    picture = torch.rand(1, 3, 9, 12) * 2 - 1
    expected = F.interpolate(picture, scale_factor=2, mode="bilinear", align_corners=False)
    assert torch.allclose(Enlarger()(picture), expected, atol=1e-6)


def test_a_picture_enlarged_in_parts_has_no_seams(shipped: Enlarger) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (enlarger.TILE + 20, 40, 3), np.uint8)
    picture = to_signed(pixels[None])
    with torch.inference_mode():
        whole = to_uint8(shipped(shipped.smooth(picture)))[0]
    assert np.abs(enlarge(shipped, pixels).astype(int) - whole).max() <= 1


def test_a_plain_ground_gets_no_dots(shipped: Enlarger) -> None:
    for colour in ((250, 245, 230), (30, 60, 40), (128, 128, 128)):
        middle = enlarge(shipped, np.full((40, 40, 3), colour, np.uint8), times=2)[48:-48, 48:-48]
        assert np.ptp(middle, axis=(0, 1)).max() <= 1


def test_faint_dots_are_not_taken_for_strokes(shipped: Enlarger) -> None:
    flat = np.full((64, 64, 3), 150.0)
    for period in (2, 4):
        dotted = flat.copy()
        dotted[::period] += 3
        dotted[:, ::period] += 3
        large = enlarge(shipped, dotted.astype(np.uint8), times=2)[64:-64, 64:-64]
        assert np.std(large) <= np.std(dotted), period


def test_colours_stay(shipped: Enlarger, reduced: list[np.ndarray]) -> None:
    for small in reduced:
        large = enlarge(shipped, small).astype(float)
        assert np.abs(large.mean((0, 1)) - small.mean((0, 1))).max() < 2
        back = np.asarray(Image.fromarray(large.astype(np.uint8)).resize((12, 12), Image.Resampling.BOX), float)
        few = np.asarray(Image.fromarray(small).resize((12, 12), Image.Resampling.BOX), float)
        assert np.abs(back - few).max() < 12


def test_the_shipped_one_is_closer_to_the_originals_than_lanczos(
    shipped: Enlarger, originals: np.ndarray, reduced: list[np.ndarray]
) -> None:
    real = seen(list(originals))
    ours = feature_distance(seen([enlarge(shipped, small) for small in reduced]), real)
    lanczos = [np.array(Image.fromarray(p).resize((192, 192), Image.Resampling.LANCZOS)) for p in reduced]
    assert float(ours) < 0.95 * float(feature_distance(seen(lanczos), real))


def test_the_shipped_one_is_small() -> None:
    assert ENLARGER.stat().st_size < 400_000


def test_what_is_written_is_what_is_read(tmp_path: Path, shipped: Enlarger) -> None:
    enlarger.write(tmp_path / "again.safetensors", shipped, name="again")
    again = enlarger.read(tmp_path / "again.safetensors")
    pixels = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    assert np.array_equal(enlarge(again, pixels), enlarge(shipped, pixels))
    assert checkpoint.read(tmp_path / "again.safetensors")[1]["name"] == "again"


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    damaged = tmp_path / "mine.safetensors"
    damaged.write_bytes(ENLARGER.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"mine\.safetensors is damaged"):
        enlarger.read(damaged)


def test_weights_of_something_else_are_named(tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    for settings, code in (
        ({"format": 1, "size": 64}, "not-an-enlarger"),
        ({"format": 1, "channels": 8, "depth": 1}, "enlarger-misfit"),
    ):
        checkpoint.write(other, {"latents": torch.zeros(2)}, settings)
        with pytest.raises(CheckpointError, match=r"other\.safetensors") as refused:
            enlarger.read(other)
        assert refused.value.code == code


def test_a_file_that_is_not_there_is_no_enlarger(tmp_path: Path) -> None:
    assert enlarger.open_enlarger(tmp_path / "nothing.safetensors") is None
