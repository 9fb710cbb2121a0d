"""The two networks that are trained against each other.

The generator paints a picture from a latent; the discriminator judges pictures through the frozen feature network
(Projected GAN: Sauer et al. 2021, arXiv 2111.01007).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from neural_art.models import features, winograd
from neural_art.recipe import LATENT_SIZE, SIZES

WIDTHS = {4: 256, 8: 192, 16: 128, 32: 96, 64: 64, 128: 32}
"""Channels of the generator's hidden maps, by their side. Low resolutions are cheap, so they are wide."""

CUT = {True: 8, False: 16}
"""Sides from which maps are convolved in squares (see ``winograd``), by whether weights learn: for the few squares of
a single picture's small maps, the larger filters do not pay."""

REFINED = (8, 16, 32)
"""Sides of the hidden maps that a residual convolution refines."""

SLOPE = 0.2
"""Of the leaky activations, below zero."""

RIDGE = 1e-4
"""Of a least-squares fit, as a share of the inputs' mean square: keeps it from resting on differences in rounding."""


class Generator(nn.Module):
    """Paints from latents: (n, LATENT_SIZE) -> (n, 3, size, size), roughly in [-1, 1] (not clamped).

    From a 4 x 4 map, every stage doubles the side by a styled convolution and a pixel shuffle. From 32 px on, each
    stage adds its own picture to the enlarged picture of the stage below (skip connections: Karras et al. 2020, arXiv
    1912.04958), so a generator of 128 px holds one of 64 px, and one of 256 px begins as the one of 128 px, enlarged.

    What doubles a map is a dense convolution of the small one: on a CPU, the number of pixels under a 3 x 3 convolution
    is what costs time, and moving memory costs more than multiplying.
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
        self.convolutions = [m for m in self.modules() if isinstance(m, StyledConvolution)]

    def filters(self, *, half: bool = False) -> list[Filters]:
        """What its styled convolutions multiply by, in order: made of their weights alone. ``half``: in bfloat16."""
        return [convolution.filters(half=half) for convolution in self.convolutions]

    def others(self) -> list[nn.Parameter]:
        """The parameters that ``filters()`` are not made of."""
        used = {id(convolution.weight) for convolution in self.convolutions}
        return [parameter for parameter in self.parameters() if id(parameter) not in used]

    def forward(self, latents: Tensor, filters: Sequence[Filters] | None = None) -> Tensor:
        """``filters``: as ``filters()`` makes them, for whoever shares them among several calls."""
        made = iter(self.filters(half=torch.is_autocast_enabled(latents.device.type)) if filters is None else filters)
        hidden = F.leaky_relu(self.first(latents), SLOPE).view(-1, WIDTHS[4], 4, 4)
        hidden = hidden.contiguous(memory_format=torch.channels_last)
        picture: Tensor | None = None
        for stage in self.stages:
            hidden = stage(hidden, latents, made)
            side = str(hidden.shape[-1])
            if side in self.pictures:
                detail = self.pictures[side](hidden)
                picture = detail if picture is None else detail + _double(picture)
        assert picture is not None
        return picture


def resized(generator: Generator, size: int, latents: Tensor) -> Generator:
    """A generator of another ``size`` with the stages that both have. A smaller one paints the same pictures, reduced.

    Its last picture layer held only what the larger picture's detail was added to, a blur; now it is fitted, by least
    squares, to ``generator``'s pictures at ``latents`` (n, LATENT_SIZE). Two dozen of those are enough.
    """
    made = Generator(size)
    own = made.state_dict()
    made.load_state_dict(own | {name: t for name, t in generator.state_dict().items() if name in own})
    if size < generator.size:
        last = made.pictures[str(size // 2)]
        assert isinstance(last, PictureLayer)
        _fit(last, made, generator, latents)
    return made


@torch.inference_mode()
def _fit(last: PictureLayer, made: Generator, larger: Generator, latents: Tensor) -> None:
    """Fits ``made``'s ``last`` layer to the pictures of the ``larger`` one, reduced; what blurs them is left out."""
    maps: list[Tensor] = []
    listening = last.register_forward_pre_hook(lambda _, given: maps.append(given[0].contiguous()))
    weight, bias = last.colour.weight, last.colour.bias
    assert isinstance(bias, Tensor)
    weight.zero_()  # so that ``made`` paints what is below the last layer
    bias.zero_()
    seen = wanted = torch.zeros(())
    for part in latents.split(8):
        rest = F.interpolate(larger(part).clamp(-1, 1), size=made.size, mode="area") - made(part)
        squares = F.pixel_unshuffle(rest, 2).flatten(2)
        around = F.unfold(_repeat_border(maps.pop(), 1), 3)
        around = torch.cat([around, torch.ones_like(around[:, :1])], 1)  # (8, 9 channels + 1, places)
        seen = seen + torch.einsum("nip,njp->ij", around, around)
        wanted = wanted + torch.einsum("nip,njp->ij", around, squares)
    listening.remove()
    steady = RIDGE * seen.diagonal().mean() * torch.eye(len(seen))
    found = torch.linalg.solve((seen + steady).double(), wanted.double()).float()
    weight.copy_(found[:-1].T.reshape(weight.shape))
    bias.copy_(found[-1])


class Filters(NamedTuple):
    """What a styled convolution multiplies by."""

    weight: Tensor  # (n, channels, 3, 3), or (36, n, channels) for ``winograd.convolve``
    squares: Tensor  # (channels, out_channels): the weights' squares, summed over places


class Stage(nn.Module):
    """Doubles the side of a map, to ``side``, and refines it there: a styled convolution and a pixel shuffle (Shi et
    al. 2016, arXiv 1609.05158), then a residual one that starts as no change (Bachlechner et al. 2020, arXiv
    2003.04887)."""

    def __init__(self, side: int) -> None:
        super().__init__()
        channels, out_channels = WIDTHS[side // 2], WIDTHS[side]
        self.enlarge = StyledConvolution(channels, out_channels, side // 2, doubles=True)
        self.refine = StyledConvolution(out_channels, out_channels, side) if side in REFINED else None
        self.gain = nn.Parameter(torch.zeros(out_channels, 1, 1)) if side in REFINED else None

    def forward(self, hidden: Tensor, latents: Tensor, filters: Iterator[Filters]) -> Tensor:
        hidden = self.enlarge(hidden, latents, next(filters))
        if self.refine is None or self.gain is None:
            return hidden
        return torch.addcmul(hidden, self.refine(hidden, latents, next(filters)), self.gain.to(hidden))


class StyledConvolution(nn.Module):
    """A 3 x 3 convolution whose inputs the latent weighs, and a leaky activation.

    (n, channels, side, side) -> (n, out_channels, side, side) or, if it ``doubles``, (n, out_channels, 2 side, 2 side):
    four pixels of the large map are then four channels of the small one.

    The outputs are divided by the size that they would have for inputs of unit variance (weight demodulation: Karras et
    al. 2020, arXiv 1912.04958, section 2.2). Nothing is measured on the maps, so no place can set the contrast of the
    others (droplets), and a picture is the same in training and afterwards. There is no noise: drawn anew for every
    picture, a slider would flicker; the same for all, nothing came of it.
    """

    def __init__(self, channels: int, out_channels: int, side: int, *, doubles: bool = False) -> None:
        super().__init__()
        self.side = side
        weight = nn.init.kaiming_normal_(torch.empty(out_channels, channels, 3, 3), SLOPE)
        # all four pixels of a shuffled square start alike: no checkerboard to unlearn
        self.weight = nn.Parameter(weight.repeat_interleave(4, dim=0) if doubles else weight)
        self.pixels = 2 if doubles else 1  # along the side of a square that one place of the map becomes
        self.style = nn.Linear(LATENT_SIZE, channels)
        nn.init.normal_(self.style.weight, std=0.5 / math.sqrt(LATENT_SIZE))
        nn.init.ones_(self.style.bias)
        self.shift = nn.Parameter(torch.zeros(out_channels, 1, 1))
        self._known: tuple[tuple[int, bool], Filters] | None = None

    def forward(self, hidden: Tensor, latents: Tensor, filters: Filters | None = None) -> Tensor:
        style = self.style(latents)
        weight, squares = self.filters() if filters is None else filters
        with torch.autocast(hidden.device.type, enabled=False):
            gain = math.sqrt(2) * torch.rsqrt(style.float().square() @ squares + 1e-8)
        hidden = hidden * style[:, :, None, None].to(hidden)
        if weight.ndim == 3:
            mixed = winograd.convolve(hidden, weight, pixels=self.pixels)
        else:
            mixed = F.conv2d(hidden, weight, padding=1)
            if self.pixels > 1:
                mixed = F.pixel_shuffle(mixed, self.pixels)
        return F.leaky_relu_(torch.addcmul(self.shift.to(mixed), mixed, gain[:, :, None, None].to(mixed)), SLOPE)

    def filters(self, *, half: bool = False) -> Filters:
        """Made of the weights as they are; remembered while painting. ``half``: for bfloat16."""
        learning = torch.is_grad_enabled()
        cut = not half and self.weight.device.type == "cpu" and self.side >= CUT[learning]
        if not learning and self._known is not None and self._known[0] == (self.weight._version, cut):
            return self._known[1]
        filters = Filters(*_MakeFilters.apply(self.weight, self.pixels, cut))
        if not learning:
            self._known = (self.weight._version, cut), filters
        return filters


class _MakeFilters(torch.autograd.Function):
    """``Filters`` of weights. Those before a pixel shuffle are first made alike on what is flat.

    The gradients are written out because wide weights cost as much as a picture: this goes through them three times,
    where PyTorch's own would eight times.
    """

    @staticmethod
    def forward(ctx: Any, weight: Tensor, pixels: int, cut: bool) -> tuple[Tensor, Tensor]:
        weight = _alike_on_flat(weight) if pixels > 1 else weight.clone()
        squares = weight.square().sum((2, 3))
        if pixels > 1:  # the four pixels of a square share one size, and keep their contrast
            squares = squares.view(-1, pixels**2, squares.shape[1]).mean(1)
        ctx.pixels, ctx.cut = pixels, cut
        ctx.save_for_backward(weight)
        return winograd.transformed(weight, pixels=pixels) if cut else weight, squares.T

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        of_weight, of_squares = gradients[0], gradients[1].T
        (weight,) = ctx.saved_tensors
        if ctx.cut:
            of_weight = winograd.transposed(of_weight, pixels=ctx.pixels)
        if ctx.pixels > 1:
            of_squares = of_squares.repeat_interleave(ctx.pixels**2, dim=0) / ctx.pixels**2
        gradient = torch.addcmul(of_weight, weight, 2 * of_squares[:, :, None, None])
        return _alike_on_flat(gradient) if ctx.pixels > 1 else gradient, None, None  # a projection is its own transpose


def _alike_on_flat(weight: Tensor) -> Tensor:
    """The weights of a convolution before a pixel shuffle, moved so that where a map is flat, the four pixels of a
    square come out alike: an orthogonal projection.

    Otherwise each square of a large map gets a pattern of its own kind, the same in all places and in all pictures:
    grids of 4, 8, 16 and 32 pixels.
    """
    gains = weight.mean((2, 3), keepdim=True)
    common = gains.view(-1, 4, *gains.shape[1:]).mean(1).repeat_interleave(4, dim=0)
    return weight - (gains - common)


HALF_BAND = (-1 / 16, 4 / 16, 10 / 16, 4 / 16, -1 / 16)
"""A filter with no gain at the highest frequency and three quarters at half of it."""


def _before_a_shuffle(taps: Sequence[float]) -> Tensor:
    """A filter of five taps, across and down a picture of three colours, as a convolution (12, 12, 3, 3) of the map
    that a pixel shuffle makes the picture of."""
    line = torch.zeros(2, 2, 3)  # of the pixel that comes out, the one that goes in, and how many squares further
    for out, given, square in itertools.product(range(2), range(2), range(3)):
        tap = 2 * (square - 1) + given - out + 2
        if 0 <= tap < 5:
            line[out, given, square] = taps[tap]
    plane = torch.einsum("ygv,xhw->yxghvw", line, line).reshape(4, 4, 3, 3)
    return torch.einsum("ab,oivw->aobivw", torch.eye(3), plane).reshape(12, 12, 3, 3)


class PictureLayer(nn.Module):
    """A map's own contribution to the picture, at twice its side: (n, channels, s, s) -> (n, 3, 2 s, 2 s).

    A 3 x 3 convolution and a pixel shuffle paint it. The filter, applied before the shuffle because that is faster, has
    no gain at the shuffle's own frequency, where a grid of dots would satisfy the feature loss, and leaves what is
    coarser as sharp as it can.
    """

    half_band: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.colour = nn.Conv2d(channels, 12, 3)
        with torch.no_grad():  # all four pixels of a shuffled square start alike: no checkerboard to unlearn
            self.colour.weight.copy_(0.5 * self.colour.weight[::4].repeat_interleave(4, dim=0))
        _zero_bias(self.colour)
        self.register_buffer("half_band", _before_a_shuffle(HALF_BAND), persistent=False)

    def forward(self, hidden: Tensor) -> Tensor:
        squares = self.colour(_repeat_border(hidden, 1))
        return F.pixel_shuffle(F.conv2d(_repeat_border(squares, 1), self.half_band.to(squares)), 2)


def _repeat_border(pixels: Tensor, width: int) -> Tensor:
    """The map with ``width`` more rows and columns on each side, copies of its outermost."""
    with torch.autocast(pixels.device.type, enabled=False):  # which would make it float32 and back again
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
