"""A generator's pictures at smaller sizes, for while a slider moves."""

from __future__ import annotations

import logging
import threading
from typing import Final

import torch
from torch import Tensor

from neural_art.models import sampling
from neural_art.models.generator import Generator, fit_last, paint_each

FITTED: Final = 4
"""Pictures that a preview is fitted to: a third of a second of one core."""

_log = logging.getLogger(__name__)


class Previews:
    """Smaller generators that share the stages of a frozen one. ``latents``: of paintings.

    What a generator's lower stages paint is a blur of other contrasts, which the higher ones correct. So each preview
    has a last layer that is fitted to the generator's own pictures; otherwise a picture would change its tones whenever
    the hand rests.
    """

    def __init__(self, generator: Generator, latents: Tensor) -> None:
        self._generator = generator
        self._latents = latents
        self._fitting = threading.Lock()
        self._fitted: dict[int, Generator] = {}
        self._begun: set[int] = set()

    def at(self, size: int) -> Generator:
        """The generator that paints at ``size``; the full one until its fit, which this begins, is done."""
        if size >= self._generator.size:
            return self._generator
        if size not in self._fitted and size not in self._begun:
            self._begun.add(size)
            # no daemon: PyTorch aborts a process that ends while it computes
            threading.Thread(target=self._fit_quietly, args=(size,), name="preview").start()
        return self._fitted.get(size, self._generator)

    def fit(self, size: int) -> None:
        """Fit the preview of ``size`` here and now, unless that was done."""
        with self._fitting:
            if size in self._fitted or size >= self._generator.size:
                return
            drawn = sampling.sample(self._latents, FITTED, torch.Generator().manual_seed(0))
            made = self._generator.smaller(size)
            fit_last(made, drawn, paint_each(self._generator, drawn))
            self._fitted[size] = made.requires_grad_(False)

    def _fit_quietly(self, size: int) -> None:
        try:
            self.fit(size)
        except Exception:
            _log.exception("A preview could not be fitted; pictures are painted in full.")
