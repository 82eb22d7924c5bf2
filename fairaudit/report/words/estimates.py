"""Other estimates of the gap that decides, each with what it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fairaudit.report.words.sentences import adjusted_for, headline
from fairaudit.report.words.units import SHARE, Unit
from fairaudit.report.words.wording import count, gap, gap_span, p_equation, plain
from fairaudit.results.gaps import deciding_gap

if TYPE_CHECKING:
    from fairaudit.results.documents import AuditDoc, SearchDoc

__all__ = ["adjusted_gap", "cross_fitted", "second_opinion", "weighted"]

#: A p-value by formula is not limited by a number of shuffles.
_UNLIMITED: Final = 10**9
#: Regressions that a sentence names.
_NAMED: Final = 3


def weighted(discovery: SearchDoc) -> str:
    """Give the gap with talkative speakers weighted down, and what it is for; nothing if it is not in the audit."""
    side = deciding_gap(discovery)
    estimate = None if side is None else side.get("gap_weighted")
    if estimate is None:
        return ""
    return (
        f"With talkative speakers weighted down, to see whether a few of them make the gap: {gap(estimate)}. The test "
        "and the interval are of this gap."
    )


def cross_fitted(discovery: SearchDoc, unit: Unit = SHARE) -> str:
    """Give the cross-fitted gap, where one was asked for, and what it is for."""
    side = discovery.get("cross_fitted")
    if side is None:
        return ""
    return (
        f"Cross-fitted on all speakers, to see whether the gap depends on the split: {gap(side['gap_relative'])}, "
        f"{unit.value(side['bottom_rate'])} against {unit.value(side['reference_rate'])}, without an interval."
    )


def adjusted_gap(audit: AuditDoc) -> str:
    """Say what is left of the headline's gap on equally hard material; nothing if the audit is not adjusted."""
    adjusted, lead = audit.get("adjusted"), headline(audit["discoveries"])
    if not adjusted or lead is None or lead["bottom"] is None:
        return ""
    same = next((s["same_cohort"] for s in adjusted["searches"] if s["title"] == lead["title"]), None)
    if same is None:
        return ""
    return (
        f"{adjusted_for(adjusted)}, the gap of “{plain(lead['bottom']['description'])}” is "
        f"{gap(same['gap_relative'])}, 95 % interval {gap_span(same['gap_interval'])}."
    )


def second_opinion(discovery: SearchDoc) -> str:
    """Say what regression finds for groups defined beforehand; nothing where nobody asked for it."""
    tests = discovery.get("nb2")
    if tests is None:
        return ""
    names = {cohort["id"]: plain(cohort["description"] or cohort["label"]) for cohort in discovery["cohorts"]}
    known = [test for test in tests if test["cohort_id"] in names and None not in test.values()]
    if not known:
        return "Second opinion by negative-binomial regression: not available, because no group has enough speakers."
    known.sort(key=lambda test: (test["p_adjusted"], test["cohort_id"]))
    results = "; ".join(
        f"“{names[test['cohort_id']]}” {gap(ratio - 1)} against its rest, "
        f"{gap_span([end - 1 for end in interval])}, adjusted {p_equation(test['p_adjusted'], _UNLIMITED)}"
        for test in known[:_NAMED]
        if (ratio := test["ratio"]) is not None and (interval := test["interval"]) is not None
    )
    more = f"; {count(len(known) - _NAMED)} more in audit.json" if len(known) > _NAMED else ""
    return (
        "Second opinion by negative-binomial regression, for groups defined beforehand. It never decides the verdict: "
        f"{results}{more}."
    )
