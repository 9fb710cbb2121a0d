"""How far a command has come, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from neural_art.events import Progress, Stepped

if TYPE_CHECKING:
    from tqdm import tqdm


@contextmanager
def progress_bar(what: str, total: float, unit: str) -> Iterator[tqdm[NoReturn]]:
    """A progress bar that is there while the block lasts; silent where stderr is not a terminal."""
    from tqdm import tqdm

    form = "{percentage:3.0f}% |{bar}| {desc}" if unit == "%" else None
    with tqdm(
        total=total, desc=what, unit=unit, disable=None, file=sys.stderr, bar_format=form, dynamic_ncols=True
    ) as bar:
        yield bar


def show_progress(what: str, steps: Iterator[Any]) -> Any:
    """The last thing that ``steps`` yields; each ``Progress`` moves a bar."""
    last: Any = None
    with progress_bar(what, 1, "") as bar:
        for last in steps:
            if isinstance(last, Progress):
                bar.total = last.total
                bar.update(last.done - bar.n)
    return last


def percent(share: float) -> float:
    """A share of the whole, 0 to 1, as a bar of 100 wants it."""
    return min(100.0, round(100 * share, 1))


def standing(event: Stepped) -> str:
    """Where a training stands, in one line."""
    return (
        f"{clock(event.seconds_left)} left, texture distance {event.texture_distance:.3f}, "
        f"fooling rate {event.fooling_rate:.0%}, {event.pictures_per_second:.0f} pictures/s"
    )


def clock(seconds: float) -> str:
    """Minutes and seconds: "2:05"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
