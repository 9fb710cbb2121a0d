"""The weights that come with the package: where they are, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_INSTALLED: Final = Path(__file__).parent / "checkpoints"
_CHECKOUT: Final = Path(__file__).parent.parent / "checkpoints"

CHECKPOINTS: Final = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
"""The folder of shipped weights: inside the package where a wheel put it, beside it in a checkout."""

BASE: Final = CHECKPOINTS / "base"
"""The base model that new trainings start from."""

ENLARGER: Final = CHECKPOINTS / "enlarger.safetensors"
"""The network that enlarges pictures."""


def shipped_base() -> Path | None:
    """The model that a training starts from unless somebody chooses another; None where it was not shipped."""
    return BASE if BASE.exists() else None
