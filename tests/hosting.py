"""What stands between a page and its visitors on the web: a reverse proxy, a far network, a frame. No tests."""

from __future__ import annotations

import contextlib
import http.client
import queue
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OUTER = """<!doctype html><meta charset="utf-8"><title>Another site</title>
<style>body {{ margin: 0 }} header {{ height: 56px }} iframe {{ border: 0; width: 100%; height: {height}px }}</style>
<header>Another site</header><script>
const frame = document.createElement('iframe');
frame.src = '{address}' + location.search;
document.body.append(frame);
addEventListener('message', ({{ data }}) => {{
  if (typeof data?.queryString === 'string') history.replaceState(null, '', '?' + data.queryString.replace(/^\\?/, ''));
}});
</script>"""
"""As huggingface.co shows a Space: it passes its query on at the first load, and takes that of the frame."""

BLOCKED = """if (window !== top) for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
  Object.defineProperty(window, name, { get() { throw new DOMException('Access is denied.', 'SecurityError'); } });"""
"""A script for a browser that lets frames of other sites store nothing."""


class Proxy(ThreadingHTTPServer):
    """A reverse proxy: ``prefix`` of its paths goes to ``port``; a body of more than ``most`` bytes is refused as nginx
    does. ``visitor``: the address that it says requests come from. It also has a page of another site's, "/outer"."""

    daemon_threads = True

    def __init__(self, port: int, prefix: str, most: int, frame_height: int) -> None:
        super().__init__(("127.0.0.1", 0), _Forward)
        self.port, self.prefix, self.most, self.visitor = port, prefix, most, "192.0.2.1"
        own = self.server_address[1]
        self.address = f"http://localhost:{own}{prefix}/"
        self.outside = f"http://127.0.0.1:{own}/outer"  # another host name, so another site
        self.outer = OUTER.format(height=frame_height, address=self.address).encode()


class _Forward(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def _forward(self) -> None:
        proxy, body = self.server, self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path.startswith("/outer"):
            self._answer(200, [("content-type", "text/html")], proxy.outer)
        elif not self.path.startswith(proxy.prefix):
            self._answer(404, [], b"")
        elif len(body) > proxy.most:
            self._answer(413, [], b"")
        else:
            host = self.headers["host"]
            left_out = ("host", "connection", "accept-encoding")
            headers = {name: value for name, value in self.headers.items() if name.lower() not in left_out}
            headers |= {"Host": host, "X-Forwarded-Host": host, "X-Forwarded-Proto": "http"}
            behind = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
            try:
                path = self.path[len(proxy.prefix) :] or "/"
                behind.request(self.command, path, body, headers | {"X-Forwarded-For": proxy.visitor})
                answer = behind.getresponse()
                self._answer(answer.status, answer.getheaders(), answer.read())
            except OSError:
                self._answer(502, [], b"")
            finally:
                behind.close()

    do_GET = do_POST = do_HEAD = do_OPTIONS = _forward

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *details: object) -> None:
        """Nothing is logged."""


@contextlib.contextmanager
def proxied(port: int, prefix: str = "/art", most: int = 1 << 40, frame_height: int = 4200) -> Iterator[Proxy]:
    """A reverse proxy before a server at ``port``."""
    proxy = Proxy(port, prefix, most, frame_height)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()


@contextlib.contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """A port behind which ``port`` is far away: whatever is sent arrives half of ``seconds`` later, on either way."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_listen, args=(listening, port, seconds / 2), daemon=True).start()
        yield listening.getsockname()[1]


def _listen(listening: socket.socket, port: int, seconds: float) -> None:
    with contextlib.suppress(OSError):
        while True:
            near, _ = listening.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for each in (near, far):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(source, target, seconds), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket, seconds: float) -> None:
    """Packets on their way: many may be, each arrives ``seconds`` after it left."""
    on_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def arrive() -> None:
        with contextlib.suppress(OSError):
            while True:
                left, packet = on_way.get()
                time.sleep(max(0.0, left + seconds - time.monotonic()))
                if not packet:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(packet)

    threading.Thread(target=arrive, daemon=True).start()
    packet = b" "
    while packet:
        try:
            packet = source.recv(1 << 16)
        except OSError:
            packet = b""
        on_way.put((time.monotonic(), packet))
