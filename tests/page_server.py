"""The page's handlers as a browser meets them, a folder of paintings, and a run to play with. No tests."""

from __future__ import annotations

import base64
import threading
from pathlib import Path
from typing import Any

import torch
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
from neural_art.web.handlers import Handlers, answering

POSITION = {
    "origin": "seed", "seed": 7, "a": 0, "b": 0, "t": 0, "amounts": [0.5] * 8, "truncation": 0.7, "class_index": None,
}  # fmt: skip
UNKNOWN = "A" * 22
"""The id of a run that is not there."""


class Server:
    """Handlers by name, with an answer whatever they are sent."""

    def __init__(self, folder: Path, quotas: Quotas | None = None) -> None:
        self.cache = folder / "cache"
        self.cache.mkdir(parents=True)
        self.studio = Studio(folder / "runs", start=False, limits=Limits(total_bytes=4 << 20), quotas=quotas)
        self._handlers = {each.__name__: answering(each) for each in Handlers(self.studio, self.cache).all()}

    @property
    def names(self) -> list[str]:
        return list(self._handlers)

    def ask(self, handler: str, request: Any = None, *, visitor: str = "", **details: Any) -> dict[str, Any]:
        return self._handlers[handler](details if request is None else request, visitor)

    def upload(self, name: str, content: bytes) -> str:
        """What Gradio's upload does with a file; the path that the browser gets."""
        folder = self.cache / f"{len(list(self.cache.iterdir())):064d}"
        folder.mkdir()
        (folder / name).write_bytes(content)
        return str(folder / name)

    def add_paintings(self, run: str, folder: Path) -> dict[str, Any]:
        """Upload everything in a folder and have it checked; how that ended."""
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        listed = [
            {"path": self.upload(f"{index}{path.suffix}", path.read_bytes()), "name": str(path.relative_to(folder))}
            for index, path in enumerate(files)
        ]
        assert self.ask("take", run=run, files=listed) == {"taken": len(files)}
        assert self.ask("check", run=run, fit="squeeze", matte="#ffffff") == {}
        return self.ended(run, "uploads")

    def ended(self, run: str, task: str, **details: Any) -> dict[str, Any]:
        """How a task ended, once it has."""
        for thread in threading.enumerate():
            if thread.name == "tasks":
                thread.join(60)
        standing = self.ask("task", run=run, task=task, **details)
        assert standing["state"] != "working", standing
        return standing


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
