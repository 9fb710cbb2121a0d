"""A trained run is played with: positions become latents, latents become pictures, pictures become files."""

import io
import json
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import neural_art
from neural_art.dataset import prepare as paintings
from neural_art.errors import CheckpointError, PaintingError, RunError
from neural_art.explore.explorer import AMOUNTS, SLIDERS, Explorer, Position
from neural_art.models.checkpoint import FORMAT, Model
from neural_art.models.features import Encoder
from neural_art.models.networks import Discriminator, Generator
from neural_art.recipe import Recipe
from neural_art.runs import worker
from neural_art.runs.folder import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Run:
    """Twelve wide paintings, learned for two steps at 64 px."""
    folder = tmp_path_factory.mktemp("explorer")
    brought = folder / "brought"
    brought.mkdir()
    for i, pixels in enumerate(drawn_paintings):
        picture = Image.fromarray(pixels.permute(1, 2, 0).numpy())
        picture.resize((240, 160)).save(brought / f"hill {i:02d}.png")
    run = Run.at(folder / "a-secret-id", "Hügel 山 <b>")
    *_, report = paintings.prepare(brought, run.paintings_folder)
    assert isinstance(report, paintings.Report)
    assert len(report.paintings) == 12
    run.set_recipe(Recipe(name="sketch", steps=2, batch=4, precision="float32"))
    assert worker.work(run) == 0
    return run


@pytest.fixture(scope="module")
def explorer(run: Run) -> Explorer:
    return Explorer.open(run.folder)


def model_of(latents: torch.Tensor, **settings: object) -> Model:
    torch.manual_seed(3)
    return Model(Generator(64), Discriminator(), Encoder(), latents, {"format": FORMAT, "size": 64, **settings})


# ---- opening


def test_a_run_opens_with_its_paintings_and_their_addresses(explorer: Explorer, run: Run) -> None:
    assert explorer.size == 64
    assert explorer.aspect == pytest.approx(1.5, abs=0.01)
    assert [painting.name for painting in explorer.paintings] == [f"hill {i:02d}.png" for i in range(12)]
    assert explorer.latents.shape == (12, 256)
    assert explorer.recipe == run.recipe


def test_a_checkpoint_file_opens_without_its_run(run: Run, tmp_path: Path, explorer: Explorer) -> None:
    alone = tmp_path / "model.safetensors"
    alone.write_bytes(run.checkpoint.read_bytes())
    opened = Explorer.open(alone)
    assert opened.paintings == ()
    assert opened.aspect == pytest.approx(1.5, abs=0.01)
    assert np.array_equal(opened.paint(opened.latents[:1]), explorer.paint(explorer.latents[:1]))


def test_a_run_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="Train first"):
        Explorer.open(Run.at(tmp_path / "new", "new").folder)


# ---- latents


def test_a_painting_is_at_its_address(explorer: Explorer) -> None:
    for i in (0, 11):
        assert torch.allclose(explorer.locate(Position(origin="painting", a=i)), explorer.latents[i], atol=1e-5)


def test_the_same_seed_is_the_same_place_and_another_is_not(explorer: Explorer) -> None:
    state = torch.get_rng_state()
    one, again, other = (explorer.locate(Position(seed=seed)) for seed in (5, 5, 6))
    assert torch.equal(one, again)
    assert not torch.allclose(one, other, atol=0.1)
    assert torch.equal(torch.get_rng_state(), state), "the global random state belongs to nobody"


def test_random_places_spread_as_the_paintings_do(explorer: Explorer) -> None:
    drawn = explorer.random(torch.Generator().manual_seed(1), 4000)
    spread = (drawn - explorer.mean) @ (explorer.directions[0] / explorer.directions[0].norm())
    assert float(spread.std()) == pytest.approx(float(explorer.strengths[0]), rel=0.1)


def test_a_slider_moves_by_standard_deviations_of_the_paintings(explorer: Explorer) -> None:
    start = explorer.locate(Position(origin="painting", a=2))
    moved = explorer.locate(Position(origin="painting", a=2, amounts=(0.0, 2.0)))
    assert float((moved - start).norm()) == pytest.approx(2 * float(explorer.strengths[1]), rel=1e-3)
    along = (explorer.latents - explorer.mean) @ (explorer.directions[1] / explorer.directions[1].norm())
    assert float(along.std()) == pytest.approx(float(explorer.strengths[1]), rel=1e-3)
    assert list(explorer.strengths) == sorted(explorer.strengths, reverse=True)


def test_daring_goes_from_the_mean_to_beyond(explorer: Explorer) -> None:
    mean = explorer.locate(Position(seed=4, daring=0))
    plain, bold = explorer.locate(Position(seed=4)), explorer.locate(Position(seed=4, daring=1.5))
    assert torch.allclose(mean, explorer.latents.mean(0), atol=1e-5)
    assert torch.allclose(bold - mean, 1.5 * (plain - mean), atol=1e-4)


def test_daring_leaves_the_sliders_alone(explorer: Explorer) -> None:
    moved = explorer.locate(Position(seed=4, daring=0, amounts=(1.0,)))
    assert torch.allclose(moved - explorer.mean, explorer.directions[0], atol=1e-4)


def test_a_morph_begins_and_ends_at_the_paintings(explorer: Explorer) -> None:
    for t, end in ((0.0, 3), (1.0, 8)):
        place = explorer.locate(Position(origin="morph", a=3, b=8, t=t))
        assert torch.allclose(place, explorer.latents[end], atol=1e-5)


def test_a_morph_is_smooth_and_does_not_pale(explorer: Explorer) -> None:
    way = torch.stack([explorer.locate(Position(origin="morph", a=3, b=8, t=i / 40)) for i in range(41)])
    steps = (way[1:] - way[:-1]).norm(dim=1)
    assert float(steps.max()) < 2 * float(steps.mean())
    straight = torch.lerp(explorer.latents[3], explorer.latents[8], 0.5)
    assert (way[20] - explorer.mean).norm() >= (straight - explorer.mean).norm()


def test_a_picture_finds_its_own_address(explorer: Explorer, run: Run) -> None:
    for i in (1, 7):
        with Image.open(run.paintings_folder / explorer.paintings[i].file) as painting:
            address = explorer.address(painting)
        distances = (explorer.latents - address).norm(dim=1)
        assert int(distances.argmin()) == i
        assert float(distances[i]) < 0.1 * float(distances.median())
        assert not address.is_inference()


def test_a_picture_file_finds_its_address_however_it_is_stored(explorer: Explorer, run: Run, tmp_path: Path) -> None:
    with Image.open(run.paintings_folder / explorer.paintings[4].file) as painting:
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by a quarter when it is shown
        painting.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    distances = (explorer.latents - explorer.address(tmp_path / "turned.png")).norm(dim=1)
    assert int(distances.argmin()) == 4


def test_transparency_is_flattened_on_the_ground(explorer: Explorer) -> None:
    clear = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    assert torch.allclose(explorer.address(clear), explorer.address(Image.new("RGB", (100, 100), "#ffffff")), atol=1e-4)


def test_a_file_that_is_no_picture_is_named(explorer: Explorer, tmp_path: Path) -> None:
    (tmp_path / "letter.jpg").write_text("Dear reader")
    with pytest.raises(PaintingError, match=r"letter\.jpg"):
        explorer.address(tmp_path / "letter.jpg")


def test_a_painting_that_is_not_there_is_refused(explorer: Explorer) -> None:
    for position in (Position(origin="painting", a=12), Position(origin="morph", a=0, b=99)):
        with pytest.raises(RunError, match="There is no painting"):
            explorer.locate(position)


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
    position = Position(seed=1, amounts=(4.0,) * SLIDERS, daring=1.5)
    assert torch.isfinite(explorer.locate(position)).all()
    assert torch.isfinite(explorer.locate(Position(origin="morph", a=0, b=1, t=0.5))).all()
    assert torch.isfinite(explorer.loop([Position(origin="painting", a=i) for i in (0, 1)], 9)).all()


# ---- positions from a browser


def test_a_position_comes_back_from_json() -> None:
    position = Position(origin="morph", seed=2**53 - 1, a=1, b=2, t=0.25, amounts=(1.5, -4.0), daring=0.7)
    assert Position.from_json(json.loads(json.dumps(position.to_json()))) == position
    assert Position.from_json({}) == Position()
    assert Position.from_json({"seed": 3.0, "amounts": [1]}) == Position(seed=3, amounts=(1,))


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        "seed",
        {"origin": "file:///etc/passwd"},
        {"origin": None},
        {"origin": ["seed"]},
        {"seed": -1},
        {"seed": 2**53},
        {"seed": 10**400},
        {"seed": 1.5},
        {"seed": True},
        {"seed": "7"},
        {"a": -1},
        {"b": float("inf")},
        {"t": float("nan")},
        {"t": 1.01},
        {"t": None},
        {"daring": -0.1},
        {"daring": 1.6},
        {"daring": float("inf")},
        {"daring": "1"},
        {"amounts": 3},
        {"amounts": "12"},
        {"amounts": [0] * 9},
        {"amounts": [AMOUNTS[1] + 0.01]},
        {"amounts": [float("nan")]},
        {"amounts": [[1]]},
        {"amounts": {"0": 1}},
        {"size": 4096},
        {1: 2},
    ],
    ids=lambda sent: str(sent)[:40],
)
def test_a_position_that_is_not_one_is_refused_in_a_sentence(sent: object) -> None:
    with pytest.raises(RunError) as refused:
        Position.from_json(sent)
    assert len(str(refused.value)) < 250


# ---- pictures


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
    with pytest.raises(RunError, match="enlarge"):
        explorer.picture(Position(), enlarge=enlarge)  # type: ignore[arg-type]


def test_a_ribbon_of_a_painting_does_not_make_a_picture_too_large_to_hold() -> None:
    chance = torch.Generator().manual_seed(1)
    explorer = Explorer(model_of(torch.randn(8, 256, generator=chance), aspect=1500.0))
    assert explorer.picture(Position(), enlarge=8).width <= 8192


def test_a_png_tells_what_made_it_and_keeps_the_id_secret(explorer: Explorer, run: Run) -> None:
    position = Position(origin="morph", a=3, b=5, t=0.5, amounts=(1.5,), daring=0.7)
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


def test_a_renamed_run_gives_its_new_name_to_pictures(run: Run) -> None:
    before = run.info.name
    run.rename("Renamed")
    try:
        assert Explorer.open(run.folder).name == "Renamed"
    finally:
        run.rename(before)


def test_a_loop_passes_through_its_positions(explorer: Explorer) -> None:
    positions = [Position(origin="painting", a=i) for i in (0, 4, 9)]
    frames = explorer.loop(positions, 30, smoothness=0.5)
    assert frames.shape == (30, 256)
    for number, i in ((0, 0), (10, 4), (20, 9)):
        assert torch.allclose(frames[number], explorer.latents[i], atol=1e-4)


# ---- the package


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


# ---- classes


@pytest.fixture(scope="module")
def classed() -> Explorer:
    """Two classes whose addresses lie far apart."""
    latents = torch.randn(20, 256, generator=torch.Generator().manual_seed(0)) * 0.1
    latents[:12] += 2
    return Explorer(model_of(latents, classes=["cats", "dogs"], labels=[0] * 12 + [1] * 8))


def test_a_picture_can_be_asked_for_by_class(classed: Explorer) -> None:
    assert classed.classes == ("cats", "dogs")
    seeds = range(20)
    cats = torch.stack([classed.locate(Position(seed=seed, group=0)) for seed in seeds])
    dogs = torch.stack([classed.locate(Position(seed=seed, group=1, daring=0.5)) for seed in seeds])
    assert cats.mean(1).min() > 1.5
    assert dogs.mean(1).max() < 0.5
    either = torch.stack([classed.locate(Position(seed=seed)) for seed in seeds]).mean(1)
    assert ((either > 1.5) | (either < 0.5)).all()
    assert (either > 1.5).any() and (either < 0.5).any()


def test_a_class_that_is_not_there_is_refused_with_those_that_are(classed: Explorer, explorer: Explorer) -> None:
    with pytest.raises(RunError, match=r"no class 2.*0 \(cats\), 1 \(dogs\)"):
        classed.locate(Position(group=2))
    assert explorer.classes == ()
    with pytest.raises(RunError, match="There are none"):
        explorer.locate(Position(group=0))


def test_a_position_with_a_class_survives_json_and_a_browser() -> None:
    assert Position.from_json(Position(group=3).to_json()) == Position(group=3)
    assert Position.from_json({"group": 1.0}).group == 1
    assert Position.from_json({"seed": 4}).group is None
    with pytest.raises(RunError, match="group"):
        Position(group=-1)


@pytest.mark.parametrize(
    "settings",
    [
        {"classes": ["cats", "dogs"], "labels": [0] * 20},
        {"classes": ["cats", "dogs"], "labels": [0, 1]},
        {"classes": ["cats", "dogs"], "labels": [0] * 19 + [2]},
        {"classes": ["cats"], "labels": [0] * 20},
        {"classes": "cats", "labels": None},
    ],
)
def test_classes_that_do_not_fit_the_paintings_are_none(settings: dict) -> None:
    assert Explorer(model_of(torch.randn(20, 256), **settings)).classes == ()
