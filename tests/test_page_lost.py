"""What a person does while requests get lost, the server is away, or another tab does something: nothing is lost."""

from __future__ import annotations

import json
import re
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from browser import BrowserContext, Page, Route, Server, Visitors, enter, expect, go
from page_server import POSITION, write_paintings, write_untrained
from PIL import Image
from run_makers import finished, started, stepped
from scenes import opened, other_training, until

from neural_art.recipe import Recipe
from neural_art.runs.desired import desired_state, set_desired_state
from neural_art.runs.favourites import Favourites
from neural_art.runs.journal import Journal
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio

REQUESTS = re.compile(r"/gradio_api/(run/predict|component_server|upload)")


class Loss:
    """Loses every kind of request twice: the first time on its way to the server, the second time its answer.

    ``times``: how often each kind was lost; the kinds are names of functions of the server's, and "upload".
    """

    def __init__(self, server: Server) -> None:
        self.times: Counter[str] = Counter()
        with urllib.request.urlopen(f"{server.address}config") as config:
            self._names = {each["id"]: each["api_name"] for each in json.load(config)["dependencies"]}

    def on(self, place: Page | BrowserContext) -> None:
        """From now on, on a page or on all of a visitor's."""
        place.route(REQUESTS, self._lose)

    def _lose(self, route: Route) -> None:
        kind = self._kind(route)
        if self.times[kind] == 2:
            route.continue_()
            return
        self.times[kind] += 1
        if self.times[kind] == 2:
            route.fetch()
        route.abort()

    def _kind(self, route: Route) -> str:
        if "/upload" in route.request.url:
            return "upload"
        asked = json.loads(route.request.post_data or "{}")
        return str(asked.get("fn_name") or self._names[asked["fn_index"]])


# ---- a server whose queue is held by a training of somebody else's, so that nothing is trained


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("lost")
    server = Server(folder)
    with other_training(Studio(server.runs, start=False)):
        server.start()
        yield server
        server.kill()


@pytest.fixture(scope="module")
def studio(server: Server) -> Studio:
    return Studio(server.runs, start=False)


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    """Twelve, and one that looks like a copy."""
    folder = write_paintings(tmp_path_factory.mktemp("set") / "hills", drawn_paintings)
    Image.open(folder / "dawn" / "hill 00.png").point(lambda value: min(255, value + 2)).save(folder / "copy.png")
    return folder


@pytest.fixture(scope="module")
def make(studio: Studio, paintings: Path) -> Callable[..., Run]:
    """Makes runs that can be played with, prepared or ``trained``."""
    first = studio.create("Hills")
    for _ in studio.intake.add_paintings(first.id, paintings):
        pass
    latents = torch.randn(13, 256, generator=torch.Generator().manual_seed(0))

    def make(name: str, *, trained: bool = False) -> Run:
        run = studio.copy_paintings(first.id, name=name)
        write_untrained(run.paths.checkpoint, latents)
        if trained:
            write_untrained(run.paths.training_state)
            run.set_recipe(Recipe(name="sketch"))
            set_desired_state(run, "training", 1)
            for event in (started(), stepped(2), finished(4)):
                Journal(run).append(event)
        return run

    return make


@pytest.fixture
def scene(server: Server, studio: Studio, visitors: Visitors, make: Callable[..., Run], paintings: Path) -> Scene:
    return Scene(server, studio, visitors, make, paintings)


class Scene:
    """What a test's story needs: a server, the studio behind it, its visitors, runs, a folder of paintings."""

    def __init__(
        self, server: Server, studio: Studio, visitors: Visitors, make: Callable[..., Run], paintings: Path
    ) -> None:
        self.server, self.studio, self.visitors, self.make, self.paintings = server, studio, visitors, make, paintings

    def arrive(self, run: Run | None = None, step: str = "", **options: Any) -> Page:
        """Somebody's page, with a run and at a step."""
        page = enter(self.visitors.arrive(**options), self.server.address + (f"?run={run.id}" if run else ""))
        if step:
            go(page, step)
        if step == "explore":
            page.wait_for_selector("#stage canvas[data-number]")
        return page

    def runs(self, name: str) -> list[Run]:
        """All runs with this name."""
        found = [Run(folder) for folder in self.studio.root.iterdir()]
        return [run for run in found if run.exists() and run.info.name == name]


# ---- every request is lost once


def opening(scene: Scene, lose: Callable[[Any], None]) -> set[str]:
    run, context = scene.make("Opened"), scene.visitors.arrive()
    lose(context)
    page = enter(context, f"{scene.server.address}?run={run.id}")
    expect(page.locator("#run-name").locator("input, textarea")).to_have_value("Opened")
    page.click("#language")
    expect(page.locator("#steps [role=tab]").nth(1)).to_have_text("训练")
    go(page, "train")
    expect(page.locator("#start")).to_be_visible()
    go(page, "explore")
    page.wait_for_selector("#stage canvas[data-number]")
    return {"_opened", "_translated", "selected_1", "selected_2", "ask_paint", "ask_explore"}


def uploading(scene: Scene, lose: Callable[[Any], None]) -> set[str]:
    page = scene.arrive()
    lose(page)
    before = {run.id for run in scene.runs("hills")}
    page.locator("#picker input.folder").set_input_files(scene.paintings)
    expect(page.locator("#report-title")).to_have_text("13 paintings are ready")
    (run,) = [run for run in scene.runs("hills") if run.id not in before]
    assert run.id == opened(page)
    page.locator("#fit input[value=crop]").check(force=True)
    until(lambda: run.report.fit == "crop", page)
    expect(page.locator("#fit.asked, #fit .asked")).to_have_count(0)
    expect(page.locator("#fit input[value=crop]")).to_be_checked()
    page.locator("#duplicates input").first.check(force=True)
    page.locator("#duplicates .leave").click()
    expect(page.locator("#report-title")).to_have_text("12 paintings are ready")
    assert len(run.report.paintings) == 12
    return {"upload", "ask_take", "_arrived_all", "_refit", "_leave_out", "ask_painting_thumbnails"}


def samples(scene: Scene, lose: Callable[[Any], None]) -> set[str]:
    page, before = scene.arrive(), len(scene.runs("Sample paintings"))
    lose(page)
    page.click("#samples")
    expect(page.locator("#upload .name")).to_contain_text("landscapes/")
    assert len(scene.runs("Sample paintings")) == before + 1
    scene.studio.delete(opened(page))  # that they are painted to the end is tested elsewhere
    return {"_paint_samples"}


def training(scene: Scene, lose: Callable[[Any], None]) -> set[str]:
    run = scene.make("Trained here")
    page = scene.arrive(run, "train")
    lose(page)
    state = lambda: scene.studio.status(run.id).state  # noqa: E731
    page.click("#start")
    page.click("#train-pause")
    expect(page.locator("#train-resume")).to_be_visible()
    assert state() == "paused"
    page.click("#train-resume")
    expect(page.locator("#train-leave")).to_be_visible()
    assert state() == "waiting"
    page.click("#train-leave")
    write_untrained(run.paths.training_state)
    page.click("#train-longer")
    expect(page.locator("#train-leave")).to_be_visible()
    assert (state(), desired_state(run).minutes) == ("waiting", 5)
    return {"start", "_pause", "_resume", "_stop_1", "_train_longer"}


def branching(scene: Scene, lose: Callable[[Any], None]) -> set[str]:
    run = scene.make("Branched", trained=True)
    page, before = scene.arrive(run, "train"), len(scene.runs("Branched, on from there"))
    lose(page)
    page.click("#train-branch")
    page.click("#branch-same")
    expect(page.locator("#run-name").locator("input, textarea")).to_have_value("Branched, on from there")
    expect(page.locator("#start")).to_be_visible()
    assert len(scene.runs("Branched, on from there")) == before + 1
    return {"_ask_branch", "_branch_same"}


def keeping(scene: Scene, lose: Callable[[Any], None]) -> set[str]:
    run = scene.make("Kept")
    page = scene.arrive(run)
    lose(page)
    go(page, "explore")
    page.wait_for_selector("#stage canvas[data-number]")
    page.click("#keep")
    expect(page.locator("#kept .tile")).to_have_count(1)
    page.click("#new")
    page.click("#keep")
    expect(page.locator("#kept .tile")).to_have_count(2)
    assert len(Favourites(run).all()) == 2
    page.click("#keep")
    expect(page.locator("#kept .tile")).to_have_count(1)
    assert len(Favourites(run).all()) == 1
    with page.expect_download() as download:
        page.click("#save")
    assert Image.open(download.value.path()).size == (96, 64)
    for shelf in ("#own", "#sixteen", "#kept"):
        page.locator(f"{shelf} img").first.scroll_into_view_if_needed()
        expect(page.locator(f"{shelf} img").first).to_have_attribute("src", re.compile("^data:image"))
    return {"ask_paint", "ask_explore", "ask_keep", "ask_unkeep", "ask_picture", "ask_thumbnails", "ask_paint_many"}


def filming(scene: Scene, lose: Callable[[Any], None]) -> set[str]:
    run = scene.make("Filmed")
    for seed in (1, 2):
        Favourites(run).keep(POSITION | {"seed": seed})
    page = scene.arrive(run, "explore")
    lose(page)
    page.locator("#film-seconds input[type=number]").fill("2")
    page.locator("#film-seconds input[type=number]").blur()
    page.click("#film-make")
    page.wait_for_selector("#loop video", state="attached")
    assert len(list(run.paths.films.glob("*.mp4"))) == 1
    return {"make", "ticked_2"}


def listing(scene: Scene, lose: Callable[[Any], None]) -> set[str]:
    run, other = scene.make("First"), scene.make("Second")
    page = scene.arrive(other)
    page.goto(f"{scene.server.address}?run={run.id}")
    expect(page.locator("#run-name").locator("input, textarea")).to_have_value("First")
    lose(page)
    name = page.locator("#run-name").locator("input, textarea")
    name.fill("First of all")
    name.blur()
    until(lambda: run.info.name == "First of all", page)
    page.click("#my-runs")
    listed = page.locator("#run-list li")
    expect(listed.locator(".open")).to_have_text(["First of all", "Second"])
    listed.nth(1).get_by_role("button", name="Rename").click()
    listed.nth(1).locator("input").fill("Last of all")
    page.keyboard.press("Enter")
    expect(listed.locator(".open")).to_have_text(["First of all", "Last of all"])
    listed.nth(1).get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(listed.locator(".open")).to_have_text(["First of all"])
    assert not other.folder.exists()
    assert opened(page) == run.id
    return {"_rename_1", "opened", "_rename_2", "_delete"}


STORIES = (opening, uploading, samples, training, branching, keeping, filming, listing)


@pytest.mark.parametrize("story", STORIES)
def test_what_is_lost_on_the_way_there_and_on_the_way_back_is_done_once_all_the_same(
    story: Callable[[Scene, Callable[[Any], None]], set[str]], scene: Scene
) -> None:
    loss = Loss(scene.server)
    expected = story(scene, loss.on)
    assert {kind: loss.times[kind] for kind in expected} == dict.fromkeys(expected, 2)


# ---- the server is away


def test_what_is_wished_while_the_server_is_away_is_done_when_it_is_back(scene: Scene) -> None:
    run, other = scene.make("Away"), scene.make("Away, too")
    page, second = scene.arrive(run, "explore"), scene.arrive(other, "data")
    for each in (page, second):
        each.evaluate("window.stayed = true")
    page.locator("#direction-1 input[type=range]").press("ArrowRight")
    page.wait_for_function("document.querySelector('#stage canvas').dataset.shown.startsWith('0.02')")
    scene.server.kill()
    page.click("#keep")
    page.locator("#run-name").locator("input, textarea").fill("Here again")
    page.locator("#run-name").locator("input, textarea").blur()
    second.locator("#fit input[value=crop]").check(force=True)
    second.click("#my-runs")
    for each in (page, second):
        expect(each.locator(".message")).to_contain_text("The server does not answer")
    assert page.locator("#kept .tile").count() == 0, "what is not done yet is not shown as done"
    scene.server.start()
    for each in (page, second):
        expect(each.locator(".message")).to_contain_text("The server is back")
        expect(each.locator(".message", has_text="does not answer")).to_have_count(0)
    expect(page.locator("#kept .tile")).to_have_count(1)
    expect(second.locator("#run-list .open")).to_have_text(["Away, too"])
    until(lambda: run.info.name == "Here again", page)
    until(lambda: other.report.fit == "crop", second)
    assert [each["amounts"][0] for each in Favourites(run).all()] == [0.02]
    assert all(each.evaluate("window.stayed") for each in (page, second)), "the page does not reload by itself"


def test_a_server_that_is_killed_in_the_middle_of_something_loses_no_file_and_says_what_it_did_not_finish(
    scene: Scene, tmp_path: Path, drawn_paintings: torch.Tensor
) -> None:
    many = write_paintings(tmp_path / "many hills", torch.cat([drawn_paintings + number for number in range(4)]))
    run = scene.make("Cut off")
    for seed in (1, 2):
        Favourites(run).keep(POSITION | {"seed": seed})
    filming, painting, sending = scene.arrive(run, "explore"), scene.arrive(), scene.arrive()
    filming.locator("#film-seconds input[type=number]").fill("20")
    filming.locator("#film-seconds input[type=number]").blur()
    batches: list[str] = []

    def cut(route: Route) -> None:
        batches.append(route.request.url)
        if len(batches) == 2:
            scene.server.kill()
        route.continue_()

    sending.route(re.compile("/gradio_api/upload"), cut)
    painting.click("#samples")
    filming.click("#film-make")
    expect(painting.locator("#upload .name")).to_contain_text("landscapes/")
    expect(filming.locator("#film-progress")).to_be_visible()
    sending.locator("#picker input.folder").set_input_files(many)
    until(lambda: len(batches) > 2, sending)
    scene.server.start()
    for page in (filming, painting):
        expect(page.locator(".message", has_text="was restarted")).to_be_visible()
    expect(filming.locator("#film-make")).to_be_enabled()
    expect(filming.locator("#film-progress")).to_be_hidden()
    assert list(run.paths.films.iterdir()) == []
    expect(painting.locator("#samples")).to_be_visible()
    expect(painting.locator("#upload .bar")).to_be_hidden()
    title, go_on = sending.locator("#report-title"), sending.locator("#upload .go-on")
    until(lambda: title.is_visible() or go_on.is_visible(), sending)
    if go_on.is_visible():
        go_on.click()
    expect(title).to_have_text("48 paintings are ready")


# ---- two tabs


def test_what_two_tabs_keep_in_turn_is_kept_and_shown_in_both(scene: Scene) -> None:
    run = scene.make("In two tabs")
    first, second = scene.arrive(run, "explore"), scene.arrive(run, "explore")
    for count, page in enumerate([first, second, first], start=1):
        page.click("#new")
        page.click("#keep")
        expect(page.locator("#kept .tile")).to_have_count(count)
    assert second.locator("#kept .tile").count() == 2, "it is told in a while"
    second.locator("#kept .away").first.click(force=True)
    for page in (first, second):
        expect(page.locator("#kept .tile")).to_have_count(2)
    assert len(Favourites(run).all()) == 2


class Held:
    """Holds requests of a page back, those of one kind, until they are let go."""

    def __init__(self, page: Page, mark: str) -> None:
        self._mark = mark
        self._open = False
        self.routes: list[Route] = []
        page.route(REQUESTS, self._hold)

    def _hold(self, route: Route) -> None:
        if self._open or self._mark not in (route.request.post_data or ""):
            route.fallback()
        else:
            self.routes.append(route)

    def let_go(self) -> None:
        self._open = True
        for route in self.routes:
            route.continue_()


def test_a_check_in_one_tab_does_not_delete_what_the_other_sends(
    scene: Scene, tmp_path: Path, drawn_paintings: torch.Tensor
) -> None:
    run = scene.studio.create("Sent to by two")
    few = write_paintings(tmp_path / "few", drawn_paintings)
    large = tmp_path / "large"  # checking these takes a while
    large.mkdir()
    for number, pixels in enumerate(drawn_paintings + 5):
        picture = Image.fromarray(pixels.permute(1, 2, 0).numpy()).resize((3600, 2400))
        picture.save(large / f"large {number}.jpg")
    first, second = scene.arrive(run), scene.arrive(run)
    taking = Held(first, "ask_take")
    first.locator("#picker input.folder").set_input_files(few)
    until(lambda: taking.routes, first)
    second.locator("#picker input.folder").set_input_files(large)
    expect(second.locator("#upload h2")).to_have_text(re.compile("^Checking"))
    taking.let_go()
    for page in (first, second):
        expect(page.locator("#report-title")).to_have_text("24 paintings are ready")
        expect(page.locator("#upload .bar")).to_be_hidden()


def test_keep_is_for_the_run_that_is_shown_also_while_another_is_being_opened(scene: Scene) -> None:
    here, there = scene.make("Here"), scene.make("There")
    page = scene.arrive(there)
    page.goto(f"{scene.server.address}?run={here.id}")
    page.wait_for_selector("html[data-ready]")
    go(page, "explore")
    page.wait_for_selector("#stage canvas[data-number]")
    kept, opened = Held(page, "ask_keep"), Held(page, f'{{"id":"{there.id}"}}')
    page.click("#keep")
    page.click("#my-runs")
    page.locator("#run-list .open", has_text="There").click()
    until(lambda: opened.routes, page)
    opened.let_go()
    expect(page.locator("#run-name").locator("input, textarea")).to_have_value("There")
    go(page, "explore")
    page.wait_for_selector("#stage canvas[data-number]")
    with page.expect_response(lambda answer: "ask_keep" in (answer.request.post_data or "")):
        kept.let_go()
    page.wait_for_timeout(100)
    expect(page.locator("#kept .tile")).to_have_count(0)
    page.click("#new")
    page.click("#keep")
    expect(page.locator("#kept .tile")).to_have_count(1)
    until(lambda: Favourites(here).all(), page)
    assert [len(Favourites(run).all()) for run in (here, there)] == [1, 1]
    assert Favourites(here).all() != Favourites(there).all()


# ---- the list of runs


def known(page: Page) -> list[str]:
    """The ids that the browser keeps."""
    found: list[str] = page.evaluate("JSON.parse(localStorage.getItem('neural_art/runs'))")
    return found


def test_only_a_run_that_was_deleted_is_forgotten(scene: Scene, tmp_path: Path) -> None:
    torn, broken, elsewhere, deleted, whole = (
        scene.make(name) for name in ("Torn", "Broken", "Elsewhere", "Deleted", "Whole")
    )
    every = [run.id for run in (torn, broken, elsewhere, deleted, whole)]
    page = scene.arrive()
    page.evaluate("runs => localStorage.setItem('neural_art/runs', JSON.stringify(runs))", every)
    torn.paths.info.write_text('{"name": "Torn", ')
    broken.paths.checkpoint.write_bytes(b"no weights")
    elsewhere.folder.rename(tmp_path / elsewhere.id)  # as with a server that has another folder of runs
    scene.studio.delete(deleted.id)
    for run, words in ((torn, "run.json"), (elsewhere, "run"), (broken, "")):
        page.goto(f"{scene.server.address}?run={run.id}")
        page.wait_for_selector("html[data-ready]")
        if words:
            expect(page.locator(".message")).to_contain_text(words)
        assert set(known(page)) == set(every), run.info
    go(page, "explore")
    expect(page.locator(".message")).to_contain_text("damaged")
    page.click("#my-runs")
    listed = page.locator("#run-list li")
    expect(listed).to_have_count(4)
    until(lambda: set(known(page)) == {*every} - {deleted.id}, page)
    expect(listed.filter(has_text="Torn").locator(".note")).to_contain_text("run.json")
    (tmp_path / elsewhere.id).rename(elsewhere.folder)
    page.click("#close-runs")
    page.click("#my-runs")
    expect(listed.filter(has_text="Elsewhere")).to_have_count(1)
    listed.filter(has_text="Torn").get_by_role("button", name="Train its paintings again").click()
    expect(page.locator("#report-title")).to_have_text("13 paintings are ready")
    until(lambda: opened(page) not in every, page)
    until(lambda: set(known(page)) == {*every, opened(page)} - {deleted.id}, page)
