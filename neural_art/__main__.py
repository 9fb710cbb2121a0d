"""``python -m neural_art``: the command line."""

import os
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads sleep; must be set before PyTorch is loaded

from neural_art.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
