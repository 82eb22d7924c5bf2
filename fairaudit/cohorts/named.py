"""``named``: the groups people already have, one column or the intersection of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import Lookup
from fairaudit.cohorts.search import FixedGroups
from fairaudit.errors import UsageError
from fairaudit.units import UnitTable

__all__ = ["Named"]


@dataclass(frozen=True)
class Named:
    """Every occurring combination of labels is a cohort; only which one is worst has to be found.

    Attributes
    ----------
    by
        Label columns; several mean their intersections.
    min_speakers
        Fewest sampling units of a cohort that may be named as the bottom.

    Examples
    --------
    >>> Named(by=("accent", "gender")).method
    'named'
    """

    method: ClassVar[str] = "named"
    outcome_free: ClassVar[bool] = True
    keep_exposure: ClassVar[bool] = False

    by: tuple[str, ...] = ()
    min_speakers: int = 20

    def __post_init__(self) -> None:
        if not self.by:
            raise UsageError("named needs at least one column (--by COLUMN)")

    def partition(self, units: UnitTable) -> Lookup:
        """List the combinations that occur, sorted by label; a missing label belongs to no cohort."""
        labels = units.features[list(self.by)].dropna().drop_duplicates().sort_values(list(self.by))
        return Lookup(self.by, tuple(tuple(map(str, row)) for row in labels.itertuples(index=False)))

    def search(self, units: UnitTable) -> FixedGroups:
        """Look among the combinations with enough speakers."""
        return fixed_groups(units, self.partition(units).assign(units.features), self.min_speakers)


def fixed_groups(units: UnitTable, cohort_of_unit: NDArray[np.int64], min_speakers: int) -> FixedGroups:
    """The search among the cohorts of a partition that hold enough speakers, and leave enough outside."""
    counts = units.counts.regroup(cohort_of_unit)
    everybody = counts.where(counts.group >= 0).n_speakers
    groups = []
    for cohort in np.unique(counts.group[counts.group >= 0]):
        speakers = counts.of_groups([int(cohort)]).n_speakers
        outside = counts.where((counts.group >= 0) & (counts.group != cohort)).n_speakers
        if speakers >= min_speakers and outside >= min(min_speakers, everybody):
            groups.append(int(cohort))
    return FixedGroups(units, counts.group, tuple(groups))
