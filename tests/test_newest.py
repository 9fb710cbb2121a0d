"""Who paints next where many move sliders. Every thread is seen to wait before the next one comes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from run_makers import until

from neural_art.errors import ExploreError
from neural_art.explore.newest import Newest


class Line:
    """Requests that wait in threads of their own, and what became of each, in the order of that."""

    def __init__(self, newest: Newest) -> None:
        self.newest = newest
        self.ended: list[tuple[str, int, bool]] = []
        self.refused: list[tuple[str, str]] = []
        self._threads: list[threading.Thread] = []

    def ask(self, client: str, number: int, visitor: str = "", waiting: int | None = None) -> None:
        """Another request; returns when so many clients ``wait``."""

        def work() -> None:
            try:
                with self.newest.turn(client, number, visitor=visitor) as mine:
                    self.ended.append((client, number, mine))
            except ExploreError as error:
                self.refused.append((client, error.code))

        self._threads.append(threading.Thread(target=work))
        self._threads[-1].start()
        if waiting is not None:
            until(lambda: self.newest.waiting == waiting, 10)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    @property
    def painted(self) -> list[tuple[str, int]]:
        return [(client, number) for client, number, mine in self.ended if mine]


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line(Newest())
    yield made
    made.join()
    assert made.newest.waiting == 0


def test_what_was_overtaken_while_it_waited_is_told_at_once_and_not_painted(line: Line) -> None:
    with line.newest.turn("painting", 1) as mine:
        assert mine
        line.ask("tab", 1, waiting=1)
        for number in range(2, 9):
            line.ask("tab", number)
            until(lambda number=number: ("tab", number - 1, False) in line.ended, 10)
        assert line.painted == []
    line.join()
    assert line.painted == [("tab", 8)]


def test_what_comes_too_late_is_not_painted(line: Line) -> None:
    for number, expected in ((4, True), (3, False), (4, False), (5, True)):
        with line.newest.turn("tab", number) as mine:
            assert mine is expected
    with line.newest.turn("another tab", 1) as mine:
        assert mine


def test_a_newer_request_takes_over_the_place_of_the_one_before(line: Line) -> None:
    with line.newest.turn("painting", 1):
        line.ask("a", 1, waiting=1)
        line.ask("b", 1, waiting=2)
        line.ask("a", 2)
        until(lambda: ("a", 1, False) in line.ended, 10)
    line.join()
    assert line.painted == [("a", 2), ("b", 1)]


def test_clients_take_turns_however_many_requests_one_of_them_sends(line: Line) -> None:
    with line.newest.turn("eager", 1):
        for name in "abcd":
            line.ask(name, 1, waiting="abcd".index(name) + 1)
        line.ask("eager", 2, waiting=5)
    line.join()
    assert [client for client, _ in line.painted] == ["a", "b", "c", "d", "eager"]


def test_visitors_take_turns_however_many_clients_one_of_them_has(line: Line) -> None:
    with line.newest.turn("painting", 1, visitor="third"):
        for number in range(6):
            line.ask(f"many {number}", 1, "first", waiting=number + 1)
        line.ask("one", 1, "second", waiting=7)
    line.join()
    assert [client for client, _ in line.painted].index("one") <= 1


def test_only_so_many_paint_at_a_time() -> None:
    newest, inside, most = Newest(at_once=2), [], []

    def work(client: str) -> None:
        for number in range(50):
            with newest.turn(client, number) as mine:
                assert mine
                inside.append(client)
                most.append(len(inside))
                inside.remove(client)

    threads = [threading.Thread(target=work, args=(client,)) for client in "abcde"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert len(most) == 250
    assert max(most) <= 2


def test_an_error_ends_a_turn(line: Line) -> None:
    with pytest.raises(ZeroDivisionError), line.newest.turn("tab", 1):
        raise ZeroDivisionError
    with line.newest.turn("tab", 2) as mine:
        assert mine


def test_a_line_that_is_too_long_takes_no_more_and_says_so() -> None:
    line = Line(Newest(most=2))
    with line.newest.turn("painting", 1):
        line.ask("a", 1, waiting=1)
        line.ask("b", 1, waiting=2)
        line.ask("c", 1)
        until(lambda: line.refused == [("c", "many-at-once")], 10)
        line.ask("a", 2)  # who waits already may go on
        until(lambda: ("a", 1, False) in line.ended, 10)
    line.join()
    with line.newest.turn("c", 1) as mine:  # it was not counted as having come
        assert mine
