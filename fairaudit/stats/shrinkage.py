"""Shrinkage of cohort rates towards the overall rate, and confidence intervals of ranks."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.exact import exact_sum
from fairaudit.stats.quantiles import normal_quantile

__all__ = ["rank_intervals", "shrink"]

#: Pairs of cohorts that are compared at once, which bounds the memory.
_PAIRS: Final = 1_000_000


def shrink(departure: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return empirical-Bayes estimates of the cohorts' relative departures from the overall rate.

    The variance between cohorts is estimated by the method of moments of DerSimonian and Laird (1986), around zero,
    which is the departure of the whole log. It is zero if cohorts differ no more than by chance.

    Parameters
    ----------
    departure
        Relative departures R_c / r - 1, shape (n_cohorts,).
    variance
        Positive sampling variances of the departures, shape (n_cohorts,).

    Returns
    -------
    ndarray
        Shrunk departures, shape (n_cohorts,).

    Examples
    --------
    >>> shrink(np.array([0.1, -0.1]), np.array([0.04, 0.04]))
    array([ 0., -0.])
    >>> shrink(np.array([1.0, -1.0, 0.5]), np.array([0.01, 0.01, 0.01])).round(2)
    array([ 0.99, -0.99,  0.49])
    """
    if not len(departure):
        return departure
    weight = 1.0 / variance
    excess = exact_sum(weight * departure**2) - len(departure)
    between = max(0.0, excess / exact_sum(weight))
    return np.asarray(departure * between / (between + variance))


def rank_intervals(
    departure: NDArray[np.float64], variance: NDArray[np.float64], level: float = 0.95
) -> NDArray[np.int64]:
    """Compute confidence intervals of the cohorts' ranks, worst first, from all pairwise comparisons.

    The first rank of a cohort's interval is one more than the number of cohorts that are significantly worse. The last
    rank is the number of cohorts minus those that are significantly better. Significance is by a two-sided z-test with
    Bonferroni's correction over the cohort's comparisons (after Mogstad, Romano, Shaikh and Wilhelm, 2024, marginal
    confidence sets for ranks).

    Parameters
    ----------
    departure, variance
        See :func:`shrink`; shape (n_cohorts,).
    level
        Confidence level of each cohort's interval.

    Returns
    -------
    ndarray of int64
        First and last rank, shape (n_cohorts, 2); 1 is the worst.

    Examples
    --------
    >>> rank_intervals(np.array([2.0, 0.0, 0.1]), np.array([0.01, 0.01, 0.01])).tolist()
    [[1, 1], [2, 3], [2, 3]]
    """
    size = len(departure)
    if size < 2:
        return np.ones((size, 2), dtype=np.int64)
    critical = normal_quantile(1 - (1 - level) / 2 / (size - 1))
    ranks = np.empty((size, 2), dtype=np.int64)
    step = max(1, _PAIRS // size)
    for start in range(0, size, step):
        rows = slice(start, start + step)
        z = (departure[rows, None] - departure[None, :]) / np.sqrt(variance[rows, None] + variance[None, :])
        ranks[rows, 0] = 1 + (z < -critical).sum(axis=1)
        ranks[rows, 1] = size - (z > critical).sum(axis=1)
    return ranks
