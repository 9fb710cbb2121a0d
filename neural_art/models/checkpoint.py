"""Weights on disk: safetensors with a line of JSON, and the ``Model`` that a checkpoint holds."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from neural_art.errors import CheckpointError
from neural_art.explore import latent
from neural_art.models.features import Encoder
from neural_art.models.networks import Discriminator, Generator, resized
from neural_art.recipe import LATENT_SIZE, SIZES

FORMAT = 5
"""Of what is written and read. In 4 the generator had grain, and until 3 it was another."""

FILE = "checkpoint.safetensors"

FITTED = 24
"""Pictures to which a generator's last layer is fitted when it becomes a smaller one."""


def write(path: Path, tensors: Mapping[str, Tensor], settings: Mapping[str, Any]) -> None:
    """Writes ``path`` whole or not at all: a temporary file beside it, synced to the disk, then renamed."""
    temporary = path.with_name(path.name + ".partial")
    metadata = {"neural_art": json.dumps(settings)}
    try:
        safetensors.torch.save_file({name: t.contiguous() for name, t in tensors.items()}, temporary, metadata)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors, on the CPU, and the settings of a file that ``write`` wrote. Raises ``CheckpointError``."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            settings = json.loads((file.metadata() or {})["neural_art"])
            # clone: the tensors would otherwise lie in the mapped file, which may be replaced under them
            return {name: file.get_tensor(name).clone() for name in file.keys()}, settings  # noqa: SIM118
    except FileNotFoundError:
        raise CheckpointError(
            f"There is no {path.name} in {path.parent}. Train first, or name another folder."
        ) from None
    except (safetensors.SafetensorError, KeyError, ValueError, OSError) as error:
        message = f"{path.name} is damaged or is not a neural_art model ({error}). Use another copy of it."
        raise CheckpointError(message) from error


@dataclass
class Model:
    """A trained generator with all that is needed to play with it and to train on from it."""

    generator: Generator
    discriminator: Discriminator
    encoder: Encoder
    latents: Tensor  # (n, LATENT_SIZE): the paintings' addresses
    settings: dict[str, Any] = field(default_factory=dict)  # "size", and what the writer added: "aspect", "name", ...

    def tensors(self) -> dict[str, Tensor]:
        """All weights by name, in copies that later training steps do not change."""
        parts: dict[str, nn.Module] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "encoder": self.encoder,
        }
        weights = {f"{part}.{name}": t for part, module in parts.items() for name, t in module.state_dict().items()}
        return copied(weights | {"latents": self.latents})

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], settings: Mapping[str, Any], *, size: int | None = None
    ) -> Model:
        """The model that ``tensors`` holds. At another ``size`` the generator is ``networks.resized``."""
        stored = settings.get("size")
        if settings.get("format") != FORMAT or not isinstance(stored, int) or stored not in SIZES.values():
            raise CheckpointError(
                f"The model is of format {settings.get('format', 'unknown')}, this version reads {FORMAT}. "
                "Train it again, or open it with the version that made it."
            )
        encoder, generator, discriminator = Encoder(), Generator(stored), Discriminator()
        try:
            encoder.load_state_dict(weights_of(tensors, "encoder"))
            discriminator.load_state_dict(weights_of(tensors, "discriminator"))
            generator.load_state_dict(weights_of(tensors, "generator"))
            latents = tensors["latents"].float()
        except (RuntimeError, KeyError) as error:
            raise CheckpointError(
                f"The model's weights do not fit together ({error}). Use another copy of it."
            ) from error
        if latents.ndim != 2 or latents.shape[1] != LATENT_SIZE or not torch.isfinite(latents).all():
            raise CheckpointError("The model's addresses of the paintings are damaged. Use another copy of it.")
        if size is not None and size != stored:
            generator = resized(generator, size, latent.crossed(latents, FITTED, torch.Generator().manual_seed(0)))
        return cls(generator, discriminator, encoder, latents, dict(settings))

    @classmethod
    def open(cls, path: Path, *, size: int | None = None) -> Model:
        """The model in ``path``: a file, or a folder that holds ``checkpoint.safetensors``."""
        tensors, settings = read(path / FILE if path.is_dir() else path)
        return cls.from_tensors(tensors, settings, size=size)


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU that later training steps do not change, laid out as ``write`` writes them."""
    contiguous = torch.contiguous_format
    return {name: t.detach().to("cpu", copy=True, memory_format=contiguous) for name, t in tensors.items()}


def weights_of(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors of one network, in single precision (a shipped base is stored in half); by its own names."""
    start = name + "."
    found = {key.removeprefix(start): t for key, t in tensors.items() if key.startswith(start)}
    return {key: t.float() if t.is_floating_point() else t for key, t in found.items()}
