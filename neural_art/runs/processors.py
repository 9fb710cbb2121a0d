"""What this machine can compute on, asked in a process of its own: whoever asks a card directly holds a part of its
memory, and PyTorch, for as long as it lives."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from neural_art.messages import Message
from neural_art.processor import CPU, Survey

ASK_SECONDS: Final = 120.0
"""How long an answer may take: a driver may have to wake its cards, and a disk to bring PyTorch."""

_DEVICES: Final = ("nvidia[0-9]*", "nvidiactl", "nvmap", "kfd", "dxg")
"""What graphics cards look like in /dev: NVIDIA's, its small boards', AMD's, and any card under WSL."""


def ask() -> Survey:
    """The processors of this machine that compute. Nothing is loaded here."""
    command = [sys.executable, "-m", "neural_art.models.processors"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ASK_SECONDS,
            cwd=Path(__file__).parents[2],
        )
        if done.returncode == 0:
            return Survey.from_json(json.loads(done.stdout))
        why = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1][:200]
    except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
        why = str(error)[:200]
    return Survey((CPU,), (Message("processor.not-asked", {"why": why}),))


def sign_of_a_card(root: Path = Path("/")) -> str:
    """What says that there may be a graphics card, such as a file in /dev; empty if nothing does."""
    if sys.platform == "darwin":
        return platform.machine() if platform.machine() == "arm64" else ""
    found = (path for form in _DEVICES for path in sorted((root / "dev").glob(form)))
    return next((str(path) for path in found), "")


class KnownProcessors:
    """What is known of this machine's processors, for whoever must not wait.

    ``ask`` finds them, in a thread, once ``begin`` was called and if something says that there is a card
    (``sign``); until it has answered, and without a sign, it is the CPU alone.
    """

    def __init__(self, ask: Callable[[], Survey] = ask, sign: Callable[[], str] = sign_of_a_card) -> None:
        self._ask, self._sign = ask, sign
        self._survey = Survey()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Ask, in the background; a second call changes nothing."""
        if self._thread is None and self._sign():
            self._thread = threading.Thread(target=self._learn, name="processors", daemon=True)
            self._thread.start()

    def wait(self) -> Survey:
        """The survey, once there is an answer to what was asked."""
        if self._thread is not None:
            self._thread.join()
        return self._survey

    @property
    def survey(self) -> Survey:
        """What is known now."""
        return self._survey

    def _learn(self) -> None:
        self._survey = self._ask()
