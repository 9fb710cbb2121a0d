"""A trained generator to explore: a position in, a latent, a picture out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor

from neural_art import __version__, images, shipped
from neural_art.checks import check_range
from neural_art.dataset.decoding import decode_file
from neural_art.dataset.report import Report, read_report
from neural_art.errors import ExploreError
from neural_art.explore import latent
from neural_art.explore.limits import ENLARGED
from neural_art.explore.place import Place, place_for
from neural_art.explore.position import SLIDERS, Position
from neural_art.explore.preview import Previews
from neural_art.explore.provenance import png_bytes
from neural_art.explore.turns import Turns
from neural_art.models import sampling
from neural_art.models.checkpoint import Model
from neural_art.models.enlarger import enlarge as enlarge_pixels
from neural_art.models.enlarger import open_enlarger
from neural_art.models.generator import Generator
from neural_art.models.pixels import to_signed, to_uint8
from neural_art.processor import CPU
from neural_art.recipe import LATENT_SIZE, Recipe, stored_size

_LONGEST = 8192  # pixels on the longer side of a picture, however long the paintings are
_AT_ONCE = 2  # pictures painted in a turn: more are hardly faster on a CPU, and a slider would wait for them


class Explorer:
    """A trained generator with what belongs to it. Make one with ``Explorer.open``; any thread may use it.

    ``size``: side of the square pictures, in pixels. ``aspect``: width / height in which pictures are shown.
    ``paintings``: what was learned from, in the order of ``latents``; empty for a checkpoint without its run's folder.
    ``latents``: (n, 256), of the paintings; ``mean``: (256,), their mean.
    ``class_names``: the paintings' classes, and ``class_indices``: (n,), each painting's index into them; empty and
    None without classes.
    ``directions``: (k, 256), the paintings' principal components, strongest first, each one standard deviation long;
    ``strengths``: (k,), those standard deviations. k is 8, or less where the paintings differ in fewer ways.
    ``name``, ``recipe``, ``step``: of the run, as far as known. All tensors are float32 on the CPU.

    ``place``: where pictures are painted and enlarged; None is the CPU. Latents are read from pictures there in any
    case, one at a time.
    """

    def __init__(
        self,
        model: Model,
        report: Report | None = None,
        *,
        name: str | None = None,
        enlarger: Path = shipped.ENLARGER,
        place: Place | None = None,
    ) -> None:
        settings = model.settings
        self.size: int = model.generator.size
        self.name = str(settings.get("name", "")) if name is None else name
        self.step = int(settings.get("step", 0))
        self.recipe = Recipe.from_json(settings["recipe"]) if "recipe" in settings else None
        self.latents = model.latents
        self.mean = self.latents.mean(0)
        self.class_names, self.class_indices = _classes(settings, len(self.latents))
        self.directions, self.strengths = latent.principal_directions(self.latents, SLIDERS)
        known = report is not None and len(report.paintings) == len(self.latents)
        self.paintings = report.paintings if report is not None and known else ()
        self.aspect = float(settings.get("aspect", report.aspect if report else 1.0))
        self._fit = report.fit if report else "squeeze"
        self._matte = report.matte if report else "#ffffff"
        self._generator = model.generator.freeze()
        self._encoder = model.encoder.eval()
        self._enlarger = enlarger
        self._place = place or place_for(CPU.device)
        self._previews = Previews(self._generator, self.latents)
        self._turns = Turns()

    @classmethod
    def open(
        cls, path: Path | str, *, name: str | None = None, enlarger: Path = shipped.ENLARGER, device: str = CPU.device
    ) -> Explorer:
        """The newest model in a run's folder, or the one in a checkpoint file.

        ``name``: of the run, if it is not the one that the model was trained under. ``enlarger``: the file of the
        network that enlarges pictures; where there is none, Lanczos does it. ``device``, as ``torch.device`` takes it,
        is what paints. Raises ``CheckpointError`` where there is no model yet, or it is damaged.
        """
        path = Path(path)
        model = Model.open(path)
        prepared = (path if path.is_dir() else path.parent) / "paintings"
        report = read_report(prepared) if (prepared / "report.json").exists() else None
        return cls(model, report, name=name, enlarger=enlarger, place=place_for(device))

    # ---- latents

    def latent_at(self, position: Position) -> Tensor:
        """The latent (256,) of a position: ``mean + truncation * (origin - mean) + sum(amounts[i] * directions[i])``.

        The mean is that of the paintings, or of those of the position's class. Amounts beyond the last direction move
        nothing. Raises ``ExploreError`` for a painting or a class that is not there.
        """
        mean = self.mean
        if position.origin == "seed":
            rng = torch.Generator().manual_seed(position.seed)
            start = self.sample(rng, class_index=position.class_index)[0]
            if position.class_index is not None and self.class_indices is not None:
                mean = self.latents[self.class_indices == position.class_index].mean(0)
        elif position.origin == "painting":
            start = self._latent_of_painting(position.a)
        else:
            ends = self._latent_of_painting(position.a), self._latent_of_painting(position.b)
            start = self.interpolate(*ends, position.t)
        amounts = torch.tensor(position.amounts[: len(self.directions)], dtype=torch.float32)
        return latent.truncate(start, mean, position.truncation) + amounts @ self.directions[: len(amounts)]

    def sample(
        self, rng: torch.Generator, count: int = 1, truncation: float = 1.0, class_index: int | None = None
    ) -> Tensor:
        """New latents (count, 256), each a mixture of three paintings', or of three of one class.

        Raises ``ExploreError`` for a class that is not there.
        """
        if class_index is not None and class_index >= len(self.class_names):
            if not self.class_names:
                raise ExploreError("no-classes", value=class_index)
            known = [f"{number} ({name})" for number, name in enumerate(self.class_names)]
            raise ExploreError("no-class", value=class_index, known=known)
        if self.class_indices is None:
            return sampling.sample(self.latents, count, rng, truncation)
        if class_index is None:
            return sampling.sample_classes(self.latents, self.class_indices, count, rng, truncation)
        return sampling.sample_class(self.latents, self.class_indices, class_index, count, rng, truncation)

    def interpolate(self, a: Tensor, b: Tensor, t: float) -> Tensor:
        """The latent (256,) at ``t``, 0 to 1, on the way from latent ``a`` to ``b``; at the ends exactly those.

        It keeps about as far from the mean as ``a`` and ``b`` are, so that the pictures between do not pale.
        """
        return latent.interpolate(a, b, self.mean, t)

    def loop(self, positions: Sequence[Position], frames: int, smoothness: float = 1.0) -> Tensor:
        """Latents (frames, 256) of a round trip through the positions; the last frame leads to the first.

        ``smoothness``: 1 flows through them at an even pace, 0 rests at each.
        """
        return latent.loop(torch.stack([self.latent_at(position) for position in positions]), frames, smoothness)

    def encode(self, picture: Image.Image | Path) -> Tensor:
        """The latent (256,) of any picture of any size, squared and encoded as the paintings were.

        A file (a ``Path``) is checked as paintings are; ``DatasetError`` says what is wrong with it.
        """
        if isinstance(picture, Path):
            picture = decode_file(picture, self._matte)
        else:
            picture = images.flatten(ImageOps.exif_transpose(picture), self._matte)
        square = images.square(picture, stored_size(self.size), self._fit)
        with torch.inference_mode():
            pixels = F.interpolate(
                to_signed(square[None]), size=self.size, mode="bilinear", antialias=True, align_corners=False
            )
            found = self._encoder(pixels)[0]
        return found.clone()  # outside of inference mode: a tensor like any other

    def _latent_of_painting(self, index: int) -> Tensor:
        if index >= len(self.latents):
            raise ExploreError("no-painting", index=index, last=len(self.latents) - 1)
        return self.latents[index]

    # ---- pictures

    def paint(self, latents: Tensor | np.ndarray, *, threads: int | None = None) -> np.ndarray:
        """Square pictures (n, size, size, 3) uint8 from latents (n, 256).

        Few at a time, and those who paint at the same time take turns: a slider does not wait for a film.

        ``threads``: PyTorch computes with so many from here on in this thread; None leaves that as it is.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        wanted = torch.as_tensor(latents, dtype=torch.float32)
        if wanted.ndim != 2 or wanted.shape[1] != LATENT_SIZE:
            raise ValueError(f"latents must be (n, {LATENT_SIZE}), not {tuple(wanted.shape)}")
        pictures = np.empty((len(wanted), self.size, self.size, 3), np.uint8)
        for start in range(0, len(wanted), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            pictures[part] = self._painted(self._generator, wanted[part])
        return pictures

    def glimpse(self, position: Position, *, threads: int | None = None) -> Image.Image:
        """The square picture at a position for while a slider moves: as large as can be painted 20 times a second here,
        from 128 px to ``size``.

        ``threads``: as for ``paint``.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        generator = self._previews.at(self._place.pace.size(self.size))
        return Image.fromarray(self._painted(generator, self.latent_at(position)[None])[0])

    def prepare_glimpses(self) -> None:
        """Fit now what ``glimpse`` needs at today's pace. Otherwise it is fitted in the background, and glimpses have
        ``size`` until then."""
        self._previews.fit(self._place.pace.size(self.size))

    def _painted(self, generator: Generator, latents: Tensor) -> np.ndarray:
        """The pictures of one of the generators, painted when it is this thread's turn."""

        def paint(network: Generator) -> np.ndarray:
            return to_uint8(network(latents.to(network.first.weight.device)))

        with self._turns, torch.inference_mode():
            began = time.perf_counter()
            pictures = self._place.run(generator, paint)
            self._place.pace.note(generator.size, (time.perf_counter() - began) / len(latents))
        return pictures

    def picture(
        self, position: Position, *, square: bool = False, enlarge: int = 1, threads: int | None = None
    ) -> Image.Image:
        """The picture at a position, RGB, in the paintings' aspect unless ``square``; ``enlarge`` 1 to 8.

        The enlarger doubles it, up to twice; Lanczos does the rest, or all of it without an enlarger.
        ``threads``: as for ``paint``. Raises ``CheckpointError`` where the enlarger is damaged.
        """
        check_range(ExploreError, "enlarge", enlarge, ENLARGED, whole=True)
        pixels = self.paint(self.latent_at(position)[None], threads=threads)[0]
        if enlarge > 1 and (network := open_enlarger(self._enlarger)) is not None:
            times = 1 if enlarge == 2 else 2
            pixels = self._place.run(network, lambda enlarger: enlarge_pixels(enlarger, pixels, times))
        if square:
            return images.unsquare(pixels, 1.0, self.size * enlarge)
        return self.in_aspect(pixels, self.longest * enlarge)

    def png(self, position: Position, *, square: bool = False, enlarge: int = 1) -> bytes:
        """``picture`` as a PNG file that carries its ``provenance``."""
        picture = self.picture(position, square=square, enlarge=enlarge)
        return png_bytes(picture, self.provenance(position=position.to_json(), seed=position.seed))

    def provenance(self, **more: Any) -> dict[str, Any]:
        """What a picture's file tells: version, run (its name; the id is a secret), recipe, step and ``more``."""
        recipe = None if self.recipe is None else self.recipe.to_json()
        return {"version": __version__, "run": self.name, "recipe": recipe, "step": self.step, **more}

    @property
    def longest(self) -> int:
        """The longer side, in pixels, at which a picture in the paintings' aspect loses nothing."""
        return round(self.size * max(self.aspect, 1 / self.aspect))

    def in_aspect(self, pixels: np.ndarray, longest: int | None = None) -> Image.Image:
        """A square picture (size, size, 3) in the paintings' aspect, its longer side ``longest`` pixels."""
        return images.unsquare(pixels, self.aspect, min(longest or self.longest, _LONGEST))


def _classes(settings: Mapping[str, Any], count: int) -> tuple[tuple[str, ...], Tensor | None]:
    """The classes in a checkpoint's settings, checked; none where there are fewer than two."""
    names, indices = settings.get("classes"), settings.get("class_indices")
    if not isinstance(names, list) or not isinstance(indices, list) or len(indices) != count or len(names) < 2:
        return (), None
    sound = all(type(index) is int and 0 <= index < len(names) for index in indices)
    if not sound or len(set(indices)) < len(names):
        return (), None
    return tuple(str(name) for name in names), torch.tensor(indices)
