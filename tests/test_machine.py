"""What a process may use of a machine: affinity and, in a container, a quota of processor time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neural_art.machine import available_cores, out_of_memory_kills

ALL = len(os.sched_getaffinity(0))


def machine(root: Path, groups: str, **files: str) -> Path:
    """A ``root`` whose ``/proc/self/cgroup`` says ``groups``, with files below ``/sys/fs/cgroup``."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for name, content in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def cores(quota: float) -> int:
    """What a quota leaves of this machine's cores."""
    return min(ALL, max(1, round(quota)))


@pytest.mark.parametrize(("allowed", "left"), [("100000", 1), ("50000", 1), ("10000000", 100), ("max", 100)])
def test_a_containers_quota_of_version_2_is_kept(tmp_path: Path, allowed: str, left: int) -> None:
    root = machine(tmp_path, "0::/\n", **{"cpu.max": f"{allowed} 100000\n"})
    assert available_cores(root) == cores(left)


@pytest.mark.parametrize("folder", ["cpu,cpuacct", "cpu"])
@pytest.mark.parametrize(("allowed", "left"), [("100000", 1), ("-1", 100)])
def test_a_containers_quota_of_version_1_is_kept(tmp_path: Path, folder: str, allowed: str, left: int) -> None:
    """The path that the system tells is one outside of the container."""
    files = {f"{folder}/cpu.cfs_quota_us": f"{allowed}\n", f"{folder}/cpu.cfs_period_us": "100000\n"}
    root = machine(tmp_path, "5:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab\n0::/docker/ab\n", **files)
    assert available_cores(root) == cores(left)


def test_a_group_has_no_more_than_those_around_it(tmp_path: Path) -> None:
    files = {"work.slice/cpu.max": "100000 100000", "work.slice/page.service/cpu.max": "max 100000"}
    assert available_cores(machine(tmp_path, "0::/work.slice/page.service\n", **files)) == 1


def test_half_a_core_more_counts_as_one(tmp_path: Path) -> None:
    assert available_cores(machine(tmp_path, "0::/\n", **{"cpu.max": "110000 100000"})) == cores(2)


@pytest.mark.parametrize("content", ["", "nonsense", "0 0", "max"])
def test_without_a_quota_that_makes_sense_there_is_none(tmp_path: Path, content: str) -> None:
    assert available_cores(tmp_path) == ALL
    assert available_cores(machine(tmp_path, "0::/\n", **{"cpu.max": content})) == ALL


def test_this_machine_has_a_core() -> None:
    assert 1 <= available_cores() <= ALL


@pytest.mark.parametrize("name", ["memory.events", "memory.oom_control"])
def test_processes_that_memory_was_taken_from_are_counted(tmp_path: Path, name: str) -> None:
    version_1 = name == "memory.oom_control"
    groups = "3:memory:/docker/ab\n" if version_1 else "0::/\n"
    path = f"memory/{name}" if version_1 else name
    root = machine(tmp_path, groups, **{path: "oom 5\noom_kill_disable 0\noom_kill 3\n"})
    assert out_of_memory_kills(root) == 3


def test_outside_of_containers_the_machines_own_count_is_taken(tmp_path: Path) -> None:
    assert out_of_memory_kills(tmp_path) == 0
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/vmstat").write_text("nr_free_pages 12\noom_kill 7\n")
    assert out_of_memory_kills(tmp_path) == 7
