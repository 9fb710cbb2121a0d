"""Pictures in memory keep their shape, their colours and their place."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from neural_art import images


def test_transparent_parts_show_the_matte() -> None:
    picture = Image.new("RGBA", (4, 2), (255, 0, 0, 255))
    picture.putpixel((3, 1), (0, 0, 0, 0))
    flat = images.flatten(picture, "#0000ff")
    assert flat.mode == "RGB"
    assert flat.getpixel((0, 0)) == (255, 0, 0)
    assert flat.getpixel((3, 1)) == (0, 0, 255)


def test_transparency_of_a_palette_is_flattened_too() -> None:
    picture = Image.new("P", (2, 2), 1)
    picture.putpalette([0, 0, 0, 0, 255, 0])
    picture.info["transparency"] = 1
    assert images.flatten(picture, "#ffffff").getpixel((0, 0)) == (255, 255, 255)


def test_an_opaque_picture_keeps_its_colours() -> None:
    assert images.flatten(Image.new("L", (2, 2), 128), "#ff0000").getpixel((1, 1)) == (128, 128, 128)


def _striped() -> Image.Image:
    """Red, green and blue, side by side: 96 x 32."""
    pixels = np.zeros((32, 96, 3), np.uint8)
    for stripe in range(3):
        pixels[:, 32 * stripe : 32 * (stripe + 1), stripe] = 255
    return Image.fromarray(pixels)


def test_a_squeezed_square_shows_the_whole_and_a_cropped_one_the_middle() -> None:
    squeezed = images.square(_striped(), 16, "squeeze")
    cropped = images.square(_striped(), 16, "crop")
    assert squeezed.shape == cropped.shape == (16, 16, 3)
    assert squeezed.dtype == np.uint8
    assert squeezed[8, 1].argmax() == 0
    assert squeezed[8, -2].argmax() == 2
    assert (cropped[:, 1:-1].argmax(2) == 1).all()


@pytest.mark.parametrize(
    ("aspect", "longest", "size"),
    [
        (1.5, None, (96, 64)),
        (0.5, None, (64, 128)),
        (1, None, (64, 64)),
        (1.5, 300, (300, 200)),
        (0.5, 300, (150, 300)),
    ],
)
def test_a_square_gets_its_aspect_back(aspect: float, longest: int | None, size: tuple[int, int]) -> None:
    assert images.unsquare(np.zeros((64, 64, 3), np.uint8), aspect, longest).size == size


@pytest.mark.parametrize("aspect", [0, -1, math.nan, math.inf])
def test_an_aspect_that_is_not_positive_is_a_programmers_mistake(aspect: float) -> None:
    with pytest.raises(ValueError, match="aspect"):
        images.unsquare(np.zeros((8, 8, 3), np.uint8), aspect)


def test_pictures_are_tiled_row_by_row_with_gaps() -> None:
    colours = ["#100000", "#200000", "#300000"]
    sheet = images.tile([Image.new("RGB", (4, 2), colour) for colour in colours], 2, gap=1, background="white")
    assert sheet.size == (2 * 5 + 1, 2 * 3 + 1)
    assert [sheet.getpixel(at)[0] for at in ((1, 1), (6, 1), (1, 4))] == [0x10, 0x20, 0x30]
    assert sheet.getpixel((6, 4)) == sheet.getpixel((0, 0)) == (255, 255, 255)


def test_an_encoded_picture_is_a_file_in_memory() -> None:
    content = images.encode(_striped(), "png", optimize=True)
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.format == "PNG"
        assert picture.tobytes() == _striped().tobytes()
