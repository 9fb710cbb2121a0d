"""Files that are written whole or not at all, and what a person is told when the disk refuses."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from neural_art.errors import NeuralArtError, StorageError

_PART = ".part"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ROOM: Final = 1 << 20  # bytes that ``check_room`` writes


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name near ``path`` to write to; when the block ends well, that file is synced and renamed.

    When it does not, the file is removed and whatever was at ``path`` stays. The folder must exist already: what was
    deleted stays deleted.
    """
    with work_folder(path.parent, path.name) as folder:
        part = folder / path.name
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)


def write(path: Path, content: bytes) -> None:
    """Put ``content`` in place of the file at ``path``: whole or not at all (see ``replacing``)."""
    with replacing(path) as part:
        part.write_bytes(content)


def write_json(path: Path, values: Any) -> None:
    """Write plain values as JSON, whole or not at all."""
    write(path, json.dumps(values, ensure_ascii=False, allow_nan=False).encode())


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None if there is no file. Raises ``StorageError`` for a damaged one."""
    try:
        values = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        values = None
    if not isinstance(values, Mapping):
        raise StorageError("damaged", name=path.name)
    return dict(values)


@contextlib.contextmanager
def work_folder(folder: Path, name: str) -> Iterator[Path]:
    """A new folder inside ``folder`` for work in progress; it is gone when the block ends.

    It is locked meanwhile, so that ``remove_partial`` leaves it alone.
    """
    made = folder / f".{name}.{secrets.token_hex(4)}{_PART}"
    descriptor = _make_locked(made)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(descriptor)


def remove_partial(*folders: Path, name: str | None = None) -> None:
    """Remove what a killed process left of ``replacing`` and ``work_folder`` in these folders (not below them).

    ``name``: what it was to become, where other programs may have left something, too. What somebody is writing at
    this moment stays.
    """
    pattern = f".*{_PART}" if name is None else f".{glob.escape(name)}.????????{_PART}"
    for folder in folders:
        for left in sorted(folder.glob(pattern)):
            with contextlib.suppress(FileNotFoundError):  # somebody else is tidying up, too
                _remove_unlocked(left)


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Whether an open file could be locked (flock) at once. The lock ends when the last copy of it is closed."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_file_locked(path: Path, flags: int = 0) -> bool:
    """Whether somebody holds the lock of a file, which need not be there. ``flags``: more for ``os.open``."""
    try:
        descriptor = os.open(path, os.O_RDONLY | flags)
    except OSError:
        return False
    try:
        return not try_lock(descriptor, shared=True)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """While the block lasts, nobody else has this lock on the folder: no other thread and no other process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make_locked(folder: Path) -> int:
    """A file descriptor that holds a lock on the new folder."""
    while True:
        folder.mkdir()
        with contextlib.suppress(FileNotFoundError):  # where somebody tidies up between two of these calls
            descriptor = os.open(folder, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if folder.exists():
                return descriptor
            os.close(descriptor)


def _remove_unlocked(path: Path) -> None:
    """Remove a file or folder unless somebody holds a lock on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if not try_lock(descriptor):
            return
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def system_reason(error: OSError) -> str:
    """What the system said, without the path that it said it of."""
    return error.strerror or str(error)


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that the disk has no room, or that this user may not take more of it."""
    return isinstance(error, OSError) and error.errno in _FULL


def check_room(folder: Path, size: int = _ROOM) -> None:
    """Raises the disk's own ``OSError`` if ``size`` bytes will not fit into ``folder``.

    For whoever had a file written by a library that does not say why it could not. A quota shows only when something is
    written, so this writes a megabyte.
    """
    if shutil.disk_usage(folder).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with work_folder(folder, "room") as made, (made / "room").open("wb") as file:
        file.write(bytes(_ROOM))
        file.flush()
        os.fsync(file.fileno())


def check_usable(folder: Path) -> None:
    """Make ``folder`` if need be. Raises ``OSError`` if this user cannot list it or write to it.

    A full disk passes: whoever uses the folder can make room.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        next(folder.iterdir(), None)
        with work_folder(folder, "usable"):
            pass
    except OSError as error:
        if not (is_disk_full(error) and folder.is_dir()):
            raise


def storage_error(error: OSError | MemoryError) -> StorageError:
    """What the machine refused, for a person. It names the file, never the folder that the file is in."""
    if isinstance(error, MemoryError) or error.errno == errno.ENOMEM:
        return StorageError("out-of-memory")
    name = Path(os.fsdecode(error.filename)).name if error.filename else "?"
    if is_disk_full(error):
        return StorageError("disk-full")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StorageError("read-only", name=name)
    if error.errno == errno.ENOENT:
        return StorageError("gone", name=name)
    return StorageError("failed", name=name, why=system_reason(error))


@contextlib.contextmanager
def storage_errors() -> Iterator[None]:
    """While the block lasts, an ``OSError`` or ``MemoryError`` becomes a ``StorageError``."""
    try:
        yield
    except NeuralArtError:
        raise
    except (OSError, MemoryError) as error:
        raise storage_error(error) from error
