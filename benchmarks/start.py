"""How long from ``python app.py`` to a page that can be used, and how much memory the server takes.

    python benchmarks/start.py

Starts the app on a free port with an empty folder of runs, opens it in Chromium, and prints its figures. Run it on an
idle machine.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil
from playwright.sync_api import sync_playwright

ROOT: Final = Path(__file__).resolve().parent.parent
CHROMIUM: Final = "/usr/bin/chromium"
ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def app(runs: Path) -> Iterator[tuple[str, psutil.Process]]:
    """``python app.py`` with its runs in a folder: the address and the process, before it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"NEURAL_ART_PORT": str(port), "NEURAL_ART_RUNS": str(runs)}
    environment["GRADIO_TEMP_DIR"] = str(runs.parent / "uploads")
    server = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    process = psutil.Process(server.pid)
    try:
        yield f"http://127.0.0.1:{port}/", process
    finally:
        children = process.children(recursive=True)
        server.terminate()
        server.wait()
        for child in children:
            child.kill()


def wait_for(address: str, seconds: float = 120) -> None:
    """Return once the address answers; raise what stands in the way after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        began = time.monotonic()
        with app(Path(folder) / "runs") as (address, process):
            wait_for(address)
            answered = time.monotonic() - began
            page.goto(address)
            page.wait_for_selector("html[data-ready]")
            usable = time.monotonic() - began
            time.sleep(2)
            before = process.cpu_times()
            time.sleep(10)
            after = process.cpu_times()
            print(f"first answer              {answered:6.1f} s")
            print(f"page can be used          {usable:6.1f} s")
            print(f"memory of the server      {process.memory_info().rss / (1 << 20):6.0f} MB")
            used = after.user + after.system - before.user - before.system
            print(f"processor, doing nothing  {10 * used:6.1f} % of one core")
        browser.close()


if __name__ == "__main__":
    main()
