"""Whether a gap depends on what counts as an error: the same cohorts and speakers under a second normaliser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.columns import rescored
from fairaudit.core.counts import ErrorCounts, Rate
from fairaudit.evidence.confirm import Evidence
from fairaudit.evidence.measure import Side, measure_gap
from fairaudit.evidence.plan import Plan, Search
from fairaudit.results.audit_parts import Rescored, Sensitivity
from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.units.build import UnitTable

__all__ = ["rescore"]


def rescore(
    normalizer: str,
    tasks: Sequence[Search],
    searched: Sequence[tuple[UnitTable, Evidence]],
    held_out: NDArray[np.bool_],
    rate: Rate,
    plan: Plan,
) -> Sensitivity:
    """Measure the bottom cohorts of an audit under the second normaliser of its log.

    Parameters
    ----------
    normalizer
        Name and version of that normaliser; the log has its counts, see :func:`fairaudit.core.columns.rescored`.
    tasks, searched
        The searches with their units, and what they found.
    held_out
        Which sampling units were held out, shape (n_speakers,).
    rate, plan
        Which rate is audited, and how evidence is gathered.
    """
    searches = [
        Rescored(
            task.title, evidence.held_out, _again(units, evidence, held_out, rate, task.discoverer.min_speakers, plan)
        )
        for task, (units, evidence) in zip(tasks, searched, strict=True)
    ]
    return Sensitivity(normalizer, _rescored(searched[0][0].counts, rate).rate, tuple(searches))


def _rescored(counts: ErrorCounts, rate: Rate) -> ErrorCounts:
    """The same cells with the counts of the second normaliser, which knows no further ones."""
    errors, exposure = (counts.detail[rescored(name)] for name in (rate.numerator, rate.denominator))
    return replace(counts, errors=errors, exposure=exposure, detail={})


def _again(
    units: UnitTable, evidence: Evidence, held_out: NDArray[np.bool_], rate: Rate, floor: int, plan: Plan
) -> Side | None:
    if evidence.rule is None:
        return None
    counts = _rescored(units.counts, rate)
    cohort = counts.regroup(evidence.rule.assign(units.features))
    return measure_gap(
        cohort.where((cohort.group >= 0) & held_out[cohort.speaker]),
        evidence.bottom,
        floor=floor,
        dispersion=fit_dispersion(*counts.per_speaker()),
        bootstrap=plan.bootstrap,
    )
