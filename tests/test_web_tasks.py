"""What takes longer than an answer may."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from neural_art.errors import RunError
from neural_art.events import Progress
from neural_art.web.tasks import News, Standing, Tasks, Work


def join() -> None:
    """Wait for every task that is under way."""
    for thread in threading.enumerate():
        if thread.name == "task film":
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
        raise RunError("no-film")

    standing = settled(Tasks(), work)
    assert standing.state == "failed"
    assert standing.error is not None
    assert standing.error.code == "no-film"
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
