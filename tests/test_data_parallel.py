from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from neural_art.runs.journal import Journal
from neural_art.runs.run import Run

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    """What two processes on this machine wrote that learned together."""
    folder = tmp_path_factory.mktemp("group")
    torch.save(drawn_paintings, folder / "paintings.pt")
    (folder / "pictures").mkdir()
    for number, pixels in enumerate(drawn_paintings.permute(0, 2, 3, 1).numpy()):
        Image.fromarray(pixels).resize((160, 120)).save(folder / "pictures" / f"{number}.png")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += [str(HERE / "group_script.py"), str(folder), str(folder / "pictures")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE)])}
    subprocess.run(command, env=environment, check=True, timeout=200)
    return folder


@pytest.mark.parametrize("steps", [2, 4])  # the second time, only the first process knows what was learned before
def test_processes_that_learn_together_have_the_same_weights(folder: Path, steps: int) -> None:
    first, second = (torch.load(folder / f"{steps}-{rank}.pt") for rank in (0, 1))
    assert first[0] == steps
    assert len(first) == len(second) > 100
    for ours, theirs in zip(first[1:], second[1:], strict=True):
        assert torch.equal(ours, theirs)


def test_a_base_is_made_together_and_the_first_process_writes_it(folder: Path) -> None:
    run = Run(folder / "run-0")
    assert Journal(run).standing[0] == 2
    assert Journal(run).digest.end == "finished"
    assert {path.suffix for path in (folder / "run-1").iterdir()} == {
        ".bytes",
        ".json",
    }  # the pictures, and whose they are
