"""``status``: how a run stands."""

from __future__ import annotations

import argparse
import json

from neural_art.cli.arguments import Commands, add_command, add_run


def add_commands(commands: Commands) -> None:
    """Add ``status``."""
    add_run(add_command(commands, status, "show how a run stands, as JSON", "runs/mine"), "the run's folder")


def status(options: argparse.Namespace) -> None:
    """Print the run's status as JSON."""
    from neural_art.runs.run import Run
    from neural_art.runs.status import status_of

    print(json.dumps(status_of(Run.open(options.run)).to_json(), indent=2, ensure_ascii=False))
