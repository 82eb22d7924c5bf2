"""The types of documents are those of the shipped schemas: the same keys, types, nulls and vocabularies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import jsonschema
import pytest

import fairaudit
from fairaudit.cohorts import models_to_json
from fairaudit.core.verdicts import Outcome, Verdict
from fairaudit.results import documents
from fairaudit.results.schema import SCHEMAS, shipped_schema
from fairaudit.samples import make_sample

ROOTS = {
    "audit": documents.AuditDoc,
    "board": documents.BoardDoc,
    "cohorts": documents.CohortsDoc,
    "comparison": documents.ComparisonDoc,
    "gate": documents.GateDoc,
    "history": documents.HistoryDoc,
    "trials": documents.TrialsDoc,
}
PLAIN = {"string": str, "integer": int, "number": float, "boolean": bool}
ALL = {name: getattr(documents, name) for name in documents.__all__ if is_typeddict(getattr(documents, name))}


def differences(schema: Mapping[str, Any], kind: Any, where: str, defs: Mapping[str, Any]) -> Iterator[str]:
    """What a schema and a type say differently."""
    if get_origin(kind) is NotRequired:
        (kind,) = get_args(kind)
    options = list(_options(schema, defs))
    nullable = {"type": "null"} in options
    options = [option for option in options if option != {"type": "null"}]
    kinds = set(get_args(kind)) if get_origin(kind) in (Union, UnionType) else {kind}
    if (NoneType in kinds) != nullable:
        yield f"{where}: the schema says {'null is' if nullable else 'no null'}, the type is {kind}"
    kinds -= {NoneType}
    if len(kinds) != 1 or len(options) != 1:
        yield f"{where}: {kinds} for {options}"
        return
    yield from _differences(options[0], kinds.pop(), where, defs)


def _options(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Alternatives of a schema, each of one type; null on its own."""
    if "$ref" in schema:
        yield from _options(defs[schema["$ref"].rpartition("/")[2]], defs)
    elif "anyOf" in schema:
        for option in schema["anyOf"]:
            yield from _options(option, defs)
    elif "const" in schema:
        yield {"values": {schema["const"]}}
    elif "enum" in schema:
        if None in schema["enum"]:
            yield {"type": "null"}
        yield {"values": set(schema["enum"]) - {None}}
    else:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        for name in types:
            yield {"type": "null"} if name == "null" else {**schema, "type": name}


def _differences(schema: Mapping[str, Any], kind: Any, where: str, defs: Mapping[str, Any]) -> Iterator[str]:
    if "values" in schema:
        words = isinstance(kind, type) and issubclass(kind, StrEnum)
        values = set(map(str, kind)) if words else set(get_args(kind)) if get_origin(kind) is Literal else kind
        if values != schema["values"]:
            yield f"{where}: {schema['values']} in the schema, {values} in the type"
    elif schema["type"] in PLAIN:
        if kind is not PLAIN[schema["type"]]:
            yield f"{where}: {schema['type']} in the schema, {kind} in the type"
    elif schema["type"] == "array":
        if get_origin(kind) is not list:
            yield f"{where}: an array in the schema, {kind} in the type"
        else:
            yield from differences(schema["items"], get_args(kind)[0], f"{where}[]", defs)
    elif is_typeddict(kind):
        yield from _keys(schema, kind, where, defs)
    elif get_origin(kind) is not dict or get_args(kind)[0] is not str:
        yield f"{where}: an object in the schema, {kind} in the type"
    elif isinstance(schema.get("additionalProperties"), dict):
        yield from differences(schema["additionalProperties"], get_args(kind)[1], f"{where}.*", defs)
    elif get_args(kind)[1] is not Any:
        yield f"{where}: anything goes in the schema, {kind} in the type"


def _keys(schema: Mapping[str, Any], kind: Any, where: str, defs: Mapping[str, Any]) -> Iterator[str]:
    hints = get_type_hints(kind, include_extras=True)
    properties = schema.get("properties", {})
    if hints.keys() != properties.keys():
        yield f"{where}: keys of only one of {kind.__name__} and the schema: {sorted(hints.keys() ^ properties.keys())}"
    if kind.__required_keys__ != set(schema.get("required", ())):
        yield f"{where}: required in only one: {sorted(kind.__required_keys__ ^ set(schema.get('required', ())))}"
    for key in hints.keys() & properties.keys():
        yield from differences(properties[key], hints[key], f"{where}.{key}", defs)


def reached(kind: Any) -> set[str]:
    """Names of the typed dictionaries that a type is made of."""
    inside: set[str] = {kind.__name__} if is_typeddict(kind) else set()
    parts = get_type_hints(kind, include_extras=True).values() if is_typeddict(kind) else get_args(kind)
    return inside.union(*map(reached, parts))


def test_every_shipped_schema_has_its_type() -> None:
    assert ROOTS.keys() == SCHEMAS.keys()
    shipped = {path.name for path in (Path(fairaudit.__file__).parent / "schemas").iterdir()}
    assert shipped == set(SCHEMAS.values())


@pytest.mark.parametrize("name", SCHEMAS)
def test_types_and_schemas_say_the_same(name: str) -> None:
    schema = shipped_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(differences(schema, ROOTS[name], name, schema.get("$defs", {}))) == []


def test_no_type_is_without_a_schema() -> None:
    bases = {
        "ChangeDoc",
        "CohortLoopsDoc",
        "CohortNameDoc",
        "CoverageDoc",
        "EvidenceDoc",
        "MeasuredDoc",
    }  # what several objects share
    assert set(ALL) - bases == set().union(*map(reached, ROOTS.values()))


def test_histories_hold_models_as_cohorts_do() -> None:
    for name in ("model", "group"):
        assert shipped_schema("history")["$defs"][name] == shipped_schema("cohorts")["$defs"][name]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"properties": {"name": {"type": "string"}}, "required": []}, "required in only one: ['name'"),
        ({"properties": {"nam": {"type": "string"}}, "required": ["nam"]}, "keys of only one"),
        ({"properties": {"name": {"type": ["string", "null"]}}, "required": ["name"]}, "null is"),
        ({"properties": {"name": {"type": "integer"}}, "required": ["name"]}, "integer in the schema"),
        ({"properties": {"name": {"enum": ["a"]}}, "required": ["name"]}, "{'a'} in the schema"),
    ],
)
def test_a_difference_is_seen(change: dict[str, Any], kind: str) -> None:
    assert kind in " ".join(differences({"type": "object", **change}, documents.SideTableDoc, "x", {}))


def test_frozen_cohorts_fit_their_schema() -> None:
    log = fairaudit.read_log(make_sample(speakers=120).log)
    models = fairaudit.audit(log, methods=["named", "geo-tree"], by=["accent"], permutations=19).models
    text = models_to_json(models, "rate:wer")
    jsonschema.Draft202012Validator(shipped_schema("cohorts")).validate(json.loads(text))


def test_words_are_written_as_plain_strings() -> None:
    assert json.dumps([Verdict.DISPARITY, Outcome.PASS]) == '["disparity", "pass"]'
    assert (repr(Verdict.DISPARITY), f"{Verdict.DISPARITY}", {Verdict.DISPARITY: 1}["disparity"]) == (
        "'disparity'", "disparity", 1
    )  # fmt: skip
