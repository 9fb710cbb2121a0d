"""The runs of this server: who is trained now, who waits, and what may be done with each.

A ``Studio`` trains nothing itself. It starts workers (``neural_art.runs.worker``), which live in sessions of their own: they
go on when the page dies or is stopped, and the next ``Studio`` on the same folder finds them at work. What has to be
remembered lies in the runs' folders, so two studios on one folder, or a studio and a command line, do no harm.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import logging
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import psutil

from neural_art.dataset import prepare as paintings
from neural_art.samples import paint_samples
from neural_art.errors import NeuralArtError, PaintingError, RecipeError, RunError
from neural_art.events import Failed, Finished
from neural_art.explore.explorer import Explorer
from neural_art.dataset.prepare import Limits, Progress, Report
from neural_art.recipe import MINUTES, Recipe
from neural_art.runs.folder import OUT_OF_MEMORY, Run, Status, in_words, sign_lock

POLL_SECONDS: Final = 0.4
"""How often the runs that train or wait are looked at."""

SURVEY_SECONDS: Final = 20.0
"""How often all runs are looked at: others may have started some, and some may have to be removed."""

RESTARTS: Final = 3
"""How often a worker that died without having got anywhere is started again."""

OPEN_EXPLORERS: Final = 4
"""Models kept open at once."""

Brought = Path | Sequence[tuple[str, Path]]
"""What a person brings: a folder, a zip, or pairs of a relative name and a file."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_log = logging.getLogger(__name__)


class Studio:
    """The runs in the folder ``root``, which is made if need be. ``RunError`` if it cannot be.

    ``at_once``: trainings at the same time; others wait in the order in which they were asked for.
    ``keep_hours``: runs that nobody was busy with for so long are removed; None keeps them for ever.
    ``limits``: of what may be brought. ``base``: the model that a new run starts from.
    ``start``: whether to look after the queue, in a thread; without it the runs can be read and asked for things.

    Methods that take an id raise ``RunError`` for one that is malformed or unknown, and where the disk refuses.
    """

    def __init__(
        self,
        root: Path,
        *,
        at_once: int = 1,
        keep_hours: float | None = None,
        limits: Limits | None = None,
        base: Path | None = None,
        start: bool = True,
    ) -> None:
        if at_once < 1:
            raise ValueError(f"at_once is {at_once}; it must be at least 1")
        self.root = Path(root).absolute()
        self.at_once = at_once
        self.keep_seconds = None if keep_hours is None else keep_hours * 3600
        self.limits = limits or Limits()
        self.base = None if base is None else Path(base).absolute()
        self._guard = threading.RLock()
        self._busy: set[str] = set()  # ids of runs that train, wait, or have to be brought to an end
        self._bringing: set[str] = set()  # ids of runs whose paintings are being changed
        self._doomed: set[str] = set()  # ids of runs that are being deleted
        self._settled: dict[str, tuple[int, ...]] = {}  # id -> marks of a run that had nothing to be done
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._not_before: dict[str, float] = {}
        self._troubles: dict[str, str] = {}  # id -> why its worker could not even be started
        self._shelf = _Shelf(OPEN_EXPLORERS)
        self._next_survey = 0.0
        self._wake = threading.Event()
        self._closed = False
        with _told():
            self.root.mkdir(parents=True, exist_ok=True)
            for left in self.root.glob(".deleted-*"):
                shutil.rmtree(left, ignore_errors=True)
            self._survey()
        if start:
            threading.Thread(target=self._live, name="studio", daemon=True).start()

    # ---- finding runs

    def create(self, name: str) -> Run:
        """A new, empty run."""
        with _told():
            return Run.create(self.root, name)

    def run(self, id: str) -> Run:
        """The run with this id."""
        if isinstance(id, str) and _ID.fullmatch(id) and id not in self._doomed:
            run = Run(self.root / id)
            with contextlib.suppress(OSError):
                if not run.folder.is_symlink() and run.exists():
                    return run
        raise RunError("There is no such run here. It may have been deleted; start a new one.")

    def status(self, id: str) -> Status:
        """How a run stands, with its place in the line if it waits."""
        run = self.run(id)
        with _told():
            status = run.status()
            if status.state != "waiting":
                return status
            if trouble := self._troubles.get(id):
                return dataclasses.replace(status, state="failed", reason=trouble)
            with self._guard:
                line = [waiting.id for waiting in self._line(self._busy | {id})]
            return dataclasses.replace(status, queue_place=line.index(id) + 1 if id in line else None)

    def statuses(self, ids: Iterable[str]) -> list[Status]:
        """How these runs stand; those that do not exist (any more) or cannot be read are left out."""
        found = []
        for id in ids:
            with contextlib.suppress(NeuralArtError):
                found.append(self.status(id))
        return found

    @property
    def spare_threads(self) -> int:
        """How many threads paint a picture quickest now: two, or one beside a training, which needs the others."""
        return 1 if self._busy else min(2, os.cpu_count() or 1)

    def explorer(self, id: str) -> Explorer:
        """The run's newest model, to play with. While a newer one is being opened, the one before is given.

        ``RunError`` before the first checkpoint.
        """
        run = self.run(id)
        if not run.checkpoint.exists():
            raise RunError("This run has no model yet. Wait for the first save, some seconds after the start.")
        with _told():
            run.touch()
            return self._shelf.get(run)

    # ---- bringing paintings

    def bring(
        self, run_id: str | None, brought: Brought, *, fit: str = "squeeze", ground: str = "#ffffff"
    ) -> Iterator[Run | Progress | Report]:
        """Check paintings and add them to those of the run; the report comes last.

        Without an id a run is made, and yielded first; it is deleted again if that fails. ``PaintingError`` (with a
        ``report`` if too few can be used); ``RunError`` if the run has been trained. Either way, and when the iteration
        is broken off, the run has the paintings that it had before.
        """
        with self._for_bringing(run_id) as run:
            if run_id is None:
                yield run
            yield from self._prepare(run, brought, fit, ground)

    def bring_samples(
        self, run_id: str | None, *, count: int = 96, seed: int = 0, fit: str = "squeeze", ground: str = "#ffffff"
    ) -> Iterator[Run | Progress | Report]:
        """As ``bring``, with sample paintings that are painted by code."""
        with self._for_bringing(run_id) as run:
            if run_id is None:
                yield run
            with _aside(run, "easel") as folder:
                yield from paint_samples(folder, count, seed)
                yield from self._prepare(run, folder, fit, ground)

    def drop(self, id: str, files: Collection[str]) -> Report:
        """Leave accepted paintings out after all, before the training."""
        with self._for_bringing(id) as run:
            return paintings.drop(run.paintings_folder, files, limits=self.limits)

    def refit(self, id: str, fit: str) -> Report:
        """Choose "squeeze" or "crop" anew, before the training."""
        with self._for_bringing(id) as run:
            return paintings.refit(run.paintings_folder, fit)

    def clear(self, id: str) -> None:
        """Take all paintings out of the run again, before the training."""
        with self._for_bringing(id) as run:
            if run.paintings_folder.exists():
                with _aside(run, "cleared") as folder:
                    run.paintings_folder.replace(folder)

    @contextlib.contextmanager
    def _for_bringing(self, run_id: str | None) -> Iterator[Run]:
        """The run, whose paintings nobody else in this process changes meanwhile."""
        run = self.create("Untitled") if run_id is None else self.run(run_id)
        with self._guard:
            _check_untrained(run)
            self._check_at_rest(run)
            self._bringing.add(run.id)
        whole = False
        try:
            with _told():
                yield run
            whole = True
        finally:
            with self._guard:
                self._bringing.discard(run.id)
            if run_id is None and not whole:
                with contextlib.suppress(RunError, OSError):
                    run.delete()

    def _check_at_rest(self, run: Run) -> None:
        if run.id in self._bringing:
            raise RunError("The paintings of this run are being prepared. Wait until that is done.")

    def _prepare(self, run: Run, brought: Brought, fit: str, ground: str) -> Iterator[Progress | Report]:
        for news in paintings.prepare(brought, run.paintings_folder, fit=fit, ground=ground, limits=self.limits):
            if not run.exists():
                raise RunError("This run was deleted in the meantime. Start a new one.")
            yield news

    # ---- asking for things

    def train(self, id: str, recipe: Recipe) -> None:
        """Put the run in the line for its first training."""
        _check_minutes(recipe.minutes)
        with self._acting(id) as run:
            _check_untrained(run)
            self._check_at_rest(run)
            report = run.report
            if report is None:
                raise RunError("This run has no paintings yet. Bring some first.")
            if len(report.paintings) < self.limits.least:
                left = f"{len(report.paintings)} paintings are too few to learn from."
                raise PaintingError(f"{left} Bring at least {self.limits.least}.")
            run.withdraw_wish()  # with the minutes of an earlier one
            run.set_recipe(recipe)
            run.set_wish("train")

    def pause(self, id: str) -> None:
        """Put the training aside, or take the run out of the line; it keeps what it learned."""
        with self._acting(id) as run:
            state = run.state
            if state in ("training", "waiting"):
                run.set_wish("pause")
            elif state != "paused":
                raise RunError(f"This run is {state}. Only a training can be paused.")

    def resume(self, id: str) -> None:
        """Go on with a training that is paused or has failed, when its turn comes."""
        with self._acting(id) as run:
            state, wish = run.state, run.wish
            if state in ("paused", "failed") or (state == "training" and wish is not None and wish.wish == "pause"):
                run.tries.unlink(missing_ok=True)
                run.set_wish("train")
            elif state not in ("training", "waiting"):
                raise RunError(f"This run is {state}. Only a paused or failed training can be resumed.")

    def stop(self, id: str) -> None:
        """End the training early and keep the model. A run that has not begun leaves the line."""
        with self._acting(id) as run:
            state = run.state
            if state not in ("training", "waiting", "paused", "finished"):
                raise RunError(f"This run is {state}. Only a training can be stopped.")
            if state != "finished":
                run.set_wish("stop")
                if state != "training":
                    self._bring_to_an_end(run)

    def longer(self, id: str, minutes: float) -> None:
        """Train a finished run for ``minutes`` more."""
        _check_minutes(minutes)
        with self._acting(id) as run:
            status, recipe = run.status(), run.recipe
            if status.state != "finished" or recipe is None:
                raise RunError(f"This run is {status.state}. Only a finished run can be trained longer.")
            if not run.training.exists():
                raise RunError("What is needed to train this run longer is not there. Start a new run from its model.")
            used = status.seconds / 60
            if status.minutes and recipe.steps is None and abs(used - status.minutes) < 0.1 * status.minutes:
                used = status.minutes  # it used its budget; round numbers stay round
            total = used + minutes
            dataclasses.replace(recipe, minutes=total, steps=None)  # RecipeError if that is too much in all
            run.tries.unlink(missing_ok=True)
            run.set_wish("train", total)

    def branch(self, id: str, *, name: str, brought: Brought | None = None) -> Run:
        """A new run that starts from another's model, with the same paintings or with those that are ``brought``.

        It shares nothing with the first, which may be deleted. To see the progress of bringing, branch with
        ``brought=()``, which gives a run without paintings, and ``bring`` them to it.
        """
        parent = self.run(id)
        if not parent.checkpoint.exists():
            raise RunError("This run has no model yet. Train it first, then start a new run from it.")
        with _told():
            run = Run.create(self.root, name, parent=id)
            try:
                shutil.copyfile(parent.checkpoint, run.base)
                if brought is None:
                    shutil.copytree(parent.paintings_folder, run.paintings_folder)
                elif brought != ():
                    report = parent.report
                    fit, ground = (report.fit, report.ground) if report else ("squeeze", "#ffffff")
                    for _ in self._prepare(run, brought, fit, ground):
                        pass
            except BaseException:
                run.delete()
                raise
            return run

    def rename(self, id: str, name: str) -> None:
        """Give the run another name."""
        with _told():
            self.run(id).rename(name)

    def delete(self, id: str) -> None:
        """Remove a run with everything in it: its worker is ended, its paintings, pictures and weights are gone."""
        run = self.run(id)
        with self._guard:
            self._doomed.add(id)  # from here on nobody finds it, and no worker is started for it
            self._busy.discard(id)
        try:
            with _told():
                self._end_worker(run)
                run.delete()
        finally:
            with self._guard:
                self._doomed.discard(id)
                self._forget(id)

    def close(self, *, workers: bool = False) -> None:
        """Stop looking after the queue. Workers go on, and are found at work by the next studio; ``workers=True`` ends
        those that this studio started, as a power cut would: nothing of theirs is lost but the last seconds.
        """
        with self._guard:
            self._closed = True
            children = dict(self._workers)
        self._wake.set()
        for worker in children.values():
            if workers:
                _kill(worker.pid)
                worker.wait()
            elif worker.poll() is None:
                worker.returncode = 0  # it is no longer ours to wait for
        self._workers.clear()

    @contextlib.contextmanager
    def _acting(self, id: str) -> Iterator[Run]:
        """The run, to be changed by nobody else in this process; the queue looks at it at once afterwards."""
        with self._guard, _told():
            run = self.run(id)
            yield run
            self._troubles.pop(id, None)
            self._not_before.pop(id, None)
            self._busy.add(id)
        self._wake.set()

    # ---- the queue

    def _live(self) -> None:
        while not self._closed:
            try:
                self._attend()
            except Exception:  # whatever one run is like, the others are looked after
                _log.exception("The queue of runs stumbled.")
            self._wake.wait(POLL_SECONDS if self._busy else 5 * POLL_SECONDS)
            self._wake.clear()

    def _attend(self) -> None:
        """Look at the runs that something may have to be done for, once."""
        if time.monotonic() >= self._next_survey:
            self._survey()
        with self._guard:
            for id in list(self._busy):
                if not self._look_at(Run(self.root / id)):
                    self._forget(id)
            if self._closed or self._at_work() >= self.at_once or not self._line(self._busy):
                return
            with self._turn() as mine:
                if mine:
                    self._survey()  # what others have started in the meantime
                    free = self.at_once - self._at_work()
                    for run in self._line(self._busy):
                        if free <= 0:
                            break
                        free -= self._start(run)

    def _look_at(self, run: Run) -> bool:
        """Whether the run needs looking after; does what can be done at once."""
        worker = self._workers.get(run.id)
        if worker is not None:
            worker.poll()
        if run.id in self._doomed or not run.exists():
            return False
        try:
            if run.alive():
                return True
            wish, state = run.wish, run.state
            if wish is not None and wish.wish == "stop" and state == "finished":
                self._bring_to_an_end(run)
            return state == "waiting"
        except (NeuralArtError, OSError):  # a damaged file; whoever opens the run is told
            return False

    def _at_work(self) -> int:
        return sum(Run(self.root / id).alive() for id in self._busy)

    def _line(self, ids: Iterable[str]) -> list[Run]:
        """The runs among these that wait, in the order in which they were asked for."""
        line = []
        for id in ids:
            if id in self._troubles and time.monotonic() < self._not_before.get(id, 0.0):
                continue
            run = Run(self.root / id)
            with contextlib.suppress(NeuralArtError, OSError):
                wish = run.wish
                if wish is not None and run.state == "waiting" and id not in self._doomed:
                    line.append((wish.asked, id, run))
        return [run for _, _, run in sorted(line, key=lambda entry: entry[:2])]

    @contextlib.contextmanager
    def _turn(self) -> Iterator[bool]:
        """Whether it is this studio's turn to start workers; another one on the same folder then waits."""
        try:
            descriptor = os.open(self.root / ".line", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield True  # the folder cannot be written: starting will say so
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
        except BlockingIOError:
            yield False
        finally:
            os.close(descriptor)

    def _start(self, run: Run) -> bool:
        """Start a worker that holds the run's lock from its first moment on. Whether its turn is used up by that."""
        if time.monotonic() < self._not_before.get(run.id, 0.0):
            return True  # its worker just died; soon once more
        try:
            lock = run.take_lock()
        except RunError:
            return True  # somebody else was quicker
        except OSError as error:
            return self._give_up(run, in_words(error))
        try:
            count = _count_try(run)
            if count > 1 + RESTARTS:
                step, seconds = run.standing
                run.record(Failed(step=step, seconds=seconds, reason=self._why(run)))
                return False
            self._not_before[run.id] = time.monotonic() + 0.5 * (count - 1)
            self._troubles.pop(run.id, None)
            command = [sys.executable, "-m", "neural_art.runs.worker", str(run.folder), "--lock", str(lock)]
            if self.base is not None:
                command += ["--base", str(self.base)]
            mode = "wb" if count == 1 else "ab"
            with run.log.open(mode) as log:
                self._workers[run.id] = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=Path(__file__).parents[2],
                    # Threads of a worker that is put aside for others must not burn its time waiting for each other:
                    # on two cores beside another load this trains three times as fast.
                    env={**os.environ, "OMP_WAIT_POLICY": "passive"},
                    pass_fds=[lock],
                    start_new_session=True,
                )
            sign_lock(lock, self._workers[run.id].pid)  # it will do so itself, when it has loaded PyTorch
            return True
        except RunError as error:
            return self._give_up(run, str(error))
        except OSError as error:
            return self._give_up(run, in_words(error))
        finally:
            os.close(lock)

    def _give_up(self, run: Run, reason: str) -> bool:
        """Remember why no worker could be started, where not even that can be written; try again after a while."""
        if run.exists():
            self._troubles[run.id] = reason
            self._not_before[run.id] = time.monotonic() + SURVEY_SECONDS
        return False

    def _why(self, run: Run) -> str:
        """Why the worker died again and again, from how it ended and what it printed."""
        said = _tail(run.log)
        worker = self._workers.get(run.id)
        if "MemoryError" in said or "allocate memory" in said:
            return OUT_OF_MEMORY
        if worker is not None and worker.returncode == -signal.SIGKILL:
            return "The training was ended from outside again and again, most likely because memory ran out. " + _AGAIN
        if worker is not None and worker.returncode in (-signal.SIGILL, -signal.SIGSEGV, -signal.SIGBUS):
            name = signal.Signals(-worker.returncode).name
            return f"The training crashed again and again ({name}). Reinstall PyTorch for this processor, then resume."
        words = f" Its last words were: {said.splitlines()[-1][:200]}" if said else ""
        return f"The training ended again and again without getting anywhere. {_AGAIN}{words}"

    def _bring_to_an_end(self, run: Run) -> None:
        """Do what a stop asks for where no worker is left to do it."""
        try:
            lock = run.take_lock()
        except RunError:
            return  # a worker lives after all and sees the wish
        try:
            if run.checkpoint.exists():
                status = run.status()
                speed = status.pictures_per_second or 0.0
                run.record(Finished(step=status.step, seconds=status.seconds, early=True, pictures_per_second=speed))
            else:
                run.withdraw_wish()
        finally:
            os.close(lock)

    def _survey(self) -> None:
        """Look at every run: take up what waits, remove what nobody was busy with for too long."""
        keep = self.keep_seconds
        self._next_survey = time.monotonic() + min(
            SURVEY_SECONDS, SURVEY_SECONDS if keep is None else max(0.2, keep / 4)
        )
        with os.scandir(self.root) as entries:
            ids = [entry.name for entry in entries if _ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)]
        for id in ids:
            with contextlib.suppress(NeuralArtError, OSError):
                self._survey_run(Run(self.root / id))

    def _survey_run(self, run: Run) -> None:
        if run.id in self._busy or run.id in self._doomed or not run.exists():
            return
        if run.alive():
            self._busy.add(run.id)
            return
        marks = run.marks
        if self._settled.get(run.id) != marks:
            if self._look_at(run):
                self._busy.add(run.id)
                return
            self._settled[run.id] = marks
        if self.keep_seconds is not None and time.time() - run.last_activity > self.keep_seconds:
            self.delete(run.id)

    def _end_worker(self, run: Run) -> None:
        """End whoever trains the run, and wait until that is so. ``RunError`` if it cannot be ended."""
        worker = self._workers.get(run.id)
        deadline = time.monotonic() + 10
        while run.alive():
            if worker is not None and worker.poll() is None:
                _kill(worker.pid)
            elif (found := run.worker()) is not None and found.pid != os.getpid():
                with contextlib.suppress(psutil.NoSuchProcess):
                    _kill(found.pid)
            if time.monotonic() > deadline:
                raise RunError("The training of this run cannot be ended. Try again, or restart the machine.")
            time.sleep(0.02)
        if worker is not None:
            worker.wait()

    def _forget(self, id: str) -> None:
        self._busy.discard(id)
        self._not_before.pop(id, None)
        self._settled.pop(id, None)
        if not (self.root / id).exists():
            self._troubles.pop(id, None)
            self._shelf.remove(id)
        worker = self._workers.get(id)
        if worker is not None and worker.poll() is not None:
            del self._workers[id]


class _Shelf:
    """Models that are open, newest used last; a newer checkpoint is opened behind the back of whoever plays."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._guard = threading.Lock()
        self._opening: dict[str, threading.Lock] = {}
        self._open: OrderedDict[str, tuple[int, Explorer]] = OrderedDict()

    def get(self, run: Run) -> Explorer:
        mark = run.checkpoint.stat().st_mtime_ns
        with self._guard:
            opening = self._opening.setdefault(run.id, threading.Lock())
            held = self._open.get(run.id)
            if held is not None:
                self._open.move_to_end(run.id)
        if held is None:
            with opening:
                with self._guard:
                    held = self._open.get(run.id)
                return held[1] if held is not None else self._put(run, mark)
        if held[0] != mark and opening.acquire(blocking=False):
            threading.Thread(target=self._renew, args=(run, mark, opening), name="shelf", daemon=True).start()
        return held[1]

    def remove(self, id: str) -> None:
        with self._guard:
            self._open.pop(id, None)
            self._opening.pop(id, None)

    def _renew(self, run: Run, mark: int, opening: threading.Lock) -> None:
        try:
            self._put(run, mark)
        except Exception:
            _log.exception("A newer model of a run could not be opened.")
        finally:
            opening.release()

    def _put(self, run: Run, mark: int) -> Explorer:
        explorer = Explorer.open(run.folder)
        with self._guard:
            self._open[run.id] = (mark, explorer)
            self._open.move_to_end(run.id)
            while len(self._open) > self._most:
                self._open.popitem(last=False)
        return explorer


_AGAIN = "Close other programs or choose a smaller recipe, then resume."


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the disk refuses becomes a sentence."""
    try:
        yield
    except (OSError, MemoryError) as error:
        raise RunError(in_words(error)) from error
    except shutil.Error as error:  # copytree collects what went wrong
        raise RunError("The run could not be copied. See whether the disk is full, then try again.") from error


@contextlib.contextmanager
def _aside(run: Run, name: str) -> Iterator[Path]:
    """A folder for work in progress inside the run's, gone afterwards."""
    folder = run.folder / f".{name}.{secrets.token_hex(4)}.part"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_untrained(run: Run) -> None:
    state = run.state
    if run.training.exists() or state not in ("empty", "prepared", "failed"):
        raise RunError(
            f"This run is {state} and keeps its paintings and recipe. Start a new run, or one from its model."
        )


def _check_minutes(minutes: float) -> None:
    if isinstance(minutes, bool) or not isinstance(minutes, (int, float)) or not 0 < minutes <= MINUTES[1]:
        raise RecipeError(f"{minutes!r} minutes cannot be trained at once. Choose {MINUTES[0]:g} to {MINUTES[1]:g}.")


def _count_try(run: Run) -> int:
    """Count this start of a worker: 1 when the person asked for it or the one before got further, else one more."""
    wish, saved = run.wish, run.saved_step
    asked = wish.asked if wish else 0.0
    count = 1
    with contextlib.suppress(OSError, ValueError, KeyError):
        before = json.loads(run.tries.read_bytes())
        if before["asked"] == asked and saved <= before["saved"]:
            count = before["count"] + 1
    run.tries.write_text(json.dumps({"asked": asked, "saved": saved, "count": count}))
    return count


def _kill(pid: int) -> None:
    """End a worker with all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 4096))
            return file.read().decode(errors="replace").strip()
    except OSError:
        return ""
