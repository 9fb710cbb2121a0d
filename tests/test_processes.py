from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from run_makers import ENDLESS, ask_to_train, paintings_folder, prepared_run, saved, until

from neural_art.errors import RunError
from neural_art.messages import Message
from neural_art.runs.desired import set_desired_state
from neural_art.runs.lock import is_locked, lock_holder, take_lock
from neural_art.runs.processes import WorkerProcesses, count_attempt
from neural_art.runs.recorder import Recorder
from neural_art.runs.run import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return ask_to_train(prepared_run(tmp_path / "runs", paintings_folder(tmp_path / "paintings")), ENDLESS)


@pytest.fixture
def processes() -> Iterator[WorkerProcesses]:
    started = WorkerProcesses()
    yield started
    started.release(kill=True)


def begin(processes: WorkerProcesses, run: Run, *, keep_log: bool = False) -> None:
    lock = take_lock(run)
    processes.start(run, lock, keep_log=keep_log)
    os.close(lock)


def holder(run: Run) -> psutil.Process:
    """The worker that holds the run."""
    process = lock_holder(run)
    assert process is not None
    return process


def test_a_worker_holds_its_run_from_the_first_moment_on(run: Run, processes: WorkerProcesses) -> None:
    begin(processes, run)
    assert is_locked(run)
    child = holder(run)
    assert str(run.folder) in child.cmdline()
    assert os.getsid(child.pid) == child.pid
    environment = child.environ()
    assert (environment["OMP_WAIT_POLICY"], environment["MALLOC_ARENA_MAX"]) == ("passive", "2")
    processes.end(run)
    assert not is_locked(run)
    assert not child.is_running()


def test_a_worker_that_another_process_started_can_be_ended(run: Run, processes: WorkerProcesses) -> None:
    code = "import sys, time; from pathlib import Path; from neural_art.runs.lock import hold\n"
    code += "from neural_art.runs.run import Run\nwith hold(Run(Path(sys.argv[1]))): time.sleep(60)"
    command = [sys.executable, "-c", code, str(run.folder)]
    with subprocess.Popen(command, cwd=Path(__file__).parent.parent) as other:
        until(lambda: is_locked(run))
        processes.end(run)
        assert other.wait(10) == -signal.SIGKILL
    assert not is_locked(run)


def test_a_start_that_got_nowhere_counts_until_somebody_asks_again(run: Run) -> None:
    assert [count_attempt(run) for _ in range(3)] == [1, 2, 3]
    Recorder(run).record(saved(5))
    assert [count_attempt(run) for _ in range(2)] == [1, 2]
    set_desired_state(run, "paused")
    set_desired_state(run, "training")
    assert count_attempt(run) == 1
    run.paths.restart_attempts.write_text("{")
    assert count_attempt(run) == 1


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("", "run.no-progress"),
        ("Traceback ...\nMemoryError", "storage.out-of-memory"),
        ("RuntimeError: DefaultCPUAllocator: can't allocate memory", "storage.out-of-memory"),
        ("first line\nIllegal instruction", "run.no-progress-after"),
    ],
)
def test_what_a_worker_printed_tells_what_it_died_of(
    run: Run, processes: WorkerProcesses, printed: str, code: str
) -> None:
    run.paths.worker_log.write_text(printed)
    cause = processes.cause_of_death(run)
    assert cause.code == code
    if printed and code == "run.no-progress-after":
        assert cause == Message(code, {"printed": "Illegal instruction"})


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, "run.killed"), (signal.SIGSEGV, "run.crashed")])
def test_the_signal_that_ended_a_worker_tells_what_it_died_of(
    run: Run, processes: WorkerProcesses, number: signal.Signals, code: str
) -> None:
    begin(processes, run)
    child = holder(run)
    child.send_signal(number)
    until(lambda: not is_locked(run))
    until(lambda: child.status() == psutil.STATUS_ZOMBIE)
    processes.poll(run.id)
    cause = processes.cause_of_death(run)
    assert cause.code == code
    assert number.name in cause.sentence() or number is signal.SIGKILL


def test_a_folder_that_refuses_the_log_starts_no_worker(run: Run, processes: WorkerProcesses) -> None:
    run.paths.worker_log.mkdir()
    with pytest.raises(IsADirectoryError):
        begin(processes, run)


def test_nothing_but_a_worker_can_hold_up_an_end(run: Run, processes: WorkerProcesses) -> None:
    """The holder is this very process, which must not end itself."""
    lock = take_lock(run)
    with pytest.raises(RunError) as caught:
        processes.end(run, patience=0.1)
    assert caught.value.code == "not-ended"
    os.close(lock)
