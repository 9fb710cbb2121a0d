"""Where the time of a training step goes, and what this processor could do at best.

    python benchmarks/step.py [--recipe study] [--batch 16] [--threads N]

Prints, for one batch: the whole step, its parts on a single thread (which is how a step runs: a part of the batch on
each core), and every styled convolution of the generator, both ways of it beside matrix products of the same shapes, in
float32. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
import torch.nn.functional as F
from torch import Tensor

from neural_art.models import winograd
from neural_art.models.checkpoint import FILE, Model
from neural_art.models.features import Encoder, feature_network
from neural_art.models.networks import CUT, Discriminator, Generator, StyledConvolution
from neural_art.recipe import LATENT_SIZE, SIZES, Recipe
from neural_art.training.augment import Look
from neural_art.training.trainer import SEEN, Training, losses, stored_size

BASE = ROOT / "checkpoints" / "base"
TIMES = 9


def milliseconds(call: Callable[[], object]) -> float:
    """The median of some calls, after one to warm up."""
    call()
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Prints Markdown."""
    heads = list(heads)
    print("\n| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row) + " |")


def start(size: int) -> Model:
    """The base model, or a fresh one of this size."""
    if (BASE / FILE).exists():
        return Model.open(BASE, size=size)
    return Model(Generator(size), Discriminator(), Encoder(), torch.zeros(2, LATENT_SIZE))


def whole_step(recipe: Recipe) -> float:
    """Milliseconds of a full step with both losses."""
    side = stored_size(recipe)
    drawn = torch.randint(0, 256, (64, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    training = Training(drawn, recipe, base=start(recipe.size))
    events = training.run()
    next(events), next(events)
    return milliseconds(lambda: training._step(0.5))


def parts(model: Model, batch: int) -> Iterable[tuple[str, float]]:
    """The pieces of a step, each on the threads that torch has now."""
    generator = model.generator.to(memory_format=torch.channels_last).train()
    discriminator = model.discriminator.to(memory_format=torch.channels_last).train()
    features, size = feature_network(), generator.size
    weights, heads = list(generator.parameters()), list(discriminator.heads.parameters())
    latents = torch.randn(batch, LATENT_SIZE)
    paintings = torch.rand(batch, 3, size, size) * 2 - 1
    look = Look.draw(batch, size, SEEN[size], torch.Generator().manual_seed(0))
    with torch.no_grad():
        yield "generator, forward", milliseconds(lambda: generator(latents))
        seen = look(paintings)
        yield "features of the paintings", milliseconds(lambda: features(look(paintings)))
        maps = features(seen)
        projected = discriminator.project(maps)
        yield "addresses of two new crops", milliseconds(lambda: model.encoder(paintings[:2]))

    def both(output: Tensor, inputs: list[Tensor]) -> None:
        torch.autograd.grad(output, inputs)

    yield "generator, forward and backward", milliseconds(lambda: both(generator(latents).square().mean(), weights))
    shown = seen.requires_grad_()
    yield (
        "features of the pictures, forward and backward",
        milliseconds(lambda: both(torch.stack([m.square().mean() for m in features(shown)]).sum(), [shown])),
    )
    yield (
        "heads, forward and backward to their weights",
        milliseconds(lambda: both(losses.generator_hinge(discriminator(projected)), heads)),
    )
    inputs = [m.detach().requires_grad_() for m in maps]
    yield (
        "projection and heads, forward and backward to the features",
        milliseconds(lambda: both(losses.generator_hinge(discriminator(discriminator.project(inputs))), inputs)),
    )


def timed(layer: StyledConvolution, batch: int) -> tuple[str, float, object, float]:
    """A styled convolution: its shape, milliseconds there and back as a convolution and in squares (see ``winograd``),
    and what as many multiplications as the convolution's take in matrix products of its shapes."""
    (n, channels), side, pixels = layer.weight.shape[:2], layer.side, layer.pixels
    given = torch.randn(batch, channels, side, side).contiguous(memory_format=torch.channels_last)
    weight = layer.weight.detach()

    def convolved(maps: Tensor, weight: Tensor) -> Tensor:
        mixed = F.conv2d(maps, weight, padding=1)
        return F.pixel_shuffle(mixed, pixels) if pixels > 1 else mixed

    def in_squares(maps: Tensor, filters: Tensor) -> Tensor:
        return winograd.convolve(maps, filters, pixels=pixels)

    filters = winograd.transformed(weight, pixels=pixels)
    a, b, c = (
        torch.randn(shape) for shape in ((batch * side**2, 9 * channels), (9 * channels, n), (batch * side**2, n))
    )
    return (
        f"{channels} -> {n} at {side} px",
        there_and_back(convolved, given, weight),
        there_and_back(in_squares, given, filters) if side >= CUT[True] else "",
        milliseconds(lambda: (a @ b, a.T @ c, c @ b.T)),
    )


def there_and_back(convolve: Callable[[Tensor, Tensor], Tensor], maps: Tensor, weight: Tensor) -> float:
    """Milliseconds of a convolution and of both its gradients."""
    inputs = [maps.requires_grad_(), weight.requires_grad_()]
    upstream = torch.randn_like(convolve(*inputs))
    return milliseconds(lambda: torch.autograd.grad(convolve(*inputs), inputs, upstream))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", choices=list(SIZES), default="study")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=0, help="for the whole step (default: all cores)")
    asked = parser.parse_args()
    taken = whole_step(Recipe(name=asked.recipe, batch=asked.batch, threads=asked.threads, minutes=60))
    print(f"A step of {asked.batch} pictures: {taken:.0f} ms, {1000 * asked.batch / taken:.1f} pictures a second.")
    torch.set_num_threads(1)
    model = start(SIZES[asked.recipe])
    table(("part, on one thread", "ms"), parts(model, asked.batch))
    table(
        ("there and back, on one thread", "a convolution, ms", "in squares, ms", "matrix products of its shapes, ms"),
        (timed(layer, asked.batch) for layer in model.generator.convolutions),
    )


if __name__ == "__main__":
    main()
