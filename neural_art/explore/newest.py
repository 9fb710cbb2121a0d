"""Who paints next where many move sliders: each client's newest picture alone, and the visitors in turn."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from neural_art.errors import ExploreError

REMEMBERED: Final = 1000
"""Clients whose newest number is remembered."""


@dataclass
class _Place:
    """A client's place in the line, and the number of the request that has it."""

    tag: int  # whoever has the smallest is next
    number: int


class Newest:
    """Turns at painting, ``at_once`` at a time. A request that its client has overtaken gets none.

    A client, such as a tab, numbers its requests upwards. While it waits for a turn, a newer request takes over the
    place of the one before, which is told so at once. Visitors, who may have several clients, take turns; so whoever
    sends many requests delays nobody but themselves. ``most``: how many clients may wait.
    """

    def __init__(self, at_once: int = 1, *, most: int = 24) -> None:
        self._changed = threading.Condition()
        self._free = at_once
        self._most = most
        self._numbers: OrderedDict[str, int] = OrderedDict()  # client -> its newest number
        self._places: dict[str, _Place] = {}  # client -> where it waits
        self._tags: dict[str, int] = {}  # visitor -> the tag that they got last
        self._served = 0  # the largest tag that had its turn

    @property
    def waiting(self) -> int:
        """How many clients wait for a turn now."""
        with self._changed:
            return len(self._places)

    @contextlib.contextmanager
    def turn(self, client: str, number: int, *, visitor: str = "") -> Iterator[bool]:
        """Whether it is this request's turn to paint, for as long as the block lasts; False if a newer one of the
        client has come, or this very one came before.

        Raises ``ExploreError`` ("many-at-once") where too many wait.
        """
        with self._changed:
            mine = self._is_newest(client, number) and self._wait(client, number, visitor)
            self._changed.notify_all()
        try:
            yield mine
        finally:
            if mine:
                with self._changed:
                    self._free += 1
                    self._changed.notify_all()

    def _is_newest(self, client: str, number: int) -> bool:
        """Whether the request is newer than all that have come; it is the newest from here on."""
        if client in self._numbers and number <= self._numbers[client]:
            return False
        if client not in self._places and len(self._places) >= self._most:
            raise ExploreError("many-at-once")
        self._numbers[client] = number
        self._numbers.move_to_end(client)
        while len(self._numbers) > REMEMBERED:
            self._numbers.popitem(last=False)
        return True

    def _wait(self, client: str, number: int, visitor: str) -> bool:
        """Wait for the request's turn; False as soon as a newer one has taken over its place."""
        if client in self._places:
            self._places[client].number = number
            self._changed.notify_all()
        else:
            tag = max(self._served, self._tags.get(visitor, 0)) + 1
            self._tags[visitor] = tag
            self._places[client] = _Place(tag, number)
        try:
            self._changed.wait_for(lambda: self._place_of(client, number) is None or self._is_next(client))
        except BaseException:
            if self._place_of(client, number) is not None:
                self._leave(client)
            raise
        if self._place_of(client, number) is None:
            return False
        self._served = max(self._served, self._leave(client))
        self._free -= 1
        return True

    def _place_of(self, client: str, number: int) -> _Place | None:
        place = self._places.get(client)
        return place if place is not None and place.number == number else None

    def _is_next(self, client: str) -> bool:
        return self._free > 0 and min(self._places, key=lambda each: self._places[each].tag) == client

    def _leave(self, client: str) -> int:
        tag = self._places.pop(client).tag
        if not self._places:  # nobody waits, so nobody is owed anything
            self._tags.clear()
        return tag
