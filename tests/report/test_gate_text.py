"""What a gate prints: digits that agree with its verdict, in XML and Markdown that nobody's labels can break."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.report import audit_junit, gate_junit, gate_markdown, gate_terminal
from fairaudit.report.words.units import SHARE
from fairaudit.results.gate import GateResult, RuleResult, Subject
from fairaudit.results.gate_rules import GateRule

HOSTILE = "<b>&\"'|`x` \x00\x1b[31m\u202e\ud800 ]]>"


def result(
    name: str = "north", value: float | None = 0.021, rule: str = "0.02", kind: str = "max-regression"
) -> dict[str, Any]:
    parsed = GateRule.parse(kind, rule)
    outcome = "insufficient evidence" if value is None else "fail" if value > parsed.limit else "pass"
    interval = None if value is None else (value, value + 0.1)
    subject = Subject(name, value, interval, value, 0.001, outcome, None if value is not None else "5 speakers")
    return GateResult("comparison", "rate:wer", (RuleResult(parsed, (subject,)),)).to_dict()


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_digits_agree_with_the_verdict(value: float, limit: float) -> None:
    digits = SHARE.deciding_digits(value, limit)
    shown, bound = (float(f"{100 * number:.{digits}f}") for number in (value, limit))
    if abs(value - limit) > 1e-13:
        assert (shown > bound) == (value > limit)


@pytest.mark.parametrize(
    ("value", "rule", "told"),
    [
        (0.021, "0.02", "+2.1 points > 2.0 points"),
        (0.0200001, "0.02", "+2.00001 points > 2.00000 points"),
        (0.02, "0.02", "+2.0 points ≤ 2.0 points"),
        (0.01, "0.0125", "+1.00 points ≤ 1.25 points"),
    ],
)
def test_a_number_is_printed_so_that_it_agrees_with_the_verdict(value: float, rule: str, told: str) -> None:
    shown = gate_terminal(result(value=value, rule=rule), width=200)
    assert told.split(" > ")[0].split(" ≤ ")[0] in shown
    assert (" > " in shown) == (" > " in told)
    assert shown.startswith("✘ Gate failed" if " > " in told else "✔ Gate passed")


def test_nobody_elses_text_breaks_the_formats() -> None:
    told = result(name=HOSTILE)
    root = ET.fromstring(gate_junit(told).encode())
    assert "north" not in ET.tostring(root, encoding="unicode")
    (failure,) = root.iter("failure")
    assert failure.get("message", "").startswith("<b>&\"'|`x`")
    assert r"\<b\>\&" in gate_markdown(told)
    assert "\x1b" not in gate_terminal(told)


def test_junit_counts_what_it_holds() -> None:
    for told, element, attribute in (
        (result(), "failure", "failures"),
        (result(value=None), "error", "errors"),
        (result(value=None, rule="0.02,warn"), "skipped", "skipped"),
    ):
        root = ET.fromstring(gate_junit(told).encode())
        assert (root.get("tests"), root.get(attribute)) == ("1", "1")
        assert len(list(root.iter(element))) == 1
    passed = ET.fromstring(gate_junit(result(value=0.0)).encode())
    assert [case.find("failure") for case in passed.iter("testcase")] == [None]


def test_a_summary_stays_below_what_github_takes() -> None:
    subject = Subject("long name " * 30, 0.5, (0.4, 0.6), 0.4, 0.001, "fail")
    checks = tuple(RuleResult(GateRule("max-rate", 0.01 * n, "lower"), (subject,) * 40) for n in range(20))
    text = gate_markdown(GateResult("audit", "rate:wer", checks).to_dict())
    assert len(text.encode()) <= 60_000
    assert text.endswith("*Cut here: the whole is in the JSON file.*\n")


def test_too_little_evidence_is_an_outcome_of_its_own() -> None:
    shown = gate_terminal(result(value=None))
    assert shown.startswith("? Gate not passed: insufficient evidence")
    assert "? insufficient evidence, which fails the gate: max-regression 2.0 points, lower end" in shown
    assert "north: not decided, 5 speakers" in shown


def test_thousands_of_hostile_cohorts_fit_a_step_summary(hostile_strings: list[str]) -> None:
    rule, many = GateRule.parse("max-regression", "0"), 5000
    names = [hostile_strings[n % len(hostile_strings)] * (1 if n % 7 else 300) for n in range(many)]
    subjects = tuple(Subject(name, 0.02, (0.01, 0.03), 0.01, 0.01, "fail") for name in names)
    told = GateResult("comparison", "rate:wer", (RuleResult(rule, subjects),)).to_dict()
    text = gate_markdown(told)
    assert len(text.encode()) <= 60_000
    assert "4,980 more above the limit" in text
    assert {line.replace(r"\|", "").count("|") for line in text.splitlines() if line.startswith("|")} == {4}
    (case,) = ET.fromstring(gate_junit(told).encode()).iter("testcase")
    assert len(case[0].text.splitlines()) == 21
    assert max(map(len, gate_terminal(told).splitlines())) <= 102


@pytest.mark.slow
def test_an_audit_as_tests(sample_audit: Any, hostile_audit: Any) -> None:
    for audit in (sample_audit, hostile_audit):
        content = audit.to_dict()
        suite = ET.fromstring(audit_junit(content).encode())
        told = {"disparity": "failure", "no evidence": "system-out", "insufficient evidence": "skipped"}
        assert [case[0].tag for case in suite][1:] == [told[d["verdict"]] for d in content["discoveries"]]
        assert suite.get("tests") == str(len(content["discoveries"]))
        assert suite.get("failures") == str(len(list(suite.iter("failure"))))
        assert suite.get("skipped") == str(len(list(suite.iter("skipped"))))
    assert re.search(r"gap [\d.]+ times \([+−]", audit_junit(sample_audit.to_dict()))
