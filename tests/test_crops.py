"""Crops of paintings, remembered with their latents."""

import torch

from neural_art.models.encoder import Encoder, describe
from neural_art.models.pixels import to_signed
from neural_art.training.crops import MOST_EACH, Crops, crop, crop_box


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


def test_a_crop_lies_where_its_seed_says_whenever_it_is_asked_for(drawn_paintings: torch.Tensor) -> None:
    """So a training that is resumed shows the crops that it showed before."""
    crops = Crops(drawn_paintings, 64)
    seeds = torch.tensor([[3, 41], [3, 42], [5, 2**61]])
    crops.add(seeds, torch.zeros(3, 256))
    chosen, boxes = crops.drawn(torch.tensor([13, 5, 14, 12, 13]))
    assert chosen.tolist() == [3, 5, 5, 3, 3]
    expected = [crop_box(64, 80, torch.Generator().manual_seed(seed)) for seed in (42, 2**61, 41, 42)]
    expected.insert(1, (0, 0, 80, 0))
    assert boxes.tolist() == [list(box) for box in expected]
    assert torch.equal(crops.drawn(torch.tensor([14]))[1], boxes[2:3])


def test_paintings_that_a_card_has_no_room_for_are_cropped_alike(drawn_paintings: torch.Tensor) -> None:
    here, index = Crops(drawn_paintings, 64), torch.tensor([2, 12, 7])
    outside = Crops(drawn_paintings, 64, resident=False)
    for crops in (here, outside):
        crops.add(torch.tensor([[4, 9]]), torch.zeros(1, 256))
    chosen, boxes = outside.drawn(index)
    assert chosen.dtype == torch.uint8
    assert torch.equal(outside.pictures(chosen, boxes), here.pictures(*here.drawn(index)))
