"""The generator: paints a picture from a latent."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from neural_art.recipe import LATENT_SIZE, SIZES

WIDTHS = {4: 256, 8: 192, 16: 128, 32: 96, 64: 64, 128: 32, 256: 16}
"""Channels of the hidden maps, by their side. Low resolutions are cheap, so they are wide."""

REFINED = (8, 16, 32)
"""Sides of the hidden maps that a residual convolution refines."""

SLOPE = 0.2
"""Of the leaky activations, below zero."""

RIDGE = 1e-4
"""Of a least-squares fit, as a share of the inputs' mean square: keeps it from resting on rounding errors."""

HALF_BAND = (-1 / 16, 4 / 16, 10 / 16, 4 / 16, -1 / 16)
"""A low-pass filter with no gain at the highest frequency and three quarters at half of it."""


class Generator(nn.Module):
    """Paints from latents: (n, LATENT_SIZE) -> (n, 3, size, size), roughly in [-1, 1] (not clamped).

    From a 4 x 4 map, every stage doubles the side by a styled convolution and a pixel shuffle. From 32 px on, each
    stage adds its own picture to the enlarged picture of the stage below (skip connections: Karras et al. 2020, arXiv
    1912.04958), so a generator of 128 px holds one of 64 px (``smaller``), and one of 256 px begins as the one of
    128 px, enlarged (``resize_generator``).

    Maps are convolved before they are enlarged: on a CPU, the number of pixels under a 3 x 3 convolution is what costs
    time, and moving memory costs more than multiplying.

    ``larger``: a generator whose stages this one has, up to its size: the same modules, not copies.
    """

    def __init__(self, size: int, *, larger: Generator | None = None) -> None:
        super().__init__()
        if size not in SIZES.values():
            raise ValueError(f"size {size} is not one of {sorted(SIZES.values())}")
        self.size = size
        sides = [side for side in WIDTHS if side <= size // 2]
        stages, pictures = sides[1:], [side for side in sides if side >= 32]
        if larger is None:
            self.first = nn.Linear(LATENT_SIZE, WIDTHS[4] * 16)
            self.stages = nn.ModuleList(Stage(side) for side in stages)
            self.pictures = nn.ModuleDict({str(side): PictureLayer(WIDTHS[side]) for side in pictures})
        else:
            self.first = larger.first
            self.stages = larger.stages[: len(stages)]
            self.pictures = nn.ModuleDict({str(side): larger.pictures[str(side)] for side in pictures})

    def forward(self, latents: Tensor) -> Tensor:
        hidden = F.leaky_relu(self.first(latents), SLOPE).view(-1, WIDTHS[4], 4, 4)
        hidden = hidden.contiguous(memory_format=torch.channels_last)
        picture: Tensor | None = None
        for stage in self.stages:
            hidden = stage(hidden, latents)
            side = str(hidden.shape[-1])
            if side in self.pictures:
                detail = self.pictures[side](hidden)
                picture = detail if picture is None else detail + _double(picture)
        assert picture is not None
        return picture

    def learned(self) -> list[nn.Parameter]:
        """The weights that learn: all, but for those that ``fix`` excepted."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def fix(self, size: int) -> None:
        """From now on, what paints pictures of ``size`` px stays as it is; only the stages above it learn."""
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(not is_needed(name, size))

    def smaller(self, size: int) -> Generator:
        """A generator of a smaller ``size`` that shares this one's stages. Its pictures are blurred, since detail is
        added to them in this one; ``fit_last`` makes them this one's, reduced."""
        return Generator(size, larger=self).train(self.training)

    @torch.no_grad()
    def project_(self, tensors: Sequence[Tensor]) -> None:
        """Projects ``tensors``, the weights that learn or their gradients in order, in place onto what this generator
        may be: convolutions before a pixel shuffle are alike on flat maps (see ``project_flat_``).

        Gradients are projected before an optimiser takes them, weights after it and when they are loaded.
        """
        shuffled = {id(m.weight): m.upsample**2 for m in self.modules() if isinstance(m, StyledConvolution)}
        for parameter, tensor in zip(self.learned(), tensors, strict=True):
            if (pixels := shuffled.get(id(parameter), 1)) > 1:
                project_flat_(tensor, pixels)

    def freeze(self) -> Generator:
        """This generator for painting alone: whatever depends on the weights only is computed once."""
        self.eval().requires_grad_(False)
        for module in self.modules():
            if isinstance(module, StyledConvolution):
                module.squares = module.sum_of_squares()
        return self.to(memory_format=torch.channels_last)  # a quarter less time for a picture than the usual layout


class Stage(nn.Module):
    """Doubles the side of a map, to ``side``, and refines it there: a styled convolution and a pixel shuffle (Shi et
    al. 2016, arXiv 1609.05158), then a residual one that starts as the identity (Bachlechner et al. 2020, arXiv
    2003.04887)."""

    def __init__(self, side: int) -> None:
        super().__init__()
        channels, out_channels = WIDTHS[side // 2], WIDTHS[side]
        self.enlarge = StyledConvolution(channels, out_channels, upsample=2)
        self.refine = StyledConvolution(out_channels, out_channels) if side in REFINED else None
        self.gain = nn.Parameter(torch.zeros(out_channels, 1, 1)) if side in REFINED else None

    def forward(self, hidden: Tensor, latents: Tensor) -> Tensor:
        hidden = self.enlarge(hidden, latents)
        if self.refine is None or self.gain is None:
            return hidden
        return torch.addcmul(hidden, self.refine(hidden, latents), self.gain.to(hidden))


class StyledConvolution(nn.Module):
    """A 3 x 3 convolution whose inputs the latent weighs, and a leaky activation.

    (n, channels, side, side) -> (n, out_channels, upsample * side, upsample * side). With ``upsample`` 2, four pixels
    of the large map are four channels of the small one until a pixel shuffle lays them out.

    The outputs are divided by the size that they would have for inputs of unit variance (weight demodulation: Karras et
    al. 2020, arXiv 1912.04958, section 2.2). Nothing is measured on the maps, so no place can set the contrast of the
    others (droplet artefacts), and a picture is the same in training and afterwards. There is no noise: drawn anew for
    every picture, it would make a slider flicker; the same for all pictures, it gained nothing.
    """

    def __init__(self, channels: int, out_channels: int, *, upsample: int = 1) -> None:
        super().__init__()
        self.upsample = upsample
        weight = nn.init.kaiming_normal_(torch.empty(out_channels, channels, 3, 3), SLOPE)
        # all four pixels of a shuffled square start alike: no checkerboard to unlearn
        self.weight = nn.Parameter(weight.repeat_interleave(upsample**2, dim=0))
        self.style = nn.Linear(LATENT_SIZE, channels)
        nn.init.normal_(self.style.weight, std=0.5 / math.sqrt(LATENT_SIZE))
        nn.init.ones_(self.style.bias)
        self.shift = nn.Parameter(torch.zeros(out_channels, 1, 1))

        self.squares: Tensor | None
        self.register_buffer("squares", None, persistent=False)  # the sum of squares, once the weights are frozen

    def forward(self, hidden: Tensor, latents: Tensor) -> Tensor:
        style = self.style(latents)  # n, channels
        with torch.autocast(hidden.device.type, enabled=False):
            squares = self.sum_of_squares() if self.squares is None else self.squares
            gain = math.sqrt(2) * torch.rsqrt(style.float().square() @ squares.T + 1e-8)
        mixed = F.conv2d(hidden * style[:, :, None, None].to(hidden), self.weight, padding=1)
        if self.upsample > 1:  # a shuffle of single pixels would copy the map
            shuffle = F.pixel_shuffle if mixed.device.type == "cpu" else shuffle_channels_last
            mixed = shuffle(mixed, self.upsample)
        return F.leaky_relu_(torch.addcmul(self.shift.to(mixed), mixed, gain[:, :, None, None].to(mixed)), SLOPE)

    def sum_of_squares(self) -> Tensor:
        """(out_channels, channels): the squared weights, summed over a filter's places.

        The pixels of a shuffled square share one size, the mean of theirs, so that they keep their contrast.
        """
        channels, pixels = self.weight.shape[1], self.upsample**2
        places = self.weight.permute(0, 2, 3, 1)  # as channels-last weights lie in memory: a sum over it is quick
        return places.reshape(-1, 9 * pixels, channels).square().sum(1) / pixels


def shuffle_channels_last(maps: Tensor, upsample: int) -> Tensor:
    """``F.pixel_shuffle`` of maps that stay channels-last: on a card, PyTorch's own lays them out the other way, and
    every convolution behind it has to turn them back."""
    n, channels, height, width = maps.shape
    squares = maps.permute(0, 2, 3, 1).reshape(n, height, width, channels // upsample**2, upsample, upsample)
    placed = squares.permute(0, 1, 4, 2, 5, 3).reshape(n, upsample * height, upsample * width, -1)
    return placed.permute(0, 3, 1, 2)


def project_flat_(weight: Tensor, pixels: int) -> None:
    """Moves the weight (pixels * n, channels, 3, 3) of a convolution before a pixel shuffle, in place, so that where a
    map is flat the ``pixels`` of a shuffled square come out alike: an orthogonal projection.

    Otherwise each square of a large map gets a pattern of its own, the same in all places and in all pictures:
    checkerboards of 4, 8, 16 and 32 pixels.
    """
    gains = weight.mean((2, 3), keepdim=True)
    common = gains.view(-1, pixels, *gains.shape[1:]).mean(1).repeat_interleave(pixels, dim=0)
    weight.sub_(gains - common)


class PictureLayer(nn.Module):
    """A map's own contribution to the picture, at twice its side: (n, channels, s, s) -> (n, 3, 2 s, 2 s).

    A 3 x 3 convolution and a pixel shuffle paint it. The low-pass filter, applied before the shuffle because that is
    faster, has no gain at the shuffle's own frequency, where a grid of dots would satisfy the feature loss, and leaves
    what is coarser as sharp as it can.
    """

    half_band: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.colour = nn.Conv2d(channels, 12, 3)
        assert self.colour.bias is not None
        with torch.no_grad():  # all four pixels of a shuffled square start alike: no checkerboard to unlearn
            self.colour.weight.copy_(0.5 * self.colour.weight[::4].repeat_interleave(4, dim=0))
        nn.init.zeros_(self.colour.bias)
        self.register_buffer("half_band", _before_a_shuffle(HALF_BAND), persistent=False)

    def forward(self, hidden: Tensor) -> Tensor:
        squares = self.colour(repeat_border(hidden, 1))
        return F.pixel_shuffle(F.conv2d(repeat_border(squares, 1), self.half_band.to(squares)), 2)


def repeat_border(pixels: Tensor, width: int) -> Tensor:
    """The map with ``width`` more rows and columns on each side, copies of its outermost."""
    with torch.autocast(pixels.device.type, enabled=False):  # which would make it float32 and back again
        return F.pad(pixels, (width, width, width, width), mode="replicate")


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


def is_needed(name: str, size: int) -> bool:
    """Whether a generator for pictures of ``size`` px has the tensor ``name`` of a larger one's ``state_dict``."""
    part, _, rest = name.partition(".")
    number = rest.partition(".")[0]
    side = 8 << int(number) if part == "stages" else int(number) if part == "pictures" else 0
    return side <= size // 2


def _double(pixels: Tensor) -> Tensor:
    return F.interpolate(pixels, scale_factor=2, mode="bilinear", align_corners=False)


def resize_generator(generator: Generator, size: int, latents: Tensor) -> Generator:
    """A generator of another ``size`` with copies of the stages that both have.

    A larger one begins with the same pictures, enlarged: its new stages know no colours yet. A smaller one paints the
    same pictures, reduced (``fit_last``, at these ``latents``).
    """
    if size < generator.size:
        made = copy.deepcopy(generator.smaller(size))
        fit_last(made, latents, paint_each(generator, latents))
        return made
    made = Generator(size)
    for side in made.pictures.keys() - generator.pictures.keys():
        added = made.pictures[side]
        assert isinstance(added, PictureLayer)
        nn.init.zeros_(added.colour.weight)
    made.load_state_dict(made.state_dict() | generator.state_dict())
    return made


@torch.no_grad()
def paint_each(generator: Generator, latents: Tensor) -> Tensor:
    """The pictures at ``latents``, clamped to [-1, 1], painted a few at a time."""
    return torch.cat([generator(some).clamp(-1, 1) for some in latents.split(4)])


@torch.no_grad()
def fit_last(generator: Generator, latents: Tensor, pictures: Tensor) -> None:
    """Gives ``generator`` a last picture layer of its own, fitted by least squares to the larger ``pictures``
    (n, 3, ...), reduced, that belong to ``latents`` (n, LATENT_SIZE).

    In a larger generator, that layer paints only the blur that detail is added to. The fit leaves the low-pass filter
    out, and a few pictures are enough for it.
    """
    side = str(generator.size // 2)
    last = PictureLayer(WIDTHS[generator.size // 2])
    weight, bias = last.colour.weight, last.colour.bias
    assert bias is not None
    nn.init.zeros_(weight)  # so that ``generator`` paints what is below its last layer
    maps: list[Tensor] = []
    listening = last.register_forward_pre_hook(lambda _, inputs: maps.append(inputs[0].contiguous()))
    generator.pictures[side] = last
    inputs = targets = torch.zeros(())
    for some, wanted in zip(latents.split(4), pictures.split(4), strict=True):
        rest = F.interpolate(wanted, size=generator.size, mode="area") - generator(some)
        squares = F.pixel_unshuffle(rest, 2).flatten(2)
        around = F.unfold(repeat_border(maps.pop(), 1), 3)
        around = torch.cat([around, torch.ones_like(around[:, :1])], 1)  # n, 9 channels + 1, places
        inputs = inputs + (around @ around.mT).sum(0)
        targets = targets + (around @ squares.mT).sum(0)
    listening.remove()
    ridge = RIDGE * inputs.diagonal().mean() * torch.eye(len(inputs))
    solution = torch.linalg.solve((inputs + ridge).double(), targets.double()).float()
    weight.copy_(solution[:-1].T.reshape(weight.shape))
    bias.copy_(solution[-1])
