"""Teaching a base: painters, those held out, resuming, and the best that is kept."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from neural_art.errors import CheckpointError, DatasetError
from neural_art.events import Progress
from neural_art.models.checkpoint import Model
from neural_art.recipe import Budget, Recipe
from neural_art.runs import pretrain
from neural_art.runs.picture_file import LIMITS
from neural_art.runs.run import Run
from neural_art.runs.teach import Taught, Validated, held_apart, painters, teach, whose_turn
from neural_art.teaching import Teaching
from neural_art.training.validation import Validation
from tests.untrained import model_of

TEACHING = Teaching(
    recipe=Recipe(name="sketch", batch=2, threads=1, precision="float32"),
    steps=1,
    rate=0.5,
    end="last",
    least=3,
    every=2,
)
PAINTERS = ("anker", "bonnard", "corot", "derain")
News = Progress | Taught | Validated


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: Tensor) -> Path:
    """Four painters with three works each in two folders, one with two works, and a work that is nobody's."""
    pictures = tmp_path_factory.mktemp("teach") / "pictures"
    names = [f"{number % 2}/{painter}_{number}" for painter in PAINTERS for number in range(3)]
    names += ["0/ensor_masks", "0/ensor_skeletons", "0/sunset"]
    for number, name in enumerate(names):
        file = pictures / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = drawn_paintings[number % 12].permute(1, 2, 0).numpy()
        picture = Image.fromarray(pixels)
        (picture if number < 12 else picture.transpose(Image.Transpose.ROTATE_90)).resize((90, 80)).save(file)
    return pictures


@pytest.fixture(scope="module")
def start() -> Model:
    latents = torch.randn(12, 256, generator=torch.Generator().manual_seed(0))
    return model_of(latents, name="base-sketch", paintings=12, seconds=600.0)


def taught(
    folder: Path, run: Run, start: Model, steps: int, kids: Sequence[float] = (), teaching: Teaching = TEACHING
) -> Generator[News]:
    """What is done until there were ``steps``. ``kids``: what validation finds, one after the other."""
    found = iter(kids)

    def validation(paintings: Tensor, size: int) -> Validation:
        assert (len(paintings), size) == (3, 64)
        return lambda model: next(found, 1.0)

    limits = replace(LIMITS, least=10)
    news = teach(
        folder, run, start, teaching, Budget(steps=steps), limits=limits, validation=validation, save_seconds=0
    )
    yield from news


@pytest.fixture(scope="module")
def made(folder: Path, start: Model, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[News]]:
    """A base that was taught three steps, validated before the first, after the second and after the last."""
    run = Run.at(tmp_path_factory.mktemp("made") / "run", "taught")
    kids = [2.0, 5.0, 9.0, 3.0, 1.0, 4.0]  # untrained and trained, in turn
    return run, list(taught(folder, run, start, 3, kids))


def test_works_belong_to_the_painter_whose_name_they_begin_with() -> None:
    names = ["b/monet_a.jpg", "sunset.jpg", "a/monet_b_c.jpg", "_x.jpg", *(f"{p}_{n}.jpg" for p in "xyz" for n in "ab")]
    found = painters([*names, "dix_war.jpg"], least=2)
    assert found == {"monet": [0, 2], "x": [4, 5], "y": [6, 7], "z": [8, 9]}


def test_too_few_painters_are_named(folder: Path, start: Model, tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as refused:
        list(taught(folder, Run.at(tmp_path / "run", "taught"), start, 1, teaching=replace(TEACHING, least=4)))
    assert (refused.value.code, refused.value.values) == ("too-few-painters", {"count": 0, "least": 3, "works": 4})


def test_one_painter_in_nine_is_held_out_by_the_seed() -> None:
    found = {str(number): [number] for number in range(54)}
    choices = []
    for seed in (0, 0, 1):
        learned, held_out = held_apart(found, Teaching(recipe=Recipe(seed=seed)))
        assert len(held_out) == 6
        assert learned | held_out == found
        choices.append(set(held_out))
    assert choices[0] == choices[1] != choices[2]


def test_the_painters_take_turns_in_a_new_order_each_time() -> None:
    names, teaching = list("abcdef"), Teaching(painters=2)
    steps = [whose_turn(names, step, teaching) for step in range(6)]
    first, second = ([name for step in steps[part] for name in step] for part in (slice(3), slice(3, None)))
    assert sorted(first) == sorted(second) == names
    assert first != second


def test_those_held_out_are_validated_and_never_learned_from(made: tuple[Run, list[News]]) -> None:
    steps = [event for event in made[1] if isinstance(event, Taught)]
    names = [name for event in steps for name in event.painters]
    (held_out,) = {name for event in made[1] if isinstance(event, Validated) for name in event.trained}
    assert len(names) == len(set(names)) == 3
    assert set(names) == set(PAINTERS) - {held_out}


def test_the_base_moves_by_a_rate_that_falls(made: tuple[Run, list[News]]) -> None:
    steps = [event for event in made[1] if isinstance(event, Taught)]
    assert [event.rate for event in steps] == pytest.approx([0.5, 1 / 3, 1 / 6])
    assert all(event.distance > 0 for event in steps)


def test_the_best_by_what_a_training_reaches_is_kept_and_shipped(
    made: tuple[Run, list[News]], start: Model, tmp_path: Path
) -> None:
    run, events = made
    found = [event for event in events if isinstance(event, Validated)]
    assert [(event.step, event.means, event.best) for event in found] == [
        (0, (2.0, 5.0), True),
        (2, (9.0, 3.0), True),
        (3, (1.0, 4.0), False),
    ]
    best, last = Model.open(run.folder / pretrain.BEST), Model.open(run.paths.checkpoint)
    assert (best.settings["step"], best.settings["kid"], last.settings["step"]) == (2, 3.0, 3)
    weights = [model.generator.first.bias for model in (start, best, last)]
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[1], weights[2])
    pretrain.ship(run, tmp_path, "Drawings.")
    card = (tmp_path / pretrain.CARD).read_text()
    assert "after 10 of the model it began from; 2 outer steps of Reptile, over trainings of 1 steps" in card


def test_it_resumes_as_if_it_had_not_been_interrupted(
    made: tuple[Run, list[News]], folder: Path, start: Model, tmp_path: Path
) -> None:
    run = Run.at(tmp_path / "run", "taught")
    news = taught(folder, run, start, 3)
    for event in news:
        if isinstance(event, Taught):
            break
    news.close()
    again = list(taught(folder, Run.open(run.folder), start, 3))
    assert [event.step for event in again if isinstance(event, Taught)] == [2, 3]
    assert not any(isinstance(event, Progress) for event in again)
    whole, resumed = (Model.open(each.paths.checkpoint).tensors() for each in (made[0], run))
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in whole.items())
    assert all(torch.equal(tensor, whole[name]) for name, tensor in start.tensors().items() if "encoder" in name)


def test_what_was_begun_otherwise_is_not_gone_on_with(made: tuple[Run, list[News]], folder: Path, start: Model) -> None:
    with pytest.raises(CheckpointError):
        list(taught(folder, made[0], start, 4, teaching=replace(TEACHING, rate=0.1)))
