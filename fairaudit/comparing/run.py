"""Measuring a candidate against its baseline on frozen cohorts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fairaudit.cohorts.model import CohortModel
from fairaudit.comparing.measure import Both, Noise, family_wise_p, gap_of, measure
from fairaudit.core.columns import SPEAKER, UTTERANCES, after
from fairaudit.core.counts import ErrorCounts, Rate
from fairaudit.evidence.measure import totals
from fairaudit.evidence.plan import Plan
from fairaudit.results.audit import Provenance
from fairaudit.results.comparison import Comparison
from fairaudit.results.comparison_parts import CohortChange, CohortComparison, Measured
from fairaudit.results.disclosure import unions_among
from fairaudit.results.documents import PairingDoc
from fairaudit.stats.between import between_cohorts
from fairaudit.units.build import SpeakerTable, UnitFeatures, UnitTable, build_tables
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
) -> Comparison:
    """Measure a candidate against its baseline, on everybody and on frozen cohorts.

    Parameters
    ----------
    log
        A paired log, see :func:`fairaudit.inputs.pair`.
    frozen
        Frozen cohorts with the features that they are assigned by.
    rate
        Which rate is compared.
    plan
        Of it, the permutations, the level and the seed are used. One family holds everybody and every tested cohort.
    pairing
        What became of the utterances of the two logs.
    provenance
        Of the baseline and of the candidate, carried to the outputs.

    Raises
    ------
    NothingToAuditError
        If the baseline has no exposure.
    """
    unit = log.cluster or SPEAKER
    table, unit_tables = build_tables(log, [features for _, features in frozen], rate, unit, perfect=True)
    everybody = _everybody(log, table, rate, unit)
    noise = Noise.fit(everybody)
    hashes = [{str(file["sha256"]) for file in side.inputs} for side in provenance]
    sorted_cells = [_sorted(units, model, rate) for units, (model, _) in zip(unit_tables, frozen, strict=True)]
    unions = unions_among([cells.where(cells.before.group >= 0).before for cells in sorted_cells], [0] * len(frozen))
    reviews = [
        replace(
            _review(model, cells, noise),
            unions=inside,
            found_on_baseline=bool(hashes[0] & {*model.source_sha256}),
            found_on_candidate=bool(hashes[1] & {*model.source_sha256}),
        )
        for (model, _), cells, inside in zip(frozen, sorted_cells, unions, strict=True)
    ]
    overall = measure(everybody, noise)
    p_overall, reviews = _tested(everybody, overall, sorted_cells, reviews, noise, plan)
    return Comparison(rate, unit, pairing, overall, p_overall, tuple(reviews), plan, provenance)


def _everybody(log: Log, table: SpeakerTable, rate: Rate, unit: str) -> Both:
    """Every sampling unit as one cell."""
    codes = np.arange(len(table))
    sums = log.tally([unit]).loc[table.names]
    detail = {name: sums[name].to_numpy(float) for name in (UTTERANCES, after(rate.numerator))}
    return Both.of(ErrorCounts(codes, codes * 0, table.errors, table.exposure, detail), rate)


def _sorted(units: UnitTable, model: CohortModel, rate: Rate) -> Both:
    """All cells with their frozen cohort as their group."""
    return Both.of(units.counts.regroup(model.rule.assign(units.features)), rate)


def _review(model: CohortModel, cells: Both, noise: Noise) -> CohortComparison:
    """Measure the cohorts of one model, none of them tested yet."""
    cohort = cells.before.group
    parts = {int(c): cells.where(cohort == c) for c in np.unique(cohort[cohort >= 0])}
    assigned = cells.where(cohort >= 0)
    bottom = model.bottom.cohorts if model.bottom else ()
    inside = np.isin(assigned.before.group, bottom)
    measured = {c: measure(part, noise) for c, part in parts.items()}
    whole = assigned.before.n_speakers
    tested = [parts[c] for c, found in measured.items() if found.not_tested_because is None]
    return CohortComparison(
        title=model.title,
        method=model.method,
        fingerprint=model.fingerprint,
        bottom=model.bottom,
        gap=gap_of(assigned.where(inside), assigned.where(~inside), noise) if bottom else None,
        cohorts=tuple(
            CohortChange(c, model.rule.label(c), model.rule.describe(c), found, found.speakers / whole, None)
            for c, found in measured.items()
        ),
        between=(
            between_cohorts([part.before for part in tested]),
            between_cohorts([part.after for part in tested]),
        ),
        unassigned=totals(cells.before.where(cohort < 0)),
    )


def _tested(
    everybody: Both,
    overall: Measured,
    cells: Sequence[Both],
    reviews: Sequence[CohortComparison],
    noise: Noise,
    plan: Plan,
) -> tuple[float | None, list[CohortComparison]]:
    """Give everybody and every cohort that may be tested its family-wise p, and sort cohorts, worst change first."""
    places = [(-1, -1)] if overall.not_tested_because is None else []
    sets = [everybody] * len(places)
    for place, review in enumerate(reviews):
        for cohort in review.cohorts:
            if cohort.measured.not_tested_because is None:
                places.append((place, cohort.id))
                sets.append(cells[place].where(cells[place].before.group == cohort.id))
    found = dict(zip(places, family_wise_p(sets, noise, draws=plan.permutations, seed=plan.seed), strict=True))
    judged = []
    for place, review in enumerate(reviews):
        cohorts = [replace(cohort, p_adjusted=found.get((place, cohort.id))) for cohort in review.cohorts]
        judged.append(replace(review, cohorts=tuple(sorted(cohorts, key=_by_change))))
    return found.get((-1, -1)), judged


def _by_change(cohort: CohortChange) -> tuple[bool, float, float, int]:
    untested = cohort.p_adjusted is None
    return untested, cohort.p_adjusted or 0.0, -cohort.measured.change.difference, cohort.id
