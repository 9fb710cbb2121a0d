"""A server that is killed in the middle of something leaves nothing that could be taken for whole."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neural_art.explore.film import write_mp4
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio

ROOT = Path(__file__).parent.parent

START = """
import os, signal, sys
from pathlib import Path
from neural_art.runs.studio import Studio
studio = Studio(Path(sys.argv[1]), start=False)
def power_cut(): os.kill(os.getpid(), signal.SIGKILL)
"""

SAMPLES = """
for news in studio.intake.add_samples(sys.argv[2], count=9):
    if news.done == int(sys.argv[3]) and next(studio.run(sys.argv[2]).folder.rglob(sys.argv[4]), None):
        power_cut()
"""

FILM = """
import numpy as np
from neural_art.explore.film import write_mp4
def frames():
    for number in range(90):
        if number == 60:
            power_cut()
        yield np.full((64, 64, 3), number, np.uint8)
write_mp4(frames(), studio.run(sys.argv[2]).paths.films / "loop-1.mp4")
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Studio(tmp_path / "runs", start=False).create("Sisley")


def killed(script: str, run: Run, *arguments: str) -> Studio:
    """The studio after a server that did this was killed, and started again."""
    words = [sys.executable, "-c", START + script, str(run.folder.parent), run.id, *arguments]
    process = subprocess.run(words, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.returncode == -signal.SIGKILL, process.stderr
    assert list(run.folder.rglob(".*.part")), "it was killed in the middle"
    return Studio(run.folder.parent, start=False)


@pytest.mark.parametrize(("done", "there"), [("2", "still-lifes/*.jpg"), ("5", "paintings/0000?.jpg")])
def test_sample_paintings_that_are_half_painted_are_no_set_and_can_be_asked_for_again(
    run: Run, done: str, there: str
) -> None:
    studio = killed(SAMPLES, run, done, there)
    status = studio.status(run.id)
    assert (status.state, status.paintings) == ("empty", 0)
    assert not list(run.folder.rglob(".*.part"))
    list(studio.intake.add_samples(run.id, count=9))
    assert studio.status(run.id).paintings == 9
    assert len(list(run.paths.paintings.glob("0*.jpg"))) == 9


def test_a_film_that_is_half_written_is_gone_at_the_next_start(run: Run) -> None:
    killed(FILM, run)
    assert list(run.paths.films.iterdir()) == []


def test_the_next_film_of_that_name_removes_what_is_left_of_the_last(run: Run) -> None:

    run.paths.films.mkdir()
    (run.paths.films / ".loop[1].mp4.ab12cd34.part").mkdir()
    (run.paths.films / ".notes.part").write_text("somebody else's")
    write_mp4([np.zeros((64, 64, 3), np.uint8)], run.paths.films / "loop[1].mp4")
    assert sorted(path.name for path in run.paths.films.iterdir()) == [".notes.part", "loop[1].mp4"]
