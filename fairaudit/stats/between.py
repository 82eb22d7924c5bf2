"""Summarise how much the rates of cohorts differ, as papers on bias mitigation report it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import ErrorCounts
from fairaudit.stats.exact import exact_sum
from fairaudit.stats.rates import influence_on_log

__all__ = ["BetweenCohorts", "between_cohorts"]


@dataclass(frozen=True)
class BetweenCohorts:
    """Summary of the rates of cohorts. Every cohort has the same weight, whatever its size.

    Attributes
    ----------
    mean, maximum
        Mean and maximum, in units of the rate.
    variance
        Variance of the true rates, in units of the rate squared: the variance of the measured rates minus their
        sampling variance, at least 0. ``None`` for fewer than two cohorts.
    """

    mean: float
    maximum: float
    variance: float | None


def between_cohorts(cohorts: list[ErrorCounts]) -> BetweenCohorts | None:
    """Compute mean, maximum and noise-corrected variance of the rates of cohorts.

    The variance is the moment estimate max(0, S^2 - mean(v_c)), where S^2 is the sample variance of the measured rates
    and v_c is the jackknife variance of each rate over its speakers. Without the correction, the smallest cohorts
    would dominate the variance.

    Parameters
    ----------
    cohorts
        Cells of each cohort, with exposure and at least two speakers.

    Returns
    -------
    BetweenCohorts or None
        ``None`` if there are no cohorts.

    Examples
    --------
    >>> rng, n = np.random.default_rng(0), np.arange(100)
    >>> alike = [ErrorCounts(n, n * 0, rng.poisson(9.0, 100) * 1.0, np.full(100, 90.0)) for _ in range(5)]
    >>> float(np.var([c.rate for c in alike], ddof=1)) > between_cohorts(alike).variance
    True
    """
    if not cohorts:
        return None
    rates = np.array([cohort.rate for cohort in cohorts])
    mean, variance = exact_sum(rates) / len(rates), None
    if len(cohorts) > 1:
        noise = exact_sum([_variance(cohort) for cohort in cohorts]) / len(cohorts)
        variance = max(0.0, exact_sum((rates - mean) ** 2) / (len(rates) - 1) - noise)
    return BetweenCohorts(mean, float(rates.max()), variance)


def _variance(counts: ErrorCounts) -> float:
    """Return the jackknife variance of a rate, or 0 if the rate is 0."""
    if not counts.errors.any():
        return 0.0
    influence: NDArray[np.float64] = counts.rate * influence_on_log(counts)[1]
    return exact_sum(influence**2)
