from __future__ import annotations

import threading

from run_makers import until

from neural_art.explore.turns import Turns


def test_turns_are_taken_in_the_order_in_which_they_were_asked_for() -> None:
    turns, taken = Turns(), []

    def take(number: int) -> None:
        with turns:
            taken.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    with turns:
        for number, thread in enumerate(threads):
            thread.start()
            until(lambda number=number: turns.waiting == number + 1)
        assert taken == []
    with turns:  # asked for last
        assert taken == list(range(8))
    for thread in threads:
        thread.join()


def test_only_one_has_a_turn_and_an_error_ends_it() -> None:
    turns, inside = Turns(), []

    def work() -> None:
        for _ in range(50):
            with turns:
                inside.append(1)
                assert len(inside) == 1
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        with turns:
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert turns.waiting == 0
