"""Columns of the log as features: a named group is its own key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from fairaudit.core.columns import names
from fairaudit.core.errors import UsageError

__all__ = ["NamedColumns"]


@dataclass(frozen=True)
class NamedColumns:
    """One or several columns of the log, each combination of labels being a unit.

    Parameters
    ----------
    columns
        A column, or several, which mean their intersections.

    Examples
    --------
    >>> groups = pd.Index(["Irish", None], name="accent", dtype="object")
    >>> NamedColumns("accent").lookup(groups)["accent"].isna().tolist()
    [False, True]
    """

    columns: str | tuple[str, ...]

    #: A speaker may speak in several groups (devices, domains), and counts in each.
    one_per_speaker: ClassVar[bool] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", names(self.columns))
        if not self.columns or len(set(self.columns)) < len(self.columns):
            raise UsageError(f"named cohorts need one or more different columns, not {list(self.columns)}")

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a unit."""
        return names(self.columns)

    def lookup(self, units: pd.Index) -> pd.DataFrame:
        """Hand out the labels of units.

        Parameters
        ----------
        units
            Shape (n_units,), one level per column.

        Returns
        -------
        pandas.DataFrame
            Shape (n_units, n_columns), texts, in the order of ``units``; a missing label stays missing.

        Raises
        ------
        UsageError
            If there are not as many levels as columns.
        """
        if units.nlevels != len(self.keys):
            raise UsageError(f"units are named by {list(units.names)}, but the columns are {list(self.keys)}")
        labels = {name: units.get_level_values(level) for level, name in enumerate(self.keys)}
        return pd.DataFrame(labels).set_axis(units)
