"""Pictures are enlarged with strokes, and keep their colours."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from neural_art import samples as easel
from neural_art.cli.main import main
from neural_art.errors import CheckpointError, PaintingError
from neural_art.explore.explorer import Explorer, Position
from neural_art.models import checkpoint, enlarger
from neural_art.models.checkpoint import Model
from neural_art.models.enlarger import Enlarger
from neural_art.models.features import Encoder, feature_network
from neural_art.models.networks import Discriminator, Generator
from neural_art.training.losses import feature_distance


@pytest.fixture(scope="module")
def originals() -> np.ndarray:
    """The middles of four sample paintings: (4, 192, 192, 3) bytes."""
    pictures = [easel.paint(3, number, 256)[0].convert("RGB") for number in range(4)]
    return np.stack([np.asarray(picture.crop((40, 20, 232, 212))) for picture in pictures])


@pytest.fixture(scope="module")
def reduced(originals: np.ndarray) -> list[np.ndarray]:
    return [np.array(Image.fromarray(p).resize((96, 96), Image.Resampling.LANCZOS)) for p in originals]


@pytest.fixture(scope="module")
def shipped() -> Enlarger:
    return enlarger.read(enlarger.SHIPPED)


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    torch.manual_seed(3)
    latents = torch.randn(8, 256)
    return Explorer(Model(Generator(64), Discriminator(), Encoder(), latents, {"format": 1, "size": 64, "aspect": 1.5}))


def seen(pictures: list[np.ndarray]) -> list[torch.Tensor]:
    """What the feature network sees, averaged over each picture: which strokes there are, not where each one ends."""
    batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        return [features.mean((2, 3)) for features in feature_network()(batch)]


def jpeg(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95)
    return file.getvalue()


# ---- the network


@pytest.mark.parametrize("shape", [(1, 1), (5, 8), (37, 64)])
def test_it_doubles_the_sides_whatever_they_are(shipped: Enlarger, shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 90, np.uint8)
    assert enlarger.enlarged(shipped, pixels).shape == (2 * shape[0], 2 * shape[1], 3)
    assert enlarger.enlarged(shipped, pixels, times=2).shape == (4 * shape[0], 4 * shape[1], 3)


def test_a_new_one_changes_nothing_but_the_size() -> None:
    picture = torch.rand(1, 3, 9, 12) * 2 - 1
    expected = F.interpolate(picture, scale_factor=2, mode="bilinear", align_corners=False)
    assert torch.allclose(Enlarger()(picture), expected, atol=1e-6)


def test_a_plain_ground_gets_no_dots(shipped: Enlarger) -> None:
    for colour in ((250, 245, 230), (30, 60, 40), (128, 128, 128)):
        middle = enlarger.enlarged(shipped, np.full((40, 40, 3), colour, np.uint8), times=2)[48:-48, 48:-48]
        assert np.ptp(middle, axis=(0, 1)).max() <= 1


def test_faint_dots_are_not_taken_for_strokes(shipped: Enlarger) -> None:
    ground = np.full((64, 64, 3), 150.0)
    for period in (2, 4):
        dotted = ground.copy()
        dotted[::period] += 3
        dotted[:, ::period] += 3
        large = enlarger.enlarged(shipped, dotted.astype(np.uint8), times=2)[64:-64, 64:-64]
        assert np.std(large) <= np.std(dotted), period


def test_colours_stay(shipped: Enlarger, reduced: list[np.ndarray]) -> None:
    for small in reduced:
        large = enlarger.enlarged(shipped, small).astype(float)
        assert np.abs(large.mean((0, 1)) - small.mean((0, 1))).max() < 2
        back = np.asarray(Image.fromarray(large.astype(np.uint8)).resize((12, 12), Image.Resampling.BOX), float)
        few = np.asarray(Image.fromarray(small).resize((12, 12), Image.Resampling.BOX), float)
        assert np.abs(back - few).max() < 12


def test_the_shipped_one_is_closer_to_the_originals_than_lanczos(
    shipped: Enlarger, originals: np.ndarray, reduced: list[np.ndarray]
) -> None:
    real = seen(list(originals))
    ours = feature_distance(seen([enlarger.enlarged(shipped, small) for small in reduced]), real)
    lanczos = [np.array(Image.fromarray(p).resize((192, 192), Image.Resampling.LANCZOS)) for p in reduced]
    assert float(ours) < 0.95 * float(feature_distance(seen(lanczos), real))


# ---- files


def test_the_shipped_one_is_small() -> None:
    assert enlarger.SHIPPED.stat().st_size < 400_000


def test_what_is_written_is_what_is_read(tmp_path: Path, shipped: Enlarger) -> None:
    enlarger.write(tmp_path / "again.safetensors", shipped, name="again")
    again = enlarger.read(tmp_path / "again.safetensors")
    pixels = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    assert np.array_equal(enlarger.enlarged(again, pixels), enlarger.enlarged(shipped, pixels))
    assert checkpoint.read(tmp_path / "again.safetensors")[1]["name"] == "again"


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    damaged = tmp_path / "mine.safetensors"
    damaged.write_bytes(enlarger.SHIPPED.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"mine\.safetensors is damaged"):
        enlarger.read(damaged)


def test_weights_of_something_else_are_named(tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    checkpoint.write(other, {"latents": torch.zeros(2)}, {"format": 1, "size": 64})
    with pytest.raises(CheckpointError, match=r"other\.safetensors is not an enlarger"):
        enlarger.read(other)
    checkpoint.write(other, {"latents": torch.zeros(2)}, {"format": 1, "channels": 8, "depth": 1})
    with pytest.raises(CheckpointError, match=r"other\.safetensors has weights that do not fit"):
        enlarger.read(other)


# ---- in the explorer


def test_an_explorer_enlarges_with_it(explorer: Explorer, shipped: Enlarger) -> None:
    position = Position(origin="painting", a=1)
    pixels = explorer.paint(explorer.locate(position)[None])[0]
    for enlarge, times in ((2, 1), (4, 2)):
        picture = np.asarray(explorer.picture(position, square=True, enlarge=enlarge))
        assert np.array_equal(picture, enlarger.enlarged(shipped, pixels, times))
    for enlarge in (3, 7, 8):
        assert explorer.picture(position, square=True, enlarge=enlarge).size == (64 * enlarge, 64 * enlarge)
        assert explorer.picture(position, enlarge=enlarge).size == (96 * enlarge, 64 * enlarge)


def test_without_the_file_lanczos_enlarges(explorer: Explorer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(enlarger, "SHIPPED", tmp_path / "nothing.safetensors")
    small = explorer.picture(Position(), square=True)
    large = explorer.picture(Position(), square=True, enlarge=4)
    assert np.array_equal(np.asarray(large), np.asarray(small.resize((256, 256), Image.Resampling.LANCZOS)))


def test_a_damaged_file_is_named_in_the_explorer(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(enlarger, "SHIPPED", tmp_path / "enlarger.safetensors")
    (tmp_path / "enlarger.safetensors").write_bytes(b"nothing like it")
    with pytest.raises(CheckpointError, match=r"enlarger\.safetensors is damaged"):
        explorer.picture(Position(), enlarge=2)
    assert explorer.picture(Position()).size == (96, 64), "only enlarging needs it"


# ---- learning


def test_learning_brings_pictures_closer_to_their_originals(originals: np.ndarray) -> None:
    def readings(rate: float) -> list[enlarger.Reading]:
        torch.manual_seed(0)
        network, chance = Enlarger(channels=8, depth=1), torch.Generator().manual_seed(0)
        return list(enlarger.learn(network, [jpeg(originals[0])], chance, steps=20, rate=rate))

    learning, idle = readings(1e-2), readings(0.0)  # both see the same parts of the original
    assert [reading.step for reading in learning] == list(range(1, 21))
    assert learning[-1].progress == 1
    last, without = (np.mean([r.closeness + r.colour for r in part[-6:]]) for part in (learning, idle))
    assert last < without - 0.002


def test_the_same_chance_learns_the_same(originals: np.ndarray) -> None:
    def learned() -> torch.Tensor:
        torch.manual_seed(0)
        network = Enlarger(channels=4, depth=1)
        state = torch.get_rng_state()
        for _ in enlarger.learn(network, [jpeg(originals[0])], torch.Generator().manual_seed(5), steps=4):
            pass
        assert torch.equal(torch.get_rng_state(), state), "the global random state belongs to nobody"
        return network.last.weight

    assert torch.equal(learned(), learned())


def test_no_originals_are_too_few() -> None:
    with pytest.raises(PaintingError, match="no original"):
        next(enlarger.learn(Enlarger(), [], torch.Generator(), steps=1))


def test_the_command_makes_one(tmp_path: Path, originals: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = tmp_path / "pictures", tmp_path / "new" / "mine.safetensors"
    folder.mkdir()
    words = ["pretrain-enlarger", str(folder), "--out", str(out), "--minutes", "0.05"]
    for number, pixels in enumerate(originals):
        (folder / f"{number}.jpg").write_bytes(jpeg(pixels))
    assert main(words) == 1
    assert "4 pictures of 192 px are too few" in capsys.readouterr().err
    assert not out.exists()
    for number, pixels in enumerate(originals):
        (folder / f"{number} mirrored.jpg").write_bytes(jpeg(pixels[:, ::-1]))
    assert main(words) == 0
    assert str(out) in capsys.readouterr().out
    assert checkpoint.read(out)[1]["pictures"] == 8
    assert enlarger.read(out)
    assert main([*words, "--start", str(tmp_path / "nothing.safetensors")]) == 1
    assert "no nothing.safetensors" in capsys.readouterr().err
