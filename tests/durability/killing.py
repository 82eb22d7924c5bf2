"""Run work in a process of its own, and kill it: before its n-th change of the file system, or after a time."""

from __future__ import annotations

import itertools
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterable

__all__ = ["CHANGES", "at_once", "changes_of", "killed"]

#: Functions of ``os`` that change the file system, or wait for the disk.
CHANGES = ("open", "replace", "rename", "unlink", "rmdir", "mkdir", "fsync")


def killed(work: Callable[[], object], *, before: int | None = None, after: float | None = None) -> bool:
    """Fork, do the work in the child, and kill it.

    Parameters
    ----------
    work
        What the child does.
    before
        Number of the change of the file system, from 0, before which the child kills itself.
    after
        Seconds after which this process kills the child.

    Returns
    -------
    bool
        Whether the child was killed; otherwise the work was done before.

    Raises
    ------
    RuntimeError
        If the work fails, after a traceback.
    """
    child = _started(work, before)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return _ended(child)


def at_once(works: Iterable[Callable[[], object]]) -> None:
    """Do several works at the same time, each in a process of its own.

    Raises
    ------
    RuntimeError
        If one fails, after a traceback.
    """
    for child in [_started(work) for work in works]:
        _ended(child)


def _started(work: Callable[[], object], before: int | None = None) -> int:
    child = os.fork()
    if child == 0:
        if before is not None:
            _count_down(before)
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def _ended(child: int) -> bool:
    """Wait for a process, and return whether it was killed."""
    status = os.waitpid(child, 0)[1]
    if status not in (0, signal.SIGKILL):
        raise RuntimeError(f"the work ended with status {status}")
    return status == signal.SIGKILL


def changes_of(work: Callable[[], object]) -> int:
    """Count the changes of the file system that some work makes."""
    read, write = os.pipe()

    def counted() -> None:
        made = _count_down(None)
        try:
            work()
        finally:
            os.write(write, str(next(made)).encode())

    killed(counted)
    os.close(write)
    with os.fdopen(read) as pipe:
        return int(pipe.read())


def _count_down(before: int | None) -> itertools.count[int]:
    """Make every change count, and the one with this number deadly."""
    made = itertools.count()

    def counting(change: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: object, **options: object) -> object:
            if next(made) == before:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments, **options)

        return run

    for name in CHANGES:
        setattr(os, name, counting(getattr(os, name)))
    return made
