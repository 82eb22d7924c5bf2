"""Sums that depend neither on the order of their terms nor on the processor.

A sum of floats depends on its order, which names and rows determine, and on how many numbers a processor adds at a
time. Three rules keep results identical to the last bit:

1. Counts are whole numbers, and the terms of scores are rounded to a common grid (:func:`on_grid`). Every partial sum
   is then exactly a float, so that ``bincount``, ``cumsum`` and matrix products are exact in any order.
2. All other sums use :func:`exact_sum`.
3. In NumPy, ``exp``, ``log`` and powers above the square differ between processors. Arrays use :mod:`scipy.special` or
   products instead. Sums, products, quotients and square roots are the same everywhere.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["exact_distances", "exact_sum", "exact_sum_over", "on_grid"]

Array = NDArray[np.float64]
#: Bits of the significand of a float.
_BITS: Final = 53


def exact_sum(values: ArrayLike) -> float:
    """Sum numbers to float precision, with a result that does not depend on their order.

    The leading bits of all numbers are added on one grid and the remainders on a finer grid. Both sums are exact
    (Demmel and Nguyen 2013, "Fast reproducible floating-point summation").

    Parameters
    ----------
    values
        Numbers to sum, any shape.

    Examples
    --------
    >>> exact_sum([0.1, 1e9, 0.2, -1e9]) == exact_sum([1e9, -1e9, 0.2, 0.1])
    True
    """
    values = np.asarray(values, dtype=float).ravel()
    if not len(values):
        return 0.0
    leading, rest = _split(values, len(values))
    return float(leading.sum() + rest.sum())


def exact_sum_over(group: NDArray[np.int64], values: Array, size: int) -> Array:
    """Sum values over groups numbered 0 .. size - 1 independently of their order; the result has shape (size,).

    Examples
    --------
    >>> exact_sum_over(np.array([0, 1, 0]), np.array([0.5, 2.0, 4.0]), 3)
    array([4.5, 2. , 0. ])
    """
    if not len(values):
        return np.zeros(size)
    leading, rest = _split(values, len(values))
    return np.asarray(sum(np.bincount(group, part, minlength=size) for part in (leading, rest)), dtype=float)


def on_grid(values: Array, bound: float | None = None) -> Array:
    """Round values to multiples of a power of two, chosen so that sums of the rounded values are exact.

    Sums and differences of sums are then the same in any order and on any processor. The rounding error of a value is
    at most 2 ** -51 times the sum of all absolute values.

    Parameters
    ----------
    values
        Any shape.
    bound
        Upper bound of the sums of absolute values that will occur. By default, the sum over all ``values``.

    Examples
    --------
    >>> grid = on_grid(np.array([0.1, 0.2, 0.3]))
    >>> bool((grid[0] + grid[1]) + grid[2] == grid[0] + (grid[1] + grid[2])), grid.round(12).tolist()
    (True, [0.1, 0.2, 0.3])
    """
    bound = exact_sum(np.abs(values)) if bound is None else bound
    return _rounded(values, _exponent(bound) + 2 - _BITS)


def exact_distances(rows: NDArray[np.floating], others: NDArray[np.floating]) -> Array:
    """Return squared Euclidean distances between rows, independent of the BLAS library and its threads.

    Rows are rounded to multiples of about 2 ** -25 of the longest row, a precision similar to float32, so that every
    sum of products of two entries is exactly a float.

    Parameters
    ----------
    rows, others
        Shape (n, n_dimensions) and (m, n_dimensions).

    Returns
    -------
    ndarray
        Shape (n, m).

    Examples
    --------
    >>> exact_distances(np.eye(2), np.array([[1.0, 0.0]])).tolist()
    [[0.0], [2.0]]
    """
    longest = max(float((side.astype(float) ** 2).sum(axis=1).max(initial=0.0)) for side in (rows, others))
    # The margin of 1 % keeps lengths of 1 with rounding errors from falling on both sides of a power of two.
    exponent = _exponent(1.01 * np.sqrt(longest)) - _BITS // 2 + 1
    left, right = (_rounded(side.astype(float), exponent) for side in (rows, others))
    return np.asarray((left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * (left @ right.T))


def _split(values: Array, terms: int) -> tuple[Array, Array]:
    """Split every value into two parts, each exact when added up over the given number of terms."""
    largest, bits = float(np.abs(values).max()), _exponent(terms)
    if not np.isfinite(largest):
        return values, np.zeros_like(values)
    exponent = _exponent(largest) + bits - _BITS
    leading = _rounded(values, exponent)
    return leading, _rounded(values - leading, exponent + bits - _BITS)


def _rounded(values: Array, exponent: int) -> Array:
    """Round to multiples of 2 ** exponent."""
    return np.ldexp(np.rint(np.ldexp(values, -exponent)), exponent)


def _exponent(value: float) -> int:
    """Return the exponent of the smallest power of two above a positive number; 0 for 0."""
    return int(np.frexp(value)[1])
