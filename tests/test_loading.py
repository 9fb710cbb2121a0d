"""What the page costs before anybody asks for anything: how it is imported, and what it does while nobody is there."""

from __future__ import annotations

import gc
import importlib
import inspect
import re
import socket
import sys
import time
from pathlib import Path

import pytest
import torch

from neural_art import web
from neural_art.web.loading import quick_imports

COMPONENT = '''
import gradio as gr


class Stage(gr.HTML):
    """A component of the page."""

    EVENTS = ["painted"]
'''


def test_components_are_imported_without_stubs_beside_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stage_of_a_test.py").write_text(COMPONENT)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with quick_imports():
        stage = importlib.import_module("stage_of_a_test").Stage
    assert [path.name for path in tmp_path.iterdir()] == ["stage_of_a_test.py"]
    assert callable(stage.painted)


def test_after_the_imports_files_are_told_and_garbage_is_collected_again() -> None:
    with pytest.raises(ImportError), quick_imports():
        importlib.import_module("no_such_module")
    assert inspect.getfile(Path) == sys.modules[Path.__module__].__file__
    assert gc.isenabled()


def test_what_was_imported_is_not_collected_again() -> None:
    try:
        with quick_imports():
            imported = [[] for _ in range(1000)]
        assert gc.get_freeze_count() > len(imported)
    finally:
        gc.unfreeze()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux tells how often a thread wakes up")
def test_a_server_that_nobody_asks_anything_sleeps(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = web.launch(web.Settings(port=port, runs=tmp_path / "runs", base=None))
    try:
        time.sleep(web.LOAD_AFTER + 0.5)
        before = _wake_ups()
        time.sleep(1)
        assert _wake_ups() - before < 150  # a poll every 50 ms and one every 100 ms, the queue of runs, the main thread
    finally:
        page.close()
        torch.set_num_threads(threads)
        gc.unfreeze()


def _wake_ups() -> int:
    """How often the threads of this process have gone to sleep since they began."""
    states = (path.read_text() for path in Path("/proc/self/task").glob("*/status"))
    return sum(
        int(number) for state in states for number in re.findall(r"^voluntary_ctxt_switches:\s(\d+)", state, re.M)
    )
