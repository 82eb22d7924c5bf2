"""Discoverers and the frozen rules that they find.

A discoverer is one file with one frozen dataclass, and one line in :data:`BUILT_IN`. Other people's packages
announce theirs under the entry-point group ``fairaudit.discoverers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib.metadata import entry_points
from typing import Any, Final

from fairaudit.cohorts.embedding import Embedding
from fairaudit.cohorts.geo_scan import GeoScan
from fairaudit.cohorts.geo_tree import GeoTree
from fairaudit.cohorts.model import CohortModel, chosen, models_from_json, models_to_json
from fairaudit.cohorts.named import Named
from fairaudit.cohorts.search import Discoverer
from fairaudit.cohorts.zip_census import ZipCensus
from fairaudit.core.errors import UsageError, unknown_name

__all__ = [
    "BUILT_IN",
    "CohortModel",
    "Discoverer",
    "Embedding",
    "GeoScan",
    "GeoTree",
    "Named",
    "ZipCensus",
    "chosen",
    "discoverer",
    "discoverers",
    "models_from_json",
    "models_to_json",
]

#: The discoverers that ship with fairaudit, by method.
BUILT_IN: Final[Mapping[str, type[Any]]] = {
    kind.method: kind for kind in (GeoTree, GeoScan, ZipCensus, Embedding, Named)
}


def discoverers() -> dict[str, type[Any]]:
    """All discoverers by method: the built-in ones, then those that installed packages announce."""
    found = dict(BUILT_IN)
    for entry in entry_points(group="fairaudit.discoverers"):
        found.setdefault(entry.name, entry.load())
    return found


def discoverer(method: str, settings: Mapping[str, Any] | None = None) -> Discoverer:
    """Make a discoverer from its method and settings.

    Parameters
    ----------
    method
        Name of the method.
    settings
        Values of its fields; texts are converted to the type of the field's default. Where that is ``None``, a text
        is a whole number or ``"auto"``, which means ``None``.

    Raises
    ------
    UsageError
        If there is no such method or setting, or a value cannot be converted.

    Examples
    --------
    >>> discoverer("geo-tree", {"max_leaves": "126"}).max_leaves
    126
    """
    known = discoverers()
    if method not in known:
        raise UsageError(unknown_name("method", method, known))
    kind = known[method]
    defaults = {f.name: f.default for f in fields(kind)}
    values = {}
    for name, value in (settings or {}).items():
        if name not in defaults:
            raise UsageError(unknown_name(f"setting of {method}", name, defaults))
        values[name] = _converted(name, value, defaults[name])
    discoverer: Discoverer = kind(**values)
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
        raise UsageError(f"{name} is {expected}, not {value!r}") from None
