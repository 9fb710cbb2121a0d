"""What this machine has, as far as this process may use it."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator
from pathlib import Path


def available_cores(root: Path = Path("/")) -> int:
    """How many processor cores this process may use: those that it may run on, or fewer where a container's quota of
    processor time allows no more. Half a core more counts as one.

    ``root``: where the system's ``proc`` and ``sys`` are.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    return max(1, min([cores, *(math.ceil(quota) for quota in _quotas(root))]))


def out_of_memory_kills(root: Path = Path("/")) -> int:
    """How many processes the system has ended for want of memory, in this process's container or control group, or
    else on the whole machine. Only a difference between two answers says something."""
    for folder in _control_groups(root, "memory"):
        for name in ("memory.events", "memory.oom_control"):
            if (kills := _counter(folder / name, "oom_kill")) is not None:
                return kills
    return _counter(root / "proc/vmstat", "oom_kill") or 0


def processor_name(root: Path = Path("/")) -> str:
    """What the maker calls this machine's processor; "" where the system does not say. ``root``: as above."""
    try:
        lines = (root / "proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _quotas(root: Path) -> Iterator[float]:
    """The limits of processor time, in cores, of the control groups that this process is in."""
    for folder in _control_groups(root, "cpu"):
        if version_2 := _words(folder / "cpu.max"):  # "150000 100000" or "max 100000", in microseconds
            quota, period = version_2[0], version_2[-1]
        else:
            quota, period = ("".join(_words(folder / f"cpu.cfs_{name}_us")) for name in ("quota", "period"))
        if quota.isdigit() and period.isdigit() and int(period):  # none is "max", or -1
            yield int(quota) / int(period)


def _control_groups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of the control groups (versions 1 and 2) that this process is in, each followed by those around it.

    Inside a container, the path that the system tells may be one outside of it: then only the top folder is there.
    """
    mount = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        for top in (mount / controllers, mount / controller) if controllers else (mount,):
            inner = top.joinpath(*(part for part in path.split("/") if part != ".."))
            yield from (folder for folder in (inner, *inner.parents) if folder.is_relative_to(top))


def _counter(path: Path, name: str) -> int | None:
    """The number beside ``name`` in a file of names and numbers."""
    words = _words(path)
    return next((int(value) for key, value in zip(words, words[1:], strict=False) if key == name), None)


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
