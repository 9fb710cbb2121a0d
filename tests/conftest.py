"""What several test modules share. The environment is set before anything imports torch or gradio."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import pytest
import torch


@pytest.fixture(scope="session")
def drawn_paintings() -> torch.Tensor:
    """Twelve simple landscapes, all different, as a training wants them: (12, 3, 80, 80) bytes."""
    rng = torch.Generator().manual_seed(7)
    rows = torch.linspace(0, 1, 80)[None, None, :, None]
    columns = torch.linspace(-1, 1, 80)[None, None, None, :]
    sky, land = torch.rand(12, 3, 1, 1, generator=rng), torch.rand(12, 3, 1, 1, generator=rng)
    horizon = 0.3 + 0.4 * torch.rand(12, 1, 1, 1, generator=rng)
    tilt = 0.3 * (torch.rand(12, 1, 1, 1, generator=rng) - 0.5)
    pictures = torch.where(rows < horizon + tilt * columns, sky * (1 - 0.5 * rows), land * (0.5 + 0.5 * rows))
    grain = 0.05 * torch.randn(12, 3, 80, 80, generator=rng)
    return ((pictures + grain).clamp(0, 1) * 255).to(torch.uint8)
