"""Exceptions of fairaudit, and helpers for their messages.

A message says where the problem is, what is wrong, what exists and what is similar. Statistical outcomes such as
"insufficient evidence" are results, not exceptions.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["FairauditError", "InputError", "NothingToAuditError", "UsageError", "unknown_name"]


class FairauditError(ValueError):
    """Base class of all exceptions of fairaudit; ``exit_code`` is the exit code of the command."""

    exit_code = 3


class InputError(FairauditError):
    """A file or table is unreadable, incomplete or inconsistent (exit code 3)."""


class UsageError(FairauditError):
    """The call is wrong, such as an unknown name or conflicting options (exit code 2)."""

    exit_code = 2


class NothingToAuditError(FairauditError):
    """The log is readable but contains nothing to audit (exit code 5)."""

    exit_code = 5


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """Write an error message for an unknown name, with the known names and the most similar one.

    Parameters
    ----------
    what
        What the name refers to, such as ``"method"``.
    name
        The unknown name.
    known
        The known names.

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
