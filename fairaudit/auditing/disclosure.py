"""Choose what can be published of the searches of an audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.joint import WITHOUT_COHORTS, joint_cells, small_cohorts
from fairaudit.core.counts import UNASSIGNED
from fairaudit.core.rate import Rate
from fairaudit.core.verdicts import MeasuredOn, strength
from fairaudit.evidence.confirm import Design, Evidence
from fairaudit.evidence.verdict import JudgedSearch
from fairaudit.results.disclosure import HELD_OUT_SIDES, Disclosure, Table, protect
from fairaudit.units.tally import Log

__all__ = ["disclosures"]

# Importance of a sum; within a kind, the searches with the strongest evidence come first, then the largest cohorts.
_BOTTOM, _HELD_OUT, _FLAGGED, _COHORT, _UNASSIGNED, _SEARCHED = range(6)


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
    searches = [(one.search.features, one.evidence.rule, one.units) for one in judged]
    cells = joint_cells(log, searches, rate, sampling_unit, design.table.names)
    held_out = design.held_out[cells.speaker]
    strongest = sorted(range(len(judged)), key=lambda i: _strength(judged[i].evidence))
    tables = []
    for i, one in enumerate(judged):
        rank = strongest.index(i)
        cohort = cells.cohort[:, i]
        tables += [
            _of_cohorts(one.evidence, cohort, held_out, design, rank),
            _of_sides(one.evidence, cohort, held_out, rank),
        ]
    shown = protect(cells.speaker, tables)
    return [
        Disclosure(
            cohorts, sides, frozenset() if one.evidence.rule is None else small_cohorts(one.evidence.rule, one.units)
        )
        for one, cohorts, sides in zip(judged, shown[::2], shown[1::2], strict=True)
    ]


def _strength(evidence: Evidence) -> tuple[object, ...]:
    side = evidence.gaps.held_out
    return strength(evidence.verdict, evidence.p_value, side.gap.relative if side else None)


def _of_cohorts(
    evidence: Evidence, cohort: NDArray[np.int64], held_out: NDArray[np.bool_], design: Design, rank: int
) -> Table:
    """Return the cohorts on the speakers on whom they were measured, and all unassigned speakers."""
    measured = held_out | (evidence.measured_on == MeasuredOn.ALL)
    group = np.where((cohort >= 0) & ~measured, WITHOUT_COHORTS, cohort)
    bottom = evidence.bottom.cohorts if evidence.bottom else ()
    importance: dict[int, tuple[float, ...]] = {UNASSIGNED: (_UNASSIGNED, rank)}
    for one in evidence.cohorts:
        flagged = one.p_adjusted is not None and one.p_adjusted <= design.plan.alpha
        importance[one.id] = (
            (_BOTTOM, rank, -one.exposure)
            if one.id in bottom
            else (_FLAGGED, rank, -one.exposure)
            if flagged
            else (_COHORT, -one.exposure)
        )
    return Table(group, importance, whole=(_UNASSIGNED, rank))


def _of_sides(evidence: Evidence, cohort: NDArray[np.int64], held_out: NDArray[np.bool_], rank: int) -> Table:
    """Return bottom and rest among held-out speakers, then among searched ones."""
    bottom = evidence.bottom.cohorts if evidence.bottom else ()
    side = 2 * ~held_out + ~np.isin(cohort, bottom)
    group = np.where((cohort >= 0) & bool(bottom), side, WITHOUT_COHORTS)
    importance: Mapping[int, tuple[float, ...]] = {
        i: (_HELD_OUT if i in HELD_OUT_SIDES else _SEARCHED, rank, i) for i in range(4)
    }
    return Table(group, importance)
