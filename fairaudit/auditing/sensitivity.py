"""Whether a gap depends on what counts as an error: the same cohorts and speakers under a second normaliser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.columns import recounted
from fairaudit.core.counts import ErrorCounts, Rate
from fairaudit.evidence.confirm import Finding
from fairaudit.evidence.measure import Side, measure_gap
from fairaudit.evidence.plan import Plan, Task
from fairaudit.results.audit_parts import Recount, Sensitivity
from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.units.build import UnitTable

__all__ = ["recount"]


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
