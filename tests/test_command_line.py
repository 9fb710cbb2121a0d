"""The commands as a person types them. Most are called in this process; tests about processes start one."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from PIL import Image

from neural_art.cli.main import build_parser, main
from neural_art.explore import film
from neural_art.explore.explorer import Explorer
from neural_art.explore.position import DEFAULT_TRUNCATION, TRUNCATION, Position
from neural_art.runs.desired import set_desired_state
from neural_art.runs.favourites import Favourites
from neural_art.runs.journal import Journal
from neural_art.runs.lock import hold
from neural_art.runs.run import Run
from neural_art.runs.status import Status, status_of

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    """Twelve wide paintings in two classes, and a letter."""
    folder = tmp_path_factory.mktemp("uploads")
    for i, pixels in enumerate(drawn_paintings):
        place = folder / ("hills" if i < 8 else "海")
        place.mkdir(exist_ok=True)
        Image.fromarray(pixels.permute(1, 2, 0).numpy()).resize((240, 160)).save(place / f"view {i:02d}.png")
    (folder / "letter.jpg").write_text("Dear reader")
    return folder


Interrupted = tuple[Path, subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory, uploads: Path) -> Interrupted:
    """A run trained by the command, and by Ctrl-C interrupted after the first sample grid; what the command printed."""
    folder = tmp_path_factory.mktemp("runs") / "mine"
    words = ["train", str(uploads), "--run", str(folder), "--recipe", "sketch", "--base", "none"]
    process = subprocess.Popen(
        [sys.executable, "-m", "neural_art", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    try:
        end = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < end and not (folder / "thumbnail.jpg").exists():
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return folder, subprocess.CompletedProcess(words, process.returncode, out, err)


@pytest.fixture(scope="module")
def trained(interrupted: Interrupted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interrupted run, resumed by the command and trained to its end (two more steps)."""
    folder = tmp_path_factory.mktemp("trained") / "mine"
    shutil.copytree(interrupted[0], folder)
    run = Run.open(folder)
    set_desired_state(run, "paused", steps=Journal(run).saved_step + 2)
    assert main(["train", "--run", str(folder), "--device", "cpu"]) == 0
    return folder


def _status(folder: Path) -> Status:
    return status_of(Run.open(folder))


# ---- train


def test_ctrl_c_saves_and_tells_how_to_go_on(interrupted: Interrupted) -> None:
    folder, printed = interrupted
    assert printed.returncode == 1
    assert "Traceback" not in printed.stderr
    assert f"python -m neural_art train --run {folder}" in printed.stderr
    status = _status(folder)
    assert status.state == "paused"
    assert status.can_explore
    assert "12 paintings accepted, 1 file left out" in printed.stdout
    assert "Starting on this computer's processor with 12 paintings" in printed.stderr


def test_a_paused_run_is_resumed_and_finished(trained: Path, interrupted: Interrupted) -> None:
    journal = Journal(Run.open(trained))
    assert _status(trained).state == "finished"
    recipe = Run.open(trained).recipe
    assert recipe is not None and recipe.device == "cpu", "as it was asked for when it went on"
    names = [event["event"] for event in journal.events()]
    assert names.count("started") == 2
    assert names[-1] == "finished"
    assert journal.standing[0] == Journal(Run.open(interrupted[0])).saved_step + 2


def test_a_finished_run_asks_how_much_longer(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--run", str(trained)]) == 1
    assert re.search(r"is finished.*--minutes \d+", capsys.readouterr().err)
    assert _status(trained).state == "finished", "nothing was changed"


def test_a_run_keeps_the_recipe_that_it_began_with(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--run", str(trained), "--recipe", "canvas", "--minutes", "9"]) == 1
    assert "began with recipe sketch, not canvas" in capsys.readouterr().err
    assert main(["train", "--run", str(trained), "--seed", "5", "--minutes", "9"]) == 1
    assert "began with seed 0, not 5" in capsys.readouterr().err


def test_a_run_in_training_is_left_alone(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hold(Run.open(trained)):
        assert main(["train", "--run", str(trained), "--minutes", "9"]) == 1
    assert "being trained already" in capsys.readouterr().err
    assert _status(trained).state == "finished"


def test_a_folder_with_other_things_in_it_does_not_become_a_run(
    uploads: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "diary.txt").write_text("Monday")
    assert main(["train", str(uploads), "--run", str(tmp_path)]) == 1
    assert "holds something else" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["diary.txt"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "--run", "{tmp}/none"], "There is no run in"),
        (["train", "{tmp}/none", "--run", "{tmp}/run"], "Name a folder or a zip"),
        (["train", "{tmp}", "--run", "{tmp}/run"], "at least 8"),
        (["train", "{tmp}", "--run", "{tmp}/run", "--base", "{tmp}/none"], "to start from"),
        (["train", "{tmp}", "--run", "{tmp}/run", "--minutes", "0"], "0 is not a number from 0.05 to 120"),
        (["train", "{tmp}", "--run", "{tmp}/run", "--minutes", "nan"], "nan is not a number"),
        (["train", "{tmp}", "--run", "{tmp}/run", "--seed", "1.5"], "1.5 is not a whole number"),
        (["train", "{run}", "--run", "{tmp}/run", "--device", "mps"], "Nothing here computes as mps"),
        (["train", "{run}", "--run", "{tmp}/run", "--device", "gpu"], "invalid choice: 'gpu'"),
        (["check", "{tmp}/none"], "There is nothing at"),
        (["check", "{tmp}"], "at least 8"),
        (["status", "{tmp}"], "There is no run in"),
        (["runs", "--runs", "{tmp}/none"], "There is no folder of runs at"),
        (["paint", "{tmp}", "--out", "{tmp}/out"], "Train first"),
        (["paint", "{run}", "--out", "{tmp}/letter.jpg"], "letter.jpg"),
        (["paint", "{run}", "--out", "{tmp}/out", "--truncation", "2"], "2 is not a number from 0 to 1.5"),
        (["paint", "{tmp}/letter.jpg", "--out", "{tmp}/out"], "letter.jpg is damaged or is not"),
        (["morph", "{run}", "0", "1", "--out", "{tmp}/strip.gif"], "one of these: .png, .mp4"),
        (["morph", "{run}", "0", "view", "--out", "{tmp}/strip.png"], "in the names of 12 paintings"),
        (["morph", "{run}", "0", "unicorn", "--out", "{tmp}/strip.png"], "There is no painting"),
        (["morph", "{run}", "0", "{tmp}/letter.jpg", "--out", "{tmp}/strip.png"], "letter.jpg cannot be used"),
        (["film", "{run}", "--out", "{tmp}/loop.avi"], "loop.avi"),
        (["film", "{run}", "--out", "{tmp}/loop.mp4", "--seconds", "1"], "2 to 60"),
        (["film", "{run}", "--out", "{tmp}/loop.mp4", "--seconds", "long"], "long is not a number"),
        (["film", "{run}", "--out", "{tmp}/letter.jpg/loop.mp4"], "cannot be used"),
        (["pretrain", "{tmp}", "--run", "{tmp}/base", "--minutes", "1"], "too few"),
        (["teach", "{tmp}", "--run", "{tmp}/taught", "--minutes", "1", "--device", "cpu"], "too few"),
        (["pretrain-enlarger", "{tmp}", "--out", "{tmp}/x.safetensors", "--minutes", "1"], "too few"),
        (["unicorn"], "invalid choice: 'unicorn'"),
        ([], "required"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_command_that_cannot_be_done_ends_with_a_sentence_and_1(
    words: list[str], sentence: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.jpg").write_text("Dear reader")
    with pytest.raises(SystemExit) as leaving:  # argparse leaves by itself, the rest returns its status
        sys.exit(main([word.format(tmp=tmp_path, run=trained) for word in words]))
    assert leaving.value.code == 1
    printed = capsys.readouterr().err
    assert sentence in printed
    assert "Traceback" not in printed


# ---- check and status


def test_check_lists_what_is_accepted_and_what_is_left_out(
    uploads: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = tmp_path / "paintings.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for path in sorted(uploads.rglob("*.*")):
            file.write(path, path.relative_to(uploads))
    for place in (uploads, packed):
        assert main(["check", str(place)]) == 0
        printed = capsys.readouterr().out
        assert "hills/view 00.png  (240 x 160)" in printed
        assert re.search(r"letter\.jpg: \w+", printed)
        assert "12 paintings accepted, 1 file left out." in printed
        assert "Classes: hills (8), 海 (4)" in printed


def test_check_lists_everything_when_there_are_too_few(
    uploads: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("hills/view 00.png", "letter.jpg"):
        (tmp_path / Path(name).name).write_bytes((uploads / name).read_bytes())
    assert main(["check", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert "view 00.png" in printed.out
    assert "letter.jpg" in printed.out
    assert "at least 8" in printed.err


def test_status_is_json(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(trained)]) == 0
    status = json.loads(capsys.readouterr().out)
    assert status["state"] == "finished"
    assert status["paintings"] == 12


def test_runs_are_listed_with_their_links_and_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hills, damaged = Run.create(tmp_path, "Hills 丘\x1b[2J"), Run.create(tmp_path, "Damaged")
    by_hand = Run.at(tmp_path / "mine", "By hand")
    (hills.folder / "worker.log").write_bytes(bytes(2_500_000))
    damaged.paths.info.write_text('{"name": "Sea", "created": ')
    monkeypatch.setenv("NEURAL_ART_RUNS", str(tmp_path))
    assert main(["runs"]) == 0
    head, *rows, reason = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "STATE", "MADE", "PAINTINGS", "SIZE", "ID", "LINK"]
    assert [row.split()[0] for row in rows] == ["By", "Hills", "Sea"]
    assert re.search(
        rf"Hills 丘 \[2J +empty +\d{{4}}-\d\d-\d\d \d\d:\d\d +0 +2\.5 MB +{hills.id} +\?run={hills.id}$", rows[1]
    )
    assert rows[0].endswith("mine" + " " * 20 + "-"), "the page cannot reach it"
    assert "run.json is damaged" in reason
    assert rows[0].index("empty") == rows[1].index("empty") + 1, "a Chinese character takes two columns"

    assert main(["runs", "--json", "--runs", str(tmp_path)]) == 0
    listed = {each["id"]: each for each in json.loads(capsys.readouterr().out)}
    assert listed[hills.id]["bytes"] > 2_500_000
    assert (listed[hills.id]["link"], listed[by_hand.id]["link"]) == (f"?run={hills.id}", None)
    assert (listed[damaged.id]["name"], listed[damaged.id]["state"]) == ("Sea", "unreadable")


def test_a_folder_without_runs_is_said_to_have_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"There are no runs in {tmp_path}.\n"


# ---- doctor


def test_doctor_says_what_there_is_and_what_is_used(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEURAL_ART_DEVICE", "cpu")
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for line in (
        rf"torch +{re.escape(torch.__version__)}, for ",
        r"cpu +\w+",
        r"to learn +cpu \(this computer's processor\)",
        r"usually +recipe canvas \(256 px\), 5 minutes",
        r"cores +\d+ of \d+ may be used",
        r"runs +/.*GB free",
        r"NEURAL_ART_DEVICE +cpu",
    ):
        assert re.search(rf"^  {line}", printed, re.MULTILINE), line


def test_doctor_says_that_pytorch_is_broken(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libcudart.so.13: cannot open shared object file')")
    done = subprocess.run(
        [sys.executable, "-m", "neural_art", "doctor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert re.search(r"torch +cannot be used: libcudart.*Install it again", done.stdout)
    assert "cores" in done.stdout


# ---- paint, morph, film


def test_paint_writes_pictures_that_know_their_seed(trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "pictures"
    assert (
        main(
            [
                "paint",
                str(trained),
                "--out",
                str(out),
                "--count",
                "3",
                "--seed",
                "40",
                "--truncation",
                "0.5",
                "--device",
                "cpu",
            ]
        )
        == 0
    )
    assert sorted(path.name for path in out.iterdir()) == ["00040.png", "00041.png", "00042.png"]
    with Image.open(out / "00041.png") as picture:
        assert picture.size == (96, 64)
        provenance = json.loads(picture.info["neural_art"])
        again = Explorer.open(trained).picture(Position.from_json(provenance["position"]))
        assert picture.tobytes() == again.tobytes()
    assert provenance["seed"] == 41
    assert provenance["position"]["truncation"] == 0.5


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac may have what is asked for")
def test_a_device_that_is_not_there_is_refused_before_anything_is_painted(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pictures"
    for words in (["paint"], ["film"], ["morph", "0", "5"]):
        command, *ends = words
        path = out if command == "paint" else out / "film.mp4"
        assert main([command, str(trained), *ends, "--out", str(path), "--device", "mps"]) == 1
        assert "Nothing here computes as mps" in capsys.readouterr().err
    assert not out.exists()


def test_paint_takes_a_class_by_its_folders_name(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["paint", str(trained), "--out", str(tmp_path), "--count", "1", "--class", "海"]) == 0
    with Image.open(tmp_path / "00000.png") as picture:
        class_index = json.loads(picture.info["neural_art"])["position"]["class_index"]
    assert Explorer.open(trained).class_names[class_index] == "海"
    assert main(["paint", str(trained), "--out", str(tmp_path), "--class", "seas"]) == 1
    assert "'seas'" in (printed := capsys.readouterr().err)
    assert "hills, 海" in printed


def test_paint_takes_a_checkpoint_and_paints_squares(trained: Path, tmp_path: Path) -> None:
    words = ["paint", str(trained / "checkpoint.safetensors"), "--out", str(tmp_path), "--count", "1", "--square"]
    assert main(words) == 0
    with Image.open(tmp_path / "00000.png") as picture:
        assert picture.size == (64, 64)


def test_a_morph_is_a_strip_of_eight_from_one_painting_to_the_other(
    trained: Path, uploads: Path, tmp_path: Path
) -> None:
    explorer = Explorer.open(trained)
    names = [painting.name for painting in explorer.paintings]
    a, b = names.index("hills/view 02.png"), names.index("海/view 09.png")
    file = str(uploads / "海" / "view 09.png")
    for ways in (["hills/view 02.png", "海/view 09.png"], ["View 02", "海/view 09"], [str(a), str(b)], [str(a), file]):
        out = tmp_path / "strips" / "strip.png"
        assert main(["morph", str(trained), *ways, "--out", str(out)]) == 0
        with Image.open(out) as strip:
            assert strip.size == (8 * 96, 64)
            ends = (strip.crop((0, 0, 96, 64)), strip.crop((7 * 96, 0, 8 * 96, 64)))
        for end, painting in zip(ends, (a, b), strict=True):
            expected = explorer.picture(Position(origin="painting", a=painting))
            assert _difference(end, expected) < 2


def _difference(a: Image.Image, b: Image.Image) -> float:
    """Mean difference of two pictures, in levels."""
    pair = [torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8).float() for picture in (a, b)]
    return float((pair[0] - pair[1]).abs().mean())


def test_a_morph_can_be_a_film(trained: Path, tmp_path: Path) -> None:
    assert main(["morph", str(trained), "0", "5", "--out", str(tmp_path / "morph.mp4")]) == 0
    assert (tmp_path / "morph.mp4").read_bytes()[4:8] == b"ftyp"


def test_a_film_goes_through_the_favourites(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    favourites = Favourites(Run.open(trained))
    favourites.replace([Position(seed=seed).to_json() for seed in (1, 2, 3)])
    try:
        assert main(["film", str(trained), "--out", str(tmp_path / "loop.mp4"), "--seconds", "2"]) == 0
    finally:
        favourites.replace([])
    assert "A loop through 3 favourites" in capsys.readouterr().out
    assert (tmp_path / "loop.mp4").read_bytes()[4:8] == b"ftyp"


def test_without_favourites_a_film_goes_through_paintings(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = trained / "checkpoint.safetensors"
    assert main(["film", str(checkpoint), "--out", str(tmp_path / "loop.mp4"), "--seconds", "4"]) == 0
    assert "A loop through 2 paintings" in capsys.readouterr().out


# ---- the parser

COMMANDS = (
    "train",
    "check",
    "status",
    "paint",
    "morph",
    "film",
    "serve",
    "pretrain",
    "pretrain-enlarger",
    "teach",
    "doctor",
)


def test_every_command_has_help_with_examples_that_parse(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        with pytest.raises(SystemExit) as leaving:
            main([command, "--help"])
        assert leaving.value.code == 0
        printed = capsys.readouterr().out
        examples = re.findall(rf"^  python -m neural_art ({command}.*?)(?:   .*)?$", printed, re.MULTILINE)
        assert examples
        for example in examples:
            assert build_parser().parse_args(shlex.split(example)).act.__name__ == command.replace("-", "_")


def test_help_tells_the_limits_that_hold(capsys: pytest.CaptureFixture[str]) -> None:
    (low, high), (shortest, longest) = TRUNCATION, film.SECONDS
    limits = {
        "paint": rf"{low:g} \(.*\) to {high:g} \(.*\) \(default {DEFAULT_TRUNCATION:g}\)",
        "film": rf"{shortest:g} to {longest:g} \(default {film.DEFAULT_SECONDS:g}\)",
    }
    for command, pattern in limits.items():
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert re.search(pattern, " ".join(capsys.readouterr().out.split()))


def test_a_reader_who_leaves_is_no_error(uploads: Path) -> None:
    line = f"{sys.executable} -m neural_art check {uploads} | true"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, env=buffered)
    assert done.stderr == ""
