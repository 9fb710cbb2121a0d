"""An enlarger learns from larger originals."""

import numpy as np
import pytest
import torch

from neural_art import images, samples
from neural_art.errors import DatasetError
from neural_art.models.enlarger import Enlarger
from neural_art.training.enlarging import Reading, learn


@pytest.fixture(scope="module")
def original() -> bytes:
    """The middle of a sample painting, as a JPEG of 192 px."""
    return images.encode(samples.paint(3, 0, 256)[0].convert("RGB").crop((40, 20, 232, 212)), "jpeg", quality=95)


def test_learning_brings_pictures_closer_to_their_originals(original: bytes) -> None:
    def readings(learning_rate: float) -> list[Reading]:
        torch.manual_seed(0)
        network, rng = Enlarger(channels=8, depth=1), torch.Generator().manual_seed(0)
        return list(learn(network, [original], rng, steps=14, learning_rate=learning_rate))

    learning, idle = readings(1e-2), readings(0.0)  # both see the same parts of the original
    assert [reading.step for reading in learning] == list(range(1, 15))
    assert learning[-1].progress == 1
    last, without = (
        np.mean([reading.feature_distance + reading.colour_distance for reading in part[-5:]])
        for part in (learning, idle)
    )
    assert last < without - 0.002


def test_the_same_generator_learns_the_same(original: bytes) -> None:
    def learned() -> torch.Tensor:
        torch.manual_seed(0)
        network = Enlarger(channels=4, depth=1)
        state = torch.get_rng_state()
        for _ in learn(network, [original], torch.Generator().manual_seed(5), steps=3):
            pass
        assert torch.equal(torch.get_rng_state(), state), "the global random state belongs to nobody"
        return network.last.weight

    assert torch.equal(learned(), learned())


def test_no_originals_are_too_few() -> None:
    with pytest.raises(DatasetError) as refused:
        next(learn(Enlarger(), [], torch.Generator(), steps=1))
    assert refused.value.code == "no-originals"
