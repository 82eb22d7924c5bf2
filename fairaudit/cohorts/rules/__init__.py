"""Rules: how a unit's features lead to a cohort. Frozen, written as JSON, applicable to units never seen."""

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

#: The rules that ship with fairaudit by their kind, as ``cohorts.json`` names them.
RULES: Final[Mapping[str, type[Rule]]] = {rule.kind: rule for rule in (Tree, Centroids, Lookup)}
#: The entry-point group of rules in other packages.
_GROUP: Final = "fairaudit.rules"
#: What a rule has; see :class:`Rule`.
_MEMBERS: Final = ("kind", "n_cohorts", "assign", "label", "describe", "groups", "to_dict", "from_dict")


def rules() -> dict[str, type[Rule]]:
    """All rules by kind: the built-in ones, then those of installed packages.

    Warns
    -----
    UserWarning
        For each plug-in that cannot be used.
    """
    return installed(_GROUP, RULES, _fault)[0]


def _fault(name: str, announced: object) -> str | None:
    """What keeps an announced object from being the rule of that kind."""
    if not isinstance(announced, type):
        return f"it is {announced!r}, not a class"
    kind: Any = announced
    if missing := lacking(kind, _MEMBERS):
        return f"{kind.__name__} lacks {missing}"
    return None if kind.kind == name else f"{kind.__name__}.kind is {kind.kind!r}"


def rule_from_dict(data: Mapping[str, Any]) -> Rule:
    """Read a rule from its JSON form, ``{"kind": "tree", ...}``.

    Raises
    ------
    InputError
        If the kind is unknown or the content contradicts itself.

    Examples
    --------
    >>> rule_from_dict({"kind": "lookup", "columns": ["sex"], "labels": [["f"]]}).n_cohorts
    1
    """
    kind, known = str(data.get("kind")), rules()
    if kind not in known:
        missing = f"if it is a plug-in's, install the package that announces it under {_GROUP}"
        raise InputError(f"cohorts: {unknown_name('kind of rule', kind, known)}; {missing}")
    try:
        return known[kind].from_dict(data)
    except InputError:
        raise
    except (KeyError, TypeError, IndexError, ValueError, OverflowError) as error:
        raise InputError(f"cohorts: a rule of kind {kind!r} is incomplete or misshapen ({error})") from None
