"""``status``: how a run stands. ``runs``: all runs in a folder of runs."""

from __future__ import annotations

import argparse
import json
import os
import time
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neural_art.cli.arguments import Commands, add_command, add_run
from neural_art.errors import SettingsError

if TYPE_CHECKING:
    from neural_art.runs.listing import Unreadable
    from neural_art.runs.status import Status


def add_commands(commands: Commands) -> None:
    """Add ``status`` and ``runs``."""
    add_run(add_command(commands, status, "show how a run stands, as JSON", "runs/mine"), "the run's folder")
    parser = add_command(commands, runs, "list all runs with the links to their pages", "", "--runs ~/runs --json")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="the folder of all runs (default: the page's)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")


def status(options: argparse.Namespace) -> None:
    """Print the run's status as JSON."""
    from neural_art.runs.run import Run
    from neural_art.runs.status import status_of

    print(json.dumps(status_of(Run.open(options.run)).to_json(), indent=2, ensure_ascii=False))


def runs(options: argparse.Namespace) -> None:
    """Print all runs in a folder, the newest first, those that cannot be read last with the reason."""
    from neural_art.runs.listing import list_folder
    from neural_art.web.settings import Settings

    folder = options.runs or Settings.from_environment(os.environ).runs
    if not folder.is_dir():
        raise SettingsError("no-runs-folder", folder=folder)
    found = [_described(each, folder / each.id) for each in list_folder(folder)]
    if options.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    elif not found:
        print(f"There are no runs in {folder}.")
    else:
        print(_table(found))


def _described(run: Status | Unreadable, folder: Path) -> dict[str, Any]:
    """What the list says of a run; only folders that are named by an id can be reached through the page."""
    from neural_art.runs.registry import is_id

    plain = run.to_json()
    return {
        "id": run.id,
        "name": plain["name"],
        "state": plain["state"],
        "created": plain.get("created"),
        "paintings": run.paintings,
        "bytes": sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()),
        "reason": plain["reason"],
        "link": f"?run={run.id}" if is_id(run.id) else None,
    }


def _table(found: list[dict[str, Any]]) -> str:
    from neural_art.runs.listing import displayable_name

    rows = [["NAME", "STATE", "MADE", "PAINTINGS", "SIZE", "ID", "LINK"]]
    for run in found:
        made = "-" if run["created"] is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(run["created"]))
        name = displayable_name(run["name"] or "-")
        size = f"{run['bytes'] / 1e6:.1f} MB"
        rows.append([name, run["state"], made, str(run["paintings"]), size, run["id"], run["link"] or "-"])
    widths = [max(_columns(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(text + " " * (width - _columns(text)) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    for number, run in reversed(list(enumerate(found, start=1))):
        if run["reason"]:
            lines.insert(number + 1, f"  {run['reason']}")
    return "\n".join(lines)


def _columns(text: str) -> int:
    """How wide a terminal shows a text: Chinese characters take two columns."""
    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in text)
