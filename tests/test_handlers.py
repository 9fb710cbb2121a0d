"""What a browser may ask the server, what it is refused, and what it is told."""

from __future__ import annotations

import ast
import base64
import io
import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from neural_art.dataset.prepare import Limits, Progress
from neural_art.errors import RunError
from neural_art.explore.explorer import Position
from neural_art.models import checkpoint
from neural_art.models.checkpoint import Model
from neural_art.models.features import Encoder
from neural_art.models.networks import Discriminator, Generator
from neural_art.runs.folder import Run
from neural_art.runs.studio import Studio
from neural_art.web.handlers import Handlers, answering
from neural_art.web.page import ASSETS, SCRIPTS
from neural_art.web.sentences import in_language
from neural_art.web.settings import Settings, SettingsError
from neural_art.web.tasks import Tasks
from neural_art.web.words import CHINESE, ENGLISH

PACKAGE = Path(__file__).parent.parent / "neural_art"
POSITION = {"origin": "seed", "seed": 7, "a": 0, "b": 0, "t": 0, "amounts": [0.5] * 8, "daring": 0.7}


class Server:
    """Handlers as a browser meets them: by name, with an answer whatever it sends."""

    def __init__(self, folder: Path) -> None:
        self.uploads = folder / "uploads"
        self.uploads.mkdir(parents=True)
        self.studio = Studio(folder / "runs", start=False, limits=Limits(total_bytes=4 << 20))
        self.handlers = Handlers(self.studio, self.uploads)
        self._by_name = {handler.__name__: answering(handler) for handler in self.handlers.all()}

    @property
    def names(self) -> list[str]:
        return list(self._by_name)

    def ask(self, handler: str, message: Any = None, **details: Any) -> dict[str, Any]:
        return self._by_name[handler](details if message is None else message)

    def upload(self, name: str, content: bytes) -> str:
        """What Gradio's upload does with a file; the path that the browser is told."""
        folder = self.uploads / f"{len(list(self.uploads.iterdir())):064d}"
        folder.mkdir()
        (folder / name).write_bytes(content)
        return str(folder / name)

    def bring(self, run: str, folder: Path) -> dict[str, Any]:
        """Upload everything in a folder and have it checked; how that ended."""
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        listed = [
            {"path": self.upload(f"{index}{path.suffix}", path.read_bytes()), "name": str(path.relative_to(folder))}
            for index, path in enumerate(files)
        ]
        assert self.ask("take", run=run, files=listed) == {"taken": len(files)}
        assert self.ask("check", run=run, fit="squeeze", ground="#ffffff") == {}
        return self.wait(run, "bring")

    def wait(self, run: str, task: str, **details: Any) -> dict[str, Any]:
        for _ in range(1200):
            standing = self.ask("task", run=run, task=task, **details)
            if standing["state"] != "working":
                return standing
            time.sleep(0.05)
        raise AssertionError(f"{task} does not end")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory, drawn_paintings: torch.Tensor) -> Path:
    folder = tmp_path_factory.mktemp("brought") / "hills"
    for index, pixels in enumerate(drawn_paintings):
        (folder / f"kind {index % 2}").mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(pixels.permute(1, 2, 0).numpy()).resize((120, 80))
        picture.save(folder / f"kind {index % 2}" / f"hill {index:02d}.png")
    return folder


@pytest.fixture(scope="module")
def playing(tmp_path_factory: pytest.TempPathFactory, paintings: Path) -> Iterator[tuple[Server, Run]]:
    """A server with a run whose model is untrained."""
    server = Server(tmp_path_factory.mktemp("playing"))
    run = server.studio.create("Hills")
    for _ in server.studio.bring(run.id, paintings):
        pass
    torch.manual_seed(3)
    model = Model(Generator(64), Discriminator(), Encoder(), torch.randn(12, 256))
    checkpoint.write(
        run.checkpoint, model.tensors(), {"format": checkpoint.FORMAT, "size": 64, "aspect": 1.5, "step": 5}
    )
    yield server, run


def apart(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


def decoded(uri: str) -> bytes:
    return base64.b64decode(uri.split(",", 1)[1])


# ---- who may do what


def test_every_handler_refuses_an_unknown_run_with_the_same_sentence(server: Server, tmp_path: Path) -> None:
    server.studio.create("Somebody's")
    (tmp_path / "runs" / "not-a-run-but-a-folder").mkdir()
    guesses = ["AAAAAAAAAAAAAAAAAAAAAA", "", ".", "..", "../uploads", "/etc", "x" * 900, "not-a-run-but-a-folder", "\0"]
    asking = {"file": "x", "task": "bring", "fit": "crop", "files": [], "name": "x", "recipe": "sketch", "index": 0}
    needed = asking | {"minutes": 1, "position": POSITION, "positions": [POSITION] * 2, "side": 64, "indexes": [0]}
    needed |= {"enlarge": 1, "favourites": [], "seconds": 2, "smoothness": 1, "film": "loop-1.mp4", "ground": "#fff"}
    sentences = {
        server.ask(name, {**needed, "run": guess}).get("error")
        for name in server.names
        for guess in guesses
        if name not in ("create", "runs")
    }
    assert len(sentences) == 1, sentences
    assert server.ask("runs", runs=guesses) == {"runs": []}


@pytest.mark.parametrize(
    "message", [None, [], "x", 7, {}, {"run": None}, {"run": ["x"]}, {"run": {"$": 1}}, {"language": [1], "run": 3}]
)
def test_nonsense_is_answered_with_a_sentence(server: Server, message: Any) -> None:
    for name in server.names:
        assert "error" in server.ask(name, [message] if message is None else message), name


@pytest.mark.parametrize(
    "wrong",
    [
        {"position": None}, {"position": {"origin": "elsewhere"}}, {"position": POSITION | {"daring": float("nan")}},
        {"position": POSITION | {"amounts": [9e9]}}, {"position": POSITION | {"amounts": "12345678"}},
        {"position": POSITION | {"origin": "painting", "a": 99}}, {"position": POSITION | {"seed": -1}},
        {"position": POSITION | {"more": 1}}, {"position": [POSITION]},
    ],
)  # fmt: skip
def test_a_position_out_of_range_is_refused(playing: tuple[Server, Run], wrong: dict[str, Any]) -> None:
    server, run = playing
    assert "error" in server.ask("paint", run=run.id, **wrong)
    assert "error" in server.ask("picture", run=run.id, enlarge=1, **wrong)
    assert "error" in server.ask("paint_many", run=run.id, side=64, positions=[wrong["position"]])
    if wrong["position"] != POSITION | {"origin": "painting", "a": 99}:  # the model may have more paintings later
        assert "error" in server.ask("favourites", run=run.id, favourites=[wrong["position"]])


def test_no_more_is_painted_than_is_reasonable(playing: tuple[Server, Run]) -> None:
    server, run = playing
    assert "error" in server.ask("paint_many", run=run.id, side=64, positions=[POSITION] * 17)
    assert "error" in server.ask("paint_many", run=run.id, side=5000, positions=[POSITION])
    assert "error" in server.ask("picture", run=run.id, position=POSITION, enlarge=1000)
    assert "error" in server.ask("loop_film", run=run.id, positions=[POSITION] * 2, seconds=1e9, smoothness=1)
    assert "error" in server.ask("loop_film", run=run.id, positions=[POSITION] * 500, seconds=2, smoothness=1)
    assert "error" in server.ask("thumbs", run=run.id, indexes=[0] * 500)


@pytest.mark.parametrize("film", ["../run.json", "/etc/passwd", "loop-../../run.json.mp4", "learning-.mp4", ""])
def test_only_films_are_served_as_films(playing: tuple[Server, Run], film: str) -> None:
    server, run = playing
    assert "There is no such film" in server.ask("film", run=run.id, film=film)["error"]


# ---- bringing paintings


def test_what_was_uploaded_does_not_stay_in_gradios_cache(server: Server, paintings: Path) -> None:
    run = server.ask("create", name="Hills")["run"]
    assert server.bring(run, paintings)["state"] == "done"
    assert list(server.uploads.rglob("*")) == []
    assert not (server.studio.root / run / "brought").exists(), "nor do the originals stay with the run"
    report = server.ask("report", run=run)
    assert report["count"] == 12
    assert report["kinds"] == {"kind 0": 6, "kind 1": 6}
    assert decoded(report["sheet"]).startswith(b"\xff\xd8")


def test_a_path_that_was_not_uploaded_is_refused(server: Server, tmp_path: Path) -> None:
    run = server.ask("create", name="Mine")["run"]
    secret = tmp_path / "secret.png"
    Image.new("RGB", (80, 80)).save(secret)
    link = server.uploads / "link.png"
    link.symlink_to(secret)
    for path in [secret, link, f"{server.uploads}/../secret.png", "/etc/passwd", server.uploads, "", None, 7, "\0"]:
        answer = server.ask("take", run=run, files=[{"path": path if path is None else str(path), "name": "x.png"}])
        assert "did not arrive" in answer["error"]
    assert secret.exists()


def test_too_many_bytes_are_refused_and_not_kept(server: Server) -> None:
    run = server.ask("create", name="Big")["run"]
    files = [{"path": server.upload(f"{n}.png", bytes(1 << 20)), "name": f"{n}.png"} for n in range(6)]
    assert "MB together" in server.ask("take", run=run, files=files)["error"]
    assert not (server.studio.root / run / "brought").exists()


def test_too_few_paintings_say_why_and_are_kept_for_more(server: Server, paintings: Path, tmp_path: Path) -> None:
    run = server.ask("create", name="Few")["run"]
    first, second = tmp_path / "first", tmp_path / "second"
    shutil.copytree(paintings / "kind 0", first)
    (first / "<b>broken.png").write_bytes(b"not a picture")
    shutil.copytree(paintings / "kind 1", second)
    ended = server.bring(run, first)
    assert ended["state"] == "failed"
    assert "too few to learn from" in ended["error_text"]
    assert [left["name"] for left in ended["left_out"]] == ["<b>broken.png"]
    assert server.bring(run, second)["state"] == "done"
    assert server.ask("report", run=run)["count"] == 12


def test_paintings_are_left_out_and_squared_anew(server: Server, paintings: Path) -> None:
    run = server.ask("create", name="Hills")["run"]
    server.bring(run, paintings)
    assert server.ask("leave_out", run=run, files=["00000.jpg"]) == {}
    assert server.ask("refit", run=run, fit="crop") == {}
    report = server.ask("report", run=run)
    assert (report["count"], report["fit"], report["aspect"]) == (11, "crop", 1.0)
    assert "error" in server.ask("leave_out", run=run, files=["../run.json"])


# ---- training and the list of runs


def test_a_tick_tells_only_what_the_browser_has_not_got(playing: tuple[Server, Run]) -> None:
    server, run = playing
    first = server.ask("tick", run=run.id, exploring=True)
    assert first["status"]["can_explore"]
    assert first["version"] == 5
    assert "series" in first
    assert str(server.studio.root) not in json.dumps(first), "paths on this machine are nobody's business"
    assert "series" not in server.ask("tick", run=run.id, step=first["status"]["step"])


def test_minutes_and_recipes_out_of_range_are_refused(playing: tuple[Server, Run]) -> None:
    server, run = playing
    for wrong in (
        {"minutes": 0},
        {"minutes": 1e9},
        {"minutes": "5"},
        {"minutes": None},
        {"recipe": "mural"},
        {"seed": -1},
    ):
        assert "error" in server.ask("train", {"run": run.id, "minutes": 5, "recipe": "sketch", "seed": 0} | wrong)


def test_runs_are_listed_by_their_ids_renamed_and_deleted(server: Server) -> None:
    one, other = (server.ask("create", name=name)["run"] for name in ("One", "Other"))
    server.ask("rename", run=one, name="A <b>new</b> name")
    listed = server.ask("runs", runs=[one, "A" * 22])["runs"]
    assert [each["name"] for each in listed] == ["A <b>new</b> name"]
    assert server.ask("delete", run=one) == {}
    assert [each["id"] for each in server.ask("runs", runs=[one, other])["runs"]] == [other]
    assert not (server.studio.root / one).exists()


# ---- exploring


def test_a_position_gives_a_picture_and_another_gives_another(playing: tuple[Server, Run]) -> None:
    server, run = playing
    one, again, other = (
        server.ask("paint", run=run.id, position=position)["picture"]
        for position in (POSITION, POSITION, POSITION | {"seed": 8})
    )
    assert one == again != other
    assert decoded(one).startswith(b"\xff\xd8")


def test_a_fine_picture_is_the_same_one_larger_with_the_enlargers_strokes(playing: tuple[Server, Run]) -> None:
    server, run = playing
    coarse, fine = (
        Image.open(io.BytesIO(decoded(server.ask("paint", run=run.id, position=POSITION, **more)["picture"])))
        for more in ({}, {"fine": True})
    )
    assert fine.size == (512, 512)
    painted = server.studio.explorer(run.id).picture(Position.from_json(POSITION), square=True, enlarge=8)
    plain = coarse.resize((512, 512), Image.Resampling.BICUBIC)
    assert apart(fine, painted) < 0.7 * apart(plain, painted) < 5, "nothing but JPEG's own, and of the same picture"


def test_a_png_comes_in_the_paintings_aspect_and_says_what_made_it(playing: tuple[Server, Run], tmp_path: Path) -> None:
    server, run = playing
    (tmp_path / "x.png").write_bytes(
        decoded(server.ask("picture", run=run.id, position=POSITION, enlarge=4)["picture"])
    )
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.size == (384, 256)
        assert json.loads(picture.info["neural_art"])["position"]["seed"] == 7


def test_favourites_are_kept_with_the_run(playing: tuple[Server, Run]) -> None:
    server, run = playing
    kept = server.ask("favourites", run=run.id, favourites=[POSITION])["favourites"]
    assert kept[0]["seed"] == 7
    assert server.ask("explore", run=run.id)["favourites"] == kept
    assert server.ask("favourites", run=run.id, favourites=[]) == {"favourites": []}


def test_a_looping_film_is_made_and_served(playing: tuple[Server, Run]) -> None:
    server, run = playing
    assert (
        server.ask("loop_film", run=run.id, positions=[POSITION, POSITION | {"seed": 9}], seconds=2, smoothness=1) == {}
    )
    ended = server.wait(run.id, "loop")
    assert ended["state"] == "done", ended
    assert decoded(server.ask("film", run=run.id, film=ended["film"])["film"])[4:8] == b"ftyp"


# ---- words


def test_both_languages_have_the_same_words() -> None:
    assert {key for key in ENGLISH if not key.endswith(".one")} == set(CHINESE)
    for key, chinese in CHINESE.items():
        assert set(re.findall(r"\{(\w+)\}", chinese)) == set(re.findall(r"\{(\w+)\}", ENGLISH[key])), key


def test_every_word_that_the_page_uses_exists_and_every_word_is_used() -> None:
    script = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS)
    quoted = set(re.findall(r"'([a-z]+(?:\.[a-z0-9]+)*)'", script))
    families = set(re.findall(r"`([a-z]+(?:\.[a-z]+)*\.)\$\{", script))
    used = {key for key in ENGLISH if key in quoted or any(key.startswith(family) for family in families)}
    plain = {key for key in ENGLISH if not key.endswith(".one")}
    assert plain - used == set()
    dotted = {key for key in quoted if "." in key and key.split(".")[0] in {key.split(".")[0] for key in ENGLISH}}
    assert dotted - set(ENGLISH) == set()


def test_what_other_modules_say_at_the_page_is_said_in_chinese() -> None:
    spoken = set()
    for module in ("paintings", "pictures", "uploads", "formats", "studio", "film", "checkpoint", "training"):
        tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
        comments = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, (ast.Constant, ast.JoinedStr)) and id(node) not in comments:
                parts = node.values if isinstance(node, ast.JoinedStr) else [node]
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)
                if re.fullmatch(r"(It|This|There|The|All|More|7) [^\n]{12,}\.", text):
                    spoken.add(text)
    assert len(spoken) > 40
    elsewhere = re.compile(
        r"There is nothing at|cannot be read \(7|not among the prepared|a way to make a square|smoothn|frames"
        r"|^7 Bring|learn from\.$|stumbled"
    )
    untold = [text for text in spoken - set(filter(elsewhere.search, spoken)) if in_language(text, "zh") == text]
    assert untold == [], untold


def test_an_answer_is_in_the_language_of_the_browser(server: Server) -> None:
    assert server.ask("tick", run="A" * 22, language="zh")["error"].startswith("这里没有这个训练")
    assert server.ask("tick", run="A" * 22, language="en")["error"].startswith("There is no such run")


# ---- tasks and settings


def test_a_task_that_fails_says_so_in_words() -> None:
    def work() -> Iterator[Progress]:
        yield Progress(1, 2, "one")
        raise RunError("It is too late. Come earlier.")

    tasks = Tasks()
    tasks.start("run", "film", work)
    for _ in range(200):
        standing = tasks.standing("run", "film")
        if standing is not None and standing.state != "working":
            break
        time.sleep(0.01)
    assert standing is not None
    assert (standing.state, str(standing.error)) == ("failed", "It is too late. Come earlier.")
    assert standing.progress.done == 1


def test_a_task_is_not_begun_twice() -> None:
    def work() -> Iterator[Progress]:
        while True:
            yield Progress(0, 1, "")
            time.sleep(0.01)

    tasks = Tasks()
    tasks.start("run", "film", work)
    with pytest.raises(RunError, match="done already"):
        tasks.start("run", "film", work)


def test_settings_come_from_the_environment() -> None:
    home = Settings.from_environment({})
    assert (home.host, home.port, home.keep_hours, home.at_once) == ("127.0.0.1", 7860, None, 1)
    space = Settings.from_environment(
        {"SPACE_ID": "someone/art", "NEURAL_ART_RUNS": "/tmp/x", "GRADIO_SERVER_PORT": "80"}
    )
    assert (space.host, space.port, space.keep_hours, space.runs) == ("0.0.0.0", 80, 24.0, Path("/tmp/x"))
    chosen = Settings.from_environment({"NEURAL_ART_KEEP_HOURS": "1.5", "NEURAL_ART_FILE_MB": "9"}, port=8000)
    assert (chosen.keep_hours, chosen.limits.file_bytes, chosen.port) == (1.5, 9 << 20, 8000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEURAL_ART_PORT", "x"),
        ("NEURAL_ART_PORT", "99999"),
        ("NEURAL_ART_AT_ONCE", "1.5"),
        ("NEURAL_ART_KEEP_HOURS", "nan"),
    ],
)
def test_a_wrong_setting_is_named_in_a_sentence(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is '{value}'"):
        Settings.from_environment({name: value})
