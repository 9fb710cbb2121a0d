"""What the commands have in common: how they are added to the parser, and how their numbers are checked."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from neural_art.errors import SettingsError
from neural_art.processor import DEVICES

if TYPE_CHECKING:
    from neural_art.explore.explorer import Explorer

COMMAND: Final = "python -m neural_art"
"""How a person starts the program."""

Commands: TypeAlias = "argparse._SubParsersAction[Any]"
"""What ``ArgumentParser.add_subparsers`` returns: the group files add their commands to it."""


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in a sentence and exits with status 1, as all errors do."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{message[:1].upper()}{message[1:]}. Try {self.prog} --help.\n")


def add_command(
    commands: Commands, act: Callable[[argparse.Namespace], int | None], about: str, *examples: str
) -> argparse.ArgumentParser:
    """A parser for the command that is called as the function ``act``.

    ``about``: what the command does, for ``--help``; ``examples``: arguments to show there.
    """
    name = act.__name__.replace("_", "-")
    lines = "\n".join(f"  {COMMAND} {name} {example}".rstrip() for example in examples)
    parser = commands.add_parser(
        name,
        help=about,
        description=f"{about[:1].upper()}{about[1:]}.",
        epilog=f"examples:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(act=act)
    return parser


def add_run(parser: argparse.ArgumentParser, about: str = "a run's folder, or a checkpoint file") -> None:
    """Add the argument that names a run."""
    parser.add_argument("run", type=Path, metavar="RUN", help=about)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``open_model``."""
    add_run(parser)
    parser.add_argument(
        "--device",
        choices=DEVICES,
        default=DEVICES[0],
        help="what to paint on (default auto: a graphics card that computes, else this computer's processor)",
    )


def open_model(options: argparse.Namespace) -> Explorer:
    """The model that a person named, on the device that they named."""
    from neural_art.models.processors import survey
    from neural_art.runs.models import open_explorer

    return open_explorer(options.run, device=survey().chosen(options.device)[0].device)


def number(low: float = -math.inf, high: float = math.inf, *, whole: bool = False) -> Callable[[str], float]:
    """An argument type: a number from ``low`` to ``high``, both allowed; an ``int`` if ``whole``."""
    kind = "a whole number" if whole else "a number"
    limits = f" from {low:g} to {high:g}" if math.isfinite(high) else ""

    def parse(text: str) -> float:
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not {kind}{limits}")
        return value

    return parse


def require_ending(path: Path, *allowed: str) -> str:
    """The ending of the file that is to be written, in small letters: ".png". Raises ``SettingsError`` for another."""
    ending = path.suffix.lower()
    if ending not in allowed:
        raise SettingsError("wrong-ending", name=path.name, known=list(allowed))
    return ending
