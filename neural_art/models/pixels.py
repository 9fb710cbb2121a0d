"""Pictures as the networks take them, [-1, 1], and as files and screens do, bytes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

_HALF = 127.5  # bytes from black to the middle


def to_signed(pixels: np.ndarray | Tensor) -> Tensor:
    """(n, h, w, 3) uint8 in numpy, or (n, 3, h, w) uint8 in torch -> (n, 3, h, w) float32 in [-1, 1]."""
    if isinstance(pixels, np.ndarray):
        pixels = torch.tensor(pixels).permute(0, 3, 1, 2)
    return pixels.float() / _HALF - 1


def to_uint8(pictures: Tensor) -> np.ndarray:
    """(n, 3, h, w) around [-1, 1] -> (n, h, w, 3) uint8; what lies outside is clamped. On any device."""
    scaled = (pictures.float() * _HALF + _HALF).round().clamp(0, 255).to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).contiguous().cpu().numpy()
