"""Choose what can be published of frozen cohorts on the log of a release."""

from __future__ import annotations

from collections.abc import Sequence

from fairaudit.cohorts.joint import joint_cells
from fairaudit.cohorts.model import CohortModel
from fairaudit.core.rate import Rate
from fairaudit.results.disclosure import Disclosure, frozen_tables, protect
from fairaudit.units.build import SpeakerTable, UnitFeatures, UnitTable
from fairaudit.units.tally import Log

__all__ = ["frozen_disclosures"]


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
    bottoms = [model.bottom.cohorts if model.bottom else () for model, _ in frozen]
    tables = frozen_tables([*cells.cohort.T], bottoms, [model.reportable for model, _ in frozen])
    shown = protect(cells.speaker, tables, cells.counts)
    return [Disclosure(cohorts, sides) for cohorts, sides in zip(shown[::2], shown[1::2], strict=True)]
