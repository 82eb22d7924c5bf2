"""Confirming a search: cohorts are found on some speakers and measured on others, and the whole search is shuffled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import Group, Rule
from fairaudit.cohorts.search import Discoverer, PreparedSearch, observed_score
from fairaudit.core.errors import InputError
from fairaudit.core.verdicts import MeasuredOn, Verdict
from fairaudit.evidence.find import Partition, cross_fitted, find, sized
from fairaudit.evidence.measure import MIN_SPEAKERS, Cohort, Side, measure_cohorts, measure_gap, totals
from fairaudit.evidence.plan import Plan
from fairaudit.stats.permutation import permutation_p, shuffles
from fairaudit.stats.power import minimum_detectable_gap
from fairaudit.stats.split import split_speakers
from fairaudit.units.build import SpeakerTable, UnitTable

__all__ = ["Design", "Detectable", "Evidence", "Gaps", "PermutationTest", "confirm"]

#: Share of speakers for which the minimum detectable gap is computed, where cohorts of that size may be tested.
_TYPICAL_SHARE: Final = 0.1


@dataclass(frozen=True)
class Design:
    """Who is searched and who is measured: the same for every search of an audit.

    Attributes
    ----------
    table
        The sampling units of the log.
    held_out
        Sampling units that discovery does not see, shape (n_speakers,).
    plan
        How evidence is gathered.
    """

    table: SpeakerTable
    held_out: NDArray[np.bool_]
    plan: Plan

    @classmethod
    def of(cls, table: SpeakerTable, plan: Plan) -> Self:
        """Split the sampling units of a log as the plan says."""
        plan = plan.for_speakers(len(table))
        return cls(table, split_speakers(table.exposure, plan.share_held_out(len(table)), plan.seed), plan)

    @property
    def share(self) -> float:
        """Share of the sampling units that are held out."""
        return self.plan.share_held_out(len(self.table))


@dataclass(frozen=True)
class PermutationTest:
    """The highest score of a search beside the highest scores of the same search on shuffled logs.

    Attributes
    ----------
    observed
        Highest score on the log as it is.
    null
        Highest score on each shuffled log, shape (B,).
    p_alone
        p-value of this search alone.
    p_value
        p-value that pays for every search of the audit; ``None`` until :mod:`fairaudit.evidence.verdict` sets it.
    """

    observed: float
    null: NDArray[np.float64]
    p_alone: float
    p_value: float | None = None

    @classmethod
    def of(cls, observed: float, null: NDArray[np.float64]) -> Self:
        """Compare an observed score with its null."""
        return cls(observed, null, permutation_p(observed, null))


@dataclass(frozen=True)
class Gaps:
    """The gap of the bottom cohort to the rest, each ``None`` where it cannot be measured.

    Attributes
    ----------
    held_out
        On the speakers that discovery did not see.
    search_inflated
        On the speakers that discovery used.
    cross_fitted
        On all speakers, each measured by a search that did not see them.
    """

    held_out: Side | None = None
    search_inflated: Side | None = None
    cross_fitted: Side | None = None


@dataclass(frozen=True)
class Detectable:
    """The smallest gap that the search would have noticed four times in five, for a share of the speakers."""

    gap: float | None
    share: float


@dataclass(frozen=True)
class Evidence:
    """What a search is worth; no speaker, no unit, no utterance.

    Attributes
    ----------
    verdict, reason
        What is concluded, and why.
    partition
        The cohorts, with bottom and top; ``None`` where the search could not run.
    test
        Whether the search finds more than chance would; ``None`` where it scored nothing.
    gaps
        The gap of the bottom cohort.
    cohorts
        Every cohort that occurs, worst score first.
    measured_on
        Which speakers the cohorts were measured on.
    unassigned
        Sums over the sampling units that are in no cohort.
    detectable
        What the search would have noticed.
    details
        What else the discoverer can show: ``stability``, ``examined``, ``nb2``.
    notes
        Remarks about the units.
    """

    verdict: Verdict
    reason: str
    partition: Partition | None = None
    test: PermutationTest | None = None
    gaps: Gaps = field(default_factory=Gaps)
    cohorts: tuple[Cohort, ...] = ()
    measured_on: MeasuredOn = MeasuredOn.HELD_OUT
    unassigned: Mapping[str, float] = field(default_factory=dict)
    detectable: Detectable | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def rule(self) -> Rule | None:
        """The rule that sorts units into the cohorts."""
        return self.partition.rule if self.partition else None

    @property
    def bottom(self) -> Group | None:
        """The bottom cohort."""
        return self.partition.bottom if self.partition else None

    @property
    def p_value(self) -> float | None:
        """p-value of the search that pays for every search of the audit."""
        return self.test.p_value if self.test else None


def confirm(units: UnitTable, discoverer: Discoverer, design: Design, *, searches: int = 1) -> Evidence:
    """Run a search and find out what it is worth.

    The whole search is shuffled on all assigned speakers. The rule is drawn, and its bottom group named, without the
    held-out speakers; a rule that never looks at errors is drawn on all, and only its bottom is named without
    them. The gap is measured on the held-out speakers and never re-ranked there.

    Parameters
    ----------
    units
        The discoverer's units with the cells of the whole log.
    discoverer
        The discoverer.
    design
        The sampling units, which of them are held out, and how evidence is gathered.
    searches
        Number of searches in this audit, for the gap that would have been detected.

    Returns
    -------
    Evidence
        With the p-value of this search alone; :mod:`fairaudit.evidence.verdict` completes it.
    """
    plan, assigned = design.plan, units.assigned()
    if reason := _too_few(assigned, discoverer):
        return _not_run(units, reason)
    discovery_cells = ~design.held_out[assigned.counts.speaker]
    try:
        prepared = sized(discoverer, design.share, 1.0).search(assigned)
        partition = find(assigned, sized(discoverer, design.share, 1 - design.share), discovery_cells)
    except InputError as error:
        return _not_run(units, f"The search could not run: {error}.")
    test = _permutation_test(prepared, assigned, discoverer, design)
    cohort_of_unit = partition.rule.assign(assigned.features)
    in_cohort = cohort_of_unit[assigned.counts.group] >= 0
    return Evidence(
        verdict=Verdict.NO_EVIDENCE,
        reason="",
        partition=partition,
        test=test,
        gaps=_gaps(assigned, partition, cohort_of_unit, discovery_cells, discoverer, design),
        cohorts=_cohorts(assigned, partition, cohort_of_unit, discovery_cells, discoverer, design),
        measured_on=MeasuredOn.ALL if discoverer.outcome_free else MeasuredOn.HELD_OUT,
        unassigned=_unassigned(units, in_cohort),
        detectable=_detectable(design, assigned, test.null, plan.alpha / searches) if test else None,
        details=prepared.details(test.null if test else None, partition.bottom),
        notes=units.notes,
    )


def _too_few(assigned: UnitTable, discoverer: Discoverer) -> str | None:
    """Say that too few sampling units have the features that the discoverer needs."""
    present = assigned.counts.n_speakers
    if present >= (1 if discoverer.outcome_free else 2 * MIN_SPEAKERS):
        return None
    noun = "speaker" if present == 1 else "speakers"
    return f"{present} {noun} can be sorted; {2 * MIN_SPEAKERS} are needed at least."


def _not_run(units: UnitTable, reason: str) -> Evidence:
    """Evidence of a search that did not run."""
    unassigned = _unassigned(units, np.ones(len(units.assigned().counts), dtype=bool))
    return Evidence(Verdict.INSUFFICIENT, reason, unassigned=unassigned, notes=units.notes)


def _permutation_test(
    prepared: PreparedSearch, assigned: UnitTable, discoverer: Discoverer, design: Design
) -> PermutationTest | None:
    """Shuffle the whole search; ``None`` where it scores nothing on the log as it is."""
    observed = observed_score(prepared)
    if not math.isfinite(observed):
        return None
    spread = np.sqrt(assigned.information) if discoverer.keep_exposure else None
    plan, n_speakers = design.plan, len(design.table)
    draws = shuffles(assigned.counts.speaker, n_speakers, plan.permutations, plan.seed, spread=spread)
    return PermutationTest.of(observed, np.concatenate([prepared.best(chunk) for chunk in draws]))


def _gaps(
    assigned: UnitTable,
    partition: Partition,
    cohort_of_unit: NDArray[np.int64],
    discovery_cells: NDArray[np.bool_],
    discoverer: Discoverer,
    design: Design,
) -> Gaps:
    """Measure the bottom on the held-out speakers and on the others, and cross-fitted where the plan asks for it."""
    plan, cells = design.plan, assigned.counts.regroup(cohort_of_unit)
    in_cohort = cells.group >= 0
    held_out, search_inflated = (
        measure_gap(
            cells.where(in_cohort & chosen),
            partition.bottom,
            floor=discoverer.min_speakers,
            dispersion=design.table.dispersion,
            bootstrap=plan.bootstrap,
        )
        for chosen in (~discovery_cells, discovery_cells)
    )
    if plan.cross_fit is None:
        return Gaps(held_out, search_inflated)
    in_fold = sized(discoverer, design.share, 1 - 1 / plan.cross_fit)
    folds, seed = plan.cross_fit, plan.seed
    across = cross_fitted(assigned, in_fold, design.table, folds=folds, seed=seed, drawn=partition.rule)
    return Gaps(held_out, search_inflated, across)


def _cohorts(
    assigned: UnitTable,
    partition: Partition,
    cohort_of_unit: NDArray[np.int64],
    discovery_cells: NDArray[np.bool_],
    discoverer: Discoverer,
    design: Design,
) -> tuple[Cohort, ...]:
    """Measure every cohort: on all speakers where the rule never looked at errors, else on the held-out ones."""
    cohort = cohort_of_unit[assigned.counts.group]
    measured = (cohort >= 0) & (discoverer.outcome_free | ~discovery_cells)
    return measure_cohorts(
        assigned.where(measured),
        cohort[measured],
        partition.rule,
        design.table,
        floor=discoverer.min_speakers,
        permutations=design.plan.permutations,
        seed=design.plan.seed,
        keep_exposure=discoverer.keep_exposure,
        bootstrap=design.plan.bootstrap,
    )


def _detectable(design: Design, assigned: UnitTable, null: NDArray[np.float64], level: float) -> Detectable:
    """Minimum detectable gap for a tenth of the speakers, or for the smallest share that can be tested."""
    table = design.table
    exposure = table.exposure[np.unique(assigned.counts.speaker)]
    share = min(0.5, max(_TYPICAL_SHARE, MIN_SPEAKERS / len(exposure)))
    critical = float(np.quantile(null, 1 - level))
    return Detectable(minimum_detectable_gap(exposure, share, critical, table.dispersion), share)


def _unassigned(units: UnitTable, in_cohort: NDArray[np.bool_]) -> dict[str, float]:
    """Sums of all cells that are in no cohort: without features, or without an answer of the rule."""
    outside = units.counts.group < 0
    outside[~outside] = ~in_cohort
    return totals(units.counts.where(outside))
