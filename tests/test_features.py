"""The frozen feature network."""

import warnings

import torch

from neural_art.models.features import CHANNELS, efficientnet_lite, feature_network


def test_the_feature_network_is_frozen_but_lets_gradients_through_to_the_picture() -> None:
    network = feature_network().train()
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())
    picture = torch.zeros(1, 3, 64, 64, requires_grad=True)
    maps = network(picture)
    assert [m.shape[-1] for m in maps] == [16, 8, 4, 2]
    maps[-1].sum().backward()
    assert picture.grad is not None
    assert picture.grad.abs().sum() > 0


def test_its_last_map_is_what_the_original_network_has_before_its_head() -> None:
    picture = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
    original = efficientnet_lite(0)
    before_the_head: list[torch.Tensor] = []
    original._conv_head.register_forward_pre_hook(lambda _, inputs: before_the_head.append(inputs[0]))
    with torch.no_grad(), warnings.catch_warnings():
        original.extract_features(picture)
        maps = feature_network(0)(picture)
    assert [m.shape[1] for m in maps] == list(CHANNELS)
    assert torch.allclose(maps[-1], before_the_head[0], atol=1e-3)
