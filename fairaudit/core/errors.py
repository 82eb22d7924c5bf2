"""Exceptions of fairaudit, and helpers for their messages.

A message says where the problem is, what is wrong, what exists and what is similar. Statistical outcomes such as
"insufficient evidence" are results, not exceptions.

A message that suggests a setting names it with :func:`setting`. Python code then reads ``zip_pad=True`` in the message,
and the command line shows ``--zip-pad``.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

__all__ = [
    "FairauditError",
    "InputError",
    "NothingToAuditError",
    "UsageError",
    "setting",
    "suggests",
    "unknown_name",
    "without_settings",
]

#: A setting inside a message, between two characters of a private use area.
_SETTING: Final = re.compile("\ue000([^\ue001]*)\ue001")


class FairauditError(ValueError):
    """Base class of all exceptions of fairaudit; ``exit_code`` is the exit code of the command.

    Examples
    --------
    >>> error = FairauditError(f"zip codes have lost their leading zeros; {setting('zip_pad', True)} restores them")
    >>> print(error)
    zip codes have lost their leading zeros; zip_pad=True restores them
    >>> error.spelled(lambda name, value: "--zip-pad")
    'zip codes have lost their leading zeros; --zip-pad restores them'
    """

    exit_code = 3

    def __str__(self) -> str:
        return self.spelled(_in_python)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def spelled(self, spell: Callable[[str, Any], str]) -> str:
        """Return the message with its settings formatted by ``spell(name, value)``."""
        return _SETTING.sub(lambda match: _spelled(match, spell), super().__str__())


def _spelled(match: re.Match[str], spell: Callable[[str, Any], str]) -> str:
    try:
        name, value = json.loads(match[1])
    except (ValueError, TypeError):  # characters from a file, not a setting
        return match[0]
    return spell(name, value)


def _in_python(name: str, value: Any) -> str:
    return name if value is None else f"{name}={value!r}"


def setting(name: str, value: str | int | dict[str, str] | None = None) -> str:
    """Mark a setting inside the message of a :class:`FairauditError`.

    Parameters
    ----------
    name
        Name of the parameter in Python.
    value
        The suggested value; by default only the name is shown.
    """
    return f"\ue000{json.dumps([name, value])}\ue001"


def suggests(message: str, *, other_than: Collection[str] = ()) -> bool:
    """Whether a message names a setting, other than those given."""
    return any(json.loads(match[1])[0] not in other_than for match in _SETTING.finditer(message))


def without_settings(message: str) -> str:
    """Remove settings in parentheses, for documents that are used both in Python and on the command line.

    Examples
    --------
    >>> without_settings(f"a census table ({setting('census', 'census.csv')})")
    'a census table'
    """
    return re.sub(rf" \({_SETTING.pattern}\)", "", message)


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
