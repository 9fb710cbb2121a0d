"""A training on a Ray cluster, seen from the page's machine: ``python -m neural_art.runs.cluster FOLDER --address A``.

This process holds the run in place of a worker. It sends a copy of the run to a node (``runs.node``) and writes what
comes back into the run's folder, so no disk is shared. Where the node or the whole cluster is lost, it ends, and
whoever looks after the run starts it again: the training goes on elsewhere from what came back last.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from neural_art import files, shipped
from neural_art.errors import NeuralArtError, StorageError
from neural_art.events import Delayed
from neural_art.messages import Message
from neural_art.processor import CPU, DEVICES
from neural_art.runs.attempts import DISK_FULL_STATUS, ELSEWHERE_STATUS
from neural_art.runs.desired import desired_state
from neural_art.runs.journal import Journal
from neural_art.runs.lock import hold
from neural_art.runs.node import News, Node, Order, packed
from neural_art.runs.run import Run

CORES: Final = 2
"""Cores of a processor that a training gets where no graphics card is free."""

CONNECT_SECONDS: Final = 5.0
"""How long a cluster may take to answer."""

ASK_SECONDS: Final = 60.0
"""How long the process may take that asks for the cluster's places."""

START_SECONDS: Final = 30.0
"""How long a node may take to begin; then room is looked for elsewhere."""

SILENCE: Final = 30.0
"""Seconds without a word after which a node counts as lost; it speaks every ``node.HEARTBEAT``."""

_POLL_SECONDS: Final = 0.5
_LONGEST_WAIT: Final = 10.0


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """Ray, connected with the cluster at ``address``: "auto" or "host:port" where this machine is part of it, else
    "ray://host:port". Raises ``ConnectionError`` or ``OSError`` where nothing answers."""
    import ray  # here: nobody else needs to have it

    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()  # Ray itself would try for minutes
    ray.init(address=address, log_to_driver=False, configure_logging=False, logging_level=logging.ERROR)
    try:
        yield ray
    finally:
        with contextlib.suppress(Exception):  # the cluster may be gone, in any way
            ray.shutdown()


def places(ray: Any) -> int:
    """How many trainings find room in the cluster at the same time: one a card, and one for every two cores."""
    resources = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return sum(int(each.get("GPU", 0)) + int(each.get("CPU", 0)) // CORES for each in resources)


def train(
    run: Run, ray: Any, *, base: Path | None = None, leave: threading.Event | None = None, device: str | None = None
) -> str:
    """Train the run on a node, and write what comes back, up to the end. Returns "", or why it ended too early.

    ``base``: the model to start from, if the run has none of its own. When ``leave`` is set, the node saves and ends.
    ``device``: one of ``DEVICES``, in place of the recipe's.
    Raises ``RayError`` or ``ConnectionError`` where the node is lost, and ``OSError`` where the disk refuses.
    """
    leave = leave or threading.Event()
    files.remove_partial(*run.paths.folders)
    node = _begun(run, ray, base, leave, device)
    if node is None:
        return ""
    leaving, desired = False, _content(run.paths.desired_state)
    asked, heard = node.news.remote(), time.monotonic()
    while True:
        if (wanted := _content(run.paths.desired_state)) != desired:
            node.ask.remote(wanted)
            desired = wanted
        if leave.is_set() and not leaving:
            node.leave.remote()
            leaving = True
        if ray.wait([asked], timeout=_POLL_SECONDS)[0]:
            news: News = ray.get(asked)
            for event, contents in news.events:
                _record(run, event, contents)
            if news.ended:
                return news.failure
            asked, heard = node.news.remote(), time.monotonic()
        elif time.monotonic() - heard > SILENCE:
            raise ConnectionError("The node does not answer any more.")


class ClusterPlaces:
    """How many trainings find room in the cluster at ``address``. Asked in a process of its own, so that nobody here
    needs Ray in memory; it is 1 until there is an answer."""

    def __init__(self, address: str) -> None:
        self._command = [sys.executable, "-m", "neural_art.runs.cluster", "--address", address]
        self.count = 1

    def begin(self) -> None:
        """Ask, in the background, until there is an answer."""
        threading.Thread(target=self._ask, name="places", daemon=True).start()

    def _ask(self) -> None:
        wait = _POLL_SECONDS
        while True:
            try:
                asked = subprocess.run(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=ASK_SECONDS,
                    cwd=Path(__file__).parents[2],
                )
                self.count = max(1, int(asked.stdout))
                return
            except (OSError, ValueError, subprocess.TimeoutExpired):  # the cluster is not there yet
                time.sleep(wait)
                wait = min(60.0, 2 * wait)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Its exit status is a worker's, or ``ELSEWHERE_STATUS`` where the node or the cluster was lost."""
    parser = argparse.ArgumentParser(
        prog="python -m neural_art.runs.cluster",
        description="Have a run trained by a Ray cluster. The page starts this.",
    )
    parser.add_argument(
        "folder", type=Path, nargs="?", help="the run's folder; without one, print the cluster's places"
    )
    parser.add_argument("--address", required=True, help="of the cluster: auto, host:port or ray://host:port")
    parser.add_argument("--base", type=Path, help="the model to start from, if the run has none of its own")
    parser.add_argument("--lock", type=int, help="an inherited file descriptor that holds the run's lock")
    parser.add_argument("--device", choices=DEVICES, help="where to learn, whatever the recipe says")
    options = parser.parse_args(arguments)
    if options.folder is None:
        with connected(options.address) as ray:
            sys.stdout.write(f"{places(ray)}\n")
        return 0
    try:
        with files.storage_errors():
            run = Run.open(options.folder)
            with hold(run, options.lock):
                return _work(run, options.address, options.base, options.device)
    except NeuralArtError as error:
        _print(error.message.sentence())
        return DISK_FULL_STATUS if error.message == StorageError("disk-full").message else 1


def _work(run: Run, address: str, base: Path | None, device: str | None) -> int:
    leave = threading.Event()
    try:
        with connected(address) as ray:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # here: Ray has set some of its own
                signal.signal(number, lambda *_: leave.set())
            try:
                failure = train(run, ray, base=base, leave=leave, device=device)
            except ray.exceptions.ActorDiedError as error:
                failure = f"The training's process on the node ended.\n{error}"
            except ray.exceptions.RayError as error:
                raise ConnectionError(str(error)) from error
    except (ConnectionError, TimeoutError, socket.gaierror) as error:
        _print(f"The cluster was lost: {error}")
        _delayed(run, Message("cluster.lost"))
        return ELSEWHERE_STATUS
    if failure:
        _print(failure)
    return 1 if failure or Journal(run).digest.end == "failed" else 0


def _delayed(run: Run, reason: Message) -> None:
    """Note why the run does not train, unless that is the last thing that was noted."""
    journal = Journal(run)
    newest = journal.digest.newest
    if newest is None or newest.get("reason") != reason.to_json():
        step, seconds = journal.standing
        journal.append(Delayed(step=step, seconds=seconds, reason=reason))


def _begun(run: Run, ray: Any, base: Path | None, leave: threading.Event, device: str | None) -> Any:
    """A ``Node`` that trains the run, as soon as there is room for it; None if nobody wants that any more."""
    device = device or (run.recipe.device if run.recipe else CPU.kind)
    order, wait = None, _POLL_SECONDS
    while not leave.is_set() and ((desired := desired_state(run)) is None or desired.state == "training"):
        if (room := _room(ray, device)) is not None:
            order = order or ray.put(_order(run, base))
            options = {"max_concurrency": 3, "max_restarts": 0, **room}
            node = ray.remote(**options)(Node).remote(order, cores=CORES, card=room["num_gpus"] > 0)
            if ray.wait([node.where.remote()], timeout=START_SECONDS)[0]:
                return node
            ray.kill(node)  # somebody else was quicker
        if wait == _POLL_SECONDS:
            _delayed(run, Message("cluster.no-room"))
        leave.wait(wait)
        wait = min(_LONGEST_WAIT, 1.5 * wait)
    return None


def _room(ray: Any, device: str) -> dict[str, int] | None:
    """What a training that wants this ``device`` may take of what is free now; None if there is nothing."""
    free = ray.available_resources()
    if device in ("auto", "cuda") and free.get("GPU", 0) >= 1:
        return {"num_gpus": 1, "num_cpus": 0}
    if device != "cuda" and free.get("CPU", 0) >= CORES:
        return {"num_gpus": 0, "num_cpus": CORES}
    return None


def _order(run: Run, base: Path | None) -> Order:
    paths = run.paths
    wanted = [paths.info, paths.recipe, paths.desired_state, paths.restart_attempts, paths.events, paths.paintings]
    wanted += [paths.training_state, paths.base]
    contents = {name: content for path in wanted for name, content in packed(path, below=paths.folder).items()}
    if base is None or paths.base.exists():
        return Order(contents)
    is_shipped = base.exists() and shipped.BASE.exists() and base.samefile(shipped.BASE)
    return Order(contents, shipped_base=True) if is_shipped else Order(contents, packed(base))


def _record(run: Run, event: Mapping[str, Any], contents: Sequence[bytes]) -> None:
    """Write what a node reported: the files first, so that no line reports a file that is not there."""
    journal = Journal(run)
    for path, content in zip(run.paths.carried(event), contents, strict=True):
        path.parent.mkdir(exist_ok=True)
        files.write(path, content)
    if event["event"] == "started" and event["resumed"]:
        journal.forget_sample_grids(event["step"])
    journal.append_plain(event)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _print(text: str) -> None:
    with contextlib.suppress(OSError):  # the log may lie on a disk that is full
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
