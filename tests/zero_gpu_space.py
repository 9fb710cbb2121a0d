"""A ZeroGPU Space without a card: the package ``spaces`` as it is, a platform that lends what a test says. No tests.

Run as a program it is the Space, as app.py is. Only what touches the card itself is left out, and the training in a
loan is done by the processor.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).parent.parent
LOAN_SECONDS = 3
TOKEN = "X-IP-Token"


class Platform(ThreadingHTTPServer):
    """What ``spaces`` asks for cards. ``answer``: "card", "warm" (the same as before), "quota", "no-runs", "too-long",
    "pending", "none", "broken", or "line": a card when ``free`` is set, none if ``given_up`` is, and waiting till then.

    ``asked``: the queries of the requests for a card. ``pids``: of the forks that got one. ``given_back``: how many.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.answer = "card"
        self.asked: list[dict[str, str]] = []
        self.pids: list[int] = []
        self.given_back = 0
        self.free, self.given_up = threading.Event(), threading.Event()
        self.address = f"http://127.0.0.1:{self.server_address[1]}"


class _Desk(BaseHTTPRequestHandler):
    server: Platform

    def do_POST(self) -> None:
        url, platform = urlsplit(self.path), self.server
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/schedule":
            platform.asked.append(query)
            self._schedule()
            return
        if url.path == "/allow":
            platform.pids.append(int(query["pid"]))
        elif url.path == "/release":
            platform.given_back += 1
        self._say(200, {})

    def _schedule(self) -> None:
        platform = self.server
        number = 0 if platform.answer == "warm" else len(platform.asked)
        card = {"idle": number == 0, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": f"card {number}"}
        waits = {"quota": 7200, "no-runs": 0, "too-long": -1, "pending": 60}
        if platform.answer in waits:
            approved = "pending-overquota-exceeded" if platform.answer == "pending" else "quota-exceeded"
            self._say(429, {"left": 7, "wait": waits[platform.answer]}, {"X-Approve-Result": approved})
        elif platform.answer == "line":
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            while not platform.free.wait(0.1) and not platform.given_up.is_set():
                self._event("event: ping")
            self._event(
                "event: failed" if platform.given_up.is_set() else f"event: succeeded\ndata: {json.dumps(card)}"
            )
        else:
            self._say({"none": 503, "broken": 500}.get(platform.answer, 200), card)

    def _event(self, text: str) -> None:
        with contextlib.suppress(ConnectionError):
            self.wfile.write(f"{text}\n\n".encode())
            self.wfile.flush()

    def _say(self, status: int, values: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(values).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *details: object) -> None:
        """Nothing is logged."""


class Space:
    """A Space at ``address`` with its runs in ``runs``, as a browser sees it. ``platform``: lends the cards."""

    def __init__(self, address: str, runs: Path, platform: Platform, log: Path) -> None:
        self.address, self.runs, self.platform, self.log = address, runs, platform, log
        with urllib.request.urlopen(f"{address}config") as answer:
            config = json.load(answer)
        self._ids = {each["props"].get("elem_id"): each["id"] for each in config["components"]}
        self._events = config["dependencies"]

    def ask(self, button: str, run: str, *values: Any, language: str = "en") -> str:
        """A click on a button; what is said."""
        event = next(each for each in self._events if [self._ids[button], "click"] in each["targets"])
        body = self._body(event, run, values, language)
        return self._told(event, self._post("run/predict", body)["data"])

    def spend(self, button: str, run: str, *, language: str = "en", token: str = "a.b.c") -> str:
        """What follows the click in Gradio's queue, to its end; what is said."""
        event, body = self.join(button, run, language=language, token=token)
        address = f"{self.address}gradio_api/queue/data?session_hash={body['session_hash']}"
        with urllib.request.urlopen(address) as lines:
            for line in lines:
                message = json.loads(line[5:]) if line.startswith(b"data:") else {}
                if message.get("msg") == "process_completed":
                    assert message["success"], message
                    return self._told(event, message["output"]["data"])
        raise AssertionError("the queue ended without an answer")

    def join(self, button: str, run: str, *, language: str = "en", token: str = "a.b.c") -> tuple[Any, dict[str, Any]]:
        """The request that follows the click, whose answer nobody waits for."""
        asking = next(each for each in self._events if [self._ids[button], "click"] in each["targets"])
        event = next(each for each in self._events if each["trigger_after"] == asking["id"] and each["queue"])
        body = self._body(event, run, (), language)
        self._post("queue/join", body, {TOKEN: token})
        return event, body

    def _body(self, event: Any, run: str, values: tuple[Any, ...], language: str) -> dict[str, Any]:
        session = {"run": run, "runs": [run], "language": language, "step": "train"}
        hash = f"h{time.monotonic_ns()}"
        return {"data": [session, *values], "fn_index": event["id"], "session_hash": hash, "event_data": None}

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
        headers = {"content-type": "application/json", **(headers or {})}
        request = urllib.request.Request(f"{self.address}gradio_api/{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def _told(self, event: Any, updates: list[Any]) -> str:
        told = updates[event["outputs"].index(self._ids["messages"])]
        return told.get("text", "") if isinstance(told, dict) else ""


@contextlib.contextmanager
def open_space(folder: Path) -> Iterator[Space]:
    """A Space that keeps everything in ``folder``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    platform, log = Platform(), folder / "log"
    threading.Thread(target=platform.serve_forever, daemon=True).start()
    (folder / "cgroup").write_text("0::/space\n")
    environment = {
        **os.environ,
        "HOME": str(folder),
        "SPACES_ZERO_GPU": "true",
        "SPACES_ZERO_DEVICE_API_URL": platform.address,
        "ZEROGPU_PROC_SELF_CGROUP_PATH": str(folder / "cgroup"),
        "NEURAL_ART_RUNS": str(folder / "runs"),
        "NEURAL_ART_PORT": str(port),
        "GRADIO_TEMP_DIR": str(folder / "uploads"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, __file__], env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 120
        while b"neural_art is at" not in log.read_bytes():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield Space(f"http://127.0.0.1:{port}/", folder / "runs", platform, log)
    finally:
        process.kill()
        process.wait(20)
        for pid in platform.pids:  # a real Space ends with its machine
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        platform.shutdown()
        platform.server_close()


def main() -> None:
    import torch

    torch.version.cuda = torch.version.cuda or "13.0"  # of a build for CUDA, as a Space has
    from spaces.zero import torch as card

    card.init = lambda uuid: None
    card.move = lambda callback=None: None

    from neural_art.web import Settings, prepare

    prepare(Settings.from_environment(os.environ, base=None, loan_device="cpu", loan_seconds=LOAN_SECONDS)).serve()


if __name__ == "__main__":
    main()
