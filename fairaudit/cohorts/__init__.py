"""Discoverers, and the frozen rules that they produce.

A discoverer is one module with one frozen dataclass, and one entry in :data:`BUILT_IN`. Other packages register
discoverers in the entry-point group ``fairaudit.discoverers``, and rules in ``fairaudit.rules``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

from fairaudit.cohorts.embedding import Embedding
from fairaudit.cohorts.fixed import FixedGroups
from fairaudit.cohorts.geo_scan import GeoScan
from fairaudit.cohorts.geo_tree import GeoTree
from fairaudit.cohorts.model import CohortModel, chosen, models_from_json, models_of, models_to_json
from fairaudit.cohorts.named import Named
from fairaudit.cohorts.rules import Centroids, Group, Lookup, Rule, Tree, rules, single_cohorts
from fairaudit.cohorts.search import ByScore, Discoverer, PreparedSearch
from fairaudit.cohorts.zip_census import ZipCensus
from fairaudit.core.columns import SPEAKER, UTTERANCE
from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.core.plugins import DISCOVERERS, installed, lacking

__all__ = [
    "BUILT_IN",
    "ByScore",
    "Centroids",
    "CohortModel",
    "Discoverer",
    "Embedding",
    "FixedGroups",
    "GeoScan",
    "GeoTree",
    "Group",
    "Lookup",
    "Named",
    "PreparedSearch",
    "Rule",
    "Tree",
    "ZipCensus",
    "broken_discoverers",
    "checked",
    "chosen",
    "discoverer",
    "discoverers",
    "models_from_json",
    "models_of",
    "models_to_json",
    "rules",
    "single_cohorts",
]

#: The discoverers that ship with fairaudit, by method.
BUILT_IN: Final[Mapping[str, type[Any]]] = {cls.method: cls for cls in (GeoTree, GeoScan, ZipCensus, Embedding, Named)}

#: Members of a discoverer; see :class:`Discoverer`.
_MEMBERS: Final = ("method", "keys", "outcome_free", "keep_exposure", "min_speakers", "partition", "search", "bottom")


def discoverers() -> dict[str, type[Any]]:
    """Return all discoverers by method: the built-in ones, then those of installed packages.

    Warns
    -----
    UserWarning
        For each plug-in that cannot be used.
    """
    return installed(DISCOVERERS, BUILT_IN, _plug_in_fault)[0]


def broken_discoverers() -> dict[str, str]:
    """Return what is wrong with each unusable plug-in, by name, unless a usable discoverer has the same name."""
    usable, broken = installed(DISCOVERERS, BUILT_IN, _plug_in_fault)
    return {name: wrong for name, wrong in broken.items() if name not in usable}


def checked(discoverer: object) -> Discoverer:
    """Return an object if it is a discoverer, and raise otherwise.

    Raises
    ------
    UsageError
        If the object is not a discoverer, or has the name of a built-in one.

    Examples
    --------
    >>> checked(GeoTree(max_leaves=10)).keys
    ('latitude', 'longitude')
    """
    cls: Any = type(discoverer)
    wrong = "it is a class; pass an instance" if isinstance(discoverer, type) else _fault(cls, discoverer)
    if wrong is None and BUILT_IN.get(cls.method, cls) is not cls:
        wrong = f"fairaudit has a built-in discoverer {cls.method!r}"
    if wrong is not None:
        allowed = "methods must be names or discoverers, such as 'geo-tree' or GeoTree(max_leaves=10)"
        raise UsageError(f"{allowed}, not {discoverer!r}: {wrong}")
    return discoverer  # type: ignore[return-value]


def _fault(cls: type[Any], one: Any) -> str | None:
    """Return why a class is not a discoverer, or None if it is one; ``one`` is an instance, or the class itself."""
    if not hasattr(cls, "__dataclass_fields__"):
        return f"{cls.__name__} is not a dataclass"
    if missing := lacking(cls, _MEMBERS):
        return f"{cls.__name__} lacks {missing}"
    if not (isinstance(cls.method, str) and re.fullmatch("[a-z0-9]+([_-][a-z0-9]+)*", cls.method)):
        return f"{cls.__name__}.method must be lower-case letters, digits and hyphens, not {cls.method!r}"
    keys = one.keys
    if not (isinstance(keys, tuple) and all(isinstance(key, str) for key in keys)):
        return f"{cls.__name__}.keys must be a tuple of columns, not {keys!r}"
    if not keys and "by" not in {f.name for f in fields(cls)}:
        return f"{cls.__name__}.keys is empty, so it needs a setting 'by' that names the columns"
    if UTTERANCE in keys or (SPEAKER in keys and len(keys) > 1):
        return f"{cls.__name__}.keys is {keys!r}, which identifies persons rather than groups"
    return None


def _plug_in_fault(name: str, announced: object) -> str | None:
    """Return why a registered object is not the discoverer of a given name, or None if it is."""
    if not isinstance(announced, type):
        return f"it is {announced!r}, not a class"
    cls: Any = announced
    if wrong := _fault(cls, cls):
        return wrong
    if cls.method != name:
        return f"{cls.__name__}.method is {cls.method!r}"
    required = [f.name for f in fields(cls) if f.default is MISSING]
    return f"settings of {cls.__name__} need defaults: {required}" if required else None


def discoverer(
    method: str, settings: Mapping[str, Any] | None = None, known: Mapping[str, type[Any]] | None = None
) -> Discoverer:
    """Create a discoverer from its method and settings.

    Parameters
    ----------
    method
        Name of the method.
    settings
        Values of its fields. Texts are converted to the type of the field's default. If the default is ``None``, a
        text must be a whole number, or ``"auto"``, which means ``None``.
    known
        Discoverers by method; by default :func:`discoverers`, which looks at all installed packages.

    Raises
    ------
    UsageError
        If there is no such method or setting, or a value cannot be converted.

    Examples
    --------
    >>> discoverer("geo-tree", {"max_leaves": "126"}).max_leaves
    126
    """
    known = discoverers() if known is None else known
    if method not in known:
        raise UsageError(broken_discoverers().get(method) or unknown_name("method", method, known))
    cls = known[method]
    defaults = {f.name: f.default for f in fields(cls)}
    values = {}
    for name, value in (settings or {}).items():
        if name not in defaults:
            raise UsageError(unknown_name(f"setting of {method}", name, defaults))
        values[name] = _converted(name, value, defaults[name])
    discoverer: Discoverer = cls(**values)
    return discoverer


def _converted(name: str, value: Any, default: Any) -> Any:
    if not isinstance(value, str) or isinstance(default, str):
        return value
    try:
        if isinstance(default, bool):
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[value.lower()]
        if isinstance(default, tuple):
            parts = [part.strip() for part in value.split(",")]
            return tuple(float(part) for part in parts) if default and isinstance(default[0], float) else tuple(parts)
        if default is None:
            return None if value == "auto" else int(value)
        return type(default)(value)
    except (KeyError, ValueError):
        expected = "int or 'auto'" if default is None else type(default).__name__
        raise UsageError(f"{name} must be {expected}, not {value!r}") from None
