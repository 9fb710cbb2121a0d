"""``python -m neural_art``: the command line."""

import os
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads sleep; PyTorch reads this when it is loaded

from neural_art.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
