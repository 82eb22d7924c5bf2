"""Whether a gap depends on what counts as an error: the same cohorts and speakers under a second normaliser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.auditing.task import Task
from fairaudit.core.columns import recounted
from fairaudit.core.counts import ErrorCounts, Rate
from fairaudit.evidence.confirm import Finding, Plan
from fairaudit.evidence.measure import Side, measure_gap
from fairaudit.results.audit_document import side_to_dict
from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.units.build import UnitTable

__all__ = ["Recount", "Sensitivity", "conclusion", "recount", "sensitivity_to_dict"]

#: What a held-out gap says of the bottom cohort: on which side of zero its interval lies, if on one.
WORSE: Final = "worse"
BETTER: Final = "better"
UNCLEAR: Final = "no clear gap"


@dataclass(frozen=True)
class Recount:
    """One search under both normalisers.

    Attributes
    ----------
    title
        Title of the discovery.
    first, second
        Its bottom cohort against the rest, the same held-out speakers under the normaliser of the audit and under the
        second; ``None`` where nothing can be measured.
    """

    title: str
    first: Side | None
    second: Side | None


@dataclass(frozen=True)
class Sensitivity:
    """All searches of an audit, nothing searched again.

    Attributes
    ----------
    normalizer
        Name and version of the second normaliser.
    rate
        The whole log's rate under it; NaN without exposure.
    searches
        In the order of the audit's discoveries.
    """

    normalizer: str
    rate: float
    searches: tuple[Recount, ...]


def recount(
    normalizer: str,
    tasks: Sequence[Task],
    searched: Sequence[tuple[UnitTable, Finding]],
    held: NDArray[np.bool_],
    rate: Rate,
    plan: Plan,
) -> Sensitivity:
    """Measure the bottom cohorts of an audit under the second normaliser of its log.

    Parameters
    ----------
    normalizer
        Name and version of that normaliser; the log has its counts, see :func:`fairaudit.core.columns.recounted`.
    tasks, searched
        The searches with their units, and what they found.
    held
        Which sampling units were held out, shape (n_speakers,).
    rate, plan
        Which rate is audited, and how evidence is gathered.
    """
    searches = [
        Recount(task.title, finding.held_out, _again(units, finding, held, rate, task.how.min_speakers, plan))
        for task, (units, finding) in zip(tasks, searched, strict=True)
    ]
    return Sensitivity(normalizer, _recounted(searched[0][0].counts, rate).rate, tuple(searches))


def _recounted(counts: ErrorCounts, rate: Rate) -> ErrorCounts:
    """The same cells with the counts of the second normaliser, which knows no further ones."""
    errors, exposure = (counts.detail[recounted(name)] for name in (rate.numerator, rate.denominator))
    return replace(counts, errors=errors, exposure=exposure, detail={})


def _again(
    units: UnitTable, finding: Finding, held: NDArray[np.bool_], rate: Rate, floor: int, plan: Plan
) -> Side | None:
    if finding.rule is None:
        return None
    counts = _recounted(units.counts, rate)
    cohort = counts.regroup(finding.rule.assign(units.features))
    return measure_gap(
        cohort.where((cohort.group >= 0) & held[cohort.speaker]),
        finding.bottom,
        floor=floor,
        dispersion=fit_dispersion(*counts.per_speaker()),
        bootstrap=plan.bootstrap,
    )


def conclusion(side: Side | None) -> str | None:
    """What a held-out gap says of the bottom cohort; ``None`` where it is not defined."""
    if side is None or math.isnan(side.gap.relative):
        return None
    low, high = side.gap.interval or (0.0, math.inf)
    return WORSE if low > 1 else BETTER if high < 1 else UNCLEAR


def sensitivity_to_dict(found: Sensitivity, *, unredacted: bool) -> dict[str, Any]:
    """``normalizer_sensitivity`` in ``audit.json``; coarse for good, so that nothing can be subtracted."""
    return {
        "normalizer": found.normalizer,
        "overall_rate": None if math.isnan(found.rate) else found.rate,
        "searches": [_told(search, unredacted) for search in found.searches],
    }


def _told(search: Recount, unredacted: bool) -> dict[str, Any]:
    side = side_to_dict(search.second, unredacted, coarse=True)
    kept = ("gap_relative", "gap_interval", "bottom_rate", "reference_rate")
    sides = (search.first, search.second) if side else (None, None)
    first, second = map(conclusion, sides)
    return {
        "title": search.title,
        "held_out": side and {name: side[name] for name in kept},
        "conclusion": {"first": first, "second": second},
    }
