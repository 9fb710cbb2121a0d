from __future__ import annotations

import json
from pathlib import Path

import pytest
from run_makers import finished, sampled, saved, started, stepped

from neural_art.errors import StorageError
from neural_art.files import storage_errors, write
from neural_art.runs.journal import Journal
from neural_art.runs.recorder import Recorder
from neural_art.runs.run import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path, "Sisley")


@pytest.fixture
def journal(run: Run) -> Journal:
    return Journal(run)


def test_a_new_run_has_nothing_to_report(journal: Journal) -> None:
    assert (journal.events(), journal.sample_grids(), journal.standing, journal.saved_step) == ([], [], (0, 0.0), 0)
    assert journal.series().seconds == ()


def test_a_torn_last_line_is_passed_over_and_repaired(run: Run, journal: Journal) -> None:
    journal.append(stepped(1))
    with run.paths.events.open("ab") as file:
        file.write(b'{"event": "stepped", "step": 2, "seco')
    assert [event["step"] for event in journal.events()] == [1]
    assert journal.standing == (1, 1.0)
    journal.append(stepped(3))
    assert [event["step"] for event in journal.events()] == [1, 3]
    assert journal.standing == (3, 3.0)
    assert all(json.loads(line) for line in run.paths.events.read_text().splitlines())


def test_garbage_lines_after_a_power_cut_are_passed_over(run: Run, journal: Journal) -> None:
    journal.append(stepped(1))
    with run.paths.events.open("ab") as file:
        file.write(b"\0" * 50 + b"\n[1, 2]\n")
    journal.append(stepped(2))
    assert [event["step"] for event in journal.events()] == [1, 2]
    assert journal.series().seconds == (1.0, 2.0)


def test_events_are_read_from_a_number_on(journal: Journal) -> None:
    for step in range(5):
        journal.append(stepped(step))
    assert [event["step"] for event in journal.events(3)] == [3, 4]
    assert journal.events(9) == []


def test_what_is_not_a_number_is_written_as_null(journal: Journal) -> None:
    journal.append(stepped(1, texture_distance=float("nan")))
    journal.append(stepped(2))
    assert journal.events()[0]["texture_distance"] is None
    assert journal.series().seconds == (2.0,)


def test_a_file_that_was_replaced_is_read_again(run: Run, journal: Journal) -> None:
    for step in (1, 2, 3):
        journal.append(stepped(step))
    assert journal.standing == (3, 3.0)
    lines = run.paths.events.read_text().splitlines(keepends=True)
    run.paths.events.unlink()
    assert journal.standing == (0, 0.0)
    run.paths.events.write_text("".join(lines[:2]))
    assert journal.standing == (2, 2.0)
    assert journal.series().seconds == (1.0, 2.0)
    write(run.paths.events, "".join(lines[::-1]).encode())
    assert journal.series().seconds == (3.0, 2.0, 1.0)


def test_a_resumed_start_takes_back_the_steps_that_were_lost(run: Run, journal: Journal) -> None:
    recorder = Recorder(run)
    for event in (started(), sampled(0), stepped(5), saved(5), sampled(6, 1), stepped(7), sampled(8, 2)):
        recorder.record(event)
    assert journal.series().seconds == (5.0, 7.0)
    recorder.record(started(5, resumed=True))
    assert journal.series().seconds == (5.0,)
    assert [int(grid.stem) for grid in journal.sample_grids()] == [0]
    assert (journal.standing, journal.saved_step, journal.digest.grids) == ((5, 5.0), 5, 1)


def test_series_are_thinned_to_means_and_keep_their_ends(journal: Journal) -> None:
    for step in range(1000):
        journal.append(stepped(step, texture_distance=step / 1000))
    series = journal.series(most=100)
    assert [len(column) for column in vars(series).values()] == [100] * 4
    assert series.seconds[0] == pytest.approx(4.5)
    assert series.seconds[-1] == pytest.approx(994.5)
    assert sum(series.texture_distance) / 100 == pytest.approx(0.4995)
    assert len(journal.series(most=5000).seconds) == 1000
    with pytest.raises(ValueError, match="at least 1"):
        journal.series(most=0)


def test_an_end_answers_only_what_was_asked_before_it(journal: Journal) -> None:
    before = journal.digest.size
    journal.append(finished(5))
    assert journal.digest.ended_after(before) == "finished"
    assert journal.digest.ended_after(journal.digest.size) is None
    journal.append(started(5, resumed=True))
    assert journal.digest.ended_after(before) is None


def test_a_full_disk_is_a_storage_error(run: Run, journal: Journal) -> None:
    run.paths.events.symlink_to("/dev/full")
    with pytest.raises(StorageError) as caught, storage_errors():
        journal.append(stepped(1))
    assert caught.value.code == "disk-full"


def test_it_is_known_where_a_finished_training_went_on_but_not_each_pause(journal: Journal) -> None:
    for event in (started(), stepped(3), started(3, resumed=True), finished(5), started(5, resumed=True), stepped(8)):
        journal.append(event)
    assert journal.digest.continued == (5.0,)


def test_the_last_lines_tell_how_a_training_ended_as_all_of_them_do(run: Run, journal: Journal) -> None:
    def agree() -> str | None:
        size = run.paths.events.stat().st_size
        ends = {after: journal.ended_after(after) for after in (0, size - 1, size)}
        assert ends == {after: journal.digest.ended_after(after) for after in ends}
        return ends[0]

    assert journal.ended_after(0) is None
    journal.append(finished(0))
    assert agree() == "finished"
    for step in range(100):
        journal.append(stepped(step))
    assert agree() is None
    journal.append(finished(100))
    assert agree() == "finished"
    with run.paths.events.open("ab") as file:
        file.write(b'nonsense\n{"event": "stepped", "step": 2, "seco')
    assert agree() == "finished"
    with run.paths.events.open("ab") as file:
        file.write(b"\n" + bytes(10_000) + b"\n")
    assert agree() == "finished"


def test_what_was_added_is_read_up_to_the_last_whole_line(run: Run, journal: Journal) -> None:
    journal.append(stepped(1))
    events, size = journal.added(0)
    journal.append(stepped(2))
    with run.paths.events.open("ab") as file:
        file.write(b'{"event": "stepped", "step": 3, "seco')
    more, size_then = journal.added(size)
    assert [event["step"] for event in events + more] == [1, 2]
    assert journal.added(size_then) == ([], size_then)
