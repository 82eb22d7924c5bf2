"""``named``: groups that are already labelled, by one column or by the intersection of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from fairaudit.cohorts.fixed import FixedGroups, hypotheses
from fairaudit.cohorts.rules import Group, Lookup
from fairaudit.cohorts.search import ByScore
from fairaudit.core.bands import Bands
from fairaudit.core.columns import names
from fairaudit.core.errors import UsageError, setting
from fairaudit.stats.negative_binomial import compare_groups

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from fairaudit.units.build import UnitTable

__all__ = ["Named"]


@dataclass(frozen=True)
class Named(ByScore):
    """Use every combination of labels that occurs as a cohort, and find the worst one.

    Attributes
    ----------
    by
        Name of a label column, or names of several columns, which form intersections.
    min_speakers
        Fewest sampling units of a cohort that can become the bottom.
    nb2
        Whether to also compare each such cohort with the rest by negative-binomial regression
        (:mod:`fairaudit.stats.negative_binomial`). The result never affects the verdict.

    Examples
    --------
    >>> Named(by="accent")
    Named(by=('accent',), min_speakers=20, nb2=False)
    """

    method: ClassVar[str] = "named"
    #: Empty, because the setting ``by`` names the key columns.
    keys: ClassVar[tuple[str, ...]] = ()
    outcome_free: ClassVar[bool] = True
    known_groups: ClassVar[bool] = True
    keep_exposure: ClassVar[bool] = False

    by: str | tuple[str, ...] = ()
    min_speakers: int = 20
    nb2: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "by", names(self.by))
        if not self.by:
            raise UsageError(f"named needs at least one column ({setting('by', 'COLUMN')})")

    @property
    def columns(self) -> tuple[str, ...]:
        """The label columns."""
        return names(self.by)

    def partition(self, units: UnitTable) -> Lookup:
        """List the combinations that occur, sorted by label, and bands of numbers from the lowest to the highest.

        Units with a missing label belong to no cohort.
        """
        columns = list(self.columns)
        labels = units.features[columns].dropna().drop_duplicates().sort_values(columns, key=_in_order)
        return Lookup.of(self.columns, (tuple(map(str, row)) for row in labels.itertuples(index=False)))

    def search(self, units: UnitTable) -> FixedGroups:
        """Prepare the search over :func:`fairaudit.cohorts.fixed.hypotheses` of the combinations."""
        rule = self.partition(units)
        cohort = units.counts.regroup(rule.assign(units.features)).group
        kind = _Compared if self.nb2 else FixedGroups
        return kind(units, cohort, hypotheses(units, cohort, rule, self.min_speakers))


def _in_order(labels: pd.Series) -> pd.Series:
    """Return what the labels of a column are sorted by."""
    bands = Bands.of_labels(str(labels.name), labels)
    return labels if bands is None else labels.map(bands.labels.index)


@dataclass(frozen=True)
class _Compared(FixedGroups):
    """Search over groups that also compares each group with the rest by regression."""

    def details(self, null: NDArray[np.float64] | None, bottom: Group | None) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the regression results of every group with enough speakers."""
        single = [group.cohorts[0] for group in self.groups if len(group.cohorts) == 1]
        tests = compare_groups(replace(self.units.counts, group=self.cohort), single)
        return {
            "nb2": [
                {
                    "cohort_id": test.group,
                    "ratio": test.ratio,
                    "interval": test.interval and list(test.interval),
                    "p_value": test.p_value,
                    "p_adjusted": test.p_adjusted,
                }
                for test in tests
            ]
        }
