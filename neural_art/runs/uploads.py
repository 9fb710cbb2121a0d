"""A run's in-box: files that were uploaded and not checked yet, under names of ours, and the names that they had."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
from pathlib import Path

from neural_art.runs.paths import HasPaths


class UploadBox:
    """The in-box of ``run``, in its folder. Nothing of it counts as a painting before it was checked (``Intake``)."""

    def __init__(self, run: HasPaths) -> None:
        self._folder = run.paths.uploads
        self._names = self._folder / "names.jsonl"

    def take(self, file: Path, name: str) -> None:
        """Move ``file`` into the box; ``name`` is its relative name where it came from, which may say anything."""
        self._folder.mkdir(exist_ok=True)
        kept = f"{secrets.token_hex(8)}{file.suffix[:6]}"
        shutil.move(file, self._folder / kept)
        with self._names.open("a", encoding="utf-8") as names:
            names.write(json.dumps([name[:4096], kept]) + "\n")

    def files(self) -> list[tuple[str, Path]]:
        """Name and file of each, in the order in which they came."""
        try:
            lines = self._names.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            with contextlib.suppress(ValueError):  # the last line may be torn
                name, kept = json.loads(line)
                if (self._folder / kept).is_file():
                    found.append((name, self._folder / kept))
        return found

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(path.stat().st_size for path in self._folder.glob("*"))

    def clear(self) -> None:
        """Remove everything."""
        shutil.rmtree(self._folder, ignore_errors=True)
