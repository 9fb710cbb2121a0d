"""A run is a folder: everything of one training, written and read here (docs/ARCHITECTURE.md names its files).

``Run`` is a handle that holds nothing but the path, so any process may have one: the page, the worker, the command
line. The state of a run is derived from three things: who holds its lock, what its events tell and what the person
wishes. Every file is written under a temporary name, flushed and renamed, so a reader sees the old or the new one.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import io
import json
import math
import os
import secrets
import shutil
import threading
import time
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

import numpy as np
import psutil
from PIL import Image
from torch import Tensor

from neural_art.models import checkpoint
from neural_art.dataset import prepare as paintings
from neural_art.errors import RunError
from neural_art.events import Event, Sampled, Saved, Started, Stepped
from neural_art.recipe import Recipe

State = Literal["empty", "prepared", "waiting", "training", "paused", "finished", "failed"]
"""``empty``: no paintings yet. ``prepared``: paintings, never asked to train. The others say what they are."""

WISHES: Final = ("train", "pause", "stop")
"""What a person may wish of a run."""

LONGEST_NAME: Final = 100
"""Characters in the name of a run."""

MOST_FAVOURITES: Final = 1000
"""Positions that a run keeps."""

OUT_OF_MEMORY: Final = "There was not enough memory. Close other programs, or choose a smaller recipe, and train again."
"""What a person reads when memory ran out."""

_ENDS: Final = frozenset({"finished", "failed"})


@dataclass(frozen=True)
class Wish:
    """What the person wants of a run.

    ``minutes``: the training's whole budget where it differs from the recipe's.
    ``asked``: Unix seconds; those who asked earlier are trained earlier.
    ``after``: how many bytes of events.jsonl were there already; an end that stands behind them answers this wish.
    """

    wish: str
    minutes: float | None = None
    asked: float = 0.0
    after: int = 0


@dataclass(frozen=True)
class Info:
    """A run's name, when it was made (Unix seconds) and the id of the run that it branched from."""

    name: str
    created: float
    parent: str | None = None


@dataclass(frozen=True)
class Series:
    """What a plot shows: lists of equal length, ``seconds`` of training rising."""

    seconds: tuple[float, ...]
    closeness: tuple[float, ...]
    painted: tuple[float, ...]
    pictures_per_second: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Status:
    """All that a page or a terminal needs to show one run, as of now.

    ``progress`` is 0 to 1; ``seconds``, ``seconds_left`` and ``budget`` count training alone, not pauses. What is not
    known yet is None. ``wish`` next to ``state`` tells a pause that was asked for ("training", "pause") from a pause.
    ``queue_place`` is 1 for the next in line. ``can_explore``: there is a checkpoint. ``reason``: why it failed.
    ``notice``: the last thing worth telling since the training began, in words.
    """

    id: str
    name: str
    created: float
    parent: str | None
    state: State
    wish: str | None
    step: int
    progress: float
    seconds: float
    seconds_left: float | None
    budget: float | None
    closeness: float | None
    painted: float | None
    pictures_per_second: float | None
    wall: Path | None
    wall_number: int | None
    walls: int
    thumbnail: Path | None
    reason: str | None
    notice: str | None
    queue_place: int | None
    recipe: str | None
    size: int | None
    minutes: float | None
    paintings: int
    aspect: float
    favourites: int
    can_explore: bool
    last_activity: float

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values; paths become strings."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: str(value) if isinstance(value, Path) else value for name, value in plain.items()}


@dataclass(frozen=True)
class Run:
    """A handle on a run's folder. Equal handles mean the same folder; methods read what is there now.

    Methods raise ``OSError`` where the disk refuses; ``in_words`` makes a sentence of it.
    """

    folder: Path

    # ---- making, opening, naming

    @classmethod
    def create(cls, root: Path, name: str, *, parent: str | None = None) -> Run:
        """A new run in ``root`` under an id that nobody can guess."""
        return cls.at(root / secrets.token_urlsafe(16), name, parent=parent)

    @classmethod
    def at(cls, folder: Path, name: str, *, parent: str | None = None) -> Run:
        """A new run in exactly this folder, which may exist already. ``RunError`` if a run is in it."""
        run = cls(Path(folder).absolute())
        name = _checked_name(name)
        if run.exists():
            raise RunError(f"{folder} holds a run already. Choose another folder, or open that run.")
        run.folder.mkdir(parents=True, exist_ok=True)
        _write_json(run._info_file, {"name": name, "created": time.time(), "parent": parent})
        return run

    @classmethod
    def open(cls, folder: Path) -> Run:
        """The run in this folder. ``RunError`` if there is none."""
        run = cls(Path(folder).absolute())
        if not run.exists():
            raise RunError(f"There is no run in {folder}. Check the name, or start one.")
        return run

    def exists(self) -> bool:
        """Whether the folder holds a run (it may have been deleted since)."""
        return self._info_file.is_file()

    @property
    def id(self) -> str:
        """The name of the folder; whoever knows it can reach the run."""
        return self.folder.name

    @property
    def info(self) -> Info:
        """Name, creation and parent. ``RunError`` if the run has been deleted."""
        values = _read_json(self._info_file)
        if values is None:
            raise RunError("This run has been deleted. Start a new one.")
        try:
            return Info(str(values["name"]), float(values["created"]), values.get("parent"))
        except (KeyError, TypeError, ValueError):
            raise RunError("run.json of this run is damaged. Delete the run.") from None

    def rename(self, name: str) -> None:
        """Give the run another name (1 to 100 characters; line breaks become spaces)."""
        info = self.info
        _write_json(self._info_file, {"name": _checked_name(name), "created": info.created, "parent": info.parent})

    def touch(self) -> None:
        """Note, to the minute, that somebody is busy with this run, which puts off its removal."""
        with contextlib.suppress(OSError):
            if time.time() - self._info_file.stat().st_mtime > 60:
                os.utime(self._info_file)

    # ---- where things are

    @property
    def paintings_folder(self) -> Path:
        """Where the accepted paintings and their report are."""
        return self.folder / "paintings"

    @property
    def checkpoint(self) -> Path:
        """The newest weights to explore: safetensors, absent before the first was saved."""
        return self.folder / "checkpoint.safetensors"

    @property
    def training(self) -> Path:
        """All that resuming needs, in one file, so that no kill can part what belongs together."""
        return self.folder / "training.safetensors"

    @property
    def base(self) -> Path:
        """The model that this run starts from when it branched from another; absent otherwise."""
        return self.folder / "base.safetensors"

    @property
    def films_folder(self) -> Path:
        """Where films go; it may not exist yet."""
        return self.folder / "films"

    @property
    def thumbnail(self) -> Path:
        """A small JPEG of four pictures, for lists; absent before the first wall."""
        return self.folder / "thumbnail.jpg"

    @property
    def log(self) -> Path:
        """What the worker printed."""
        return self.folder / "worker.log"

    @property
    def tries(self) -> Path:
        """How often the worker was started without getting anywhere (kept by the studio)."""
        return self.folder / "tries.json"

    @property
    def _info_file(self) -> Path:
        return self.folder / "run.json"

    @property
    def _events_file(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def _samples_folder(self) -> Path:
        return self.folder / "samples"

    # ---- what goes in: paintings, recipe, wish, favourites

    @property
    def report(self) -> paintings.Report | None:
        """What was accepted and what was left out; None before paintings were brought."""
        try:
            stat = (self.paintings_folder / "report.json").stat()
        except OSError:
            return None
        return _report(self.paintings_folder, stat.st_mtime_ns, stat.st_size)

    @property
    def aspect(self) -> float:
        """Width to height of the set's paintings, in which everything is shown; 1 where they were cropped."""
        report = self.report
        return 1.0 if report is None or report.fit == "crop" else report.aspect

    @property
    def recipe(self) -> Recipe | None:
        """The settings that it is trained with; None before training was asked for."""
        values = _read_json(self.folder / "recipe.json")
        if values is None:
            return None
        return Recipe.from_json({name: value for name, value in values.items() if name != "version"})

    def set_recipe(self, recipe: Recipe) -> None:
        """Write the settings down."""
        _write_json(self.folder / "recipe.json", {"version": 1, **recipe.to_json()})

    @property
    def wish(self) -> Wish | None:
        """What the person wants; None before training was asked for."""
        values = _read_json(self.folder / "wish.json")
        try:
            return None if values is None else Wish(**values)
        except TypeError:
            raise RunError("wish.json of this run is damaged. Delete the file or the run.") from None

    def set_wish(self, wish: str, minutes: float | None = None) -> Wish:
        """Note what the person wants. ``minutes`` is the whole budget; None leaves it as it was.

        To wish "train" again while that wish is open keeps the place in the line.
        """
        if wish not in WISHES:
            raise ValueError(f"wish is {wish!r}; it must be one of {', '.join(WISHES)}")
        before, digest = self.wish, _digest(self._events_file)
        minutes = minutes if minutes is not None or before is None else before.minutes
        waiting = before is not None and before.wish == wish == "train" and not digest.answers(before)
        new = Wish(wish, minutes, before.asked if before and waiting else time.time(), digest.offset)
        _write_json(self.folder / "wish.json", vars(new))
        return new

    def withdraw_wish(self) -> None:
        """Forget what was wished: a run that never trained is merely prepared again."""
        (self.folder / "wish.json").unlink(missing_ok=True)

    def favourites(self) -> list[dict[str, Any]]:
        """The positions that the person kept, oldest first."""
        kept = _read_json(self.folder / "favourites.json")
        return [] if kept is None else list(kept["favourites"])

    def set_favourites(self, favourites: Sequence[Mapping[str, Any]]) -> None:
        """Keep these positions instead of the ones before."""
        if len(favourites) > MOST_FAVOURITES:
            raise RunError(f"{len(favourites)} favourites are too many. Keep at most {MOST_FAVOURITES}.")
        _write_json(self.folder / "favourites.json", {"favourites": [dict(kept) for kept in favourites]})

    # ---- the worker's side: news goes in, and comes back after a crash

    def record(self, event: Event) -> None:
        """Write an event and what it carries. The line comes last, so a line never tells of a file that is not there.

        A resumed start takes back what was recorded behind its step: those steps were lost and are painted again.
        """
        if isinstance(event, Sampled):
            self._record_wall(event)
        elif isinstance(event, Saved):
            self._record_weights(event)
        elif isinstance(event, Started) and event.resumed:
            for wall in self.walls():
                if int(wall.stem) > event.step:
                    wall.unlink(missing_ok=True)
        line = json.dumps(_plain(event.to_json()), ensure_ascii=False, allow_nan=False) + "\n"
        with self._events_file.open("a+b") as file:
            _repair_tail(file)
            file.write(line.encode())
            file.flush()
            if not isinstance(event, (Sampled, Stepped)):
                os.fsync(file.fileno())

    def saved(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """What ``Training`` takes as ``resume``: tensors and state of the last ``Saved``; None if nothing was saved.

        ``CheckpointError`` if the file is damaged.
        """
        return checkpoint.read(self.training) if self.training.exists() else None

    def tidy(self) -> None:
        """Remove unfinished files and folders that a kill left. For the holder of the lock."""
        for pattern in (".*.part", "*.partial", "samples/.*.part"):
            for left in self.folder.glob(pattern):
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)

    def _record_wall(self, event: Sampled) -> None:
        aspect = self.aspect
        longest = round(event.pictures.shape[1] * math.sqrt(max(aspect, 1 / aspect)))
        tiles = [paintings.unsqueeze(square, aspect, longest) for square in event.pictures]
        self._samples_folder.mkdir(exist_ok=True)
        wall = _grid(tiles, _columns(len(tiles), aspect))
        _write(self._samples_folder / f"{event.step:05d}.webp", _encoded(wall, "webp", quality=85, method=2))
        _write(self.thumbnail, _encoded(_grid(tiles[:4], 2), "jpeg", quality=85))

    def _record_weights(self, event: Saved) -> None:
        # A kill between the two leaves a checkpoint that is one save newer than the training, which does no harm:
        # resuming reads only the training, and that is whole, so no kill can part what belongs together.
        checkpoint.write(self.checkpoint, event.checkpoint, event.settings)
        checkpoint.write(self.training, event.training, event.state)

    # ---- what comes out: events, walls, series, status

    def events(self, since: int = 0) -> list[dict[str, Any]]:
        """The events as plain dictionaries, the first ``since`` left out. Damaged lines are passed over."""
        try:
            lines = self._events_file.read_bytes().split(b"\n")[:-1]  # the last is empty, or torn
        except OSError:
            return []
        return [event for event in map(_parsed, lines) if event is not None][since:]

    def walls(self) -> list[Path]:
        """The walls of samples, earliest first: the frames of the learning film."""
        found = [path for path in self._samples_folder.glob("*.webp") if path.stem.isdigit()]
        return sorted(found, key=lambda path: int(path.stem))

    def series(self, most: int = 300) -> Series:
        """The curves of the training so far, thinned by averaging to ``most`` points."""
        return _digest(self._events_file).series(most)

    @property
    def standing(self) -> tuple[int, float]:
        """Step and seconds of the newest event; (0, 0.0) before there was one."""
        newest = _digest(self._events_file).newest
        return (int(newest["step"]), float(newest["seconds"])) if newest else (0, 0.0)

    @property
    def saved_step(self) -> int:
        """The last step that is safe on disk; 0 before the first."""
        saved = _digest(self._events_file).last("saved")
        return int(saved["step"]) if saved else 0

    @property
    def state(self) -> State:
        """Where the run stands: derived from its lock, its events and the wish."""
        return self._derive_state(self.wish, _digest(self._events_file))

    def _derive_state(self, wish: Wish | None, digest: _Digest) -> State:
        if wish is not None and (end := digest.answers(wish)):
            return "failed" if end == "failed" else "finished"
        if self.alive():
            return "training"
        if wish is None:
            # A run that ended without a wish was trained by hand; one that never began is only prepared.
            return cast(State, digest.end) if digest.end else "prepared" if self.report else "empty"
        if wish.wish == "train":
            return "waiting"
        if wish.wish == "pause":
            return "paused"
        return "finished" if self.checkpoint.exists() else "prepared"

    def status(self, queue_place: int | None = None) -> Status:
        """All that there is to show, as of now. ``RunError`` if the run has been deleted."""
        info, wish, recipe, report = self.info, self.wish, self.recipe, self.report
        digest = _digest(self._events_file)
        state = self._derive_state(wish, digest)
        newest, started, stepped = digest.newest, digest.last("started"), digest.last("stepped")
        sampled, ended, trouble = digest.last("sampled"), digest.last("failed"), digest.last("rolledback")
        seconds = float(newest["seconds"]) if newest else 0.0
        minutes = (wish.minutes if wish else None) or (recipe.minutes if recipe else None)
        by_time = recipe is not None and (recipe.steps is None or (wish is not None and wish.minutes is not None))
        budget = minutes * 60 if by_time and minutes else started["budget"] if started else None
        progress = min(1.0, seconds / budget) if budget else 0.0
        left = max(0.0, budget - seconds) if budget else None
        if stepped and (state == "failed" or digest.end is None):
            progress, left = stepped["progress"] or 0.0, stepped["seconds_left"]
        if state == "finished":
            progress, left = 1.0, 0.0
        wall = self._samples_folder / f"{sampled['step']:05d}.webp" if sampled else None
        return Status(
            id=self.id,
            name=info.name,
            created=info.created,
            parent=info.parent,
            state=state,
            wish=wish.wish if wish else None,
            step=int(newest["step"]) if newest else 0,
            progress=progress,
            seconds=seconds,
            seconds_left=left,
            budget=budget,
            closeness=stepped["closeness"] if stepped else None,
            painted=stepped["painted"] if stepped else None,
            pictures_per_second=stepped["pictures_per_second"] if stepped else None,
            wall=wall if wall and wall.exists() else None,
            wall_number=sampled["number"] if sampled else None,
            walls=digest.walls,
            thumbnail=self.thumbnail if self.thumbnail.exists() else None,
            reason=ended["reason"] if ended and state == "failed" else None,
            notice=trouble["reason"] if trouble else None,
            queue_place=queue_place,
            recipe=recipe.name if recipe else None,
            size=recipe.size if recipe else None,
            minutes=minutes,
            paintings=len(report.paintings) if report else 0,
            aspect=self.aspect,
            favourites=len(self.favourites()),
            can_explore=self.checkpoint.exists(),
            last_activity=self.last_activity,
        )

    @property
    def marks(self) -> tuple[int, ...]:
        """Numbers that change when something was wished or something happened; cheap to ask for."""
        marks = []
        for file in (self.folder / "wish.json", self._events_file):
            try:
                marks.append(file.stat().st_mtime_ns)
            except OSError:
                marks.append(0)
        return tuple(marks)

    @property
    def last_activity(self) -> float:
        """Unix seconds of the last time that anything was written here, or that somebody was busy with it."""
        times = [0.0]
        for file in (self._info_file, self._events_file, self.folder / "wish.json", self.folder / "favourites.json"):
            with contextlib.suppress(OSError):
                times.append(file.stat().st_mtime)
        with contextlib.suppress(OSError):
            times.append(self.paintings_folder.stat().st_mtime)
        return max(times)

    # ---- who is at work

    def take_lock(self) -> int:
        """A file descriptor that holds the run until it is closed, here and in a child that it was passed to.

        ``RunError`` if a worker holds the run. Asking ``alive`` holds it for an instant, so a few tries are made.
        """
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        for wait in (0.01, 0.02, 0.05, 0.1, None):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            except BlockingIOError:
                if wait is not None:
                    time.sleep(wait)
        os.close(descriptor)
        raise RunError("This run is being trained already. Wait until it ends, or pause it.")

    @contextlib.contextmanager
    def lock(self, descriptor: int | None = None) -> Iterator[None]:
        """Hold the run while the block lasts, with a ``descriptor`` from ``take_lock`` or a new one.

        Written into the lock file: the process that holds it, so that it can be ended.
        """
        descriptor = self.take_lock() if descriptor is None else descriptor
        try:
            os.set_inheritable(descriptor, False)
            sign_lock(descriptor, os.getpid())
            yield
        finally:
            os.close(descriptor)

    def alive(self) -> bool:
        """Whether a worker holds the run."""
        try:
            descriptor = os.open(self.folder / "lock", os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)

    def worker(self) -> psutil.Process | None:
        """The process that holds the run; None if there is none, or it has not said yet who it is."""
        if not self.alive():
            return None
        try:
            signed = json.loads((self.folder / "lock").read_bytes())
            process = psutil.Process(signed["pid"])
            return process if abs(process.create_time() - signed["born"]) < 1 else None
        except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
            return None

    # ---- the end

    def delete(self) -> None:
        """Remove everything: paintings, pictures, weights. ``RunError`` while a worker holds the run.

        The folder is renamed first, so from one moment to the next nobody finds the run any more.
        """
        if self.alive():
            raise RunError("This run is being trained. Pause or stop it, then delete it.")
        doomed = self.folder.with_name(f".deleted-{secrets.token_hex(8)}")
        try:
            self.folder.replace(doomed)
        except FileNotFoundError:
            return
        shutil.rmtree(doomed)


def sign_lock(descriptor: int, pid: int) -> None:
    """Write into a lock file which process holds it, so that others can end that process and no other."""
    with contextlib.suppress(psutil.NoSuchProcess):
        signature = json.dumps({"pid": pid, "born": psutil.Process(pid).create_time()}).encode()
        os.pwrite(descriptor, signature, 0)
        os.ftruncate(descriptor, len(signature))


def in_words(error: OSError | MemoryError) -> str:
    """Two sentences for a person: what the machine refused, and what to do. Only the file's name, never its folder."""
    if isinstance(error, MemoryError) or error.errno == errno.ENOMEM:
        return OUT_OF_MEMORY
    name = Path(os.fsdecode(error.filename)).name if error.filename else "A file"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "The disk is full. Free some space, for example by deleting runs, and try again."
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{name} cannot be written. Allow this user to write to the folder of runs, or choose another folder."
    if error.errno == errno.ENOENT:
        return f"{name} is not there any more. The run may have been deleted; reload the page."
    return f"{name} cannot be used ({error.strerror or error}). Check the disk and the folder of runs, then try again."


# ---- events, read once


class _Digest:
    """What status and plots need of an events file, kept up to date by reading only what was added."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self.offset = 0  # bytes read, always just behind a line's end
        self.newest: dict[str, Any] | None = None
        self.end: str | None = None  # "finished" or "failed" when nothing came after it
        self._end_offset = 0
        self._inode = 0
        self._last: dict[str, dict[str, Any]] = {}
        self._wall_steps: list[int] = []
        self._steps = array("q")
        self._columns = tuple(array("d") for _ in Series.__dataclass_fields__)

    @property
    def walls(self) -> int:
        return len(self._wall_steps)

    def last(self, kind: str) -> dict[str, Any] | None:
        """The newest event of a kind ("stepped" and "rolledback": since the newest start)."""
        return self._last.get(kind)

    def answers(self, wish: Wish) -> str | None:
        """The end that came after the wish, if one did."""
        return self.end if self.end and self._end_offset > wish.after else None

    def update(self) -> _Digest:
        with self._guard:
            try:
                with self._path.open("rb") as file:
                    stat = os.fstat(file.fileno())
                    if stat.st_ino != self._inode or stat.st_size < self.offset:
                        self._forget()
                        self._inode = stat.st_ino
                    if stat.st_size > self.offset:
                        file.seek(self.offset)
                        self._take(file.read(stat.st_size - self.offset))
            except OSError:
                self._forget()
        return self

    def _take(self, added: bytes) -> None:
        for line in added[: added.rfind(b"\n") + 1].splitlines(keepends=True):
            self.offset += len(line)
            event = _parsed(line)
            if event is not None:
                self._take_event(event)

    def _take_event(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "started":
            self._last.pop("stepped", None)
            self._last.pop("rolledback", None)
            self._take_back(event["step"])
        elif kind == "stepped":
            values = [event.get(name) for name in Series.__dataclass_fields__]
            numbers = [float(value) for value in values if isinstance(value, (int, float))]
            if len(numbers) == len(values):  # a loss that was not a number was written as null
                self._steps.append(event["step"])
                for column, number in zip(self._columns, numbers, strict=True):
                    column.append(number)
        elif kind == "sampled" and (not self._wall_steps or event["step"] > self._wall_steps[-1]):
            self._wall_steps.append(event["step"])
        self.end, self._end_offset = kind if kind in _ENDS else None, self.offset
        self._last[kind] = event
        self.newest = event

    def _take_back(self, step: int) -> None:
        """Forget the curve behind ``step``: the crash that made this start necessary lost it."""
        keep = bisect_right(self._steps, step)
        del self._steps[keep:]
        for column in self._columns:
            del column[keep:]
        del self._wall_steps[bisect_right(self._wall_steps, step) :]

    def series(self, most: int) -> Series:
        if most < 1:
            raise ValueError(f"most is {most}; it must be at least 1")
        with self._guard:
            table = np.array(self._columns, dtype=np.float64)
        count = table.shape[1]
        if count > most:
            starts = np.arange(most) * count // most
            table = np.add.reduceat(table, starts, axis=1) / np.diff(starts, append=count)
        return Series(*(tuple(column) for column in table.tolist()))


_digests: OrderedDict[Path, _Digest] = OrderedDict()
_digests_guard = threading.Lock()


def _digest(path: Path) -> _Digest:
    with _digests_guard:
        digest = _digests.pop(path, None) or _Digest(path)
        _digests[path] = digest
        while len(_digests) > 256:
            _digests.popitem(last=False)
    return digest.update()


def _parsed(line: bytes) -> dict[str, Any] | None:
    """The event on a line; None where a crash left something else there."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    sound = isinstance(event, dict) and isinstance(event.get("event"), str)
    return event if sound and isinstance(event.get("step"), int) and "seconds" in event else None


def _repair_tail(file: io.BufferedRandom) -> None:
    """Cut off the line that a killed worker left unfinished. ``file`` is open for appending and reading."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return
    file.seek(-1, os.SEEK_END)
    if file.read(1) == b"\n":
        return
    file.seek(max(0, size - (1 << 20)))
    tail = file.read()
    file.truncate(size - len(tail) + tail.rfind(b"\n") + 1)


def _plain(value: Any) -> Any:
    """``value`` as JSON can hold it: numbers of numpy and torch become Python's, what is not finite becomes null."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


# ---- files


@functools.lru_cache(maxsize=64)
def _report(folder: Path, _changed: int, _size: int) -> paintings.Report:
    return paintings.read_report(folder)


def _checked_name(name: str) -> str:
    if not isinstance(name, str):
        raise RunError("The name of a run is text. Type one.")
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
    if not shown:
        raise RunError("A run needs a name. Type one.")
    return shown[:LONGEST_NAME].rstrip()


def _read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file; None if there is no file. ``RunError`` names a damaged one."""
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise RunError(f"{path.name} of this run is damaged. Delete the file or the run.")
    return values


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    _write(path, json.dumps(values, ensure_ascii=False, allow_nan=False).encode())


def _write(path: Path, content: bytes) -> None:
    """Put ``content`` in place of a file, all or nothing. The folder must exist: a deleted run stays deleted."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


# ---- walls


def _columns(count: int, aspect: float) -> int:
    """Columns of a tidy wall: near 3 to 2 in shape, with whole rows in either half where that can be."""
    wanted = math.sqrt(1.5 * count / aspect)
    whole = [columns for columns in range(1, count + 1) if count % (2 * columns) == 0]
    even = [columns for columns in whole if wanted / 2 < columns < wanted * 2]
    return min(even, key=lambda columns: (abs(math.log(columns / wanted)), -columns), default=min(count, round(wanted)))


def _grid(tiles: Sequence[Image.Image], columns: int) -> Image.Image:
    """The tiles, all of one size, row by row without a gap; what is missing in the last row is white."""
    width, height = tiles[0].size
    wall = Image.new("RGB", (columns * width, -(-len(tiles) // columns) * height), "white")
    for number, tile in enumerate(tiles):
        wall.paste(tile, (number % columns * width, number // columns * height))
    return wall


def _encoded(picture: Image.Image, kind: str, **options: int) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()
