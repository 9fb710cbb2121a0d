"""A trained run is explored: positions become latents, latents become pictures, pictures become files."""

import io
import json
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import neural_art
from neural_art.errors import CheckpointError, DatasetError, ExploreError
from neural_art.explore.explorer import Explorer
from neural_art.explore.lookup import class_index_of, find_latent
from neural_art.explore.pace import Pace
from neural_art.explore.place import Card, Place
from neural_art.explore.position import SLIDERS, Position
from neural_art.explore.strip import morph_strip
from neural_art.models import enlarger
from neural_art.models.checkpoint import Model
from neural_art.models.enlarger import enlarge
from neural_art.recipe import Recipe
from neural_art.runs import worker
from neural_art.runs.desired import set_desired_state
from neural_art.runs.run import Run
from neural_art.shipped import ENLARGER
from tests.run_makers import prepared_run, until
from tests.untrained import model_of


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Run:
    """Twelve wide paintings, learned for two steps at 64 px."""
    folder = tmp_path_factory.mktemp("explorer")
    uploads = folder / "uploads"
    uploads.mkdir()
    for i, pixels in enumerate(drawn_paintings):
        picture = Image.fromarray(pixels.permute(1, 2, 0).numpy())
        picture.resize((240, 160)).save(uploads / f"hill {i:02d}.png")
    run = prepared_run(folder, uploads, "Hügel 山 <b>")
    run.set_recipe(Recipe(name="sketch", batch=4, threads=1, precision="float32", base=False))
    set_desired_state(run, "training", steps=2)
    assert worker.work(run) == 0
    return run


@pytest.fixture(scope="module")
def explorer(run: Run) -> Explorer:
    return Explorer.open(run.folder)


def test_a_run_opens_with_its_paintings_and_their_latentes(explorer: Explorer, run: Run) -> None:
    assert explorer.size == 64
    assert explorer.aspect == pytest.approx(1.5, abs=0.01)
    assert [painting.name for painting in explorer.paintings] == [f"hill {i:02d}.png" for i in range(12)]
    assert explorer.latents.shape == (12, 256)
    assert explorer.recipe == run.recipe


def test_a_checkpoint_file_opens_without_its_run(run: Run, tmp_path: Path, explorer: Explorer) -> None:
    alone = tmp_path / "model.safetensors"
    alone.write_bytes(run.paths.checkpoint.read_bytes())
    opened = Explorer.open(alone)
    assert opened.paintings == ()
    assert opened.aspect == pytest.approx(1.5, abs=0.01)
    assert np.array_equal(opened.paint(opened.latents[:1]), explorer.paint(explorer.latents[:1]))


def test_a_run_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="Train first"):
        Explorer.open(Run.at(tmp_path / "new", "new").folder)


def test_a_painting_is_at_its_latent(explorer: Explorer) -> None:
    for i in (0, 11):
        assert torch.allclose(explorer.latent_at(Position(origin="painting", a=i)), explorer.latents[i], atol=1e-5)


def test_the_same_seed_is_the_same_place_and_another_is_not(explorer: Explorer) -> None:
    state = torch.get_rng_state()
    one, again, other = (explorer.latent_at(Position(seed=seed)) for seed in (5, 5, 6))
    assert torch.equal(one, again)
    assert not torch.allclose(one, other, atol=0.1)
    assert torch.equal(torch.get_rng_state(), state), "the global random state belongs to nobody"


def test_random_places_spread_as_the_paintings_do(explorer: Explorer) -> None:
    drawn = explorer.sample(torch.Generator().manual_seed(1), 4000)
    spread = (drawn - explorer.mean) @ (explorer.directions[0] / explorer.directions[0].norm())
    assert float(spread.std()) == pytest.approx(float(explorer.strengths[0]), rel=0.1)


def test_a_slider_moves_by_standard_deviations_of_the_paintings(explorer: Explorer) -> None:
    start = explorer.latent_at(Position(origin="painting", a=2))
    moved = explorer.latent_at(Position(origin="painting", a=2, amounts=(0.0, 2.0)))
    assert float((moved - start).norm()) == pytest.approx(2 * float(explorer.strengths[1]), rel=1e-3)
    along = (explorer.latents - explorer.mean) @ (explorer.directions[1] / explorer.directions[1].norm())
    assert float(along.std()) == pytest.approx(float(explorer.strengths[1]), rel=1e-3)
    assert list(explorer.strengths) == sorted(explorer.strengths, reverse=True)


def test_truncation_goes_from_the_mean_to_beyond(explorer: Explorer) -> None:
    mean = explorer.latent_at(Position(seed=4, truncation=0))
    plain, bold = explorer.latent_at(Position(seed=4)), explorer.latent_at(Position(seed=4, truncation=1.5))
    assert torch.allclose(mean, explorer.latents.mean(0), atol=1e-5)
    assert torch.allclose(bold - mean, 1.5 * (plain - mean), atol=1e-4)


def test_truncation_leaves_the_sliders_alone(explorer: Explorer) -> None:
    moved = explorer.latent_at(Position(seed=4, truncation=0, amounts=(1.0,)))
    assert torch.allclose(moved - explorer.mean, explorer.directions[0], atol=1e-4)


def test_a_morph_begins_and_ends_at_the_paintings(explorer: Explorer) -> None:
    for t, end in ((0.0, 3), (1.0, 8)):
        place = explorer.latent_at(Position(origin="morph", a=3, b=8, t=t))
        assert torch.allclose(place, explorer.latents[end], atol=1e-5)


def test_a_morph_is_smooth_and_does_not_pale(explorer: Explorer) -> None:
    way = torch.stack([explorer.latent_at(Position(origin="morph", a=3, b=8, t=i / 40)) for i in range(41)])
    steps = (way[1:] - way[:-1]).norm(dim=1)
    assert float(steps.max()) < 2 * float(steps.mean())
    straight = torch.lerp(explorer.latents[3], explorer.latents[8], 0.5)
    assert (way[20] - explorer.mean).norm() >= (straight - explorer.mean).norm()


def test_a_picture_finds_its_own_latent(explorer: Explorer, run: Run) -> None:
    for i in (1, 7):
        with Image.open(run.paths.paintings / explorer.paintings[i].file) as painting:
            latent = explorer.encode(painting)
        distances = (explorer.latents - latent).norm(dim=1)
        assert int(distances.argmin()) == i
        assert float(distances[i]) < 0.1 * float(distances.median())
        assert not latent.is_inference()


def test_a_picture_file_finds_its_latent_however_it_is_stored(explorer: Explorer, run: Run, tmp_path: Path) -> None:
    with Image.open(run.paths.paintings / explorer.paintings[4].file) as painting:
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by a quarter when it is shown
        painting.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    distances = (explorer.latents - explorer.encode(tmp_path / "turned.png")).norm(dim=1)
    assert int(distances.argmin()) == 4


def test_transparency_is_flattened_onto_the_matte(explorer: Explorer) -> None:
    clear = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    assert torch.allclose(explorer.encode(clear), explorer.encode(Image.new("RGB", (100, 100), "#ffffff")), atol=1e-4)


def test_a_file_that_is_no_picture_is_named(explorer: Explorer, tmp_path: Path) -> None:
    (tmp_path / "letter.jpg").write_text("Dear reader")
    with pytest.raises(DatasetError, match=r"letter\.jpg"):
        explorer.encode(tmp_path / "letter.jpg")


def test_a_painting_that_is_not_there_is_refused(explorer: Explorer) -> None:
    for position in (Position(origin="painting", a=12), Position(origin="morph", a=0, b=99)):
        with pytest.raises(ExploreError, match="There is no painting"):
            explorer.latent_at(position)


@pytest.mark.parametrize(
    ("latents", "sliders"),
    [
        (torch.randn(3, 256, generator=torch.Generator().manual_seed(1)), 2),
        (torch.randn(1, 256, generator=torch.Generator().manual_seed(1)).repeat(9, 1), 0),
        (torch.zeros(8, 256), 0),
        (torch.randn(2, 256, generator=torch.Generator().manual_seed(1)).repeat(10, 1), 1),
    ],
    ids=["three paintings", "nine copies", "one colour", "two paintings ten times"],
)
def test_few_or_equal_paintings_give_fewer_sliders_and_no_nonsense(latents: torch.Tensor, sliders: int) -> None:
    explorer = Explorer(model_of(latents))
    assert len(explorer.directions) == len(explorer.strengths) == sliders
    position = Position(seed=1, amounts=(4.0,) * SLIDERS, truncation=1.5)
    assert torch.isfinite(explorer.latent_at(position)).all()
    assert torch.isfinite(explorer.latent_at(Position(origin="morph", a=0, b=1, t=0.5))).all()
    assert torch.isfinite(explorer.loop([Position(origin="painting", a=i) for i in (0, 1)], 9)).all()


def test_pictures_are_bytes_and_the_same_alone_or_in_a_batch(explorer: Explorer) -> None:
    pictures = explorer.paint(explorer.latents)
    assert pictures.shape == (12, 64, 64, 3)
    assert pictures.dtype == np.uint8
    alone = np.concatenate([explorer.paint(one[None]) for one in explorer.latents])
    assert np.abs(pictures.astype(int) - alone.astype(int)).max() <= 1
    assert np.array_equal(explorer.paint(explorer.latents.numpy()), pictures)
    assert explorer.paint(explorer.latents[:0]).shape == (0, 64, 64, 3)


def test_different_latents_are_different_pictures(explorer: Explorer) -> None:
    a, b = explorer.paint(explorer.latents[:2]).astype(int)
    assert np.abs(a - b).max() > 5


def test_the_wrong_shape_of_latents_is_a_programming_error(explorer: Explorer) -> None:
    with pytest.raises(ValueError, match=r"\(n, 256\)"):
        explorer.paint(explorer.latents[0])


def test_a_slider_gets_its_turn_while_many_pictures_are_painted() -> None:
    model, painted = model_of(torch.randn(12, 256)), []
    explorer, asked = Explorer(model), threading.Event()

    def paint_one() -> None:
        asked.set()
        explorer.paint(explorer.latents[:1])

    slider = threading.Thread(target=paint_one, name="slider")

    def note(*_: object) -> None:
        if not painted:  # the first of the film: now somebody moves a slider
            slider.start()
            asked.wait(10)
        painted.append(threading.current_thread().name)

    model.generator.first.register_forward_hook(note)
    explorer.paint(explorer.latents.repeat(4, 1))
    slider.join()
    assert len(painted) > 10
    assert "slider" in painted[: len(painted) // 2]


@pytest.mark.parametrize(("seconds", "size"), [(60.0, 256), (0.0, 128)], ids=["quick", "slow"])
def test_a_glimpse_is_the_picture_as_large_as_the_machine_paints_it_quickly(seconds: float, size: int) -> None:
    rng = torch.Generator().manual_seed(1)
    explorer = Explorer(model_of(torch.randn(8, 256, generator=rng), size=256), place=Place(Pace(seconds)))
    position = Position(seed=2)
    for _ in range(3):
        assert explorer.glimpse(position).size == (256, 256), "before anything is known"
    until(lambda: explorer.glimpse(position).width == size)
    glimpse = np.asarray(explorer.glimpse(position), float)
    away, from_another = (
        np.abs(np.asarray(picture.resize((size, size), Image.Resampling.BOX), float) - glimpse).mean()
        for picture in (explorer.picture(Position(seed=seed), square=True) for seed in (2, 3))
    )
    assert away < from_another / 3


def test_glimpses_can_be_prepared() -> None:
    pace = Pace(0.0)
    for _ in range(3):
        pace.note(256, 1.0)
    explorer = Explorer(model_of(torch.randn(8, 256), size=256), place=Place(pace))
    explorer.prepare_glimpses()
    assert explorer.glimpse(Position()).size == (128, 128)


def test_pictures_painted_on_a_card_are_the_same_and_come_back(explorer: Explorer, run: Run) -> None:
    card = Card("cpu")
    on_card = Explorer(Model.open(run.folder), place=card)
    assert np.array_equal(on_card.paint(explorer.latents), explorer.paint(explorer.latents))
    position = Position(seed=3)
    for there, here in (
        (on_card.picture(position, square=True, enlarge=2), explorer.picture(position, square=True, enlarge=2)),
        (on_card.glimpse(position), explorer.glimpse(position)),
    ):
        assert np.array_equal(np.asarray(there), np.asarray(here))
    assert card.networks == 2, "the generator and the enlarger"


def test_many_threads_paint_the_right_pictures(explorer: Explorer) -> None:
    def painted(i: int) -> np.ndarray:  # each on one core: with more, sums are rounded otherwise
        return explorer.paint(explorer.latents[i : i + 1], threads=1)[0]

    before = torch.get_num_threads()
    expected = [painted(i) for i in range(12)]
    torch.set_num_threads(before)
    wrong: list[int] = []

    def paint(i: int) -> None:
        for _ in range(3):
            if not np.array_equal(painted(i), expected[i]):
                wrong.append(i)

    threads = [threading.Thread(target=paint, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_picture_has_the_paintings_aspect_unless_square_is_asked_for(explorer: Explorer) -> None:
    position = Position(origin="painting", a=0)
    assert explorer.picture(position).size == (96, 64)
    assert explorer.picture(position, square=True).size == (64, 64)
    assert explorer.picture(position, enlarge=4).size == (384, 256)
    assert explorer.picture(position, square=True, enlarge=8).size == (512, 512)


def test_an_enlarged_picture_is_the_same_picture(explorer: Explorer) -> None:
    position = Position(origin="painting", a=0)
    small = np.asarray(explorer.picture(position), float)
    large = explorer.picture(position, enlarge=4)
    back = np.asarray(large.resize((96, 64), Image.Resampling.BOX), float)
    assert np.abs(back - small).mean() < 4


@pytest.mark.parametrize("enlarge", [0, 9, 2.5, True, "4"])
def test_a_picture_is_enlarged_one_to_eight_times(explorer: Explorer, enlarge: object) -> None:
    with pytest.raises(ExploreError, match="enlarge"):
        explorer.picture(Position(), enlarge=enlarge)  # type: ignore[arg-type]


def test_a_ribbon_of_a_painting_does_not_make_a_picture_too_large_to_hold() -> None:
    rng = torch.Generator().manual_seed(1)
    explorer = Explorer(model_of(torch.randn(8, 256, generator=rng), aspect=1500.0))
    assert explorer.picture(Position(), enlarge=8).width <= 8192


def test_a_png_tells_what_made_it_and_keeps_the_id_secret(explorer: Explorer, run: Run) -> None:
    position = Position(origin="morph", a=3, b=5, t=0.5, amounts=(1.5,), truncation=0.7)
    png = explorer.png(position, enlarge=2)
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.size == (192, 128)
        assert picture.info["Software"] == f"neural_art {neural_art.__version__}"
        story = json.loads(picture.info["neural_art"])
    assert story["run"] == "Hügel 山 <b>"
    assert story["version"] == neural_art.__version__
    assert story["step"] == 2
    assert Recipe.from_json(story["recipe"]) == run.recipe
    assert Position.from_json(story["position"]) == position
    assert run.id.encode() not in png


def test_a_loop_passes_through_its_positions(explorer: Explorer) -> None:
    positions = [Position(origin="painting", a=i) for i in (0, 4, 9)]
    frames = explorer.loop(positions, 30, smoothness=0.5)
    assert frames.shape == (30, 256)
    for number, i in ((0, 0), (10, 4), (20, 9)):
        assert torch.allclose(frames[number], explorer.latents[i], atol=1e-4)


def test_an_explorer_may_be_told_another_name(run: Run) -> None:
    assert Explorer.open(run.folder, name="Renamed").provenance()["run"] == "Renamed"


def test_an_explorer_enlarges_with_the_shipped_network(explorer: Explorer) -> None:
    position, shipped = Position(origin="painting", a=1), enlarger.read(ENLARGER)
    pixels = explorer.paint(explorer.latent_at(position)[None])[0]
    for times, factor in ((1, 2), (2, 4)):
        picture = np.asarray(explorer.picture(position, square=True, enlarge=factor))
        assert np.array_equal(picture, enlarge(shipped, pixels, times))
    for factor in (3, 7, 8):
        assert explorer.picture(position, square=True, enlarge=factor).size == (64 * factor, 64 * factor)
        assert explorer.picture(position, enlarge=factor).size == (96 * factor, 64 * factor)


def test_without_an_enlarger_lanczos_enlarges(run: Run, tmp_path: Path) -> None:
    explorer = Explorer.open(run.folder, enlarger=tmp_path / "nothing.safetensors")
    small = explorer.picture(Position(), square=True)
    large = explorer.picture(Position(), square=True, enlarge=4)
    assert np.array_equal(np.asarray(large), np.asarray(small.resize((256, 256), Image.Resampling.LANCZOS)))


def test_a_damaged_enlarger_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "enlarger.safetensors").write_bytes(b"nothing like it")
    explorer = Explorer.open(run.folder, enlarger=tmp_path / "enlarger.safetensors")
    with pytest.raises(CheckpointError, match=r"enlarger\.safetensors is damaged"):
        explorer.picture(Position(), enlarge=2)
    assert explorer.picture(Position()).size == (96, 64), "only enlarging needs it"


def test_a_painting_is_found_by_its_name_its_number_a_part_of_its_name_or_a_file(
    explorer: Explorer, run: Run, tmp_path: Path
) -> None:
    for text in ("hill 07.png", "7", "HILL 07"):
        assert torch.equal(find_latent(explorer, text), explorer.latents[7])
    file = run.paths.paintings / explorer.paintings[7].file
    distances = (explorer.latents - find_latent(explorer, str(file))).norm(dim=1)
    assert int(distances.argmin()) == 7
    for text, code in (("hill", "ambiguous-painting"), ("valley", "no-such-painting"), ("99", "no-such-painting")):
        with pytest.raises(ExploreError) as refused:
            find_latent(explorer, text)
        assert refused.value.code == code


def test_a_strip_goes_from_one_painting_to_the_other(explorer: Explorer) -> None:
    ends = explorer.latents[2], explorer.latents[5]
    with Image.open(io.BytesIO(morph_strip(explorer, *ends, ["two", "five"]))) as strip:
        assert strip.size == (8 * 96, 64)
        assert json.loads(strip.info["neural_art"])["morph"] == ["two", "five"]
        pixels = np.asarray(strip, int)
    for part, end in ((pixels[:, :96], ends[0]), (pixels[:, -96:], ends[1])):
        assert np.abs(part - np.asarray(explorer.in_aspect(explorer.paint(end[None])[0]), int)).max() <= 1


@pytest.fixture(scope="module")
def classed() -> Explorer:
    """Two classes whose latentes lie far apart."""
    latents = torch.randn(20, 256, generator=torch.Generator().manual_seed(0)) * 0.1
    latents[:12] += 2
    return Explorer(model_of(latents, classes=["cats", "dogs"], class_indices=[0] * 12 + [1] * 8))


def test_a_picture_can_be_asked_for_by_class(classed: Explorer) -> None:
    assert classed.class_names == ("cats", "dogs")
    seeds = range(20)
    cats = torch.stack([classed.latent_at(Position(seed=seed, class_index=0)) for seed in seeds])
    dogs = torch.stack([classed.latent_at(Position(seed=seed, class_index=1, truncation=0.5)) for seed in seeds])
    assert cats.mean(1).min() > 1.5
    assert dogs.mean(1).max() < 0.5
    either = torch.stack([classed.latent_at(Position(seed=seed)) for seed in seeds]).mean(1)
    assert ((either > 1.5) | (either < 0.5)).all()
    assert (either > 1.5).any() and (either < 0.5).any()


def test_a_class_that_is_not_there_is_refused_with_those_that_are(classed: Explorer, explorer: Explorer) -> None:
    assert class_index_of(classed, "dogs") == 1
    for each, action, code in (
        (classed, lambda: classed.latent_at(Position(class_index=2)), "no-class"),
        (classed, lambda: class_index_of(classed, "birds"), "no-class"),
        (explorer, lambda: explorer.latent_at(Position(class_index=0)), "no-classes"),
        (explorer, lambda: class_index_of(explorer, "birds"), "no-classes"),
    ):
        with pytest.raises(ExploreError) as refused:
            action()
        assert refused.value.code == code
        assert all(name in str(refused.value) for name in each.class_names)


@pytest.mark.parametrize(
    "settings",
    [
        {"classes": ["cats", "dogs"], "class_indices": [0] * 20},
        {"classes": ["cats", "dogs"], "class_indices": [0, 1]},
        {"classes": ["cats", "dogs"], "class_indices": [0] * 19 + [2]},
        {"classes": ["cats"], "class_indices": [0] * 20},
        {"classes": "cats", "class_indices": None},
    ],
)
def test_classes_that_do_not_fit_the_paintings_are_none(settings: dict) -> None:
    assert (
        Explorer(model_of(torch.randn(20, 256, generator=torch.Generator().manual_seed(0)), **settings)).class_names
        == ()
    )


def test_the_library_does_what_its_first_page_shows(run: Run, tmp_path: Path) -> None:
    import doctest

    names = {"run": run.folder, "where": tmp_path / "picture.png"}
    tests = doctest.DocTestFinder().find(neural_art, "neural_art", extraglobs=names)
    first = next(test for test in tests if test.name == "neural_art")
    results = doctest.DocTestRunner().run(first)
    assert results.attempted >= 9
    assert results.failed == 0
    with Image.open(tmp_path / "picture.png") as picture:
        assert picture.size == (384, 256)


def test_every_name_of_the_library_is_there() -> None:
    for name in neural_art.__all__:
        assert getattr(neural_art, name) is not None
    with pytest.raises(AttributeError):
        neural_art.no_such_name  # noqa: B018
