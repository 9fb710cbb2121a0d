"""What becomes of memory that a training has freed."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import torch
from neural_art.allocator import keep_freed_memory

def megabytes(name):
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith(name + ":"))

kept = keep_freed_memory() if {keep} else True
before = megabytes("AnonHugePages")
block = torch.full((64, 1024, 1024), 1.0)  # 256 MB
huge = megabytes("AnonHugePages") - before
full = megabytes("Rss")
del block
print(kept, huge, full - megabytes("Rss"))
"""


def _measured(keep: bool) -> tuple[bool, int, int]:
    command = [sys.executable, "-c", PROGRAM.format(keep=keep)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]).stdout
    kept, huge, given_back = said.split()
    return kept == "True", int(huge), int(given_back)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux only")
def test_freed_memory_is_kept_and_lies_in_huge_pages_where_there_are_such() -> None:
    kept, huge, given_back = _measured(keep=True)
    if not kept:
        pytest.skip("another C library than glibc")
    assert given_back < 32
    assert _measured(keep=False)[2] > 200
    offered = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if offered.exists() and "[never]" not in offered.read_text():
        assert huge > 128
