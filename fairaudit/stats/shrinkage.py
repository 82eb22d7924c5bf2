"""What a ranking may show: rates pulled towards the whole, and how sure a rank is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from fairaudit.stats.exact import exact_sum

__all__ = ["rank_intervals", "shrink"]


def shrink(departure: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Empirical-Bayes estimates of the cohorts' relative departures from the overall rate.

    The variance between cohorts is estimated by the moments of DerSimonian and Laird (1986) about zero,
    the departure of the whole log from itself, and is zero where the cohorts differ no more than chance.

    Parameters
    ----------
    departure
        Relative departures R_c / r - 1, shape (n_cohorts,).
    variance
        Their sampling variances, shape (n_cohorts,), positive.

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
    """Intervals of the cohorts' ranks, worst first, from all pairwise comparisons.

    A cohort's best possible rank counts the cohorts that are surely worse, its worst possible rank those
    that are surely better; "surely" is a two-sided z-test with Bonferroni's correction over the cohort's
    comparisons (after Mogstad, Romano, Shaikh and Wilhelm, 2024, marginal confidence sets for ranks).

    Parameters
    ----------
    departure, variance
        As in :func:`shrink`, shape (n_cohorts,).
    level
        Confidence level of each cohort's interval.

    Returns
    -------
    ndarray of int64
        First and last rank, 1 is the worst, shape (n_cohorts, 2).

    Examples
    --------
    >>> rank_intervals(np.array([2.0, 0.0, 0.1]), np.array([0.01, 0.01, 0.01])).tolist()
    [[1, 1], [2, 3], [2, 3]]
    """
    size = len(departure)
    if size < 2:
        return np.ones((size, 2), dtype=np.int64)
    critical = float(stats.norm.ppf(1 - (1 - level) / 2 / (size - 1)))
    z = (departure[:, None] - departure[None, :]) / np.sqrt(variance[:, None] + variance[None, :])
    surely_worse = (z < -critical).sum(axis=1)
    surely_better = (z > critical).sum(axis=1)
    return np.stack([1 + surely_worse, size - surely_better], axis=1).astype(np.int64)
