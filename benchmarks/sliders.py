"""How a slider answers in a browser: new pictures a second, and the time from a movement to the picture on the screen.

    python benchmarks/sliders.py [--run FOLDER] [--recipe study] [--seconds 3] [--quiet-only]

Drags "Direction 1" with the mouse at 60 Hz in Chromium, on the page of ``python app.py``, first with nothing else
running and then beside a training of the same recipe. Every animation frame notes which slider value is on the canvas.
Without ``--run`` it plays with an untrained model of that recipe, which takes the same time. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from playwright.sync_api import Page, sync_playwright

from benchmarks.start import ARGUMENTS, CHROMIUM, app, wait_for
from neural_art.models import checkpoint
from neural_art.models.checkpoint import Model
from neural_art.models.discriminator import Discriminator
from neural_art.models.encoder import Encoder
from neural_art.models.generator import Generator
from neural_art.recipe import LATENT_SIZE, SIZES, Budget, Recipe
from neural_art.runs.journal import Journal
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio

SLIDER: Final = "#direction-1 input[type=range]"
WATCH: Final = """() => {
  const slider = document.querySelector('#direction-1 input[type=range]');
  const canvas = document.querySelector('#stage canvas');
  const watch = window.watch = {moved: {}, shown: [], frames: 0, on: true};
  slider.addEventListener('input', () => { watch.moved[Number(slider.value)] = performance.now(); });
  let before = canvas.dataset.number;
  const frame = now => {
    watch.frames++;
    if (canvas.dataset.number !== before) {
      before = canvas.dataset.number;
      watch.shown.push([Number(canvas.dataset.shown.split(',')[0]), performance.now()]);
    }
    if (watch.on) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


def drag(page: Page, seconds: float) -> dict[str, float]:
    """Drag the slider back and forth for some seconds; updates a second and latencies in milliseconds."""
    box = page.locator(SLIDER).bounding_box()
    assert box is not None
    left, width, middle = box["x"] + 12, box["width"] - 24, box["y"] + box["height"] / 2
    page.mouse.move(left + width / 2, middle)
    page.mouse.down()
    page.wait_for_timeout(300)
    page.evaluate(WATCH)
    began, step = time.monotonic(), 0
    while (passed := time.monotonic() - began) < seconds:
        share = abs((passed / 1.5 + 0.5) % 2 - 1)  # back and forth in three seconds
        page.mouse.move(left + width * share, middle)
        step += 1
        time.sleep(max(0.0, began + step / 60 - time.monotonic()))
    took = time.monotonic() - began
    page.mouse.up()
    page.wait_for_timeout(1000)
    watched = page.evaluate("() => { window.watch.on = false; return window.watch; }")
    moved = {float(value): at for value, at in watched["moved"].items()}
    waits = [at - moved[value] for value, at in watched["shown"] if value in moved and at >= moved[value]]
    last = float(page.locator(SLIDER).input_value())
    waits.sort()
    return {
        "moves": step / took,
        "updates": len(waits) / took,
        "median": statistics.median(waits),
        "p95": waits[int(0.95 * (len(waits) - 1))],
        "last": float(watched["shown"][-1][0] == last),
    }


def untrained(runs: Path, size: int) -> Run:
    """A run with sample paintings and a model that has not learned anything."""
    studio = Studio(runs, start=False)
    run = studio.create("Untrained")
    for _ in studio.intake.add_samples(run.id):
        pass
    paintings = run.report.paintings if run.report else ()
    torch.manual_seed(0)
    model = Model(Generator(size), Discriminator(), Encoder(), torch.randn(len(paintings), LATENT_SIZE))
    settings = {"format": checkpoint.FORMAT, "size": size, "aspect": run.aspect, "step": 0}
    checkpoint.write(run.paths.checkpoint, model.tensors(), settings)
    return run


def copied(runs: Path, folder: Path) -> Run:
    """A copy of a run's folder among the runs of the page."""
    copy = runs / secrets.token_urlsafe(16)
    runs.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, copy)
    return Run.open(copy)


def report(title: str, figures: dict[str, float]) -> None:
    print(
        f"{title:20} {figures['updates']:5.1f} updates/s of {figures['moves']:4.1f} movements/s   "
        f"median {figures['median']:4.0f} ms   p95 {figures['p95']:4.0f} ms   "
        f"last value shown: {'yes' if figures['last'] else 'NO'}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="a trained run's folder to play with")
    parser.add_argument("--recipe", choices=SIZES, default="study")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--quiet-only", action="store_true", help="no training beside it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        runs = Path(folder) / "runs"
        run = copied(runs, options.run) if options.run else untrained(runs, SIZES[options.recipe])
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        with app(runs) as (address, process):
            wait_for(address)
            page.goto(f"{address}?run={run.id}")
            page.wait_for_selector("html[data-ready]")
            page.click("#steps [role=tab]:nth-of-type(3)")
            page.wait_for_selector("#stage canvas[data-number]")
            page.wait_for_timeout(4000)
            drag(page, 1)  # warm up
            page.wait_for_timeout(2000)
            report("nothing else", drag(page, options.seconds))
            if not options.quiet_only:
                studio = Studio(runs, start=False)
                beside = studio.create("Beside")
                for _ in studio.intake.add_samples(beside.id, seed=1):
                    pass
                studio.train(beside.id, Recipe(name=options.recipe), Budget(minutes=3.0))
                while not any(event["event"] == "stepped" for event in Journal(beside).events()):
                    page.wait_for_timeout(500)
                page.wait_for_timeout(3000)
                report("beside a training", drag(page, options.seconds))
            print(f"memory of the page   {process.memory_info().rss / (1 << 20):5.0f} MB")
        browser.close()


if __name__ == "__main__":
    main()
