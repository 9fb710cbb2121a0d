"""Pixels of pictures and of networks."""

import numpy as np
import torch

from neural_art.models.pixels import to_signed, to_uint8


def test_black_and_white_are_the_ends_of_the_range_and_come_back() -> None:
    pixels = np.array([0, 128, 255], np.uint8).reshape(1, 1, 3, 1).repeat(3, 3)
    signed = to_signed(pixels)
    assert signed.shape == (1, 3, 1, 3)
    assert (signed.min(), signed.max()) == (-1, 1)
    assert np.array_equal(to_uint8(signed), pixels)
    assert torch.equal(to_signed(torch.from_numpy(pixels).permute(0, 3, 1, 2)), signed)


def test_what_lies_outside_of_the_range_is_clamped() -> None:
    assert to_uint8(torch.tensor([-3.0, 3.0, 0.0]).view(1, 3, 1, 1)).tolist() == [[[[0, 255, 128]]]]
