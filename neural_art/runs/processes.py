"""Worker processes: started, counted, ended, and asked what they died of."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

from neural_art.errors import RunError, StorageError
from neural_art.machine import out_of_memory_kills
from neural_art.messages import Message
from neural_art.runs.attempts import DISK_FULL_STATUS, ELSEWHERE_STATUS, Death
from neural_art.runs.lock import is_locked, lock_holder, sign_lock
from neural_art.runs.run import Run

ENVIRONMENT: Final = {
    # Threads of a worker that is put aside for others must not burn its time waiting for each other: on two cores
    # beside another load this trains three times as fast.
    "OMP_WAIT_POLICY": "passive",
    # A step frees as much memory as it takes, in several threads. With few arenas the next step finds it again: a
    # training takes the same time and 100 to 250 MB less.
    "MALLOC_ARENA_MAX": "2",
}
"""What a worker's environment has beside its parent's; it must be there when the process starts."""

_FROM_OUTSIDE: Final = frozenset(-number for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP))


class WorkerProcesses:
    """The workers that this process started.

    ``base``: the model that new runs start from. ``device``: where all runs learn, one of ``DEVICES``; "auto" leaves it
    to their recipes. They live in sessions of their own, so they go on when their parent dies. ``memory_kills``: how
    many processes the system has ended so far for want of memory.
    """

    def __init__(
        self,
        base: Path | None = None,
        memory_kills: Callable[[], int] = out_of_memory_kills,
        *,
        device: str = "auto",
        cluster: str | None = None,
    ) -> None:
        self._base = base
        self._device = device
        self._cluster = cluster
        self._memory_kills = memory_kills
        self._kills_before: dict[str, int] = {}  # id -> ``memory_kills`` when its worker was started
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, run: Run, lock: int, *, keep_log: bool = False) -> None:
        """Start a worker that holds the run from its first moment on: ``lock`` (``take_lock``) is passed to it."""
        module = "neural_art.runs.worker" if self._cluster is None else "neural_art.runs.cluster"
        command = [sys.executable, "-m", module, str(run.folder), "--lock", str(lock)]
        if self._cluster is not None:
            command += ["--address", self._cluster]
        if self._base is not None:
            command += ["--base", str(self._base)]
        if self._device != "auto":
            command += ["--device", self._device]
        self._kills_before[run.id] = self._memory_kills()
        with run.paths.worker_log.open("ab" if keep_log else "wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=Path(__file__).parents[2],
                env={**os.environ, **ENVIRONMENT},
                pass_fds=[lock],
                start_new_session=True,
            )
        self._started[run.id] = process
        sign_lock(lock, process.pid)  # it does so itself once it has loaded PyTorch

    def poll(self, id: str) -> bool:
        """Whether the run's worker has ended since this was asked last. It no longer stays as a zombie then."""
        process = self._started.get(id)
        return process is not None and process.returncode is None and process.poll() is not None

    def is_ending(self, id: str) -> bool:
        """Whether ``poll`` has not yet seen the end of the run's worker. It lets go of the run some time before."""
        process = self._started.get(id)
        return process is not None and process.returncode is None

    def forget(self, id: str) -> None:
        """Forget the run's worker, unless it is at work."""
        process = self._started.get(id)
        if process is not None and process.poll() is not None:
            del self._started[id]
            self._kills_before.pop(id, None)

    def end(self, run: Run, *, patience: float = 10.0) -> None:
        """End whoever trains the run, started here or not, and wait until that is done.

        Raises ``RunError`` ("not-ended") if that takes longer than ``patience`` seconds.
        """
        process = self._started.get(run.id)
        deadline = time.monotonic() + patience
        while is_locked(run):
            if process is not None and process.poll() is None:
                _kill(process.pid)
            elif (holder := lock_holder(run)) is not None and holder.pid != os.getpid():
                with contextlib.suppress(psutil.NoSuchProcess):
                    _kill(holder.pid)
            if time.monotonic() > deadline:
                raise RunError("not-ended")
            time.sleep(0.02)
        if process is not None:
            process.wait()

    def release(self, *, kill: bool = False) -> None:
        """Let go of all workers, or ``kill`` them as a power cut would."""
        for process in list(self._started.values()):
            if kill:
                _kill(process.pid)
                process.wait()
            elif process.poll() is None:
                process.returncode = 0  # it is no longer ours to wait for
        self._started.clear()

    def death(self, run: Run) -> Death:
        """How the run's worker ended. Nobody saw the end of one that another process started: unless it printed
        something, that counts as an end from outside, such as a machine that was switched off."""
        process = self._started.get(run.id)
        code = None if process is None else process.poll()
        if code == -signal.SIGKILL and self._memory_kills() > self._kills_before.get(run.id, 0):
            return "memory"
        if code == DISK_FULL_STATUS:
            return "disk"
        if code in (*_FROM_OUTSIDE, 0, ELSEWHERE_STATUS) or (code is None and not _tail(run.paths.worker_log)):
            return "outside"  # 0: somebody asked it to leave, and it saved first
        return "own"

    def cause_of_death(self, run: Run) -> Message:
        """Why the run's worker died again and again, from how it ended and what it printed."""
        printed = _tail(run.paths.worker_log)
        process = self._started.get(run.id)
        if "MemoryError" in printed or "allocate memory" in printed:
            return StorageError("out-of-memory").message
        if process is not None and process.returncode in (-signal.SIGILL, -signal.SIGSEGV, -signal.SIGBUS):
            return Message("run.crashed", {"signal": signal.Signals(-process.returncode).name})
        if printed:
            return Message("run.no-progress-after", {"printed": printed.splitlines()[-1][:200]})
        return Message("run.no-progress")


def _kill(pid: int) -> None:
    """End a worker with all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 4096))
            return file.read().decode(errors="replace").strip()
    except OSError:
        return ""
