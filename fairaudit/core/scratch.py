"""Private folders that do not outlive their process, and locks between processes."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from fairaudit.core.errors import InputError

with suppress(ImportError):
    import fcntl

__all__ = ["PrivateFolder", "locked", "room_in"]

#: Elsewhere, nothing is locked and nothing is swept.
_LOCKS: Final = os.name == "posix"
#: What tempfile adds to a prefix.
_RANDOM: Final = re.compile("[a-z0-9_]{8}")
#: Seconds to wait for another process, and between two looks.
_PATIENCE: Final = 600.0
_PAUSE: Final = 0.1


class PrivateFolder:
    """A folder that only its owner can read, removed when it is closed or when this object is collected.

    A process that is killed cannot remove its folder. The next one that makes a folder in the same place does: the
    owner of a folder holds a lock on it, which the system releases when the owner dies.

    Parameters
    ----------
    parent
        Where the folder is made.
    prefix
        How its name begins. Eight random characters follow.

    Examples
    --------
    >>> with PrivateFolder(Path(tempfile.gettempdir()), "fairaudit-doctest-") as folder:
    ...     oct(folder.path.stat().st_mode & 0o777)
    '0o700'
    >>> folder.path.exists()
    False
    """

    def __init__(self, parent: Path, prefix: str) -> None:
        _sweep(parent, prefix)
        self.path, handle = _made(parent, prefix)
        self._close = weakref.finalize(self, _remove, self.path, handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()


def _made(parent: Path, prefix: str) -> tuple[Path, int | None]:
    """Make a folder, and open it with its lock."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        if not _LOCKS:
            return folder, None
        try:
            handle = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:  # taken for that of a dead process, before it had its lock
            continue
        try:
            is_locked = _acquire(handle)
        except OSError:  # where there are no locks, nobody sweeps
            is_locked = True
        if is_locked and _is_at(handle, folder):
            return folder, handle
        os.close(handle)


def _remove(folder: Path, handle: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if handle is not None:
        os.close(handle)


def _sweep(parent: Path, prefix: str) -> None:
    """Remove the folders of this user's dead processes."""
    if not _LOCKS:
        return
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and _RANDOM.fullmatch(entry.name[len(prefix) :]):
                with suppress(OSError):
                    _remove_if_dead(Path(entry.path))


def _remove_if_dead(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(handle).st_uid == os.geteuid() and _acquire(handle):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


@contextmanager
def room_in(folder: Path) -> Iterator[None]:
    """Write files of a private folder. If the disk is full, the error says where, and what to do about it.

    Examples
    --------
    >>> with room_in(Path("scratch/folder")):
    ...     raise OSError(28, "written 0 of 8 bytes")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    OSError: [Errno 28] No space left on device (counts of a log are kept there while ...): 'scratch'
    """
    try:
        yield
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        remedy = "counts of a log are kept there while it is used; TMPDIR names another folder"
        raise OSError(error.errno, f"{why} ({remedy})", str(folder.parent)) from error


@contextmanager
def locked(lock: Path, what: str, *, seconds: float = _PATIENCE) -> Iterator[None]:
    """Hold a lock file, so that only one process at a time changes something. The file is removed afterwards.

    Parameters
    ----------
    lock
        The lock file. A process that dies releases it.
    what
        What is locked, for messages.
    seconds
        How long to wait for another process.

    Raises
    ------
    InputError
        If another process holds the lock for longer.
    OSError
        If the lock file cannot be made.
    """
    handle = _wait(lock, what, seconds)
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
        os.close(handle)


def _wait(lock: Path, what: str, seconds: float) -> int:
    until = time.monotonic() + seconds
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _LOCKS or (_acquire(handle) and _is_at(handle, lock)):
                return handle
        except OSError:
            warnings.warn(f"{what}: this file system has no locks; let only one run at a time write here", stacklevel=4)
            return handle
        os.close(handle)
        if time.monotonic() > until:
            raise InputError(f"{what}: waited {seconds:g} seconds for another run that is changing it; try again later")
        time.sleep(_PAUSE)


def _acquire(handle: int) -> bool:
    """Take the lock of an open file or folder, unless another process has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(handle: int, path: Path) -> bool:
    """Whether an open file is still the one of this name: whoever held the lock before removed the file."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
