"""The Data tab without a browser: what its events answer, and what a browser's module may ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from gradio.blocks import Block
from page_server import UNKNOWN, Site, write_paintings
from PIL import Image

from neural_art.errors import DatasetError, NeuralArtError, RunError
from neural_art.recipe import Budget, Recipe
from neural_art.runs.run import Run
from neural_art.web.components.cards import Cards
from neural_art.web.components.duplicates import Duplicates
from neural_art.web.components.facts import Facts
from neural_art.web.components.rejections import Rejections
from neural_art.web.components.upload import Upload
from neural_art.web.tabs.data import TASK
from neural_art.web.visit import Visit
from neural_art.web.wiring import Updates

HOSTILE = "`${alert(1)}` {{value.run}} <img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> dict[str, bytes]:
    folder = write_paintings(tmp_path_factory.mktemp("set") / "hills", drawn_paintings)
    return {str(path.relative_to(folder.parent)): path.read_bytes() for path in sorted(folder.rglob("*.png"))}


def shown(updates: Updates, kind: type[Block], number: int = 0) -> Any:
    """The value that a component of this kind gets."""
    found = [update for block, update in updates.items() if type(block) is kind]
    update = found[number]
    return update["value"] if update.get("__type__") == "update" else update


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def first(pictures: dict[str, bytes], count: int) -> dict[str, bytes]:
    return dict(list(pictures.items())[:count])


# ---- taking


def test_the_first_files_make_a_run_and_the_others_go_to_it(site: Site, pictures: dict[str, bytes]) -> None:
    first_five = site.take(first(pictures, 5), name="Hills")
    assert site.studio.status(first_five["run"]).name == "Hills"
    rest = dict(list(pictures.items())[5:])
    assert site.take(rest, run=first_five["run"]) == {"run": first_five["run"], "taken": 7}
    assert len(list(site.studio.root.iterdir())) == 1
    updates = site.checked(first_five["run"])
    assert shown(updates, Upload)["ready"] == 12
    assert list(site.cache.rglob("*.png")) == [], "nothing stays where whoever knows a path can read it"


def test_what_comes_again_counts_once(site: Site, pictures: dict[str, bytes]) -> None:
    run = site.take(first(pictures, 9))["run"]
    listed = [{"path": site.upload(content), "name": name} for name, content in pictures.items()]
    for _ in range(2):  # the answer to the first got lost
        assert site.tab._uploads.take({"run": run, "name": "", "files": listed, "unread": []})["taken"] == 12
    report = site.studio.run(run).report if site.checked(run) else None
    assert report is not None
    assert (len(report.paintings), report.rejections) == (12, ())


def test_what_did_not_come_is_named_in_the_report(site: Site, pictures: dict[str, bytes]) -> None:
    unread = [
        {"name": f"{HOSTILE}.jpg", "code": "unread"},
        {"name": "set/locked", "code": "folder-unread"},
        {"name": "huge.tif", "code": "too-large", "bytes": 400 << 20},
        {"name": "odd.jpg", "code": ["no code"]},
    ]
    run = site.take(pictures, unread=unread)["run"]
    listed = shown(site.checked(run), Rejections, 1)
    assert listed["title"] == "4 files were left out"
    assert [each["name"] for each in listed["files"]] == [f"{HOSTILE}.jpg", "huge.tif", "odd.jpg", "set/locked"]
    assert "400 MB" in listed["files"][1]["reason"]


def test_a_path_that_was_not_uploaded_is_refused(site: Site, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (80, 80)).save(secret)
    link = site.cache / "link.png"
    link.symlink_to(secret)
    for path in [str(secret), str(link), f"{site.cache}/../secret.png", "/etc/passwd", str(site.cache), "", None, "\0"]:
        with pytest.raises(RunError, match="did not arrive"):
            site.tab._uploads.take({"run": "", "name": "x", "files": [{"path": path, "name": "x"}], "unread": []})
    assert secret.exists()
    link.unlink()


def test_too_many_bytes_are_refused_and_what_came_before_stays(site: Site) -> None:
    run = site.take({f"{n}.png": bytes([n]) * (1 << 20) for n in range(4)})["run"]
    with pytest.raises(RunError, match="more than 4 MB together"):
        site.take({"5.png": bytes(1 << 20)}, run=run)
    assert site.tab._uploads.count(site.studio.run(run)) == 4


def test_a_run_that_has_been_trained_takes_nothing(site: Site, pictures: dict[str, bytes]) -> None:
    run = site.take(pictures)["run"]
    site.checked(run)
    site.studio.train(run, Recipe(), Budget.requested(1))
    with pytest.raises(RunError) as refused:
        site.take(first(pictures, 1), run=run)
    assert refused.value.code == "keeps-paintings"


# ---- the check


def test_a_check_is_followed_to_the_report(
    site: Site, pictures: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, go_on = site.take(pictures)["run"], threading.Event()
    check = site.tab._uploads.check

    def held(*details: Any) -> Iterator[Any]:
        yield from check(*details)
        go_on.wait(60)

    monkeypatch.setattr(site.tab._uploads, "check", held)
    updates = site.tab._arrived_all(site.visit, {"run": run}, "#ffffff")
    assert updates[site.page.session]["run"] == run, "the browser has its key"
    site.visit = site.visit.at(run, "data")
    task = shown(updates, Upload)["task"]
    assert task["done"] <= task["total"]
    _, before = site.tick({})
    assert site.page.tasks.working(run, TASK), "a page that is loaded anew sees it, too"
    go_on.set()
    site.ended(run)
    updates, now = site.tick(before)
    assert shown(updates, Upload)["task"] is None
    assert shown(updates, Facts)["facts"][0][0] == "Sizes"
    assert site.tick(now)[0] == {}, "nothing is sent while nothing changes"


def test_too_few_are_said_with_the_files_left_out_and_others_complete_them(
    site: Site, pictures: dict[str, bytes]
) -> None:
    run = site.take({**first(pictures, 5), f"{HOSTILE}.jpg": b"no picture"})["run"]
    updates = site.checked(run)
    trouble = shown(updates, Rejections)
    assert trouble["sentence"].startswith("5 paintings are too few to learn from; upload at least 8.")
    assert [each["name"] for each in trouble["files"]] == [f"{HOSTILE}.jpg"]
    assert updates[site.tab._begin]["visible"], "the picker stays"
    assert updates[site.tab._arrived]["visible"]
    site.take(dict(list(pictures.items())[5:]), run=run)
    updates = site.checked(run)
    assert updates[site.tab._trouble] == {"__type__": "update", "value": {}, "visible": False}
    assert shown(updates, Upload)["ready"] == 12


def test_what_has_arrived_can_be_used_or_discarded(site: Site, pictures: dict[str, bytes]) -> None:
    run = site.take(pictures)["run"]
    updates = site.tab._begun(site.visit, {"run": run})
    assert updates[site.tab._arrived_note].startswith("12 files are here and not in use yet.")
    site.visit = site.visit.at(run)
    site.tab._check_arrived(site.visit, "#ffffff")
    site.ended(run)
    assert shown(site.page.current(site.visit), Upload)["ready"] == 12
    site.take({"more.zip": b"no zip"}, run=run)
    assert shown(site.checked(run), Rejections)["sentence"]
    updates = site.tab._discard_arrived(site.visit)
    assert not updates[site.tab._arrived]["visible"]
    assert not updates[site.tab._trouble]["visible"], "what failed is forgotten with it"
    assert site.tab._uploads.count(site.studio.run(run)) == 0


def test_a_check_takes_what_comes_meanwhile(
    site: Site, pictures: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, arrived, go_on = site.take(first(pictures, 9))["run"], threading.Event(), threading.Event()
    add = site.studio.intake.add_paintings

    def slowly(*given: Any, **details: Any) -> Iterator[Any]:
        yield from add(*given, **details)
        arrived.set()
        go_on.wait(60)

    monkeypatch.setattr(site.studio.intake, "add_paintings", slowly)
    site.tab._arrived_all(site.visit, {"run": run}, "#ffffff")
    assert arrived.wait(60)
    site.take(dict(list(pictures.items())[9:]), run=run)
    answer = site.tab._arrived_all(site.visit, {"run": run}, "#ffffff")  # another tab's
    assert site.page.messages not in answer
    go_on.set()
    site.ended(run)
    report = site.studio.run(run).report
    assert report is not None
    assert len(report.paintings) == 12


def test_an_upload_that_ends_while_another_run_is_open_leaves_it_open(site: Site, pictures: dict[str, bytes]) -> None:
    other = site.studio.create("Other").id
    run = site.take(pictures)["run"]
    updates = site.tab._arrived_all(Visit(run=other, runs=(other,)), {"run": run}, "#ffffff")
    site.ended(run)
    assert updates[site.page.session]["run"] == other
    assert set(updates[site.page.session]["runs"]) == {other, run}


def test_an_upload_to_a_run_that_is_gone_is_answered(site: Site) -> None:
    updates = site.tab._arrived_all(site.visit, {"run": UNKNOWN}, "#ffffff")
    assert "no such run" in updates[site.page.messages]["text"]
    assert shown(updates, Upload)["run"] == ""


@pytest.mark.parametrize(
    ("given", "stored"),
    [("#FF8000", "#ff8000"), ("rgba(255, 127.6, 0, 1)", "#ff8000"), ("rgb(0 0 255)", "#0000ff"), (None, "#ffffff")],
)
def test_the_colour_behind_transparent_parts_is_the_pickers(
    site: Site, pictures: dict[str, bytes], given: Any, stored: str
) -> None:
    run = site.take(pictures)["run"]
    site.checked(run, given)
    report = site.studio.run(run).report
    assert report is not None
    assert report.matte == stored


# ---- the report


@pytest.fixture
def prepared(site: Site, pictures: dict[str, bytes]) -> Run:
    """An open run with twelve paintings, half of them in a folder with a hostile name."""
    named = {name.replace("dawn", HOSTILE): content for name, content in pictures.items()}
    run = site.take(named)["run"]
    site.checked(run)
    return site.studio.run(run)


def test_names_of_files_and_folders_are_never_markup(site: Site, prepared: Run) -> None:
    updates = site.page.current(site.visit)
    assert HOSTILE in shown(updates, Facts)["facts"][2][1]
    safe = (Facts, Rejections, Duplicates, Upload, Cards)  # their modules write names as text
    for block, update in updates.items():
        if not isinstance(block, safe):
            assert not [text for text in texts(update) if HOSTILE in text], type(block)


def test_the_fit_is_chosen_and_what_is_refused_is_taken_back(site: Site, prepared: Run) -> None:
    cards = shown(site.tab._refit(site.visit, {"value": "crop"}), Cards)
    assert (cards["chosen"], [card["value"] for card in cards["cards"]]) == ("crop", ["squeeze", "crop"])
    assert [picture["look"] for picture in cards["cards"][1]["pictures"]] == ["whole", "cropped"]
    for choice in ({"value": "stretch"}, {"value": 7}, {}):
        with pytest.raises(NeuralArtError):
            site.tab._refit(site.visit, choice)
    assert shown(site.page.current(site.visit), Cards)["chosen"] == "crop"


def test_near_duplicates_are_left_out(site: Site, prepared: Run) -> None:
    report = prepared.report
    assert report is not None
    gone = [painting.file for painting in report.paintings[:2]]
    updates = site.tab._leave_out(site.visit, {"files": gone})
    assert shown(updates, Upload)["ready"] == 10
    assert shown(updates, Rejections, 1)["title"] == "2 files were left out"
    with pytest.raises(DatasetError):
        site.tab._leave_out(site.visit, {"files": [painting.file for painting in report.paintings[2:]]})
    with pytest.raises(DatasetError):
        site.tab._leave_out(site.visit, {"files": ["../run.json"]})


def test_small_pictures_are_given_of_the_runs_paintings_only(site: Site, prepared: Run) -> None:
    answer = site.tab.painting_thumbnails({"run": prepared.id, "files": ["00003.jpg", "../run.json", "sheet.jpg"]})
    assert list(answer["pictures"]) == ["00003.jpg"]
    assert answer["pictures"]["00003.jpg"].startswith("data:image/jpeg;base64,")


def test_the_paintings_of_a_training_are_locked(site: Site, prepared: Run) -> None:
    before = site.page.current(site.visit)
    assert (shown(before, Cards)["locked"], before[site.tab._more]["visible"]) == (False, True)
    site.studio.train(prepared.id, Recipe(), Budget.requested(1))
    updates = site.page.current(site.visit)
    assert (shown(updates, Cards)["locked"], shown(updates, Duplicates)["locked"]) == (True, True)
    assert not updates[site.tab._more]["visible"]
    assert updates[site.tab._next_note] == "These paintings belong to this training."
    assert not shown(updates, Upload)["takes"]


def test_the_report_speaks_the_visitors_language(site: Site, prepared: Run) -> None:
    visit = Visit(run=prepared.id, language="zh", step="data")
    updates = site.page.current(visit)
    assert updates[site.tab._title] == "# 12 幅画已备好"
    assert shown(updates, Cards)["cards"][1]["title"] == "裁切"


def test_the_next_step_is_the_training(site: Site, prepared: Run) -> None:
    assert site.tab._continue(site.visit)[site.page.session]["step"] == "train"


def test_without_a_run_there_is_the_beginning(site: Site) -> None:
    updates = site.page.blank(site.visit)
    assert updates[site.tab._begin]["visible"]
    assert not updates[site.tab._report]["visible"]
    assert shown(updates, Upload) | {"limits": {}} == {
        "run": "", "takes": True, "limits": {}, "task": None, "ready": 0,
    }  # fmt: skip
