"""The one root of everything fairaudit raises, and the sentences that failures are told in.

A failure says where, what was wrong, what exists and what is near. Statistical refusals
("insufficient evidence") are results, not exceptions, and do not live here.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["FairauditError", "InputError", "NothingToAuditError", "UsageError", "unknown_name"]


class FairauditError(ValueError):
    """Root of all errors that fairaudit raises on purpose; ``exit_code`` is what the command exits with."""

    exit_code = 3


class InputError(FairauditError):
    """A file or table cannot be used as it is: unreadable, incomplete or contradicting itself (exit 3)."""


class UsageError(FairauditError):
    """The call itself is wrong: an unknown name, options that exclude each other (exit 2)."""

    exit_code = 2


class NothingToAuditError(FairauditError):
    """The log is readable but holds nothing that could be audited (exit 5)."""

    exit_code = 5


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """Say that a name is unknown, what names exist, and which one is near.

    Parameters
    ----------
    what
        What the name should have named, such as ``"method"``.
    name
        The name that was given.
    known
        The names that exist.

    Returns
    -------
    str
        One sentence.

    Examples
    --------
    >>> unknown_name("method", "geotree", ["geo-tree", "zip-census"])
    "unknown method 'geotree'; there are ['geo-tree', 'zip-census']; did you mean 'geo-tree'?"
    """
    names = list(known)
    near = difflib.get_close_matches(name.casefold(), [n.casefold() for n in names], n=1, cutoff=0.5)
    hint = ""
    if near:
        original = next(n for n in names if n.casefold() == near[0])
        hint = f"; did you mean {original!r}?"
    return f"unknown {what} {name!r}; there are {names}{hint}"
