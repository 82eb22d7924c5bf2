"""Pseudo-references of a teacher model: never mixed with those of people, and named wherever a number stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError, NothingToAuditError, UsageError
from fairaudit.core.rate import TEACHER
from fairaudit.exports.model_card import model_index
from fairaudit.inputs import read_log
from fairaudit.inputs.parts import read_parts
from fairaudit.report import audit_junit, gate_junit, gate_markdown, gate_terminal, render_markdown, render_terminal
from fairaudit.samples import make_sample

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return make_sample(speakers=100).log


@pytest.fixture(scope="module")
def taught(rows: pd.DataFrame) -> fairaudit.Audit:
    return fairaudit.audit(read_log(rows, reference_kind="pseudo"), by="accent", permutations=19)


def kinds(rows: pd.DataFrame, human: str = "human", pseudo: str = "pseudo") -> pd.DataFrame:
    return rows.assign(reference_kind=[human if i % 3 else pseudo for i in range(len(rows))])


def test_a_log_with_both_kinds_is_refused_unless_one_is_chosen(rows: pd.DataFrame) -> None:
    both = kinds(rows, human="Human ", pseudo="PSEUDO")
    n = {"human": sum(i % 3 > 0 for i in range(len(rows))), "pseudo": sum(i % 3 == 0 for i in range(len(rows)))}
    message = f"{n['human']:,} rows have human references, and {n['pseudo']:,} have pseudo-references"
    with pytest.raises(InputError, match=message):
        read_log(both)
    for kind, used in n.items():
        log = read_log(both, reference_kind=kind)
        assert len(log) == used
        assert log.quality.by_code == {"other_reference_kind": len(rows) - used}
        assert log.settings["reference_kind"] == (None if kind == "human" else "pseudo")


@pytest.mark.parametrize(
    ("kind", "column", "expected"),
    [("auto", None, None), ("human", None, None), ("pseudo", None, "pseudo"), ("auto", "pseudo", "pseudo"),
     ("auto", "human", None)],
)  # fmt: skip
def test_the_kind_is_that_of_the_option_or_of_the_column(
    rows: pd.DataFrame, kind: Any, column: str | None, expected: str | None
) -> None:
    log = read_log(rows.head(9) if column is None else rows.head(9).assign(reference_kind=column), reference_kind=kind)
    assert log.scoring.get("reference_kind") == expected
    assert "reference_kind" not in log.columns


def test_rows_that_do_not_say_their_kind_are_faulty(rows: pd.DataFrame) -> None:
    some = rows.head(100).assign(reference_kind=["pseudo"] * 97 + ["", "gold", "NA"])
    with pytest.raises(InputError, match=r"unknown_reference_kind in 'reference_kind': 3 rows.*write human or pseudo"):
        read_log(some)
    assert read_log(some, max_quarantine=0.05).quality.by_code == {"unknown_reference_kind": 3}
    with pytest.raises(NothingToAuditError):
        read_log(rows.head(9).assign(reference_kind="human"), reference_kind="pseudo")
    with pytest.raises(UsageError, match="unknown value of reference_kind"):
        read_log(rows.head(9), reference_kind="silver")


def test_every_output_says_what_its_numbers_are(taught: fairaudit.Audit) -> None:
    document = taught.to_dict()
    assert "|reference_kind:pseudo|" in document["signature"]
    assert document["rate_definition"]["label"] == TEACHER
    assert document["scoring"]["reference_kind"] == "pseudo"
    for text in (
        fairaudit.render_html(taught),
        render_markdown(document),
        render_terminal(document),
        audit_junit(document),
        model_index(document, "m"),
        taught.models[0].to_dict()["scoring"]["reference_kind"] + TEACHER,
    ):
        assert TEACHER in text
        assert "WER of" not in text
        assert "word error rate of" not in text
    assert 'type: "wer"' not in model_index(document, "m")


@pytest.mark.parametrize(("unit", "rate"), [("mixed", "mer"), ("char", "cer")])
def test_a_rate_in_characters_is_a_disagreement_too(unit: str, rate: str) -> None:
    """Every reference has a word of two letters and three characters, and half of the hypotheses lack the last one."""
    rows = pd.DataFrame({"speaker_id": [f"s{i % 40}" for i in range(80)], "reference": "ok 用用用", "accent": "a"})
    rows = rows.assign(utterance_id=[f"u{i}" for i in range(80)])
    rows = rows.assign(hypothesis=[text if i % 2 else text[:-1] for i, text in enumerate(rows["reference"])])
    log = read_log(rows, reference_kind="pseudo", unit=unit)
    audit = fairaudit.audit(log, by="accent", methods="named", permutations=19)
    document = audit.to_dict()
    assert (document["rate"], document["rate_definition"]["label"]) == (rate, TEACHER)
    assert document["overall"]["rate"] == pytest.approx(0.5 / (4 if unit == "mixed" else 5))
    assert TEACHER in render_markdown(document)
    assert audit.rate.title not in ("mixed error rate", "character error rate")
    assert fairaudit.gate(audit, {"max-rate": 1}).verdict == "insufficient evidence"
    with pytest.raises(InputError, match="disagreement with a teacher is not comparable with errors"):
        fairaudit.compare(log, read_log(rows, unit=unit))


def test_a_gate_needs_people_unless_its_rules_allow_a_teacher(taught: fairaudit.Audit) -> None:
    rules = {"max-rate": "99%,point,pass", "max-gap": {"limit": "900%", "insufficient": "warn"}}
    refused = fairaudit.gate(taught, rules)
    assert refused.verdict == "insufficient evidence"
    assert {subject.undecided_because for check in refused.checks for subject in check.subjects} == {
        "references are those of a teacher model, which the rules do not allow (allow-pseudo)"
    }
    assert fairaudit.gate(taught, rules | {"allow_pseudo": False}).verdict == "insufficient evidence"
    allowed = fairaudit.gate(taught, {"max-rate": "1%,point", "allow-pseudo": True})
    assert allowed.verdict == "fail"
    for text in (gate_terminal(allowed.to_dict()), gate_markdown(allowed.to_dict()), gate_junit(allowed.to_dict())):
        assert f"rate ({TEACHER})" in text
    with pytest.raises(UsageError, match="allow-pseudo must be true or false, not 'yes'"):
        fairaudit.gate(taught, rules | {"allow-pseudo": "yes"})


def test_people_and_teachers_are_not_compared(rows: pd.DataFrame, taught: fairaudit.Audit) -> None:
    human, pseudo = read_log(rows), read_log(rows, reference_kind="pseudo")
    message = "disagreement with a teacher is not comparable with errors"
    with pytest.raises(InputError, match=message):
        fairaudit.compare(human, pseudo)
    with pytest.raises(InputError, match=message):
        fairaudit.compare(human, human, taught.models, allow_identical=True)
    with pytest.raises(InputError, match=message):
        fairaudit.assign(rows, taught.models[0])
    with pytest.raises(InputError, match=message):
        fairaudit.record(fairaudit.record([], "1", human), "2", pseudo)
    comparison = fairaudit.compare(pseudo, pseudo, taught.models, allow_identical=True, permutations=19)
    assert fairaudit.gate(comparison, {"max-regression": 0}).verdict == "insufficient evidence"
    board = fairaudit.board({"a": pseudo, "b": pseudo}, by="accent", allow_identical=True, permutations=19).to_dict()
    assert (board["rate_definition"]["label"], board["scoring"]["reference_kind"]) == (TEACHER, "pseudo")
    with pytest.raises(InputError, match=message):
        fairaudit.board({"a": human, "b": pseudo})
    history = fairaudit.record(taught.models, "1", pseudo)
    assert fairaudit.gate(history, {"max-rate": 1}).verdict == "insufficient evidence"


def test_files_of_counts_and_parts_keep_the_kind(rows: pd.DataFrame, tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    halves = [rows.iloc[::2].assign(reference_kind="pseudo"), rows.iloc[1::2].assign(reference_kind="pseudo")]
    for half, path in zip(halves, paths, strict=True):
        half.to_csv(path, index=False)

    def gather(plan: Any) -> dict[int, Any]:
        tables = [plan.partial(part) for part in plan.parts]
        return {i: plan.merge(i, [table[i] for table in tables]) for i in range(plan.buckets)}

    tallied = read_log(fairaudit.tally(paths, tmp_path / "t.parquet"))
    for log in (read_parts(paths, {}, gather), tallied, read_log(fairaudit.score(paths, tmp_path / "s.parquet"))):
        assert log.scoring == read_log(paths).scoring
        assert log.quality.caveats == read_log(paths).quality.caveats
    with pytest.raises(UsageError, match="was scored with reference_kind='pseudo'"):
        read_log(tmp_path / "t.parquet", reference_kind="human")
    halves[1].assign(reference_kind="human").to_csv(paths[1], index=False)
    with pytest.raises(InputError, match=r"b.csv has human references, but a.csv has pseudo-references"):
        read_parts(paths, {}, gather)
    fairaudit.tally(paths[1], tmp_path / "h.parquet")
    with pytest.raises(InputError, match="never mixed in one figure"):
        read_log([tmp_path / "t.parquet", tmp_path / "h.parquet"])
