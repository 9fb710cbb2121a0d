"""Augmentation: the same change to paintings and pictures."""

import pytest
import torch
import torch.nn.functional as F

from neural_art.models.pixels import to_signed
from neural_art.training.augment import Augmentation, draw_windows, resample
from neural_art.training.crops import crop


def test_painting_and_picture_are_changed_alike(drawn_paintings: torch.Tensor) -> None:
    pictures = crop(drawn_paintings, torch.arange(4), 64)
    augmentation = Augmentation.draw(4, 64, 48, torch.Generator().manual_seed(3))
    assert augmentation(pictures).shape == (4, 3, 48, 48)
    assert torch.equal(augmentation(pictures), augmentation(pictures.clone()))
    assert not torch.allclose(
        augmentation(pictures), Augmentation.draw(4, 64, 48, torch.Generator().manual_seed(4))(pictures)
    )


def test_windows_show_all_from_the_whole_picture_to_strokes_enlarged_twice() -> None:
    rng = torch.Generator().manual_seed(0)
    y, x, side, mirrored = draw_windows(400, 128, 96, rng).T
    assert (side.min(), side.max()) == (48, 128)
    for place in (y, x):
        assert ((place >= 0) & (place <= 128 - side)).all()
        assert (place == 0).float().mean() > 0.2, "the borders are drawn more often"
        assert len(place.unique()) > 30
    assert 150 < mirrored.sum() < 250


def test_a_window_for_each_picture_shows_equal_ones_differently(drawn_paintings: torch.Tensor) -> None:
    same = crop(drawn_paintings, torch.tensor([5, 5, 5]), 64)
    as_they_are = {"brightness": torch.zeros(()), "saturation": torch.ones(()), "contrast": torch.ones(())}

    def seen(windows: int) -> torch.Tensor:
        return Augmentation.draw(3, 64, 48, torch.Generator().manual_seed(2), windows=windows)._replace(**as_they_are)(
            same
        )

    assert torch.equal(*seen(1)[:2])
    assert not any(torch.allclose(seen(3)[a], seen(3)[b], atol=0.05) for a, b in ((0, 1), (1, 2), (0, 2)))


@pytest.mark.parametrize("side", [80, 71, 64, 40])
def test_a_part_is_resampled_as_pytorch_reduces_and_enlarges(side: int, drawn_paintings: torch.Tensor) -> None:
    pictures = to_signed(drawn_paintings[:2])
    boxes = [(0, 80 - side, side, 0), ((80 - side) // 2, 0, side, 1)]
    for picture, (y, x, _, mirrored), found in zip(
        pictures, boxes, resample(pictures, torch.tensor(boxes), 64), strict=True
    ):
        part = picture[None, :, y : y + side, x : x + side]
        expected = F.interpolate(part, (64, 64), mode="bilinear", antialias=True)
        assert torch.allclose(found, expected.flip(3)[0] if mirrored else expected[0], atol=1e-5)
