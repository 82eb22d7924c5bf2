"""Rules on the newest release of a history."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import numpy as np
import pytest

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.report import gate_junit, gate_markdown, gate_terminal
from fairaudit.results.gate import GateResult, Subject
from fairaudit.results.schema import shipped_schema
from fairaudit.samples import make_sample

Json = dict[str, Any]
MODEL = {
    "method": "named",
    "title": "named: accent",
    "settings": {},
    "keys": ["accent"],
    "one_per_speaker": False,
    "rule": {"kind": "lookup", "columns": ["accent"], "labels": [["east"], ["west"]]},
    "bottom": None,
    "top": None,
}


def cohort(number: int, rate: float | None, *ends: float, **more: Any) -> Json:
    name = ("accent = east", "accent = west")[number]
    figures = {"id": number, "description": name, "rate": rate, "interval": list(ends) or None, "speakers": 40}
    return figures | {"tested": True, "suppressed": False} | more


def release(name: str, *cohorts: Json, rate: float = 0.2, **more: Any) -> Json:
    overall = {"rate": rate, "interval": [rate - 0.02, rate + 0.02], "speakers": 100, "errors": 1, "exposure": 9}
    return {
        "name": name,
        "inputs": [{"name": "log.csv", "sha256": name, "rows": 9}],
        "scoring": {"rate": "wer", "unit": "word", "normalizer": "basic-2"},
        "sampling_unit": "speaker_id",
        "overall": overall | {"utterances": 9},
        "reviews": [{"title": "named: accent", "cohorts": list(cohorts)}],
    } | more


def history(*releases: Json) -> Json:
    return {"kind": "history", "schema_version": 1, "rate": "wer", "models": [MODEL], "releases": list(releases)}


STEADY = history(
    release("1.0", cohort(0, 0.2, 0.17, 0.24), cohort(1, 0.1, 0.08, 0.13)),
    release("1.1", cohort(0, 0.2, 0.17, 0.24), cohort(1, 0.2, 0.17, 0.24)),
)


def gated(content: Json, **rules: str) -> GateResult:
    result = fairaudit.gate(content, rules)
    document = result.to_dict()
    jsonschema.Draft202012Validator(shipped_schema("gate")).validate(document)
    assert result.of == document["of"] == "history"
    for written in (gate_terminal(document), gate_markdown(document, content), gate_junit(document)):
        assert result.checks[0].rule.name in written
    return result


def subjects(result: GateResult) -> dict[str, Subject]:
    return {subject.name: subject for subject in result.checks[0].subjects}


def test_the_interval_of_a_change_is_composed_of_those_of_the_rates():
    west = subjects(gated(STEADY, **{"max-regression": "0"}))["accent = west (accent)"]
    assert west.interval == pytest.approx((0.1 - np.hypot(0.03, 0.03), 0.1 + np.hypot(0.04, 0.02)))
    assert west.estimate == pytest.approx(0.1)
    assert west.outcome == "fail"


def test_it_holds_the_change_of_two_independent_rates_in_19_of_20_cases():
    """Of rates whose intervals are exact."""
    rng = np.random.default_rng(0)
    change, held = 0.05, []
    for first, second in zip(rng.normal(0.2, 0.02, 2_000), rng.normal(0.2 + change, 0.03, 2_000), strict=True):
        ends = [(rate - 1.96 * error, rate + 1.96 * error) for rate, error in ((first, 0.02), (second, 0.03))]
        content = history(release("1", cohort(0, first, *ends[0])), release("2", cohort(0, second, *ends[1])))
        subject = subjects(fairaudit.gate(content, {"max-regression": "0"}))["accent = east (accent)"]
        assert subject.interval is not None
        held.append(subject.interval[0] <= change <= subject.interval[1])
    assert 0.94 <= np.mean(held) <= 0.96


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        ({"max-regression": "0"}, "fail"),
        ({"max-regression": "6%"}, "pass"),
        ({"max-regression": "6%,upper"}, "fail"),
        ({"non-inferiority": "3%"}, "pass"),
        ({"non-inferiority": "2%"}, "fail"),
        ({"max-rate": "18%"}, "pass"),
        ({"max-rate": "16%"}, "fail"),
        ({"min-tested": "80%"}, "pass"),
        ({"min-tested": "81%"}, "insufficient evidence"),
    ],
)
def test_rules(rules: dict[str, str], outcome: str):
    assert gated(STEADY, **rules).verdict == outcome


def test_a_withheld_rate_of_the_earlier_release_may_be_too_high():
    """It is rounded up by up to 0.01 if it has two digits, which must not hide a change."""
    content = copy.deepcopy(STEADY)
    content["releases"][0]["reviews"][0]["cohorts"][1]["speakers"] = None
    exact, rounded = (
        subjects(gated(one, **{"max-regression": "0"}))["accent = west (accent)"] for one in (STEADY, content)
    )
    assert rounded.estimate == pytest.approx(exact.estimate + 0.01)
    assert rounded.interval == pytest.approx([end + 0.01 for end in exact.interval])


def test_what_chance_explains_does_not_fail():
    content = history(
        release("1.0", cohort(0, 0.2, 0.17, 0.24), cohort(1, 0.200, 0.18, 0.22)),
        release("1.1", cohort(0, 0.2, 0.17, 0.24), cohort(1, 0.229, 0.209, 0.249)),
    )
    west = subjects(gated(content, **{"max-regression": "0"}))["accent = west (accent)"]
    assert west.value is not None
    assert west.value > 0
    assert west.p_adjusted is not None
    assert 0.05 < west.p_adjusted < 0.1  # two cohorts and all speakers
    assert west.outcome == "pass"


@pytest.mark.parametrize("rule", ["max-regression", "non-inferiority"])
def test_one_release_is_too_little(rule: str):
    one = history(STEADY["releases"][0])
    result = gated(one, **{rule: "0"})
    assert result.verdict == "insufficient evidence"
    assert subjects(result)["all speakers"].undecided_because == "the history has one release only, '1.0'"
    assert gated(one, **{"max-rate": "50%"}).verdict == "pass"


@pytest.mark.parametrize("rule", ["max-gap", "min-paired"])
def test_what_a_history_does_not_hold(rule: str):
    with pytest.raises(UsageError, match=rf"{rule} needs an? .*comparison\.json, but this is a history\.json"):
        fairaudit.gate(STEADY, {rule: "0"})


def test_no_release_and_no_rule():
    with pytest.raises(InputError, match="no release yet"):
        fairaudit.gate(history(), {"max-rate": "1"})
    with pytest.raises(UsageError, match="at least one rule"):
        fairaudit.gate(STEADY, {})


def test_the_same_log_twice_is_no_change():
    again = copy.deepcopy(STEADY)
    again["releases"][1]["inputs"] = again["releases"][0]["inputs"]
    with pytest.raises(InputError, match=r"release '1.0' and release '1.1' are of the same log"):
        fairaudit.gate(again, {"max-regression": "0"})
    assert gated(again, **{"max-rate": "50%"}).verdict == "pass"


def test_releases_that_were_scored_differently():
    other = copy.deepcopy(STEADY)
    other["releases"][1]["scoring"]["normalizer"] = "none-1"
    with pytest.raises(InputError, match=r"release '1.0' was scored with normalizer basic-2, but release '1.1' with"):
        fairaudit.gate(other, {"non-inferiority": "0"})


@pytest.mark.parametrize(
    ("cohorts", "reason"),
    [
        ([cohort(1, 0.2, 0.17, 0.24, tested=False)], "too few speakers or errors to be tested"),
        ([cohort(1, None, description=None, speakers=None, tested=False, suppressed=True)], "its numbers are withheld"),
        ([cohort(0, 0.2, 0.17, 0.24)], "nobody is in it in release '1.0'"),
    ],
)
def test_what_is_not_known_is_not_decided(cohorts: list[Json], reason: str):
    content = history(release("1.0", cohort(1, 0.1, 0.08, 0.13)), release("1.1", *cohorts))
    result = gated(content, **{"max-regression": "10%"})
    assert result.verdict == "insufficient evidence"
    assert [subject.undecided_because for subject in result.checks[0].subjects] == [reason]


def test_cohorts_that_a_release_does_not_have_are_named():
    lacks = copy.deepcopy(STEADY)
    lacks["releases"][1]["reviews"] = []
    for rule in ("max-rate", "max-regression"):
        result = gated(lacks, **{rule: "50%"})
        assert result.verdict == "insufficient evidence"
        assert "lacks what its cohorts are assigned by" in str(subjects(result)["accent"].undecided_because)
    assert gated(lacks, **{"min-tested": "1%"}).verdict == "insufficient evidence"
    incomplete = copy.deepcopy(STEADY)
    incomplete["releases"][1]["reviews"][0]["incomplete_because"] = "nobody is in accent = north"
    assert (
        subjects(gated(incomplete, **{"max-rate": "50%"}))["accent"].undecided_because == "nobody is in accent = north"
    )


def test_files_of_earlier_versions_name_cohorts_by_their_rule():
    old = copy.deepcopy(STEADY)
    for review in (review for one in old["releases"] for review in one["reviews"]):
        for one in review["cohorts"]:
            del one["description"]
    assert subjects(gated(old, **{"max-rate": "50%"})).keys() == {"accent = east (accent)", "accent = west (accent)"}


def test_a_release_that_harms_one_cohort_fails():
    rows = make_sample(speakers=400).log
    models = fairaudit.audit(rows, methods="named", by="device", permutations=19).models
    worse = rows.assign(
        hypothesis=rows["hypothesis"].where(rows["device"] != "phone", rows["hypothesis"] + " uh uh uh")
    )
    releases = fairaudit.record(fairaudit.record(models, "1.0", rows), "1.1", worse)
    result = fairaudit.gate(releases, {"max-regression": 0})
    failed = {subject.name for subject in result.checks[0].subjects if subject.outcome == "fail"}
    assert failed == {"device = phone (device)", "all speakers"}
    jsonschema.Draft202012Validator(shipped_schema("history")).validate(releases.to_dict())
