"""What whoever starts the page may choose, read from environment variables by name (README has the table)."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from neural_art.dataset.prepare import Limits
from neural_art.errors import NeuralArtError

HOME: Final = "~/.local/share/neural_art/runs"
"""Where runs are kept at home."""

BASE: Final = Path(__file__).parents[2] / "checkpoints" / "base"
"""The model that new runs start from, where it is shipped."""

SPACE_DISK: Final = Path("/data")
"""A Space's own disk, where it has one."""


class SettingsError(NeuralArtError):
    """An environment variable holds something that cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the page is served. ``keep_hours``: runs are removed after so long without use; None keeps them for ever.

    ``at_once``: trainings at the same time. ``file_mb``, ``total_mb``, ``most``: limits of what may be brought.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    runs: Path = field(default_factory=lambda: Path(HOME).expanduser())
    keep_hours: float | None = None
    at_once: int = 1
    file_mb: int = 300
    total_mb: int = 1024
    most: int = 2000
    space: bool = False
    base: Path | None = field(default_factory=lambda: BASE if BASE.exists() else None)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **given: Any) -> Settings:
        """The settings in ``environment``, or the defaults for this machine; what is ``given`` by name goes before.

        Raises ``SettingsError``.
        """
        space = bool(environment.get("SPACE_ID"))
        _, host = _first(environment, "NEURAL_ART_HOST", "GRADIO_SERVER_NAME")
        _, runs = _first(environment, "NEURAL_ART_RUNS")
        port = _whole(environment, 7860, 1, 65535, "NEURAL_ART_PORT", "GRADIO_SERVER_PORT")
        read = cls(
            host=host or ("0.0.0.0" if space else "127.0.0.1"),
            port=port,
            runs=Path(runs).expanduser() if runs else _runs_folder(space=space),
            keep_hours=_number(environment, 24.0 if space else 0.0, 0, 100_000, "NEURAL_ART_KEEP_HOURS") or None,
            at_once=_whole(environment, 1, 1, 64, "NEURAL_ART_AT_ONCE"),
            file_mb=_whole(environment, 300, 1, 4096, "NEURAL_ART_FILE_MB"),
            total_mb=_whole(environment, 1024, 1, 65536, "NEURAL_ART_TOTAL_MB"),
            most=_whole(environment, 2000, 8, 100_000, "NEURAL_ART_MOST_PAINTINGS"),
            space=space,
        )
        return replace(read, **given)

    @property
    def limits(self) -> Limits:
        """What may be brought, as ``paintings`` wants it."""
        return Limits(most=self.most, file_bytes=self.file_mb << 20, total_bytes=self.total_mb << 20)


def _first(environment: Mapping[str, str], *names: str) -> tuple[str, str]:
    """Name and value of the first variable that is set; empty strings if none is."""
    return next(((name, value) for name in names if (value := environment.get(name, "").strip())), ("", ""))


def _number(environment: Mapping[str, str], otherwise: float, low: float, high: float, *names: str) -> float:
    name, text = _first(environment, *names)
    if not name:
        return otherwise
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise SettingsError(f"{name} is {text!r}. Set it to a number from {low:g} to {high:g}, or leave it out.")
    return value


def _whole(environment: Mapping[str, str], otherwise: int, low: int, high: int, *names: str) -> int:
    value = _number(environment, otherwise, low, high, *names)
    if value != int(value):
        name, text = _first(environment, *names)
        raise SettingsError(f"{name} is {text!r}. Set it to a whole number, or leave it out.")
    return int(value)


def _runs_folder(*, space: bool) -> Path:
    if space and os.access(SPACE_DISK, os.W_OK):
        return SPACE_DISK / "neural_art"
    return Path(HOME).expanduser()
