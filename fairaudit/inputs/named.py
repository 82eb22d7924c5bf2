"""Use columns of the log as features; a named group is its own key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from fairaudit.core.columns import names
from fairaudit.core.errors import UsageError

__all__ = ["NamedColumns"]


@dataclass(frozen=True)
class NamedColumns:
    """One or more columns of the log; each combination of labels is a unit.

    Parameters
    ----------
    columns
        Name of a column, or names of several columns, which form intersections.

    Examples
    --------
    >>> groups = pd.Index(["Irish", None], name="accent", dtype="object")
    >>> NamedColumns("accent").lookup(groups)["accent"].isna().tolist()
    [False, True]
    """

    columns: str | tuple[str, ...]

    #: A speaker may be in several groups (devices, domains) and is counted in each.
    one_per_speaker: ClassVar[bool] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", names(self.columns))
        if not self.columns or len(set(self.columns)) < len(self.columns):
            raise UsageError(f"named cohorts need one or more distinct columns, not {list(self.columns)}")

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that identify a unit."""
        return names(self.columns)

    def lookup(self, units: pd.Index) -> pd.DataFrame:
        """Return the labels of units.

        Parameters
        ----------
        units
            Shape (n_units,), one level per column.

        Returns
        -------
        pandas.DataFrame
            Texts of shape (n_units, n_columns), in the order of ``units``. Missing labels stay missing.

        Raises
        ------
        UsageError
            If the numbers of levels and columns differ.
        """
        if units.nlevels != len(self.keys):
            raise UsageError(f"units have the levels {list(units.names)}, but the columns are {list(self.keys)}")
        labels = {name: units.get_level_values(level) for level, name in enumerate(self.keys)}
        return pd.DataFrame(labels).set_axis(units)
