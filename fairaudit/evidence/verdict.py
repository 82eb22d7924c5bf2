"""Judge the searches of an audit together: p-values that account for all of them, and the verdict of each search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.search import Discoverer
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.text import search_name
from fairaudit.core.verdicts import MeasuredOn, Verdict
from fairaudit.core.workers import Workers
from fairaudit.evidence.confirm import confirm
from fairaudit.evidence.design import Design
from fairaudit.evidence.family import Family, adjusted, simultaneous
from fairaudit.evidence.known import KnownSearch
from fairaudit.evidence.plan import Plan, Search
from fairaudit.evidence.record import Evidence
from fairaudit.units.build import UnitTable

__all__ = ["JudgedSearch", "decide", "judge"]

#: If a search cannot detect a gap of +100 %, the absence of a finding is no evidence.
_BLIND: Final = 1.0
#: Share of the speakers that must be in groups that were tested, for the absence of a finding to be evidence.
_MOST: Final = 0.5
_BEYOND: Final = "The search found more than chance would"


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


def judge(
    searches: Sequence[Search], unit_tables: Sequence[UnitTable], design: Design, workers: Workers | None = None
) -> list[JudgedSearch]:
    """Run the searches of an audit and judge them together.

    Parameters
    ----------
    searches
        The searches.
    unit_tables
        Units of each search.
    design
        Sampling units, held-out mask and plan.
    workers
        Where the searches run; by default, in this process.
    """
    level = design.plan.alpha
    calls = [
        (search.discoverer, units, design, len(searches)) for search, units in zip(searches, unit_tables, strict=True)
    ]
    effort = [units.features.size for units in unit_tables]
    runs = (workers or Workers()).map(
        _run, calls, effort, step="searches", called=[search_name(search.title) for search in searches]
    )
    families = [run.family if isinstance(run, KnownSearch) else _family(run, level) for run in runs]
    factor = simultaneous(families, level) if any(families) else 1.0
    judged = []
    for search, units, run, p in zip(searches, unit_tables, runs, adjusted(families), strict=True):
        evidence = run.evidence(p, factor) if isinstance(run, KnownSearch) else _with_p(run, p)
        verdict, reason = decide(evidence, design.plan)
        judged.append(JudgedSearch(search, units, replace(evidence, verdict=verdict, reason=reason)))
    return judged


def _run(discoverer: Discoverer, units: UnitTable, design: Design, searches: int) -> KnownSearch | Evidence:
    if getattr(discoverer, "known_groups", False):
        return KnownSearch.run(units, discoverer, design)
    return confirm(units, discoverer, design, searches=searches)


def _family(evidence: Evidence, level: float) -> Family | None:
    """Return the only hypothesis of a search whose groups are found."""
    test = evidence.test
    return None if test is None else Family.of_search(test.observed, test.null, level)


def _with_p(evidence: Evidence, p: NDArray[np.float64] | None) -> Evidence:
    """Complete the evidence of a search with its p-value; no cohort can have a smaller one than its search."""
    if evidence.test is None or p is None:
        return evidence
    p_value = float(p[0])
    cohorts = tuple(
        one if one.p_adjusted is None else replace(one, p_adjusted=max(one.p_adjusted, p_value))
        for one in evidence.cohorts
    )
    return replace(evidence, test=replace(evidence.test, p_value=p_value), cohorts=cohorts)


def decide(evidence: Evidence, plan: Plan) -> tuple[Verdict, str]:
    """Return the verdict of a search and its reason.

    A disparity needs a group that is shown to be worse off. If errors depend on what was sorted, but no group is shown
    to be worse off, the verdict is "uneven".

    Parameters
    ----------
    evidence
        Evidence with the p-values that account for all searches of the audit.
    plan
        Plan with the significance level.
    """
    if evidence.partition is None:
        return evidence.verdict, evidence.reason
    p_value = evidence.p_value
    if p_value is None:
        return Verdict.INSUFFICIENT, "No group has enough speakers to be compared with the rest."
    if evidence.bottom is None and not evidence.is_known:
        nobody = "no group among the speakers who were searched is large enough and has a higher rate than the rest."
        if p_value > plan.alpha:
            return Verdict.INSUFFICIENT, nobody.capitalize()
        return Verdict.UNEVEN, f"{_BEYOND}, but {nobody}"
    if p_value > plan.alpha:
        return _nothing_found(evidence)
    return _known_groups(evidence, plan) if evidence.is_known else _found_group(evidence, plan)


def _nothing_found(evidence: Evidence) -> tuple[Verdict, str]:
    """Return whether the absence of a finding is evidence."""
    if evidence.is_known and evidence.tested_speakers <= _MOST * evidence.measured_speakers:
        return (
            Verdict.INSUFFICIENT,
            "Most speakers have no label or are in groups that are too small to be compared with the rest.",
        )
    if evidence.unassigned.get("share_speakers", 0.0) > _MOST:
        return Verdict.INSUFFICIENT, "Most speakers lack what this search needs."
    detectable = evidence.detectable.gap if evidence.detectable else None
    if detectable is None or detectable > _BLIND:
        return (
            Verdict.INSUFFICIENT,
            "In a log of this size, even twice as many errors in one group could go unnoticed.",
        )
    if evidence.is_known:
        return (
            Verdict.NO_EVIDENCE,
            "The differences between groups could be chance: they are as large among shuffled speakers.",
        )
    return (
        Verdict.NO_EVIDENCE,
        "What the search found could be chance: searches of shuffled speakers find gaps as strong.",
    )


def _known_groups(evidence: Evidence, plan: Plan) -> tuple[Verdict, str]:
    """Return the verdict about groups that are known beforehand and differ by more than chance."""
    if min(test.p_value for test in evidence.tests) <= plan.alpha:
        return (
            Verdict.DISPARITY,
            "When speakers are shuffled, even the worst of all groups rarely has a gap this strong.",
        )
    reason = (
        "The groups differ more than they do when speakers are shuffled, but no group is shown to be worse than the "
        "others."
    )
    single = [test for test in evidence.tests if len(test.group.cohorts) == 1]
    best = min(single, key=lambda test: test.score, default=None)
    if best is not None and best.score < 0:
        reason += f" The group that most clearly has a lower rate than the others is “{best.group.description}”."
    return Verdict.UNEVEN, reason


def _found_group(evidence: Evidence, plan: Plan) -> tuple[Verdict, str]:
    """Return the verdict about a group that was found with more than chance, depending on held-out speakers."""
    side = evidence.gaps.held_out
    if side is None:
        return (
            Verdict.UNEVEN,
            f"{_BEYOND}, but the group cannot be compared with the rest among speakers kept aside.",
        )
    if not side.gap.relative > 0:
        return Verdict.UNEVEN, f"{_BEYOND}, but the group is not worse among speakers kept aside."
    bottom = evidence.bottom.cohorts if evidence.bottom else ()
    own = next((cohort.p_adjusted for cohort in evidence.cohorts if (cohort.id,) == bottom), None)
    if evidence.measured_on == MeasuredOn.ALL and own is not None and own <= plan.alpha:
        return (
            Verdict.DISPARITY,
            "When speakers are shuffled, even the worst of all groups rarely has a gap this strong.",
        )
    if side.not_tested_because:
        return Verdict.UNEVEN, f"{_BEYOND}, but its gap cannot be tested: {side.not_tested_because}."
    if side.gap.interval is None or side.gap.interval[0] <= 0:
        return Verdict.UNEVEN, (
            f"{_BEYOND}, but which group is worst off is unclear: among speakers kept aside, the interval of the "
            "group's gap includes “no gap”."
        )
    return Verdict.DISPARITY, f"{_BEYOND}, and the group is also worse among speakers kept aside."
