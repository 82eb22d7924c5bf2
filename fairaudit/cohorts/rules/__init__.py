"""Rules that assign units to cohorts by their features. Rules are frozen, stored as JSON, and apply to new units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairaudit.cohorts.rules.base import Group, Rule, single_cohorts
from fairaudit.cohorts.rules.centroids import Centroids, normalize_rows
from fairaudit.cohorts.rules.lookup import Lookup
from fairaudit.cohorts.rules.tree import Tree, unwrap
from fairaudit.core.errors import InputError, unknown_name
from fairaudit.core.plugins import installed, lacking

__all__ = [
    "RULES",
    "Centroids",
    "Group",
    "Lookup",
    "Rule",
    "Tree",
    "normalize_rows",
    "rule_from_dict",
    "rules",
    "single_cohorts",
    "unwrap",
]

#: Built-in rules by kind, the name used in ``cohorts.json``.
RULES: Final[Mapping[str, type[Rule]]] = {rule.kind: rule for rule in (Tree, Centroids, Lookup)}
#: Entry-point group of rules in other packages.
_GROUP: Final = "fairaudit.rules"
#: Members of a rule; see :class:`Rule`.
_MEMBERS: Final = ("kind", "n_cohorts", "assign", "label", "describe", "groups", "to_dict", "from_dict")


def rules() -> dict[str, type[Rule]]:
    """Return all rules by kind: the built-in ones, then those of installed packages.

    Warns
    -----
    UserWarning
        For each plug-in that cannot be used.
    """
    return installed(_GROUP, RULES, _fault)[0]


def _fault(name: str, announced: object) -> str | None:
    """Return why a registered object is not the rule of a given kind, or None if it is."""
    if not isinstance(announced, type):
        return f"it is {announced!r}, not a class"
    cls: Any = announced
    if missing := lacking(cls, _MEMBERS):
        return f"{cls.__name__} lacks {missing}"
    return None if cls.kind == name else f"{cls.__name__}.kind is {cls.kind!r}"


def rule_from_dict(data: Mapping[str, Any]) -> Rule:
    """Read a rule from its JSON form, ``{"kind": "tree", ...}``.

    Raises
    ------
    InputError
        If the kind is unknown or the content is inconsistent.

    Examples
    --------
    >>> rule_from_dict({"kind": "lookup", "columns": ["sex"], "labels": [["f"]]}).n_cohorts
    1
    """
    kind, known = str(data.get("kind")), rules()
    if kind not in known:
        missing = f"if it belongs to a plug-in, install the package that registers it in {_GROUP}"
        raise InputError(f"cohorts: {unknown_name('kind of rule', kind, known)}; {missing}")
    try:
        return known[kind].from_dict(data)
    except InputError:
        raise
    except (KeyError, TypeError, IndexError, ValueError, OverflowError) as error:
        raise InputError(f"cohorts: a rule of kind {kind!r} is incomplete or malformed ({error})") from None
