"""Frozen cohorts measured on the log of one release, for a history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from fairaudit.cohorts.model import CohortModel
from fairaudit.core.columns import SPEAKER
from fairaudit.core.counts import UNASSIGNED, ErrorCounts, Rate
from fairaudit.evidence.measure import MIN_SPEAKERS, why_not_tested
from fairaudit.results.audit_document import overall_to_dict
from fairaudit.results.disclosure import unions_among, withheld
from fairaudit.results.documents import FileDoc, ReleaseCohortDoc, ReleaseDoc
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
    settings: Mapping[str, object],
    inputs: Sequence[FileDoc],
    unredacted: bool = False,
) -> ReleaseDoc:
    """Measure frozen cohorts on a release's log.

    Parameters
    ----------
    name
        Of the release.
    log
        Its log; other speakers and utterances than at other releases will do.
    frozen
        Frozen cohorts with the features that they are assigned by.
    rate
        Which rate.
    settings
        How the log was scored.
    inputs
        ``{"name", "sha256", "rows"}`` of its files.
    unredacted
        Keep the figures of fewer than 11 speakers.

    Returns
    -------
    dict
        ``name``, ``inputs``, ``scoring``, ``sampling_unit``, ``overall`` as in ``audit.json``, and ``reviews`` with
        ``title``, ``cohorts`` (``id``, ``rate``, ``interval``, ``speakers``, ``tested``, ``suppressed``).
    """
    unit = log.cluster or SPEAKER
    table, unit_tables = build_tables(log, [features for _, features in frozen], rate, unit, perfect=True)
    cells = [
        units.counts.regroup(model.rule.assign(units.features))
        for units, (model, _) in zip(unit_tables, frozen, strict=True)
    ]
    unions = unions_among([found.where(found.group >= 0) for found in cells], [0] * len(cells))
    return {
        "name": name,
        "inputs": [file.copy() for file in inputs],
        "scoring": {key: str(settings[key]) for key in _SCORING if settings.get(key) is not None},
        "sampling_unit": unit,
        "overall": overall_to_dict(table),
        "reviews": [
            {"title": model.title, "cohorts": _cohorts(model, found, table.dispersion, inside, unredacted)}
            for (model, _), found, inside in zip(frozen, cells, unions, strict=True)
        ],
    }


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
    return [_cohort(c, part, dispersion, c in hidden, c in blurred) for c, part in parts.items() if c != UNASSIGNED]


def _cohort(cohort: int, part: ErrorCounts, dispersion: Dispersion, hidden: bool, blurred: bool) -> ReleaseCohortDoc:
    interval, digits = rate_interval(part, dispersion), 3 if blurred else None
    if hidden:
        return {"id": cohort, "rate": None, "interval": None, "speakers": None, "tested": False, "suppressed": True}
    return {
        "id": cohort,
        "rate": _shown(part.rate, digits),
        "interval": None if interval is None else [end if digits is None else round(end, digits) for end in interval],
        "speakers": part.n_speakers,
        "tested": why_not_tested(part, MIN_SPEAKERS) is None,
        "suppressed": False,
    }


def _shown(figure: float, digits: int | None) -> float | None:
    """A figure, rounded where its counts could be subtracted; ``None`` where it is not defined."""
    if figure != figure:
        return None
    return figure if digits is None else round(figure, digits)


#: Settings that have to be alike for rates to be comparable.
_SCORING: Final = ("unit", "normalizer", "removed")
