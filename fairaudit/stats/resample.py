"""Sums over units that are drawn with replacement, as often as there are units: what a bootstrap repeats.

How many times each unit is drawn is multinomial. Units of small strata are drawn one by one. In a large stratum, these
numbers are drawn as independent Poisson variables, which are multinomial given their sum, and only the units that are
then lacking are drawn one by one. The distribution is the same, in less than half of the time.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["sums_of_many", "sums_of_strata"]

Array = NDArray[np.float64]

#: Number of drawn units in memory at a time: few enough to stay in the cache of a processor.
_AT_ONCE: Final = 200_000
#: Number of values of the random integers that decide about a Poisson variable.
_CELLS: Final = 1 << 16
#: A Poisson variable with a mean of at most 1 is larger with a probability of less than 1e-16.
_MOST: Final = 18
#: Standard deviations of their sum by which the mean of the Poisson variables is below the number of units.
_MARGIN: Final = 3.0


def sums_of_strata(columns: Array, size: NDArray[np.int64], rounds: int, rng: np.random.Generator) -> Array:
    """Sum columns over units that are drawn one by one.

    In each round, each stratum of n units in turn takes the next ``integers(0, n, n)`` of the generator.

    Parameters
    ----------
    columns
        Columns to sum, shape (n_columns, n_units), stratum by stratum.
    size
        Number of units of each stratum, shape (n_strata,), at least 1.
    rounds
        Number of rounds.
    rng
        Generator of the draws.

    Returns
    -------
    ndarray
        Shape (rounds, n_columns, n_strata).
    """
    start = np.cumsum(size) - size
    first, high = np.repeat(start, size), np.repeat(size, size)
    sums = np.empty((rounds, len(columns), len(size)))
    step = max(1, _AT_ONCE // len(first))
    for done in range(0, rounds, step):
        chunk = sums[done : done + step]
        drawn = rng.integers(high, size=(len(chunk), len(high)))
        drawn += first
        for i, column in enumerate(columns):
            chunk[:, i] = np.add.reduceat(column[drawn], start, axis=1)
    return sums


def sums_of_many(columns: Array, rounds: int, rng: np.random.Generator) -> Array:
    """Sum columns over units that are drawn from one large stratum, as multinomial weights.

    Parameters
    ----------
    columns
        Columns to sum, shape (n_columns, n_units).
    rounds
        Number of rounds.
    rng
        Generator of the draws.

    Returns
    -------
    ndarray
        Shape (rounds, n_columns).

    Examples
    --------
    >>> ones_and_zeros = np.array([np.ones(1000), np.arange(1000) < 500])
    >>> all_drawn, half = sums_of_many(ones_and_zeros, 4000, np.random.default_rng(0)).T
    >>> float(all_drawn.min()), float(all_drawn.max())
    (1000.0, 1000.0)
    >>> round(half.mean()), round(half.std())  # binomial: 500 and 15.8
    (500, 16)
    """
    rows, n_units = np.ascontiguousarray(columns.T), columns.shape[1]
    step = max(1, _AT_ONCE // n_units)
    poisson = _Poisson(1 - _MARGIN / math.sqrt(n_units), (step, n_units))
    sums = np.empty((rounds, len(columns)))
    for start in range(0, rounds, step):
        chunk = sums[start : start + step]
        weight = poisson.draw(len(chunk), rng)
        weight[weight.sum(axis=1) >= n_units] = 0  # too many: such a round draws all of its units one by one
        lacking = n_units - weight.sum(axis=1).astype(np.int64)  # at least one in each round
        one_by_one = rows[rng.integers(n_units, size=lacking.sum())]
        chunk[:] = weight @ rows + np.add.reduceat(one_by_one, np.cumsum(lacking) - lacking)
    return sums


class _Poisson:
    """Arrays of Poisson variables, from random integers of 16 bits.

    Of the 65,536 integers, the first p(0) * 65,536, rounded down, mean 0, the next p(1) * 65,536 mean 1, and so on.
    The few that are left over draw again, from what rounding took away from each p, so that the distribution is exact.

    Parameters
    ----------
    mean
        Mean of the variables, positive and at most 1.
    shape
        Shape of the largest array that is drawn. All arrays use the same memory.
    """

    def __init__(self, mean: float, shape: tuple[int, int]) -> None:
        share = _CELLS * math.exp(-mean) * np.cumprod([1.0, *(mean / np.arange(1, _MOST))])
        self._from = np.cumsum(np.floor(share[share >= 1])).astype(np.uint16)
        self._rest = (share % 1) / (share % 1).sum()
        self._reached, self._count = np.empty(shape, dtype=np.bool_), np.empty(shape, dtype=np.uint8)
        self._drawn = np.empty(shape)

    def draw(self, rows: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return an array of so many rows, which is valid until the next one is drawn."""
        reached, count, drawn = self._reached[:rows], self._count[:rows], self._drawn[:rows]
        words = rng.integers(0, 1 << 64, size=-(-drawn.size // 4), dtype=np.uint64)
        bits = words.astype("<u8", copy=False).view("<u2")[: drawn.size].reshape(drawn.shape)
        count[:] = 0
        for first in self._from:
            count += np.greater_equal(bits, first, out=reached)
        left = np.flatnonzero(np.equal(count, len(self._from), out=reached))
        drawn[:] = count
        drawn.flat[left] = rng.choice(_MOST, size=len(left), p=self._rest)
        return drawn
