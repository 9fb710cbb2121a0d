"""Schedules of a training, as functions of its progress."""

import time

import pytest

from neural_art.recipe import Budget
from neural_art.training import schedule


def test_the_adversarial_loss_waits_for_the_warm_up_and_then_grows_to_its_weight() -> None:
    weights = [schedule.adversarial_weight(progress, 0.8, 0.25) for progress in (0, 0.25, 0.3, 0.35, 1)]
    assert weights == pytest.approx([0, 0, 0.4, 0.8, 0.8])
    assert schedule.adversarial_weight(0, 0.8, None) == 0.8


def rate(progress: float = 0.5, batch: int = 16, *, from_base: bool = True, adversarial: bool = True) -> float:
    return schedule.learning_rate(progress, batch, from_base=from_base, adversarial=adversarial)


def test_learning_rates_rise_and_fall_to_a_tenth() -> None:
    rates = [rate(progress) for progress in (0, 0.01, 0.02, 0.5, 1)]
    assert rates[0] < rates[1] < rates[2] > rates[3] > rates[4] == pytest.approx(0.1)


def test_without_a_base_they_are_halved_once_there_is_an_adversary() -> None:
    assert rate(from_base=False, adversarial=False) == rate(adversarial=False) == rate()
    assert rate(from_base=False) == rate() / 2


def test_they_grow_with_the_root_of_a_batch_sooner_without_a_base() -> None:
    assert [rate(batch=batch) / rate() for batch in (4, 64, 256)] == [1, 1, 2]
    assert [rate(batch=batch, from_base=False) / rate(from_base=False) for batch in (4, 64, 256)] == [1, 2, 4]


def test_a_base_fades_slowly_from_the_average_and_a_beginning_soon() -> None:
    with_base, without = (1 - schedule.ema_decay(200, 0.25, from_base=from_base) for from_base in (True, False))
    assert 0 < 10 * with_base < without < 0.1
    early, late = (schedule.ema_decay(step, 0.25, from_base=True) for step in (0, 10_000))
    assert early < late < 1


@pytest.mark.parametrize("minutes", [0.5, 5, 60])
def test_sample_grids_are_dense_at_first_and_about_sixty_in_all(minutes: float) -> None:
    seconds, gaps = 0.0, []
    while seconds < 60 * minutes:
        gaps.append(schedule.sample_grid_gap(seconds, 60 * minutes))
        seconds += gaps[-1]
    assert gaps[0] <= 3.01 + minutes / 10
    assert gaps == sorted(gaps)
    assert 40 <= len(gaps) <= 75


def test_a_clock_keeps_a_second_of_the_budget_and_counts_earlier_sittings() -> None:
    clock = schedule.Clock(Budget(minutes=1), began=time.monotonic() - 29.5, used=10)
    assert clock.seconds == pytest.approx(39.5, abs=0.2)
    assert clock.progress(7) == pytest.approx(39.5 / 59, abs=0.01)
    assert clock.left(7) == pytest.approx(20.5, abs=0.2)


def test_a_budget_of_steps_is_told_by_steps() -> None:
    clock = schedule.Clock(Budget(steps=8), began=time.monotonic() - 4)
    assert [clock.progress(step) for step in (0, 4, 8, 9)] == [0, 0.5, 1, 1]
    assert clock.total(4) == pytest.approx(8, abs=0.1)
    assert clock.left(4) == pytest.approx(4, abs=0.1)


class Time:
    """Seconds that pass when it is said."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return self.passed


def clock_of(minutes: float, used: float = 0.0) -> tuple[schedule.Clock, Time]:
    now = Time()
    return schedule.Clock(Budget(minutes=minutes), used=used, now=now), now


def make_steps(clock: schedule.Clock, now: Time, count: int, seconds: float) -> None:
    for _ in range(count):
        now.passed += seconds
        clock.step_done()


def test_a_set_up_counts_unless_it_would_use_up_the_budget() -> None:
    clock, now = clock_of(5)
    now.passed += 6
    assert clock.set_up_done() == (6, 0)
    assert clock.seconds == 6
    clock, now = clock_of(0.5)
    now.passed += 50
    assert clock.set_up_done() == (50, pytest.approx(44))
    assert clock.seconds == pytest.approx(6)
    clock, now = clock_of(0.5, used=20)
    now.passed += 50
    clock.set_up_done()
    assert clock.seconds == pytest.approx(22), "a fifth of what is left"


@pytest.mark.parametrize("seconds", [0.02, 0.5, 8.0])
def test_a_step_in_which_the_process_stood_still_counts_a_few_steps_at_most(seconds: float) -> None:
    clock, now = clock_of(120)
    make_steps(clock, now, 10, seconds)
    assert clock.seconds == pytest.approx(10 * seconds)
    make_steps(clock, now, 1, 3600)
    assert clock.seconds <= 10 * seconds + max(1, 5 * seconds)
    make_steps(clock, now, 10, seconds)
    assert clock.seconds <= 20 * seconds + max(1, 5 * seconds)


def test_steps_that_become_slower_soon_count_whole() -> None:
    clock, now = clock_of(120)
    make_steps(clock, now, 20, 0.5)
    make_steps(clock, now, 100, 5)
    assert clock.seconds == pytest.approx(510, rel=0.05)


def test_neither_the_first_step_nor_anything_but_steps_uses_up_a_budget_at_a_standstill() -> None:
    clock, now = clock_of(5)
    make_steps(clock, now, 1, 3600)
    now.passed += 3600
    clock.other_done()
    assert clock.seconds == 40
    now.passed += 3
    clock.other_done()
    assert clock.seconds == 43
