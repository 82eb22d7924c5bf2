"""Report how far long steps are, to whoever asked for it. Without anybody, a report costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

__all__ = ["Listener", "listening", "report"]

#: Receives the name of a step, how much of it is done, and how much there is (``None`` if nobody knows).
Listener = Callable[[str, int, int | None], None]

_LISTENER: Final[ContextVar[Listener | None]] = ContextVar("progress", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call a listener with all reports that are made inside this context, in this thread.

    Examples
    --------
    >>> with listening(print):
    ...     report("rows", 65_536)
    rows 65536 None
    >>> report("rows", 131_072)
    """
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


def report(step: str, done: int = 0, of: int | None = None) -> None:
    """Report how far a step is.

    Parameters
    ----------
    step
        The noun of what is counted, in the plural, or what is done.
    done, of
        How many are done, of how many.
    """
    listener = _LISTENER.get()
    if listener is not None:
        listener(step, done, of)
