"""From a search to what may be believed of it: found on some speakers, measured on others, shuffled as a whole."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import Group, Rule
from fairaudit.cohorts.search import Discoverer, observed_score
from fairaudit.core.errors import InputError
from fairaudit.evidence.find import cross_fitted, find, sized
from fairaudit.evidence.measure import MIN_SPEAKERS, Cohort, Side, measure_cohorts, measure_gap, totals
from fairaudit.evidence.plan import Plan
from fairaudit.stats.permutation import permutation_p, shuffles
from fairaudit.stats.power import minimum_detectable_gap
from fairaudit.units.build import SpeakerTable, UnitTable

__all__ = ["Evidence", "confirm"]

#: Share of speakers for which the minimum detectable gap is told, where cohorts of that size may be tested.
_TYPICAL_SHARE: Final = 0.1

DISPARITY: Final = "disparity"
NO_EVIDENCE: Final = "no evidence"
INSUFFICIENT: Final = "insufficient evidence"


@dataclass(frozen=True)
class Evidence:
    """Everything a search found and what it is worth; no speaker, no unit, no utterance."""

    verdict: str
    reason: str
    rule: Rule | None = None
    bottom: Group | None = None
    top: Group | None = None
    observed: float | None = None
    null: NDArray[np.float64] | None = None
    p_alone: float | None = None
    p_value: float | None = None
    held_out: Side | None = None
    search_inflated: Side | None = None
    cross_fitted: Side | None = None
    measured_on: str = "held-out speakers"
    cohorts: tuple[Cohort, ...] = ()
    unassigned: dict[str, float] = field(default_factory=dict)
    minimum_detectable_gap: float | None = None
    minimum_detectable_share: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def confirm(
    units: UnitTable,
    discoverer: Discoverer,
    table: SpeakerTable,
    held_out: NDArray[np.bool_],
    plan: Plan,
    *,
    searches: int = 1,
) -> Evidence:
    """Run a search and find out what it is worth.

    The whole search is shuffled on everybody; the rule is found and its bottom group named without the
    held-out speakers (a rule that never looks at errors is drawn on everybody, and only its bottom is named
    without them); the gap is measured on the held-out speakers and never re-ranked there.

    Parameters
    ----------
    units
        The discoverer's units with the cells of the whole log.
    how
        The discoverer.
    table
        The log's sampling units.
    held_out
        Which of them are held out, shape (n_speakers,).
    plan
        How evidence is gathered.
    searches
        How many searches are made in this audit, for the gap that would have been detected.

    Returns
    -------
    Evidence
        With ``p_value`` still that of this search alone; :mod:`fairaudit.evidence.verdict` completes it.
    """
    everybody = units.assigned()
    unassigned = _unassigned(units, np.ones(len(everybody.counts), dtype=bool))
    present = everybody.counts.n_speakers
    if present < (1 if discoverer.outcome_free else 2 * MIN_SPEAKERS):
        noun = "speaker" if present == 1 else "speakers"
        reason = f"{present} {noun} can be sorted; {2 * MIN_SPEAKERS} are needed at least."
        return Evidence(INSUFFICIENT, reason, unassigned=unassigned, notes=units.notes)
    discovery_cells = ~held_out[everybody.counts.speaker]
    try:
        search = sized(discoverer, plan.holdout, 1.0).search(everybody)
        rule, bottom, top = find(everybody, sized(discoverer, plan.holdout, 1 - plan.holdout), discovery_cells)
    except InputError as error:
        return Evidence(INSUFFICIENT, f"The search could not run: {error}.", unassigned=unassigned, notes=units.notes)

    observed = observed_score(search)
    spread = np.sqrt(everybody.information) if discoverer.keep_exposure else None
    draws = shuffles(everybody.counts.speaker, len(table), plan.permutations, plan.seed, spread=spread)
    null = np.concatenate([search.best(chunk) for chunk in draws])
    searched = math.isfinite(observed)
    cohort_of_unit = rule.assign(everybody.features)
    sorted_cells = cohort_of_unit[everybody.counts.group] >= 0
    chosen = everybody.where(sorted_cells)
    counts, discovery_cells = (
        everybody.counts.regroup(cohort_of_unit).where(sorted_cells),
        discovery_cells[sorted_cells],
    )
    measured = np.ones(len(counts), dtype=bool) if discoverer.outcome_free else ~discovery_cells
    floor, dispersion = discoverer.min_speakers, table.dispersion
    gap, share = _detectable(table, everybody, null, plan.alpha / searches) if searched else (None, None)
    return Evidence(
        verdict=NO_EVIDENCE,
        reason="",
        rule=rule,
        bottom=bottom,
        top=top,
        observed=observed if searched else None,
        null=null if searched else None,
        p_alone=permutation_p(observed, null) if searched else None,
        held_out=measure_gap(
            counts.where(~discovery_cells), bottom, floor=floor, dispersion=dispersion, bootstrap=plan.bootstrap
        ),
        search_inflated=measure_gap(
            counts.where(discovery_cells), bottom, floor=floor, dispersion=dispersion, bootstrap=plan.bootstrap
        ),
        cross_fitted=cross_fitted(
            everybody,
            sized(discoverer, plan.holdout, 1 - 1 / plan.cross_fit),
            table,
            folds=plan.cross_fit,
            seed=plan.seed,
            drawn=rule,
        )
        if plan.cross_fit
        else None,
        measured_on="all speakers" if discoverer.outcome_free else "held-out speakers",
        cohorts=measure_cohorts(
            chosen.where(measured),
            counts.group[measured],
            rule,
            table,
            floor=floor,
            permutations=plan.permutations,
            seed=plan.seed,
            keep_exposure=discoverer.keep_exposure,
            bootstrap=plan.bootstrap,
        ),
        unassigned=_unassigned(units, sorted_cells),
        minimum_detectable_gap=gap,
        minimum_detectable_share=share,
        details=search.details(null if searched else None, bottom),
        notes=units.notes,
    )


def _detectable(
    table: SpeakerTable, everybody: UnitTable, null: NDArray[np.float64], level: float
) -> tuple[float | None, float]:
    """Minimum detectable gap, and the share of speakers it is told for: a tenth, or what can be tested."""
    exposure = table.exposure[np.unique(everybody.counts.speaker)]
    share = min(0.5, max(_TYPICAL_SHARE, MIN_SPEAKERS / len(exposure)))
    critical = float(np.quantile(null, 1 - level))
    return minimum_detectable_gap(exposure, share, critical, table.dispersion), share


def _unassigned(units: UnitTable, sorted_cells: NDArray[np.bool_]) -> dict[str, float]:
    """Sums of all cells that ended in no cohort: without features, or without an answer of the rule."""
    outside = units.counts.group < 0
    outside[~outside] = ~sorted_cells
    return totals(units.counts.where(outside))
