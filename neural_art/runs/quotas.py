"""How much one visitor of a server may have, and how much all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOAN_SECONDS: Final = 60
"""How long a run is trained on a graphics card that is lent."""


@dataclass(frozen=True, kw_only=True)
class Quotas:
    """How much one visitor may have, and how much all together. The defaults are for a person's own machine.

    One visitor: ``runs_an_hour`` made; ``empty_runs`` without paintings or a model; ``trainings`` waiting or under
    way, with ``training_minutes`` to go; ``upload_bytes`` uploaded and not checked; ``disk_bytes`` in runs, None for
    any number; ``tasks`` waiting or under way. All together: ``all_runs``, ``all_trainings`` and ``all_tasks``;
    ``free_bytes`` of the disk are never used up by runs and uploads.
    """

    runs_an_hour: int = 1000
    empty_runs: int = 100
    trainings: int = 200
    training_minutes: float = 20_000
    upload_bytes: int = 8 << 30
    disk_bytes: int | None = None
    tasks: int = 16
    all_runs: int = 100_000
    all_trainings: int = 500
    all_tasks: int = 64
    free_bytes: int = 200 << 20


HOSTED: Final = Quotas(
    runs_an_hour=30,
    empty_runs=5,
    trainings=3,
    training_minutes=180,
    upload_bytes=3 << 29,
    disk_bytes=6 << 30,
    tasks=3,
    all_runs=1000,
    all_trainings=30,
    all_tasks=24,
    free_bytes=1 << 30,
)
"""For a server that strangers can reach."""
