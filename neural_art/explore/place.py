"""Where pictures are painted: on this computer's processor, or on a graphics card while there is something to paint."""

from __future__ import annotations

import copy
import logging
import math
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

import torch
from torch import nn

from neural_art.errors import first_line
from neural_art.explore.pace import Pace

IDLE_SECONDS: Final = 60.0
"""A card is given back after so long without a picture, and not asked again for as long when its memory was full."""

_log = logging.getLogger(__name__)

Network = TypeVar("Network", bound=nn.Module)
Result = TypeVar("Result")


class Place:
    """This computer's processor. ``pace``: how large a picture may be here while a slider moves."""

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()

    def run(self, network: Network, work: Callable[[Network], Result]) -> Result:
        """``work(network)``. On a card, ``work`` is given a copy that lies there: it brings the inputs to where the
        weights are, and its result to the CPU."""
        return work(network)


class Card(Place):
    """A graphics card, ``device`` as ``torch.device`` takes it. Any thread may use it.

    The networks stay on the CPU, and the card has copies of those that paint. After ``idle_seconds`` without a picture
    the copies are dropped and their memory is the system's again, but for what PyTorch keeps for as long as the process
    lives (on CUDA a few hundred megabytes). The CPU takes over for good when the card fails, and for ``idle_seconds``
    when its memory is full, as it may be beside a training.
    """

    def __init__(self, device: str, *, idle_seconds: float = IDLE_SECONDS) -> None:
        super().__init__()
        self._device = torch.device(device)
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._copies: WeakKeyDictionary[nn.Module, nn.Module] = WeakKeyDictionary()
        self._used = 0.0  # when, by the monotonic clock
        self._watched = False  # whether a thread waits to give the card back
        self._out_until = -math.inf

    @property
    def networks(self) -> int:
        """How many networks lie on the card now."""
        with self._lock:
            return len(self._copies)

    def run(self, network: Network, work: Callable[[Network], Result]) -> Result:
        if time.monotonic() < self._out_until:
            return work(network)
        try:
            return work(self._copy(network))
        except (RuntimeError, AssertionError) as error:  # PyTorch without CUDA raises the latter
            result = work(network)  # raises the same where the card is not to blame
            self._leave(error)
            return result

    def _copy(self, network: Network) -> Network:
        """The network's copy on the card."""
        with self._lock:
            found = self._copies.get(network)
            if found is None:
                found = self._copies[network] = copy.deepcopy(network).to(self._device)
            self._used = time.monotonic()
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, name="card", daemon=True).start()
        assert isinstance(found, type(network))
        return found

    def _watch(self) -> None:
        """Wait until the card was not used for a while, and give it back."""
        while True:
            with self._lock:
                rest = self._used + self._idle_seconds - time.monotonic()
                if rest <= 0:
                    self._copies.clear()
                    self._watched = False
                    break
            time.sleep(rest)
        self._free_memory()

    def _leave(self, error: Exception) -> None:
        """Paint on the CPU from here on; it can what the card could not."""
        full = isinstance(error, torch.OutOfMemoryError)
        with self._lock:
            self._out_until = time.monotonic() + self._idle_seconds if full else math.inf
            self._copies.clear()
        _log.warning(
            "Pictures are painted on the CPU %s: %s", "for a while" if full else "from now on", first_line(error)
        )
        self._free_memory()

    def _free_memory(self) -> None:
        backend = getattr(torch, self._device.type)  # torch.cuda, torch.mps, ...
        if not hasattr(backend, "empty_cache"):
            return
        try:
            backend.empty_cache()
        except RuntimeError as error:  # a card that failed refuses this, too
            _log.debug("A graphics card's memory could not be freed: %s", error)


@cache
def place_for(device: str) -> Place:
    """The place for a ``torch.device`` string, one for the process."""
    return Place() if torch.device(device).type == "cpu" else Card(device)
