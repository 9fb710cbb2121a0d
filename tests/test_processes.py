from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from run_makers import ENDLESS, ask_to_train, paintings_folder, prepared_run, until

from neural_art.errors import RunError
from neural_art.messages import Message
from neural_art.runs.lock import is_locked, lock_holder, take_lock
from neural_art.runs.processes import WorkerProcesses
from neural_art.runs.run import Run
from neural_art.runs.status import status_of


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


@pytest.mark.parametrize(("cluster", "module"), [(None, "neural_art.runs.worker"), ("auto", "neural_art.runs.cluster")])
def test_a_run_is_trained_here_unless_there_is_a_cluster(run: Run, cluster: str | None, module: str) -> None:
    processes = WorkerProcesses(cluster=cluster)
    begin(processes, run)
    until(lambda: holder(run).cmdline())  # empty for a moment, while it becomes another program
    command = holder(run).cmdline()
    processes.release(kill=True)
    assert module in command
    assert ("--address" in command) == (cluster is not None)


def test_a_training_that_lost_its_machine_is_no_fault_of_its_own(run: Run) -> None:
    lost = WorkerProcesses(cluster="127.0.0.1:1")  # nobody is there
    begin(lost, run)
    until(lambda: lost.poll(run.id))
    assert lost.death(run) == "outside"
    assert status_of(run).notice == Message("cluster.lost")


def test_a_worker_that_another_process_started_can_be_ended(run: Run, processes: WorkerProcesses) -> None:
    code = "import sys, time; from pathlib import Path; from neural_art.runs.lock import hold\n"
    code += "from neural_art.runs.run import Run\nwith hold(Run(Path(sys.argv[1]))): time.sleep(60)"
    command = [sys.executable, "-c", code, str(run.folder)]
    with subprocess.Popen(command, cwd=Path(__file__).parent.parent) as other:
        until(lambda: is_locked(run))
        processes.end(run)
        assert other.wait(10) == -signal.SIGKILL
    assert not is_locked(run)


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


def end(processes: WorkerProcesses, run: Run, number: signal.Signals) -> None:
    """Starts a worker and ends it with a signal, as somebody else would."""
    begin(processes, run)
    assert not processes.poll(run.id)
    child = holder(run)
    child.send_signal(number)
    until(lambda: not is_locked(run))
    until(lambda: processes.poll(run.id))
    assert not processes.poll(run.id), "it is news only once"


@pytest.mark.parametrize(
    ("number", "death"), [(signal.SIGKILL, "outside"), (signal.SIGTERM, "outside"), (signal.SIGSEGV, "own")]
)
def test_a_worker_that_somebody_ended_is_told_from_one_that_crashed(
    run: Run, processes: WorkerProcesses, number: signal.Signals, death: str
) -> None:
    end(processes, run, number)
    assert processes.death(run) == death
    if death == "own":
        assert processes.cause_of_death(run) == Message("run.crashed", {"signal": number.name})


def test_a_worker_that_the_system_ended_for_want_of_memory_is_known(run: Run) -> None:
    counts = iter([3, 3, 3, 4])  # at a start, at its end, at a start, at its end
    processes = WorkerProcesses(memory_kills=lambda: next(counts))
    for death in ("outside", "memory"):
        end(processes, run, signal.SIGKILL)
        assert processes.death(run) == death


@pytest.mark.parametrize(("printed", "death"), [("", "outside"), ("Traceback ...\nZeroDivisionError", "own")])
def test_an_end_that_nobody_saw_is_the_workers_fault_if_it_printed_something(
    run: Run, processes: WorkerProcesses, printed: str, death: str
) -> None:
    run.paths.worker_log.write_text(printed)
    assert processes.death(run) == death


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
