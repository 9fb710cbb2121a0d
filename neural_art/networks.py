"""The two networks that are trained against each other.

The generator paints a picture from a latent; the discriminator judges pictures through the frozen feature network
(Projected GAN: Sauer et al. 2021, arXiv 2111.01007).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from neural_art import features
from neural_art.recipe import LATENT_SIZE, SIZES

WIDTHS = {4: 320, 8: 320, 16: 256, 32: 160, 64: 48, 128: 24}
"""Channels of the generator's hidden maps, by their side. Low resolutions are cheap, so they are wide."""

REFINEMENTS = {8: 1, 16: 1, 32: 2, 64: 1, 128: 1}
"""Residual blocks on the generator's hidden maps, by their side."""


class Generator(nn.Module):
    """Paints from latents: (n, LATENT_SIZE) -> (n, 3, size, size), roughly in [-1, 1] (not clamped).

    From a 4 x 4 map, every stage doubles the side and refines what it enlarged. The latent enters at each layer as a
    scale and a shift of the channels (conditional batch norm: de Vries et al. 2017, arXiv 1707.00683). From 32 px on,
    each stage adds its own picture to the enlarged picture of the stage below (skip connections: Karras et al. 2020,
    arXiv 1912.04958), so a generator of 128 px holds one of 64 px, and one of 256 px begins as the one of 128 px,
    enlarged.

    Dense convolutions run before the enlarging, and the last factor of two is a pixel shuffle: on a CPU, the number of
    pixels under a 3 x 3 convolution is what costs time.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        if size not in SIZES.values():
            raise ValueError(f"size {size} is not one of {sorted(SIZES.values())}")
        self.size = size
        self.first = nn.Linear(LATENT_SIZE, WIDTHS[4] * 16)
        sides = [side for side in WIDTHS if side <= size // 2]
        self.stages = nn.ModuleList(Stage(side) for side in sides[1:])
        self.pictures = nn.ModuleDict({str(side): PictureLayer(WIDTHS[side]) for side in sides if side >= 32})

    def forward(self, latents: Tensor) -> Tensor:
        hidden = self.first(latents).view(-1, WIDTHS[4], 4, 4)
        picture: Tensor | None = None
        for stage in self.stages:
            hidden = stage(hidden, latents)
            side = str(hidden.shape[-1])
            if side in self.pictures:
                detail = self.pictures[side](hidden)
                picture = detail if picture is None else detail + _double(picture)
        assert picture is not None
        return picture


class Stage(nn.Module):
    """Doubles the side of a map, to ``side``: 3 x 3 convolution, style, doubling, and some refinements at the new
    side."""

    def __init__(self, side: int) -> None:
        super().__init__()
        channels, out_channels = WIDTHS[side // 2], WIDTHS[side]
        self.mix = _around(channels, out_channels, side // 2)
        self.style = Style(out_channels)
        self.smooth = SmoothDoubling(out_channels)
        self.refinements = nn.ModuleList(Refinement(out_channels, side) for _ in range(REFINEMENTS[side]))

    def forward(self, hidden: Tensor, latents: Tensor) -> Tensor:
        hidden = self.smooth(self.style(self.mix(hidden), latents))
        for refinement in self.refinements:
            hidden = refinement(hidden, latents)
        return hidden


class SmoothDoubling(nn.Conv2d):
    """Doubles the side of a map: (n, channels, s, s) -> (n, channels, 2 s, 2 s), bilinear, then a depthwise 3 x 3
    convolution (which starts as no change); borders repeat themselves.

    Between the pixels of a map that was enlarged by doubling them, a learned convolution soon leaves a lattice of 2, 4
    and 8 pixels in all pictures; so it is bilinear.

    Both are linear, so they are done in one: the even and the odd rows and columns of the large map are four depthwise
    3 x 3 convolutions of the small one.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 3, groups=channels)
        nn.init.dirac_(self.weight, groups=channels)
        _zero_bias(self)

    def forward(self, hidden: Tensor) -> Tensor:
        n, channels, height, width = hidden.shape
        padded = _repeat_border(hidden, 1)
        taps = TAPS.to(self.weight)
        kernels = torch.einsum("pia,qjb,ckab->pqckij", taps, taps, self.weight)
        rows = []
        for row in kernels:  # even and odd
            pixels = [self._conv_forward(padded, kernel, self.bias).permute(0, 2, 3, 1) for kernel in row]
            rows.append(torch.cat(pixels, 3))  # (n, height, width, 2 channels): even and odd columns side by side
        return torch.cat(rows, 2).view(n, 2 * height, 2 * width, channels).permute(0, 3, 1, 2)


TAPS = torch.tensor([[[3.0, 1, 0], [1, 3, 3], [0, 0, 1]], [[1, 0, 0], [3, 3, 1], [0, 1, 3]]]) / 4
"""What each of three neighbours counts for, per tap of a filter that follows a bilinear doubling: (at an even or at an
odd place, neighbour, tap)."""


class Refinement(nn.Module):
    """A residual block that costs little: a separable 3 x 3 convolution, grain, style.

    The grain is noise that stays where it is, like paper's: without it, all that texture can be made of are the traces
    of enlarging (compare the noise inputs of Karras et al. 2019, arXiv 1812.04948, which are drawn anew; a slider
    would flicker). The style's scale starts at zero, so a new block changes nothing (Bachlechner et al. 2020,
    arXiv 2003.04887).
    """

    grain: Tensor

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.around = _around(channels, channels, side, groups=channels)
        self.across = nn.Conv2d(channels, channels, 1, bias=False)
        self.style = Style(channels, scale=0.0)
        self.roughness = nn.Parameter(torch.full((channels, 1, 1), 0.05))
        self.register_buffer("grain", torch.randn(side, side))

    def forward(self, hidden: Tensor, latents: Tensor) -> Tensor:
        refined = self.across(self.around(hidden))
        refined = torch.addcmul(refined, self.grain.to(refined), self.roughness.to(refined))
        return hidden + self.style(refined, latents)


MOMENTUM = 0.05
"""Of the running statistics that maps are normalised by."""

SLOPE = 0.2
"""Of the leaky activations, below zero."""


class Style(nn.Module):
    """Normalises a map, gives it a scale and a shift that come from the latent, and a leaky activation.

    In training, too, a channel is normalised by its running mean and variance, and no gradient goes into them (as
    Karras et al. 2021, arXiv 2106.12423, appendix C.2, do with magnitudes). With the statistics of the batch, one place
    that few windows show can set the contrast of a whole map: the generator learns to, and leaves droplets in a corner
    (Karras et al. 2020, arXiv 1912.04958, section 2). And a picture is the same in training and afterwards.

    The scale starts around ``scale``.
    """

    def __init__(self, channels: int, scale: float = 1.0) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False, momentum=MOMENTUM)
        self.scale_and_shift = nn.Linear(LATENT_SIZE, 2 * channels)
        nn.init.normal_(self.scale_and_shift.weight, std=0.1 / math.sqrt(LATENT_SIZE))
        with torch.no_grad():
            self.scale_and_shift.bias.copy_(torch.tensor([scale, 0.0]).repeat_interleave(channels))

    def forward(self, hidden: Tensor, latents: Tensor) -> Tensor:
        mean, variance = self._statistics(hidden)
        scale, shift = self.scale_and_shift(latents).chunk(2, dim=1)
        scale = scale * torch.rsqrt(variance + self.norm.eps)
        shift = shift - mean * scale
        styled = torch.addcmul(shift[:, :, None, None].to(hidden), hidden, scale[:, :, None, None].to(hidden))
        return F.leaky_relu_(styled, SLOPE)

    @torch.no_grad()
    def _statistics(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """The running mean and variance of every channel; in training they first follow every fourth row of the map."""
        mean, variance, seen = self.norm.running_mean, self.norm.running_var, self.norm.num_batches_tracked
        assert mean is not None and variance is not None and seen is not None
        if self.training:
            rows = hidden[:, :, :: 4 if hidden.shape[2] > 8 else 1].float()
            now = rows.mean((0, 2, 3))
            share = max(MOMENTUM, 1 / (1 + int(seen)))  # the first ones count in full
            mean.lerp_(now, share)
            variance.lerp_(rows.square().mean((0, 2, 3)) - now.square(), share)
            seen += 1
        return mean, variance


HALF_BAND = torch.tensor([-1.0, 4.0, 10.0, 4.0, -1.0]) / 16
"""A filter with no gain at the highest frequency and three quarters at half of it."""


class PictureLayer(nn.Module):
    """A map's own contribution to the picture, at twice its side: (n, channels, s, s) -> (n, 3, 2 s, 2 s).

    A 3 x 3 convolution and a pixel shuffle paint it. The filter after the shuffle has no gain at the shuffle's own
    frequency, where a grid of dots would satisfy the feature loss, and leaves what is coarser as sharp as it can.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.colour = _RepeatingConv2d(channels, 12, 3)
        with torch.no_grad():  # all four pixels of a shuffled square start alike: no checkerboard to unlearn
            self.colour.weight.copy_(0.5 * self.colour.weight[::4].repeat_interleave(4, dim=0))
        _zero_bias(self.colour)

    def forward(self, hidden: Tensor) -> Tensor:
        shuffled = F.pixel_shuffle(self.colour(hidden), 2)
        padded = _repeat_border(shuffled, 2)
        weights = HALF_BAND.to(padded)
        return F.conv2d(padded, torch.outer(weights, weights).expand(3, 1, 5, 5), groups=3)


def _around(channels: int, out_channels: int, side: int, groups: int = 1) -> nn.Conv2d:
    """A 3 x 3 convolution on maps of ``side``.

    From 8 px on, a border repeats itself. Zeros there make a corner unlike all other places, layer after layer: one of
    them grew into a speck that most pictures had, and on large maps they leave a frame. The 4 x 4 map is all border,
    and knows its places anyhow.
    """
    if side < 8:
        return nn.Conv2d(channels, out_channels, 3, padding=1, groups=groups, bias=False)
    return _RepeatingConv2d(channels, out_channels, 3, groups=groups, bias=False)


class _RepeatingConv2d(nn.Conv2d):
    def forward(self, hidden: Tensor) -> Tensor:
        return super().forward(_repeat_border(hidden, 1))


def _repeat_border(pixels: Tensor, width: int) -> Tensor:
    """The map with ``width`` more rows and columns on each side, copies of its outermost."""
    with torch.autocast("cpu", enabled=False):  # which would make it float32 and back again
        return F.pad(pixels, (width, width, width, width), mode="replicate")


def _zero_bias(layer: nn.Module) -> None:
    assert isinstance(layer.bias, Tensor)
    nn.init.zeros_(layer.bias)


def _double(pixels: Tensor) -> Tensor:
    return F.interpolate(pixels, scale_factor=2, mode="bilinear", align_corners=False)


MIXED = (32, 64, 96, 128)
"""Channels of the four feature maps after the fixed random projections."""


class Discriminator(nn.Module):
    """Judges pictures by their frozen features; only the heads learn.

    ``project`` mixes the feature maps of ``FeatureNetwork`` across channels and scales by fixed random convolutions
    (Projected GAN, section 3.2); ``forward`` gives one map of scores per scale, high for "painted". The heads are
    convolutions alone, so pictures of any side that is a multiple of 32 may be shown; they are made for 96 px.
    """

    def __init__(self) -> None:
        super().__init__()
        self.across = nn.ModuleList(nn.Conv2d(c, m, 1) for c, m in zip(features.CHANNELS, MIXED, strict=True))
        self.down = nn.ModuleList(nn.Conv2d(b, a, 3, padding=1) for a, b in zip(MIXED[:-1], MIXED[1:], strict=True))
        for layer in (*self.across, *self.down):
            nn.init.kaiming_normal_(layer.weight)
            _zero_bias(layer)
            layer.requires_grad_(False)
        self.heads = nn.ModuleList(_head(m, side) for m, side in zip(MIXED, (24, 12, 6, 3), strict=True))

    def project(self, maps: list[Tensor]) -> list[Tensor]:
        """The frozen features, mixed: four maps of ``MIXED`` channels, coarse context added to the fine ones."""
        mixed = [layer(m) for layer, m in zip(self.across, maps, strict=True)]
        for i in reversed(range(len(mixed) - 1)):
            context = F.interpolate(mixed[i + 1], scale_factor=2, mode="bilinear", align_corners=False)
            mixed[i] = (mixed[i] + self.down[i](context)) / math.sqrt(2)
        return mixed

    def forward(self, projected: list[Tensor]) -> list[Tensor]:
        return [head(m) for head, m in zip(self.heads, projected, strict=True)]


def _head(channels: int, side: int) -> nn.Sequential:
    layers: list[nn.Module] = [spectral_norm(nn.Conv2d(channels, 64, 1)), nn.LeakyReLU(0.2)]
    channels = 64
    while side >= 6:
        wider = min(2 * channels, 128)
        layers += [spectral_norm(nn.Conv2d(channels, wider, 4, 2, 1)), nn.LeakyReLU(0.2)]
        channels, side = wider, side // 2
    layers += [spectral_norm(nn.Conv2d(channels, 1, 3, padding=1))]
    return nn.Sequential(*layers)
