"""Rules that assign units to the nearest centre on the unit sphere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np

from fairaudit.cohorts.rules.base import Group, single_cohorts
from fairaudit.core.counts import UNASSIGNED
from fairaudit.core.errors import InputError
from fairaudit.stats.exact import exact_distances

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Centroids", "normalize_rows"]

#: Squares of larger numbers overflow float32. Means of vectors of length 1 are far smaller.
_LARGEST: Final = 1e18
#: Smallest and largest size of numbers of a row whose squares can be summed in float32 with all of their digits.
_SQUARES_FIT: Final = (1e-15, 1e15)


@dataclass(frozen=True)
class Centroids:
    """Assigns each unit to the nearest of several centres on the unit sphere.

    Attributes
    ----------
    centers
        Centres, float32, shape (n_cohorts, n_dimensions).

    Examples
    --------
    >>> import pandas as pd
    >>> rule = Centroids(np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32))
    >>> rule.assign(pd.DataFrame([[0.2, 3.0], [5.0, 0.1]])).tolist()
    [1, 0]
    """

    kind: ClassVar[str] = "centroids"

    centers: NDArray[np.float32]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Centroids) and np.array_equal(self.centers, other.centers)

    def __hash__(self) -> int:
        return hash(self.centers.tobytes())

    @property
    def n_cohorts(self) -> int:
        """Number of centres."""
        return len(self.centers)

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Return the index of the centre nearest to each length-normalised row, or -1 if a row has missing values.

        Raises
        ------
        InputError
            If the features are no numbers, or have another number of dimensions than the centres.
        """
        try:
            rows = features.to_numpy(np.float32)
        except (ValueError, TypeError):
            raise InputError(f"cohorts of voices need vectors of numbers, not {[*features.columns]}") from None
        if rows.shape[1] != self.centers.shape[1]:
            raise InputError(
                f"embeddings have {rows.shape[1]} dimensions, but the cohorts have {self.centers.shape[1]}"
            )
        known = np.isfinite(rows).all(axis=1)
        cohort = np.full(len(rows), UNASSIGNED, dtype=np.int64)
        if known.any():
            unit = normalize_rows(rows[known])
            cohort[known] = exact_distances(unit, self.centers).argmin(axis=1)
        return cohort

    def label(self, cohort: int) -> str:
        """Return a short name of a cohort."""
        return f"V{cohort + 1}"

    def describe(self, cohort: int) -> str:
        """Describe a cohort by its number."""
        return f"voice cluster {cohort + 1} of {self.n_cohorts}"

    def describe_all(self, cohorts: Iterable[int]) -> str:
        """Describe several cohorts as one group.

        Examples
        --------
        >>> Centroids(np.eye(3, dtype=np.float32)).describe_all([0, 2])
        'voice clusters 1, 3 of 3'
        """
        chosen = sorted(cohorts)
        if len(chosen) == 1:
            return self.describe(chosen[0])
        return f"voice clusters {', '.join(str(cohort + 1) for cohort in chosen)} of {self.n_cohorts}"

    def groups(self) -> tuple[Group, ...]:
        """Return every cohort as a group of its own."""
        return single_cohorts(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as a JSON-compatible dictionary, without loss of float32 precision."""
        return {"centers": [[float(str(value)) for value in center] for center in self.centers]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Create a rule from the result of :meth:`to_dict`."""
        with np.errstate(over="ignore"):
            centers = np.array(data["centers"], dtype=np.float32)
        if centers.ndim != 2 or not centers.size or not (np.abs(centers) < _LARGEST).all():
            raise InputError(f"cohorts: centres must be rows of equal length, with numbers below {_LARGEST:g}")
        return cls(centers)


def normalize_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale every row to length 1. The shape is unchanged, and no row may be zero.

    Examples
    --------
    >>> normalize_rows(np.array([[3.0, 4.0]], dtype=np.float32))
    array([[0.6, 0.8]], dtype=float32)
    >>> normalize_rows(np.array([[3e30, 4e30], [3e-40, 4e-40]], dtype=np.float32)).round(4)
    array([[0.6, 0.8],
           [0.6, 0.8]], dtype=float32)
    """
    largest = np.abs(rows).max(axis=1, keepdims=True)
    far = ((largest < _SQUARES_FIT[0]) | (largest > _SQUARES_FIT[1])).ravel()  # squares would be 0 or infinite
    if far.any():
        rows = rows.copy()
        rows[far] = rows[far].astype(np.float64) / largest[far]
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
