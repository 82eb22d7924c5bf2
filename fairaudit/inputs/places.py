"""Use places as features; the coordinates are their own key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from fairaudit.core.columns import COORDINATES
from fairaudit.core.errors import UsageError

__all__ = ["Coordinates"]


@dataclass(frozen=True)
class Coordinates:
    """Latitude and longitude in degrees, which are both the key and the features of a place.

    Examples
    --------
    >>> places = pd.MultiIndex.from_tuples([(42.5, -2.5), (float("nan"), 1.0)], names=COORDINATES)
    >>> Coordinates().lookup(places).values.tolist()
    [[42.5, -2.5], [nan, nan]]
    """

    #: A speaker with several places is counted under the most frequent one.
    one_per_speaker: ClassVar[bool] = True

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that identify a unit."""
        return COORDINATES

    def lookup(self, units: pd.Index) -> pd.DataFrame:
        """Return the coordinates of places.

        Parameters
        ----------
        units
            Shape (n_units,), with two levels.

        Returns
        -------
        pandas.DataFrame
            float64, shape (n_units, 2), in the order of ``units``. If one coordinate is missing, both are.

        Raises
        ------
        UsageError
            If the index does not have two levels.
        """
        if units.nlevels != 2:
            raise UsageError(f"places need the levels latitude and longitude, not {list(units.names)}")
        frame = pd.DataFrame(
            {name: units.get_level_values(level).to_numpy(dtype="float64") for level, name in enumerate(COORDINATES)},
            index=units,
        )
        return frame.where(frame.notna().all(axis=1))
