"""Measure frozen cohorts on the log of one release, for a history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from fairaudit.cohorts.coverage import coverage
from fairaudit.cohorts.model import CohortModel
from fairaudit.core.columns import SPEAKER
from fairaudit.core.counts import UNASSIGNED, ErrorCounts
from fairaudit.core.rate import Rate
from fairaudit.evidence.measure import MIN_SPEAKERS, why_not_tested
from fairaudit.results.audit import Provenance
from fairaudit.results.audit_document import overall_to_dict
from fairaudit.results.disclosure import unions_among, withheld
from fairaudit.results.documents import ReleaseCohortDoc, ReleaseDoc, ReleaseScoringDoc, ReleaseSearchDoc, SkippedDoc
from fairaudit.stats.dispersion import Dispersion
from fairaudit.stats.rates import rate_interval
from fairaudit.units.build import UnitFeatures, build_tables
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
        ``title``, ``cohorts`` (``id``, ``rate``, ``interval``, ``speakers``, ``tested``, ``suppressed``) and
        ``incomplete_because``. Cohorts that nobody is in are listed with 0 speakers.
    """
    sampling_unit = log.cluster or SPEAKER
    table, unit_tables = build_tables(log, [features for _, features in frozen], rate, sampling_unit, perfect=True)
    cells = [
        units.counts.regroup(model.rule.assign(units.features))
        for units, (model, _) in zip(unit_tables, frozen, strict=True)
    ]
    unions = unions_among([counts.where(counts.group >= 0) for counts in cells], [0] * len(cells))
    reviews: list[ReleaseSearchDoc] = []
    for (model, _), units, counts, inside in zip(frozen, unit_tables, cells, unions, strict=True):
        covered = coverage(model, units.features, units.counts.group, units.counts.speaker)
        cohorts = [*_cohorts(model, counts, table.dispersion, inside, unredacted), *_empty(model, counts)]
        reviews.append({"title": model.title, "cohorts": cohorts, "incomplete_because": covered.incomplete_because})
    return {
        "name": name,
        "inputs": [file.copy() for file in provenance.inputs],
        "scoring": cast("ReleaseScoringDoc", {"rate": rate.signature, **provenance.scoring}),
        "sampling_unit": sampling_unit,
        "overall": overall_to_dict(table),
        "reviews": [*reviews, *(_unmeasured(entry) for entry in provenance.skipped)],
    }


def _unmeasured(skipped: SkippedDoc) -> ReleaseSearchDoc:
    """Return frozen cohorts that the log lacks the inputs for."""
    return {"title": skipped["method"], "cohorts": [], "incomplete_because": skipped["needs"]}


def _empty(model: CohortModel, cells: ErrorCounts) -> list[ReleaseCohortDoc]:
    """Return the cohorts that nobody is in."""
    present = {*np.unique(cells.group).tolist()}
    return [
        {"id": cohort, "rate": None, "interval": None, "speakers": 0, "tested": False, "suppressed": False}
        for cohort in range(model.rule.n_cohorts)
        if cohort not in present
    ]


def _cohorts(
    model: CohortModel,
    cells: ErrorCounts,
    dispersion: Dispersion,
    unions: Sequence[frozenset[int]],
    unredacted: bool,
) -> list[ReleaseCohortDoc]:
    parts = {int(c): cells.where(cells.group == c) for c in np.unique(cells.group)}
    speakers = {c: part.n_speakers for c, part in parts.items()}
    bottom = model.bottom.cohorts if model.bottom else ()
    hidden, blurred = (set(), set()) if unredacted else withheld(speakers, bottom, unions)
    return [
        _cohort(c, model.rule.describe(c), part, dispersion, c in hidden, c in blurred)
        for c, part in parts.items()
        if c != UNASSIGNED
    ]


def _cohort(
    cohort: int, name: str, part: ErrorCounts, dispersion: Dispersion, hidden: bool, blurred: bool
) -> ReleaseCohortDoc:
    interval, digits = rate_interval(part, dispersion), 3 if blurred else None
    if hidden:
        nothing: dict[str, None] = dict.fromkeys(("description", "rate", "interval", "speakers"))
        return cast("ReleaseCohortDoc", {"id": cohort, **nothing, "tested": False, "suppressed": True})
    return {
        "id": cohort,
        "description": name,
        "rate": _shown(part.rate, digits),
        "interval": None if interval is None else [end if digits is None else round(end, digits) for end in interval],
        "speakers": part.n_speakers,
        "tested": why_not_tested(part, MIN_SPEAKERS) is None,
        "suppressed": False,
    }


def _shown(figure: float, digits: int | None) -> float | None:
    """Return a number, rounded to protect its counts if requested; ``None`` if it is undefined."""
    if figure != figure:
        return None
    return figure if digits is None else round(figure, digits)
