"""A trained generator to play with: addresses, directions, morphs; a position in, a picture out.

A ``Position`` says with plain numbers where one stands, so it travels through a browser, a file or a PNG. An
``Explorer`` turns it into a latent (``locate``) and a latent into a picture (``paint``).
"""

from __future__ import annotations

import dataclasses
import io
import json
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from neural_art import __version__
from neural_art.dataset import prepare as paintings
from neural_art.errors import PaintingError, RunError
from neural_art.explore import latent
from neural_art.models import enlarger
from neural_art.models.checkpoint import Model
from neural_art.recipe import LATENT_SIZE, SIZES, Recipe
from neural_art.runs.folder import Run
from neural_art.training.trainer import augment, stored_size, to_bytes

SLIDERS: Final = 8
"""Directions that an explorer offers at most."""

AMOUNTS: Final = (-4.0, 4.0)
"""How far a slider goes, in standard deviations."""

DARING: Final = (0.0, 1.5)
"""The range of daring: 0 is the mean of the paintings, 1 their own spread."""

ENLARGED: Final = (1, 8)
"""How many times larger a picture may be asked for."""

ORIGINS: Final = ("seed", "painting", "morph")
"""Where a position starts from."""

_SEED = (0, 2**53 - 1)  # the whole numbers that a browser keeps exact
_INDEX = (0, 2**31 - 1)
_LONGEST = 8192  # pixels on the longer side of a picture, however long the paintings are
_NAMES = {size: name for name, size in SIZES.items()}
_CHUNK = 8  # pictures painted at once: more are no faster on a CPU, and need more memory


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a person stands in the latent space. Raises ``RunError`` for a value out of range.

    ``origin``: "seed" starts from the random latent that ``seed`` stands for, "painting" from the address of painting
    ``a``, "morph" from the point ``t`` (0 to 1) on the way from painting ``a`` to ``b``. What the origin does not need
    is ignored. ``group``: with "seed", the class that the random latent is drawn from, an index into
    ``Explorer.classes``; None is any.
    ``amounts``: up to 8 offsets along the directions, in standard deviations, -4 to 4.
    ``daring``: 0 to 1.5; below 1 the origin is pulled towards the mean of the paintings, above it is exaggerated.
    """

    origin: str = "seed"
    seed: int = 0
    a: int = 0
    b: int = 0
    t: float = 0.0
    amounts: tuple[float, ...] = ()
    daring: float = 1.0
    group: int | None = None

    def __post_init__(self) -> None:
        if self.origin not in ORIGINS:
            raise RunError(f"{_short(self.origin)} is not where a position starts. Choose one of {', '.join(ORIGINS)}.")
        _check("seed", self.seed, *_SEED, whole=True)
        _check("a", self.a, *_INDEX, whole=True)
        _check("b", self.b, *_INDEX, whole=True)
        _check("t", self.t, 0, 1)
        if self.group is not None:
            _check("group", self.group, *_INDEX, whole=True)
        _check("daring", self.daring, *DARING)
        if not isinstance(self.amounts, tuple) or len(self.amounts) > SLIDERS:
            raise RunError(f"amounts is {_short(self.amounts)}. It must be a list of at most {SLIDERS} numbers.")
        for amount in self.amounts:
            _check("An amount", amount, *AMOUNTS)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values; ``Position.from_json`` makes the same position of it."""
        return {**dataclasses.asdict(self), "amounts": list(self.amounts)}

    @classmethod
    def from_json(cls, values: Any) -> Position:
        """The position that ``to_json`` wrote, or that a browser sent: everything is checked. Raises ``RunError``.

        What is left out has its default. Whole numbers may come as 3 or as 3.0.
        """
        if not isinstance(values, Mapping):
            raise RunError(f"{_short(values)} is not a position. Send an object with an origin.")
        unknown = [name for name in values if name not in cls.__dataclass_fields__]
        if unknown:
            raise RunError(f"A position has no {_short(unknown[0])}. Leave it out.")
        plain = {**values}
        for name in ("seed", "a", "b", "group"):
            if isinstance(plain.get(name), float) and plain[name].is_integer():
                plain[name] = int(plain[name])
        if isinstance(plain.get("amounts"), list):
            plain["amounts"] = tuple(plain["amounts"])
        return cls(**plain)


class Explorer:
    """A trained generator with what belongs to it. Make one with ``Explorer.open``; any thread may use it.

    ``size``: side of the square pictures, in pixels. ``aspect``: width / height in which pictures are shown.
    ``paintings``: what was learned from, in the order of ``latents``; empty for a checkpoint without its run's folder.
    ``latents``: (n, 256), the paintings' addresses; ``mean``: (256,), their mean.
    ``classes``: their classes' names, in the order of their numbers, and ``labels``: (n,), each painting's number;
    empty and None without classes.
    ``directions``: (k, 256), the paintings' principal components, strongest first, each one standard deviation long;
    ``strengths``: (k,), those standard deviations. k is 8, or less where the paintings differ in fewer ways.
    ``name``, ``recipe``, ``step``: of the run, as far as known. All tensors are float32 on the CPU.
    """

    def __init__(self, model: Model, report: paintings.Report | None = None, name: str | None = None) -> None:
        settings = model.settings
        self.size: int = model.generator.size
        # channels last: a quarter less time for a picture than the usual layout
        self._generator = model.generator.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self._encoder = model.encoder.eval()
        self._guard = threading.Lock()
        self.name = str(settings.get("name", "")) if name is None else name
        self.step = int(settings.get("step", 0))
        self.recipe = Recipe.from_json(settings["recipe"]) if "recipe" in settings else None
        self.latents = model.latents
        self.mean = self.latents.mean(0)
        self.classes, self.labels = _classes(settings, len(self.latents))
        self.directions, self.strengths = latent.principal(self.latents, SLIDERS)
        known = report is not None and len(report.paintings) == len(self.latents)
        self.paintings = report.paintings if report is not None and known else ()
        self.aspect = float(settings.get("aspect", report.aspect if report else 1.0))
        self._fit = report.fit if report else "squeeze"
        self._ground = report.ground if report else "#ffffff"

    @classmethod
    def open(cls, path: Path | str) -> Explorer:
        """The newest model in a run's folder, or the one in a checkpoint file.

        Raises ``CheckpointError`` where there is none yet, or it is damaged.
        """
        path = Path(path)
        model = Model.open(path)
        folder = path if path.is_dir() else path.parent
        prepared = folder / "paintings"
        report = paintings.read_report(prepared) if (prepared / "report.json").exists() else None
        run = Run(folder)
        return cls(model, report, run.info.name if run.exists() else None)

    # ---- latents

    def locate(self, position: Position) -> Tensor:
        """The latent (256,) of a position: ``mean + daring * (origin - mean) + sum(amounts[i] * directions[i])``.

        The mean is that of the paintings, or of those of the position's class. Amounts beyond the last direction move
        nothing. Raises ``RunError`` for a painting or a class that is not there.
        """
        mean = self.mean
        if position.origin == "seed":
            start = self.random(torch.Generator().manual_seed(position.seed), group=position.group)[0]
            if position.group is not None and self.labels is not None:
                mean = self.latents[self.labels == position.group].mean(0)
        elif position.origin == "painting":
            start = self._painting(position.a)
        else:
            start = self.morph(self._painting(position.a), self._painting(position.b), position.t)
        amounts = torch.tensor(position.amounts[: len(self.directions)], dtype=torch.float32)
        return latent.truncate(start, mean, position.daring) + amounts @ self.directions[: len(amounts)]

    def random(self, chance: torch.Generator, count: int = 1, daring: float = 1.0, group: int | None = None) -> Tensor:
        """New latents (count, 256) crossed from three paintings, or from three of one class.

        ``group``: of this class only. Raises ``RunError`` for a class that is not there.
        """
        if group is not None and group >= len(self.classes):
            known = ", ".join(f"{number} ({name})" for number, name in enumerate(self.classes))
            raise RunError(f"There is no class {group}. " + (f"Choose from {known}." if known else "There are none."))
        if self.labels is None:
            return latent.crossed(self.latents, count, chance, daring)
        if group is None:
            return latent.of_classes(self.latents, self.labels, count, chance, daring)
        return latent.of_class(self.latents, self.labels, group, count, chance, daring)

    def morph(self, a: Tensor, b: Tensor, t: float) -> Tensor:
        """The latent (256,) at ``t``, 0 to 1, on the way from latent ``a`` to ``b``; at the ends exactly those.

        It keeps about as far from the mean as ``a`` and ``b`` are, so that the pictures between do not pale.
        """
        return latent.morph(a, b, self.mean, t)

    def loop(self, positions: Sequence[Position], frames: int, smoothness: float = 1.0) -> Tensor:
        """Latents (frames, 256) of a round trip through the positions; the last frame leads to the first.

        ``smoothness``: 1 flows through them at an even pace, 0 rests at each.
        """
        return latent.loop(torch.stack([self.locate(position) for position in positions]), frames, smoothness)

    def address(self, picture: Image.Image | Path) -> Tensor:
        """The latent (256,) for any picture of any size: it is squared and encoded as the paintings were.

        A file (a ``Path``) is checked as the paintings are; ``PaintingError`` says what is wrong with it.
        """
        picture = _read(picture, self._ground) if isinstance(picture, Path) else _flat(picture, self._ground)
        stored = stored_size(self.recipe or Recipe(name=_NAMES[self.size]))
        whole = (0.0, 0.0, float(picture.width), float(picture.height))
        if self._fit == "crop":
            side = min(picture.size)
            left, top = (picture.width - side) / 2, (picture.height - side) / 2
            whole = (left, top, left + side, top + side)
        square = picture.resize((stored, stored), Image.Resampling.LANCZOS, whole)
        pixels = torch.from_numpy(np.array(square)).permute(2, 0, 1)[None]
        with torch.inference_mode():
            address = self._encoder(augment.crop(pixels, torch.tensor([0]), self.size, None))[0]
        return address.clone()  # outside of inference mode: a tensor like any other

    def _painting(self, index: int) -> Tensor:
        if index >= len(self.latents):
            raise RunError(f"There is no painting {index}. Choose one from 0 to {len(self.latents) - 1}.")
        return self.latents[index]

    # ---- pictures

    def paint(self, latents: Tensor | np.ndarray, *, threads: int | None = None) -> np.ndarray:
        """Square pictures (n, size, size, 3) uint8 from latents (n, 256). One painter at a time; memory is bounded.

        ``threads``: PyTorch computes with so many from here on in this thread; None leaves that as it is.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        wanted = torch.as_tensor(latents, dtype=torch.float32)
        if wanted.ndim != 2 or wanted.shape[1] != LATENT_SIZE:
            raise ValueError(f"latents must be (n, {LATENT_SIZE}), not {tuple(wanted.shape)}")
        pictures = np.empty((len(wanted), self.size, self.size, 3), np.uint8)
        for start in range(0, len(wanted), _CHUNK):
            part = slice(start, start + _CHUNK)
            with self._guard, torch.inference_mode():
                pictures[part] = to_bytes(self._generator(wanted[part]))
        return pictures

    def picture(
        self, position: Position, *, square: bool = False, enlarge: int = 1, threads: int | None = None
    ) -> Image.Image:
        """The picture at a position, RGB, in the paintings' aspect unless ``square``; ``enlarge`` 1 to 8.

        The shipped enlarger doubles it, up to twice; Lanczos does the rest, or all where no enlarger is shipped.
        ``threads``: as for ``paint``. Raises ``CheckpointError`` where the enlarger is damaged.
        """
        _check("enlarge", enlarge, *ENLARGED, whole=True)
        pixels = self.paint(self.locate(position)[None], threads=threads)[0]
        if enlarge > 1 and (network := enlarger.shipped()) is not None:
            pixels = enlarger.enlarged(network, pixels, times=1 if enlarge == 2 else 2)
        if square:
            return paintings.unsqueeze(pixels, 1.0, self.size * enlarge)
        return self.in_aspect(pixels, self.longest * enlarge)

    def png(self, position: Position, *, square: bool = False, enlarge: int = 1) -> bytes:
        """``picture`` as a PNG file that carries what made it (``story``)."""
        picture = self.picture(position, square=square, enlarge=enlarge)
        return png_of(picture, self.story(position=position.to_json(), seed=position.seed))

    def story(self, **more: Any) -> dict[str, Any]:
        """What a picture's file tells: version, run (its name; the id is a secret), recipe, step and ``more``."""
        recipe = None if self.recipe is None else self.recipe.to_json()
        return {"version": __version__, "run": self.name, "recipe": recipe, "step": self.step, **more}

    @property
    def longest(self) -> int:
        """The longer side, in pixels, at which a picture in the paintings' aspect loses nothing."""
        return round(self.size * max(self.aspect, 1 / self.aspect))

    def in_aspect(self, pixels: np.ndarray, longest: int | None = None) -> Image.Image:
        """A square picture (size, size, 3) in the paintings' aspect, its longer side ``longest`` pixels."""
        return paintings.unsqueeze(pixels, self.aspect, min(longest or self.longest, _LONGEST))


def _classes(settings: Mapping[str, Any], count: int) -> tuple[tuple[str, ...], Tensor | None]:
    """The classes that a checkpoint's settings tell of, checked; none where there are fewer than two."""
    names, labels = settings.get("classes"), settings.get("labels")
    if not isinstance(names, list) or not isinstance(labels, list) or len(labels) != count or len(names) < 2:
        return (), None
    if not all(type(label) is int and 0 <= label < len(names) for label in labels) or len(set(labels)) < len(names):
        return (), None
    return tuple(str(name) for name in names), torch.tensor(labels)


def png_of(picture: Image.Image, story: Mapping[str, Any]) -> bytes:
    """A PNG file with ``story`` as JSON in its text "neural_art", beside the text "Software"."""
    text = PngInfo()
    text.add_text("Software", f"neural_art {__version__}")
    text.add_text("neural_art", json.dumps(story, ensure_ascii=True))
    target = io.BytesIO()
    picture.save(target, "png", pnginfo=text)
    return target.getvalue()


def _read(path: Path, ground: str) -> Image.Image:
    """A picture file, checked and turned upright as paintings are."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        try:
            report = [*paintings.prepare(path, kept, ground=ground, limits=paintings.Limits(least=1, most=1))][-1]
        except paintings.TooFewPaintings as error:
            reason = error.report.left_out[0].reason if error.report.left_out else "It is not a picture."
            raise PaintingError(f"{path.name} cannot be used. {reason}") from None
        assert isinstance(report, paintings.Report)
        with Image.open(kept / report.paintings[0].file) as picture:
            return picture.convert("RGB")


def _flat(picture: Image.Image, ground: str) -> Image.Image:
    """A picture in memory as RGB, upright, with nothing transparent."""
    picture = ImageOps.exif_transpose(picture)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, ground), picture).convert("RGB")
    return picture.convert("RGB")


def _check(name: str, value: Any, low: float, high: float, *, whole: bool = False) -> None:
    """Raises ``RunError`` unless ``value`` is a number from ``low`` to ``high`` (not a number and infinity are not)."""
    sound = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not sound or not low <= value <= high:
        number = "a whole number" if whole else "a number"
        raise RunError(f"{name} is {_short(value)}. It must be {number} from {low:g} to {high:g}.")


def _short(value: Any) -> str:
    """A value that somebody sent, for a message: never long."""
    if isinstance(value, int) and value.bit_length() > 200:
        return "a very large number"
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
