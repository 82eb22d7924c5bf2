"""Compare a candidate with its baseline on frozen cohorts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from fairaudit.cohorts.coverage import Coverage, coverage
from fairaudit.cohorts.model import CohortModel
from fairaudit.comparing.disclosure import frozen_disclosures
from fairaudit.comparing.measure import (
    NOBODY,
    Noise,
    PairedCounts,
    Sides,
    family_wise_p,
    gap_of,
    measure,
    simultaneous,
    simultaneous_gaps,
)
from fairaudit.core.columns import SPEAKER, UTTERANCES, candidate_column
from fairaudit.core.counts import ErrorCounts, distinct_codes
from fairaudit.core.progress import report
from fairaudit.core.rate import Rate
from fairaudit.evidence.measure import totals
from fairaudit.evidence.plan import Plan
from fairaudit.results.comparison import Comparison
from fairaudit.results.comparison_parts import CohortChange, CohortComparison, GapChange, Measured
from fairaudit.results.documents import PairingDoc
from fairaudit.results.drivers import drivers_of, unknown_speakers
from fairaudit.results.provenance import Provenance
from fairaudit.stats.between import between_cohorts
from fairaudit.units.build import SpeakerTable, UnitFeatures, UnitTable, build_tables, caveats_of
from fairaudit.units.tally import Log

__all__ = ["run_comparison"]

#: Key of all speakers among the cohorts, which are keyed by search and number.
_ALL: Final = (-1, -1)


def run_comparison(
    log: Log,
    frozen: Sequence[tuple[CohortModel, UnitFeatures]],
    rate: Rate,
    plan: Plan,
    *,
    pairing: PairingDoc,
    provenance: tuple[Provenance, Provenance],
    caveats: Sequence[str] = (),
) -> Comparison:
    """Compare a candidate with its baseline, over all speakers and on frozen cohorts.

    Parameters
    ----------
    log
        A paired log; see :func:`fairaudit.inputs.pair`.
    frozen
        Frozen cohorts, with the features by which speakers are assigned.
    rate
        The rate to compare.
    plan
        Plan, whose number of permutations, level and seed are used. All speakers together and every tested cohort form
        one family of tests.
    pairing
        How the utterances of the two logs were paired.
    provenance
        Origin of the data of the baseline and of the candidate, which is copied to the results.
    caveats
        Sentences that belong beside the verdict.

    Raises
    ------
    NothingToAuditError
        If the baseline has no exposure.
    """
    sampling_unit = log.cluster or SPEAKER
    table, unit_tables = build_tables(log, [features for _, features in frozen], rate, sampling_unit, perfect=True)
    report("comparing")
    of_ids = caveats_of(table, unit_tables)
    speakers = _all_speakers(log, table, rate, sampling_unit)
    noise = Noise.fit(speakers)
    hashes = [{str(file["sha256"]) for file in side.inputs} for side in provenance]
    sorted_cells = [_sorted(units, model, rate) for units, (model, _) in zip(unit_tables, frozen, strict=True)]
    noises = [noise.within(cells) for cells in sorted_cells]
    sides = [_sides(model, cells) for cells, (model, _) in zip(sorted_cells, frozen, strict=True)]
    gaps = _gaps(sides, noise, plan)
    shown = frozen_disclosures(log, frozen, unit_tables, table, rate, sampling_unit)
    comparisons = [
        replace(
            _measured(model, cells, within, coverage(model, units.features, units.counts.group, units.counts.speaker)),
            gap=gap,
            disclosure=disclosure,
            found_on_baseline=bool(hashes[0] & {*model.source_sha256}),
            found_on_candidate=bool(hashes[1] & {*model.source_sha256}),
        )
        for (model, _), units, cells, within, gap, disclosure in zip(
            frozen, unit_tables, sorted_cells, noises, gaps, shown, strict=True
        )
    ]
    overall, p_overall, comparisons = _tested(speakers, sorted_cells, comparisons, (noise, noises), plan)
    return Comparison(
        rate,
        sampling_unit,
        pairing,
        overall,
        p_overall,
        tuple(comparisons),
        plan,
        provenance,
        (*caveats, *of_ids),
        drivers=(drivers_of(table.totals, rate), drivers_of(table.totals, rate, candidate=True)),
        unknown_speakers=unknown_speakers(table.totals),
    )


def _all_speakers(log: Log, table: SpeakerTable, rate: Rate, sampling_unit: str) -> PairedCounts:
    """Return one cell per sampling unit."""
    codes = np.arange(len(table))
    sums = log.tally([sampling_unit]).loc[table.names]
    theirs = candidate_column(rate.numerator)
    detail = {UTTERANCES: sums[UTTERANCES].to_numpy(float), theirs: rate.in_parts(sums[theirs])}
    return PairedCounts.of(ErrorCounts(codes, codes * 0, table.errors, table.exposure, detail, rate.parts), rate)


def _sorted(units: UnitTable, model: CohortModel, rate: Rate) -> PairedCounts:
    """Return all cells, grouped by frozen cohort."""
    return PairedCounts.of(units.counts.regroup(model.rule.assign(units.features)), rate)


def _sides(model: CohortModel, cells: PairedCounts) -> Sides:
    """Return the cells of the bottom and of the other cohorts; both are empty if there is no bottom."""
    bottom = model.bottom.cohorts if model.bottom else ()
    assigned = cells.where((cells.baseline.group >= 0) & (len(bottom) > 0))
    inside = np.isin(assigned.baseline.group, bottom)
    return assigned.where(inside), assigned.where(~inside)


def _gaps(sides: Sequence[Sides], noise: Noise, plan: Plan) -> list[GapChange | None]:
    """Measure the gap of every search, with intervals that hold for all tested gaps at once."""
    gaps = [gap_of(*pair, noise) for pair in sides]
    tested = {i: gap for i, gap in enumerate(gaps) if gap and gap.not_tested_because is None and gap.candidate.interval}
    among = simultaneous_gaps(
        [sides[i] for i in tested], [*tested.values()], noise, draws=plan.permutations, seed=plan.seed
    )
    held = dict(zip(tested, among, strict=True))
    return [held.get(i, gap) for i, gap in enumerate(gaps)]


def _measured(model: CohortModel, cells: PairedCounts, noise: Noise, covered: Coverage) -> CohortComparison:
    """Measure the cohorts of one model, without testing them and without the gap."""
    cohort = cells.baseline.group
    parts = cells.by_cohort()
    measured = {c: measure(parts[c], noise) if c in parts else NOBODY for c in model.cohorts}
    tested = [parts[c] for c, one in measured.items() if one.not_tested_because is None]
    return CohortComparison(
        title=model.title,
        method=model.method,
        fingerprint=model.fingerprint,
        bottom=model.bottom,
        gap=None,
        cohorts=tuple(
            CohortChange(c, model.rule.label(c), model.rule.describe(c), one, one.speakers / covered.speakers, None)
            for c, one in measured.items()
        ),
        between=(
            between_cohorts([part.baseline for part in tested]),
            between_cohorts([part.candidate for part in tested]),
        ),
        unassigned=totals(cells.baseline.where(cohort < 0)) | {"speakers": float(covered.outside)},
        coverage=covered,
        tested_speakers=len(distinct_codes(np.concatenate([part.baseline.speaker for part in tested])))
        if tested
        else 0,
    )


def _tested(
    speakers: PairedCounts,
    cells: Sequence[PairedCounts],
    comparisons: Sequence[CohortComparison],
    noise: tuple[Noise, Sequence[Noise]],
    plan: Plan,
) -> tuple[Measured, float | None, list[CohortComparison]]:
    """Test all speakers and the cohorts that are large enough as one family, and sort cohorts, worst change first.

    The variation is that of all speakers, and that within the cohorts of each search.

    Returns
    -------
    Measured, float or None, list of CohortComparison
        All speakers, their family-wise p-value, and the cohorts.
    """
    of_all, of_searches = noise
    overall = measure(speakers, of_all)
    family = {_ALL: (speakers, overall)} if overall.not_tested_because is None else {}
    for i, comparison in enumerate(comparisons):
        parts = cells[i].by_cohort()
        for cohort in comparison.cohorts:
            if cohort.measured.not_tested_because is None:
                family[i, cohort.id] = parts[cohort.id], cohort.measured
    sets, among = [one for one, _ in family.values()], [one for _, one in family.values()]
    noises = [of_all if key == _ALL else of_searches[key[0]] for key in family]
    p_values = dict(zip(family, family_wise_p(sets, noises, draws=plan.permutations, seed=plan.seed), strict=True))
    together = simultaneous(sets, among, noises, draws=plan.permutations, seed=plan.seed)
    measured = dict(zip(family, together, strict=True))
    tested = []
    for i, comparison in enumerate(comparisons):
        cohorts = [
            replace(
                cohort,
                p_adjusted=p_values.get((i, cohort.id)),
                measured=measured.get((i, cohort.id), cohort.measured),
            )
            for cohort in comparison.cohorts
        ]
        tested.append(replace(comparison, cohorts=tuple(sorted(cohorts, key=_by_change))))
    return measured.get(_ALL, overall), p_values.get(_ALL), tested


def _by_change(cohort: CohortChange) -> tuple[bool, float, float, int]:
    untested = cohort.p_adjusted is None
    difference = cohort.measured.change.difference
    return untested, cohort.p_adjusted or 0.0, -difference if difference == difference else math.inf, cohort.id
