"""Rules: how a unit's features lead to a cohort. Frozen, written as JSON, applicable to units never seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairaudit.cohorts.rules.base import Group, Rule
from fairaudit.cohorts.rules.centroids import Centroids, normalize_rows
from fairaudit.cohorts.rules.lookup import Lookup
from fairaudit.cohorts.rules.tree import Tree, unwrap
from fairaudit.core.errors import InputError, unknown_name

__all__ = ["RULES", "Centroids", "Group", "Lookup", "Rule", "Tree", "normalize_rows", "rule_from_dict", "unwrap"]

#: The rules by their kind, as ``cohorts.json`` names them.
RULES: Final[Mapping[str, type[Rule]]] = {rule.kind: rule for rule in (Tree, Centroids, Lookup)}


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
    kind = str(data.get("kind"))
    if kind not in RULES:
        raise InputError(f"cohorts: {unknown_name('kind of rule', kind, RULES)}")
    try:
        return RULES[kind].from_dict(data)
    except InputError:
        raise
    except (KeyError, TypeError, IndexError, ValueError, OverflowError) as error:
        raise InputError(f"cohorts: a rule of kind {kind!r} is incomplete or misshapen ({error})") from None
