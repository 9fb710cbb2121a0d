from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from neural_art.errors import RunError
from neural_art.runs.lock import hold, is_locked, lock_holder, take_lock
from neural_art.runs.run import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path, "Sisley")


def test_only_one_worker_holds_a_run(run: Run) -> None:
    assert not is_locked(run)
    with hold(run):
        assert is_locked(run)
        assert lock_holder(run) == psutil.Process(os.getpid())
        with pytest.raises(RunError) as caught:
            take_lock(run)
    assert caught.value.code == "locked"
    assert not is_locked(run)
    assert lock_holder(run) is None


def test_a_lock_passed_to_a_child_is_the_childs_and_ends_with_it(run: Run) -> None:
    lock = take_lock(run)
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[lock]) as child:
        os.close(lock)
        assert is_locked(run)
        child.kill()
    assert not is_locked(run)


def test_a_process_that_got_the_holders_number_later_is_not_taken_for_it(run: Run) -> None:
    lock = take_lock(run)
    run.paths.lock.write_text(json.dumps({"pid": os.getpid(), "born": 1.0}))
    assert is_locked(run)
    assert lock_holder(run) is None
    run.paths.lock.write_text("signed by nobody")
    assert lock_holder(run) is None
    os.close(lock)
