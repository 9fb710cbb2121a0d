"""Crops of paintings, remembered with their latents."""

import torch

from neural_art.models.encoder import Encoder, describe
from neural_art.models.pixels import to_signed
from neural_art.training.crops import MOST_EACH, Crops, crop


def test_a_crop_is_the_whole_painting_without_a_generator_and_a_part_with_one(drawn_paintings: torch.Tensor) -> None:
    whole = crop(drawn_paintings, torch.tensor([0]), 80)
    assert torch.allclose(whole[0], to_signed(drawn_paintings[:1])[0], atol=1e-6)
    rng = torch.Generator().manual_seed(0)
    parts = torch.cat([crop(drawn_paintings, torch.tensor([0]), 64, rng) for _ in range(3)])
    assert parts.shape == (3, 3, 64, 64)
    assert not torch.allclose(parts[0], parts[1])


def test_crops_come_back_from_their_seeds_with_the_same_pictures_and_latents(drawn_paintings: torch.Tensor) -> None:
    encoder = Encoder()
    encoder.fit(describe(crop(drawn_paintings, torch.arange(12), 64)))
    crops, rng = Crops(drawn_paintings, 64), torch.Generator().manual_seed(1)
    new = crops.new(6, rng)
    crops.add(new, crops.encode(new, encoder))
    assert len(crops) == 18
    again, index = Crops(drawn_paintings, 64), torch.tensor([3, 12, 17])
    again.restore(crops.seeds)
    assert torch.equal(again.pictures(*again.drawn(index)), crops.pictures(*crops.drawn(index)))
    assert torch.allclose(again.latents(index, encoder), crops.latents(index, encoder), atol=1e-3)


def test_there_are_enough_crops_at_some_point(drawn_paintings: torch.Tensor) -> None:
    crops = Crops(drawn_paintings[:2], 64)
    assert not crops.full
    crops.add(crops.new(2 * MOST_EACH - 2, torch.Generator().manual_seed(0)), torch.zeros(2 * MOST_EACH - 2, 256))
    assert crops.full
