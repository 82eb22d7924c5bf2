"""Counts of errors and exposure, from which all rates, scores and intervals are computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "UNASSIGNED",
    "CellIndex",
    "ErrorCounts",
    "distinct_codes",
    "numbered_codes",
    "speaker_weights",
    "speakers_outside",
    "sum_over",
]

#: Group of cells whose unit belongs to no cohort.
UNASSIGNED: Final = -1
#: Weights of cells are multiples of 1 / _PARTS, so that their sums are exact in every order.
_PARTS: Final = 1 << 24
#: Codes are marked in a table if it has at most so many entries per code; otherwise they are hashed or sorted.
_SPARSE: Final = 16


@dataclass(frozen=True)
class ErrorCounts:
    """Counts of each cell of a log, that is, each pair of sampling unit and group that occurs.

    Attributes
    ----------
    speaker
        Code of the cell's sampling unit (the speaker, or the coarser ``--cluster``), shape (n_cells,), int64.
    group
        Code of the cell's unit or cohort, or :data:`UNASSIGNED` if it has none, shape (n_cells,), int64.
    errors, exposure
        Numerator and denominator of the rate in ``1 / parts``, whole numbers of shape (n_cells,), float64.
    detail
        Further additive counts for display (utterances, substitutions, ...), each of shape (n_cells,).
    parts
        1, unless numbers with decimals are counted.

    Examples
    --------
    >>> ones = np.ones(3)
    >>> counts = ErrorCounts(np.array([0, 1, 1]), np.array([0, 0, 1]), ones, 10 * ones)
    >>> counts.rate, counts.n_speakers, counts.of_groups([0]).errors.sum()
    (0.1, 2, np.float64(2.0))
    """

    speaker: NDArray[np.int64]
    group: NDArray[np.int64]
    errors: NDArray[np.float64]
    exposure: NDArray[np.float64]
    detail: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    parts: int = 1

    def __len__(self) -> int:
        return len(self.speaker)

    @property
    def n_speakers(self) -> int:
        """Number of distinct sampling units."""
        return len(distinct_codes(self.speaker))

    @property
    def rate(self) -> float:
        """Sum of errors over sum of exposure; NaN without exposure."""
        exposure = float(self.exposure.sum())
        return float(self.errors.sum()) / exposure if exposure > 0 else float("nan")

    def where(self, cells: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Keep the cells where a mask of shape (n_cells,) is true, or those with the given positions."""
        return replace(
            self,
            speaker=self.speaker[cells],
            group=self.group[cells],
            errors=self.errors[cells],
            exposure=self.exposure[cells],
            detail={name: values[cells] for name, values in self.detail.items()},
        )

    def of_groups(self, groups: list[int] | tuple[int, ...]) -> Self:
        """Keep the cells of some groups."""
        return self.where(np.isin(self.group, groups))

    def by_group(self) -> dict[int, Self]:
        """Return the cells of every group that occurs, in the order of their codes, in one pass over all cells."""
        index = CellIndex.of(self.group)
        return {code: self.where(index.cells([code])) for code in index.codes}

    def regroup(self, cohort_of_group: NDArray[np.int64]) -> Self:
        """Replace every group code g by ``cohort_of_group[g]``; unassigned cells stay unassigned."""
        known = self.group >= 0
        group = np.full_like(self.group, UNASSIGNED)
        group[known] = cohort_of_group[self.group[known]]
        return replace(self, group=group)

    def per_speaker(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return errors and exposure summed over the cells of each sampling unit, in the order of their codes."""
        codes, index = numbered_codes(self.speaker)
        return sum_over(index, self.errors, len(codes)), sum_over(index, self.exposure, len(codes))


@dataclass(frozen=True)
class CellIndex:
    """Positions of cells, sorted by group, so that the cells of a group are found without a pass over all cells.

    Attributes
    ----------
    order
        Positions of the cells by group, then by position, shape (n_cells,).
    first
        Where each group that occurs begins in ``order``, and where it ends.

    Examples
    --------
    >>> index = CellIndex.of(np.array([7, 0, 7, -1]))
    >>> index.codes, index.cells([7]).tolist(), index.cells([0, 7, 8]).tolist()
    ([-1, 0, 7], [0, 2], [0, 1, 2])
    """

    order: NDArray[np.int64]
    first: Mapping[int, tuple[int, int]]

    @classmethod
    def of(cls, group: NDArray[np.int64]) -> Self:
        """Sort cells by their group, shape (n_cells,)."""
        codes, sizes = np.unique(group, return_counts=True)
        ends = np.cumsum(sizes)
        first = zip(codes.tolist(), zip((ends - sizes).tolist(), ends.tolist(), strict=True), strict=True)
        return cls(np.argsort(group, kind="stable"), dict(first))

    @property
    def codes(self) -> list[int]:
        """Groups that occur, in ascending order."""
        return [*self.first]

    def cells(self, groups: Iterable[int]) -> NDArray[np.int64]:
        """Return the positions of the cells of some groups, in ascending order."""
        parts = [self.order[slice(*self.first[code])] for code in {*groups} & self.first.keys()]
        if len(parts) == 1:
            return parts[0]
        return np.sort(np.concatenate(parts)) if parts else self.order[:0]


def distinct_codes(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the distinct codes in ascending order, like :func:`numpy.unique`, but faster for many dense codes.

    Parameters
    ----------
    codes
        Codes, at least 0, of any shape.

    Examples
    --------
    >>> distinct_codes(np.array([5, 2, 5]))
    array([2, 5])
    """
    present = _present(codes)
    if present is None:
        ordered = np.sort(codes, axis=None)
        return np.asarray(ordered[np.append(True, np.diff(ordered) != 0)[: codes.size]])
    return np.flatnonzero(present)


def numbered_codes(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct codes in ascending order, and the position of each code among them.

    Parameters
    ----------
    codes
        Codes, at least 0, of any shape.

    Examples
    --------
    >>> numbered_codes(np.array([5, 2, 5]))
    (array([2, 5]), array([1, 0, 1]))
    """
    present = _present(codes)
    if present is None:
        return np.unique(codes, return_inverse=True)
    return np.flatnonzero(present), (np.cumsum(present) - 1)[codes]


def _present(codes: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Mark the codes that occur in a table of all codes up to the largest; None if the table would be too sparse."""
    size = int(codes.max(initial=-1)) + 1
    if size > _SPARSE * codes.size:
        return None
    present = np.zeros(size, dtype=bool)
    present[codes] = True
    return present


def sum_over(group: NDArray[np.int64], column: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Sum a column over groups numbered 0 .. size - 1, shape (size,).

    Examples
    --------
    >>> sum_over(np.array([0, 1, 0]), np.array([1.0, 2.0, 4.0]), 3)
    array([5., 2., 0.])
    """
    return np.bincount(group, column, minlength=size).astype(float, copy=False)


def speakers_outside(speaker: NDArray[np.int64], group: NDArray[np.int64]) -> int:
    """Count the sampling units that are in no group: none of their cells is in one.

    Parameters
    ----------
    speaker
        Code of the sampling unit of each cell, shape (n_cells,).
    group
        Code of the group of each cell, negative if it has none, shape (n_cells,).

    Examples
    --------
    Labels are missing in some rows of the first speaker, and in all rows of the second:

    >>> speakers_outside(np.array([0, 0, 1, 2]), np.array([5, UNASSIGNED, UNASSIGNED, 5]))
    1
    """
    return len(distinct_codes(speaker)) - len(distinct_codes(speaker[group >= 0]))


def speaker_weights(speaker: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide each sampling unit equally among its cells: weights of shape (n_cells,) that add up to 1 for each.

    The weight of a set of cells is a lower bound of its number of sampling units, and unlike that number, it can be
    summed over places.

    Parameters
    ----------
    speaker
        Code of the sampling unit of each cell, shape (n_cells,).

    Examples
    --------
    A household with three addresses, and one with two:

    >>> speaker_weights(np.array([0, 0, 0, 1, 1])).round(3).tolist()
    [0.333, 0.333, 0.333, 0.5, 0.5]
    >>> float(speaker_weights(np.array([0, 0, 0, 1, 1])).sum())
    2.0
    """
    cells = np.bincount(speaker)[speaker] if len(speaker) else speaker
    order = np.argsort(speaker, kind="stable")
    until = np.empty_like(speaker)
    until[order] = np.arange(len(speaker)) - np.searchsorted(speaker[order], speaker[order]) + 1
    # The difference of two roundings, so that the parts of a whole add up to it.
    return (until * _PARTS // cells - (until - 1) * _PARTS // cells) / _PARTS
