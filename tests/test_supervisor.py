"""The life of trainings in processes of their own. These tests wait for what the workers do."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from run_makers import ENDLESS, FEW_STEPS, TINY, ask_to_train, paintings_folder, prepared_run, until

from neural_art.errors import StorageError
from neural_art.events import Failed, Finished
from neural_art.messages import Message
from neural_art.processor import CPU, Processor, Survey
from neural_art.runs import worker
from neural_art.runs.attempts import count_attempt
from neural_art.runs.journal import Journal
from neural_art.runs.lock import is_locked, lock_holder
from neural_art.runs.processors import KnownProcessors
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.status import state_of, status_of
from neural_art.runs.studio import Studio
from neural_art.runs.supervisor import Supervisor


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of prepared paintings, to be copied."""
    root = tmp_path_factory.mktemp("paintings")
    return prepared_run(root, paintings_folder(root / "uploads")).paths.paintings


@pytest.fixture(scope="module")
def trained(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run, to be copied."""
    run = Run.create(tmp_path_factory.mktemp("trained"), "Blocks")
    shutil.copytree(paintings, run.paths.paintings)
    assert isinstance(list(worker.train(ask_to_train(run, FEW_STEPS)))[-1], Finished)
    return run


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A studio at work."""
    at_work = Studio(tmp_path / "runs")
    yield at_work
    at_work.close(workers=True)


def new_run(studio: Studio, paintings: Path) -> str:
    run = studio.create("Blocks")
    shutil.copytree(paintings, run.paths.paintings)
    return run.id


def copy_run(run: Run, studio: Studio) -> str:
    shutil.copytree(run.folder, studio.root / run.id)
    return run.id


def holder_of(studio: Studio, id: str) -> psutil.Process:
    """The process that trains a run, as soon as there is one."""
    found: list[psutil.Process] = []

    def held() -> bool:
        holder = lock_holder(studio.run(id))
        found.extend([holder] if holder else [])
        return bool(found)

    until(held)
    return found[0]


def workers_below(root: Path) -> list[psutil.Process]:
    """The workers of runs in ``root`` that this process started and that live."""

    def is_worker(child: psutil.Process) -> bool:
        try:
            return any(part.startswith(str(root)) for part in child.cmdline())
        except psutil.Error:  # it has ended
            return False

    return [child for child in psutil.Process().children() if is_worker(child)]


def starts(run: Run) -> list[tuple[bool, int]]:
    events: list[dict[str, Any]] = Journal(run).events()
    return [(event["resumed"], event["step"]) for event in events if event["event"] == "started"]


def test_a_killed_training_goes_on_by_itself_from_what_was_saved(studio: Studio, trained: Run) -> None:
    id = copy_run(trained, studio)
    studio.train_longer(id, 60)
    run = studio.run(id)
    until(lambda: len(starts(run)) == 2)
    process = holder_of(studio, id)
    assert process.nice() == min(19, psutil.Process().nice() + 10)
    assert os.getsid(process.pid) == process.pid
    process.kill()
    until(lambda: len(starts(run)) == 3)
    assert starts(run)[1:] == [(True, 3), (True, 3)]
    until(lambda: studio.status(id).step > 3)

    studio.pause(id)
    until(lambda: studio.status(id).state == "paused")
    assert Journal(run).saved_step == studio.status(id).step > 3
    studio.stop(id)
    assert studio.status(id).state == "finished"
    assert Journal(run).events()[-1]["early"]


def test_a_worker_outlives_its_studio_and_is_found_by_the_next(tmp_path: Path, paintings: Path) -> None:
    first = Studio(tmp_path / "runs")
    id, other = new_run(first, paintings), new_run(first, paintings)
    first.train(id, TINY, ENDLESS)
    first.train(other, TINY, ENDLESS)
    process = holder_of(first, id)
    first.close()
    second = Studio(tmp_path / "runs")
    try:
        until(lambda: second.status(other).queue_place == 1)
        until(lambda: starts(second.run(id)))
        assert holder_of(second, id).pid == process.pid
        assert not is_locked(second.run(other))
        second.delete(id)
        assert not psutil.pid_exists(process.pid) or process.status() == psutil.STATUS_ZOMBIE
        assert [path.name for path in second.root.iterdir() if path.is_dir()] == [other]
        until(lambda: is_locked(second.run(other)))
    finally:
        second.close(workers=True)


def test_two_studios_on_one_folder_start_one_worker(tmp_path: Path, paintings: Path) -> None:
    studios = [Studio(tmp_path / "runs") for _ in range(2)]
    try:
        ids = [new_run(studios[0], paintings) for _ in range(2)]
        for id in ids:
            studios[0].train(id, TINY, ENDLESS)
            studios[1].resume(id)  # changes nothing, and makes it look at once
        until(lambda: is_locked(studios[0].run(ids[0])))
        until(lambda: starts(studios[0].run(ids[0])))
        assert len(workers_below(tmp_path)) == 1
        assert not is_locked(studios[0].run(ids[1]))
    finally:
        for studio in studios:
            studio.close(workers=True)


@contextmanager
def supervised(root: Path, paintings: Path) -> Iterator[Run]:
    """A run that waits for its training, looked after by a supervisor that does not wait long before a restart."""
    registry = Registry(root / "runs")
    run = registry.create("Blocks")
    shutil.copytree(paintings, run.paths.paintings)
    ask_to_train(run, ENDLESS)
    supervisor = Supervisor(registry, restart_seconds=(0.01, 0.05))
    supervisor.start()
    try:
        yield run
    finally:
        supervisor.close(workers=True)


def end_workers(run: Run, number: signal.Signals, enough: Callable[[set[int]], bool]) -> set[int]:
    """Ends one worker after the other until that is enough; their process ids."""
    ended: set[int] = set()

    def end() -> bool:
        process = lock_holder(run)
        if process is not None and process.pid not in ended:
            ended.add(process.pid)
            process.send_signal(number)
        return enough(ended)

    until(end)
    return ended


def test_a_worker_that_crashes_again_and_again_is_given_up_with_a_reason(tmp_path: Path, paintings: Path) -> None:
    with supervised(tmp_path, paintings) as run:
        crashed = end_workers(run, signal.SIGSEGV, lambda _: state_of(run) == "failed")
        assert len(crashed) == 4
        reason = status_of(run).reason
        assert reason is not None
        assert (reason.code, reason.values) == ("run.crashed", {"signal": "SIGSEGV"})


def test_a_person_may_always_try_again(studio: Studio, paintings: Path) -> None:
    id = new_run(studio, paintings)
    studio.train(id, TINY, ENDLESS)
    holder_of(studio, id)
    run = studio.run(id)
    Journal(run).append(Failed(step=0, seconds=0, reason=Message("run.no-progress")))
    holder_of(studio, id).kill()
    until(lambda: not is_locked(run))
    assert state_of(run) == "failed"
    studio.resume(id)
    until(lambda: is_locked(run))


def test_a_training_that_is_ended_from_outside_is_not_given_up(tmp_path: Path, paintings: Path) -> None:
    with supervised(tmp_path, paintings) as run:
        assert len(end_workers(run, signal.SIGKILL, lambda ended: len(ended) == 5)) == 5
        until(lambda: starts(run))
        status = status_of(run)
        assert status.state == "training"
        assert status.notice == Message("run.ended-from-outside", {"count": 5})


def test_a_run_that_is_ended_again_and_again_lets_others_go_first(tmp_path: Path, paintings: Path) -> None:
    registry = Registry(tmp_path / "runs")
    unlucky, other = (registry.create(name) for name in ("Unlucky", "Other"))
    for run in (unlucky, other):
        shutil.copytree(paintings, run.paths.paintings)
        ask_to_train(run, ENDLESS)
    supervisor = Supervisor(registry, restart_seconds=(3600, 3600))
    supervisor.start()
    try:
        end_workers(unlucky, signal.SIGKILL, lambda ended: len(ended) == 1)
        until(lambda: is_locked(other))
        assert state_of(unlucky) == "waiting"
    finally:
        supervisor.close(workers=True)


def test_a_training_for_which_there_is_never_enough_memory_says_so(tmp_path: Path, paintings: Path) -> None:
    registry = Registry(tmp_path / "runs")
    run = registry.create("Blocks")
    shutil.copytree(paintings, run.paths.paintings)
    ask_to_train(run, ENDLESS)
    for _ in range(5):
        count_attempt(run, "memory")
    supervisor = Supervisor(registry)
    supervisor.start()
    try:
        until(lambda: state_of(run) == "failed")
        assert status_of(run).reason == Message("storage.out-of-memory")
    finally:
        supervisor.close(workers=True)


def test_what_cannot_be_started_is_reported_and_does_not_hold_up_the_others(studio: Studio, paintings: Path) -> None:
    broken, sound = new_run(studio, paintings), new_run(studio, paintings)
    studio.run(broken).paths.worker_log.mkdir()
    studio.train(broken, TINY, ENDLESS)
    studio.train(sound, TINY, ENDLESS)
    until(lambda: studio.status(broken).state == "failed")
    reason = studio.status(broken).reason
    assert reason is not None
    assert (reason.code, reason.values["name"]) == ("storage.failed", "worker.log")
    until(lambda: is_locked(studio.run(sound)))


def test_a_damaged_run_does_not_hold_up_the_others(tmp_path: Path, paintings: Path) -> None:
    quiet = Studio(tmp_path / "runs", start=False)
    damaged, sound = new_run(quiet, paintings), new_run(quiet, paintings)
    quiet.train(sound, TINY, ENDLESS)
    quiet.run(damaged).paths.desired_state.write_text('{"state": "training", "surprise": 1}')
    studio = Studio(tmp_path / "runs")
    try:
        until(lambda: is_locked(studio.run(sound)))
        with pytest.raises(StorageError) as caught:
            studio.status(damaged)
        assert caught.value.values["name"] == "desired_state.json"
        studio.delete(damaged)
    finally:
        studio.close(workers=True)


def test_with_two_graphics_cards_two_are_trained_at_once(tmp_path: Path, paintings: Path) -> None:
    cards = [Processor(f"cuda:{number}", key=f"GPU-{number}") for number in range(2)]
    processors = KnownProcessors(lambda: Survey((*cards, CPU)), sign=lambda: "/dev/nvidia0")
    studio = Studio(tmp_path / "runs", processors=processors)
    try:
        ids = [new_run(studio, paintings) for _ in range(3)]
        for id in ids:
            studio.train(id, TINY, ENDLESS)
        until(lambda: [is_locked(studio.run(id)) for id in ids] == [True, True, False])
        assert studio.status(ids[2]).queue_place == 1
        studio.delete(ids[0])
        until(lambda: is_locked(studio.run(ids[2])))
    finally:
        studio.close(workers=True)


def test_whoever_serves_the_page_decides_where_runs_learn(tmp_path: Path, paintings: Path) -> None:
    studio = Studio(tmp_path / "runs", device="mps" if sys.platform != "darwin" else "cuda")
    try:
        id = new_run(studio, paintings)
        studio.train(id, TINY, ENDLESS)
        until(lambda: studio.status(id).state == "failed")
        reason = studio.status(id).reason
        assert reason is not None
        assert reason.code == "settings.no-such-device"
    finally:
        studio.close(workers=True)


def test_a_training_that_was_stopped_is_ended_once(tmp_path: Path, trained: Run, paintings: Path) -> None:
    quiet = Studio(tmp_path / "runs", start=False)
    id = copy_run(trained, quiet)
    quiet.train_longer(id, 60)
    quiet.stop(id)
    run = quiet.run(id)
    events = Journal(run).events()
    assert (events[-1]["event"], events[-1]["early"], state_of(run)) == ("finished", True, "finished")
    for _ in range(2):
        Studio(quiet.root, start=False)
    assert Journal(run).events() == events
