"""Choose what can be published of the searches of an audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.joint import WITHOUT_COHORTS, joint_cells, small_cohorts
from fairaudit.core.counts import UNASSIGNED
from fairaudit.core.rate import Rate
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.evidence.design import Design
from fairaudit.evidence.record import Evidence
from fairaudit.evidence.verdict import JudgedSearch
from fairaudit.results.disclosure import (
    HELD_OUT_SIDES,
    Disclosure,
    Importance,
    Table,
    frozen_tables,
    protect,
    reportable,
)
from fairaudit.units.tally import Log

__all__ = ["disclosures"]


def disclosures(
    log: Log, judged: Sequence[JudgedSearch], rate: Rate, sampling_unit: str, design: Design
) -> list[Disclosure]:
    """Return what can be published of each search beside the others.

    Parameters
    ----------
    log
        The log.
    judged
        The searches.
    rate
        The rate of the audit.
    sampling_unit
        Column of the sampling unit.
    design
        Sampling units, held-out mask and plan.
    """
    if not judged:
        return []
    searches = [(one.search.features, one.evidence.rule, one.units) for one in judged]
    cells = joint_cells(log, searches, rate, sampling_unit, design.table.names)
    held_out = design.held_out[cells.speaker]
    strongest = sorted(range(len(judged)), key=lambda i: judged[i].evidence.strength)
    tables = []
    for i, one in enumerate(judged):
        rank = strongest.index(i)
        cohort = cells.cohort[:, i]
        tables += [
            _of_cohorts(one.evidence, cohort, held_out, design, rank),
            _of_sides(one.evidence, cohort, held_out, rank),
            _of_all_sides(one.evidence, cohort, rank),
        ]
    unnamed = [
        frozenset() if one.evidence.rule is None else small_cohorts(one.evidence.rule, one.units) for one in judged
    ]
    shown = protect(cells.speaker, [*tables, *_frozen_tables(judged, cells.cohort, unnamed)], cells.counts)
    frozen = iter(reportable(shown[len(tables) :]))
    return [
        Disclosure(cohorts, sides, all_sides, small, None if one.evidence.rule is None else next(frozen))
        for one, cohorts, sides, all_sides, small in zip(
            judged, shown[::3], shown[1::3], shown[2::3], unnamed, strict=False
        )
    ]


def _frozen_tables(
    judged: Sequence[JudgedSearch], cohorts: NDArray[np.int64], unnamed: Sequence[frozenset[int]]
) -> list[Table]:
    """Return the tables of comparisons and histories on the same log, by the frozen cohorts of the searches.

    Speakers of cohorts whose definitions are withheld are in none of the frozen ones.
    """
    columns, bottoms = [], []
    for one, cohort, small in zip(judged, cohorts.T, unnamed, strict=True):
        if one.evidence.rule is not None:
            bottom = one.evidence.bottom and one.evidence.bottom.without(small)
            columns.append(np.where(np.isin(cohort, [*small]), UNASSIGNED, cohort))
            bottoms.append(bottom.cohorts if bottom else ())
    return frozen_tables(columns, bottoms, [None] * len(columns))


def _of_cohorts(
    evidence: Evidence, cohort: NDArray[np.int64], held_out: NDArray[np.bool_], design: Design, rank: int
) -> Table:
    """Return the cohorts on the speakers on whom they were measured, and all unassigned speakers."""
    measured = held_out | (evidence.measured_on == MeasuredOn.ALL)
    group = np.where((cohort >= 0) & ~measured, WITHOUT_COHORTS, cohort)
    bottom = evidence.bottom.cohorts if evidence.bottom else ()
    importance: dict[int, tuple[float, ...]] = {UNASSIGNED: (Importance.UNASSIGNED, rank)}
    for one in evidence.cohorts:
        flagged = one.p_adjusted is not None and one.p_adjusted <= design.plan.alpha
        importance[one.id] = (
            (Importance.BOTTOM, rank, -one.exposure)
            if one.id in bottom
            else (Importance.FLAGGED, rank, -one.exposure)
            if flagged
            else (Importance.COHORT, -one.exposure)
        )
    return Table(group, importance, whole=(Importance.UNASSIGNED, rank))


def _of_sides(evidence: Evidence, cohort: NDArray[np.int64], held_out: NDArray[np.bool_], rank: int) -> Table:
    """Return bottom and rest among held-out speakers, then among searched ones.

    Known groups were not searched for. Their gap among all speakers decides, so that rough rates of the held-out ones
    are enough.
    """
    bottom = evidence.bottom.cohorts if evidence.bottom else ()
    side = 2 * ~held_out + ~np.isin(cohort, bottom)
    group = np.where((cohort >= 0) & bool(bottom) & (held_out | (not evidence.is_known)), side, WITHOUT_COHORTS)
    importance: Mapping[int, tuple[float, ...]] = {
        i: (Importance.SIDE if i in HELD_OUT_SIDES else Importance.SEARCHED, rank, i) for i in range(4)
    }
    none_of = () if evidence.is_known else None
    return Table(group, importance, keeps_rates=True, sums=none_of, rates=none_of)


def _of_all_sides(evidence: Evidence, cohort: NDArray[np.int64], rank: int) -> Table:
    """Return bottom and rest among all speakers, if the groups are known beforehand."""
    bottom = evidence.bottom.cohorts if evidence.bottom else ()
    reported = (cohort >= 0) & (evidence.gaps.all_speakers is not None)
    group = np.where(reported, ~np.isin(cohort, bottom), WITHOUT_COHORTS)
    return Table(group, {0: (Importance.BOTTOM, rank), 1: (Importance.SIDE, rank)}, keeps_rates=True)
