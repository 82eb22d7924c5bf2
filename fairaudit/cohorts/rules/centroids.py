"""Nearest centres on the unit sphere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairaudit.cohorts.rules.base import Group, single_cohorts
from fairaudit.core.counts import UNASSIGNED
from fairaudit.core.errors import InputError
from fairaudit.stats.exact import exact_distances

__all__ = ["Centroids", "normalize_rows"]

#: Squares of larger numbers do not fit float32; means of vectors of length 1 are far below.
_LARGEST: Final = 1e18


@dataclass(frozen=True)
class Centroids:
    """Each unit belongs to the nearest of some centres on the unit sphere.

    Attributes
    ----------
    centers
        Shape (n_cohorts, n_dimensions), float32.

    Examples
    --------
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
        """Index of the nearest centre to each length-normalised row; -1 where a row has missing values."""
        rows = features.to_numpy(np.float32)
        if rows.shape[1] != self.centers.shape[1]:
            raise InputError(
                f"embeddings have {rows.shape[1]} dimensions, the cohorts were found in {self.centers.shape[1]}"
            )
        known = np.isfinite(rows).all(axis=1)
        cohort = np.full(len(rows), UNASSIGNED, dtype=np.int64)
        if known.any():
            unit = normalize_rows(rows[known])
            cohort[known] = exact_distances(unit, self.centers).argmin(axis=1)
        return cohort

    def label(self, cohort: int) -> str:
        """Short name of a cohort."""
        return f"V{cohort + 1}"

    def describe(self, cohort: int) -> str:
        """A cohort in words."""
        return f"voice cluster {cohort + 1} of {self.n_cohorts}"

    def describe_all(self, cohorts: Iterable[int]) -> str:
        """Several cohorts as one group, in words.

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
        """Every cohort by itself."""
        return single_cohorts(self)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form; float32 survives the round trip."""
        return {"centers": [[float(str(value)) for value in center] for center in self.centers]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`."""
        with np.errstate(over="ignore"):
            centers = np.array(data["centers"], dtype=np.float32)
        if centers.ndim != 2 or not centers.size or not (np.abs(centers) < _LARGEST).all():
            raise InputError(f"cohorts: centres must be rows of equal length, of numbers below {_LARGEST:g}")
        return cls(centers)


def normalize_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale every row to length 1, shape unchanged; rows must not be zero.

    Examples
    --------
    >>> normalize_rows(np.array([[3.0, 4.0]], dtype=np.float32))
    array([[0.6, 0.8]], dtype=float32)
    """
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
