"""``check``: what would be accepted of some paintings; and the preparing of paintings, with a bar and a report."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from neural_art.cli.arguments import Commands, add_command
from neural_art.cli.progress import show_progress
from neural_art.errors import SettingsError

if TYPE_CHECKING:
    from neural_art.dataset.report import Report


def add_commands(commands: Commands) -> None:
    """Add ``check``."""
    parser = add_command(
        commands,
        check,
        "list what would be accepted and what would be left out, and why",
        "paintings/",
        "paintings.zip",
    )
    parser.add_argument("paintings", type=Path, metavar="PAINTINGS", help="a folder or a zip")


def check(options: argparse.Namespace) -> None:
    """Prepare the paintings aside and print the report in full, also where they are too few."""
    from neural_art.dataset.prepare import TooFewPaintings

    with tempfile.TemporaryDirectory() as folder:
        try:
            report = prepare_paintings(options.paintings, Path(folder))
        except TooFewPaintings as error:
            print(_in_full(error.report))
            raise
    print(_in_full(report))


def prepare_paintings(paintings: Path, folder: Path) -> Report:
    """Prepare a folder or a zip of paintings into ``folder``, with a progress bar.

    Raises ``SettingsError`` if there is nothing at that path, ``DatasetError`` if the paintings cannot be used.
    """
    from neural_art.dataset.prepare import prepare

    if not paintings.exists():
        raise SettingsError("no-paintings-at-path", path=paintings)
    return show_progress("Checking", prepare(paintings, folder))


def summary(report: Report) -> str:
    """The report in up to three lines: how many, which classes, which sizes."""
    accepted, rejected = len(report.paintings), len(report.rejections)
    lines = [f"{accepted} painting{'s' * (accepted != 1)} accepted, {rejected} file{'s' * (rejected != 1)} left out."]
    if report.class_counts:
        lines.append("Classes: " + ", ".join(f"{name} ({count})" for name, count in report.class_counts.items()))
    if report.paintings:
        (width, height), (widest, highest) = report.smallest, report.largest
        shapes = ", ".join(f"{count} {shape}" for shape, count in report.shapes.items() if count)
        lines.append(
            f"From {width} x {height} to {widest} x {highest} pixels; {shapes}; "
            f"shown {report.aspect:.2f} times as wide as high."
        )
    return "\n".join(lines)


def _in_full(report: Report) -> str:
    lines = [f"{i:5d}  {p.name}  ({p.width} x {p.height})" for i, p in enumerate(report.paintings)]
    if report.rejections:
        lines += ["", "Left out:"]
        for each in report.rejections:
            repeated = f" ({each.duplicate_of})" if each.duplicate_of else ""
            lines.append(f"  {each.name}: {each.message.sentence()}{repeated}")
    if report.near_duplicates:
        lines += ["", "Accepted, but so alike that one of the two may be a copy:"]
        lines += [f"  {each.name} and {each.original_name}" for each in report.near_duplicates]
    return "\n".join([*lines, "", summary(report)])
