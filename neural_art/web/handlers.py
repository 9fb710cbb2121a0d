"""What the page may ask the server: plain functions of plain values, without components.

Each takes one JSON object from a browser that nobody vouches for, so everything in it is checked: a run's id by the
studio, a position by ``Position``, paths and counts here. Each answers with one JSON object, or raises a
``NeuralArtError``, which ``answering`` turns into ``{"error": "a sentence"}`` in the browser's language.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from PIL import Image

from neural_art.dataset.prepare import Painting, Progress, Report
from neural_art.errors import NeuralArtError, RunError
from neural_art.explore import film
from neural_art.explore.explorer import Position
from neural_art.recipe import Recipe
from neural_art.runs.folder import Run, Status
from neural_art.runs.studio import Studio
from neural_art.web.sentences import in_language
from neural_art.web.tasks import Standing, Tasks

Message = Mapping[str, Any]
Handler = Callable[[Message], dict[str, Any]]

NAMED: Final = 300  # files left out that the page names; the others are counted
TWINS: Final = 24  # pairs of near twins shown at once
POINTS: Final = 200  # of a line in the plot
LOOPS: Final = 12  # looping films that a run keeps

_FILM: Final = re.compile(r"(learning|loop)-[A-Za-z0-9_-]{1,40}\.mp4")
_SHOWN: Final = 256  # pixels: a smaller picture is enlarged here, more finely than a browser would
_FINE: Final = 512  # pixels of a picture that is looked at while nothing moves


def answering(handler: Handler) -> Handler:
    """``handler`` for a browser: any message is taken, and an error that a person can act on becomes a sentence."""

    @functools.wraps(handler)
    def answer(message: Any) -> dict[str, Any]:
        message = message if isinstance(message, dict) else {}
        try:
            return handler(message)
        except NeuralArtError as error:
            return {"error": in_language(str(error), _language(message))}

    return answer


class Handlers:
    """The page's requests to one ``studio``. ``uploads`` is the folder where Gradio puts what browsers send."""

    def __init__(self, studio: Studio, uploads: Path) -> None:
        self._studio = studio
        self._uploads = uploads
        self._tasks = Tasks()

    def all(self) -> list[Handler]:
        """Every handler that a browser may call, by its own name."""
        return [
            self.create, self.take, self.check, self.samples, self.task, self.report, self.refit, self.leave_out,
            self.train, self.pause, self.resume, self.stop, self.longer, self.branch, self.tick, self.wall,
            self.runs, self.rename, self.delete, self.explore, self.paint, self.paint_many, self.thumbs, self.picture,
            self.favourites, self.loop_film, self.learning_film, self.film,
        ]  # fmt: skip

    # ---- step 1: paintings

    def create(self, message: Message) -> dict[str, Any]:
        """A new, empty run."""
        return {"run": self._studio.create(_text(message, "name")).id}

    def take(self, message: Message) -> dict[str, Any]:
        """Move uploaded files out of Gradio's cache, which anyone can read who knows a path, into the run's folder."""
        run = self._run(message)
        files = message.get("files")
        if not isinstance(files, list) or len(files) > 1000:
            raise RunError("These files were not understood. Reload the page and bring them again.")
        brought = _brought_folder(run)
        brought.mkdir(exist_ok=True)
        already = sum(path.stat().st_size for path in brought.iterdir())
        names = []
        for each in files:
            path = self._uploaded(each)
            already += path.stat().st_size
            if already > self._studio.limits.total_bytes * 1.1:
                shutil.rmtree(brought, ignore_errors=True)
                most = self._studio.limits.total_bytes >> 20
                raise RunError(f"These files are more than {most} MB together. Bring fewer or smaller ones.")
            kept = f"{secrets.token_hex(8)}{path.suffix[:6]}"
            shutil.move(path, brought / kept)
            _remove_if_empty(path.parent)
            names.append(json.dumps([str(each.get("name"))[:4096], kept]))
        with (brought / "names.jsonl").open("a", encoding="utf-8") as listed:
            listed.writelines(line + "\n" for line in names)
        return {"taken": len(names)}

    def check(self, message: Message) -> dict[str, Any]:
        """Begin to check what was taken; ``task`` tells how it goes."""
        run, fit, ground = self._run(message), _text(message, "fit"), _text(message, "ground")
        brought = _read_brought(run)
        if not brought:
            raise RunError("There is nothing to check. Bring some paintings first.")

        def work() -> Iterator[Progress | str | dict[str, Any]]:
            yield from _only_progress(self._studio.bring(run.id, brought, fit=fit, ground=ground))
            shutil.rmtree(_brought_folder(run), ignore_errors=True)

        self._tasks.start(run.id, "bring", work)
        return {}

    def samples(self, message: Message) -> dict[str, Any]:
        """Begin to paint the sample paintings and bring them to the run."""
        run, fit = self._run(message), _text(message, "fit")

        def work() -> Iterator[Progress | str | dict[str, Any]]:
            yield "painting"
            checking = False
            for news in _only_progress(self._studio.bring_samples(run.id, fit=fit)):
                if not checking and news.done == 0 and news.name == "":
                    checking = True
                yield news

        self._tasks.start(run.id, "bring", work)
        return {}

    def task(self, message: Message) -> dict[str, Any]:
        """How what was begun stands: "working" with progress, "done" with what it gave, "failed" or "none"."""
        standing = self._tasks.standing(self._run(message).id, _text(message, "task"))
        return {"state": "none"} if standing is None else _standing(standing, _language(message))

    def report(self, message: Message) -> dict[str, Any]:
        """What was accepted and what was left out, in the browser's language, with the pictures to see it."""
        run, language = self._run(message), _language(message)
        report = run.report
        if report is None:
            raise RunError("This run has no paintings yet. Bring some first.")
        folder = run.paintings_folder
        oddest = max(report.paintings, key=lambda each: abs(each.width - each.height) / max(each.width, each.height))
        return {
            "count": len(report.paintings),
            "kinds": report.kinds,
            "shapes": report.shapes,
            "smallest": report.smallest,
            "largest": report.largest,
            "aspect": report.aspect,
            "fit": report.fit,
            "left_out": _left_out(report, language),
            "left_out_count": len(report.left_out),
            "near_twins": [
                {
                    "file": near.file,
                    "twin": near.twin,
                    "name": near.name,
                    "twin_name": near.twin_name,
                    "picture": _thumb(folder / near.file),
                    "twin_picture": _thumb(folder / near.twin),
                }
                for near in report.near_twins[:TWINS]
            ],
            "near_twins_count": len(report.near_twins),
            "example": _thumb(folder / oddest.file),
            "sheet": _uri((folder / "sheet.jpg").read_bytes(), "jpeg"),
        }

    def refit(self, message: Message) -> dict[str, Any]:
        """Choose anew how paintings become squares."""
        self._studio.refit(_text(message, "run"), _text(message, "fit"))
        return {}

    def leave_out(self, message: Message) -> dict[str, Any]:
        """Leave accepted paintings out after all."""
        self._studio.drop(_text(message, "run"), _texts(message, "files"))
        return {}

    # ---- step 2: training

    def train(self, message: Message) -> dict[str, Any]:
        """Put the run in the line for its training."""
        recipe = Recipe(
            name=_text(message, "recipe"),
            minutes=message.get("minutes"),  # type: ignore[arg-type]  # the recipe checks it
            seed=message.get("seed", 0),
            base=message.get("base", True),
        )
        self._studio.train(_text(message, "run"), recipe)
        return {}

    def pause(self, message: Message) -> dict[str, Any]:
        """Put the training aside."""
        self._studio.pause(_text(message, "run"))
        return {}

    def resume(self, message: Message) -> dict[str, Any]:
        """Go on with it."""
        self._studio.resume(_text(message, "run"))
        return {}

    def stop(self, message: Message) -> dict[str, Any]:
        """End it early and keep the model."""
        self._studio.stop(_text(message, "run"))
        return {}

    def longer(self, message: Message) -> dict[str, Any]:
        """Train a finished run some minutes more."""
        self._studio.longer(_text(message, "run"), message.get("minutes"))  # type: ignore[arg-type]  # checked there
        return {}

    def branch(self, message: Message) -> dict[str, Any]:
        """A new run with the same paintings, or without any (``empty``), that starts from this one's model."""
        brought = () if message.get("empty") is True else None
        made = self._studio.branch(_text(message, "run"), name=_text(message, "name"), brought=brought)
        return {"run": made.id}

    def tick(self, message: Message) -> dict[str, Any]:
        """How the run stands, with what the browser has not got yet: a newer wall, longer lines, a newer model."""
        run = self._run(message)
        status = self._studio.status(run.id)
        answer: dict[str, Any] = {"status": _status(status, _language(message))}
        if status.wall is not None:
            mark = f"{status.id}/{status.step if status.wall_number is None else status.wall_number}/{status.wall.name}"
            if message.get("wall") != mark:
                answer |= {"wall": _uri(status.wall.read_bytes(), "webp"), "wall_mark": mark}
        if message.get("step") != status.step:
            series = run.series(POINTS)
            answer["series"] = {
                "seconds": [round(value, 1) for value in series.seconds],
                "distance": [_finite(value) for value in series.closeness],
                "painted": [_finite(value) for value in series.painted],
                "pictures_per_second": [_finite(value) for value in series.pictures_per_second],
            }
        if message.get("exploring") is True and status.can_explore:
            answer["version"] = self._studio.explorer(run.id).step
        return answer

    def wall(self, message: Message) -> dict[str, Any]:
        """An earlier wall of samples, by its index."""
        walls, index = self._run(message).walls(), _whole(message, "index")
        if not 0 <= index < len(walls):
            raise RunError("There is no such wall of pictures. Choose an earlier one.")
        return {"wall": _uri(walls[index].read_bytes(), "webp")}

    # ---- my runs

    def runs(self, message: Message) -> dict[str, Any]:
        """The runs with these ids, as far as they exist, for a list."""
        ids = _texts(message, "runs")[:100]
        return {
            "runs": [
                {
                    "id": status.id,
                    "name": status.name,
                    "created": status.created,
                    "state": status.state,
                    "thumbnail": self._thumbnail(status),
                }
                for status in self._studio.statuses(ids)
            ]
        }

    def rename(self, message: Message) -> dict[str, Any]:
        """Give the run another name."""
        self._studio.rename(_text(message, "run"), _text(message, "name"))
        return {}

    def delete(self, message: Message) -> dict[str, Any]:
        """Remove the run with everything in it."""
        self._studio.delete(_text(message, "run"))
        return {}

    # ---- step 3: exploring

    def explore(self, message: Message) -> dict[str, Any]:
        """What there is to play with."""
        run = self._run(message)
        explorer = self._studio.explorer(run.id)
        return {
            "size": explorer.size,
            "aspect": explorer.aspect,
            "names": [_short_name(painting) for painting in explorer.paintings],
            "directions": len(explorer.directions),
            "classes": list(explorer.classes),
            "version": explorer.step,
            "favourites": run.favourites(),
        }

    def paint(self, message: Message) -> dict[str, Any]:
        """The picture at a position, squared, as quickly as can be: this is what a slider waits for.

        ``fine``: with the enlarger's strokes, for when the hand rests.
        """
        began = time.perf_counter()
        explorer, position = self._studio.explorer(_text(message, "run")), Position.from_json(message.get("position"))
        fine = message.get("fine") is True
        enlarge = max(1, _FINE // explorer.size) if fine else 1
        picture = explorer.picture(position, square=True, enlarge=enlarge, threads=self._studio.spare_threads)
        if picture.width < _SHOWN:
            picture = picture.resize((_SHOWN, _SHOWN), Image.Resampling.BICUBIC)
        uri = _jpeg(picture, 92, subsampling=0) if fine else _jpeg(picture, 88)
        took = round(1000 * (time.perf_counter() - began), 1)
        return {"picture": uri, "version": explorer.step, "fine": fine, "took": took}

    def paint_many(self, message: Message) -> dict[str, Any]:
        """Small squared pictures at up to 16 positions."""
        positions, side = message.get("positions"), _whole(message, "side")
        if not isinstance(positions, list) or not 1 <= len(positions) <= 16 or not 16 <= side <= 256:
            raise RunError("These pictures cannot be painted. Ask for 1 to 16 of them, 16 to 256 pixels wide.")
        explorer = self._studio.explorer(_text(message, "run"))
        pictures = []
        for position in positions:  # one by one, so that a slider gets its turn in between
            pixels = explorer.paint(explorer.locate(Position.from_json(position))[None])[0]
            pictures.append(_jpeg(Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS), 85))
        return {"pictures": pictures}

    def thumbs(self, message: Message) -> dict[str, Any]:
        """Small pictures of up to 48 of the run's own paintings, by their indexes."""
        run, indexes = self._run(message), message.get("indexes")
        own = self._studio.explorer(run.id).paintings
        if (
            not isinstance(indexes, list)
            or len(indexes) > 48
            or not all(type(index) is int and 0 <= index < len(own) for index in indexes)
        ):
            raise RunError("There are no such paintings. Reload the page.")
        return {"thumbs": [_thumb(run.paintings_folder / own[index].file) for index in indexes]}

    def picture(self, message: Message) -> dict[str, Any]:
        """The picture at a position as a PNG file in the paintings' aspect, enlarged if wished."""
        explorer = self._studio.explorer(_text(message, "run"))
        position, enlarge = Position.from_json(message.get("position")), _whole(message, "enlarge")
        return {"picture": _uri(explorer.png(position, enlarge=enlarge), "png")}

    def favourites(self, message: Message) -> dict[str, Any]:
        """Keep these positions instead of the ones before."""
        run, positions = self._run(message), message.get("favourites")
        if not isinstance(positions, list):
            raise RunError("These favourites were not understood. Reload the page.")
        run.set_favourites([Position.from_json(position).to_json() for position in positions[:2000]])
        return {"favourites": run.favourites()}

    # ---- films

    def loop_film(self, message: Message) -> dict[str, Any]:
        """Begin a looping film through positions; ``task`` tells how it goes and its name."""
        run, positions = self._run(message), message.get("positions")
        if not isinstance(positions, list) or len(positions) > film.POSITIONS[1]:
            raise RunError(f"A film goes through at most {film.POSITIONS[1]} pictures. Choose fewer.")
        through = [Position.from_json(position) for position in positions]
        seconds, smoothness = _number(message, "seconds"), _number(message, "smoothness")
        run.films_folder.mkdir(exist_ok=True)
        name = f"loop-{secrets.token_hex(8)}.mp4"
        frames = film.loop_film(self._studio.explorer(run.id), through, run.films_folder / name, seconds, smoothness)

        def work() -> Iterator[Progress | str | dict[str, Any]]:
            yield from frames
            _keep_newest(run.films_folder, "loop-*.mp4", LOOPS)
            yield {"film": name}

        self._tasks.start(run.id, "loop", work)
        return {}

    def learning_film(self, message: Message) -> dict[str, Any]:
        """Begin the film of how the run learned, unless it is there."""
        run = self._run(message)
        run.films_folder.mkdir(exist_ok=True)
        name = f"learning-{self._studio.status(run.id).step}.mp4"

        def work() -> Iterator[Progress | str | dict[str, Any]]:
            if not (run.films_folder / name).exists():
                film.learning_film(run, run.films_folder / name)
                _keep_newest(run.films_folder, "learning-*.mp4", 1)
            yield {"film": name}

        standing = self._tasks.standing(run.id, "learning")
        if standing is None or standing.state != "working":
            self._tasks.start(run.id, "learning", work)
        return {}

    def film(self, message: Message) -> dict[str, Any]:
        """A finished film of the run."""
        run, name = self._run(message), _text(message, "film")
        if not _FILM.fullmatch(name) or not (run.films_folder / name).is_file():
            raise RunError("There is no such film. Make it again.")
        return {"film": _uri((run.films_folder / name).read_bytes(), "mp4", kind="video")}

    # ---- what several of them need

    def _run(self, message: Message) -> Run:
        return self._studio.run(_text(message, "run"))

    def _uploaded(self, each: Any) -> Path:
        """A file that a browser uploaded just now; anything else, wherever it points, is refused."""
        path = each.get("path") if isinstance(each, dict) else None
        if isinstance(path, str) and len(path) < 4096 and "\0" not in path:
            real = Path(os.path.realpath(path))
            if real.is_relative_to(os.path.realpath(self._uploads)) and real.is_file():
                return real
        raise RunError("A file did not arrive. Bring it again.")

    def _thumbnail(self, status: Status) -> str | None:
        if status.thumbnail is not None:
            return _uri(status.thumbnail.read_bytes(), "jpeg")
        report = self._studio.run(status.id).report
        if report is None or not report.paintings:
            return None
        return _thumb(self._studio.run(status.id).paintings_folder / report.paintings[0].file)


# ---- values from a browser


def _language(message: Message) -> str:
    return "zh" if message.get("language") == "zh" else "en"


def _text(message: Message, name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str) or len(value) > 1000:
        raise RunError(f"{name} is missing or no text. Reload the page.")
    return value


def _texts(message: Message, name: str) -> list[str]:
    values = message.get(name)
    if not isinstance(values, list) or len(values) > 5000 or not all(isinstance(value, str) for value in values):
        raise RunError(f"{name} is missing or no list. Reload the page.")
    return values


def _whole(message: Message, name: str) -> int:
    value = message.get(name)
    if type(value) is not int:
        raise RunError(f"{name} is missing or no whole number. Reload the page.")
    return value


def _number(message: Message, name: str) -> float:
    value = message.get(name)
    if type(value) not in (int, float):
        raise RunError(f"{name} is missing or no number. Reload the page.")
    return float(value)  # type: ignore[arg-type]


# ---- what was brought and not checked yet: files under names of ours, and the names they had


def _brought_folder(run: Run) -> Path:
    return run.folder / "brought"


def _read_brought(run: Run) -> list[tuple[str, Path]]:
    folder = _brought_folder(run)
    try:
        lines = (folder / "names.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [(name, folder / kept) for name, kept in map(json.loads, lines) if (folder / kept).is_file()]


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # another file with the same content may lie there
        folder.rmdir()


def _keep_newest(folder: Path, pattern: str, count: int) -> None:
    for old in sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)[count:]:
        old.unlink(missing_ok=True)


def _only_progress(news: Iterator[Any]) -> Iterator[Progress]:
    return (each for each in news if isinstance(each, Progress))


# ---- values for a browser


def _status(status: Status, language: str) -> dict[str, Any]:
    """The part of a status that the page shows. Paths on this machine are nobody's business."""
    return {
        "id": status.id,
        "name": status.name,
        "state": status.state,
        "wish": status.wish,
        "step": status.step,
        "progress": status.progress,
        "seconds": status.seconds,
        "seconds_left": status.seconds_left,
        "walls": status.walls,
        "reason": in_language(status.reason, language) if status.reason else None,
        "notice": in_language(status.notice, language) if status.notice else None,
        "queue_place": status.queue_place,
        "recipe": status.recipe,
        "size": status.size,
        "minutes": status.minutes,
        "paintings": status.paintings,
        "can_explore": status.can_explore,
    }


def _finite(value: float) -> float | None:
    return None if value != value else round(value, 4)


def _standing(standing: Standing, language: str) -> dict[str, Any]:
    progress = standing.progress
    answer: dict[str, Any] = {
        "state": standing.state,
        "done": progress.done,
        "total": progress.total,
        "name": progress.name,
        "stage": standing.stage,
        **standing.result,
    }
    if standing.error is not None:
        answer["error_text"] = in_language(str(standing.error), language)
        report = getattr(standing.error, "report", None)
        if isinstance(report, Report):
            answer["left_out"] = _left_out(report, language)
    return answer


def _left_out(report: Report, language: str) -> list[dict[str, str]]:
    return [
        {"name": left.name, "reason": in_language(left.reason, language) + (f" ({left.twin})" if left.twin else "")}
        for left in report.left_out[:NAMED]
    ]


def _short_name(painting: Painting) -> str:
    return painting.name.rsplit("/", 1)[-1].rsplit(".", 1)[0][:120]


def _thumb(path: Path) -> str:
    """A small picture of a kept painting, in its own aspect."""
    with Image.open(path) as picture:
        picture.draft("RGB", (320, 320))
        picture.thumbnail((240, 240), Image.Resampling.BICUBIC)
        return _jpeg(picture.convert("RGB"), 80)


def _jpeg(picture: Image.Image, quality: int, **options: Any) -> str:
    target = io.BytesIO()
    picture.save(target, "jpeg", quality=quality, **options)
    return _uri(target.getvalue(), "jpeg")


def _uri(content: bytes, form: str, kind: str = "image") -> str:
    return f"data:{kind}/{form};base64,{base64.b64encode(content).decode('ascii')}"
