"""Puts the shipped weights into the wheel. Everything else about the package is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CHECKPOINTS = Path(__file__).parent / "checkpoints"
WEIGHTS = ("base/checkpoint.safetensors", "enlarger.safetensors")
LEAST_BYTES = 10_000  # a pointer that Git LFS left in place of a file is smaller


class BuildWithWeights(build_py):
    """``checkpoints/`` becomes ``neural_art/checkpoints/``, where ``neural_art.shipped`` finds it once installed."""

    def run(self) -> None:
        if self.editable_mode:  # the checkout itself is used, and its weights are found beside the package
            super().run()
            return
        for name in WEIGHTS:
            path = CHECKPOINTS / name
            if not path.is_file() or path.stat().st_size < LEAST_BYTES:
                raise SystemExit(
                    f"checkpoints/{name} is missing, and a wheel without it would train far worse without a word. "
                    "Get the whole repository (with Git LFS where it is used), or make the file with "
                    "'python -m neural_art pretrain' or 'pretrain-enlarger', then build again."
                )
        package = Path(self.build_lib) / "neural_art"
        shutil.rmtree(package, ignore_errors=True)  # what an earlier build left there may be gone from the source
        super().run()
        shutil.copytree(CHECKPOINTS, package / "checkpoints")


setup(cmdclass={"build_py": BuildWithWeights})
