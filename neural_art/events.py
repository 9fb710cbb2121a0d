"""The news of a training: frozen events, in memory with their tensors, on disk as one JSON line each."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from neural_art.messages import Message

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


@dataclass(frozen=True)
class Progress:
    """Work that is under way: ``done`` of ``total`` items, ``name`` was the last."""

    done: int
    total: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """What every event tells: when, at which step, after how many seconds of training (pauses not counted)."""

    step: int
    seconds: float
    at: float = field(default_factory=time.time)

    carried: ClassVar[tuple[str, ...]] = ()  # fields too large for a line of JSON

    def to_json(self) -> dict[str, Any]:
        """``{"event": "stepped", "step": ..., ...}``; what is ``carried`` is left out."""
        plain = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in self.carried}
        plain = {name: v.to_json() if isinstance(v, Message) else v for name, v in plain.items()}
        return {"event": type(self).__name__.lower(), **plain}


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """Training begins, or goes on after a pause or a crash (``resumed``), as measured on this machine."""

    paintings: int
    resumed: bool
    base: str  # "none" or the name of the model that training starts from
    precision: str
    threads: int
    batch: int
    budget: float  # seconds of training in all (an estimate where the budget counts steps)
    notice: Message | None = None  # what was out of the ordinary
    device: str = "cpu"  # as PyTorch names it
    processor: str = ""  # as its maker names it


@dataclass(frozen=True, kw_only=True)
class Stepped(Event):
    """About once a second: where the training stands, averaged since the last such event."""

    progress: float  # 0 to 1
    texture_distance: float  # to the paintings (see losses.texture_distance); it should fall
    fooling_rate: float  # share of generated patches that the discriminator takes for real, 0 to 1
    discriminator_loss: float
    generator_loss: float
    pictures_per_second: float
    seconds_left: float


@dataclass(frozen=True, kw_only=True)
class Sampled(Event):
    """A sample grid: pictures from latents that stay the same for the whole run."""

    carried = ("pictures",)
    number: int  # 0, 1, 2, ... in this run
    pictures: np.ndarray  # (n, size, size, 3) uint8; the first half reconstructs paintings, the rest is sampled


@dataclass(frozen=True, kw_only=True)
class Saved(Event):
    """All that is needed to show the model (``checkpoint``) and to go on training (``training``)."""

    carried = ("checkpoint", "training", "settings", "state")
    checkpoint: dict[str, Tensor]
    training: dict[str, Tensor]
    settings: dict[str, Any]  # goes with ``checkpoint``: what the tensors are
    state: dict[str, Any]  # goes with ``training``: step, seconds, names of the random state


@dataclass(frozen=True, kw_only=True)
class RolledBack(Event):
    """A loss was not a number: training went back to the last good weights, with a smaller learning rate."""

    reason: Message
    rate: float  # the factor on the learning rates from here on


@dataclass(frozen=True, kw_only=True)
class Adapted(Event):
    """The training goes on otherwise than it began: with smaller batches, or on another processor."""

    reason: Message
    batch: int
    device: str


@dataclass(frozen=True, kw_only=True)
class Delayed(Event):
    """The training cannot begin yet; ``reason`` says what it waits for."""

    reason: Message


@dataclass(frozen=True, kw_only=True)
class Paused(Event):
    """The training was paused on request; it can be resumed."""


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The budget is used up, or the person stopped early and keeps the result (``early``)."""

    early: bool
    pictures_per_second: float


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The training cannot go on; ``reason`` says why."""

    reason: Message
