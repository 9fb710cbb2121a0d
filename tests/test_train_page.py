"""The Train tab in a real browser, of runs that were trained already or never."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from axe import serious
from browser import Page, Route, Server, Visitors, browsing, enter, expect, go, serving
from page_server import write_paintings, write_untrained
from PIL import Image
from run_makers import finished, sampled, started, stepped

from neural_art.recipe import Recipe
from neural_art.runs.desired import set_desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.studio import Studio


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), NEURAL_ART_AT_ONCE="1") as server:
        yield server


@pytest.fixture(scope="module")
def runs(server: Server, tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> dict[str, str]:
    """The ids of a run that was trained twice, and of one that was never trained."""
    paintings = write_paintings(tmp_path_factory.mktemp("set") / "hills", drawn_paintings)
    studio, ids = Studio(server.runs, start=False), {}
    for name in ("trained", "untrained"):
        run = studio.create(name)
        for _ in studio.intake.add_paintings(run.id, paintings):
            pass
        ids[name] = run.id
    run = studio.run(ids["trained"])
    run.set_recipe(Recipe(name="sketch"))
    set_desired_state(run, "training", 1)
    run.paths.sample_grids.mkdir()
    steps = [stepped(step, 1 - step / 100) for step in range(1, 60)]
    again = [started(59, resumed=True), *(stepped(step, 1 - step / 100) for step in range(60, 75))]
    for event in (started(), sampled(1, 0), *steps, sampled(40, 1), finished(59), *again, finished(74)):
        Journal(run).append(event)
    for step, colour in ((1, "red"), (40, "blue")):
        Image.new("RGB", (96, 64), colour).save(run.paths.sample_grid(step), lossless=True)
    write_untrained(run.paths.checkpoint)
    return ids


@pytest.fixture(scope="module")
def visitors() -> Iterator[Visitors]:
    with browsing() as browser:
        visitors = Visitors(browser)
        yield visitors
        visitors.leave()


@pytest.fixture
def visitor(server: Server, runs: dict[str, str], visitors: Visitors) -> Iterator[Page]:
    """Somebody who looks at the training of the trained run; no script fails meanwhile."""
    visitors.errors.clear()
    page = enter(visitors.arrive(), f"{server.address}?run={runs['trained']}")
    go(page, "train")
    expect(page.locator("#clock b")).to_have_text("1:14")
    expect(page.locator("#clock .used")).to_contain_text("on this computer's processor")
    yield page
    page.context.close()
    assert visitors.errors == []


def colour(page: Page) -> list[int]:
    """The colour in the middle of the sample grid that is in front."""
    script = """async () => {
      const picture = document.querySelector('#grid .grid').lastElementChild, canvas = document.createElement('canvas');
      const context = canvas.getContext('2d');
      context.drawImage(picture, 0, 0, 8, 8);
      return [...context.getImageData(4, 4, 1, 1).data].slice(0, 3);
    }"""
    return list(page.evaluate(script))


def test_sample_grids_are_looked_back_at(visitor: Page) -> None:
    front = visitor.locator("#grid img.shown").last
    expect(front).to_have_attribute("alt", "Samples painted by the network, which learns from 12 paintings")
    assert colour(visitor) == [0, 0, 255]
    visitor.locator("#past input[type=range]").press("Home")
    expect(visitor.locator("#grid .when")).to_have_text("1 of 2")
    assert colour(visitor) == [255, 0, 0]
    visitor.locator("#past input[type=range]").press("End")
    expect(visitor.locator("#grid .when")).to_have_text("")
    assert colour(visitor) == [0, 0, 255]


def test_curves_say_what_they_show(visitor: Page) -> None:
    figure = visitor.locator("[data-line=texture_distance]")
    expect(figure.locator("svg")).to_have_attribute("aria-label", "Distance from your paintings: from 0.98 to 0.27")
    expect(figure.locator(".note")).to_have_text("Still getting closer; more time will help.")
    expect(figure.locator(".border")).to_have_count(1)
    figure.locator("svg").hover(position={"x": 1, "y": 20})
    expect(figure.locator("b")).to_have_text("0.98 · 0:01")
    visitor.locator("#language").click()
    expect(figure.locator(".note")).to_have_text("还在接近，多训练一会儿会更好。")


def test_the_learning_film_is_played_and_saved_under_the_name_of_the_run(visitor: Page, tmp_path: Path) -> None:
    expect(visitor.locator("#learning-film video")).to_be_visible(timeout=60_000)
    with visitor.expect_download() as started_download:
        visitor.locator("#learning-save").click()
    assert started_download.value.suggested_filename == "trained-learning.mp4"
    started_download.value.save_as(tmp_path / "film.mp4")
    assert (tmp_path / "film.mp4").read_bytes()[4:8] == b"ftyp"


def test_a_button_is_answered_although_its_first_request_was_lost(visitor: Page) -> None:
    lost: set[str] = set()

    def lose(route: Route) -> None:
        number = route.request.headers["x-request-number"]
        route.continue_() if number in lost else route.abort()
        lost.add(number)

    visitor.route("**/gradio_api/run/**", lose)
    visitor.locator("#train-branch").click()
    expect(visitor.locator("#branching")).to_be_visible()
    assert lost
    expect(visitor.locator("#train-actions")).not_to_have_attribute("aria-busy", "true")
    visitor.locator("#branch-cancel").click()
    expect(visitor.locator("#branching")).to_be_hidden()


def test_nobody_is_kept_from_using_it(visitor: Page, runs: dict[str, str], server: Server) -> None:
    visitor.emulate_media(reduced_motion="reduce")
    assert serious(visitor) == []
    visitor.goto(f"{server.address}?run={runs['untrained']}")
    go(visitor, "train")
    visitor.locator("#advanced button").click()
    expect(visitor.locator("#seed")).to_be_visible()
    expect(visitor.locator("#learns-on")).to_have_text("It learns on this computer's processor.")
    assert serious(visitor) == []


def test_what_was_chosen_survives_a_reload_but_is_not_another_runs(
    visitor: Page, runs: dict[str, str], server: Server
) -> None:
    visitor.goto(f"{server.address}?run={runs['untrained']}")
    go(visitor, "train")
    expect(visitor.locator("#unit")).to_have_text("minutes")
    minutes = visitor.locator("#minutes input[type=number]")
    minutes.fill("1")
    minutes.press("Tab")
    expect(visitor.locator("#unit")).to_have_text("minute")
    visitor.get_by_role("radio", name="Canvas").check(force=True)
    visitor.reload()
    expect(minutes).to_have_value("1")
    expect(visitor.get_by_role("radio", name="Canvas")).to_be_checked()
    visitor.locator("#language").click()
    expect(visitor.locator("#unit")).to_have_text("分钟")
    expect(visitor.get_by_role("radio", name="大幅")).to_be_checked()
