"""Whether a mapping is an audit: the shipped JSON Schema, read by the few rules that it uses."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any, Final

from fairaudit.errors import InputError

__all__ = ["audit_schema", "read_audit", "validate_audit"]

#: Floats are looked at on their own: only finite ones are numbers, only whole ones integers.
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
def audit_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of ``audit.json``, schema version 1."""
    schema: dict[str, Any] = json.loads(files("fairaudit").joinpath("schemas", "audit-1.json").read_text("utf-8"))
    return schema


def read_audit(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read an ``audit.json``.

    Raises
    ------
    InputError
        If it is no JSON or no audit.
    """
    try:
        content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{Path(path).name}: not JSON ({error})") from None
    validate_audit(content)
    return content


def validate_audit(audit: Any) -> None:
    """Check that something read from JSON has the structure of an audit.

    Parameters
    ----------
    audit
        The parsed JSON.

    Raises
    ------
    InputError
        With the first place that is not as it should be.

    Examples
    --------
    >>> validate_audit({"schema_version": 7})
    Traceback (most recent call last):
    ...
    fairaudit.errors.InputError: audit: schema_version is 7; this fairaudit reads 1
    """
    if not isinstance(audit, Mapping):
        raise InputError("audit: this is no audit, for its JSON is not an object")
    version = audit.get("schema_version", 1)
    if isinstance(version, bool) or version != 1:
        raise InputError(f"audit: schema_version is {version!r}; this fairaudit reads 1")
    for problem in chain(_problems(audit, audit_schema(), "audit"), _histogram_problems(audit)):
        raise InputError(problem)


def _histogram_problems(audit: Mapping[str, Any]) -> Iterator[str]:
    """Yield histograms whose bars do not fit their edges: the one thing that the schema language cannot say."""
    for i, discovery in enumerate(audit["discoveries"]):
        histogram = discovery["null"]["histogram"] if discovery["null"] else {"edges": [0], "counts": []}
        edges, counts = len(histogram["edges"]), len(histogram["counts"])
        if edges != counts + 1:
            yield f"audit.discoveries[{i}].null.histogram has {counts} counts and {edges} edges; expected one edge more"


def _problems(value: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    """Yield what is wrong with a value: the keywords that ``audit-1.json`` uses, and no others."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _problems(value, audit_schema()["$defs"][name], where)
    if "anyOf" in schema:
        found = [list(_problems(value, option, where)) for option in schema["anyOf"]]
        if all(found):
            yield found[0][0]
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
        yield from _object_problems(value, schema, where)
    elif isinstance(value, list | tuple):
        yield from _array_problems(value, schema, where)


def _object_problems(value: Mapping[str, Any], schema: Mapping[str, Any], where: str) -> Iterator[str]:
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
            yield from _problems(item, known[key], f"{where}.{key}")
        elif others is False:
            yield f"{where} has an unknown key {key!r}; there are {list(known)}"
        elif others is not True:
            yield from _problems(item, others, f"{where}.{key}")


def _array_problems(value: list[Any] | tuple[Any, ...], schema: Mapping[str, Any], where: str) -> Iterator[str]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
    if not least <= len(value) <= most:
        yield f"{where} has {len(value)} items; expected {least if least == most else f'{least} or more'}"
    for i, item in enumerate(value):
        yield from _problems(item, schema.get("items", {}), f"{where}[{i}]")


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if isinstance(value, float):
        return name in {"number", "integer"} and math.isfinite(value) and (name == "number" or value.is_integer())
    return isinstance(value, _TYPES[name])


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
