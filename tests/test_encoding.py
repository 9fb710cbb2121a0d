"""Latents of a set of paintings, and whether it is out of the base's domain."""

from collections.abc import Callable

import pytest
import torch

from neural_art.models.encoder import Encoder
from neural_art.training.crops import crop
from neural_art.training.encoding import Encoded, encode_paintings

Encode = Callable[[torch.Tensor], tuple[Encoded, Encoder]]


def encoded(paintings: torch.Tensor, encoder: Encoder, base_latents: torch.Tensor | None) -> Encoded:
    rng = torch.Generator().manual_seed(0)
    return encode_paintings(
        paintings, encoder, 64, base_latents=base_latents, rng=rng, threads=2, device=torch.device("cpu")
    )


@pytest.fixture(scope="module")
def base(drawn_paintings: torch.Tensor) -> tuple[Encoder, torch.Tensor]:
    """An encoder that was fitted to twelve landscapes, and their latents."""
    encoder = Encoder()
    return encoder, encoded(drawn_paintings, encoder, None).latents


@pytest.fixture
def encode(base: tuple[Encoder, torch.Tensor]) -> Encode:
    """Encodes paintings with a copy of the base's encoder, which is given back as it is afterwards."""

    def with_a_copy(paintings: torch.Tensor) -> tuple[Encoded, Encoder]:
        encoder = Encoder()
        encoder.load_state_dict(base[0].state_dict())
        return encoded(paintings, encoder, base[1]), encoder

    return with_a_copy


def read(encoder: Encoder, paintings: torch.Tensor) -> torch.Tensor:
    return encoder(crop(paintings, torch.arange(len(paintings)), 64))


def test_without_a_base_the_encoder_is_fitted_and_everything_is_new(drawn_paintings: torch.Tensor) -> None:
    encoder = Encoder()
    found = encoded(drawn_paintings, encoder, None)
    assert found.out_of_domain
    assert torch.allclose(found.latents, read(encoder, drawn_paintings), atol=1e-3)
    assert torch.cdist(found.latents, found.latents).fill_diagonal_(9).min() > 0.5


def test_paintings_like_the_bases_keep_their_latents(drawn_paintings: torch.Tensor, encode: Encode) -> None:
    mirrored = drawn_paintings[:6].flip(3)
    found, encoder = encode(mirrored)
    assert not found.out_of_domain
    assert found.latents.mean(0).norm() > 0.1
    assert torch.allclose(found.latents, read(encoder, mirrored), atol=1e-3)


def test_one_painting_many_times_keeps_its_latent(
    drawn_paintings: torch.Tensor, base: tuple[Encoder, torch.Tensor], encode: Encode
) -> None:
    number = int(base[1].norm(dim=1).argmin())
    found, _ = encode(drawn_paintings[[number] * 8])
    assert not found.out_of_domain
    assert torch.allclose(found.latents.mean(0), base[1][number], atol=1e-3)


@pytest.mark.parametrize("kind", ["lines", "noise"])
def test_what_the_base_never_saw_is_moved_to_its_middle(
    kind: str, drawn_paintings: torch.Tensor, encode: Encode
) -> None:
    paintings = torch.full_like(drawn_paintings[:6], 255)
    if kind == "noise":
        rng = torch.Generator().manual_seed(0)
        paintings = torch.randint(0, 256, paintings.shape, dtype=torch.uint8, generator=rng)
    else:
        for number in range(6):
            paintings[number, :, :: number + 3] = 0
    found, encoder = encode(paintings)
    assert found.out_of_domain
    assert found.latents.mean(0).norm() < 0.02 * found.latents.norm(dim=1).mean()
    assert torch.allclose(found.latents, read(encoder, paintings), atol=1e-2)  # so are pictures that come later
