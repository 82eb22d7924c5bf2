"""Damaged files that fairaudit wrote, and damaged settings files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.inputs.damaged_logs import as_bytes, as_text
from tests.inputs.damages import CLEAN, Damage, Read, Refused

__all__ = ["RESULTS", "SETTINGS"]

AUDIT, COHORTS = CLEAN["audit"], CLEAN["cohorts"]


def as_document(change: Callable[[dict[str, Any]], Any], name: str = AUDIT) -> Callable[[Path], Path]:
    """Change the parsed content of a JSON file."""

    def changed(text: str) -> str:
        document = json.loads(text)
        change(document)
        return json.dumps(document)

    return as_text(changed, name)


def settings(text: str | bytes) -> Callable[[Path], Path]:
    """Write a settings file."""

    def make(folder: Path) -> Path:
        path = folder / CLEAN["settings"]
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return make


def other_file(name: str) -> Callable[[Path], Path]:
    """Give another file of the folder."""
    return lambda folder: folder / name


def audit(name: str, make: Callable[[Path], Path], outcome: Read | Refused) -> Damage:
    return Damage(name, make, outcome, "audit")


def cohorts(name: str, make: Callable[[Path], Path], outcome: Read | Refused) -> Damage:
    return Damage(name, make, outcome, "cohorts")


RESULTS = [
    audit("audit.json printed with other spaces", as_document(lambda document: None), Read()),
    audit(
        "audit.json with a key that this version does not know", as_document(lambda d: d.update(mood="good")), Read()
    ),
    audit("audit.json is empty", as_bytes(lambda _: b"", AUDIT), Refused("the file is empty")),
    audit(
        "audit.json is cut off", as_bytes(lambda content: content.partition(b'overall"')[0], AUDIT), Refused("not JSON")
    ),
    audit(
        "audit.json with NaN for a rate",
        as_document(lambda d: d["overall"].update(rate=float("nan"))),
        Refused("overall.rate is nan"),
    ),
    audit(
        "audit.json with a text for a rate",
        as_document(lambda d: d["overall"].update(rate="12 %")),
        Refused("overall.rate is '12 %'"),
    ),
    audit(
        "audit.json without its searches", as_document(lambda d: d.pop("discoveries")), Refused("lacks .'discoveries'")
    ),
    audit(
        "audit.json with a count of 400 digits",
        as_document(lambda d: d["overall"].update(errors=10**399)),
        Refused("overall.errors is 1000"),
    ),
    audit(
        "audit.json of a later version",
        as_document(lambda d: d.update(schema_version=3)),
        Refused("schema_version is 3"),
    ),
    audit("cohorts.json given for audit.json", other_file(COHORTS), Refused("this is a cohorts.json")),
    audit("The log given for audit.json", other_file(CLEAN["log"]), Refused("this is")),
    audit("Objects nested too deeply", as_bytes(lambda _: b'{"a":' * 99_999, AUDIT), Refused("nested too deeply")),
    cohorts("cohorts.json printed with other spaces", as_document(lambda document: None, COHORTS), Read()),
    cohorts(
        "cohorts.json is cut off",
        as_bytes(lambda content: content.partition(b'models"')[0], COHORTS),
        Refused("not JSON"),
    ),
    cohorts(
        "cohorts.json of a later version", as_document(lambda d: d.update(version=99), COHORTS), Refused("version 99")
    ),
    cohorts(
        "cohorts.json without models",
        as_document(lambda d: d.pop("models"), COHORTS),
        Refused("not a document of fairaudit"),
    ),
    cohorts(
        "cohorts.json with a model twice",
        as_document(lambda d: d["models"].append(d["models"][0]), COHORTS),
        Refused("two models"),
    ),
    cohorts(
        "cohorts.json with a rule of another kind",
        as_document(lambda d: d["models"][0]["rule"].update(kind="trees"), COHORTS),
        Refused("unknown kind of rule"),
    ),
    cohorts(
        "cohorts.json whose bottom cohort does not exist",
        as_document(lambda d: d["models"][0].update(bottom={"cohort_ids": [99], "description": "x"}), COHORTS),
        Refused("99"),
    ),
    cohorts("audit.json given for cohorts.json", other_file(AUDIT), Refused("audit.json")),
]
SETTINGS = [
    Damage(
        "Other spaces and comments", settings("# ours\nmethod=['named']\nby = [ \"accent\", ]\n"), Read(), "settings"
    ),
    Damage(
        "A misspelt setting", settings("permutation = 19\n"), Refused("did you mean 'permutations'", code=2), "settings"
    ),
    Damage("A setting of the wrong type", settings("by = 3\n"), Refused("by must be", code=2), "settings"),
    Damage("A setting twice", settings("seed = 1\nseed = 2\n"), Refused("not valid TOML"), "settings"),
    Damage("Windows-1252 in settings", settings(b'by = ["caf\xe9"]\n'), Refused("not UTF-8"), "settings"),
    Damage("Lists nested too deeply", settings("by = " + "[" * 9999), Refused("not valid TOML"), "settings"),
]
