"""What becomes of memory that a training has freed."""

import subprocess
import sys
from pathlib import Path

import pytest

START = """
import torch
from neural_art.training.allocator import keep_freed_memory, release_freed_memory

def megabytes(name):
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith(name + ":"))
"""

LARGE = """
kept = keep_freed_memory() if {keep} else True
before = megabytes("AnonHugePages")
block = torch.full((64, 1024, 1024), 1.0)  # 256 MB
huge = megabytes("AnonHugePages") - before
full = megabytes("Rss")
del block
print(kept, huge, full - megabytes("Rss"))
"""

PIECES = """
kept = keep_freed_memory()
blocks = [torch.full((2, 1024, 1024), 1.0) for _ in range(32)]  # 8 MB each
full = megabytes("Rss")
del blocks[::2]
before = full - megabytes("Rss")
released = release_freed_memory()
print(kept and released, before, full - megabytes("Rss"), *sum(blocks).unique().tolist())
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux only")


def _said(program: str) -> list[str]:
    command = [sys.executable, "-c", START + program]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    ).stdout.split()


def _measured(keep: bool) -> tuple[bool, int, int]:
    kept, huge, given_back = _said(LARGE.format(keep=keep))
    return kept == "True", int(huge), int(given_back)


def test_freed_memory_is_kept_and_lies_in_huge_pages_where_there_are_such() -> None:
    kept, huge, given_back = _measured(keep=True)
    if not kept:
        pytest.skip("another C library than glibc")
    assert given_back < 32
    assert _measured(keep=False)[2] > 200
    offered = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if offered.exists() and "[never]" not in offered.read_text():
        assert huge > 128


def test_what_is_kept_in_pieces_between_others_can_be_released() -> None:
    possible, at_once, given_back, *blocks = _said(PIECES)
    if possible != "True":
        pytest.skip("another C library than glibc")
    assert int(at_once) < 16
    assert 112 <= int(given_back) <= 144
    assert blocks == ["16.0"]
