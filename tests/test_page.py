"""The page in a real browser: what a person does, and what must be seen then."""

from __future__ import annotations

import io
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from page_server import playable, write_untrained
from PIL import Image

from neural_art import web
from neural_art.explore import film, position
from neural_art.recipe import DEFAULT_MINUTES, SIZES, Recipe
from neural_art.runs.favourites import Favourites
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 150_000  # milliseconds: a training may start slowly on a busy machine
SLOW = 30_000

try:
    from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
except ImportError:  # pragma: no cover
    expect = sync_playwright = None  # type: ignore[assignment]

if sync_playwright is None or not CHROMIUM.exists():
    missing = "Playwright or /usr/bin/chromium is missing: pip install -r requirements-dev.txt, apt install chromium"
    if os.environ.get("CI") == "true":
        raise RuntimeError(missing)
    pytest.skip(missing, allow_module_level=True)


# ---- a server, a browser, paintings, and a run that can be played with


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, Path]]:
    """The page's address, the folder of its runs, and Gradio's folder of uploads."""
    runs, uploads = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("uploads")
    with pytest.MonkeyPatch.context() as patch, socket.socket() as free:
        patch.setenv("GRADIO_TEMP_DIR", str(uploads))
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        threads = torch.get_num_threads()
        page = web.launch(web.Settings(port=port, runs=runs, base=None))
        yield f"http://127.0.0.1:{port}/", runs, uploads
        page.close()
        torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Any]:
    """Makes visitors: each with a storage of its own. A script error on any of their pages fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def arrive(**options: Any) -> BrowserContext:
        context = browser.new_context(**({"locale": "en-US", "viewport": {"width": 1280, "height": 860}} | options))
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context

    yield arrive
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    """A folder with two sub-folders of six wide paintings each, a text that says it is a picture, and hostile names."""
    folder = tmp_path_factory.mktemp("uploads") / "my hills"
    for index, pixels in enumerate(drawn_paintings):
        inner = folder / ("山水" if index % 2 else "dusk & dawn")
        inner.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(pixels.permute(1, 2, 0).numpy()).resize((180, 120))
        picture.save(inner / f"<img src=x onerror=alert(1)> ${{1+1}} {index:02d}.png")
    (folder / "山水" / "notes.jpg").write_text("This is no picture.")
    (folder / "山水" / ".DS_Store").write_bytes(b"\0")
    return folder


@pytest.fixture(scope="module")
def played(server: tuple[str, Path, Path], paintings: Path) -> Run:
    """A run with a model, untrained but with something to see."""
    classes = {"classes": ["", "<b>hills</b>"], "class_indices": [0] * 6 + [1] * 6}
    return playable(Studio(server[1], start=False), paintings, "Played with", **classes)


def enter(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.goto(address)
    page.wait_for_selector(".na-page[data-ready=yes]")
    return page


def explore(context: BrowserContext, server: tuple[str, Path, Path], run: Run) -> Page:
    page = enter(context, f"{server[0]}?run={run.id}")
    page.click("[data-step=explore]")
    page.wait_for_selector("#na-canvas[data-number]")
    return page


def add_paintings(page: Page, folder: Path) -> None:
    page.set_input_files("#na-folder", folder)
    page.wait_for_selector("#na-report:not([hidden]) .na-sheet img")


def canvas(page: Page) -> bytes:
    """What the canvas shows once nothing moves."""
    page.wait_for_selector("#na-canvas[data-fine=yes]")
    return page.locator("#na-canvas").evaluate("canvas => canvas.toDataURL()").encode()


def wider_than_its_window(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


# ---- data


def test_a_folder_is_uploaded_with_its_sub_folders_and_reported(visitor: Any, server: Any, paintings: Path) -> None:
    page = enter(visitor(), server[0])
    add_paintings(page, paintings)
    expect(page.locator("#na-report h1")).to_have_text("12 paintings are ready")
    expect(page.locator(".na-facts")).to_contain_text("dusk & dawn 6")
    expect(page.locator(".na-facts")).to_contain_text("山水 6")
    rejections = page.locator("#na-left li")
    expect(rejections).to_have_count(1)
    expect(rejections).to_contain_text("notes.jpg")
    expect(page.locator("#na-run-name")).to_have_value("my hills")
    assert page.locator("#na-report img[src=x]").count() == 0
    assert not list(server[2].rglob("*.png")), "what was uploaded must not stay where Gradio serves it from"


def test_the_way_to_make_squares_can_be_changed(visitor: Any, server: Any, paintings: Path) -> None:
    page = enter(visitor(), server[0])
    add_paintings(page, paintings)
    before = page.locator(".na-sheet img").get_attribute("src")
    page.check("#na-report input[value=crop]", force=True)
    page.wait_for_function("before => document.querySelector('.na-sheet img').src !== before", arg=before)
    expect(page.locator("#na-report input[value=crop]")).to_be_checked()


def test_too_few_paintings_are_refused_in_words_and_more_can_be_added(
    visitor: Any, server: Any, paintings: Path
) -> None:
    page = enter(visitor(), server[0])
    page.set_input_files("#na-files", sorted((paintings / "山水").glob("*.png")))
    expect(page.locator("#na-refused")).to_contain_text("too few to learn from")
    page.set_input_files("#na-files", sorted((paintings / "dusk & dawn").glob("*.png")))
    expect(page.locator("#na-report h1")).to_have_text("12 paintings are ready")


# ---- train


def test_a_training_goes_on_through_a_reload_and_is_seen_elsewhere(visitor: Any, server: Any, paintings: Path) -> None:
    here = visitor()
    page = enter(here, server[0])
    add_paintings(page, paintings)
    page.click("#na-continue")
    page.locator("#na-minutes").fill("0")
    expect(page.locator("#na-ask output")).to_have_text("1")
    page.check("[data-recipe=sketch]", force=True)
    page.click("#na-start")
    page.wait_for_selector("#na-wall img.na-shown", timeout=PATIENCE)
    page.reload()
    page.wait_for_selector("#na-wall img.na-shown")
    expect(page.locator("#na-state")).to_have_attribute("data-state", re.compile("training|finished"))
    elsewhere = enter(visitor(), page.url)
    elsewhere.wait_for_selector("#na-wall img.na-shown")
    expect(elsewhere.locator("#na-run-name")).to_have_value("my hills")
    elsewhere.wait_for_selector("[data-step=explore]:not([disabled])", timeout=PATIENCE)
    if elsewhere.locator("#na-state[data-state=training]").count():
        page.click("[data-step=train]")
        page.get_by_role("button", name="Stop and keep").click()
    page.wait_for_selector("#na-state[data-state=finished]", timeout=PATIENCE)
    page.click("[data-step=train]")
    expect(page.get_by_role("button", name="Train 5 more minutes")).to_be_visible()
    page.wait_for_selector("#na-learning video", timeout=PATIENCE)
    page.click("#na-play")
    page.wait_for_selector("#na-canvas[data-number]")


# ---- explore


def test_the_limits_and_defaults_of_the_sliders_are_pythons(visitor: Any, server: Any, played: Run) -> None:
    page = explore(visitor(), server, played)

    def limits(slider: str) -> tuple[float, float]:
        low, high = (page.locator(slider).get_attribute(name) for name in ("min", "max"))
        return float(low or "nan"), float(high or "nan")

    assert page.locator("#na-directions .na-range").count() == position.SLIDERS
    assert limits("#na-direction-1") == position.AMOUNTS
    assert limits("#na-truncation") == position.TRUNCATION
    assert float(page.locator("#na-truncation").input_value()) == position.DEFAULT_TRUNCATION
    assert limits("#na-film-seconds") == film.SECONDS
    assert float(page.locator("#na-film-seconds").input_value()) == film.DEFAULT_SECONDS
    assert limits("#na-film-smoothness") == film.SMOOTHNESS
    page.click("[data-step=train]")
    expect(page.locator("#na-ask output")).to_have_text(f"{DEFAULT_MINUTES:g}")
    sizes = page.locator("#na-ask [data-recipe]").evaluate_all("all => all.map(each => each.dataset.recipe)")
    assert sizes == list(SIZES)
    expect(page.locator(f"[data-recipe={Recipe().name}]")).to_be_checked()


def test_a_browser_keeps_the_positions_that_it_remembers_from_version_0_1(
    visitor: Any, server: Any, played: Run
) -> None:
    page = enter(visitor(), f"{server[0]}?run={played.id}")
    page.evaluate(
        """run => {
          const at = { origin: 'seed', seed: 5, a: 0, b: 0, t: 0, amounts: [2, 0, 0, 0, 0, 0, 0, 0],
            daring: 1.2, group: 1 };
          const before = { ...at, amounts: [1, 0, 0, 0, 0, 0, 0, 0], daring: 0.5, group: null };
          localStorage.setItem(`neural_art/run/${run}`, JSON.stringify({ past: [before, at], future: [] }));
        }""",
        played.id,
    )
    page.reload()
    page.click("[data-step=explore]")
    page.wait_for_function("document.querySelector('#na-canvas')?.dataset.shown?.startsWith('2,')")
    expect(page.locator("#na-truncation")).to_have_value("1.2")
    expect(page.locator("#na-where")).to_contain_text("<b>hills</b>")
    page.click("#na-undo")
    page.wait_for_function("document.querySelector('#na-canvas').dataset.shown.startsWith('1,')")
    expect(page.locator("#na-truncation")).to_have_value("0.5")


def test_a_slider_changes_the_picture_and_undo_brings_it_back(visitor: Any, server: Any, played: Run) -> None:
    page = explore(visitor(), server, played)
    first = canvas(page)
    slider = page.locator("#na-direction-1")
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    for step in range(1, 16):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.03 * step), middle)
    value = slider.input_value()
    assert float(value) > 2
    page.wait_for_function(
        "value => Number(document.querySelector('#na-canvas').dataset.shown.split(',')[0]) === Number(value)", arg=value
    )  # the last value is the one that is shown, while the button is still held
    page.mouse.up()
    moved = canvas(page)
    assert moved != first
    page.keyboard.press("Control+z")
    page.wait_for_function("document.querySelector('#na-canvas').dataset.shown.startsWith('0,')")
    assert canvas(page) == first
    page.keyboard.press("Control+Shift+z")
    page.wait_for_function("!document.querySelector('#na-canvas').dataset.shown.startsWith('0,')")
    assert canvas(page) == moved


def test_the_picture_has_its_strokes_as_soon_as_nothing_moves(visitor: Any, server: Any, played: Run) -> None:
    page = explore(visitor(), server, played)
    page.wait_for_selector("#na-canvas[data-fine=yes]")
    page.evaluate("""() => {
      const canvas = document.querySelector('#na-canvas');
      window.seen = [];
      const see = () => seen.push([canvas.width, canvas.dataset.shown]);
      new MutationObserver(see).observe(canvas, { attributeFilter: ['data-fine'] });
    }""")
    page.locator("#na-direction-2").press("ArrowRight")
    page.wait_for_function("seen.length >= 2")
    assert page.evaluate("seen.map(([width, shown]) => [width, shown.startsWith('0,0.02,')])") == [
        [256, True],
        [512, True],
    ]


def test_new_pictures_are_of_the_class_that_was_chosen(visitor: Any, server: Any, played: Run) -> None:
    page = explore(visitor(), server, played)
    menu = page.locator("#na-class")
    assert menu.locator("option").all_text_contents() == ["Any class", "in no folder", "<b>hills</b>"]
    first = canvas(page)
    menu.select_option("<b>hills</b>")
    expect(page.locator("#na-where")).to_contain_text("<b>hills</b>")
    page.wait_for_function("first => document.querySelector('#na-canvas').toDataURL() !== first", arg=first.decode())
    menu.select_option("Any class")
    expect(page.locator("#na-where")).not_to_contain_text("hills")


def test_the_last_of_many_quick_movements_is_the_one_that_is_shown(visitor: Any, server: Any, played: Run) -> None:
    page = explore(visitor(), server, played)
    page.locator("#na-direction-3").evaluate("""slider => {
      for (let step = 1; step <= 100; step++) { slider.value = step / 50; slider.dispatchEvent(new Event('input')); }
    }""")
    page.wait_for_function("document.querySelector('#na-canvas').dataset.shown.startsWith('0,0,2,')")
    assert int(page.locator("#na-canvas").get_attribute("data-number") or 0) < 20, "what is out of date is not painted"


def test_the_position_and_the_kept_pictures_survive_a_reload(visitor: Any, server: Any, played: Run) -> None:
    page = explore(visitor(), server, played)
    page.locator("#na-direction-2").press("ArrowRight")
    page.click("#na-keep")
    expect(page.locator("#na-kept .na-tile")).to_have_count(1)
    page.wait_for_function("document.querySelector('#na-canvas').dataset.shown.startsWith('0,0.02')")
    before = canvas(page)
    page.reload()
    page.wait_for_function("document.querySelector('#na-canvas')?.dataset.shown?.startsWith('0,0.02')")
    assert canvas(page) == before
    expect(page.locator("#na-kept .na-tile")).to_have_count(1)
    expect(page.locator("#na-keep")).to_have_attribute("aria-pressed", "true")
    page.locator("#na-kept .na-away").click(force=True)
    expect(page.locator("#na-kept .na-tile")).to_have_count(0)


def test_favourites_that_two_tabs_keep_in_turn_are_all_kept(visitor: Any, server: Any, paintings: Path) -> None:
    run = playable(Studio(server[1], start=False), paintings, "In two tabs")
    tabs = [explore(visitor(), server, run) for _ in range(2)]
    for count, page in enumerate([*tabs, tabs[0], tabs[0]], start=1):
        page.click("#na-new")
        page.click("#na-keep")
        expect(page.locator("#na-kept .na-tile")).to_have_count(count)
    tabs[1].locator("#na-kept .na-away").first.click(force=True)
    expect(tabs[1].locator("#na-kept .na-tile")).to_have_count(3)
    assert len(Favourites(run).all()) == 3


def test_only_sliders_that_move_something_are_shown(visitor: Any, server: Any, paintings: Path) -> None:
    run = playable(Studio(server[1], start=False), paintings, "Few")
    write_untrained(run.paths.checkpoint, latents=torch.randn(8, 256))
    page = explore(visitor(), server, run)
    expect(page.locator("#na-directions .na-slider:visible")).to_have_count(7)
    expect(page.locator("#na-direction-8")).to_be_hidden()


def test_a_painting_gives_its_picture_and_two_give_a_morph(visitor: Any, server: Any, played: Run) -> None:
    page = explore(visitor(), server, played)
    page.locator("#na-own .na-tile").nth(3).click()
    expect(page.locator("#na-own .na-tile").nth(3)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#na-where")).to_contain_text("onerror=alert(1)")
    for side, index in (("a", 1), ("b", 7)):
        page.click(f"#na-slot-{side}")
        page.locator("dialog .na-tile").nth(index).click()
    page.locator("#na-morph").fill("0.5")
    expect(page.locator("#na-where")).to_contain_text("Between")
    expect(page.locator("#na-slot-b img")).to_be_visible()


def test_a_picture_is_saved_as_png_that_says_what_made_it(visitor: Any, server: Any, played: Run) -> None:
    page = explore(visitor(), server, played)
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG 4×").click()
    picture = Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert picture.size == (384, 256)
    assert '"position"' in picture.info["neural_art"]


def test_a_film_is_made_and_plays(visitor: Any, server: Any, played: Run) -> None:
    page = explore(visitor(), server, played)
    page.click("#na-film-choose")
    for index in (0, 5, 9):
        page.locator("dialog .na-tile").nth(index).click()
    page.get_by_role("button", name="Done").click()
    page.locator("#na-film-seconds").fill("2")
    page.click("#na-film-make")
    page.wait_for_function("document.querySelector('#na-loop')?.currentTime > 0.2")
    assert page.locator("#na-loop").evaluate("video => video.duration") == pytest.approx(2, abs=0.1)


# ---- everywhere


def test_a_chinese_browser_is_spoken_to_in_chinese(visitor: Any, server: Any, played: Run) -> None:
    page = enter(visitor(locale="zh-CN"), f"{server[0]}?run={played.id}")
    expect(page.locator("[data-step=train]")).to_contain_text("训练")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    for step in ("data", "train", "explore"):
        page.click(f"[data-step={step}]")
        text = page.locator(f"#na-{step}").inner_text()
        assert not re.search(r"\b(the|your|paintings?|picture)\b", text.replace(played.info.name, "")), text
    page.click("#na-language")
    expect(page.locator("[data-step=train]")).to_contain_text("Train")
    page.reload()
    expect(page.locator("[data-step=train]")).to_contain_text("Train")


@pytest.mark.parametrize("locale", ["zh", "zh-Hans-CN"])
def test_every_kind_of_chinese_is_known(visitor: Any, server: Any, locale: str) -> None:
    expect(enter(visitor(locale=locale), server[0]).locator("h1")).to_have_text("带来你的画作")


def test_nothing_is_wider_than_a_phone(visitor: Any, server: Any, played: Run) -> None:
    context = visitor(viewport={"width": 390, "height": 844}, has_touch=True)
    assert not wider_than_its_window(enter(context, server[0]))
    page = explore(context, server, played)
    for step in ("data", "train", "explore"):
        page.click(f"[data-step={step}]")
        assert not wider_than_its_window(page), step


def test_dark_is_dark_and_its_text_can_be_read(visitor: Any, server: Any) -> None:
    page = enter(visitor(color_scheme="dark"), server[0])
    paper, ink = (
        [int(part) for part in re.findall(r"\d+", page.locator(place).evaluate(f"e => getComputedStyle(e).{what}"))][:3]
        for place, what in (("body", "backgroundColor"), ("#na-data h1", "color"))
    )
    assert max(paper) < 60
    assert min(ink) > 180


def test_two_visitors_cannot_reach_each_others_runs(visitor: Any, server: Any, played: Run) -> None:
    explore(visitor(), server, played)
    stranger = enter(visitor(), server[0])
    stranger.click("#na-my-runs")
    expect(stranger.locator("#na-runs")).to_contain_text("Nothing here yet")
    assert "Played with" not in stranger.content()
    guessed = played.id[:-1] + ("A" if played.id[-1] != "A" else "B")
    stranger.goto(f"{server[0]}?run={guessed}")
    expect(stranger.locator(".na-message")).to_contain_text("There is no such run here")


def test_a_run_is_renamed_and_really_deleted(visitor: Any, server: Any, paintings: Path) -> None:
    page = enter(visitor(), server[0])
    add_paintings(page, paintings)
    folder = server[1] / re.search(r"run=([\w-]+)", page.url)[1]  # type: ignore[index]
    page.click("#na-my-runs")
    page.locator("#na-runs").get_by_role("button", name="Rename").click()
    page.locator("#na-runs input").fill("Other hills")
    page.keyboard.press("Enter")
    expect(page.locator("#na-runs .na-open")).to_have_text("Other hills")
    assert folder.exists()
    page.locator("#na-runs").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.locator("#na-runs")).to_contain_text("Nothing here yet")
    assert not folder.exists()


def test_the_page_can_be_used_from_the_keyboard(visitor: Any, server: Any, played: Run) -> None:
    page = explore(visitor(), server, played)
    slider = page.locator("#na-direction-1")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) > 0
    unnamed = page.evaluate("""() => [...document.querySelectorAll('.na-here :is(button, input, canvas, video)')]
      .filter(e => e.offsetParent && !e.ariaHidden && !(e.ariaLabel || e.textContent.trim() || e.labels?.length))
      .map(e => e.outerHTML)""")
    assert unnamed == []
    assert page.locator("#na-canvas").get_attribute("role") == "img"
    assert page.locator("#na-canvas").get_attribute("aria-label")
