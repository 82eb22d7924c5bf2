"""Choose what can be published of frozen cohorts on the log of a release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.joint import WITHOUT_COHORTS, joint_cells
from fairaudit.cohorts.model import CohortModel
from fairaudit.core.rate import Rate
from fairaudit.results.disclosure import Disclosure, Shown, Table, frozen_tables, protect, reportable
from fairaudit.units.build import SpeakerTable, UnitFeatures, UnitTable
from fairaudit.units.tally import Log

__all__ = ["frozen_disclosures"]

#: Order of the sum of all speakers kept aside: before all others.
_FIRST: Final = {0: (-1.0,)}


def frozen_disclosures(
    log: Log,
    frozen: Sequence[tuple[CohortModel, UnitFeatures]],
    unit_tables: Sequence[UnitTable],
    table: SpeakerTable,
    rate: Rate,
    sampling_unit: str,
    *,
    further: Sequence[str] = (),
    measured: Sequence[NDArray[np.bool_] | None] | None = None,
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
    further
        Columns of the errors of further systems, which must not be bounded closely either.
    measured
        For each set, the mask of the sampling units on whom it is measured, shape (n_speakers,), or ``None`` if it is
        measured on all. :attr:`Disclosure.frozen` then says what can be reported of the same cohorts on all speakers.
        Sets on all speakers that do not say what is reportable come from label columns. If anything of them is
        withheld, all their sums are, because an audit by the same columns has no way to know which are published.
    """
    if not frozen:
        return []
    searches = [(source, model.rule, units) for (model, source), units in zip(frozen, unit_tables, strict=True)]
    cells = joint_cells(log, searches, rate, sampling_unit, table.names, further)
    bottoms = [model.bottom.cohorts if model.bottom else () for model, _ in frozen]
    tables = frozen_tables([*cells.cohort.T], bottoms, [model.reportable for model, _ in frozen])
    aside = {i: mask for i, mask in enumerate(measured or ()) if mask is not None}
    parts = [Table(np.where(mask[cells.speaker], cells.cohort[:, i], WITHOUT_COHORTS)) for i, mask in aside.items()]
    # the number of speakers kept aside is published
    halves = [Table(np.where(mask[cells.speaker], 0, WITHOUT_COHORTS), _FIRST) for mask in [*aside.values()][:1]]
    shown = protect(cells.speaker, [*tables, *parts, *halves], cells.counts)
    of_parts = dict(zip(aside, shown[len(tables) :], strict=False))
    frozen_shown = shown[: len(tables)]
    disclosures = [
        Disclosure(of_parts.get(i, cohorts), sides, frozen=most)
        for i, (cohorts, sides, most) in enumerate(
            zip(frozen_shown[::2], frozen_shown[1::2], reportable(frozen_shown), strict=True)
        )
    ]
    labelled = [] if measured is None else [i for i, mask in enumerate(measured) if mask is None]
    labelled = [i for i in labelled if frozen[i][0].reportable is None]
    if not all(disclosures[i].all_open for i in labelled):
        for i in labelled:
            disclosures[i] = replace(disclosures[i], cohorts=_closed(disclosures[i].cohorts))
    return disclosures


def _closed(shown: Shown) -> Shown:
    """Withhold all sums: an audit by the same labels may publish those that would reveal the small groups."""
    return replace(shown, open=frozenset(), withheld=shown.open | shown.withheld, whole=False)
