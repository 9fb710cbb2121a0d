"""Networks lie on a card while they are used. Here the card is the CPU, or one that is not there."""

import logging
import threading
import time
import weakref

import pytest
import torch
from torch import nn

from neural_art.explore.place import Card, Place, place_for
from tests.run_makers import until


@pytest.fixture
def network() -> nn.Module:
    return nn.Linear(3, 2)


def test_a_card_computes_with_a_copy_and_is_given_back_when_idle(network: nn.Module) -> None:
    card, given = Card("cpu", idle_seconds=0.1), []

    def work(each: nn.Module) -> float:
        given.append(weakref.ref(each))
        return float(each(torch.ones(3)).sum())

    expected = work(network)
    assert card.run(network, work) == card.run(network, work) == expected
    assert given[0]() is network
    assert given[1]() is given[2]() is not network, "copied once"
    until(lambda: card.networks == 0)
    until(lambda: given[1]() is None)
    assert card.run(network, work) == expected
    assert card.networks == 1


def test_a_card_that_is_used_is_kept(network: nn.Module) -> None:
    card, ends = Card("cpu", idle_seconds=0.5), time.monotonic() + 1
    while time.monotonic() < ends:
        card.run(network, lambda each: each)
        assert card.networks == 1
        time.sleep(0.02)


def test_the_copy_of_a_model_that_is_closed_goes_with_it(network: nn.Module) -> None:
    card, closed = Card("cpu"), nn.Linear(1, 1)
    card.run(closed, lambda each: None)
    card.run(network, lambda each: None)
    assert card.networks == 2
    del closed
    assert card.networks == 1


def test_a_card_that_fails_leaves_the_work_to_the_cpu_for_good(
    network: nn.Module, caplog: pytest.LogCaptureFixture
) -> None:
    card = Card("cuda:9")  # which is nowhere
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert card.run(network, lambda each: each) is network
    assert len(caplog.records) == 1, "it is not tried again"
    assert "on the CPU from now on" in caplog.text


def test_a_card_without_memory_is_tried_again_later(network: nn.Module, caplog: pytest.LogCaptureFixture) -> None:
    card, full = Card("cpu", idle_seconds=0.2), [True]

    def work(each: nn.Module) -> bool:
        if each is not network and full:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return each is network

    with caplog.at_level(logging.WARNING):
        assert card.run(network, work), "on the CPU"
    assert "for a while" in caplog.text
    full.clear()
    assert card.run(network, work), "not asked again at once"
    until(lambda: not card.run(network, work))


def test_what_fails_on_the_cpu_as_well_is_not_the_card_s_fault(network: nn.Module) -> None:
    card = Card("cpu")
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        card.run(network, lambda each: each(torch.ones(7, 7)))
    assert card.run(network, lambda each: each) is not network


def test_many_threads_share_one_copy(network: nn.Module) -> None:
    card, copies = Card("cpu"), []
    threads = [threading.Thread(target=lambda: copies.append(card.run(network, lambda each: each))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(each) for each in copies}) == 1


def test_a_device_has_one_place() -> None:
    assert type(place_for("cpu")) is Place
    assert place_for("cuda:0") is place_for("cuda:0")
    assert isinstance(place_for("cuda:0"), Card)
