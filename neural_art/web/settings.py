"""What whoever starts the page may choose, read from environment variables by name (README has the table)."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from neural_art import shipped
from neural_art.checks import Range, brief, check_range
from neural_art.dataset.limits import Limits
from neural_art.errors import SettingsError
from neural_art.processor import CPU, DEVICES
from neural_art.runs.quotas import HOSTED, LOAN_SECONDS, Quotas

HOME: Final = "~/.local/share/neural_art/runs"
"""Where runs are kept at home."""

PORTS: Final[Range] = (1, 65535)
"""What a port may be."""

SPACE_DISK: Final = Path("/data")
"""A Space's own disk, where it has one."""

SPACE_HOURS: Final = 24.0
"""How long a Space keeps a run that nobody uses."""

_ADDRESS: Final = re.compile(r"auto|(ray://)?[^\s/:]+:[0-9]+")

LOCAL: Final = ("127.0.0.1", "::1", "localhost")
"""Addresses that nobody but this machine can reach."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the page is served.

    ``keep_hours``: runs are removed after so long without use; None keeps them for ever. ``at_once``: trainings at the
    same time; None: as many as the cluster has room for, or one on each graphics card, or one. ``cluster``: the address
    of a Ray cluster that trains. ``device``: where runs learn and pictures are painted, one of ``processor.DEVICES``.
    ``file_mb``, ``total_mb``, ``most``: limits of what may be uploaded. ``base``: the model that new runs start from.
    ``space``: whether this is a Hugging Face Space. ``quotas``: what each visitor may have.
    ``left_hours``: uploads that nobody took, and empty runs, are removed after so long. ``proxies``: how many of ours
    stand before this server and add to X-Forwarded-For. ``loan_device``: where a run is trained on a
    graphics card that is lent (``web.zero_gpu``), for ``loan_seconds``; None where none are.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    runs: Path = field(default_factory=lambda: Path(HOME).expanduser())
    keep_hours: float | None = None
    at_once: int | None = None
    device: str = "auto"
    cluster: str | None = None
    file_mb: int = 300
    total_mb: int = 1024
    most: int = 2000
    space: bool = False
    base: Path | None = field(default_factory=shipped.shipped_base)
    quotas: Quotas = field(default_factory=Quotas)
    left_hours: float = 24.0
    proxies: int = 0
    loan_device: str | None = None
    loan_seconds: int = LOAN_SECONDS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **given: Any) -> Settings:
        """The settings in ``environment``, or the defaults for this machine; what is ``given`` by name goes before.

        Raises ``SettingsError``.
        """
        space = bool(environment.get("SPACE_ID"))
        default = cls(
            host="0.0.0.0" if space else cls.host,
            runs=_runs_folder(space=space),
            keep_hours=SPACE_HOURS if space else None,
            space=space,
            loan_device="cuda" if environment.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true") else None,
        )
        _, host = _first(environment, "NEURAL_ART_HOST", "GRADIO_SERVER_NAME")
        _, runs = _first(environment, "NEURAL_ART_RUNS")
        keep_hours = _number(environment, default.keep_hours or 0, (0, 100_000), "NEURAL_ART_KEEP_HOURS")
        read = replace(
            default,
            host=host or default.host,
            port=_whole(environment, default.port, PORTS, "NEURAL_ART_PORT", "GRADIO_SERVER_PORT"),
            runs=Path(runs).expanduser() if runs else default.runs,
            keep_hours=keep_hours or None,
            at_once=_whole(environment, 0, (1, 1000), "NEURAL_ART_AT_ONCE") or None,
            cluster=_cluster(environment),
            # there is no card outside of loans
            device=device_in(environment) if default.loan_device is None else CPU.kind,
            file_mb=_whole(environment, default.file_mb, (1, 4096), "NEURAL_ART_FILE_MB"),
            total_mb=_whole(environment, default.total_mb, (1, 65536), "NEURAL_ART_TOTAL_MB"),
            most=_whole(environment, default.most, (8, 100_000), "NEURAL_ART_MOST_PAINTINGS"),
            proxies=_whole(environment, 1 if space else 0, (0, 9), "NEURAL_ART_PROXIES"),
        )
        chosen = replace(read, **given)
        left_hours = _number(environment, 1.0 if chosen.hosted else 24.0, (0.1, 100_000), "NEURAL_ART_LEFT_HOURS")
        return replace(chosen, **{"left_hours": left_hours, "quotas": _quotas(environment, chosen), **given})

    @property
    def hosted(self) -> bool:
        """Whether others than the person at this machine can reach the page."""
        return self.space or self.proxies > 0 or self.host not in LOCAL

    @property
    def limits(self) -> Limits:
        """What may be uploaded, as ``dataset`` wants it."""
        return Limits(most=self.most, file_bytes=self.file_mb << 20, total_bytes=self.total_mb << 20)


def device_in(environment: Mapping[str, str]) -> str:
    """The device that ``environment`` names, for the page and the terminal. Raises ``SettingsError``."""
    device = _first(environment, "NEURAL_ART_DEVICE")[1] or "auto"
    if device not in DEVICES:
        raise SettingsError("unknown-device", value=device, known=list(DEVICES))
    return device


def _cluster(environment: Mapping[str, str]) -> str | None:
    """The address of the cluster. Raises ``SettingsError`` for one that Ray would not know, or without Ray."""
    _, address = _first(environment, "NEURAL_ART_CLUSTER")
    if not address:
        return None
    if _ADDRESS.fullmatch(address) is None:
        raise SettingsError("cluster-address", value=brief(address))
    if importlib.util.find_spec("ray") is None:
        raise SettingsError("no-ray")
    return address


def _first(environment: Mapping[str, str], *names: str) -> tuple[str, str]:
    """Name and value of the first variable that is set; empty strings if none is."""
    return next(((name, value) for name in names if (value := environment.get(name, "").strip())), ("", ""))


def _number(environment: Mapping[str, str], default: float, limits: Range, *names: str) -> float:
    name, text = _first(environment, *names)
    if not name:
        return default
    try:
        value: float | str = float(text)
    except ValueError:
        value = text
    check_range(SettingsError, name, value, limits)
    return float(value)


def _whole(environment: Mapping[str, str], default: int, limits: Range, *names: str) -> int:
    name, text = _first(environment, *names)
    if not name:
        return default
    try:
        value: int | str = int(text)
    except ValueError:
        value = text
    check_range(SettingsError, name, value, limits, whole=True)
    return int(value)


def _quotas(environment: Mapping[str, str], settings: Settings) -> Quotas:
    """What visitors may have of a server with these ``settings``, as far as ``environment`` does not say otherwise."""
    default = HOSTED if settings.hosted else Quotas()

    def whole(name: str, value: int, most: int) -> int:
        return _whole(environment, value, (1, most), name)

    upload_mb = max(default.upload_bytes >> 20, 3 * settings.total_mb // 2)
    disk_mb = _whole(environment, (default.disk_bytes or 0) >> 20, (0, 1 << 24), "NEURAL_ART_VISITOR_MB")
    return Quotas(
        runs_an_hour=whole("NEURAL_ART_RUNS_AN_HOUR", default.runs_an_hour, 100_000),
        empty_runs=whole("NEURAL_ART_EMPTY_RUNS", default.empty_runs, 100_000),
        trainings=whole("NEURAL_ART_TRAININGS", default.trainings, 100_000),
        training_minutes=whole("NEURAL_ART_TRAINING_MINUTES", int(default.training_minutes), 1_000_000),
        upload_bytes=whole("NEURAL_ART_WAITING_MB", upload_mb, 1 << 24) << 20,
        disk_bytes=disk_mb << 20 if disk_mb else None,
        tasks=whole("NEURAL_ART_TASKS", default.tasks, 1000),
        all_runs=whole("NEURAL_ART_ALL_RUNS", default.all_runs, 1_000_000),
        all_trainings=whole("NEURAL_ART_ALL_TRAININGS", default.all_trainings, 100_000),
        all_tasks=whole("NEURAL_ART_ALL_TASKS", default.all_tasks, 1000),
        free_bytes=whole("NEURAL_ART_FREE_MB", default.free_bytes >> 20, 1 << 24) << 20,
    )


def _runs_folder(*, space: bool) -> Path:
    if space and os.access(SPACE_DISK, os.W_OK):
        return SPACE_DISK / "neural_art"
    return Path(HOME).expanduser()
