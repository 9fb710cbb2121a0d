"""Chromium, a server of the page, and visitors: what the browser tests share. No tests.

A module that imports it is skipped where there is no browser, and fails there if ``CI`` is ``true``.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium"))), None)
"""The first can show no window, and takes half the processor time for a page."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SLOW = 30_000
"""Milliseconds that an answer may take on a busy machine."""
PATIENCE = 150_000
"""Milliseconds that a training may take to start and to paint."""
ROOT = Path(__file__).parent.parent

try:
    from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route, expect, sync_playwright
except ImportError:  # pragma: no cover
    expect = sync_playwright = None  # type: ignore[assignment]

if sync_playwright is None or CHROMIUM is None:
    missing = (
        "Playwright or Chromium is missing: pip install -r requirements-dev.txt, apt install chromium-headless-shell"
    )
    if os.environ.get("CI") == "true":
        raise RuntimeError(missing)
    pytest.skip(missing, allow_module_level=True)

expect.set_options(timeout=SLOW)

__all__ = [
    "PATIENCE", "SLOW", "Browser", "BrowserContext", "Frame", "Page", "Route", "Server", "Visitors",
    "browsing", "enter", "expect", "go", "serving",
]  # fmt: skip


class Server:
    """The page as ``python app.py`` serves it, in a process that can be killed and started again."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.runs, self.uploads = folder / "runs", folder / "uploads"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        own = {"PORT": str(self.port), "RUNS": str(self.runs), "DEVICE": "cpu"}
        self._environment = {
            **os.environ,
            **{f"NEURAL_ART_{name}": value for name, value in own.items()},
            "GRADIO_TEMP_DIR": str(self.uploads),
            **environment,
        }
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(ROOT / "app.py")], env=self._environment, stdout=log, stderr=log
            )
        for _ in range(600):
            try:
                with urllib.request.urlopen(self.address, timeout=5):
                    return
            except OSError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError(self.log)

    def kill(self) -> None:
        """Kill it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """While the block lasts, the server can write no file, and neither can what it starts: as on a full disk."""
        assert self._process is not None
        before, most = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (0, most))
        try:
            yield
        finally:
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (before, most))

    @property
    def log(self) -> str:
        """What it has written so far."""
        return self._log.read_text(errors="replace")


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    """A server with folders of its own below ``folder``."""
    server = Server(folder, **environment)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Visitors:
    """Makes visitors, each with a storage of its own; ``errors``: of scripts on any of their pages."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    def arrive(self, **options: Any) -> BrowserContext:
        """A new visitor."""
        context = self._browser.new_context(
            **({"locale": "en-US", "viewport": {"width": 1280, "height": 860}} | options)
        )
        context.set_default_timeout(SLOW)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self._contexts.append(context)
        return context

    def leave(self) -> None:
        """All visitors go."""
        for context in self._contexts:
            context.close()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def enter(context: BrowserContext, address: str) -> Page:
    """A tab of a visitor's at an address, once the page is there and has shown what it was left with."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page


def go(page: Page | Frame, step: str) -> None:
    """Open a step: "data", "train" or "explore"."""
    page.locator(f"#steps [role=tab] >> nth={('data', 'train', 'explore').index(step)}").click()
