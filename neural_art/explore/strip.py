"""One painting turning into another, as a single picture."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from neural_art import images
from neural_art.explore.explorer import Explorer
from neural_art.explore.provenance import png_bytes

STEPS = 8
"""Pictures in a strip."""


def morph_strip(explorer: Explorer, a: Tensor, b: Tensor, ends: Sequence[str]) -> bytes:
    """A PNG file of ``STEPS`` pictures side by side, the first at latent ``a`` and the last at ``b``.

    ``ends``: what the person called the two, for the file's provenance.
    """
    latents = torch.stack([explorer.interpolate(a, b, step / (STEPS - 1)) for step in range(STEPS)])
    strip = images.tile([explorer.in_aspect(pixels) for pixels in explorer.paint(latents)], STEPS)
    return png_bytes(strip, explorer.provenance(morph=list(ends)))
