"""The figures of a trained generator, beside the set of paintings that it learned from."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from benchmarks import measures, sets
from benchmarks.subjects import Subject
from benchmarks.timing import milliseconds
from neural_art.training import metrics

MORPH_STEPS: Final = 8
"""Steps from one end of a morph to the other."""

COLUMNS: Final = MORPH_STEPS + 1
"""Pictures in a row of a sheet."""

MOST: Final = 2000
"""Paintings of a set that are measured against, at most."""

MOST_RECONSTRUCTED: Final = 64
"""Held-out paintings that are reconstructed, at most."""

HALVES: Final = 8
"""Random halves of a set that are measured against each other."""

Figures = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much of a generator is measured: fewer ``pictures`` for a quick look.

    ``class_pictures``: of each class. ``morphs``: ways from one latent to another. ``feature_side``: pixels to which
    pictures are enlarged before their features are read.
    """

    pictures: int = 512
    class_pictures: int = 128
    morphs: int = 16
    feature_side: int = metrics.SIDE

    def features(self, pictures: np.ndarray) -> Tensor:
        """The features, (n, 1280), of pictures (n, h, w, 3) uint8."""
        return metrics.features(pictures, side=self.feature_side)


@dataclass(frozen=True)
class Reference:
    """What pictures are measured against: a set's paintings at 128 px (``MOST`` at most), and their features."""

    pictures: np.ndarray
    features: Tensor
    spread: float
    slope: float
    checkerboard: float
    shared: float
    class_indices: np.ndarray  # (n,), indices into class_names
    class_names: tuple[str, ...]  # empty unless the paintings lie in two folders at least


@lru_cache(maxsize=8)
def reference(folder: Path, effort: Effort) -> Reference:
    """The paintings in a folder as a ``Reference``; read and measured once."""
    files = sets.find(folder)
    if len(files) > MOST:
        order = torch.randperm(len(files), generator=torch.Generator().manual_seed(0))[:MOST]
        files = [files[i] for i in order.tolist()]
    pictures = sets.read(files, sets.SIDE)
    features = effort.features(pictures)
    class_names, class_indices = sets.classes(folder, files)
    return Reference(
        pictures,
        features,
        spread=measures.spread(features),
        slope=measures.spectral_slope(pictures),
        checkerboard=measures.checkerboard(pictures),
        shared=measures.shared_detail(pictures),
        class_indices=np.array(class_indices),
        class_names=tuple(class_names),
    )


def compare(reference: Reference, pictures: np.ndarray, effort: Effort, seed: int = 0) -> Figures:
    """The figures that need nothing but pictures, (n, 128, 128, 3) uint8, and the paintings."""
    return {
        **compare_features(reference.features, effort.features(pictures), seed),
        "slope": measures.spectral_slope(pictures),
        "slope_of_paintings": reference.slope,
        "checkerboard": measures.checkerboard(pictures),
        "checkerboard_of_paintings": reference.checkerboard,
        "shared": measures.shared_detail(pictures),
        "shared_of_paintings": reference.shared,
    }


def compare_features(real: Tensor, fake: Tensor, seed: int = 0) -> Figures:
    """The figures that need nothing but the features of both, (n, d) and (m, d)."""
    prdc = measures.balanced_prdc(real, fake, torch.Generator().manual_seed(seed))
    spread = measures.spread(real)
    return {
        "kid_x1000": 1000 * metrics.kid(real, fake),
        **prdc._asdict(),
        "variety": measures.spread(fake) / spread if spread else float("nan"),
        "copies": measures.copies(real, fake),
    }


def evaluate(
    subject: Subject, reference: Reference, held_out: Sequence[Path], effort: Effort, seed: int = 0
) -> tuple[Figures, Mapping[str, np.ndarray]]:
    """All figures of a trained generator, and the pictures for its sheet: caption -> (n, 128, 128, 3) uint8."""
    rng = torch.Generator().manual_seed(seed)
    sampled = sets.resize(subject.paint(subject.sample(effort.pictures, rng)))
    figures = compare(reference, sampled, effort, seed)
    paths = torch.stack([subject.interpolation(MORPH_STEPS, rng) for _ in range(effort.morphs)])
    morphs = sets.resize(subject.paint(paths.flatten(0, 1)))
    figures["morph"] = measures.unevenness(effort.features(morphs).view(effort.morphs, MORPH_STEPS + 1, -1))
    rows: dict[str, np.ndarray] = {
        "paintings": reference.pictures[metrics.spread_out(len(reference.pictures), COLUMNS).numpy()],
        "sampled at truncation 1": sampled[: 5 * COLUMNS],
    }
    held_out = held_out[:MOST_RECONSTRUCTED]
    reconstructed = subject.reconstruct(held_out)
    if reconstructed is not None:
        originals, reconstructed = sets.read(held_out, sets.SIDE), sets.resize(reconstructed)
        distance = (effort.features(originals) - effort.features(reconstructed)).double().norm(dim=1).mean()
        figures["reconstruction"] = float(distance) / reference.spread if reference.spread else float("nan")
        figures["reconstruction_colour"] = measures.colour_error(originals, reconstructed)
        for start in range(0, min(len(held_out), 2 * COLUMNS), COLUMNS):
            part = slice(start, start + COLUMNS)
            numbers = f"{start + 1} to {start + len(originals[part])}"
            rows[f"held-out paintings {numbers}"] = originals[part]
            rows[f"the same, reconstructed: {numbers}"] = reconstructed[part]
    rows["morphs"] = morphs[: 4 * COLUMNS]
    figures["parameters"] = sum(p.numel() for p in subject.network.parameters())
    figures["paint_ms"] = milliseconds(lambda: subject.paint(subject.sample(1, rng)))
    return figures, rows


def evaluate_classes(
    subject: Subject, reference: Reference, row: str, effort: Effort, seed: int
) -> list[dict[str, Any]]:
    """A line for each class: pictures sampled from that class, against the paintings of that class alone."""
    lines = []
    for class_index, name in enumerate(subject.class_names):
        rng = torch.Generator().manual_seed(seed)
        sampled = sets.resize(subject.paint(subject.sample(effort.class_pictures, rng, class_index)))
        real = reference.features[torch.from_numpy(reference.class_indices == reference.class_names.index(name))]
        lines.append({"row": f"{row}, asked for {name}", **compare_features(real, effort.features(sampled), seed)})
    return lines


def floor(folder: Path, others: Sequence[Path], effort: Effort) -> list[dict[str, Any]]:
    """What the figures mean for this set: lines without any training.

    The paintings against each other (random halves), the paintings blurred to 64 px (all that DCGAN paints) and to
    8 px, the other classes as if they were pictures of each class, and every other set as if it were pictures.
    """
    known, rng = reference(folder, effort), torch.Generator().manual_seed(0)
    halves = []
    for number in range(HALVES):
        a, b = torch.randperm(len(known.features), generator=rng).tensor_split(2)
        halves.append(compare_features(known.features[a], known.features[b], number))
    mean = {name: statistics.fmean(half[name] for half in halves) for name in halves[0]}
    lines: list[dict[str, Any]] = [
        {"row": "two halves", **mean, "slope": known.slope, "slope_of_paintings": known.slope}
    ]
    some = _drawn(known.pictures, effort.pictures, rng)
    for side in (64, 8):
        blurred = sets.resize(sets.resize(some, side))
        lines.append({"row": f"blurred to {side} px", **compare(known, blurred, effort)})
    for class_index, name in enumerate(known.class_names):
        own = torch.from_numpy(known.class_indices == class_index)
        figures = compare_features(known.features[own], known.features[~own])
        lines.append({"row": f"the other classes as {name}", **figures})
    for other in others:
        drawn = _drawn(reference(other, effort).pictures, effort.pictures, rng)
        lines.append({"row": f"paintings of {other.name}", **compare(known, drawn, effort)})
    return lines


def _drawn(pictures: np.ndarray, count: int, rng: torch.Generator) -> np.ndarray:
    """``count`` random pictures, or all in random order where there are fewer."""
    return pictures[torch.randperm(len(pictures), generator=rng)[:count].numpy()]
