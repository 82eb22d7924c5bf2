"""Evidence about groups that are known beforehand: they are compared on all speakers, and nothing is held out.

No error was looked at when the groups were formed, so that a test of all of them on all speakers is valid. The bottom
is the group with the smallest p-value, which pays for every hypothesis of the audit. The interval of its gap is
simultaneous: it holds for whichever group is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.fixed import FixedGroups, hypotheses
from fairaudit.cohorts.rules import Group, Rule
from fairaudit.cohorts.search import Discoverer
from fairaudit.core.counts import CellIndex, ErrorCounts, distinct_codes
from fairaudit.core.errors import InputError
from fairaudit.core.verdicts import MeasuredOn, Verdict
from fairaudit.evidence.confirm import detectable_gap, gaps_of, not_run, outside
from fairaudit.evidence.design import Design
from fairaudit.evidence.family import Family
from fairaudit.evidence.find import Partition
from fairaudit.evidence.gaps import Side, measure_gap
from fairaudit.evidence.measure import MIN_EFFECTIVE, MIN_SPEAKERS, measure_cohorts, why_not_tested
from fairaudit.evidence.record import Evidence, GroupTest, PermutationTest
from fairaudit.stats.bootstrap import SpeakerBootstrap
from fairaudit.stats.dispersion import Dispersion
from fairaudit.stats.permutation import shuffles, step_down
from fairaudit.stats.quantiles import normal_below, normal_quantile
from fairaudit.stats.rates import LEVEL
from fairaudit.stats.shuffle import Observed
from fairaudit.units.build import UnitTable

__all__ = ["KnownGroups", "KnownSearch", "known_gap"]


@dataclass(frozen=True)
class KnownGroups:
    """The tests of known groups, before the other searches of the audit are known.

    Attributes
    ----------
    rule
        The cohorts.
    search
        Search over the groups that are large enough.
    statistics
        Scores of the groups, and the omnibus statistic last, shape (n_groups + 1,).
    null
        Highest score in each shuffle, shape (B,).
    family
        One hypothesis for each group, and the omnibus hypothesis last; ``None`` if there is no group.
    """

    rule: Rule
    search: FixedGroups
    statistics: NDArray[np.float64]
    null: NDArray[np.float64]
    family: Family | None


@dataclass(frozen=True)
class KnownSearch:
    """A search over known groups that has been run, but not judged.

    Attributes
    ----------
    units
        Units of the search, with the cells of the whole log.
    discoverer
        The discoverer.
    design
        Sampling units, held-out mask and plan.
    groups
        The tests of the groups, or why there are none.
    """

    units: UnitTable
    discoverer: Discoverer
    design: Design
    groups: KnownGroups | str

    @classmethod
    def run(cls, units: UnitTable, discoverer: Discoverer, design: Design) -> Self:
        """Compare every group that is large enough with all other speakers, on the log and on its shuffles."""
        assigned = units.assigned()
        if not len(assigned.features):
            return cls(units, discoverer, design, "No speaker can be assigned to a group.")
        try:
            rule, search = discoverer.partition(assigned), discoverer.search(assigned)
        except InputError as error:
            return cls(units, discoverer, design, f"The search could not run: {error}.")
        if not isinstance(search, FixedGroups):
            search = FixedGroups(assigned, assigned.counts.regroup(rule.assign(assigned.features)).group, ())
        search = search.only(_testable(search, rule, _floor(discoverer)))
        return cls(units, discoverer, design, _tested(search, rule, design, keep_exposure=discoverer.keep_exposure))

    @property
    def family(self) -> Family | None:
        """The hypotheses of the search; ``None`` if it tested nothing."""
        return None if isinstance(self.groups, str) else self.groups.family

    def evidence(self, p: NDArray[np.float64] | None, factor: float) -> Evidence:
        """Return the evidence, given what depends on the other searches of the audit.

        Parameters
        ----------
        p
            p-values of the family that account for all searches; ``None`` if nothing was tested.
        factor
            Multiple of the critical values that no score of the audit exceeds by chance, but for the level.
        """
        known, design = self.groups, self.design
        if isinstance(known, str):
            return not_run(self.units, design, known)
        assigned, cohort = self.units.assigned(), known.search.cohort
        tests = (
            () if p is None else tuple(map(GroupTest, known.search.groups, map(float, known.statistics), map(float, p)))
        )
        bottom, top = _extremes(tests)
        partition = Partition(known.rule, bottom, top)
        gaps = replace(
            gaps_of(self.units.counts, assigned, partition, self.discoverer, design),
            search_inflated=None,  # the groups were not searched for
        )
        evidence = Evidence(
            verdict=Verdict.NO_EVIDENCE,
            reason="",
            partition=partition,
            gaps=gaps,
            cohorts=measure_cohorts(
                assigned.where(cohort >= 0),
                cohort[cohort >= 0],
                known.rule,
                design.table,
                floor=_floor(self.discoverer),
                p_adjusted={test.group.cohorts[0]: test.p_value for test in tests if len(test.group.cohorts) == 1},
                n_measured=len(design.table),
                bootstrap=design.plan.bootstrap,
            ),
            measured_on=MeasuredOn.ALL,
            measured_speakers=len(design.table),
            unassigned=outside(self.units, cohort >= 0, design),
            details=known.search.details(known.null, bottom),
            notes=self.units.notes,
        )
        if known.family is None or p is None:
            return evidence
        critical = factor * float(known.family.critical[0])
        inside = {one for test in tests if not test.group.complement for one in test.group.cohorts}
        alone = step_down(known.family.observed, known.family.null)
        return replace(
            evidence,
            test=PermutationTest(float(known.statistics[:-1].max()), known.null, float(alone.min()), float(p.min())),
            gaps=replace(
                gaps,
                all_speakers=known_gap(
                    assigned,
                    cohort,
                    bottom,
                    critical,
                    floor=_floor(self.discoverer),
                    dispersion=design.table.dispersion,
                    everyone=self.units.counts,
                    bootstrap=design.plan.bootstrap,
                ),
            ),
            critical=critical,
            tested_speakers=len(distinct_codes(assigned.counts.speaker[np.isin(cohort, [*inside])])),
            detectable=detectable_gap(design, assigned, critical, known=True),
            tests=tests,
            omnibus_p=float(p[-1]),
        )


def known_gap(
    units: UnitTable,
    cohort: NDArray[np.int64],
    bottom: Group | None,
    critical: float,
    *,
    floor: int,
    dispersion: Dispersion,
    everyone: ErrorCounts,
    bootstrap: SpeakerBootstrap | None = None,
) -> Side | None:
    """Measure the gap of a known group among all speakers, with the interval that its score does not rule out.

    The lower limit holds for all groups of the audit at once. The upper limit is that of one group at least.

    Parameters
    ----------
    units
        Assigned units.
    cohort
        Cohort of each cell, or -1, shape (n_cells,).
    bottom
        The group.
    critical
        Score that no group of the audit exceeds by chance, but for the level.
    floor
        Fewest sampling units that can be tested.
    dispersion
        Dispersion of the whole log.
    everyone
        All cells of the log, for the shares of the group.
    bootstrap
        If given, computes the intervals.

    Returns
    -------
    Side or None
        ``None`` if there is no group, or if one of the two sides is empty.
    """
    upper = max(critical, normal_quantile(0.5 + LEVEL / 2))
    side = measure_gap(
        replace(units.counts, group=cohort).where(cohort >= 0),
        bottom,
        floor=floor,
        dispersion=dispersion,
        everyone=everyone,
        bootstrap=bootstrap,
        level=2 * normal_below(upper) - 1,
    )
    if side is None or bottom is None or bootstrap is not None:
        return side
    return side.weighted(*FixedGroups(units, cohort, (bottom,)).ratio(bottom, critical, upper))


def _floor(discoverer: Discoverer) -> int:
    """Return the fewest sampling units of a group that is tested."""
    return max(MIN_SPEAKERS, discoverer.min_speakers)


def _testable(search: FixedGroups, rule: Rule, floor: int) -> list[Group]:
    """Return the groups whose gap to the others can be tested."""
    counts = replace(search.units.counts, group=search.cohort).where(search.cohort >= 0)
    index, (_, exposure) = CellIndex.of(counts.group), counts.per_speaker()
    total, largest = float(exposure.sum()), float(exposure.max(initial=0.0))
    testable = []
    for group in hypotheses(search.units, search.cohort, rule, floor):
        inside = counts.where(index.cells(group.cohorts))
        if why_not_tested(inside, floor):
            continue
        # Kish's number of speakers is at least the exposure over the largest exposure of a speaker, so that the many
        # speakers who are not in a small group need no closer look.
        many = total - float(inside.exposure.sum()) > MIN_EFFECTIVE * largest
        if many or not why_not_tested(counts.where(~np.isin(counts.group, group.cohorts)), floor):
            testable.append(group)
    return testable


def _tested(search: FixedGroups, rule: Rule, design: Design, *, keep_exposure: bool) -> KnownGroups:
    """Compute the statistics of the groups on the log and on its shuffles."""
    if not search.groups:
        return KnownGroups(rule, search, np.zeros(0), np.zeros(0), None)
    units, plan = search.units, design.plan
    spread = np.sqrt(units.information) if keep_exposure else None
    draws = shuffles(units.counts.speaker, len(design.table), plan.permutations, plan.shuffle_seed, spread=spread)
    observed = search.statistics(Observed())[:, 0]
    null = np.concatenate([search.statistics(chunk) for chunk in draws], axis=1)
    family = Family.of_groups(observed, null, plan.alpha)
    return KnownGroups(rule, search, observed, null[:-1].max(axis=0), family)


def _extremes(tests: Sequence[GroupTest]) -> tuple[Group | None, Group | None]:
    """Return bottom and top.

    The bottom is the group with the smallest p-value, and among equal ones with the highest score. The top is the
    cohort with the lowest score that is not in it. There is no bottom if no group has a higher rate than the others.
    """
    bottom = min(tests, key=lambda test: (test.p_value, -test.score, test.group.cohorts), default=None)
    if bottom is None or bottom.score < 0:
        return None, None
    single = [t for t in tests if len(t.group.cohorts) == 1 and t.group.cohorts[0] not in bottom.group.cohorts]
    top = min(single, key=lambda test: (test.score, test.group.cohorts), default=None)
    return bottom.group, None if top is None else top.group
