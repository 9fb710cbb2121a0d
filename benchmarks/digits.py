"""Whether pictures that are asked for by class are of that class: 2,000 handwritten digits, ten classes.

    python benchmarks/digits.py --mnist mnist.npz --out DIR [--minutes 5] [--no-base]

Trains on 200 of each digit (MNIST: LeCun et al. 1998) in a process of its own, as the app does, paints 100 of each, and
lets a small network that was trained on other real digits classify them. Prints the share that it takes for the digit
asked for, beside its accuracy on real digits that it never saw. DIR gets the run and a sheet, a row for each digit.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.v2 import functional as transforms

from benchmarks.sheets import grid
from neural_art.explore.explorer import Explorer
from neural_art.explore.position import Position

LEARNED: Final = 200  # of each digit, by the generator
PAINTED: Final = 100  # of each digit
SHOWN: Final = 12  # of each digit, on the sheet
BATCH, EPOCHS = 128, 2


def train_classifier(pictures: Tensor, digits: Tensor) -> nn.Module:
    """A small convolutional network that tells digits, (n, 1, 28, 28) in [0, 1], light strokes on dark."""
    torch.manual_seed(0)
    network = nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64 * 49, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(EPOCHS):
        for part in torch.randperm(len(pictures)).split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(network(pictures[part]), digits[part]).backward()
            optimizer.step()
    return network.eval()


@torch.inference_mode()
def classify(network: nn.Module, pictures: Tensor) -> Tensor:
    """The digits that the network sees, (n,)."""
    return torch.cat([network(part).argmax(1) for part in pictures.split(500)])


def write(pictures: np.ndarray, digits: np.ndarray, folder: Path) -> None:
    """Writes dark digits on white paper, a folder for each class."""
    for number, (picture, digit) in enumerate(zip(pictures, digits, strict=True)):
        path = folder / str(digit)
        path.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - picture).resize((224, 224), Image.Resampling.BICUBIC).save(path / f"{number:04d}.png")


def light_on_dark(pictures: np.ndarray) -> Tensor:
    """MNIST's digits (n, 28, 28) uint8 as the classifier takes them."""
    return torch.from_numpy(pictures).float()[:, None] / 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, required=True, help="a file with x_train, y_train, x_test and y_test")
    parser.add_argument("--out", type=Path, required=True, help="where the digits, the run and the sheet go")
    parser.add_argument("--minutes", type=float, default=5.0, help="of training (default 5)")
    parser.add_argument("--no-base", action="store_true", help="train from scratch")
    options = parser.parse_args()
    data = np.load(options.mnist)
    pictures, digits = data["x_train"], data["y_train"].astype(int)
    chosen = np.concatenate([np.flatnonzero(digits == digit)[:LEARNED] for digit in range(10)])
    others = np.setdiff1d(np.arange(len(digits)), chosen)
    run = options.out / "run"
    if not run.exists():
        write(pictures[chosen], digits[chosen], options.out / "digits")
        command = [sys.executable, "-m", "neural_art", "train", str(options.out / "digits"), "--run", str(run)]
        command += ["--minutes", f"{options.minutes:g}", *(["--no-base"] if options.no_base else [])]
        subprocess.run(command, cwd=ROOT, check=True)

    classifier = train_classifier(light_on_dark(pictures[others]), torch.from_numpy(digits[others]))
    real = classify(classifier, light_on_dark(data["x_test"]))
    truth = torch.from_numpy(data["y_test"].astype(int))

    explorer = Explorer.open(run)
    shown, right = [], []
    print("\n| digit | painted, classified as asked | real, classified rightly |\n|---|---|---|")
    for digit in range(10):
        class_index = explorer.class_names.index(str(digit))
        positions = [Position(seed=seed, class_index=class_index, truncation=1.0) for seed in range(PAINTED)]
        painted = explorer.paint(torch.stack([explorer.latent_at(position) for position in positions]))
        grey = 1 - torch.from_numpy(painted).float().mean(3)[:, None] / 255
        seen = classify(classifier, transforms.resize(grey, [28, 28], antialias=True))
        right.append(float((seen == digit).double().mean()))
        print(f"| {digit} | {right[-1]:.0%} | {float((real[truth == digit] == digit).double().mean()):.1%} |")
        shown.append(painted[:SHOWN])
    print(f"| all | {np.mean(right):.1%} | {float((real == truth).double().mean()):.1%} |")
    Image.fromarray(grid(np.concatenate(shown), SHOWN)).save(options.out / "digits.png")


if __name__ == "__main__":
    main()
