"""The command line: ``python -m neural_art COMMAND``. Results go to stdout, progress and errors to stderr.

The exit status is 0, or 1 after a sentence that says what was wrong. The files beside this one hold the commands; each
imports what loads PyTorch inside its functions, so that ``--help`` and ``status`` answer at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from neural_art import __version__
from neural_art.cli import dataset, doctor, films, painting, pretraining, runs, serving, teaching, training
from neural_art.cli.arguments import COMMAND, Parser
from neural_art.errors import NeuralArtError
from neural_art.files import storage_error

EXAMPLES = f"""examples:
  {COMMAND} train ~/Pictures/paintings --run runs/mine
  {COMMAND} paint runs/mine --out new-pictures
  {COMMAND} serve
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit status."""
    options = build_parser().parse_args(arguments)
    try:
        status = options.act(options) or 0
        sys.stdout.flush()
        return status
    except NeuralArtError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, MemoryError) as error:
        print(storage_error(error), file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
    return 1


def build_parser() -> Parser:
    """The parser of all commands; what it parses has the command's function as ``act``."""
    parser = Parser(
        prog=COMMAND,
        description="Teach a small GAN your paintings, in minutes, without a GPU, and paint with it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"neural_art {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in (training, dataset, runs, painting, films, pretraining, teaching, serving, doctor):
        group.add_commands(commands)
    return parser
