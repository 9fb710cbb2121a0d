"""The Train tab without a browser: what it shows of a run, and what its buttons do."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from page_server import content, write_untrained
from PIL import Image
from run_makers import finished, sampled, started, stepped, until

from neural_art.errors import NeuralArtError, RunError
from neural_art.events import Delayed
from neural_art.messages import Message
from neural_art.processor import CPU, Processor, Survey
from neural_art.recipe import DEFAULT_MINUTES, Recipe
from neural_art.runs.desired import desired_state, set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.processors import KnownProcessors
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio
from neural_art.web import answers, films
from neural_art.web.page import Page
from neural_art.web.settings import Settings
from neural_art.web.tabs import train_values
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A page whose studio starts no workers: what is asked for waits."""
    folder = tmp_path_factory.mktemp("page")
    page = Page(Studio(folder / "runs", start=False), Settings(runs=folder / "runs"), folder / "uploads")
    page.blocks = page.build()  # type: ignore[attr-defined]
    return page


def prepared_run(page: Page, paintings: Path) -> Run:
    run = page.studio.create("Hills at dusk")
    for _ in page.studio.intake.add_paintings(run.id, paintings):
        pass
    return run


@pytest.fixture
def run(page: Page, paintings: Path) -> Run:
    return prepared_run(page, paintings)


@pytest.fixture
def trained(run: Run) -> Run:
    """A run that has finished, with two sample grids and a model."""
    return finish(run)


def finish(run: Run) -> Run:
    run.set_recipe(Recipe(name="sketch"))
    set_desired_state(run, "training", 1)
    journal = Journal(run)
    run.paths.sample_grids.mkdir()
    for event in (started(), sampled(1, 0), stepped(2), sampled(3, 1), finished(4)):
        journal.append(event)
    for step in (1, 3):
        Image.new("RGB", (96, 64), (80 * step, 0, 0)).save(run.paths.sample_grid(step))
    write_untrained(run.paths.checkpoint)
    return run


@pytest.fixture(scope="module")
def lending_page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A page where graphics cards are lent."""
    folder = tmp_path_factory.mktemp("lending")
    studio = Studio(folder / "runs", start=False, lend=lambda folder, seconds, base: {"ended": "unwanted"})
    page = Page(studio, Settings(runs=folder / "runs"), folder / "uploads")
    page.blocks = page.build()  # type: ignore[attr-defined]
    return page


def found(page: Page, name: str) -> Any:
    """The component with this ``elem_id``."""
    return next(block for block in page.everything if block.elem_id == name)


def ask(page: Page, run: Run, button: str, *values: Any, language: str = "en") -> dict[str, Any]:
    """What a click on a button is answered with: ``elem_id`` -> update."""
    target = (found(page, button)._id, "click")
    (event,) = [each for each in page.blocks.fns.values() if target in each.targets and each.fn is not None]  # type: ignore[attr-defined]
    session = Visit(run=run.id, runs=(run.id,), step="train", language=language).to_session()
    return by_name(event.fn(None, gr.EventData(None, None), session, *values))


def by_name(updates: Updates) -> dict[str, Any]:
    return {block.elem_id: update for block, update in updates.items() if block.elem_id}


def shown(page: Page, run: Run, language: str = "en") -> dict[str, Any]:
    """What the tab shows of a run when it is opened: ``elem_id`` -> update."""
    visit, status = Visit(run=run.id, step="train", language=language), page.studio.status(run.id)
    return by_name({**page.train.shown(visit, run, status), **page.train.ticked(visit, run, status, {}, {})})


def visible(updates: dict[str, Any], prefix: str = "train-") -> set[str]:
    """The buttons that updates show, without their prefix."""
    return {
        name.removeprefix(prefix) for name, update in updates.items() if name.startswith(prefix) and update["visible"]
    }


def film_ended(page: Page, run: Run) -> None:
    """Waits until the learning film is made, or has failed."""
    until(lambda: not page.tasks.working(run.id, films.LEARNING))


RECIPE = {"chosen": "sketch"}


# ---- the question


def test_a_run_that_was_never_trained_is_asked_how_long(page: Page, run: Run) -> None:
    now = shown(page, run, "zh")
    assert (now["ask"]["visible"], now["studio"]["visible"], visible(now)) == (True, False, set())
    assert [card["title"] for card in now["recipes"]["cards"]] == ["速写", "习作", "大幅"]
    assert now["recipes"]["chosen"] is None, "what is chosen stays when the language changes"
    assert now["unit"] == {
        "run": run.id, "minutes": DEFAULT_MINUTES, "recipe": "canvas", "seed": 0, "base": True,
        "device": "auto", "devices": ["auto", "cpu"],
    }  # fmt: skip
    assert (now["device"]["visible"], now["learns-on"]["value"]) == (False, "训练使用本机处理器。")


def test_with_a_graphics_card_there_is_more_to_choose_and_less_time_is_usual(tmp_path: Path, paintings: Path) -> None:
    answered = threading.Event()

    def ask_processors() -> Survey:
        answered.wait(10)
        return Survey((Processor("cuda:0", "NVIDIA H200", 1 << 37, "GPU-7c"), CPU))

    known = KnownProcessors(ask_processors, sign=lambda: "/dev/nvidia0")
    known.begin()
    page = Page(Studio(tmp_path / "runs", start=False, processors=known), Settings(base=None), tmp_path / "uploads")
    page.blocks = page.build()  # type: ignore[attr-defined]
    run = page.studio.create("Hills")
    for _ in page.studio.intake.add_paintings(run.id, paintings):
        pass
    visit, status, first = Visit(run=run.id, step="train"), page.studio.status(run.id), dict[str, Any]()
    before = by_name(page.train.ticked(visit, run, status, {}, first))
    assert (before["unit"]["minutes"], before["device"]["visible"]) == (DEFAULT_MINUTES, False)
    answered.set()
    known.wait()
    now = by_name(page.train.ticked(visit, run, status, first, second := {}))
    assert (now["unit"]["minutes"], now["unit"]["recipe"]) == (2, "canvas")
    assert [card["value"] for card in now["recipes"]["cards"]] == ["sketch", "study", "canvas", "mural"]
    assert "fewer than 384 pixels" in now["recipes"]["cards"][-1]["note"], "the paintings are too small for a mural"
    assert now["device"]["visible"] and not now["learns-on"]["visible"]
    words = [("The fastest", "auto"), ("NVIDIA H200", "cuda"), ("This computer's processor", "cpu")]
    assert now["device"]["choices"] == words
    assert not page.train.ticked(visit, run, status, second, {})
    ask(page, run, "start", 2, None, 0, True, "cuda")
    assert run.recipe is not None and (run.recipe.name, run.recipe.device) == ("canvas", "cuda")
    longer = finish(prepared_run(page, paintings))
    write_untrained(longer.paths.training_state)
    assert shown(page, longer, "zh")["train-longer"]["value"] == "再训练 2 分钟"
    used = page.studio.status(longer.id).seconds / 60
    ask(page, longer, "train-longer")
    desired = desired_state(longer)
    assert desired is not None and desired.minutes == pytest.approx(used + 2)


def test_a_training_is_asked_for_as_it_was_chosen(page: Page, run: Run) -> None:
    now = ask(page, run, "start", 3, RECIPE, 7, False, "cpu")
    desired, recipe = desired_state(run), run.recipe
    assert desired is not None and (desired.state, desired.minutes) == ("training", 3)
    chosen = ("sketch", 7, False, "cpu")
    assert recipe is not None and (recipe.name, recipe.seed, recipe.base, recipe.device) == chosen
    assert (now["studio"]["visible"], now["clock"]["state"], visible(now)) == (True, "waiting", {"pause", "leave"})
    assert now["messages"]["quiet"] and now["messages"]["text"] == "The training was asked for."


@pytest.mark.parametrize(
    "wrong",
    [
        (0, RECIPE, 0, True, "auto"),
        (None, RECIPE, 0, True, "auto"),
        (5, {"chosen": "fresco"}, 0, True, "auto"),
        (5, RECIPE, -1, True, "auto"),
        (5, RECIPE, 0, True, "gpu"),
    ],
    ids=str,
)
def test_what_cannot_be_trained_is_refused_with_a_sentence(page: Page, run: Run, wrong: tuple[Any, ...]) -> None:
    now = ask(page, run, "start", *wrong, language="zh")
    assert now["messages"]["text"].endswith("。") and not now["messages"]["quiet"]
    assert desired_state(run) is None
    assert now["ask"]["visible"], "the page shows what is the case"


def test_without_a_choice_it_is_the_recipe_that_most_want(page: Page, run: Run) -> None:
    ask(page, run, "start", 5, None, 0, True, "auto")
    assert run.recipe is not None and run.recipe.name == "canvas"


# ---- a card that is lent


@pytest.fixture
def lent_run(lending_page: Page, paintings: Path) -> Run:
    return prepared_run(lending_page, paintings)


def test_where_cards_are_lent_one_is_asked_for_with_the_large_recipe_and_waited_for(
    lending_page: Page, lent_run: Run
) -> None:
    assert shown(lending_page, lent_run)["unit"]["recipe"] == "canvas"
    assert found(lending_page, "loan").value == "60 seconds on a graphics card"
    assert found(lending_page, "start").value == "Start on this Space's processor"
    now = ask(lending_page, lent_run, "loan", 3, None, 0, True, "auto")
    assert lent_run.recipe is not None and lent_run.recipe.name == "canvas"
    assert (now["clock"]["state"], now["clock"]["loan"], now["grid"]["waiting"]) == ("waiting", True, "grid.loan")
    assert "waiting for a card" in now["state"]["value"]
    again = ask(lending_page, lent_run, "loan", 3, None, 0, True, "auto")
    assert "is waiting" in again["messages"]["text"] and not again["messages"]["quiet"]


def test_a_run_that_was_trained_can_have_a_card_that_is_lent(lending_page: Page, lent_run: Run) -> None:
    ask(lending_page, lent_run, "start", 3, RECIPE, 0, True, "auto")
    paused = ask(lending_page, lent_run, "train-pause")
    assert visible(paused) == {"resume", "stop", "loan"}
    assert paused["loan-note"]["visible"]
    assert ask(lending_page, lent_run, "train-loan")["clock"]["loan"]


def test_a_card_is_lent_in_a_request_of_the_queue_and_everything_else_goes_past_it(lending_page: Page) -> None:
    events = lending_page.blocks.fns.values()  # type: ignore[attr-defined]
    queued = {each.fn.__name__: each for each in events if each.queue and each.fn and each.api_visibility == "private"}
    assert set(queued) == {"spend_loan"}
    assert queued["spend_loan"].types_generator is False


def test_where_no_cards_are_lent_there_is_no_button_for_it(page: Page, trained: Run) -> None:
    assert "loan" not in {block.elem_id for block in page.everything}
    assert "loan" not in visible(shown(page, trained))
    assert found(page, "start").value == "Start training"
    refused = ask(page, trained, "train-loan")
    assert "No graphics cards are lent here" in refused["messages"]["text"]


# ---- pause, go on, stop, longer, branch


def test_it_is_paused_resumed_and_taken_out_of_the_queue(page: Page, run: Run) -> None:
    ask(page, run, "start", 3, RECIPE, 0, True, "auto")
    paused = ask(page, run, "train-pause")
    assert (paused["clock"]["state"], visible(paused)) == ("paused", {"resume", "stop"})
    assert visible(ask(page, run, "train-resume")) == {"pause", "leave"}
    left = ask(page, run, "train-leave")
    assert left["ask"]["visible"] and not left["studio"]["visible"]


def test_a_finished_run_can_be_explored_prolonged_and_branched(page: Page, trained: Run) -> None:
    assert visible(shown(page, trained)) == {"explore", "longer", "branch"}
    assert ask(page, trained, "train-explore")["steps"]["selected"] == "explore"
    write_untrained(trained.paths.training_state)
    ask(page, trained, "train-longer")
    desired = desired_state(trained)
    assert desired is not None and desired.state == "training"


def test_a_branch_is_chosen_in_place(page: Page, trained: Run) -> None:
    asked = ask(page, trained, "train-branch")
    assert asked["branching"]["visible"] and not asked["train-branch"]["visible"]
    assert not ask(page, trained, "branch-cancel")["branching"]["visible"]
    for button, step, paintings in (("branch-same", "train", 12), ("branch-other", "data", 0)):
        now = ask(page, trained, button, language="zh")
        branch = page.studio.status(now["session"]["run"])
        assert (now["steps"]["selected"], branch.paintings, branch.parent) == (step, paintings, trained.id)
        assert branch.name.startswith("Hills at dusk") and branch.name != "Hills at dusk"
        assert now["session"]["runs"] == [branch.id, trained.id]


def test_what_a_run_cannot_do_is_said_and_nothing_changes(page: Page, run: Run) -> None:
    assert ask(page, run, "train-longer")["messages"]["text"]
    assert page.studio.status(run.id).state == "prepared"


def test_a_training_that_is_about_to_pause_can_be_told_to_go_on(page: Page, trained: Run) -> None:
    status = replace(page.studio.status(trained.id), state="training")
    possible = {wanted: set(train_values.buttons(replace(status, desired_state=wanted))) for wanted in DESIRED}
    assert possible == {"training": {"pause", "stop"}, "paused": {"resume"}, "finished": set()}


DESIRED: tuple[Any, ...] = ("training", "paused", "finished")


def test_a_failure_is_said_with_its_reason(page: Page, trained: Run) -> None:
    reason = RunError("no-progress").message
    status = replace(page.studio.status(trained.id), state="failed", reason=reason)
    now = by_name(page.train.ticked(Visit(run=trained.id, language="zh"), trained, status, {}, {}))
    assert (now["clock"]["trouble"], visible(now)) == (reason.sentence("zh"), {"resume"})
    assert now["clock"]["where"] == "使用本机处理器"
    assert now["grid"]["waiting"] == "grid.failed"


# ---- what a tick brings


def test_a_tick_brings_what_changed_and_nothing_else(page: Page, trained: Run) -> None:
    visit = Visit(run=trained.id, step="train")
    status = replace(page.studio.status(trained.id), state="training", desired_state="training")
    first: dict[str, Any] = {}
    page.train.ticked(visit, trained, status, {}, first)
    second: dict[str, Any] = {}
    assert page.train.ticked(visit, trained, status, first, second) == {}
    assert second == first
    later = replace(status, step=9, seconds=9.0, seconds_left=51.0)
    assert set(by_name(page.train.ticked(visit, trained, later, first, {}))) == {"clock", "curves"}
    grid = replace(status, sample_grids=3, sample_grid_number=2)
    assert set(by_name(page.train.ticked(visit, trained, grid, first, {}))) == {"grid", "past"}


def test_everything_that_a_tick_may_bring_is_named(page: Page, trained: Run) -> None:
    visit, status = Visit(run=trained.id, step="train"), page.studio.status(trained.id)
    assert set(page.train.ticked(visit, trained, status, {}, {})) <= set(page.train.ticking)


def test_the_page_without_a_run_shows_nothing_of_the_last(page: Page) -> None:
    blank = by_name(page.train.blank(Visit()))
    assert not blank["studio"]["visible"] and not blank["ask"]["visible"] and not blank["learning"]["visible"]
    assert blank["grid"] == blank["curves"] == {}


# ---- pictures and curves


def test_sample_grids_are_served_by_their_index(page: Page, trained: Run) -> None:
    answer = page.train.sample_grid({"run": trained.id, "index": 0})
    assert content(answer["sample_grid"]) == trained.paths.sample_grid(1).read_bytes()
    for wrong in (2, -1, "0", None):
        with pytest.raises(NeuralArtError):
            page.train.sample_grid({"run": trained.id, "index": wrong})


def test_curves_tell_where_a_finished_training_was_continued(page: Page, trained: Run) -> None:
    journal = Journal(trained)
    awaited = Delayed(step=4, seconds=4, reason=Message("processor.card-awaited"))
    for event in (awaited, started(4, resumed=True), stepped(6), stepped(7, texture_distance=0.123456)):
        journal.append(event)
    curves = page.train.series({"run": trained.id})
    assert (curves["seconds"], curves["continued"]) == ([2.0, 6.0, 7.0], [4.0])
    assert curves["texture_distance"] == [0.5, 0.5, 0.1235]


def test_a_long_training_has_curves_that_are_quick_to_send(page: Page, run: Run) -> None:
    journal = Journal(run)
    journal.append(started())
    for step in range(1, 900):
        journal.append(stepped(step))
    assert len(page.train.series({"run": run.id})["seconds"]) == train_values.POINTS


# ---- the learning film


def test_the_learning_film_makes_itself_and_is_named_after_the_run(page: Page, trained: Run) -> None:
    made = shown(page, trained)
    assert made["learning"]["visible"] and made["learning-bar"]["value"]["text"] == "The film is being made."
    film_ended(page, trained)
    done = shown(page, trained, "zh")
    path = Path(done["learning-film"]["value"])
    assert (path.name, done["learning-save"]["value"]) == ("Hills-at-dusk-学习过程.mp4", str(path))
    assert path.read_bytes() == films.learning_film_path(trained, 4).read_bytes()
    assert page.uploads in path.parents and trained.id not in str(path), "whoever sees the film gets no key to the run"
    assert not done["learning-bar"]["visible"]


def test_a_film_that_the_cache_lost_is_there_again(page: Page, trained: Run) -> None:
    shown(page, trained)
    film_ended(page, trained)
    path = Path(shown(page, trained)["learning-film"]["value"])
    path.unlink()
    shown(page, trained)
    assert path.is_file()


def test_a_film_that_failed_is_said_and_can_be_tried_again(page: Page, trained: Run) -> None:
    for step in (1, 3):
        trained.paths.sample_grid(step).write_bytes(b"torn")
    shown(page, trained)
    film_ended(page, trained)
    failed = shown(page, trained)
    assert failed["learning-again"]["visible"] and not failed["learning-film"]["visible"]
    assert "film" in failed["learning-bar"]["value"]["text"] and not failed["learning-bar"]["value"]["working"]
    assert shown(page, trained)["learning-again"]["visible"], "it does not begin again by itself"
    Image.new("RGB", (96, 64)).save(trained.paths.sample_grid(1))
    ask(page, trained, "learning-again")
    film_ended(page, trained)
    assert shown(page, trained)["learning-film"]["visible"]


def test_a_run_that_learns_on_has_no_film_yet(page: Page, trained: Run) -> None:
    write_untrained(trained.paths.training_state)
    ask(page, trained, "train-longer")
    assert not shown(page, trained)["learning"]["visible"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hills, at  dusk", "Hills-at-dusk"),
        ("../../etc", "etc"),
        ("夕阳 2", "夕阳-2"),
        ("//", "neural-art"),
        ("a" * 200, "a" * 80),
    ],
)
def test_a_name_for_people_is_a_name_for_a_file(text: str, name: str) -> None:
    assert answers.file_name(text) == name
