"""Choose what can be published of frozen cohorts on the log of a release."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fairaudit.cohorts.joint import WITHOUT_COHORTS, joint_cells
from fairaudit.cohorts.model import CohortModel
from fairaudit.core.counts import UNASSIGNED
from fairaudit.core.rate import Rate
from fairaudit.results.disclosure import Disclosure, Table, protect
from fairaudit.units.build import SpeakerTable, UnitFeatures, UnitTable
from fairaudit.units.tally import Log

__all__ = ["frozen_disclosures"]

_BOTTOM, _SIDE, _COHORT, _UNASSIGNED = range(4)


def frozen_disclosures(
    log: Log,
    frozen: Sequence[tuple[CohortModel, UnitFeatures]],
    unit_tables: Sequence[UnitTable],
    table: SpeakerTable,
    rate: Rate,
    sampling_unit: str,
) -> list[Disclosure]:
    """Return what can be published of each set of frozen cohorts beside the others.

    Parameters
    ----------
    log
        The log.
    frozen
        Frozen cohorts, with the features by which speakers are assigned.
    unit_tables
        Units of each set.
    table
        Sampling units of the log.
    rate
        The rate.
    sampling_unit
        Column of the sampling unit.
    """
    if not frozen:
        return []
    searches = [(source, model.rule, units) for (model, source), units in zip(frozen, unit_tables, strict=True)]
    cells = joint_cells(log, searches, rate, sampling_unit, table.names)
    tables = []
    for i, (model, _) in enumerate(frozen):
        cohort = cells.cohort[:, i]
        bottom = model.bottom.cohorts if model.bottom else ()
        importance: dict[int, tuple[float, ...]] = {UNASSIGNED: (_UNASSIGNED, i)}
        importance |= {int(c): (_BOTTOM, i) if c in bottom else (_COHORT,) for c in np.unique(cohort[cohort >= 0])}
        side = np.where((cohort >= 0) & bool(bottom), ~np.isin(cohort, bottom), WITHOUT_COHORTS)
        tables += [
            Table(cohort, importance, whole=(_UNASSIGNED, i)),
            Table(side, {0: (_SIDE, i), 1: (_SIDE, i)}),
        ]
    shown = protect(cells.speaker, tables)
    return [Disclosure(cohorts, sides) for cohorts, sides in zip(shown[::2], shown[1::2], strict=True)]
