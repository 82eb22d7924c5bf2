"""Objects and lists in cells: which columns hold them, and values inside objects by a path such as ``speaker.id``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["at_path", "describe", "mark_nested", "nested_in"]

_KEY: Final = b"nested"
_Rows = TypeVar("_Rows", "pa.RecordBatch", "pa.Table")


def describe(value: object) -> dict[str, Any]:
    """Describe an object or a list: what it is, and the fields of an object that hold single values.

    Examples
    --------
    >>> describe({"id": "s1", "places": []}), describe(["a", "b"])
    ({'what': 'an object', 'fields': ['id']}, {'what': 'a list', 'fields': []})
    """
    if not isinstance(value, Mapping):
        return {"what": "a list", "fields": []}
    return {"what": "an object", "fields": [name for name, one in value.items() if not isinstance(one, dict | list)]}


def at_path(record: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path through objects; None if there is none.

    Examples
    --------
    >>> at_path({"speaker": {"id": "s1"}}, "speaker.id"), at_path({"speaker": None}, "speaker.id")
    ('s1', None)
    """
    value: Any = record
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def mark_nested(batch: _Rows, nested: Mapping[str, Mapping[str, Any]]) -> _Rows:
    """Keep in the schema of a batch or table which columns of the file hold objects or lists."""
    return batch.replace_schema_metadata({_KEY: json.dumps(nested)}) if nested else batch


def nested_in(batch: pa.RecordBatch | pa.Table) -> dict[str, dict[str, Any]]:
    """Return which columns hold objects or lists, each with its description (:func:`describe`).

    Examples
    --------
    >>> import pyarrow as pa
    >>> nested_in(mark_nested(pa.record_batch({"words": [3]}), {"speaker": describe({"id": "s1"})}))
    {'speaker': {'what': 'an object', 'fields': ['id']}}
    """
    nested: dict[str, dict[str, Any]] = json.loads((batch.schema.metadata or {}).get(_KEY, b"{}"))
    return nested
