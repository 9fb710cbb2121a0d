"""A fit tells how near a generator came to the paintings."""

import torch
from drawings import landscapes
from torch import Tensor, nn

from benchmarks import fit
from neural_art.models.pixels import to_signed
from neural_art.recipe import Budget


class _Gallery(nn.Module):
    """Paints whatever is stored in it: a latent is the number of a picture."""

    def __init__(self, count: int, side: int) -> None:
        super().__init__()
        self.pictures = nn.Parameter(torch.zeros(count, 3, side, side))

    def forward(self, latents: Tensor) -> Tensor:
        return self.pictures[latents[:, 0].long()]


def test_a_fit_tells_how_near_a_generator_came_to_the_paintings() -> None:
    paintings, latents = to_signed(landscapes(4, 0, 64)), torch.arange(4.0)[:, None]
    rng = torch.Generator().manual_seed(0)
    result = fit.fit(_Gallery(4, 64), paintings, latents, Budget(steps=12), rate=0.1, rng=rng)
    assert result.steps == 12
    assert len(result.distances) == len(fit.QUARTERS)
    assert result.distances[-1] < result.distances[0]
    assert result.milliseconds > 0


def test_a_sheet_shows_each_painting_above_what_was_painted() -> None:
    white, black = torch.ones(16, 3, fit.SIDE, fit.SIDE), -torch.ones(16, 3, fit.SIDE, fit.SIDE)
    rows = fit.sheet(white, black).resize((1, 4), 0).getdata()
    assert [pixel[0] for pixel in rows] == [255, 0, 255, 0]
