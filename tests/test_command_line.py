"""The commands as a person types them. Most are called in this process; what is about processes starts one."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from neural_art.cli.main import _parser, _stations, main
from neural_art.explore.explorer import Explorer, Position
from neural_art.recipe import Recipe
from neural_art.runs.folder import Run

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    """Twelve wide paintings in two classes, and a letter."""
    folder = tmp_path_factory.mktemp("brought")
    for i, pixels in enumerate(drawn_paintings):
        place = folder / ("hills" if i < 8 else "海")
        place.mkdir(exist_ok=True)
        Image.fromarray(pixels.permute(1, 2, 0).numpy()).resize((240, 160)).save(place / f"view {i:02d}.png")
    (folder / "letter.jpg").write_text("Dear reader")
    return folder


@pytest.fixture(scope="module")
def interrupted(
    tmp_path_factory: pytest.TempPathFactory, brought: Path
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run that was trained by the command and interrupted with Ctrl-C after the first wall; what the command said."""
    folder = tmp_path_factory.mktemp("runs") / "mine"
    words = ["train", str(brought), "--run", str(folder), "--recipe", "sketch", "--base", "none"]
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
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=60)
    finally:
        process.kill()
    return folder, subprocess.CompletedProcess(words, process.returncode, said, complained)


@pytest.fixture(scope="module")
def trained(interrupted: tuple[Path, object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interrupted run, taken up by the command and trained to its end (two more steps)."""
    folder = tmp_path_factory.mktemp("trained") / "mine"
    shutil.copytree(interrupted[0], folder)
    run = Run.open(folder)
    assert run.recipe is not None
    run.set_recipe(replace(run.recipe, steps=run.saved_step + 2, batch=4))
    assert main(["train", "--run", str(folder)]) == 0
    return folder


# ---- train


def test_ctrl_c_saves_and_says_how_to_go_on(interrupted: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, said = interrupted
    assert said.returncode == 1
    assert "Traceback" not in said.stderr
    assert f"python -m neural_art train --run {folder}" in said.stderr
    status = Run.open(folder).status()
    assert status.state == "paused"
    assert status.can_explore
    assert "12 paintings accepted, 1 file left out" in said.stdout


def test_a_paused_run_is_taken_up_and_finished(trained: Path, interrupted: tuple[Path, object]) -> None:
    run = Run.open(trained)
    assert run.status().state == "finished"
    kinds = [event["event"] for event in run.events()]
    assert kinds.count("started") == 2
    assert kinds[-1] == "finished"
    assert run.standing[0] == Run.open(interrupted[0]).saved_step + 2


def test_a_finished_run_wants_to_know_how_much_longer(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--run", str(trained)]) == 1
    assert re.search(r"is finished.*--minutes \d+", capsys.readouterr().err)
    assert Run.open(trained).status().state == "finished", "nothing was changed"


def test_a_run_keeps_the_recipe_that_it_began_with(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--run", str(trained), "--recipe", "canvas", "--minutes", "9"]) == 1
    assert "began with recipe sketch, not canvas" in capsys.readouterr().err
    assert main(["train", "--run", str(trained), "--seed", "5", "--minutes", "9"]) == 1
    assert "began with seed 0, not 5" in capsys.readouterr().err


def test_a_prepared_run_takes_the_recipe_of_the_command(brought: Path, tmp_path: Path) -> None:
    from neural_art.cli.main import _recipe_to_train

    run = Run.at(tmp_path / "run", "run")
    run.set_recipe(Recipe(name="canvas", minutes=7))
    options = _parser().parse_args(["train", "--run", str(run.folder), "--recipe", "sketch", "--seed", "3"])
    assert _recipe_to_train(run, options) == Recipe(name="sketch", minutes=7, seed=3)


def test_a_run_that_is_being_trained_is_left_alone(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Run.open(trained).lock():
        assert main(["train", "--run", str(trained), "--minutes", "9"]) == 1
    assert "being trained already" in capsys.readouterr().err
    assert Run.open(trained).status().state == "finished"


def test_a_folder_with_other_things_in_it_does_not_become_a_run(
    brought: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "diary.txt").write_text("Monday")
    assert main(["train", str(brought), "--run", str(tmp_path)]) == 1
    assert "holds something else" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["diary.txt"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "--run", "{tmp}/none"], "There is no run in"),
        (["train", "{tmp}/none", "--run", "{tmp}/run"], "Name a folder or a zip"),
        (["train", "{tmp}", "--run", "{tmp}/run"], "at least 8"),
        (["train", "{tmp}", "--run", "{tmp}/run", "--base", "{tmp}/none"], "to start from"),
        (["train", "{tmp}", "--run", "{tmp}/run", "--minutes", "0"], "0 is not a number from 1 to 120"),
        (["train", "{tmp}", "--run", "{tmp}/run", "--minutes", "nan"], "nan is not a number"),
        (["train", "{tmp}", "--run", "{tmp}/run", "--seed", "1.5"], "1.5 is not a whole number"),
        (["check", "{tmp}/none"], "There is no"),
        (["check", "{tmp}"], "at least 8"),
        (["status", "{tmp}"], "There is no run in"),
        (["paint", "{tmp}", "--out", "{tmp}/out"], "Train first"),
        (["paint", "{run}", "--out", "{tmp}/letter.jpg"], "letter.jpg"),
        (["paint", "{run}", "--out", "{tmp}/out", "--daring", "2"], "2 is not a number from 0 to 1.5"),
        (["paint", "{tmp}/letter.jpg", "--out", "{tmp}/out"], "damaged or is not"),
        (["morph", "{run}", "0", "1", "--out", "{tmp}/strip.gif"], "ends in .png or .mp4"),
        (["morph", "{run}", "0", "view", "--out", "{tmp}/strip.png"], "in the names of 12 paintings"),
        (["morph", "{run}", "0", "unicorn", "--out", "{tmp}/strip.png"], "There is no painting 'unicorn'"),
        (["morph", "{run}", "0", "{tmp}/letter.jpg", "--out", "{tmp}/strip.png"], "letter.jpg cannot be used"),
        (["film", "{run}", "--out", "{tmp}/loop.avi"], "ends in .mp4"),
        (["film", "{run}", "--out", "{tmp}/letter.jpg/loop.mp4"], "cannot be used"),
        (["unicorn"], "invalid choice: 'unicorn'"),
        ([], "required"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_1(
    words: list[str], said: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.jpg").write_text("Dear reader")
    with pytest.raises(
        SystemExit
    ) as leaving:  # argparse leaves by itself, the rest is left by the last line of the module
        sys.exit(main([word.format(tmp=tmp_path, run=trained) for word in words]))
    assert leaving.value.code == 1
    complaint = capsys.readouterr().err
    assert said in complaint
    assert "Traceback" not in complaint


# ---- check and status


def test_check_lists_what_is_accepted_and_what_is_left_out(
    brought: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = tmp_path / "paintings.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for path in sorted(brought.rglob("*.*")):
            file.write(path, path.relative_to(brought))
    for place in (brought, packed):
        assert main(["check", str(place)]) == 0
        said = capsys.readouterr().out
        assert "hills/view 00.png  (240 x 160)" in said
        assert re.search(r"letter\.jpg: It ", said)
        assert "12 paintings accepted, 1 file left out." in said
        assert "Classes: hills (8), 海 (4)" in said


def test_check_lists_everything_when_there_are_too_few(
    brought: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("hills/view 00.png", "letter.jpg"):
        (tmp_path / Path(name).name).write_bytes((brought / name).read_bytes())
    assert main(["check", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "view 00.png" in said.out
    assert "letter.jpg" in said.out
    assert "at least 8" in said.err


def test_status_is_json(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(trained)]) == 0
    status = json.loads(capsys.readouterr().out)
    assert status["state"] == "finished"
    assert status["paintings"] == 12


# ---- paint, morph, film


def test_paint_writes_pictures_that_know_their_seed(trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "pictures"
    assert main(["paint", str(trained), "--out", str(out), "--count", "3", "--seed", "40", "--daring", "0.5"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["00040.png", "00041.png", "00042.png"]
    with Image.open(out / "00041.png") as picture:
        assert picture.size == (96, 64)
        story = json.loads(picture.info["neural_art"])
        again = Explorer.open(trained).picture(Position.from_json(story["position"]))
        assert picture.tobytes() == again.tobytes()
    assert story["seed"] == 41
    assert story["position"]["daring"] == 0.5


def test_paint_takes_a_class_by_its_folders_name(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["paint", str(trained), "--out", str(tmp_path), "--count", "1", "--class", "海"]) == 0
    with Image.open(tmp_path / "00000.png") as picture:
        group = json.loads(picture.info["neural_art"])["position"]["group"]
    assert Explorer.open(trained).classes[group] == "海"
    assert main(["paint", str(trained), "--out", str(tmp_path), "--class", "seas"]) == 1
    assert "'seas'" in (said := capsys.readouterr().err)
    assert "hills, 海" in said


def test_paint_takes_a_checkpoint_and_paints_squares(trained: Path, tmp_path: Path) -> None:
    words = ["paint", str(trained / "checkpoint.safetensors"), "--out", str(tmp_path), "--count", "1", "--square"]
    assert main(words) == 0
    with Image.open(tmp_path / "00000.png") as picture:
        assert picture.size == (64, 64)


def test_a_morph_is_a_strip_of_eight_from_one_painting_to_the_other(
    trained: Path, brought: Path, tmp_path: Path
) -> None:
    explorer = Explorer.open(trained)
    names = [painting.name for painting in explorer.paintings]
    a, b = names.index("hills/view 02.png"), names.index("海/view 09.png")
    file = str(brought / "海" / "view 09.png")
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
    run = Run.open(trained)
    run.set_favourites([Position(seed=seed).to_json() for seed in (1, 2, 3)])
    try:
        assert main(["film", str(trained), "--out", str(tmp_path / "loop.mp4"), "--seconds", "2"]) == 0
    finally:
        run.set_favourites([])
    assert "A loop through 3 favourites" in capsys.readouterr().out
    assert (tmp_path / "loop.mp4").read_bytes()[4:8] == b"ftyp"


def test_without_favourites_a_film_goes_through_paintings_from_all_over_the_set(trained: Path) -> None:
    stations, what = _stations(Explorer.open(trained), trained, 8)
    assert what == "paintings"
    assert [station.a for station in stations] == [0, 2, 4, 7, 9]


# ---- the front door


def test_every_command_has_help_with_examples_that_parse(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("train", "check", "status", "paint", "morph", "film", "serve"):
        with pytest.raises(SystemExit) as leaving:
            main([command, "--help"])
        assert leaving.value.code == 0
        said = capsys.readouterr().out
        examples = re.findall(rf"^  python -m neural_art ({command}.*?)(?:   .*)?$", said, re.MULTILINE)
        assert examples
        for example in examples:
            assert _parser().parse_args(example.split()).act.__name__ == command


def test_help_comes_without_loading_what_takes_long() -> None:
    check = (
        "import sys; from neural_art.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "loaded = {'torch', 'numpy', 'PIL', 'gradio', 'tqdm'} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_a_reader_who_leaves_is_no_error(brought: Path) -> None:
    line = f"{sys.executable} -m neural_art check {brought} | true"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, env=buffered)
    assert done.stderr == ""
