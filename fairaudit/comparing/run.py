"""Compare a candidate with its baseline on frozen cohorts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fairaudit.cohorts.coverage import Coverage, coverage
from fairaudit.cohorts.model import CohortModel
from fairaudit.comparing.disclosure import frozen_disclosures
from fairaudit.comparing.measure import NOBODY, Noise, PairedCounts, family_wise_p, gap_of, measure
from fairaudit.core.columns import SPEAKER, UTTERANCES, candidate_column
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.rate import Rate
from fairaudit.evidence.measure import totals
from fairaudit.evidence.plan import Plan
from fairaudit.results.audit import Provenance
from fairaudit.results.comparison import Comparison
from fairaudit.results.comparison_parts import CohortChange, CohortComparison, Measured
from fairaudit.results.documents import PairingDoc
from fairaudit.results.drivers import drivers_of, unknown_speakers
from fairaudit.stats.between import between_cohorts
from fairaudit.units.build import SpeakerTable, UnitFeatures, UnitTable, build_tables, caveats_of
from fairaudit.units.tally import Log

__all__ = ["run_comparison"]


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
    of_ids = caveats_of(table, unit_tables)
    speakers = _all_speakers(log, table, rate, sampling_unit)
    noise = Noise.fit(speakers)
    hashes = [{str(file["sha256"]) for file in side.inputs} for side in provenance]
    sorted_cells = [_sorted(units, model, rate) for units, (model, _) in zip(unit_tables, frozen, strict=True)]
    shown = frozen_disclosures(log, frozen, unit_tables, table, rate, sampling_unit)
    comparisons = [
        replace(
            _measured(model, cells, noise, coverage(model, units.features, units.counts.group, units.counts.speaker)),
            disclosure=disclosure,
            found_on_baseline=bool(hashes[0] & {*model.source_sha256}),
            found_on_candidate=bool(hashes[1] & {*model.source_sha256}),
        )
        for (model, _), units, cells, disclosure in zip(frozen, unit_tables, sorted_cells, shown, strict=True)
    ]
    overall = measure(speakers, noise)
    p_overall, comparisons = _tested(speakers, overall, sorted_cells, comparisons, noise, plan)
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
    detail = {name: sums[name].to_numpy(float) for name in (UTTERANCES, candidate_column(rate.numerator))}
    return PairedCounts.of(ErrorCounts(codes, codes * 0, table.errors, table.exposure, detail), rate)


def _sorted(units: UnitTable, model: CohortModel, rate: Rate) -> PairedCounts:
    """Return all cells, grouped by frozen cohort."""
    return PairedCounts.of(units.counts.regroup(model.rule.assign(units.features)), rate)


def _measured(model: CohortModel, cells: PairedCounts, noise: Noise, covered: Coverage) -> CohortComparison:
    """Measure the cohorts of one model, without testing them."""
    cohort = cells.baseline.group
    parts = cells.by_cohort()
    assigned = cells.where(cohort >= 0)
    bottom = model.bottom.cohorts if model.bottom else ()
    inside = np.isin(assigned.baseline.group, bottom)
    measured = {c: measure(parts[c], noise) if c in parts else NOBODY for c in model.cohorts}
    tested = [parts[c] for c, one in measured.items() if one.not_tested_because is None]
    return CohortComparison(
        title=model.title,
        method=model.method,
        fingerprint=model.fingerprint,
        bottom=model.bottom,
        gap=gap_of(assigned.where(inside), assigned.where(~inside), noise) if bottom else None,
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
        tested_speakers=len(np.unique(np.concatenate([part.baseline.speaker for part in tested]))) if tested else 0,
    )


def _tested(
    speakers: PairedCounts,
    overall: Measured,
    cells: Sequence[PairedCounts],
    comparisons: Sequence[CohortComparison],
    noise: Noise,
    plan: Plan,
) -> tuple[float | None, list[CohortComparison]]:
    """Compute family-wise p-values of all speakers and of the tested cohorts, and sort cohorts, worst change first."""
    keys = [(-1, -1)] if overall.not_tested_because is None else []
    sets = [speakers] * len(keys)
    for i, comparison in enumerate(comparisons):
        parts = cells[i].by_cohort()
        for cohort in comparison.cohorts:
            if cohort.measured.not_tested_because is None:
                keys.append((i, cohort.id))
                sets.append(parts[cohort.id])
    p_values = dict(zip(keys, family_wise_p(sets, noise, draws=plan.permutations, seed=plan.seed), strict=True))
    tested = []
    for i, comparison in enumerate(comparisons):
        cohorts = [replace(cohort, p_adjusted=p_values.get((i, cohort.id))) for cohort in comparison.cohorts]
        tested.append(replace(comparison, cohorts=tuple(sorted(cohorts, key=_by_change))))
    return p_values.get((-1, -1)), tested


def _by_change(cohort: CohortChange) -> tuple[bool, float, float, int]:
    untested = cohort.p_adjusted is None
    difference = cohort.measured.change.difference
    return untested, cohort.p_adjusted or 0.0, -difference if difference == difference else math.inf, cohort.id
