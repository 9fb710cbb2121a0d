"""Weights on disk: safetensors with settings as JSON in the header, and the ``Model`` that a checkpoint holds."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from neural_art import files
from neural_art.errors import CheckpointError
from neural_art.models import sampling
from neural_art.models.discriminator import Discriminator
from neural_art.models.encoder import Encoder
from neural_art.models.generator import Generator, is_needed, resize_generator
from neural_art.recipe import LATENT_SIZE, SIZES

FORMAT = 6
"""Of what is written. In 5, which is still read, weights were projected whenever they painted (see
``Generator.project_``); in 4 the generator had grain, and until 3 it was another."""

UNPROJECTED = 5
"""The format whose weights are projected when they are read."""

FILE = "checkpoint.safetensors"

FITTED = 24
"""Pictures to which a generator's last layer is fitted when it becomes a smaller one."""

_FORMER_SETTINGS = {"labels": "class_indices"}  # names in version 0.1


def write(path: Path, tensors: Mapping[str, Tensor], settings: Mapping[str, Any]) -> None:
    """Writes tensors and settings to ``path``, whole or not at all. Raises ``OSError`` where the disk refuses."""
    metadata = {"neural_art": json.dumps(settings)}
    with files.replacing(path) as part:
        try:
            safetensors.torch.save_file({name: t.contiguous() for name, t in tensors.items()}, part, metadata)
        except safetensors.SafetensorError as error:
            number = re.search(r"\(os error (\d+)\)", str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error


def read(
    path: Path, wanted: Callable[[str, Mapping[str, Any]], bool] = lambda name, settings: True
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors, on the CPU, and the settings of a file that ``write`` wrote. Raises ``CheckpointError``.

    ``wanted``: whether to read a tensor, by its name and the settings.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            settings = json.loads((file.metadata() or {})["neural_art"])
            settings = {_FORMER_SETTINGS.get(name, name): value for name, value in settings.items()}
            names = [name for name in file.keys() if wanted(name, settings)]  # noqa: SIM118
            # clone: the tensors would otherwise lie in the mapped file, which may be replaced under them
            return {name: file.get_tensor(name).clone() for name in names}, settings
    except FileNotFoundError:
        raise CheckpointError("missing", name=path.name, folder=str(path.parent)) from None
    except (safetensors.SafetensorError, KeyError, ValueError, AttributeError, OSError) as error:
        raise CheckpointError("damaged", name=path.name, why=str(error)) from error


@dataclass
class Model:
    """A trained generator with all that is needed to explore it and to train on from it."""

    generator: Generator
    discriminator: Discriminator
    encoder: Encoder
    latents: Tensor  # (n, LATENT_SIZE), of the paintings
    settings: dict[str, Any] = field(default_factory=dict)  # "size", and what the writer added: "aspect", "name", ...

    def tensors(self) -> dict[str, Tensor]:
        """All weights by name, in copies that later training steps do not change."""
        parts: dict[str, nn.Module] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "encoder": self.encoder,
        }
        weights = {f"{part}.{name}": t for part, module in parts.items() for name, t in module.state_dict().items()}
        return copies(weights | {"latents": self.latents})

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], settings: Mapping[str, Any], *, size: int | None = None
    ) -> Model:
        """The model that ``tensors`` holds; for another ``size`` its generator is ``resize_generator``'s.

        ``settings["sizes"]`` has the sizes of its pictures that are whole. The picture of a stage below the last is a
        blur to which detail is added, but in a base whose larger stages were taught later. Raises ``CheckpointError``.
        """
        stored = settings.get("size")
        known = settings.get("format") in (FORMAT, UNPROJECTED)
        if not known or not isinstance(stored, int) or stored not in SIZES.values():
            raise CheckpointError("other-format", found=settings.get("format", "?"), known=FORMAT)
        encoder, generator, discriminator = Encoder(), Generator(stored), Discriminator()
        try:
            encoder.load_state_dict(weights_of(tensors, "encoder"))
            discriminator.load_state_dict(weights_of(tensors, "discriminator"))
            generator.load_state_dict(weights_of(tensors, "generator"))
            if settings["format"] == UNPROJECTED:
                generator.project_(list(generator.parameters()))
            latents = tensors["latents"].float()
        except (RuntimeError, KeyError) as error:
            raise CheckpointError("misfit", why=str(error)) from error
        if latents.ndim != 2 or latents.shape[1] != LATENT_SIZE or not torch.isfinite(latents).all():
            raise CheckpointError("damaged-latents")
        if size is not None and size != stored:
            drawn = sampling.sample(latents, FITTED, torch.Generator().manual_seed(0))
            generator = resize_generator(generator, size, drawn)
        whole = [each for each in settings.get("sizes", [stored]) if each <= generator.size] or [generator.size]
        settings = {**settings, "size": generator.size, "sizes": whole}
        return cls(generator, discriminator, encoder, latents, settings)

    @classmethod
    def open(cls, path: Path, *, size: int | None = None) -> Model:
        """The model in ``path``: a file, or a folder that holds ``checkpoint.safetensors``.

        Only what ``size`` needs is read of a model that has whole pictures of several sizes.
        """

        def wanted(name: str, settings: Mapping[str, Any]) -> bool:
            part, _, inner = name.partition(".")
            return part != "generator" or is_needed(inner, _enough(settings, size))

        tensors, settings = read(path / FILE if path.is_dir() else path, wanted)
        return cls.from_tensors(tensors, settings | {"size": _enough(settings, size)}, size=size)


def _enough(settings: Mapping[str, Any], size: int | None) -> Any:
    """The smallest size that a model holds and that is large enough for ``size``; its only or largest one otherwise."""
    sizes = settings.get("sizes", ())
    return settings.get("size") if size is None else min((s for s in sizes if s >= size), default=settings.get("size"))


def copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU that later training steps do not change, laid out as ``write`` writes them."""
    contiguous = torch.contiguous_format
    return {name: t.detach().to("cpu", copy=True, memory_format=contiguous) for name, t in tensors.items()}


def weights_of(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors of one network, in single precision (a shipped base is stored in half); by its own names."""
    start = name + "."
    found = {key.removeprefix(start): t for key, t in tensors.items() if key.startswith(start)}
    return {key: t.float() if t.is_floating_point() else t for key, t in found.items()}
