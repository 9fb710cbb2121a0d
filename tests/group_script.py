"""What each of several processes of ``torchrun`` does for ``test_data_parallel``. No tests.

They make two steps together; then, as after a pause, two more; then a base model. Each writes what it has learned.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import torch
from run_makers import TINY

from neural_art.events import Saved
from neural_art.recipe import Budget
from neural_art.runs import pretrain as pretraining
from neural_art.runs.run import Run
from neural_art.training.data_parallel import Group
from neural_art.training.trainer import Training

if __name__ == "__main__":
    folder, pictures = Path(sys.argv[1]), Path(sys.argv[2])
    group = Group.join()
    assert group is not None
    torch.manual_seed(group.rank)
    resume = None
    for steps in (2, 4):
        paintings = torch.load(folder / "paintings.pt")
        training = Training(paintings, TINY, Budget(steps=steps), resume=resume, group=group)
        if group.rank == 0:
            with group.led():
                saved = [event for event in training.run() if isinstance(event, Saved)][-1]
            resume = saved.training, saved.state
        else:
            training.follow()
        torch.save([training.step, *training.networks.learned], folder / f"{steps}-{group.rank}.pt")
    run = Run(folder / f"run-{group.rank}")
    run.folder.mkdir()
    if group.rank == 0:
        run = Run.at(run.folder, "base")
    recipe = replace(pretraining.base_recipe("sketch"), batch=4, threads=1, precision="float32")
    limits = replace(pretraining.LIMITS, least=10)
    for _ in pretraining.pretrain(
        pictures, run, recipe, Budget(steps=2), limits=limits, group=group, validation=lambda *_: lambda _: 1.0
    ):
        pass
    group.close()
