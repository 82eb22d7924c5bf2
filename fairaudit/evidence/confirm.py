"""Confirm a search: find cohorts on some speakers, measure them on others, and repeat the search on shuffled logs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.search import Discoverer, PreparedSearch, observed_score
from fairaudit.core.counts import UNASSIGNED, ErrorCounts, distinct_codes, speakers_outside
from fairaudit.core.errors import InputError
from fairaudit.core.verdicts import MeasuredOn, Verdict
from fairaudit.evidence.design import Design
from fairaudit.evidence.find import Partition, cross_fitted, find, sized
from fairaudit.evidence.gaps import held_out_gap, measure_gap
from fairaudit.evidence.measure import MIN_SPEAKERS, Cohort, measure_cohorts, totals
from fairaudit.evidence.planted import number_of_regions, planted_gap
from fairaudit.evidence.record import Detectable, Evidence, Gaps, PermutationTest
from fairaudit.stats.permutation import shuffles
from fairaudit.stats.power import minimum_detectable_gap, noticeable_gap
from fairaudit.stats.shuffle import Shuffle
from fairaudit.units.build import UnitTable

__all__ = ["confirm", "detectable_gap", "gaps_of", "not_run", "outside"]

#: Share of speakers for which the minimum detectable gap is computed, if a cohort of that size can be tested.
_TYPICAL_SHARE: Final = 0.1


def confirm(units: UnitTable, discoverer: Discoverer, design: Design, *, searches: int = 1) -> Evidence:
    """Run a search and gather the evidence for it.

    The whole search is repeated on shuffles of all assigned speakers. The rule is built, and its bottom group chosen,
    without the held-out speakers. If a rule does not depend on errors, it is built on all speakers, and only its bottom
    is chosen without the held-out speakers. The gap is measured on the held-out speakers, without choosing again.

    If there are more than 150,000 speakers, the search, its shuffles, and rules that do not depend on errors use the
    100,000 who are not held out (:attr:`fairaudit.evidence.plan.Plan.most_searched`). All others are held out.

    Parameters
    ----------
    units
        Units of the discoverer, with the cells of the whole log.
    discoverer
        The discoverer.
    design
        Sampling units, held-out mask and plan.
    searches
        Number of searches in this audit, used for the minimum detectable gap.

    Returns
    -------
    Evidence
        Evidence with the p-value of this search alone; :mod:`fairaudit.evidence.verdict` completes it.
    """
    assigned = units.assigned()
    if reason := _too_few(assigned, discoverer):
        return not_run(units, design, reason)
    discovery_cells = ~design.held_out[assigned.counts.speaker]
    searched = assigned if design.searched.all() else assigned.where(design.searched[assigned.counts.speaker])
    try:
        prepared = sized(discoverer, design.share, design.share_searched).search(searched)
        rule = getattr(prepared, "rule", None) if discoverer.outcome_free else None
        partition = find(assigned, sized(discoverer, design.share, 1 - design.share), discovery_cells, rule)
    except InputError as error:
        return not_run(units, design, f"The search could not run: {error}.")
    test = _permutation_test(prepared, searched, discoverer, design)
    cohort_of_unit = partition.rule.assign(assigned.features)
    cohort = cohort_of_unit[assigned.counts.group]
    measured_on = MeasuredOn.ALL if discoverer.outcome_free else MeasuredOn.HELD_OUT
    measured = (cohort >= 0) & design.measured(measured_on)[assigned.counts.speaker]
    cohorts = _cohorts(assigned, cohort, measured, partition, discoverer, design, measured_on)
    tested = np.isin(cohort, [one.id for one in cohorts if one.tested]) & measured
    return Evidence(
        verdict=Verdict.NO_EVIDENCE,
        reason="",
        partition=partition,
        test=test,
        gaps=gaps_of(units.counts, assigned, partition, discoverer, design),
        cohorts=cohorts,
        measured_on=measured_on,
        measured_speakers=int(design.measured(measured_on).sum()),
        tested_speakers=len(distinct_codes(assigned.counts.speaker[tested])),
        unassigned=outside(units, cohort >= 0, design),
        detectable=_detectable(prepared, searched, partition, discoverer, design, test, searches) if test else None,
        details=prepared.details(test.null if test else None, partition.bottom),
        notes=(*units.notes, *_sampled(searched, assigned)),
    )


def _sampled(searched: UnitTable, assigned: UnitTable) -> tuple[str, ...]:
    """Say on how many sampling units a search ran, unless it ran on all."""
    some, everybody = searched.counts.n_speakers, assigned.counts.n_speakers
    if some == everybody:
        return ()
    return (f"The search and its shuffles used {some:,} of {everybody:,} speakers; all others were kept aside.",)


def _too_few(assigned: UnitTable, discoverer: Discoverer) -> str | None:
    """Return a reason if too few sampling units have the features that the discoverer needs, or None."""
    present = assigned.counts.n_speakers
    if present >= (1 if discoverer.outcome_free else 2 * MIN_SPEAKERS):
        return None
    noun = "speaker" if present == 1 else "speakers"
    return f"{present} {noun} can be assigned to groups; at least {2 * MIN_SPEAKERS} are needed."


def not_run(units: UnitTable, design: Design, reason: str) -> Evidence:
    """Return the evidence of a search that did not run."""
    in_cohort = np.ones(len(units.assigned().counts), dtype=bool)
    unassigned = outside(units, in_cohort, design)
    everybody = len(design.table)
    return Evidence(Verdict.INSUFFICIENT, reason, measured_speakers=everybody, unassigned=unassigned, notes=units.notes)


def _permutation_test(
    prepared: PreparedSearch, assigned: UnitTable, discoverer: Discoverer, design: Design
) -> PermutationTest | None:
    """Repeat the whole search on shuffles; ``None`` if it scores no cohort on the observed log."""
    observed = observed_score(prepared)
    if not math.isfinite(observed):
        return None
    draws = _draws(assigned, discoverer, design, design.plan.permutations, design.plan.shuffle_seed)
    return PermutationTest.of(observed, np.concatenate([prepared.best(chunk) for chunk in draws]))


def _draws(assigned: UnitTable, discoverer: Discoverer, design: Design, count: int, seed: int) -> Iterator[Shuffle]:
    """Draw shuffles that leave exposures in place if the discoverer uses them."""
    spread = np.sqrt(assigned.information) if discoverer.keep_exposure else None
    return shuffles(assigned.counts.speaker, len(design.table), count, seed, spread=spread)


def _detectable(
    prepared: PreparedSearch,
    searched: UnitTable,
    partition: Partition,
    discoverer: Discoverer,
    design: Design,
    test: PermutationTest,
    searches: int,
) -> Detectable:
    """Compute the smallest gap of a region that the search would notice, by planting regions in shuffled logs."""
    critical = float(np.quantile(test.null, 1 - design.plan.alpha / searches))
    guess = detectable_gap(design, searched, critical)
    if guess.gap is None or design.plan.is_quick:
        return guess
    seed = design.plan.shuffle_seed
    cohort = partition.rule.assign(searched.features)[searched.counts.group] if discoverer.outcome_free else None
    draws = _draws(searched, discoverer, design, number_of_regions(design.plan.permutations), seed + 1)
    gap, share = planted_gap(
        prepared,
        searched,
        draws,
        critical,
        share=guess.share,
        guess=guess.gap,
        seed=seed,
        cohort=cohort,
    )
    return Detectable(gap, share)


def gaps_of(
    everyone: ErrorCounts,
    assigned: UnitTable,
    partition: Partition,
    discoverer: Discoverer,
    design: Design,
) -> Gaps:
    """Measure the gap on held-out speakers, on the others, and cross-fitted if the plan requests it."""
    plan, cells = design.plan, assigned.counts.regroup(partition.rule.assign(assigned.features))
    floor, dispersion = discoverer.min_speakers, design.table.dispersion
    held_out = held_out_gap(
        assigned,
        cells.group,
        partition.bottom,
        design.held_out,
        floor=floor,
        dispersion=dispersion,
        everyone=everyone,
        bootstrap=plan.bootstrap,
    )
    searched = ~design.held_out
    search_inflated = measure_gap(
        cells.where((cells.group >= 0) & searched[cells.speaker]),
        partition.bottom,
        floor=floor,
        dispersion=dispersion,
        everyone=everyone.where(searched[everyone.speaker]),
        whole=cells.where(cells.group >= 0),
        bootstrap=plan.bootstrap,
    )
    if plan.cross_fit is None:
        return Gaps(held_out, search_inflated)
    in_fold = sized(discoverer, design.share, 1 - 1 / plan.cross_fit)
    folds, seed = plan.cross_fit, plan.seed
    across = cross_fitted(assigned, in_fold, design.table, everyone, folds=folds, seed=seed, drawn=partition.rule)
    return Gaps(held_out, search_inflated, across)


def _cohorts(
    assigned: UnitTable,
    cohort: NDArray[np.int64],
    measured: NDArray[np.bool_],
    partition: Partition,
    discoverer: Discoverer,
    design: Design,
    measured_on: MeasuredOn,
) -> tuple[Cohort, ...]:
    """Measure every cohort, given the cohort of each cell and whether the cell belongs to a speaker to measure."""
    in_part = measured_on == MeasuredOn.HELD_OUT
    return measure_cohorts(
        assigned.where(measured),
        cohort[measured],
        partition.rule,
        design.table,
        floor=discoverer.min_speakers,
        permutations=design.plan.permutations,
        seed=design.plan.shuffle_seed,
        keep_exposure=discoverer.keep_exposure,
        n_measured=int(design.measured(measured_on).sum()),
        complete=replace(assigned.counts, group=cohort).by_group() if in_part else None,
        bootstrap=design.plan.bootstrap,
    )


def detectable_gap(design: Design, assigned: UnitTable, critical: float, *, known: bool = False) -> Detectable:
    """Compute the minimum detectable gap for a tenth of the speakers, or for the smallest share that can be tested.

    ``critical`` is the score that a group must exceed. For ``known`` groups, this is simulated.
    """
    table, speakers = design.table, distinct_codes(assigned.counts.speaker)
    exposure = table.exposure[speakers]
    share = min(0.5, max(_TYPICAL_SHARE, MIN_SPEAKERS / len(exposure)))
    if known:
        return Detectable(noticeable_gap(table.errors[speakers], exposure, share, critical, table.dispersion), share)
    return Detectable(minimum_detectable_gap(exposure, share, critical, table.dispersion), share)


def outside(units: UnitTable, in_cohort: NDArray[np.bool_], design: Design) -> dict[str, float]:
    """Sum all cells that are in no cohort, because features are missing or the rule gives no cohort.

    Speakers with other cells in a cohort are not counted as speakers in no cohort.
    """
    none = units.counts.group < 0
    none[~none] = ~in_cohort
    speakers = speakers_outside(units.counts.speaker, np.where(none, UNASSIGNED, 0))
    sums = totals(units.counts.where(none))
    return sums | {"speakers": float(speakers), "share_speakers": speakers / len(design.table)}
