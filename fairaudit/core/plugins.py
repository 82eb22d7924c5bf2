"""Load plug-ins from the entry points of installed packages; unusable plug-ins cause a warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["DISCOVERERS", "announced", "installed", "lacking"]

#: Entry-point group of discoverers in other packages.
DISCOVERERS: Final = "fairaudit.discoverers"


def announced(group: str) -> list[EntryPoint]:
    """List the plug-ins of an entry-point group by name, without loading them."""
    from importlib.metadata import entry_points

    return sorted({(one.name, one.value): one for one in entry_points(group=group)}.values(), key=lambda one: one.name)


def installed(
    group: str, built_in: Mapping[str, type[Any]], fault: Callable[[str, Any], str | None]
) -> tuple[dict[str, type[Any]], dict[str, str]]:
    """Load the plug-ins of an entry-point group.

    Parameters
    ----------
    group
        Name of the group, such as ``fairaudit.discoverers``.
    built_in
        Built-in classes by name. A plug-in cannot replace them.
    fault
        Given a name and the loaded object, returns what is wrong with it, or ``None``.

    Returns
    -------
    usable, broken
        Usable classes by name, the built-in ones first, and what is wrong with the others, by name. A warning is
        issued for each of these.
    """
    usable, broken = dict(built_in), {}
    for entry in announced(group):
        loaded, wrong = _loaded(entry)
        if entry.name in usable:
            owner = "fairaudit" if entry.name in built_in else "another installed package"
            wrong = f"{owner} already uses this name; rename the plug-in"
        elif wrong is None:
            wrong = fault(entry.name, loaded)
        if wrong is None:
            usable[entry.name] = loaded
        else:
            package = f", package {entry.dist.name} {entry.dist.version}" if entry.dist else ""
            broken[entry.name] = f"plug-in {entry.name!r} of {group} ({entry.value}{package}) is not used: {wrong}"
            warnings.warn(broken[entry.name], stacklevel=2)
    return usable, broken


def lacking(cls: type[Any], members: Sequence[str]) -> list[str]:
    """List the members that a class neither has nor declares as annotated fields."""
    return [name for name in members if not hasattr(cls, name) and name not in getattr(cls, "__annotations__", ())]


def _loaded(entry: EntryPoint) -> tuple[Any, str | None]:
    """Load an entry point; if the code of the plug-in raises an exception, return a description of it instead."""
    try:
        return entry.load(), None
    except Exception as error:
        return None, f"it cannot be imported ({type(error).__name__}: {error})"
