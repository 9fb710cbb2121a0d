"""Pictures and features that the tests of the benchmarks draw."""

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor


def cloud(count: int, seed: int, dimensions: int = 16) -> Tensor:
    """Features as if of pictures by one hand: (count, dimensions)."""
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed))


def landscapes(count: int, seed: int, side: int = 128) -> np.ndarray:
    """Landscapes by one hand: (count, side, side, 3) uint8."""
    rng = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        sky, land = rng.integers(60, 255, 3), rng.integers(0, 160, 3)
        picture = Image.new("RGB", (side, side), tuple(sky.tolist()))
        picture.paste(tuple(land.tolist()), (0, int(side * rng.uniform(0.3, 0.7)), side, side))
        grain = rng.normal(0, 25, (side // 2, side // 2, 3)).repeat(2, 0).repeat(2, 1)
        pictures.append(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))
    return np.stack(pictures)


def blurred(pictures: np.ndarray, radius: float) -> np.ndarray:
    """Pictures after a Gaussian blur."""
    return np.stack([np.asarray(Image.fromarray(p).filter(ImageFilter.GaussianBlur(radius))) for p in pictures])
