"""The Data tab in a real browser: names that are markup, files that cannot be read, requests that get no answer."""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from browser import Browser, Page, Route, browsing, expect
from page_server import write_paintings

from neural_art import web

if TYPE_CHECKING:
    from playwright.sync_api import Dialog

HOSTILE = "`${alert(1)}` {{value.run}} <img src=x onerror=alert(2)>"
UPLOAD = re.compile(r"/gradio_api/upload")

DROP = """async ([zone, folder, pictures]) => {
  const refused = () => new DOMException('A requested file could not be found', 'NotFoundError');
  const file = (name, blob) => (
    { isFile: true, name, file: (yes, no) => (blob ? yes(new File([blob], name)) : no(refused())) });
  const directory = (name, inner, broken) => ({ isFile: false, name, createReader() {
    let given = false;
    return { readEntries(yes, no) { if (broken) { no(refused()); return; } yes(given ? [] : inner); given = true; } };
  } });
  const blob = (text) => new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]);
  const files = pictures.map(([name, content]) => file(name, blob(content)));
  const inner = [...files, file('cloud.jpg', null), directory('locked', [], true), directory('empty', [])];
  const items = [{ kind: 'file', webkitGetAsEntry: () => directory(folder, inner) }];
  const event = new Event('drop', { bubbles: true, cancelable: true });
  Object.defineProperty(event, 'dataTransfer', { value: { items, files: [] } });
  document.querySelector(zone).dispatchEvent(event);
}"""
"""Drops a folder of which a file, a folder and what is in another folder cannot be read."""

HURRY = """() => {
  const usual = window.setTimeout;
  window.setTimeout = (does, after, ...values) => usual(does, after >= 1000 ? after / 20 : after, ...values);
}"""
"""Waits of seconds are over soon."""


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    many = torch.cat([drawn_paintings + number for number in range(4)])  # 48, of which none is a copy
    return write_paintings(tmp_path_factory.mktemp("set") / "hills", many, classes=(HOSTILE, "dusk"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, str]]:
    """A browser, and the address of a server."""
    with pytest.MonkeyPatch.context() as patch, browsing() as browser:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        threads = torch.get_num_threads()
        page = web.launch(web.Settings(port=port, runs=tmp_path_factory.mktemp("runs"), base=None))
        yield browser, f"http://127.0.0.1:{port}/"
        page.close()
        torch.set_num_threads(threads)


@pytest.fixture
def visitor(site: tuple[Browser, str]) -> Iterator[Page]:
    """Somebody without runs. A dialogue or an error of a script fails the test."""
    browser, address = site
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    trouble: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        trouble.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(address)
    page.locator("#picker .choose-folder").wait_for()
    yield page
    context.close()
    assert trouble == []


def test_names_are_text_and_what_cannot_be_read_is_named(visitor: Page, paintings: Path) -> None:
    listed = [
        [f"{HOSTILE} {index}.png", base64.b64encode(path.read_bytes()).decode()]
        for index, path in enumerate(sorted(paintings.rglob("*.png"))[:12])
    ]
    visitor.evaluate(DROP, ["#picker .zone", HOSTILE, listed])
    expect(visitor.locator("#report-title")).to_have_text("12 paintings are ready", timeout=30_000)
    left_out = visitor.locator("#left-out li > :first-child")
    assert left_out.all_inner_texts() == [f"{HOSTILE}/{name}" for name in ("cloud.jpg", "empty", "locked")]
    assert visitor.locator("img[src=x]").count() == 0
    assert visitor.locator("#run-name").locator("input, textarea").input_value() == HOSTILE


def test_a_batch_that_gets_no_answer_is_sent_again(visitor: Page, paintings: Path) -> None:
    attempts: list[str] = []

    def lose_some(route: Route) -> None:
        attempts.append(route.request.url)
        if len(attempts) in (1, 3):
            route.abort()
        else:
            route.continue_()

    visitor.route(UPLOAD, lose_some)
    visitor.locator("#picker input.folder").set_input_files(paintings)
    expect(visitor.locator("#report-title")).to_have_text("48 paintings are ready", timeout=30_000)
    assert len(attempts) == 4
    expect(visitor.locator("#facts")).to_contain_text(f"{HOSTILE} 24")


def test_the_last_of_quick_choices_counts(visitor: Page, paintings: Path) -> None:
    visitor.locator("#picker input.files").set_input_files(sorted(paintings.rglob("*.png"))[:12])
    expect(visitor.locator("#report-title")).to_have_text("12 paintings are ready", timeout=30_000)
    cards = visitor.locator("#fit .card")
    with visitor.expect_response(lambda answer: '{"value":"squeeze"}' in (answer.request.post_data or "")):
        cards.nth(1).click()
        cards.nth(0).click()
    expect(visitor.locator("#fit .asked")).to_have_count(0)
    expect(visitor.locator("#fit input[value=squeeze]")).to_be_checked()


def test_after_several_failures_it_says_so_and_goes_on_when_asked(visitor: Page, paintings: Path) -> None:
    attempts: list[str] = []

    def lose_all_but_the_first(route: Route) -> None:
        attempts.append(route.request.url)
        if len(attempts) > 1:
            route.abort()
        else:
            route.continue_()

    visitor.route(UPLOAD, lose_all_but_the_first)
    visitor.evaluate(HURRY)
    visitor.locator("#picker input.folder").set_input_files(paintings)
    sentence = "40 of 48 files have arrived, and nothing is lost."
    expect(visitor.locator("#upload .stopped")).to_contain_text(sentence, timeout=30_000)
    visitor.unroute(UPLOAD)
    visitor.locator("#upload .go-on").click()
    expect(visitor.locator("#report-title")).to_have_text("48 paintings are ready", timeout=30_000)
