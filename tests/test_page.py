"""The page in a real browser: what a person does, and what must be seen then."""

from __future__ import annotations

import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from axe import serious
from browser import PATIENCE, SLOW, Page, Server, Visitors, enter, expect, go, serving
from page_server import playable, write_untrained
from PIL import Image

from neural_art.runs.favourites import Favourites
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio
from neural_art.web.words import WORDS

HOSTILE = "<img src=x onerror=alert(1)> ${1+1} {{2}} `3`"
"""A part of a file's name."""
STEPS = ("data", "train", "explore")


# ---- a server, paintings, and a run that can be played with


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), NEURAL_ART_AT_ONCE="1") as server:
        yield server


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    """A folder with two sub-folders of six wide paintings each, a text that says it is a picture, and hostile names."""
    folder = tmp_path_factory.mktemp("uploads") / "my hills"
    for index, pixels in enumerate(drawn_paintings):
        inner = folder / ("山水" if index % 2 else "dusk & dawn")
        inner.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(pixels.permute(1, 2, 0).numpy()).resize((180, 120))
        picture.save(inner / f"{HOSTILE} {index:02d}.png")
    (folder / "山水" / "notes.jpg").write_text("This is no picture.")
    (folder / "山水" / ".DS_Store").write_bytes(b"\0")
    return folder


@pytest.fixture(scope="module")
def played(server: Server, paintings: Path) -> Run:
    """A run with a model, untrained but with something to see."""
    classes = {"classes": ["", "<b>hills</b>"], "class_indices": [0] * 6 + [1] * 6}
    return playable(Studio(server.runs, start=False), paintings, "Played with", **classes)


def prepared(server: Server, paintings: Path, name: str) -> Run:
    """A run with paintings that was never trained."""
    studio = Studio(server.runs, start=False)
    run = studio.create(name)
    for _ in studio.intake.add_paintings(run.id, paintings):
        pass
    return run


def explore(visitors: Visitors, server: Server, run: Run, **options: Any) -> Page:
    """A visitor who explores a run and sees its first picture."""
    page = enter(visitors.arrive(**options), f"{server.address}?run={run.id}")
    go(page, "explore")
    page.wait_for_selector("#stage canvas[data-number]")
    return page


def add_folder(page: Page, folder: Path) -> None:
    page.locator("#picker input.folder").set_input_files(folder)
    expect(page.locator("#report-title")).to_have_text("12 paintings are ready")


def slider(page: Page, name: str) -> Any:
    return page.locator(f"#{name} input[type=range]")


def amounts(page: Page, *expected: float) -> None:
    """Waits until the picture is the one with these amounts of the first directions, and nothing moves any more."""
    page.wait_for_function(
        """expected => {
          const canvas = document.querySelector('#stage canvas');
          const shown = (canvas?.dataset.shown ?? '').split(',').map(Number);
          return canvas?.width >= 512 && expected.every((amount, index) => Math.abs(shown[index] - amount) < 1e-6);
        }""",
        arg=list(expected),
    )


def picture(page: Page) -> str:
    """The picture that the canvas shows."""
    return str(page.locator("#stage canvas").evaluate("canvas => canvas.toDataURL()"))


def changed(page: Page, before: str) -> str:
    """The picture, once it is another one and nothing moves any more."""
    page.wait_for_function(
        """before => { const canvas = document.querySelector('#stage canvas');
          return canvas.width === 512 && canvas.toDataURL() !== before; }""",
        arg=before,
    )
    return picture(page)


def state(page: Page, pattern: str) -> None:
    """Waits until the run is in a state, or in one of several, ``training|finished``."""
    expect(page.locator("#state [data-state]")).to_have_attribute("data-state", re.compile(pattern), timeout=PATIENCE)


def shown(page: Page, step: str) -> None:
    """Opens a step of a run that was not trained yet, and waits until it is there."""
    go(page, step)
    page.locator({"data": "#report-title", "train": "#start", "explore": "#sixteen .tile"}[step]).first.wait_for()


# ---- data


def test_a_folder_is_uploaded_with_its_sub_folders_and_reported(
    visitors: Visitors, server: Server, paintings: Path
) -> None:
    page = enter(visitors.arrive(), server.address)
    add_folder(page, paintings)
    expect(page.locator("#facts")).to_contain_text("dusk & dawn 6, 山水 6")
    expect(page.locator("#left-out li")).to_have_count(1)
    expect(page.locator("#left-out li")).to_contain_text("notes.jpg")
    expect(page.locator("#run-name").locator("input, textarea")).to_have_value("my hills")
    assert page.locator("img[src=x]").count() == 0
    assert not list(server.uploads.rglob("*.png")), "what was uploaded must not stay where Gradio serves it from"
    sheet = page.locator("#sheet img")
    before = sheet.get_attribute("src")
    page.locator("#fit input[value=crop]").check(force=True)
    expect(sheet).not_to_have_attribute("src", before or "")
    expect(page.locator("#fit input[value=crop]")).to_be_checked()


def test_a_zip_is_uploaded_and_near_duplicates_are_left_out(
    visitors: Visitors, server: Server, paintings: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "hills.zip", "w") as made:
        pictures = sorted(paintings.rglob("*.png"))
        for path in pictures:
            made.write(path, path.relative_to(paintings))
        larger = io.BytesIO()
        Image.open(pictures[0]).resize((225, 150), Image.Resampling.LANCZOS).save(larger, "jpeg", quality=95)
        made.writestr("larger.jpg", larger.getvalue())
    page = enter(visitors.arrive(), server.address)
    page.locator("#picker input.files").set_input_files(tmp_path / "hills.zip")
    expect(page.locator("#report-title")).to_have_text("13 paintings are ready")
    expect(page.locator("#duplicates h3")).to_have_text("One pair looks like copies")
    expect(page.locator("#duplicates img[src]")).to_have_count(2)
    page.locator("#duplicates input").first.check(force=True)
    page.locator("#duplicates .leave").click()
    expect(page.locator("#report-title")).to_have_text("12 paintings are ready")
    expect(page.locator("#duplicates")).to_be_hidden()


def test_too_few_paintings_are_refused_in_words_and_more_can_be_added(
    visitors: Visitors, server: Server, paintings: Path
) -> None:
    page = enter(visitors.arrive(), server.address)
    page.locator("#picker input.files").set_input_files(sorted((paintings / "山水").glob("*.png")))
    expect(page.locator("#refused")).to_contain_text("too few to learn from")
    page.locator("#picker input.files").set_input_files(sorted(paintings.glob("dusk*/*.png")))
    expect(page.locator("#report-title")).to_have_text("12 paintings are ready")
    expect(page.locator("#refused")).to_be_hidden()


def test_who_has_no_paintings_gets_some_by_one_click(visitors: Visitors, server: Server) -> None:
    page = enter(visitors.arrive(), server.address)
    page.locator("#samples").click()
    expect(page.locator("#upload h2")).to_have_text("Painting sample pictures for you")
    expect(page.locator("#report-title")).to_contain_text("paintings are ready")
    expect(page.locator("#run-name").locator("input, textarea")).to_have_value("Sample paintings")
    expect(page.locator("#continue")).to_be_enabled()


# ---- train


def test_a_training_is_begun_queued_paused_stopped_prolonged_and_branched(
    visitors: Visitors, server: Server, paintings: Path
) -> None:
    page = enter(visitors.arrive(), server.address)
    add_folder(page, paintings)
    page.locator("#continue").click()
    slider(page, "minutes").press("Home")
    expect(page.locator("#unit")).to_have_text("minute")
    page.locator("#recipes input[value=sketch]").check(force=True)
    page.locator("#start").click()
    page.wait_for_selector("#grid img.shown", timeout=PATIENCE)
    page.reload()
    page.wait_for_selector("#grid img.shown")
    state(page, "training")

    # seen elsewhere, where another training has to wait
    elsewhere = enter(visitors.arrive(), page.url)
    elsewhere.wait_for_selector("#grid img.shown")
    expect(elsewhere.locator("#run-name").locator("input, textarea")).to_have_value("my hills")
    waiting = prepared(server, paintings, "Waiting")
    elsewhere.goto(f"{server.address}?run={waiting.id}")
    go(elsewhere, "train")
    elsewhere.locator("#start").click()
    expect(elsewhere.locator("#clock")).to_contain_text("in the queue")
    elsewhere.locator("#train-leave").click()
    expect(elsewhere.locator("#start")).to_be_visible()

    page.locator("#train-pause").click()
    state(page, "paused")
    page.locator("#train-resume").click()
    state(page, "waiting|training")
    page.locator("#train-stop:visible, #train-leave:visible").click()
    state(page, "finished")
    expect(page.locator("#learning-film video")).to_be_visible(timeout=PATIENCE)
    page.locator("#train-explore").click()
    page.wait_for_selector("#stage canvas[data-number]")
    go(page, "train")
    page.locator("#train-longer").click()
    state(page, "waiting|training")
    page.locator("#train-stop:visible, #train-leave:visible").click()
    state(page, "finished")
    expect(page.locator("#train-longer")).to_be_visible()

    page.locator("#train-branch").click()
    page.locator("#branch-other").click()
    expect(page.locator("#picker .choose-folder")).to_be_visible()
    page.locator("#my-runs").click()
    page.locator("#run-list .open", has_text=re.compile("^my hills$")).click()
    expect(page.locator("#run-name").locator("input, textarea")).to_have_value("my hills")
    go(page, "train")
    page.wait_for_function("JSON.parse(localStorage['neural_art/step']).step === 'train'")
    page.locator("#train-branch").click()
    page.locator("#branch-same").click()
    expect(page.locator("#run-name").locator("input, textarea")).to_have_value("my hills, on from there")
    expect(page.locator("#start")).to_be_visible()


# ---- explore


def test_the_picture_follows_a_slider_and_undo_brings_it_back(visitors: Visitors, server: Server, played: Run) -> None:
    page = explore(visitors, server, played)
    amounts(page, 0)
    first = picture(page)
    box = slider(page, "direction-1").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    for step in range(1, 16):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.03 * step), middle)
    amount = float(slider(page, "direction-1").input_value())
    assert amount > 2
    amounts(page, amount)  # while the button is still held
    page.mouse.up()
    moved = picture(page)
    assert moved != first
    page.keyboard.press("Control+z")
    amounts(page, 0)
    assert picture(page) == first
    page.keyboard.press("Control+Shift+z")
    amounts(page, amount)
    assert picture(page) == moved
    page.locator("#undo").click()
    amounts(page, 0)
    page.locator("#redo").click()
    amounts(page, amount)
    slider(page, "direction-1").dblclick()
    amounts(page, 0)
    assert picture(page) == first
    page.locator("#direction-2 .max_value").click()
    amounts(page, 0, 2.5)
    page.locator("#reset").click()
    amounts(page, 0, 0)
    assert picture(page) == first
    before = int(page.locator("#stage canvas").get_attribute("data-number") or 0)
    slider(page, "direction-3").evaluate("""range => {
      for (let step = 1; step <= 100; step++) {
        range.value = step / 50;
        range.dispatchEvent(new Event('input', { bubbles: true }));
      }
    }""")
    amounts(page, 0, 0, 2)
    assert int(page.locator("#stage canvas").get_attribute("data-number") or 0) < before + 20, "most were out of date"


def test_new_pictures_are_of_a_class_and_as_daring_as_one_likes(
    visitors: Visitors, server: Server, played: Run
) -> None:
    page = explore(visitors, server, played)
    amounts(page, 0)
    before = picture(page)
    page.locator("#new").click()
    before = changed(page, before)
    page.locator("#class input").click()
    options = page.locator("#class [role=option]")
    expect(options).to_have_text([re.compile("Any class"), re.compile("in no folder"), re.compile("<b>hills</b>")])
    options.last.click()
    expect(page.locator("#stage .where")).to_contain_text("A new picture of “<b>hills</b>”")
    before = changed(page, before)
    slider(page, "truncation").press("End")
    changed(page, before)


def test_a_painting_gives_its_picture_and_two_give_a_morph(visitors: Visitors, server: Server, played: Run) -> None:
    page = explore(visitors, server, played)
    own = page.locator("#own .tile")
    own.nth(3).click()
    expect(own.nth(3)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#stage .where")).to_contain_text(HOSTILE)
    for side, index in (("a", 1), ("b", 7)):
        page.locator(f"#slot-{side}").click()
        page.locator("#choose .tile").nth(index).click()
        expect(page.locator("#choose .tile")).to_have_count(0)
    expect(page.locator("#stage .where")).to_contain_text("Between")
    amounts(page, 0)
    before = picture(page)
    slider(page, "morph").press("End")
    changed(page, before)


def test_pictures_are_kept_and_found_again(visitors: Visitors, server: Server, paintings: Path) -> None:
    run = playable(Studio(server.runs, start=False), paintings, "In two tabs")
    write_untrained(run.paths.checkpoint, latents=torch.randn(8, 256))
    tabs = [explore(visitors, server, run) for _ in range(2)]
    page = tabs[0]
    expect(page.locator("#directions [id^=direction-]:visible")).to_have_count(
        7
    )  # eight paintings differ in seven ways
    page.locator("#sixteen .tile").nth(4).click()
    expect(page.locator("#sixteen .tile").nth(4)).to_have_attribute("aria-pressed", "true")
    for count, tab in enumerate([page, tabs[1], page], start=1):
        tab.locator("#keep").click()
        expect(tab.locator("#keep")).to_have_attribute("aria-pressed", "true")
        expect(tab.locator("#kept .tile")).to_have_count(count)
        tab.locator("#new").click()
    kept = page.locator("#kept .tile").first
    kept.click()
    expect(kept).to_have_attribute("aria-pressed", "true")
    slider(page, "direction-2").press("ArrowRight")
    amounts(page, 0, 0.02)
    before = picture(page)
    page.reload()
    amounts(page, 0, 0.02)
    assert picture(page) == before
    page.locator("#kept .away").first.click()
    expect(page.locator("#kept .tile")).to_have_count(2)
    assert len(Favourites(run).all()) == 2


def test_a_picture_is_saved_as_png_that_says_what_made_it(visitors: Visitors, server: Server, played: Run) -> None:
    page = explore(visitors, server, played)
    for button, size, name in (("save", (96, 64), "Played-with"), ("save4", (384, 256), "Played-with-4x")):
        with page.expect_download() as download:
            page.locator(f"#{button}").click()
        assert re.fullmatch(rf"{name}-\d{{8}}-\d{{6}}\.png", download.value.suggested_filename)
        saved = Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))
        saved.load()
        assert (saved.format, saved.size) == ("PNG", size)
        assert json.loads(saved.info["neural_art"])["position"]["amounts"] == [0] * 8


def test_a_looping_film_is_made_plays_and_is_saved(visitors: Visitors, server: Server, played: Run) -> None:
    page = explore(visitors, server, played)
    page.locator("#film-source input").last.check(force=True)
    for index in (0, 5, 9):
        page.locator("#film-paintings .tile").nth(index).click()
    expect(page.locator("#film-paintings")).to_contain_text("Through 3 pictures.")
    slider(page, "film-seconds").press("Home")
    page.locator("#film-make").click()
    page.wait_for_function("document.querySelector('#loop video')?.currentTime > 0.2")
    video = page.locator("#loop video")
    assert video.evaluate("video => [video.loop, Math.round(video.duration)]") == [True, 2]
    with page.expect_download() as download:
        page.locator("#film-save").click()
    assert download.value.suggested_filename.endswith(".mp4")
    assert Path(download.value.path()).read_bytes()[4:8] == b"ftyp"


def test_somebody_plays_at_once_and_nothing_is_written_until_something_is_kept(
    visitors: Visitors, server: Server
) -> None:
    before = set(server.runs.iterdir())
    page = enter(visitors.arrive(), server.address)
    page.locator("#play-ready").click()
    page.wait_for_selector("#stage canvas[data-number]")
    page.locator("#play-own").click()
    expect(page.locator("#picker .choose-folder")).to_be_visible()
    page.locator("#play-ready").click()
    slider(page, "direction-1").press("ArrowRight")
    amounts(page, 0.02)
    page.reload()
    amounts(page, 0.02)
    assert set(server.runs.iterdir()) == before
    page.locator("#keep").click()
    expect(page.locator("#kept .tile")).to_have_count(1)
    expect(page.locator("#run-name").locator("input, textarea")).to_have_value("Ready model")
    assert len(set(server.runs.iterdir()) - before) == 1
    amounts(page, 0.02)


# ---- everywhere

SAID = """() => {
  const ours = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('footer, svg');
  const page = document.querySelector('.gradio-container'), texts = new Set();
  const walk = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) if (ours(walk.currentNode.parentElement)) texts.add(walk.currentNode.data.trim());
  for (const name of ['aria-label', 'title', 'alt', 'placeholder'])
    for (const named of page.querySelectorAll(`[${name}]`)) if (ours(named)) texts.add(named.getAttribute(name).trim());
  return [...texts];
}"""
"""All that somebody sees, or hears of a screen reader, but for the footer, which is Gradio's."""
ANYWHERE = {"neural", "art", "English", "Played with"}
"""What is the same in every language, and the name of the run."""
NAMES = re.compile(
    r"JPEG|PNG|WebP|TIFF|BMP|GIF|HEIC|AVIF|notes\.jpg|Ctrl|Shift|dusk & dawn|<b>hills</b>|" + re.escape(HOSTILE)
)


def english(page: Page) -> set[str]:
    """What the page says in English."""
    said = set(page.evaluate(SAID)) - ANYWHERE
    return {text for text in said if re.search("[A-Za-z]{3,}", NAMES.sub("", text))}


def chinese(page: Page) -> set[str]:
    """What the page says in Chinese."""
    return {
        text
        for text in page.evaluate(SAID)
        if re.search("[\u4e00-\u9fff]", text.replace("山水", "")) and text != "中文"
    }


def test_the_language_is_switched_in_place_and_nothing_is_left_in_the_other(
    visitors: Visitors, server: Server, played: Run
) -> None:
    page = explore(visitors, server, played)
    page.locator("#direction-1").evaluate("element => { window.stays = element; }")
    left = {}
    for step in STEPS:
        shown(page, step)
        assert chinese(page) == set(), step
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    for step in reversed(STEPS):
        shown(page, step)
        for _ in range(SLOW // 100):  # the step is there, and is told the language by the answer
            left[step] = english(page)
            if not left[step]:
                break
            page.wait_for_timeout(100)
    assert left == {step: set() for step in STEPS}
    assert page.evaluate("window.stays.isConnected"), "nothing was loaded anew"
    page.reload()
    expect(page.locator("#steps [role=tab]").first).to_contain_text(WORDS["zh"]["step.data"])
    page.locator("#language").click()
    expect(page.locator("#steps [role=tab]").first).to_contain_text(WORDS["en"]["step.data"])


def test_a_chinese_browser_is_spoken_to_in_chinese(visitors: Visitors, server: Server) -> None:
    page = enter(visitors.arrive(locale="zh-Hans-CN"), server.address)
    expect(page.locator("#begin h1")).to_have_text(WORDS["zh"]["data.title"])
    assert english(page) == set()


def test_dark_is_dark_and_stays_so(visitors: Visitors, server: Server) -> None:
    def colours(page: Page) -> list[int]:
        """How bright paper and ink are, from 0 to 255."""
        script = "element => getComputedStyle(element)"
        found = [
            page.locator("body").evaluate(f"{script[:-1]}).backgroundColor"),
            page.locator("#begin h1").evaluate(f"{script[:-1]}).color"),
        ]
        return [max(int(part) for part in re.findall(r"\d+", colour)[:3]) for colour in found]

    page = enter(visitors.arrive(), server.address)
    paper, ink = colours(page)
    assert paper > 220 and ink < 70
    page.locator("#theme").click()
    page.reload()
    page.wait_for_selector("html[data-ready] body.dark")
    paper, ink = colours(page)
    assert paper < 60 and ink > 180


def test_a_link_opens_the_run_and_without_it_nobody_sees_it(visitors: Visitors, server: Server, played: Run) -> None:
    context = visitors.arrive(permissions=["clipboard-read", "clipboard-write"])
    page = enter(context, f"{server.address}?run={played.id}")
    page.locator("#link").click()
    expect(page.locator("#messages .message")).to_contain_text("The link was copied")
    link = page.evaluate("navigator.clipboard.readText()")
    friend = enter(visitors.arrive(), link)
    expect(friend.locator("#run-name").locator("input, textarea")).to_have_value("Played with")
    stranger = enter(visitors.arrive(), server.address)
    stranger.locator("#my-runs").click()
    expect(stranger.locator("#run-list")).to_contain_text("Nothing here yet")
    assert "Played with" not in stranger.content()
    stranger.goto(link[:-1] + ("A" if link[-1] != "A" else "B"))
    expect(stranger.locator("#messages .message")).to_contain_text("There is no such run here")
    expect(stranger.locator("#picker .choose-folder")).to_be_visible()


def test_a_run_is_renamed_and_really_deleted(visitors: Visitors, server: Server, paintings: Path) -> None:
    run = playable(Studio(server.runs, start=False), paintings, "Hills")
    page = enter(visitors.arrive(), f"{server.address}?run={run.id}")
    name = page.locator("#run-name").locator("input, textarea")
    name.fill("<b>Other</b> hills")
    name.press("Enter")
    page.locator("#my-runs").click()
    entry = page.locator("#run-list .open")
    expect(entry).to_have_text("<b>Other</b> hills")
    page.locator("#run-list").get_by_role("button", name="Rename").click()
    page.locator("#run-list input").fill("Last hills")
    page.keyboard.press("Enter")
    expect(entry).to_have_text("Last hills")
    expect(name).to_have_value("Last hills")
    page.locator("#run-list").get_by_role("button", name="Delete").click()
    assert run.paths.folder.exists()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.locator("#run-list")).to_contain_text("Nothing here yet")
    assert not run.paths.folder.exists()
    expect(page.locator("#picker .choose-folder")).to_be_visible()


FOCUS = """() => {
  const element = document.activeElement, around = element.closest('label, .block') ?? element;
  const near = [element, around, ...around.querySelectorAll('*')];
  const look = () => {
    for (const each of document.getAnimations()) if (each.effect.getComputedTiming().endTime < Infinity) each.finish();
    const styles = near.map((each) => getComputedStyle(each));
    return styles.map(({ outline, boxShadow, border }) => [outline, boxShadow, border]).join();
  };
  const focused = look();
  element.blur();
  const seen = look() !== focused;
  element.focus();
  return [element.id || element.closest('[id]')?.id || element.tagName, seen];
}"""
"""What has the focus, and whether one sees that it has."""


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the element has the focus. The focus is seen wherever it is on the way."""
    for _ in range(60):
        page.keyboard.press("Tab")
        name, seen = page.evaluate(FOCUS)
        assert seen, f"the focus is not seen at {name}"
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"{wanted} is not reached")


def test_the_page_is_used_from_the_keyboard_alone(visitors: Visitors, server: Server, played: Run) -> None:
    page = enter(visitors.arrive(), f"{server.address}?run={played.id}")
    tab_to(page, "#steps [role=tab]:nth-child(3), #steps [role=tab]:nth-of-type(3)")
    page.keyboard.press("Enter")
    page.wait_for_selector("#stage canvas[data-number]")
    tab_to(page, "#new")
    page.keyboard.press("Enter")
    tab_to(page, "#keep")
    page.keyboard.press("Space")
    expect(page.locator("#keep")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    expect(page.locator("#keep")).to_have_attribute("aria-pressed", "false")
    tab_to(page, "#direction-1 input[type=range]")
    page.keyboard.press("ArrowRight")
    amounts(page, 0.02)
    tab_to(page, "#slot-a")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#stage .where")).to_contain_text("Between")
    assert page.evaluate("document.activeElement.id") == "slot-a"


WIDER = """() => {
  const page = document.querySelector('.gradio-container');
  return page.scrollWidth > page.clientWidth || document.documentElement.scrollWidth > innerWidth;
}"""
"""Whether something is cut off on the right, or scrolled to."""


def test_nothing_is_wider_than_a_phone(visitors: Visitors, server: Server, played: Run) -> None:
    page = explore(visitors, server, played, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.locator("#own .tile").nth(3).tap()
    for step in STEPS:
        shown(page, step)
        assert not page.evaluate(WIDER), step
    page.locator("#my-runs").tap()
    expect(page.locator("#run-list .open")).to_be_visible()
    assert not page.evaluate(WIDER)
    page.locator("#new-run").tap()
    expect(page.locator("#picker .choose-folder")).to_be_visible()
    assert not page.evaluate(WIDER)


def test_programs_are_told_how_to_use_it(visitors: Visitors, server: Server) -> None:
    page = enter(visitors.arrive(), server.address)
    page.locator("footer").get_by_role("button", name="Use via API").click()
    expect(page.locator(".api-docs")).to_contain_text("/train")


@pytest.mark.parametrize(("locale", "themes"), [("en-US", (False, True)), ("zh-CN", (False,))])
def test_it_can_be_used_by_everybody(
    visitors: Visitors, server: Server, played: Run, locale: str, themes: tuple[bool, ...]
) -> None:
    page = explore(visitors, server, played, locale=locale, reduced_motion="reduce")
    for dark, step in itertools.product(themes, ("begin", *STEPS)):
        if (dark, step) == (True, "begin"):
            page.locator("#theme").click()
        if step == "begin":
            page.locator("#my-runs").click()
            expect(page.locator("#run-list .open")).to_be_visible()
            assert serious(page) == [], (dark, "runs")
            page.locator("#new-run").click()
            page.locator("#picker .choose-folder").wait_for()
            assert serious(page) == [], (dark, step)
            page.locator("#my-runs").click()
            page.locator("#run-list .open").click()
        else:
            shown(page, step)
            assert serious(page) == [], (dark, step)


def test_steps_are_changed_more_quickly_than_they_are_answered(
    visitors: Visitors, server: Server, paintings: Path
) -> None:
    run = prepared(server, paintings, "Quickly")
    write_untrained(run.paths.checkpoint)
    page = enter(visitors.arrive(), f"{server.address}?run={run.id}")
    shown(page, "train")
    page.evaluate("""() => {
      const fetched = window.fetch;
      let first = true;
      window.fetch = async (...request) => {
        const late = first && String(request[0]).includes('run/');
        if (late) first = false;
        const answer = await fetched(...request);
        if (late) await new Promise((done) => { setTimeout(done, 1500); });
        window.arrived ||= late;
        return answer;
      };
    }""")
    go(page, "explore")
    go(page, "train")
    page.wait_for_function("window.arrived")
    page.wait_for_function("JSON.parse(localStorage['neural_art/step']).step === 'train'")
    page.locator("#start").click()
    expect(page.locator("#train-leave:visible, #train-stop:visible, #train-pause:visible").first).to_be_visible()
    page.locator("#train-leave:visible, #train-stop:visible").click()
