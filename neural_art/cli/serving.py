"""``serve``: the page."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from neural_art.cli.arguments import Commands, add_command, number
from neural_art.web.settings import PORTS


def add_commands(commands: Commands) -> None:
    """Add ``serve``."""
    parser = add_command(commands, serve, "open the page for a browser", "", "--port 8000 --runs ~/runs")
    parser.add_argument("--host", help="the address to listen on (default: this machine only)")
    parser.add_argument("--port", type=number(*PORTS, whole=True), help="the port to listen on (default 7860)")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="the folder of all runs")


def serve(options: argparse.Namespace) -> None:
    """Serve the page until Ctrl-C; an argument goes before its environment variable."""
    from neural_art import web

    given = {name: getattr(options, name) for name in ("host", "port", "runs") if getattr(options, name) is not None}
    web.serve(web.Settings.from_environment(os.environ, **given))
