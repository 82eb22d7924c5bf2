"""Statistical power: the smallest gap that a search, or a test of known groups, would notice with probability 0.8."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.dispersion import Dispersion
from fairaudit.stats.exact import exact_sum
from fairaudit.stats.quantiles import normal_quantile
from fairaudit.stats.roots import root_between
from fairaudit.stats.score import robust_score, spread

__all__ = ["LARGEST_GAP", "POWER", "growth", "minimum_detectable_gap", "noticeable_gap"]

#: Probability with which a minimum detectable gap is noticed.
POWER: Final = 0.8
#: Random groups of a simulation.
_GROUPS: Final = 200
#: Largest gap that is tried, and the step between gaps.
LARGEST_GAP: Final = 10.0
_STEP: Final = 0.001


def minimum_detectable_gap(
    exposure: NDArray[np.float64], share: float, critical: float, dispersion: Dispersion
) -> float | None:
    """Return the smallest true gap of a cohort that the search would flag with probability 0.8.

    A gap g multiplies the errors of the cohort's speakers by 1 + g. The score of the cohort is then approximately
    normal. Its mean follows from the speakers' weights, and its variance from their raised rate. To be flagged, the
    score must exceed the critical value of the *whole search*.

    Parameters
    ----------
    exposure
        Words of each sampling unit, shape (n_speakers,).
    share
        Share of the speakers in the cohort, between 0 and 1.
    critical
        Score that the search reaches in 5 % of the shuffles.
    dispersion
        Dispersion fitted to the whole log.

    Returns
    -------
    float or None
        Relative gap (0.4 = +40 %), or ``None`` if even a gap of +1,000 % would be missed.

    Examples
    --------
    >>> spread = Dispersion(rate=0.1, phi=1.0, tau2=0.36)
    >>> round(minimum_detectable_gap(np.full(2000, 500.0), 0.1, 3.3, spread), 2)
    0.2
    """
    expected = dispersion.rate * exposure
    weight = 1.0 / (dispersion.phi + dispersion.tau2 * expected)
    information = exact_sum(weight * expected)
    inside, rest = share * information, (1 - share) * information
    if min(inside, rest) <= 0:
        return None

    def shortfall(gap: float) -> float:
        raised = (1 + gap) * expected
        variance = share * exact_sum(weight**2 * (dispersion.phi * raised + dispersion.tau2 * raised**2))
        spread = math.sqrt(variance / inside**2 + 1 / rest)
        score = gap - critical * math.sqrt(1 / inside + 1 / rest)
        return score / spread - normal_quantile(POWER)

    if shortfall(LARGEST_GAP) < 0:
        return None
    return root_between(shortfall, 0.0, LARGEST_GAP)


def growth(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by which factor a planted gap raises the scores of shuffles, and with them the critical value.

    Speakers differ more with the gap than without it.

    Parameters
    ----------
    before, after
        Sums of squared residuals of all speakers (:func:`fairaudit.stats.score.spread`), of the same shape.

    Examples
    --------
    >>> growth(np.array([1.0, 0.0]), np.array([4.0, 1.0])).tolist()
    [2.0, 1.0]
    """
    return np.asarray(np.sqrt(np.divide(after, before, out=np.ones_like(before), where=before > 0)))


def noticeable_gap(
    errors: NDArray[np.float64],
    exposure: NDArray[np.float64],
    share: float,
    critical: float,
    dispersion: Dispersion,
) -> float | None:
    """Return the smallest gap that a test of a known group would notice with probability 0.8, by simulation.

    The errors of random groups of the log's own speakers are multiplied by 1 + g. The gap is noticed if the score of
    the group (:func:`fairaudit.stats.score.robust_score`) exceeds the critical value, which grows as the spread of
    all speakers does with the gap.

    Parameters
    ----------
    errors, exposure
        Counts of each sampling unit, shape (n_speakers,).
    share
        Share of the speakers in the group, between 0 and 1.
    critical
        Score that a group must exceed to be flagged.
    dispersion
        Dispersion fitted to the whole log.

    Returns
    -------
    float or None
        Relative gap (0.4 = +40 %), or ``None`` if even a gap of +1,000 % would be missed.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> errors = rng.poisson(50 * rng.gamma(4, 1 / 4, 500)).astype(float)
    >>> 0.2 < noticeable_gap(errors, np.full(500, 500.0), 0.1, 2.5, Dispersion(0.1, 1.0, 0.25)) < 0.4
    True
    """
    rng, size = np.random.default_rng(0), max(1, round(share * len(errors)))
    residual, information = dispersion.weigh(errors, exposure, exposure)
    weighted = residual + information
    columns = np.stack([residual, information, residual**2, residual * information, information**2])
    # Sums over random groups of everything that the moments of the raised residuals are made of.
    products = np.stack([*columns, weighted, residual * weighted, weighted**2, weighted * information], axis=1)
    speakers = np.arange(len(errors), dtype=np.int32)
    sums = np.stack([products[rng.permutation(speakers)[:size]].sum(axis=0) for _ in range(_GROUPS)], axis=1)
    outside = columns.sum(axis=1)[:, None] - sums[:5]

    def raised(gap: float) -> NDArray[np.float64]:
        u, i, uu, ui, ii, w, uw, ww, wi = sums
        return np.stack([u + gap * w, i, uu + 2 * gap * uw + gap**2 * ww, ui + gap * wi, ii])

    before = spread(raised(0.0) + outside)

    def is_noticed(gap: float) -> bool:
        inside = raised(gap)
        total = inside + outside
        limits = critical * growth(before, spread(total))
        return bool(np.count_nonzero(robust_score(inside, total) > limits) >= POWER * _GROUPS)

    low, high = 0, round(LARGEST_GAP / _STEP)
    if not is_noticed(LARGEST_GAP):
        return None
    while low < high:  # gaps are multiples of a step, so that rounding errors do not matter
        middle = (low + high) // 2
        low, high = (low, middle) if is_noticed(middle * _STEP) else (middle + 1, high)
    return low * _STEP
