"""Whether pictures that are asked for by class are of that class: 2,000 handwritten digits, ten classes.

    python benchmarks/digits.py --mnist mnist.npz --out DIR [--minutes 5] [--no-base]

Learns 200 of each digit (MNIST: LeCun et al. 1998) in a process of its own, as the app does, paints 100 of each, and
lets a small network that was trained on other real digits name them. Prints how many it names as asked, digit by digit,
beside what it makes of real digits that it never saw. DIR gets the run and a sheet, a row for each digit.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from neural_art.explore.explorer import Explorer, Position

LEARNED = 200  # of each digit, by the generator
PAINTED = 100
BATCH, EPOCHS = 128, 2


def classifier(pictures: Tensor, labels: Tensor) -> nn.Module:
    """A small convolutional network that names digits, (n, 1, 28, 28) in [0, 1]; light strokes on dark."""
    torch.manual_seed(0)
    network = nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64 * 49, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(EPOCHS):
        for part in torch.randperm(len(pictures)).split(BATCH):
            optimiser.zero_grad()
            F.cross_entropy(network(pictures[part]), labels[part]).backward()
            optimiser.step()
    return network.eval()


def named(network: nn.Module, pictures: Tensor) -> Tensor:
    """The digits that the network sees, (n,)."""
    with torch.inference_mode():
        return torch.cat([network(part).argmax(1) for part in pictures.split(500)])


def write(pictures: np.ndarray, labels: np.ndarray, folder: Path) -> None:
    """Dark digits on white paper, a folder for each class."""
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        path = folder / str(label)
        path.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - picture).resize((224, 224), Image.Resampling.BICUBIC).save(path / f"{number:04d}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, required=True, help="a file with x_train, y_train, x_test and y_test")
    parser.add_argument("--out", type=Path, required=True, help="where the digits, the run and the sheet go")
    parser.add_argument("--minutes", type=float, default=5.0, help="of training (default 5)")
    parser.add_argument("--no-base", action="store_true", help="learn from nothing")
    asked = parser.parse_args()
    data = np.load(asked.mnist)
    digits, labels = data["x_train"], data["y_train"].astype(int)
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:LEARNED] for digit in range(10)])
    others = np.setdiff1d(np.arange(len(labels)), chosen)
    run = asked.out / "run"
    if not run.exists():
        write(digits[chosen], labels[chosen], asked.out / "digits")
        command = [sys.executable, "-m", "neural_art", "train", str(asked.out / "digits"), "--run", str(run)]
        command += ["--minutes", f"{asked.minutes:g}", *(["--no-base"] if asked.no_base else [])]
        subprocess.run(command, cwd=ROOT, check=True)

    network = classifier(torch.from_numpy(digits[others]).float()[:, None] / 255, torch.from_numpy(labels[others]))
    real = named(network, torch.from_numpy(data["x_test"]).float()[:, None] / 255)
    truth = torch.from_numpy(data["y_test"].astype(int))

    explorer = Explorer.open(run)
    sheet, right = [], []
    print("\n| digit | painted, named as asked | real, named rightly |\n|---|---|---|")
    for digit in range(10):
        positions = [Position(seed=seed, group=explorer.classes.index(str(digit))) for seed in range(PAINTED)]
        painted = explorer.paint(torch.stack([explorer.locate(position) for position in positions]))
        grey = 1 - torch.from_numpy(painted).float().mean(3)[:, None] / 255
        seen = named(network, F.interpolate(grey, (28, 28), mode="bilinear", antialias=True, align_corners=False))
        right.append(float((seen == digit).double().mean()))
        print(f"| {digit} | {right[-1]:.0%} | {float((real[truth == digit] == digit).double().mean()):.1%} |")
        sheet.append(np.concatenate(list(painted[:12]), axis=1))
    print(f"| all | {np.mean(right):.1%} | {float((real == truth).double().mean()):.1%} |")
    Image.fromarray(np.concatenate(sheet)).save(asked.out / "digits.png")


if __name__ == "__main__":
    main()
