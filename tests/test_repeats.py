"""Requests that are repeated: done once, answered each time."""

from __future__ import annotations

import asyncio
from typing import Any

from neural_art.web.repeats import LARGEST, Repeats


class Counter:
    """An app that answers each request with how many it has done; ``held`` keeps it at work."""

    def __init__(self, size: int = 0) -> None:
        self.done = 0
        self.size = size
        self.held: asyncio.Event | None = None
        self.fails = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.held is not None:
            await self.held.wait()
        if self.fails:
            self.fails -= 1
            raise RuntimeError("an error of its own")
        self.done += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % self.done + b" " * self.size})


async def ask(app: Any, number: bytes | None = None, method: str = "POST") -> bytes:
    """The body of an answer."""
    headers = [] if number is None else [(b"x-request-number", number)]
    body: list[bytes] = []

    async def send(message: Any) -> None:
        body.append(message.get("body", b""))

    await app({"type": "http", "method": method, "headers": headers}, None, send)
    return b"".join(body).strip()


def test_a_repeated_request_gets_the_first_answer() -> None:
    counter = Counter()
    app = Repeats(counter)

    async def asked() -> list[bytes]:
        return [await ask(app, b"a"), await ask(app, b"a"), await ask(app, b"b"), await ask(app, b"a")]

    assert asyncio.run(asked()) == [b"1", b"1", b"2", b"1"]
    assert counter.done == 2


def test_a_request_that_is_repeated_while_the_first_is_under_way_waits_for_its_answer() -> None:
    counter = Counter()
    app = Repeats(counter)

    async def asked() -> list[bytes]:
        counter.held = asyncio.Event()
        both = asyncio.gather(ask(app, b"a"), ask(app, b"a"))
        await asyncio.sleep(0)
        counter.held.set()
        return await both

    assert asyncio.run(asked()) == [b"1", b"1"]


def test_a_request_that_was_cut_off_is_done_when_it_is_repeated() -> None:
    counter = Counter()
    app = Repeats(counter)

    async def asked() -> bytes:
        counter.held = asyncio.Event()
        first = asyncio.create_task(ask(app, b"a"))
        await asyncio.sleep(0)
        second = asyncio.create_task(ask(app, b"a"))
        await asyncio.sleep(0)
        first.cancel()
        counter.held.set()
        return await second

    assert asyncio.run(asked()) == b"1"


def test_a_request_that_failed_is_done_when_it_is_repeated() -> None:
    counter = Counter()
    counter.fails = 1
    app = Repeats(counter)

    async def asked() -> bytes:
        try:
            await ask(app, b"a")
        except RuntimeError:
            return await ask(app, b"a")
        raise AssertionError("the first was to fail")

    assert asyncio.run(asked()) == b"1"


def test_requests_without_a_number_and_readings_are_done_each_time() -> None:
    app = Repeats(Counter())

    async def asked() -> list[bytes]:
        return [await ask(app), await ask(app), await ask(app, b"a", "GET"), await ask(app, b"a", "GET")]

    assert asyncio.run(asked()) == [b"1", b"2", b"3", b"4"]


def test_old_and_large_answers_are_not_kept() -> None:
    few, large = Repeats(Counter(), kept=2), Repeats(Counter(size=LARGEST))

    async def asked() -> list[bytes]:
        answers = [await ask(few, number) for number in (b"a", b"b", b"c", b"a", b"c")]
        return [*answers, await ask(large, b"a"), await ask(large, b"a")]

    assert asyncio.run(asked()) == [b"1", b"2", b"3", b"4", b"3", b"1", b"2"]
