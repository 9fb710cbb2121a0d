"""What one visitor may have, and what all together."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from run_makers import paintings_folder

from neural_art.errors import NeuralArtError
from neural_art.recipe import Budget, Recipe
from neural_art.runs.quotas import HOSTED, Quotas
from neural_art.runs.registry import Registry
from neural_art.runs.run import Run
from neural_art.runs.studio import Studio
from neural_art.runs.uploads import UploadBox
from neural_art.runs.visitors import Visitors, visitor_at

ANNA, BO = "192.0.2.1", "192.0.2.2"


def studio_with(tmp_path: Path, **quotas: Any) -> Studio:
    return Studio(tmp_path / "runs", quotas=Quotas(**quotas), start=False)


def refusals(ask: Callable[[], object], times: int) -> list[str]:
    """The codes with which asking so often was refused."""
    codes = []
    for _ in range(times):
        try:
            ask()
        except NeuralArtError as error:
            assert str(error).endswith(".")
            codes.append(error.code)
    return codes


def prepared(studio: Studio, folder: Path, visitor: str = "") -> Run:
    run = studio.create("Blocks", visitor=visitor)
    for _ in studio.intake.add_paintings(run.id, paintings_folder(folder)):
        pass
    return run


# ---- who it is


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "visitor"),
    [
        ("192.0.2.1", "", 0, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", 0, "192.0.2.1"),  # nobody of ours wrote that
        ("10.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", 1, "203.0.113.9"),  # the first was written by the visitor
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9", 3, "203.0.113.9"),
        ("10.0.0.1", "", 1, "10.0.0.1"),
        ("10.0.0.1", " , ", 1, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", 1, "203.0.113.9"),
        ("10.0.0.1", "[2001:db8:1:2:3::4]:4711", 1, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:aaaa::1", "", 0, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::1", "", 0, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "", 0, "192.0.2.1"),
        ("fe80::1%eth0", "", 0, "fe80::/64"),
        (None, "", 0, "unknown"),
        ("10.0.0.1", "no address" * 90, 1, ("no address" * 90)[:64]),
    ],
)
def test_a_visitor_is_where_a_request_comes_from(peer: str | None, forwarded: str, proxies: int, visitor: str) -> None:
    assert visitor_at(peer, forwarded, proxies) == visitor


# ---- runs


def test_a_visitor_may_have_so_many_empty_runs_and_then_uses_or_deletes_one(tmp_path: Path) -> None:
    studio = studio_with(tmp_path, empty_runs=3)
    runs = [studio.create("x", visitor=ANNA) for _ in range(3)]
    assert refusals(lambda: studio.create("x", visitor=ANNA), 2) == ["too-many-empty-runs"] * 2
    assert len(list(studio.root.iterdir())) == 3
    studio.create("x", visitor=BO)
    studio.delete(runs[0].id)
    studio.create("x", visitor=ANNA)
    for _ in studio.intake.add_paintings(runs[1].id, paintings_folder(tmp_path / "brought")):
        pass
    assert refusals(lambda: studio.create("x", visitor=ANNA), 2) == ["too-many-empty-runs"]


def test_a_visitor_may_make_so_many_runs_in_an_hour(tmp_path: Path) -> None:
    clock = [0.0]
    registry = Registry(tmp_path / "runs")
    visitors = Visitors(registry, Quotas(runs_an_hour=2), now=lambda: clock[0])

    def create() -> None:
        with visitors.creating(ANNA) as made:
            made(registry.create("x").id)

    create()
    clock[0] = 1800.0
    create()
    clock[0] = 3000.0
    with pytest.raises(NeuralArtError, match=r"in 10 min\.") as refused:
        create()
    assert refused.value.code == "too-many-runs"
    clock[0] = 3600.0
    create()
    assert refusals(create, 1) == ["too-many-runs"]


def test_a_run_that_could_not_be_made_is_not_counted(tmp_path: Path) -> None:
    studio = studio_with(tmp_path, runs_an_hour=1)
    assert refusals(lambda: studio.create("", visitor=ANNA), 3) == ["no-name"] * 3
    studio.create("x", visitor=ANNA)


def test_all_visitors_together_may_have_so_many_runs(tmp_path: Path) -> None:
    studio = studio_with(tmp_path, all_runs=3)
    for visitor in (ANNA, BO, ""):
        studio.create("x", visitor=visitor)
    assert refusals(lambda: studio.create("x", visitor="192.0.2.3"), 1) == ["too-many-runs-in-all"]
    studio.create("x")  # whoever is at the machine


def test_a_visitor_s_runs_may_take_up_so_much_of_the_disk(tmp_path: Path) -> None:
    studio = studio_with(tmp_path, disk_bytes=1 << 20)
    run = studio.create("x", visitor=ANNA)
    (run.folder / "films").mkdir()
    (run.folder / "films" / "loop-1.mp4").write_bytes(bytes(2 << 20))
    assert refusals(lambda: studio.create("x", visitor=ANNA), 1) == ["too-much-disk"]
    studio.create("x", visitor=BO)
    studio.delete(run.id)
    studio.create("x", visitor=ANNA)


def test_the_disk_is_never_filled(tmp_path: Path) -> None:
    studio = studio_with(tmp_path, free_bytes=1 << 60)
    assert refusals(lambda: studio.create("x", visitor=ANNA), 1) == ["disk-full"]


def test_a_branch_is_a_run_that_a_visitor_made(tmp_path: Path) -> None:
    studio = studio_with(tmp_path, runs_an_hour=2)
    run = prepared(studio, tmp_path / "brought", ANNA)
    run.paths.checkpoint.write_bytes(b"a model")
    studio.branch(run.id, name="Again", visitor=ANNA)
    assert refusals(lambda: studio.branch(run.id, name="Again", visitor=ANNA), 1) == ["too-many-runs"]
    assert len(list(studio.root.iterdir())) == 2


def test_many_who_ask_at_once_are_counted_one_by_one(tmp_path: Path) -> None:
    studio, start, codes = studio_with(tmp_path, empty_runs=5), threading.Barrier(16), []

    def ask() -> None:
        start.wait(10)
        codes.extend(refusals(lambda: studio.create("x", visitor=ANNA), 4))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert codes == ["too-many-empty-runs"] * 59
    assert len(list(studio.root.iterdir())) == 5


# ---- trainings


def test_a_visitor_may_have_so_many_trainings(tmp_path: Path) -> None:
    studio = studio_with(tmp_path, trainings=2)
    runs = [prepared(studio, tmp_path / "brought", ANNA) for _ in range(4)]
    for run in runs[:2]:
        studio.train(run.id, Recipe(), Budget(minutes=5), visitor=ANNA)
    train = lambda: studio.train(runs[2].id, Recipe(), Budget(minutes=5), visitor=ANNA)  # noqa: E731
    assert refusals(train, 1) == ["too-many-trainings"]
    assert studio.status(runs[2].id).state == "prepared"
    studio.train(runs[3].id, Recipe(), Budget(minutes=5), visitor=BO)
    studio.stop(runs[0].id)
    train()
    assert refusals(lambda: studio.train(runs[0].id, Recipe(), Budget(minutes=5), visitor=ANNA), 1) == [
        "too-many-trainings"
    ]


def test_pausing_and_resuming_gives_nobody_more_trainings(tmp_path: Path) -> None:
    studio = studio_with(tmp_path, trainings=1)
    first, second = (prepared(studio, tmp_path / "brought", ANNA) for _ in range(2))
    studio.train(first.id, Recipe(), Budget(minutes=5), visitor=ANNA)
    studio.pause(first.id)
    studio.train(second.id, Recipe(), Budget(minutes=5), visitor=ANNA)
    assert refusals(lambda: studio.resume(first.id, visitor=ANNA), 1) == ["too-many-trainings"]
    assert studio.status(first.id).state == "paused"
    studio.pause(second.id)
    studio.resume(first.id, visitor=ANNA)
    studio.resume(first.id, visitor=ANNA)  # it waits already


def test_the_minutes_of_a_visitor_s_trainings_are_counted_together(tmp_path: Path) -> None:
    studio = studio_with(tmp_path, training_minutes=100)
    first, second = (prepared(studio, tmp_path / "brought", ANNA) for _ in range(2))
    studio.train(first.id, Recipe(), Budget(minutes=70), visitor=ANNA)
    with pytest.raises(NeuralArtError, match="have 70 minutes to go, and one person may have 100 in all") as refused:
        studio.train(second.id, Recipe(), Budget(minutes=31), visitor=ANNA)
    assert refused.value.code == "too-many-minutes"
    studio.train(second.id, Recipe(), Budget(minutes=30), visitor=ANNA)


def test_the_queue_takes_so_many_trainings_from_all(tmp_path: Path) -> None:
    studio = studio_with(tmp_path, all_trainings=2)
    runs = [prepared(studio, tmp_path / "brought") for _ in range(3)]
    for run, visitor in zip(runs, (ANNA, BO), strict=False):
        studio.train(run.id, Recipe(), Budget(minutes=5), visitor=visitor)
    third = lambda: studio.train(runs[2].id, Recipe(), Budget(minutes=5), visitor="192.0.2.3")  # noqa: E731
    assert refusals(third, 1) == ["queue-full"]
    studio.stop(runs[0].id)
    third()


# ---- uploads


def test_uploads_count_until_they_are_checked_or_gone(tmp_path: Path) -> None:
    studio, cache = studio_with(tmp_path, upload_bytes=100_000), tmp_path / "cache"
    run = studio.create("x", visitor=ANNA)
    cache.mkdir()
    names = itertools.count()

    def upload(size: int, visitor: str = ANNA) -> Path:
        with studio.visitors.uploading(visitor, size, cache) as arrived:
            file = cache / f"{next(names)}.png"
            file.write_bytes(bytes(size))
            arrived.files.add(file)
        return file

    first = upload(60_000)
    assert studio.visitors.waiting_bytes(ANNA) == 60_000
    assert refusals(lambda: upload(41_000), 1) == ["too-many-uploads"]
    upload(100_000, BO)
    UploadBox(run).take(first, "first.png")
    assert studio.visitors.waiting_bytes(ANNA) >= 60_000
    assert refusals(lambda: upload(41_000), 1) == ["too-many-uploads"]
    UploadBox(run).clear()
    upload(100_000).unlink()
    assert studio.visitors.waiting_bytes(ANNA) == 0


def test_uploads_on_their_way_count(tmp_path: Path) -> None:
    visitors = studio_with(tmp_path, upload_bytes=100).visitors
    with visitors.uploading(ANNA, 60, tmp_path):
        with pytest.raises(NeuralArtError) as refused, visitors.uploading(ANNA, 60, tmp_path):
            pass
        assert refused.value.code == "too-many-uploads"
    with visitors.uploading(ANNA, 100, tmp_path):
        pass


def test_what_was_received_of_an_upload_that_broke_off_counts_for_an_hour(tmp_path: Path) -> None:
    clock = [0.0]
    visitors = Visitors(Registry(tmp_path / "runs"), Quotas(upload_bytes=100), now=lambda: clock[0])
    with pytest.raises(ZeroDivisionError), visitors.uploading(ANNA, 100, tmp_path) as upload:
        upload.received = 30
        raise ZeroDivisionError
    assert visitors.waiting_bytes(ANNA) == 30
    with pytest.raises(NeuralArtError), visitors.uploading(ANNA, 71, tmp_path):
        pass
    clock[0] = 3600.0
    with visitors.uploading(ANNA, 100, tmp_path):
        pass


# ---- all of it


def test_no_quota_holds_for_whoever_is_at_the_machine(tmp_path: Path) -> None:
    studio = studio_with(
        tmp_path, runs_an_hour=1, empty_runs=1, trainings=1, training_minutes=1, upload_bytes=1, disk_bytes=1,
        all_runs=1, all_trainings=1, free_bytes=1 << 60,
    )  # fmt: skip
    runs = [prepared(studio, tmp_path / "brought") for _ in range(3)]
    for run in runs:
        studio.train(run.id, Recipe(), Budget(minutes=120))
    with studio.visitors.uploading("", 1000, tmp_path):
        pass


def test_visitors_who_have_nothing_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neural_art.runs.visitors.REMEMBERED", 10)
    studio = studio_with(tmp_path)
    studio.create("x", visitor=ANNA)
    for number in range(50):
        with studio.visitors.uploading(f"198.51.100.{number}", 1, tmp_path):
            pass
    assert studio.visitors.known <= 11
    assert refusals(lambda: studio.create("x", visitor=ANNA), HOSTED.empty_runs) == []
