"""Measure frozen cohorts on the log of one release, for a history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from fairaudit.cohorts.coverage import coverage
from fairaudit.cohorts.model import CohortModel
from fairaudit.comparing.disclosure import frozen_disclosures
from fairaudit.core.columns import SPEAKER
from fairaudit.core.counts import UNASSIGNED, ErrorCounts, distinct_codes
from fairaudit.core.rate import Rate
from fairaudit.evidence.measure import MIN_SPEAKERS, why_not_tested
from fairaudit.results.audit_document import overall_to_dict
from fairaudit.results.comparison_document import coverage_to_dict
from fairaudit.results.disclosure import Disclosure, share_tested
from fairaudit.results.documents import ReleaseCohortDoc, ReleaseDoc, ReleaseScoringDoc, ReleaseSearchDoc, SkippedDoc
from fairaudit.results.numbers import ends_rounded_up, finite
from fairaudit.results.provenance import Provenance
from fairaudit.stats.dispersion import Dispersion
from fairaudit.stats.rates import rate_interval
from fairaudit.units.build import UnitFeatures, build_tables, caveats_of
from fairaudit.units.tally import Log

__all__ = ["measure_release"]


def measure_release(
    name: str,
    log: Log,
    frozen: Sequence[tuple[CohortModel, UnitFeatures]],
    rate: Rate,
    *,
    provenance: Provenance,
    unredacted: bool = False,
) -> ReleaseDoc:
    """Measure frozen cohorts on the log of a release.

    Parameters
    ----------
    name
        Name of the release.
    log
        Log of the release. Its speakers and utterances may differ from those of other releases.
    frozen
        Frozen cohorts, with the features by which speakers are assigned.
    rate
        The rate to measure.
    provenance
        The files of the log, how it was scored, and frozen cohorts that it lacks the inputs for.
    unredacted
        Whether to keep numbers of fewer than 11 speakers.

    Returns
    -------
    dict
        ``name``, ``inputs``, ``scoring``, ``sampling_unit``, ``overall`` as in ``audit.json``, and ``reviews`` with
        ``title``, ``cohorts`` (``id``, ``description``, ``rate``, ``interval``, ``speakers``, ``tested``,
        ``suppressed``), ``share_tested``, ``incomplete_because``, ``unlisted`` and ``respelled``. Cohorts that
        nobody is in are listed with 0 speakers. ``caveats`` are sentences about the log that belong beside the verdict.
    """
    sampling_unit = log.cluster or SPEAKER
    table, unit_tables = build_tables(log, [features for _, features in frozen], rate, sampling_unit, perfect=True)
    cells = [
        units.counts.regroup(model.rule.assign(units.features))
        for units, (model, _) in zip(unit_tables, frozen, strict=True)
    ]
    shown = frozen_disclosures(log, frozen, unit_tables, table, rate, sampling_unit)
    reviews: list[ReleaseSearchDoc] = []
    for (model, _), units, counts, disclosure in zip(frozen, unit_tables, cells, shown, strict=True):
        covered = coverage(model, units.features, units.counts.group, units.counts.speaker)
        what = None if unredacted else disclosure
        reviews.append(
            {
                "title": model.title,
                "cohorts": [*_cohorts(model, counts, table.dispersion, what), *_empty(model, counts)],
                **coverage_to_dict(covered, _share_tested(counts, len(table), what)),
            }
        )
    return {
        "name": name,
        "inputs": [file.copy() for file in provenance.inputs],
        "scoring": cast("ReleaseScoringDoc", {"rate": rate.signature, **provenance.scoring}),
        "sampling_unit": sampling_unit,
        "overall": overall_to_dict(table, rate),
        "reviews": [*reviews, *(_unmeasured(entry) for entry in provenance.skipped)],
        "caveats": [*provenance.with_caveats(caveats_of(table, unit_tables)).quality["caveats"]],
    }


def _unmeasured(skipped: SkippedDoc) -> ReleaseSearchDoc:
    """Return frozen cohorts that the log lacks the inputs for."""
    nothing: ReleaseSearchDoc = {"title": skipped["method"], "cohorts": [], "share_tested": 0.0}
    return {**nothing, "incomplete_because": skipped["needs"]}


def _share_tested(cells: ErrorCounts, speakers: int, shown: Disclosure | None) -> float:
    """Return the share of all speakers who are in a tested cohort."""
    parts = cells.where(cells.group >= 0).by_group().values()
    tested = [distinct_codes(part.speaker) for part in parts if why_not_tested(part, MIN_SPEAKERS) is None]
    distinct = len(distinct_codes(np.concatenate(tested))) if tested else 0
    return share_tested(distinct, speakers, shown, [sum(map(len, tested))])


def _empty(model: CohortModel, cells: ErrorCounts) -> list[ReleaseCohortDoc]:
    """Return the cohorts that nobody is in. Those whose definitions are withheld are left out."""
    present = {*np.unique(cells.group).tolist()}
    return [
        {
            "id": cohort,
            "description": model.rule.describe(cohort),
            "rate": None,
            "interval": None,
            "speakers": 0,
            "tested": False,
            "suppressed": False,
        }
        for cohort in model.cohorts
        if cohort not in present
    ]


def _cohorts(
    model: CohortModel, cells: ErrorCounts, dispersion: Dispersion, shown: Disclosure | None
) -> list[ReleaseCohortDoc]:
    """Return the cohorts that occur, without what must be withheld; nothing is without ``shown``."""
    parts = {int(c): cells.where(cells.group == c) for c in np.unique(cells.group)}
    return [_cohort(c, model.rule.describe(c), part, dispersion, shown) for c, part in parts.items() if c != UNASSIGNED]


def _cohort(
    cohort: int, name: str, part: ErrorCounts, dispersion: Dispersion, shown: Disclosure | None
) -> ReleaseCohortDoc:
    """Return a cohort without what must be withheld; its rate is rounded up if its sums are."""
    if shown is not None and cohort in shown.cohorts.hidden:
        nothing: dict[str, None] = dict.fromkeys(("description", "rate", "interval", "speakers"))
        return cast("ReleaseCohortDoc", {"id": cohort, **nothing, "tested": False, "suppressed": True})
    interval = rate_interval(part, dispersion)
    exact = shown is None or cohort in shown.cohorts.open
    rate, ends = finite(part.rate), None if interval is None else list(interval)
    return {
        "id": cohort,
        "description": name,
        "rate": rate if shown is None else shown.cohorts.rate(cohort, rate),
        "interval": ends if exact else ends_rounded_up(ends),
        "speakers": part.n_speakers if exact else None,
        "tested": why_not_tested(part, MIN_SPEAKERS) is None,
        "suppressed": False,
    }
