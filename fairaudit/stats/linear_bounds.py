"""Bound a sum of numbers that are not negative, given other sums of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bounds", "linear_bounds"]

#: A sum contributes to bounds if they change with it by more than this.
_USED: Final = 1e-7
_UNBOUNDED: Final = 3


@dataclass(frozen=True)
class Bounds:
    """Lowest and highest value of a sum, and the numbers of the other sums that they follow from."""

    low: float
    high: float
    because: frozenset[int]


def linear_bounds(
    n_numbers: int, sets: Sequence[NDArray[np.int64]], sums: Sequence[float], target: NDArray[np.int64]
) -> Bounds:
    """Return the lowest and the highest sum over a set of numbers that the sums over other sets allow.

    If the linear programs cannot be solved, both bounds are 0 and follow from all sums, so that nothing counts as
    secret.

    Parameters
    ----------
    n_numbers
        How many numbers there are. None is negative.
    sets
        Positions of the numbers in each known sum.
    sums
        The known sums.
    target
        Positions of the numbers in the sum to bound.

    Examples
    --------
    Of three numbers, the sum of all is 10, and that of the first two is 8:

    >>> bounds = linear_bounds(3, [np.arange(3), np.arange(2)], [10.0, 8.0], np.array([1, 2]))
    >>> bounds.low, bounds.high
    (2.0, 10.0)
    """
    from scipy.optimize import linprog

    member = np.zeros((len(sets) + 1, n_numbers), dtype=np.int8)
    for row, positions in zip(member, [*sets, target], strict=True):
        row[positions] = 1
    # Numbers that are in the same sums are one number.
    *known, wanted = np.unique(member, axis=1).astype(float)
    ends, because = [], set()
    for sign in (1.0, -1.0):
        solved = linprog(sign * wanted, A_eq=np.array(known), b_eq=np.asarray(sums, dtype=float), bounds=(0, None))
        if solved.status == _UNBOUNDED:
            ends.append(np.inf)
        elif solved.status != 0:
            return Bounds(0.0, 0.0, frozenset(range(len(sets))))
        else:
            ends.append(sign * solved.fun)
            because |= {*np.flatnonzero(np.abs(solved.eqlin.marginals) > _USED).tolist()}
    return Bounds(float(ends[0]), float(ends[1]), frozenset(because))
