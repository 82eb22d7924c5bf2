"""Report how far long steps are, to whoever asked for it. Without anybody, a report costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

__all__ = ["Listener", "counted", "listening", "report"]

T = TypeVar("T")
#: Receives the name of a step, how much of it is done, how much there is (``None`` if nobody knows), and the part that
#: is being done (empty if it has no name).
Listener = Callable[[str, int, int | None, str], None]

#: Items between two reports.
_EVERY: Final = 8192

_LISTENER: Final[ContextVar[Listener | None]] = ContextVar("progress", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call a listener with all reports that are made inside this context, in this thread.

    Examples
    --------
    >>> with listening(lambda *seen: print(seen)):
    ...     report("rows", 65_536)
    ('rows', 65536, None, '')
    >>> report("rows", 131_072)
    """
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


def report(step: str, done: int = 0, of: int | None = None, *, now: str = "") -> None:
    """Report how far a step is.

    Parameters
    ----------
    step
        The noun of what is counted, in the plural, or what is done.
    done, of
        How many are done, of how many.
    now
        Name of the part that is being done, such as a search.
    """
    listener = _LISTENER.get()
    if listener is not None:
        listener(step, done, of, now)


def counted(items: Iterable[T], step: str) -> Iterator[T]:
    """Pass items on, and report how many there were.

    Examples
    --------
    >>> with listening(lambda *seen: print(seen)):
    ...     list(counted("ab", "lines written"))
    ('lines written', 0, None, '')
    ['a', 'b']
    """
    for number, item in enumerate(items):
        if number % _EVERY == 0:
            report(step, number)
        yield item
