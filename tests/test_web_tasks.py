"""What takes longer than an answer may."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from neural_art.errors import RunError
from neural_art.events import Progress
from neural_art.web.tasks import News, Standing, Tasks, Work


def join() -> None:
    """Wait for every task that works or waits."""
    for thread in threading.enumerate():
        if thread.name == "tasks":
            thread.join(10)


def settled(tasks: Tasks, work: Work) -> Standing:
    tasks.start("run", "film", work)
    join()
    standing = tasks.standing("run", "film")
    assert standing is not None
    return standing


def test_a_task_tells_its_stage_its_progress_and_its_result() -> None:
    def work() -> Iterator[News]:
        yield "painting"
        yield Progress(2, 2, "two")
        yield {"film": "x.mp4"}

    standing = settled(Tasks(), work)
    assert standing == Standing("done", Progress(2, 2, "two"), "painting", {"film": "x.mp4"})


def test_a_task_that_fails_says_why() -> None:
    def work() -> Iterator[News]:
        yield Progress(1, 2, "one")
        raise RunError("no-paintings")

    standing = settled(Tasks(), work)
    assert standing.state == "failed"
    assert standing.error is not None
    assert standing.error.code == "no-paintings"
    assert standing.progress.done == 1


def test_an_error_of_our_own_is_logged_and_does_not_reach_the_page(caplog: pytest.LogCaptureFixture) -> None:
    def work() -> Iterator[News]:
        yield Progress(1, 2, "one")
        raise ZeroDivisionError("secret detail")

    standing = settled(Tasks(), work)
    assert standing.error is not None
    assert standing.error.code == "task-failed"
    assert "secret detail" not in str(standing.error)
    assert "secret detail" in caplog.text


def test_a_task_is_not_begun_twice_at_a_time() -> None:
    tasks, go_on = Tasks(), threading.Event()

    def work() -> Iterator[News]:
        yield Progress(0, 1, "")
        go_on.wait(10)

    tasks.start("run", "film", work)
    with pytest.raises(RunError) as refused:
        tasks.start("run", "film", work)
    assert refused.value.code == "task-under-way"
    go_on.set()
    join()
    assert settled(tasks, work).state == "done"


def test_no_more_tasks_work_at_once_than_allowed() -> None:
    tasks, go_on, working = Tasks(at_once=1), threading.Event(), threading.Event()
    begun = []

    def work() -> Iterator[News]:
        begun.append(1)
        working.set()
        yield Progress(0, 1, "")
        go_on.wait(10)

    tasks.start("one", "film", work)
    tasks.start("other", "film", work)
    assert working.wait(10)
    assert tasks.standing("other", "film") is not None
    assert len(begun) == 1
    go_on.set()
    join()
    assert len(begun) == 2


def wait_for(go_on: threading.Event) -> Work:
    def work() -> Iterator[News]:
        yield Progress(0, 1, "")
        go_on.wait(10)

    return work


def test_a_hundred_tasks_take_no_more_threads_than_two() -> None:
    tasks, go_on = Tasks(at_once=2, most=100), threading.Event()
    before = threading.active_count()
    for number in range(100):
        tasks.start(str(number), "film", wait_for(go_on))
    assert threading.active_count() == before + 2
    assert tasks.threads == 2
    go_on.set()
    join()
    assert tasks.threads == 0
    ended = [tasks.standing(str(number), "film") for number in range(100)]
    assert {standing.state for standing in ended if standing is not None} == {"done"}


def test_nobody_has_more_tasks_than_they_may_and_all_together_neither() -> None:
    tasks, go_on = Tasks(most=5, most_each=2), threading.Event()
    for run in ("a", "b"):
        tasks.start(run, "film", wait_for(go_on), visitor="192.0.2.1")
    with pytest.raises(RunError) as refused:
        tasks.start("c", "film", wait_for(go_on), visitor="192.0.2.1")
    assert refused.value.code == "too-many-tasks"
    assert tasks.standing("c", "film") is None
    for run in ("d", "e", "f"):
        tasks.start(run, "film", wait_for(go_on))
    with pytest.raises(RunError) as refused:
        tasks.start("g", "film", wait_for(go_on), visitor="192.0.2.2")
    assert refused.value.code == "tasks-full"
    go_on.set()
    join()
    tasks.start("c", "film", wait_for(go_on), visitor="192.0.2.1")
    join()


def test_tasks_are_done_in_the_order_in_which_they_were_asked_for() -> None:
    tasks, go_on, done = Tasks(at_once=1), threading.Event(), []

    def note(number: int) -> Work:
        def work() -> Iterator[News]:
            go_on.wait(10)
            done.append(number)
            yield Progress(1, 1, "")

        return work

    for number in range(6):
        tasks.start(str(number), "film", note(number))
    go_on.set()
    join()
    assert done == list(range(6))
