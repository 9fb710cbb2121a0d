"""Where the time of a training step goes.

    python benchmarks/step.py [--recipe study] [--batch 16] [--threads N]

Prints, for one batch: the whole step; its parts on a single thread (a step gives each core a part of the batch); and
the 3 x 3 convolution of every styled layer of the generator, in float32, with the GFLOP/s that it reaches. Run it on
an idle machine.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.timing import milliseconds
from neural_art.events import Stepped
from neural_art.models.checkpoint import FILE, Model
from neural_art.models.discriminator import Discriminator
from neural_art.models.encoder import Encoder
from neural_art.models.features import feature_network
from neural_art.models.generator import Generator, StyledConvolution
from neural_art.recipe import LATENT_SIZE, SIZES, Budget, Recipe
from neural_art.shipped import BASE
from neural_art.training import losses
from neural_art.training.augment import Augmentation
from neural_art.training.batches import SEEN
from neural_art.training.trainer import Training

TIMES: Final = 9
PAINTINGS: Final = 64


def timed(call: Callable[[], object]) -> float:
    """Milliseconds of a call."""
    return milliseconds(call, TIMES, warm_up=1)


def starting_model(size: int) -> Model:
    """The base model, or an untrained one, for pictures of ``size`` px."""
    if (BASE / FILE).exists():
        return Model.open(BASE, size=size)
    return Model(Generator(size), Discriminator(), Encoder(), torch.zeros(2, LATENT_SIZE))


def whole_step(recipe: Recipe) -> float:
    """Milliseconds of a step with all its losses: the median of some steps of a training."""
    side = recipe.stored_size
    rng = torch.Generator().manual_seed(0)
    paintings = torch.randint(0, 256, (PAINTINGS, 3, side, side), dtype=torch.uint8, generator=rng)
    budget, base = Budget(minutes=60), starting_model(recipe.size)
    training = Training(paintings, recipe, budget, base=base, save_seconds=math.inf, step_seconds=0)
    steps = (event for event in training.run() if isinstance(event, Stepped))
    rates = [event.pictures_per_second for event in itertools.islice(steps, 1 + TIMES)]
    return 1000 * recipe.batch / statistics.median(rates[1:])


def parts(model: Model, batch: int) -> Iterator[tuple[str, float]]:
    """The parts of a step and their milliseconds, on the threads that torch has now."""
    generator = model.generator.to(memory_format=torch.channels_last).train()
    discriminator = model.discriminator.to(memory_format=torch.channels_last).train()
    features, size = feature_network(), generator.size
    weights, heads = list(generator.parameters()), list(discriminator.heads.parameters())
    rng = torch.Generator().manual_seed(0)
    latents = torch.randn(batch, LATENT_SIZE, generator=rng)
    paintings = torch.rand(batch, 3, size, size, generator=rng) * 2 - 1
    augmentation = Augmentation.draw(batch, size, SEEN[size], rng)
    with torch.no_grad():
        yield "generator, forward", timed(lambda: generator(latents))
        seen = augmentation(paintings)
        yield "features of the paintings", timed(lambda: features(augmentation(paintings)))
        maps = features(seen)
        projected = discriminator.project(maps)
        yield "latents of two new crops", timed(lambda: model.encoder(paintings[:2]))

    def both(output: Tensor, inputs: Sequence[Tensor]) -> None:
        torch.autograd.grad(output, inputs)

    yield "generator, forward and backward", timed(lambda: both(generator(latents).square().mean(), weights))
    shown = seen.requires_grad_()
    yield (
        "features of the pictures, forward and backward",
        timed(lambda: both(torch.stack([m.square().mean() for m in features(shown)]).sum(), [shown])),
    )
    yield (
        "heads, forward and backward to their weights",
        timed(lambda: both(losses.generator_hinge(discriminator(projected)), heads)),
    )
    inputs = [m.detach().requires_grad_() for m in maps]
    yield (
        "projection and heads, forward and backward to the features",
        timed(lambda: both(losses.generator_hinge(discriminator(discriminator.project(inputs))), inputs)),
    )


def convolutions(generator: Generator, batch: int) -> Iterator[tuple[str, float, float]]:
    """The 3 x 3 convolution of every styled layer: its shape, milliseconds forward and backward, and GFLOP/s."""
    inputs: list[tuple[StyledConvolution, Tensor]] = []
    layers = [layer for layer in generator.modules() if isinstance(layer, StyledConvolution)]
    hooks = [
        layer.register_forward_pre_hook(lambda layer, called: inputs.append((layer, called[0]))) for layer in layers
    ]
    with torch.no_grad():
        generator(torch.randn(batch, LATENT_SIZE, generator=torch.Generator().manual_seed(0)))
    for hook in hooks:
        hook.remove()
    for layer, maps in inputs:
        weight = layer.weight.detach()
        taken = forward_and_backward(maps, weight)
        operations = 3 * 2 * batch * maps.shape[-1] ** 2 * weight.numel()  # forward, and two gradients
        yield f"{weight.shape[1]} -> {weight.shape[0]} at {maps.shape[-1]} px", taken, operations / taken / 1e6


def forward_and_backward(maps: Tensor, weight: Tensor) -> float:
    """Milliseconds of a 3 x 3 convolution and of both its gradients."""
    inputs = [maps.requires_grad_(), weight.requires_grad_()]
    upstream = torch.randn_like(F.conv2d(maps, weight, padding=1))
    return timed(lambda: torch.autograd.grad(F.conv2d(maps, weight, padding=1), inputs, upstream))


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Prints Markdown."""
    heads = list(heads)
    print("\n| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", choices=list(SIZES), default="study")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=0, help="for the whole step (default: all cores)")
    options = parser.parse_args()
    # paintings of noise are out of the base's domain: without a warm-up they have all losses from the first step
    recipe = Recipe(name=options.recipe, batch=options.batch, threads=options.threads, reconstruction_warmup=0)
    taken = whole_step(recipe)
    print(f"A step of {options.batch} pictures: {taken:.0f} ms, {1000 * options.batch / taken:.1f} pictures a second.")
    torch.set_num_threads(1)
    model = starting_model(SIZES[options.recipe])
    table(("part, on one thread", "ms"), parts(model, options.batch))
    table(("forward and backward, on one thread", "ms", "GFLOP/s"), convolutions(model.generator, options.batch))


if __name__ == "__main__":
    main()
