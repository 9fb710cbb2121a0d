"""Proxies in the environment do not keep the page from starting."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from neural_art.web.proxies import bypass_proxies

ROOT = Path(__file__).parent.parent
NOBODY = "127.0.0.1:9"
"""An address where no proxy answers."""

START = """
import sys, urllib.request
from pathlib import Path
from neural_art.web import Settings, launch
launch(Settings(port=int(sys.argv[1]), runs=Path(sys.argv[2]), base=None))
print("started")
"""


def test_the_page_starts_behind_proxies(tmp_path: Path) -> None:
    environment = {"http_proxy": f"http://{NOBODY}", "HTTPS_PROXY": f"http://{NOBODY}", "no_proxy": "example.org"}
    environment |= {"ALL_PROXY": f"socks5://{NOBODY}", "all_proxy": f"socks5h://{NOBODY}"}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = subprocess.run(
        [sys.executable, "-c", START, str(port), str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.stdout.strip(), done.returncode) == ("started", 0), done.stderr


def test_what_was_excepted_from_proxies_already_stays_so() -> None:
    environment = {"no_proxy": "example.org, 10.0.0.1", "HTTPS_PROXY": "http://proxy:3128"}
    bypass_proxies(environment, "0.0.0.0")
    bypass_proxies(environment, "0.0.0.0")
    assert environment == {
        "no_proxy": "example.org,10.0.0.1,127.0.0.1,localhost,::1,0.0.0.0",
        "NO_PROXY": "127.0.0.1,localhost,::1,0.0.0.0",
        "HTTPS_PROXY": "http://proxy:3128",
    }
