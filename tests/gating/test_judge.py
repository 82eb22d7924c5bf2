"""Which number each rule is held against, and what decides nothing."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import jsonschema
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import UsageError
from fairaudit.report import gate_terminal
from fairaudit.results.gate import GateResult
from fairaudit.results.schema import shipped_schema
from fairaudit.samples import make_sample

Json = dict[str, Any]


def cohort(label: str, **more: Any) -> Json:
    figures: Json = {
        "id": 0,
        "label": label,
        "description": label,
        "before": 0.2,
        "after": 0.21,
        "difference": 0.01,
        "interval": [-0.01, 0.03],
        "before_interval": [0.15, 0.25],
        "after_interval": [0.16, 0.26],
        "simultaneous_interval": [-0.02, 0.04],
        "after_simultaneous_interval": [0.15, 0.27],
        "p_adjusted": 0.3,
        "worse": False,
        "speakers": 40,
        "tested": True,
        "not_tested_because": None,
        "share_speakers": 0.5,
        "suppressed": False,
    }
    return figures | more


def comparison(
    *cohorts: Json, overall: Json | None = None, gap: Json | None = None, skipped: Sequence[str] = ()
) -> Json:
    review = {
        "method": "named",
        "title": "named: accent",
        "bottom": None,
        "gap": gap,
        "between": None,
        "cohorts": list(cohorts),
    }
    return {
        "kind": "comparison",
        "signature": "rate:wer",
        "rate": "wer",
        "reviews": [review],
        "skipped": [{"method": title, "needs": "embeddings"} for title in skipped],
        "overall": cohort("") | (overall or {}),
        "pairing": {"paired": 96, "only_before": 2, "only_after": 50, "other_reference": 1, "other_speaker": 1},
        "quality": {"before": {}, "after": {}},
    }


WORSE = {
    "difference": 0.04,
    "interval": [0.02, 0.06],
    "simultaneous_interval": [0.015, 0.065],
    "p_adjusted": 0.002,
    "worse": True,
}
UNTESTED = {"tested": False, "not_tested_because": "6 speakers, fewer than 20", "p_adjusted": None}


def verdict(content: Json, **rules: str) -> str:
    return held(content, **rules).verdict


def held(content: Json, **rules: str) -> GateResult:
    found = fairaudit.gate(content, rules)
    jsonschema.Draft202012Validator(shipped_schema("gate")).validate(found.to_dict())
    return found


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        ("0", "fail"),
        ("0.0149", "fail"),
        ("0.015", "pass"),  # not above
        ("0.039,point", "fail"),
        ("0.04,point", "pass"),
        ("0.06,upper", "pass"),
        ("0.0599999999999,upper", "fail"),
    ],
)
def test_a_regression_is_checked_against_the_end_that_the_rule_names(rule: str, outcome: str) -> None:
    content = comparison(cohort("north", **WORSE), cohort("south"))
    if "upper" in rule:
        content["reviews"][0]["cohorts"].pop()
    assert verdict(content, max_regression=rule) == outcome


def test_one_cohort_harmed_fails_though_everyone_gains() -> None:
    gains = {"difference": -0.02, "interval": [-0.03, -0.01], "p_adjusted": 1.0}
    (check,) = held(comparison(cohort("south"), cohort("north", **WORSE), overall=gains), max_regression="0").checks
    assert check.outcome == "fail"
    assert check.subjects[0].name == "north (accent)"


def test_a_lower_end_above_the_limit_that_may_be_chance_does_not_fail() -> None:
    likely = {"difference": 0.02, "interval": [0.001, 0.04], "p_adjusted": 0.2}
    assert verdict(comparison(cohort("north", **likely)), max_regression="0") == "pass"


def test_small_cohorts_decide_nothing() -> None:
    small = cohort("glarus", **(WORSE | UNTESTED | {"worse": False}))
    assert verdict(comparison(small), max_regression="0") == "insufficient evidence"
    assert verdict(comparison(small), max_regression="0.015,point,warn") == "pass"
    assert verdict(comparison(small), max_rate="0.1,point,pass") == "pass"
    assert verdict(comparison(small, cohort("zug")), max_regression="0,point") == "fail"  # for Zug
    assert verdict(comparison(small, cohort("zug")), max_regression="0.02,point") == "pass"


def test_everyones_gain_is_no_evidence_about_cohorts() -> None:
    (check,) = held(comparison(cohort("glarus", **UNTESTED)), max_regression="0").checks
    assert [subject.name for subject in check.subjects] == ["glarus (accent)"]
    assert verdict(comparison(cohort("glarus", **UNTESTED), overall=WORSE), max_regression="0") == "fail"
    assert verdict(comparison(), max_regression="0") == "pass"


def test_withheld_cohorts_are_undecided() -> None:
    hidden = dict.fromkeys(cohort("x")) | {"label": "x", "description": "x", "worse": False, "tested": False}
    (check,) = held(comparison(hidden, cohort("y")), max_rate="0.9").checks
    assert [(s.outcome, s.undecided_because) for s in check.subjects][1] == (
        "insufficient evidence",
        "fewer than 11 speakers",
    )


def test_non_inferiority_has_to_be_shown() -> None:
    content = comparison(overall={"interval": [-0.01, 0.012]})
    assert verdict(content, non_inferiority="0.012") == "pass"
    assert verdict(content, non_inferiority="0.0119") == "fail"
    assert verdict(comparison(overall=UNTESTED), non_inferiority="1") == "insufficient evidence"


def test_a_gap_is_the_candidates() -> None:
    gap = {
        "before": 0.1,
        "after": 0.3,
        "before_interval": [0.0, 0.2],
        "after_interval": [0.21, 0.4],
        "speakers": 40,
        "tested": True,
        "not_tested_because": None,
    }
    assert verdict(comparison(gap=gap), max_gap="20%") == "fail"
    assert verdict(comparison(gap=gap), max_gap="21%") == "pass"
    assert verdict(comparison(gap=gap | UNTESTED), max_gap="20%") == "insufficient evidence"
    assert verdict(comparison(), max_gap="20%") == "insufficient evidence"


def test_minimal_evidence() -> None:
    content = comparison(cohort("a", share_speakers=0.7), cohort("b", share_speakers=0.3, **UNTESTED))
    assert verdict(content, min_tested="0.7") == "pass"
    assert verdict(content, min_tested="0.71") == "insufficient evidence"
    assert verdict(content, min_tested="0.71,warn") == "pass"
    tenths = comparison(*(cohort(str(n), share_speakers=0.1) for n in range(9)))
    assert verdict(tenths, min_tested="90%") == "pass"


def test_a_candidate_that_lacks_utterances_is_no_evidence() -> None:
    assert verdict(comparison(), min_paired="96%") == "pass"
    (check,) = held(comparison(), min_paired="97%").checks
    assert (check.outcome, check.subjects[0].value) == ("insufficient evidence", 0.96)
    assert "all speakers: 96.0 % of the baseline's utterances are compared, < 97.0 %" in " ".join(
        gate_terminal(held(comparison(), min_paired="97%").to_dict()).split()
    )
    assert verdict(comparison(cohort("a", **WORSE)), min_paired="97%", max_regression="0") == "fail"


def test_frozen_cohorts_that_could_not_be_assigned_are_shown_and_are_no_evidence() -> None:
    content = comparison(cohort("a", share_speakers=1.0), skipped=["voices"])
    for rule in ("max_regression", "max_rate"):
        (check,) = held(content, **{rule: "0.9"}).checks
        assert check.outcome == "insufficient evidence"
        assert [(s.name, s.undecided_because) for s in check.subjects if s.outcome != "pass"] == [
            ("voices", "embeddings")
        ]
    (check,) = held(content, min_tested="0.1").checks
    assert check.outcome == "insufficient evidence"
    assert [subject.name for subject in check.subjects] == ["accent", "voices"]


def test_a_failure_outweighs_too_little_evidence() -> None:
    content = comparison(cohort("a", **WORSE))
    assert verdict(content, max_regression="0", max_gap="0.2") == "fail"
    assert verdict(content, max_regression="0.5", max_gap="0.2") == "insufficient evidence"


def test_audits(sample_audit: Any) -> None:
    content = sample_audit.to_dict()
    for rule in ("max-gap", "max-rate"):
        (check,) = fairaudit.gate(content, {rule: 0.01}).checks
        highest = max(subject.value for subject in check.subjects if subject.value is not None)
        assert fairaudit.gate(content, {rule: highest}).verdict == "pass"
        assert fairaudit.gate(content, {rule: highest - 1e-12}).verdict == "fail"
    chance = copy.deepcopy(content)
    for discovery in chance["discoveries"]:
        discovery["verdict"] = "no evidence"
    assert fairaudit.gate(chance, {"max-gap": 0.01}).verdict == "pass"
    with pytest.raises(UsageError, match=r"max-regression needs a comparison\.json"):
        fairaudit.gate(content, {"max-regression": 0})


def test_a_gate_without_rules_is_no_gate() -> None:
    with pytest.raises(UsageError, match="at least one rule"):
        fairaudit.gate(comparison(), {})


def test_frozen_cohorts_that_do_not_cover_the_log_are_no_evidence() -> None:
    content = comparison(cohort("a", share_speakers=1.0))
    content["reviews"][0]["incomplete_because"] = "nobody is in accent = b"
    for rule in ("max_regression", "max_rate", "max_gap"):
        assert verdict(content, **{rule: "0.9"}) == "insufficient evidence"
        assert verdict(content, **{rule: "0.9,lower,warn"}) == "pass"
    assert verdict(comparison(cohort("a", **WORSE)) | {"skipped": content["skipped"]}, max_regression="0") == "fail"
    content["reviews"][0]["cohorts"] += [cohort("a", **WORSE)]
    assert verdict(content, max_regression="0") == "fail"


def test_speakers_without_a_cohort_count_in_comparisons_of_earlier_versions() -> None:
    content = comparison(cohort("a", share_speakers=1.0), overall={"speakers": 80})
    content["reviews"][0]["unassigned"] = {"speakers": 40, "utterances": 90}
    (check,) = held(content, min_tested="0.5").checks
    assert check.subjects[0].value == 0.5
    assert verdict(content, min_tested="0.51") == "insufficient evidence"
    assert verdict(content, max_regression="0.9") == "insufficient evidence"


def test_speakers_without_a_cohort_count_in_audits() -> None:
    rows = make_sample(speakers=200).log
    known = rows["speaker_id"].rank(method="dense") <= 100
    audit = fairaudit.audit(
        rows.assign(device=rows["device"].where(known)), by="device", methods="named", permutations=19
    )
    (check,) = fairaudit.gate(audit, {"min-tested": 0.9}).checks
    assert check.subjects[0].value == pytest.approx(audit["device"].join_rate)
    assert check.outcome == "insufficient evidence"


def on_two_devices(speakers: int, both: int) -> pd.DataFrame:
    """Speakers of whom the first use two devices, and the others one that nobody names."""
    rows = [
        {"speaker_id": f"s{n:03}", "device": device, "errors": 1 + n % 3, "words": 40}
        for n in range(speakers)
        for device in (("phone", "tablet") if n < both else (None, None))
    ]
    return pd.DataFrame(rows)


def test_a_speaker_in_several_cohorts_counts_once() -> None:
    rows = on_two_devices(200, 80)
    audit = fairaudit.audit(rows, by="device", methods="named", permutations=19)
    history = fairaudit.record(audit.models, "1.0", rows)
    for result in (audit, audit.to_dict(unredacted=True), history, history.to_dict()):
        assert fairaudit.gate(result, {"min-tested": 0.3}).verdict == "pass"
        assert fairaudit.gate(result, {"min-tested": 0.41}).verdict == "insufficient evidence"


def test_withheld_values_change_the_share_of_tested_speakers_by_no_more_than_11_speakers() -> None:
    """Of three cohorts, one is small, so that the counts of another are withheld."""
    accents = ["east"] * 120 + ["north"] * 60 + ["tiny"] * 5 + [None] * 15
    rows = pd.DataFrame(
        {"speaker_id": f"s{n:03}", "accent": accent, "errors": 1 + n % 3, "words": 40}
        for n, accent in enumerate(accents)
    )
    audit = fairaudit.audit(rows, by="accent", methods="named", permutations=19)
    (search,) = audit.to_dict()["discoveries"]
    assert None in [cohort["share_speakers"] for cohort in search["cohorts"] if cohort["tested"]] + [
        search["unassigned"]["share_speakers"]
    ]
    (exact,) = (one["share_tested"] for one in audit.to_dict(unredacted=True)["discoveries"])
    assert exact == 180 / 200
    assert exact - 11 / 200 <= search["share_tested"] < exact
    history = fairaudit.record(audit.models, "1.0", rows).to_dict()
    assert exact - 11 / 200 <= history["releases"][0]["reviews"][0]["share_tested"] <= exact


def test_an_audit_of_an_earlier_version_that_withholds_who_is_in_no_cohort_is_undecided(sample_audit: Any) -> None:
    content = sample_audit.to_dict()
    search = next(one for one in content["discoveries"] if one["unassigned"]["share_speakers"] is not None)
    del search["share_tested"]
    content["discoveries"] = [search]
    assert fairaudit.gate(content, {"min-tested": 0.01}).verdict == "pass"
    search["unassigned"]["share_speakers"] = None
    (check,) = fairaudit.gate(content, {"min-tested": 0.01}).checks
    assert check.outcome == "insufficient evidence"
    assert "withheld" in str(check.subjects[-1].undecided_because)


def test_an_unknown_number_of_speakers_in_no_cohort_is_no_evidence() -> None:
    """A file of an earlier version does not say whether they are few or many."""
    content = comparison(cohort("y"))
    review = content["reviews"][0]
    review.pop("incomplete_because", None)
    review["unassigned"] = {**review.get("unassigned", {}), "speakers": None}
    assert verdict(content, max_regression="0.9") == "insufficient evidence"
