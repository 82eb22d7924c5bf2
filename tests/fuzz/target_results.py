"""Files that fairaudit wrote, settings files, and options that have a syntax."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import fairaudit
import fairaudit.cli.app  # registers the options of every command
from fairaudit import report
from fairaudit.cli import entries, groups
from fairaudit.cli.config import gate_table, settings_from
from fairaudit.core.errors import UsageError
from fairaudit.core.rate import rate_named
from fairaudit.results.gate_rules import RULES, rules_from
from fairaudit.results.history import History
from fairaudit.results.reading import kind_of
from tests.fuzz.mutate import NASTY, damage_bytes, damage_json, damage_text
from tests.fuzz.seeds import Seeds, text_log
from tests.fuzz.target_base import DEEP, Target

__all__ = ["RESULTS"]


def _document(name: str) -> Callable[[Random, Seeds], bytes]:
    others = [other for other in ("audit.json", "comparison.json", "gate.json", "history.json") if other != name]

    def make(rng: Random, seeds: Seeds) -> bytes:
        document = seeds.json(name)
        other = document if rng.random() < 0.7 else seeds.json(rng.choice(others))
        return damage_json(rng, document, other)

    return make


def _read_document(path: Path, rng: Random, seeds: Seeds) -> None:
    document = fairaudit.read_result(path)
    for ending in (".md", ".txt", *([".html"] if rng.random() < 0.1 else [])):
        assert report.render_for(Path("page" + ending), document)
    kind = kind_of(document)
    if kind in ("audit", "comparison"):
        gate = fairaudit.gate(document, {"max-gap": "20%", "max-rate": 0.5, "min-tested": 0.1})
        assert report.gate_junit(gate.to_dict())
        assert report.gate_markdown(gate.to_dict(), document)
        report.render_notebook(document) if kind == "audit" and rng.random() < 0.1 else None
    if kind == "history":
        history = History.from_dict(document)
        fairaudit.record(
            history, "next", seeds.log, census=seeds.folder / "census.csv", embeddings=seeds.folder / "voices.npz"
        ) if rng.random() < 0.2 else None


def _cohorts(rng: Random, seeds: Seeds) -> bytes:
    return damage_json(rng, seeds.json("cohorts.json"), seeds.json("cohorts.json"))


def _read_cohorts(path: Path, rng: Random, seeds: Seeds) -> None:
    models = fairaudit.read_models(path)
    tables = {"census": seeds.folder / "census.csv", "embeddings": seeds.folder / "voices.npz"}
    for model in models:
        try:
            frame = fairaudit.assign(seeds.log, model, **tables)
        except UsageError:  # a column or a table is not there
            continue
        assert len(frame)
    fairaudit.write_models(models, path.with_suffix(".out"), signature="seed:0")
    if rng.random() < 2 * DEEP:
        rows = seeds.sample.log
        fairaudit.compare(rows, rows.assign(hypothesis=rows["hypothesis"] + " uh"), models, permutations=19, **tables)


_TOML = """
by = ["accent", "gender,device"]
census = "census.csv"
embeddings = "voices.npz"
min-speakers = 25
permutations = 199
alpha = 0.05
column = ["speaker_id=client_id"]
method = ["named"]
param = ["clusters=10"]
quiet = false
zip-pad = true

[gate]
max-gap = "20%,upper,warn"
max-regression = {limit = 0.01, end = "point", insufficient = "warn"}
min-tested = 0.5
"""


def _toml(rng: Random, seeds: Seeds) -> bytes:
    text = _TOML
    if rng.random() < 0.3:
        values = (
            "[" * 2000,
            "1e400",
            "nan",
            "inf",
            "9" * 400,
            "1979-05-27",
            "{a = {b = 1}}",
            "[[1]]",
            "true",
            '""',
            "-1",
            "'x'",
            "0x7fffffffffffffffff",
        )
        lines = text.splitlines()
        i = rng.randrange(len(lines))
        lines[i] = f"{lines[i].partition('=')[0].strip() or 'by'} = {rng.choice(values)}"
        text = "\n".join(lines)
        if rng.random() < 0.5:
            return text.encode()
    if rng.random() < 0.3:
        text = "[tool.fairaudit]\n" + text.replace("[gate]", "[tool.fairaudit.gate]")
    return damage_text(rng, text, text) if rng.random() < 0.9 else damage_bytes(rng, text.encode())


def _read_toml(path: Path, rng: Random, seeds: Seeds) -> None:
    if rng.random() < 0.3:
        path = path.rename(path.with_name("pyproject.toml"))
    settings_from(path, groups.setting_kinds(), "audit")
    rules = rules_from(gate_table(path), path.name)
    assert all(math.isfinite(rule.limit) for rule in rules)


def _spelled(rng: Random, text: str) -> str:
    kind = rng.random()
    if kind < 0.2:
        return text
    if kind < 0.5:
        return damage_text(rng, text).decode("utf-8", "replace")[:3000]
    parts = (*text.replace(",", "=").split("="), *NASTY, "accent", "speaker_id", "words")
    return "".join(rng.choice((rng.choice(parts), rng.choice("=,/[]%"))) for _ in range(rng.randrange(1, 6)))


_STRINGS = {
    "column": ("speaker_id=client_id", "accent=age", "hypothesis=hypothesis_b"),
    "by": ("accent", "accent,age", "age[3]"),
    "param": ("clusters=10", "n_init=3", "pairs=false", "grid=20", "max_leaves=4", "min_speakers=5"),
    "rate": ("wer", "delay=delay_ms/audio_ms", "substitution_rate", "x=errors/words"),
    "rule": ("20%,upper,warn", "0.2", "1%", "0.5,fail", "point,5%"),
    "adjust": ("accent,age[3]", "age"),
    "method": ("named", "all", "geo-tree"),
    "number": ("0", "19", "-1", "1e9", "0.5", "0.05", "2", "nan", "inf", "1e400", str(10**30)),
}


def _options(rng: Random, seeds: Seeds) -> bytes:
    chosen = {kind: _spelled(rng, rng.choice(texts)) for kind, texts in _STRINGS.items()}
    return json.dumps(chosen).encode()


def _attempts(given: dict[str, str], rng: Random, seeds: Seeds) -> Iterator[Callable[[], Any]]:
    """Every option that takes a string of our own syntax, with what it is used for."""
    number: Any = given["number"]
    try:
        number = float(number) if "." in number or "e" in number or "n" in number else int(number)
    except (ValueError, OverflowError):
        number = 3
    by = given["by"]
    yield lambda: fairaudit.read_log(text_log(), columns=entries.pairs("--column", [given["column"]]), max_quarantine=1)
    yield lambda: fairaudit.read_log(text_log(), max_quarantine=number)
    yield lambda: rate_named(given["rate"])
    yield lambda: fairaudit.audit(seeds.tiny_log, rate=given["rate"], methods="named", by="accent", permutations=19)
    yield lambda: [rules_from({name: given["rule"]}, "rules") for name in (*RULES, given["by"])]
    yield lambda: fairaudit.gate(seeds.json("comparison.json"), {"max-gap": given["rule"], "max-rate": number})
    yield lambda: fairaudit.audit(
        seeds.tiny_log, by=[tuple(entries.columns_of("--by", by))], methods="named", permutations=19
    )
    yield lambda: fairaudit.audit(
        seeds.tiny_log, adjust=entries.columns_of("--adjust", given["adjust"]), methods="named", permutations=19
    )
    yield lambda: fairaudit.audit(
        seeds.tiny_log, params=entries.alternatives("--param", [given["param"]]), permutations=19
    )
    yield lambda: fairaudit.audit(seeds.tiny_log, methods=given["method"], permutations=19)
    for name in ("min_speakers", "max_cohorts", "holdout", "permutations", "alpha", "seed", "cross_fit"):
        yield lambda name=name: fairaudit.audit(
            seeds.tiny_log, methods="named", by="accent", **({"permutations": 19} | {name: number})
        )


def _read_options(path: Path, rng: Random, seeds: Seeds) -> None:
    given = json.loads(path.read_bytes())
    attempts = [*_attempts(given, rng, seeds)]
    rng.choice(attempts)()


#: Loaders of results, settings and options.
RESULTS = {
    "cohorts": Target(_cohorts, _read_cohorts, ".json"),
    "audit": Target(_document("audit.json"), _read_document, ".json"),
    "comparison": Target(_document("comparison.json"), _read_document, ".json"),
    "gate": Target(_document("gate.json"), _read_document, ".json"),
    "history": Target(_document("history.json"), _read_document, ".json"),
    "config": Target(_toml, _read_toml, ".toml"),
    "options": Target(_options, _read_options, ".json"),
}
