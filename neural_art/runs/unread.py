"""Files of an upload that never came: a browser could not read them, or something on the way refused them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable

from neural_art import files
from neural_art.dataset.names import displayable
from neural_art.dataset.report import Rejection
from neural_art.runs.paths import HasPaths


class Unread:
    """The names of such files of ``run``, which lie in its in-box until they are in the report."""

    def __init__(self, run: HasPaths) -> None:
        self._run_folder = run.paths.folder
        self._file = run.paths.uploads / "unread.jsonl"

    def add(self, rejections: Iterable[Rejection]) -> None:
        """Note these, each once."""
        known = self.rejections()
        new = dict.fromkeys(_line(each) for each in rejections if each not in known)
        if not new:
            return
        with files.storage_errors(), files.locked_folder(self._run_folder):
            self._file.parent.mkdir(exist_ok=True)
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write("".join(["\n", *new]))  # after a line that was torn, perhaps

    def rejections(self) -> list[Rejection]:
        """What the report says of them."""
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            with contextlib.suppress(ValueError):  # a kill may tear a line
                name, code, values = json.loads(line)
                found.append(Rejection(name, code, values))
        return found

    def remove(self, reported: Iterable[Rejection]) -> None:
        """Remove these; what has come since stays."""
        reported = list(reported)
        with files.storage_errors(), files.locked_folder(self._run_folder):
            left = [each for each in self.rejections() if each not in reported]
            if left:
                files.write(self._file, "".join(map(_line, left)).encode())
                return
            self._file.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # files lie there
                self._file.parent.rmdir()


def rejection(name: str, code: str, *, size: int = 0, most: int = 0) -> Rejection:
    """One such file; ``size``: its bytes, ``most``: the bytes that a file may have.

    ``code`` is a browser's, and any that is not known here is "unread".
    """
    name = displayable(name)
    known = {
        "folder-unread": Rejection(name, "folder-unread"),
        "folder-empty": Rejection(name, "folder-empty"),
        "changed": Rejection(name, "changed"),
        "too-large": Rejection(name, "too-large", {"size": _words(size), "most": _words(most)}),
        "proxy-limit": Rejection(name, "proxy-limit", {"size": _words(size)}),
    }
    return known.get(code, Rejection(name, "unread"))


def _line(each: Rejection) -> str:
    return json.dumps([each.name, each.code, dict(each.values)]) + "\n"


def _words(size: int) -> str:
    return f"{size / (1 << 20):,.{0 if size > 10 << 20 else 1}f} MB"
