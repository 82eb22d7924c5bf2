"""A rule that any of many numbers can fail is checked with intervals that hold for all of them at once."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import fairaudit
from fairaudit.cohorts import CohortModel
from fairaudit.cohorts.rules import Lookup
from fairaudit.core.verdicts import End
from fairaudit.gating.numbers import GAP_FROM, RATE_FROM, Number, compared, freedom_of
from fairaudit.report import gate_junit, gate_markdown, gate_terminal
from fairaudit.results.gate import Subject
from fairaudit.results.gate_rules import GateRule

COHORTS = [f"c{n:02}" for n in range(60)]
MODEL = CohortModel(
    "named", "named: group", {}, ("group",), False, Lookup(("group",), tuple((c,) for c in COHORTS)), None, None
)
LOWER = GateRule("max-regression", 0.01, End.LOWER)
UPPER = GateRule("max-regression", 0.01, End.UPPER)


def harmed(seed: int, change: float) -> dict[str, Any]:
    """A comparison of 60 cohorts of 30 speakers, who all make more errors by the same number of points."""
    rng = np.random.default_rng(seed)
    words, rate = rng.integers(50, 601, 1800), 0.1 * rng.lognormal(-0.18, 0.6, 1800)
    names = [f"s{n}" for n in range(1800)]
    group = np.resize(COHORTS, 1800)
    logs = [
        pd.DataFrame(
            {
                "utterance_id": names,
                "speaker_id": names,
                "group": group,
                "errors": rng.binomial(words, np.minimum(rate + more, 0.9)),
                "words": words,
            }
        )
        for more in (0, change)
    ]
    return dict(fairaudit.compare(*map(fairaudit.read_log, logs), [MODEL], permutations=99, seed=seed).to_dict())


@pytest.fixture(scope="module")
def at_the_limit() -> list[dict[str, Any]]:
    return [harmed(seed, 0.01) for seed in range(12)]


def failures(contents: list[dict[str, Any]], **rules: float) -> int:
    return sum(fairaudit.gate(content, rules).verdict == "fail" for content in contents)


def earlier(content: dict[str, Any]) -> dict[str, Any]:
    """The document as earlier versions wrote it."""
    content = copy.deepcopy(content)
    for row in (content["overall"], *content["reviews"][0]["cohorts"]):
        del row["simultaneous_interval"], row["after_simultaneous_interval"]
    return content


def test_a_change_at_the_limit_rarely_fails_however_many_cohorts_there_are(at_the_limit):
    """Each of 60 cohorts changes by exactly the limit; one of their own lower ends is often above it."""
    lows = [[cohort["interval"][0] for cohort in content["reviews"][0]["cohorts"]] for content in at_the_limit]
    assert sum(max(low) > 0.01 for low in lows) >= 4
    assert failures(at_the_limit, max_regression=0.01) <= 1
    assert failures([earlier(content) for content in at_the_limit], max_regression=0.01) <= 1
    assert failures(at_the_limit, max_regression=0) == len(at_the_limit)  # and all are worse


def test_a_change_of_twice_the_limit_fails():
    assert failures([harmed(seed, 0.02) for seed in range(4)], max_regression=0.01) == 4


def test_every_output_says_for_how_many_the_interval_holds(at_the_limit):
    content = at_the_limit[0]
    result = fairaudit.gate(content, {"max-regression": 0.01})
    document = result.to_dict()
    assert {subject["simultaneous_over"] for subject in document["checks"][0]["subjects"]} == {61}
    for written in (gate_terminal(document), gate_markdown(document, content), gate_junit(document)):
        assert "for all 61 at once" in " ".join(written.replace("\\", "").split())
    (alone,) = fairaudit.gate(content, {"max-regression": "1%,upper"}).checks
    assert {subject.simultaneous_over for subject in alone.subjects} == {None}


def test_a_larger_limit_fails_no_more(at_the_limit):
    for content in at_the_limit[:3]:
        failed = [
            fairaudit.gate(content, {"max-regression": one}).verdict == "fail" for one in np.arange(0, 0.02, 0.002)
        ]
        assert failed == sorted(failed, reverse=True)


def subjects(rule: GateRule, *numbers: Number) -> list[Subject]:
    return list(compared(numbers, rule))


def test_documents_without_simultaneous_intervals_have_theirs_widened():
    """A difference on its own scale and a rate on the log scale, by Student's t at a twelfth of the level."""
    changes = [Number(f"{n}", 0.03, (0.01, 0.05), p=0.01) for n in range(12)]
    wider = stats.t.ppf(1 - 0.025 / 12, 9) / stats.t.ppf(0.975, 9)
    ends = subjects(LOWER, *changes)[0].interval
    assert ends == pytest.approx((0.03 - 0.02 * wider, 0.03 + 0.02 * wider), abs=0.0002)
    rates = [Number(f"{n}", 0.2, (0.1, 0.4), origin=RATE_FROM, freedom=freedom_of(101)) for n in range(12)]
    wider = stats.t.ppf(1 - 0.025 / 12, 100) / stats.t.ppf(0.975, 100)
    assert subjects(LOWER, *rates)[0].interval == pytest.approx((0.2 * 0.5**wider, 0.2 * 2**wider), rel=0.01)
    gaps = [Number(f"{n}", 1.0, (0.0, 3.0), origin=GAP_FROM, freedom=100) for n in range(12)]
    ends = pytest.approx((2 * 0.5**wider - 1, 2 * 2**wider - 1), rel=0.01)
    assert subjects(LOWER, *gaps)[0].interval == ends
    weighted = [replace(one, estimate=0.7, centre=1.0) for one in gaps]
    assert subjects(LOWER, *weighted)[0].interval == ends


@pytest.mark.parametrize("rate", [0.3001, 0.31, 0.0304])
def test_rates_that_were_rounded_up_are_widened_no_further_than_exact_ones(rate: float):
    low = 0.7 * rate
    exact, rounded = (
        subjects(LOWER, number, number)[0].value
        for number in (
            Number("exact", rate, (low, 2 * rate), origin=RATE_FROM),
            Number("withheld", rate + 0.001, (low + 0.0005, 2 * rate), origin=RATE_FROM, surplus=0.001),
        )
    )
    assert exact is not None
    assert rounded is not None
    assert rounded >= exact


def test_upper_ends_and_single_numbers_and_limits_of_zero_with_a_p_are_each_numbers_own():
    """A pass asks that no number exceeds the limit, which each number's own upper end rules out."""
    number = Number("a", 0.03, (0.01, 0.05), p=0.01, simultaneous=(0.0, 0.06))
    other = Number("b", 0.03, (0.01, 0.05), "6 speakers, fewer than 20")
    for rule, numbers in (
        (UPPER, [number, number]),
        (LOWER, [number, other]),
        (GateRule("max-regression", 0.0, End.LOWER), [number, number]),
    ):
        assert subjects(rule, *numbers)[0].interval == (0.01, 0.05)
        assert subjects(rule, *numbers)[0].simultaneous_over is None
    assert subjects(LOWER, number, number)[0].interval == (0.0, 0.06)


def test_a_rate_of_zero_and_a_number_without_an_interval():
    none = Number("none", 0.0, (0.0, 0.01), origin=RATE_FROM)
    undefined = Number("undefined", 0.2, None, origin=RATE_FROM)
    first, second, _ = subjects(LOWER, none, undefined, none)
    assert (first.interval, first.outcome, first.simultaneous_over) == ((0.0, 0.01), "pass", 2)
    assert (second.outcome, second.undecided_because) == ("insufficient evidence", "its interval is not defined")


def test_releases_of_a_history_pay_for_all_cohorts():
    """The interval of a change is wider for a limit above 0, and p-values decide at 0."""
    names = [f"s{n}" for n in range(400)]
    rows = pd.DataFrame(
        {"utterance_id": names, "speaker_id": names, "group": np.resize(COHORTS[:4], 400), "words": 100}
    )
    rng = np.random.default_rng(0)
    releases: Any = [replace(MODEL, rule=Lookup(("group",), tuple((c,) for c in COHORTS[:4])))]
    for name, rate in (("1", 0.1), ("2", 0.12)):
        releases = fairaudit.record(releases, name, rows.assign(errors=rng.binomial(100, rate, 400)))
    (zero,) = fairaudit.gate(releases, {"max-regression": 0}).checks
    (one,) = fairaudit.gate(releases, {"max-regression": 0.001}).checks
    own, together = ({s.name: s.interval for s in check.subjects} for check in (zero, one))
    assert own.keys() == together.keys()
    assert {s.simultaneous_over for s in one.subjects} == {5}
    assert all(together[name][0] < own[name][0] for name in own)
