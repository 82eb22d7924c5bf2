"""Shipped JSON Schemas, and a validator for the keywords that they use."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pkgutil import get_data
from typing import Any, Final

from fairaudit.core.errors import UsageError, unknown_name

__all__ = ["SCHEMAS", "problems", "shipped_schema"]

#: Shipped schemas by the kind of document.
SCHEMAS: Final[Mapping[str, str]] = {
    "audit": "audit-2.json",
    "board": "board-1.json",
    "cohorts": "cohorts-1.json",
    "comparison": "comparison-1.json",
    "gate": "gate-1.json",
    "history": "history-1.json",
    "trials": "trials-1.json",
}
#: Larger whole numbers count nothing.
_LARGEST: Final = 2**63
#: Floats are handled separately: only finite floats are numbers, and only whole ones are integers.
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (Mapping,),
    "array": (list, tuple),
    "string": (str,),
    "integer": (int,),
    "number": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


@cache
def shipped_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a kind of document, one of :data:`SCHEMAS`.

    Raises
    ------
    UsageError
        If there is no such schema.
    """
    if name not in SCHEMAS:
        raise UsageError(unknown_name("schema", name, SCHEMAS))
    schema: dict[str, Any] = json.loads(get_data("fairaudit", f"schemas/{SCHEMAS[name]}") or "null")
    return schema


def problems(value: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    """Yield a sentence for each problem of a value according to a shipped schema.

    Examples
    --------
    >>> list(problems({"kind": 3}, {"properties": {"kind": {"type": "string"}}}, "gate"))
    ['gate.kind is 3; expected string']
    """
    yield from _problems(value, schema, where, schema.get("$defs", {}))


def _problems(value: Any, schema: Mapping[str, Any], where: str, defs: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _problems(value, defs[name], where, defs)
    if "anyOf" in schema:
        by_option = [list(_problems(value, option, where, defs)) for option in schema["anyOf"]]
        if all(by_option):
            yield by_option[0][0]
        return
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_is(value, name) for name in types):
        yield f"{where} is {_shown(value)}; expected {' or '.join(types)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is {_shown(value)}; expected one of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{where} is {_shown(value)}; expected {schema['const']!r}"
    if "minimum" in schema and _is(value, "number") and value < schema["minimum"]:
        yield f"{where} is {_shown(value)}; expected at least {schema['minimum']}"
    if "maximum" in schema and _is(value, "number") and value > schema["maximum"]:
        yield f"{where} is {_shown(value)}; expected at most {schema['maximum']}"
    if isinstance(value, Mapping):
        yield from _object_problems(value, schema, where, defs)
    elif isinstance(value, list | tuple):
        yield from _array_problems(value, schema, where, defs)


def _object_problems(
    value: Mapping[str, Any], schema: Mapping[str, Any], where: str, defs: Mapping[str, Any]
) -> Iterator[str]:
    missing = [key for key in schema.get("required", []) if key not in value]
    if missing:
        yield f"{where} lacks {missing}; it has {sorted(map(str, value))}"
    names = re.compile(schema.get("propertyNames", {}).get("pattern", ""))
    for key in value:
        if not names.search(str(key)):
            yield f"{where} has the key {_shown(key)}; expected one that matches {names.pattern}"
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, item in value.items():
        if key in known:
            yield from _problems(item, known[key], f"{where}.{key}", defs)
        elif others is False:
            yield f"{where} has an unknown key {key!r}; there are {list(known)}"
        elif others is not True:
            yield from _problems(item, others, f"{where}.{key}", defs)


def _array_problems(
    value: list[Any] | tuple[Any, ...], schema: Mapping[str, Any], where: str, defs: Mapping[str, Any]
) -> Iterator[str]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
    if not least <= len(value) <= most:
        yield f"{where} has {len(value)} items; expected {least if least == most else f'{least} or more'}"
    for i, item in enumerate(value):
        yield from _problems(item, schema.get("items", {}), f"{where}[{i}]", defs)


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if isinstance(value, float):
        return name in {"number", "integer"} and math.isfinite(value) and (name == "number" or value.is_integer())
    if isinstance(value, int) and abs(value) > _LARGEST:
        return False
    return isinstance(value, _TYPES[name])


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
