"""Judge the searches of an audit together: family-wise p-values, and the verdict of each search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import ErrorCounts
from fairaudit.core.verdicts import MeasuredOn, Verdict
from fairaudit.evidence.confirm import Design, Evidence, confirm
from fairaudit.evidence.plan import Plan, Search
from fairaudit.stats.exact import exact_sum
from fairaudit.stats.permutation import lowest_tie, step_down
from fairaudit.units.build import UnitTable

__all__ = ["JudgedSearch", "decide", "family_wise", "judge"]

#: If a search cannot detect a gap of +100 %, the absence of a finding is no evidence.
_BLIND: Final = 1.0
#: Scores with a smaller spread are considered equal.
_SPREAD: Final = 0.01


def family_wise(searches: Sequence[Evidence]) -> list[float | None]:
    """Compute p-values of several searches over one log, each accounting for all others.

    The maxima of every search are converted to ranks among its own shuffles. The smallest p-value of all searches
    is compared with the smallest p-value of each shuffle (Westfall and Young 1993, step-down minimum p). With m
    searches, up to m shuffles share the smallest possible p-value. They are ordered by how extreme their scores are;
    otherwise no p-value could be below m / (B + 1).

    Parameters
    ----------
    searches
        Evidence of the searches, with the same number of shuffles, drawn with the same seed.

    Returns
    -------
    list of float or None
        p-values; ``None`` for searches that could not run.
    """
    tests = [(i, evidence.test) for i, evidence in enumerate(searches) if evidence.test is not None]
    adjusted: list[float | None] = [None] * len(searches)
    if not tests:
        return adjusted
    ranks = []
    for _, test in tests:
        both = np.append(test.null, test.observed)
        ranks.append(np.searchsorted(np.sort(both), lowest_tie(both), side="left") + _standing_out(both))
    stacked = np.array(ranks)
    for (i, _), p in zip(tests, step_down(stacked[:, -1], stacked[:, :-1]), strict=True):
        adjusted[i] = float(p)
    return adjusted


def _standing_out(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map scores to values between 0 and 1/2 that increase with the score, whatever its scale; same shape."""
    known = scores[np.isfinite(scores)]
    mean = exact_sum(known) / len(known)
    spread = math.sqrt(exact_sum((known - mean) ** 2) / len(known))
    standard = (scores - mean) / max(spread, _SPREAD)
    return np.where(np.isfinite(scores), 0.25 * (1 + standard / (1 + np.abs(standard))), 0.0)


@dataclass(frozen=True)
class JudgedSearch:
    """A search with its units and its evidence."""

    search: Search
    units: UnitTable
    evidence: Evidence

    @cached_property
    def cells(self) -> ErrorCounts | None:
        """The assigned cells, whose group is the cohort or -1; ``None`` if there are no cohorts."""
        if self.evidence.rule is None:
            return None
        assigned = self.units.assigned()
        return assigned.counts.regroup(self.evidence.rule.assign(assigned.features))


def judge(searches: Sequence[Search], unit_tables: Sequence[UnitTable], design: Design) -> list[JudgedSearch]:
    """Run the searches of an audit and judge them together.

    Parameters
    ----------
    searches
        The searches.
    unit_tables
        Units of each search.
    design
        Sampling units, held-out mask and plan.
    """
    n_searches = len(searches)
    gathered = [
        confirm(units, search.discoverer, design, searches=n_searches)
        for search, units in zip(searches, unit_tables, strict=True)
    ]
    judged = []
    for search, units, evidence, p_value in zip(searches, unit_tables, gathered, family_wise(gathered), strict=True):
        verdict, reason = decide(evidence, p_value, design.plan)
        test = None if evidence.test is None else replace(evidence.test, p_value=p_value)
        judged.append(JudgedSearch(search, units, replace(evidence, verdict=verdict, reason=reason, test=test)))
    return judged


def decide(evidence: Evidence, p_value: float | None, plan: Plan) -> tuple[Verdict, str]:
    """Verdict and its reason: a disparity needs a search that finds more than chance and a cohort that can be tested.

    Parameters
    ----------
    evidence
        Evidence returned by :func:`confirm`.
    p_value
        Family-wise p-value of the search.
    plan
        Plan with the significance level.
    """
    if evidence.partition is None:
        return evidence.verdict, evidence.reason
    if p_value is None or evidence.bottom is None:
        return Verdict.INSUFFICIENT, "No group has enough speakers to be compared with the rest."
    if p_value > plan.alpha:
        detectable = evidence.detectable.gap if evidence.detectable else None
        if detectable is None or detectable > _BLIND:
            return (
                Verdict.INSUFFICIENT,
                "In a log of this size, even twice as many errors in one group could go unnoticed.",
            )
        return (
            Verdict.NO_EVIDENCE,
            "What the search found could be chance: searches of shuffled speakers find gaps as strong.",
        )
    beyond = "The search found more than chance would"
    side = evidence.gaps.held_out
    if side is None:
        return (
            Verdict.INSUFFICIENT,
            f"{beyond}, but the group cannot be compared with the rest among speakers kept aside.",
        )
    if not side.gap.relative > 0:
        return Verdict.INSUFFICIENT, f"{beyond}, but the group is not worse among speakers kept aside."
    own = next((c.p_adjusted for c in evidence.cohorts if (c.id,) == evidence.bottom.cohorts), None)
    if evidence.measured_on == MeasuredOn.ALL and own is not None and own <= plan.alpha:
        return (
            Verdict.DISPARITY,
            "When speakers are shuffled, even the worst of all groups rarely has a gap this strong.",
        )
    if side.not_tested_because:
        return Verdict.INSUFFICIENT, f"{beyond}, but its gap cannot be tested: {side.not_tested_because}."
    if side.gap.interval is None or side.gap.interval[0] <= 0:
        return Verdict.DISPARITY, (
            f"{beyond}, but which group is worst off is unclear: among speakers kept aside, the interval of the "
            "group's gap includes “no gap”."
        )
    return Verdict.DISPARITY, f"{beyond}, and the group is also worse among speakers kept aside."
