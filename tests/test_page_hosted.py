"""The page as strangers meet it: far away, in another site's frame, behind a proxy, on a full disk, within limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from browser import BrowserContext, Frame, Page, Server, Visitors, enter, expect, go
from hosting import BLOCKED, Proxy, delayed, proxied
from page_server import POSITION, playable, write_paintings
from PIL import Image
from scenes import opened, other_training, until

from neural_art.runs.favourites import Favourites
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio

MOST = 200_000
"""Bytes of a request that the proxy lets through."""

WINDOW = {"width": 1280, "height": 900}

DRAG = """() => new Promise((done) => {
  const slider = document.querySelector('#direction-1 input[type=range]');
  let step = 0;
  const timer = setInterval(() => {
    slider.value = 3 * ++step / 40;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    if (step === 40) { clearInterval(timer); slider.dispatchEvent(new Event('change', { bubbles: true })); done(); }
  }, 25);
})"""
"""A hand that moves the first slider from 0 to 3 in a second."""

SHOWN = "document.querySelector('#stage canvas').dataset.shown.split(',')[0]"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("hosted"),
        GRADIO_ROOT_PATH="/art", NEURAL_ART_PROXIES="1", NEURAL_ART_EMPTY_RUNS="1", NEURAL_ART_TRAININGS="1",
        NEURAL_ART_FREE_MB="1",
    )  # fmt: skip
    with other_training(Studio(server.runs, start=False)):
        server.start()
        yield server
        server.kill()


@pytest.fixture(scope="module")
def proxy(server: Server) -> Iterator[Proxy]:
    with proxied(server.port, "/art", MOST) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def studio(server: Server) -> Studio:
    return Studio(server.runs, start=False)


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    return write_paintings(tmp_path_factory.mktemp("set") / "hills", drawn_paintings)


@pytest.fixture
def run(studio: Studio, paintings: Path) -> Run:
    """A run that can be played with."""
    return playable(studio, paintings)


def explore(context: BrowserContext, address: str, run: Run) -> Page:
    page = enter(context, f"{address}?run={run.id}")
    go(page, "explore")
    page.wait_for_selector("#stage canvas[data-number]")
    return page


# ---- far away, and many


def test_far_away_the_slider_is_followed_and_its_last_value_is_shown(
    server: Server, visitors: Visitors, run: Run
) -> None:
    with proxied(server.port) as proxy, delayed(proxy.server_address[1], 0.1) as port:
        page = explore(visitors.arrive(), f"http://localhost:{port}/art/", run)
        page.evaluate("""() => {
          window.seen = new Set();
          const canvas = document.querySelector('#stage canvas');
          const see = new MutationObserver(() => seen.add(canvas.dataset.shown));
          see.observe(canvas, { attributeFilter: ['data-shown'] });
        }""")
        page.evaluate(DRAG)
        page.wait_for_function(f"{SHOWN} === '3'")
        assert page.evaluate("seen.size") >= 4, "pictures come while the hand moves"
        expect(page.locator(".message")).to_have_count(0)


def test_eight_visitors_drag_beside_each_other_and_all_see_their_last_value(
    proxy: Proxy, visitors: Visitors, run: Run
) -> None:
    pages = [visitors.arrive(viewport={"width": 700, "height": 500}).new_page() for _ in range(8)]
    for page in pages:
        page.goto(f"{proxy.address}?run={run.id}", wait_until="commit")
    for page in pages:
        page.wait_for_selector("html[data-ready]")
        go(page, "explore")
    for page in pages:
        page.wait_for_selector("#stage canvas[data-number]")
    for page in pages:
        page.evaluate(f"() => {{ ({DRAG})(); }}")
    for page in pages:
        page.wait_for_function(f"{SHOWN} === '3'")
        expect(page.locator(".message")).to_have_count(0)


# ---- in a frame of another site's, as tall as the page


def framed(context: BrowserContext, proxy: Proxy, run: Run | None = None) -> tuple[Page, Frame]:
    """The outer page, and the page in its frame."""
    outer = context.new_page()
    outer.goto(proxy.outside + (f"?run={run.id}" if run else ""))
    (frame,) = outer.frames[1:]
    frame.wait_for_selector("html[data-ready]")
    return outer, frame


def in_sight(outer: Page, frame: Frame, selector: str) -> bool:
    """Whether an element is in the outer window, with all of it that fits."""
    box = frame.locator(selector).first.bounding_box()
    if box is None:
        return False
    top, bottom, height = box["y"], box["y"] + box["height"], outer.viewport_size["height"]  # type: ignore[index]
    return bool(top >= -1 and (bottom <= height + 1 or (box["height"] > height and top < height / 4)))


def test_in_a_frame_everything_is_where_the_person_looks(proxy: Proxy, visitors: Visitors, run: Run) -> None:
    outer, frame = framed(visitors.arrive(viewport=WINDOW), proxy, run)
    go(frame, "explore")
    frame.wait_for_selector("#stage canvas[data-number]")
    outer.evaluate("scrollTo(0, 400)")
    until(lambda: in_sight(outer, frame, "#stage canvas"), outer)
    outer.evaluate("scrollTo(0, 900)")
    frame.evaluate("import('#page/messages').then(({ message }) => message('Here.'))")
    until(lambda: in_sight(outer, frame, ".message"), outer)
    frame.locator("#my-runs").evaluate("button => button.click()")  # a person would have to scroll up for it
    until(lambda: in_sight(outer, frame, "#runs"), outer)
    frame.locator("#close-runs").click()
    frame.locator("#steps [role=tab]").first.evaluate("tab => tab.click()")
    until(lambda: in_sight(outer, frame, "#head"), outer)


def test_in_a_frame_that_may_store_nothing_a_reload_opens_the_same_run(
    proxy: Proxy, visitors: Visitors, paintings: Path
) -> None:
    context = visitors.arrive(viewport=WINDOW)
    context.add_init_script(BLOCKED)
    outer, frame = framed(context, proxy)
    frame.evaluate("() => { try { localStorage; } catch { window.blocked = true; } }")
    assert frame.evaluate("window.blocked")
    frame.locator("#picker input.folder").set_input_files(paintings)
    expect(frame.locator("#report-title")).to_have_text("12 paintings are ready")
    run = opened(frame)
    assert outer.evaluate("new URL(location).searchParams.get('run')") == run
    outer.reload()
    (frame,) = outer.frames[1:]
    expect(frame.locator("#report-title")).to_have_text("12 paintings are ready")
    assert opened(frame) == run


# ---- behind a proxy, in a sub-path, with a limit


def test_behind_a_proxy_with_a_limit_everything_arrives_in_smaller_batches(
    proxy: Proxy, visitors: Visitors, studio: Studio, tmp_path: Path, drawn_paintings: torch.Tensor
) -> None:
    many = write_paintings(tmp_path / "hills", torch.cat([drawn_paintings + number for number in range(3)]))
    assert sum(path.stat().st_size for path in many.rglob("*.png")) > 2 * MOST
    page = enter(visitors.arrive(), proxy.address)
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 413 else None)
    page.locator("#picker input.folder").set_input_files(many)
    expect(page.locator("#report-title")).to_have_text("36 paintings are ready")
    expect(page.locator("#left-out")).to_be_hidden()
    assert refused and not studio.run(opened(page)).report.rejections
    expect(page.locator("#sheet img")).to_have_js_property("complete", True)
    assert page.locator("#sheet img").evaluate("image => image.naturalWidth") > 0


def test_below_a_path_pictures_and_films_can_be_downloaded(proxy: Proxy, visitors: Visitors, run: Run) -> None:
    for seed in (1, 2):
        Favourites(run).keep(POSITION | {"seed": seed})
    page = explore(visitors.arrive(), proxy.address, run)
    with page.expect_download() as picture:
        page.click("#save")
    assert Image.open(picture.value.path()).size == (96, 64)
    shortest(page)
    page.click("#film-make")
    page.wait_for_function("document.querySelector('#loop video')?.duration > 0")
    with page.expect_download() as film:
        page.click("#film-save")
    assert Path(film.value.path()).read_bytes() == next(run.paths.films.glob("*.mp4")).read_bytes()


def shortest(page: Page) -> None:
    """The film is to be short."""
    seconds = page.locator("#film-seconds input[type=number]")
    seconds.fill("2")
    seconds.blur()


# ---- a full disk


def test_on_a_full_disk_it_is_said_and_afterwards_it_works(
    server: Server, proxy: Proxy, visitors: Visitors, studio: Studio, run: Run, paintings: Path
) -> None:
    for seed in (1, 2):
        Favourites(run).keep(POSITION | {"seed": seed})
    page, sender = explore(visitors.arrive(), proxy.address, run), enter(visitors.arrive(), proxy.address)
    shortest(page)
    name = page.locator("#run-name").locator("input, textarea")
    full = page.locator(".message", has_text="disk is full")

    def rename() -> None:
        name.fill("Another name")
        name.blur()

    with server.full_disk():
        for wish in (lambda: page.click("#keep"), rename, lambda: page.click("#film-make")):
            wish()
            expect(full).to_have_count(1)
            full.get_by_role("button").click()
        expect(name).to_have_value("Hills")
        expect(page.locator("#film-make")).to_be_enabled()
        expect(page.locator("#kept .tile")).to_have_count(2)
        sender.locator("#picker input.folder").set_input_files(paintings)
        expect(sender.locator("#upload .stopped")).to_contain_text("disk is full")
    assert len(Favourites(run).all()) == 2
    sender.locator("#upload .go-on").click()
    page.click("#keep")
    rename()
    page.click("#film-make")
    expect(page.locator("#kept .tile")).to_have_count(3)
    page.wait_for_selector("#loop video", state="attached")
    assert studio.run(run.id).info.name == "Another name"
    expect(sender.locator("#report-title")).to_have_text("12 paintings are ready")


# ---- what a stranger may have


def test_what_a_stranger_may_not_have_is_said(
    proxy: Proxy, visitors: Visitors, studio: Studio, paintings: Path, tmp_path: Path, run: Run
) -> None:
    proxy.visitor = "192.0.2.2"
    unusable = tmp_path / "notes"
    unusable.mkdir()
    (unusable / "notes.jpg").write_text("This is no picture.")
    pages = [enter(visitors.arrive(), proxy.address) for _ in range(2)]
    for page in pages:
        page.locator("#picker input.folder").set_input_files(unusable)
        if page is pages[0]:
            expect(page.locator("#refused")).to_be_visible()
    expect(pages[1].locator("#upload .stopped")).to_contain_text("has no paintings yet")
    assert opened(pages[1]) == ""
    for each, refused in ((run, False), (playable(studio, paintings), True)):
        page = enter(visitors.arrive(), f"{proxy.address}?run={each.id}")
        go(page, "train")
        page.click("#start")
        if refused:
            expect(page.locator(".message")).to_contain_text("trainings is waiting")
            expect(page.locator("#start")).to_be_visible()
        else:
            expect(page.locator("#train-leave")).to_be_visible()
    assert studio.status(each.id).state == "prepared"
