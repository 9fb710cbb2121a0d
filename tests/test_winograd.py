"""Convolutions in squares come to what convolutions come to, forwards and backwards."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from neural_art.models import winograd


def _given(n: int, height: int, width: int) -> tuple[Tensor, Tensor]:
    chance = torch.Generator().manual_seed(0)
    maps = torch.randn(2, 5, height, width, generator=chance).contiguous(memory_format=torch.channels_last)
    return maps.requires_grad_(), torch.randn(n, 5, 3, 3, generator=chance).requires_grad_()


@pytest.mark.parametrize(("height", "width"), [(4, 4), (8, 16), (32, 32)])
@pytest.mark.parametrize("pixels", [1, 2])
def test_a_map_is_convolved_as_by_a_convolution(height: int, width: int, pixels: int) -> None:
    maps, weight = _given(12, height, width)
    expected = F.pixel_shuffle(F.conv2d(maps, weight, padding=1), pixels)
    found = winograd.convolve(maps, winograd.transformed(weight, pixels=pixels), pixels=pixels)
    assert torch.allclose(found, expected, atol=1e-4)
    assert found.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("pixels", [1, 2])
def test_gradients_are_those_of_a_convolution(pixels: int) -> None:
    maps, weight = _given(12, 8, 12)
    expected = F.pixel_shuffle(F.conv2d(maps, weight, padding=1), pixels)
    upstream = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1))
    of_maps, of_weight = torch.autograd.grad(expected, [maps, weight], upstream)
    filters = winograd.transformed(weight, pixels=pixels).detach().requires_grad_()
    found = winograd.convolve(maps, filters, pixels=pixels)
    its_maps, of_filters = torch.autograd.grad(found, [maps, filters], upstream)
    assert torch.allclose(its_maps, of_maps, atol=1e-4)
    assert torch.allclose(winograd.transposed(of_filters, pixels=pixels), of_weight, atol=1e-3)


def test_strokes_of_one_map_do_not_reach_another() -> None:
    maps, weight = _given(4, 8, 8)
    with torch.no_grad():
        filters = winograd.transformed(weight)
        together, alone = winograd.convolve(maps, filters), winograd.convolve(maps[1:], filters)
    assert torch.allclose(together[1:], alone, atol=1e-5)
