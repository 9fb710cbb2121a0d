"""Runs that version 0.1 made, turned into runs of today when they are opened.

A kill at any moment does no harm: each step can be repeated, the steps stand in an order in which none takes away what
a later one needs, and the version is written last. Weights need no step: ``models.checkpoint`` reads both.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from neural_art import files
from neural_art.checks import brief
from neural_art.dataset.report import from_version_0_1, write_report
from neural_art.errors import DatasetError, RunError
from neural_art.recipe import Recipe
from neural_art.runs.lock import take_lock
from neural_art.runs.paths import HasPaths, RunPaths

VERSION: Final = 2
"""Of a run's folder, in its run.json. Version 0.1 wrote none."""

_STATES: Final = {"train": "training", "pause": "paused", "stop": "finished"}
_EVENT_NAMES: Final = {"closeness": "texture_distance", "painted": "fooling_rate"}
_POSITION_NAMES: Final = {"daring": "truncation", "group": "class_index"}


def upgrade(run: HasPaths) -> None:
    """Make the run one of this version, if it is not one yet.

    Raises ``RunError`` while a worker holds it ("earlier-version-at-work") and for one of a version that is not known
    here ("other-version"), and ``StorageError`` or ``DatasetError`` for a file that is damaged; the run is then as it
    was, or partly upgraded and taken up again by the next call.
    """
    if _is_current(run.paths):
        return
    try:
        lock = take_lock(run)
    except RunError:
        if _is_current(run.paths):  # somebody else upgraded it in the meantime
            return
        raise RunError("earlier-version-at-work") from None
    try:
        if not _is_current(run.paths):
            _upgrade(run.paths)
    finally:
        os.close(lock)


def _is_current(paths: RunPaths) -> bool:
    info = files.read_json(paths.info)
    if info is None or "version" not in info:
        return info is None  # the run was deleted
    if info["version"] != VERSION:
        raise RunError("other-version", found=brief(info["version"]), known=VERSION)
    return True


def _upgrade(paths: RunPaths) -> None:
    for unfinished in paths.folder.glob("*.partial"):
        unfinished.unlink(missing_ok=True)
    files.remove_partial(*paths.folders)
    old_events, new_events = _events(paths)
    # The wish goes first, for its minutes may stand in the old recipe, and its place in the events is counted in bytes
    # of the old file. It is removed before either changes, so that a second attempt does not convert it again.
    _upgrade_wish(paths, old_events, new_events)
    if new_events != old_events:
        files.write(paths.events, b"".join(new_events))
    _upgrade_recipe(paths)
    _upgrade_favourites(paths)
    _upgrade_report(paths)
    _rename(paths.folder / "brought", paths.uploads)
    _rename(paths.folder / "tries.json", paths.restart_attempts)
    info = files.read_json(paths.info)
    if info is not None:
        files.write_json(paths.info, {"version": VERSION, **info})


def _events(paths: RunPaths) -> tuple[list[bytes], list[bytes]]:
    """The lines of the events file as they are and as they should be; both lists are of one length."""
    try:
        lines = paths.events.read_bytes().splitlines(keepends=True)
    except OSError:
        return [], []
    return lines, [_event(line) for line in lines]


def _event(line: bytes) -> bytes:
    try:
        event = json.loads(line)
    except ValueError:
        return line  # a crash left something else there; readers pass over it
    if not isinstance(event, dict) or not line.endswith(b"\n"):
        return line
    event = _renamed(event, _EVENT_NAMES)
    if isinstance(event.get("reason"), str):
        event["reason"] = {"code": "run.as-reported", "values": {"reason": event["reason"]}}
    return json.dumps(event, ensure_ascii=False).encode() + b"\n"


def _upgrade_wish(paths: RunPaths, old_events: list[bytes], new_events: list[bytes]) -> None:
    file = paths.folder / "wish.json"
    wish = files.read_json(file)
    if wish is None:
        return
    recipe = files.read_json(paths.recipe) or {}
    minutes, steps = wish.get("minutes"), None
    if minutes is None:
        steps = recipe.get("steps")
        minutes = recipe.get("minutes") if steps is None else None
    after = end = 0
    for old, new in zip(old_events, new_events, strict=True):
        end += len(old)
        if end > wish.get("after", 0):
            break
        after += len(new)
    desired = {
        "state": _STATES.get(wish.get("wish", ""), "paused"),
        "minutes": minutes,
        "steps": steps,
        "asked": wish.get("asked", 0.0),
        "after": after,
    }
    files.write_json(paths.desired_state, desired)
    file.unlink()


def _upgrade_recipe(paths: RunPaths) -> None:
    values = files.read_json(paths.recipe)
    if values is not None:
        values.pop("version", None)
        files.write_json(paths.recipe, Recipe.from_json(values).to_json())


def _upgrade_favourites(paths: RunPaths) -> None:
    values = files.read_json(paths.favourites)
    if values is not None:
        positions = [_renamed(position, _POSITION_NAMES) for position in values.get("favourites", [])]
        files.write_json(paths.favourites, {"favourites": positions})


def _upgrade_report(paths: RunPaths) -> None:
    values = files.read_json(paths.report)
    if values is None or "left_out" not in values:
        return
    try:
        report = from_version_0_1(values)
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError("damaged-report") from error
    write_report(paths.paintings, report)


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in values.items()}


def _rename(old: Path, new: Path) -> None:
    if old.exists():
        old.replace(new)
