"""The page without a browser, a folder of paintings, and a run to play with. No tests."""

from __future__ import annotations

import base64
import shutil
import threading
from pathlib import Path
from typing import Any

import torch
from gradio import EventData
from gradio.blocks import Block
from PIL import Image

from neural_art.dataset.limits import Limits
from neural_art.models import checkpoint
from neural_art.models.checkpoint import Model
from neural_art.models.discriminator import Discriminator
from neural_art.models.encoder import Encoder
from neural_art.models.generator import Generator
from neural_art.runs.quotas import Quotas
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio
from neural_art.web.page import Page
from neural_art.web.settings import Settings
from neural_art.web.tabs.data import TASK
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates

POSITION = {
    "origin": "seed", "seed": 7, "a": 0, "b": 0, "t": 0, "amounts": [0.5] * 8, "truncation": 0.7, "class_index": None,
}  # fmt: skip
UNKNOWN = "A" * 22
"""The id of a run that is not there."""


class Site:
    """A page without a browser, on a studio that starts no workers, and what somebody does with it: ``visit``."""

    def __init__(self, folder: Path, quotas: Quotas | None = None) -> None:
        self.cache = folder / "cache"
        self.cache.mkdir(parents=True)
        self.studio = Studio(folder / "runs", start=False, limits=Limits(total_bytes=4 << 20), quotas=quotas)
        self.page = Page(self.studio, Settings(base=None, keep_hours=24.0), self.cache)
        self.blocks = self.page.build()
        self.tab = self.page.data
        self.visit = Visit(language="en")
        self._uploaded = 0

    def component(self, name: str) -> Block:
        """The component with this ``elem_id``."""
        return next(block for block in self.page.everything if block.elem_id == name)

    def ask(self, name: str, *values: Any, event: str = "click", data: Any = None) -> dict[str, Any]:
        """What an event of a component is answered with: ``elem_id`` -> update. The visit goes on from the answer."""
        target = (self.component(name)._id, event)
        (wired,) = [each for each in self.blocks.fns.values() if target in each.targets and each.fn is not None]
        updates = wired.fn(None, EventData(None, data), self.visit.to_session(), *values)
        self.visit = Visit.read(updates.get(self.page.session, self.visit.to_session()))
        return {block.elem_id: update for block, update in updates.items() if block.elem_id}

    def clear(self) -> None:
        """Begin anew, without runs."""
        self.visit = Visit(language="en")
        for path in self.studio.root.iterdir():
            if path.is_dir():
                shutil.rmtree(path)

    def upload(self, content: bytes) -> str:
        """What Gradio's upload does with a file; the path that the browser gets."""
        self._uploaded += 1
        folder = self.cache / f"{self._uploaded:064d}"
        folder.mkdir()
        (folder / "1.png").write_bytes(content)
        return str(folder / "1.png")

    def take(self, files: dict[str, bytes], *, run: str = "", name: str = "Hills", **details: Any) -> dict[str, Any]:
        listed = [{"path": self.upload(content), "name": name} for name, content in files.items()]
        return self.tab._uploads.take({"run": run, "name": name, "files": listed, "unread": [], **details})

    def tick(self, before: dict[str, Any]) -> tuple[Updates, dict[str, Any]]:
        now: dict[str, Any] = {}
        run, status = self.studio.run(self.visit.run), self.studio.status(self.visit.run)
        return self.tab.ticked(self.visit, run, status, before, now), now

    def checked(self, run: str, matte: Any = "#ffffff") -> Updates:
        """Everything has arrived and was checked; what the tab shows then."""
        self.tab._arrived_all(self.visit, {"run": run}, matte)
        self.ended(run)
        self.visit = self.visit.at(run, "data")
        return self.page.current(self.visit)

    def ended(self, run: str) -> None:
        for thread in threading.enumerate():
            if thread.name == "tasks":
                thread.join(60)
        assert not self.page.tasks.working(run, TASK)


def write_paintings(folder: Path, drawn: torch.Tensor, classes: tuple[str, str] = ("dawn", "dusk")) -> Path:
    """Wide paintings, in turn in two sub-folders of ``folder``."""
    for index, pixels in enumerate(drawn):
        (folder / classes[index % 2]).mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(pixels.permute(1, 2, 0).numpy()).resize((120, 80))
        picture.save(folder / classes[index % 2] / f"hill {index:02d}.png")
    return folder


def write_untrained(path: Path, latents: torch.Tensor | None = None, **settings: Any) -> None:
    """A checkpoint that has not learned anything, but has something to see; of twelve paintings, or of those with
    these ``latents``."""
    torch.manual_seed(3)
    generator = Generator(64)
    with torch.no_grad():
        for weights in generator.parameters():
            weights.mul_(1.3)  # untrained pictures are almost grey otherwise
    model = Model(generator, Discriminator(), Encoder(), torch.randn(12, 256) if latents is None else latents)
    known = {"format": checkpoint.FORMAT, "size": 64, "aspect": 1.5, "step": 5}
    checkpoint.write(path, model.tensors(), known | settings)


def playable(studio: Studio, paintings: Path, name: str = "Hills", **settings: Any) -> Run:
    """A run of ``studio`` with twelve paintings and an untrained model."""
    run = studio.create(name)
    for _ in studio.intake.add_paintings(run.id, paintings):
        pass
    write_untrained(run.paths.checkpoint, **settings)
    return run


def content(uri: str) -> bytes:
    """The bytes in a data URI."""
    return base64.b64decode(uri.split(",", 1)[1])
