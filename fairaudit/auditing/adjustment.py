"""What remains of a gap when harder material is taken into account."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fairaudit.evidence.confirm import Evidence
from fairaudit.evidence.measure import Side, measure_gap
from fairaudit.evidence.plan import Plan, Search
from fairaudit.evidence.verdict import judge
from fairaudit.results.audit_parts import AdjustedSearch, Adjustment
from fairaudit.units.adjusted import AdjustedLog
from fairaudit.units.build import SpeakerTable, UnitTable, build_tables

__all__ = ["adjust"]


def adjust(
    log: AdjustedLog,
    tasks: Sequence[Search],
    raw: Sequence[Evidence],
    table: SpeakerTable,
    held_out: NDArray[np.bool_],
    plan: Plan,
) -> Adjustment:
    """Repeat the searches of an audit with expected errors as exposure, on the same split.

    Parameters
    ----------
    log
        The log with its expected errors.
    tasks, raw
        The searches, and what they found unadjusted.
    table, held_out
        The audit's sampling units, and which of them were held out, shape (n_speakers,).
    plan
        How evidence is gathered.
    """
    adjusted, unit_tables = build_tables(log, [task.features for task in tasks], log.adjusted_rate, log.sampling_unit)
    held_out = held_out[table.names.get_indexer(adjusted.names)]
    evidences = judge(
        [(u, task.discoverer) for u, task in zip(unit_tables, tasks, strict=True)], adjusted, held_out, plan
    )
    searches = [
        AdjustedSearch(task.title, evidence, _same_cohort(units, before, adjusted, held_out, task, plan))
        for task, units, before, evidence in zip(tasks, unit_tables, raw, evidences, strict=True)
    ]
    return Adjustment(log.covariates, log.support, tuple(searches))


def _same_cohort(
    units: UnitTable, before: Evidence, table: SpeakerTable, held_out: NDArray[np.bool_], task: Search, plan: Plan
) -> Side | None:
    """The unadjusted bottom against its rest on held-out speakers, in adjusted rates."""
    if before.rule is None:
        return None
    everybody = units.assigned()
    counts = everybody.counts.regroup(before.rule.assign(everybody.features))
    measured = (counts.group >= 0) & held_out[counts.speaker]
    return measure_gap(
        counts.where(measured),
        before.bottom,
        floor=task.discoverer.min_speakers,
        dispersion=table.dispersion,
        bootstrap=plan.bootstrap,
    )
