"""Where everything of a run lies: the names of the files in its folder, each written here alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from neural_art.dataset.report import REPORT


@dataclass(frozen=True)
class RunPaths:
    """The files of the run in ``folder``. None of them needs to exist, unless its line says so."""

    folder: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that files are written to."""
        return (self.folder, self.uploads, self.paintings, self.sample_grids, self.films)

    @property
    def info(self) -> Path:
        """Name, creation, parent and version. A folder with this file holds a run."""
        return self.folder / "run.json"

    @property
    def paintings(self) -> Path:
        """The folder of the accepted paintings and their report."""
        return self.folder / "paintings"

    @property
    def report(self) -> Path:
        """What was accepted and what was rejected (``dataset.report``); written last, so its paintings are there."""
        return self.paintings / REPORT

    @property
    def uploads(self) -> Path:
        """The folder of files that were uploaded and not checked yet."""
        return self.folder / "uploads"

    @property
    def recipe(self) -> Path:
        """How the run is trained; absent until training was asked for."""
        return self.folder / "recipe.json"

    @property
    def desired_state(self) -> Path:
        """What the person wants of the run, and for how many minutes; absent until training was asked for."""
        return self.folder / "desired_state.json"

    @property
    def lock(self) -> Path:
        """Locked (flock) by the worker while it lives; its content says which process that is."""
        return self.folder / "lock"

    @property
    def restart_attempts(self) -> Path:
        """How often a worker was started without getting anywhere."""
        return self.folder / "restart_attempts.json"

    @property
    def worker_log(self) -> Path:
        """What the worker printed."""
        return self.folder / "worker.log"

    @property
    def events(self) -> Path:
        """The events of the training, one JSON object a line."""
        return self.folder / "events.jsonl"

    @property
    def sample_grids(self) -> Path:
        """The folder of the sample grids."""
        return self.folder / "samples"

    def sample_grid(self, step: int) -> Path:
        """The sample grid of one step."""
        return self.sample_grids / f"{step:05d}.webp"

    def carried(self, event: Mapping[str, Any]) -> tuple[Path, ...]:
        """The files that belong to an event of the journal, in the order in which they are written."""
        if event["event"] == "sampled":
            return (self.sample_grid(event["step"]), self.thumbnail)
        return (self.checkpoint, self.training_state) if event["event"] == "saved" else ()

    @property
    def thumbnail(self) -> Path:
        """A small JPEG of four pictures, for lists."""
        return self.folder / "thumbnail.jpg"

    @property
    def base(self) -> Path:
        """The model that this run starts from, if it branched from another run."""
        return self.folder / "base.safetensors"

    @property
    def checkpoint(self) -> Path:
        """The newest weights to explore; absent before the first save."""
        return self.folder / "checkpoint.safetensors"

    @property
    def training_state(self) -> Path:
        """All that resuming needs, in one file, so that a kill cannot separate what belongs together."""
        return self.folder / "training.safetensors"

    @property
    def favourites(self) -> Path:
        """The positions that the person kept."""
        return self.folder / "favourites.json"

    @property
    def films(self) -> Path:
        """The folder of finished films."""
        return self.folder / "films"


class HasPaths(Protocol):
    """Something that lies in a run's folder; in practice a ``Run``."""

    @property
    def paths(self) -> RunPaths:
        """Its files."""
