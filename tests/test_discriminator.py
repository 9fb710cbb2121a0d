"""The discriminator."""

import torch

from neural_art.models.discriminator import Discriminator
from neural_art.models.features import feature_network


def test_only_the_heads_of_the_discriminator_learn() -> None:
    discriminator = Discriminator()
    learning = {name.split(".")[0] for name, p in discriminator.named_parameters() if p.requires_grad}
    assert learning == {"heads"}
    scores = discriminator(discriminator.project(feature_network()(torch.zeros(2, 3, 96, 96))))
    assert len(scores) == 4
    assert all(len(s) == 2 for s in scores)
