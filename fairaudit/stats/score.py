"""Scores: by how many standard errors the rate of a set of speakers differs from that of all others."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["departure", "ratio_interval", "robust_score", "set_score", "spread"]

_TOLERANCE: Final = 1e-12


def set_score(
    residual: NDArray[np.floating] | float,
    information: NDArray[np.floating] | float,
    total_residual: NDArray[np.floating] | float,
    total_information: NDArray[np.floating] | float,
) -> NDArray[np.float64]:
    """Score sets against their complements: the difference of relative excess rates in standard errors.

    Parameters
    ----------
    residual, information
        Results of :meth:`Dispersion.weigh`, summed over each set; arrays of the same shape.
    total_residual, total_information
        The same sums over all speakers, broadcastable.

    Returns
    -------
    ndarray
        z(C) = (U_C/I_C - U_R/I_R) / sqrt(1/I_C + 1/I_R), same shape; -inf where the set or its complement is empty.
        The complement has exactly the negative of this score.

    Examples
    --------
    >>> set_score(np.array([10.0]), np.array([10.0]), 5.0, 20.0).round(3)
    array([3.354])
    """
    rest = total_information - information
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (residual * rest - (total_residual - residual) * information) / np.sqrt(
            information * rest * total_information
        )
    floor = 1e-9 * np.asarray(total_information)
    return np.asarray(np.where((information > floor) & (rest > floor), z, -np.inf))


def departure(moments: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the relative departure of sets from the overall rate, and its variance.

    The variance is the larger of two: the one predicted from the dispersion of the whole log, 1 / I, and the set's own
    sandwich variance, sum (u - d i)^2 / I^2 with d = U / I. Sets whose speakers differ more than others are then not
    flagged too often.

    Parameters
    ----------
    moments
        Sums of u, i, u^2, u i and i^2 over the cells of each set (:meth:`Dispersion.weigh`), shape (5, ...).

    Returns
    -------
    ndarray, ndarray
        Both of shape (...); NaN for empty sets.

    Examples
    --------
    Two speakers, with departures of 0.1 and 0.3 and an information of 10 each:

    >>> u, i = np.array([1.0, 3.0]), np.array([10.0, 10.0])
    >>> d, variance = departure(np.array([u.sum(), i.sum(), (u * u).sum(), (u * i).sum(), (i * i).sum()]))
    >>> float(d), float(variance)
    (0.2, 0.05)
    """
    estimate, predicted, own = _departure(moments)
    return estimate, np.maximum(predicted, own)


def _departure(
    moments: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the relative departure of sets, its predicted variance, and their own sandwich variance."""
    residual, information = moments[:2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return residual / information, 1 / information, spread(moments) / information**2


def spread(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of the squared residuals of sets around their own rates, sum (u - d i)^2 with d = U / I.

    Parameters
    ----------
    moments
        Moments of each set, shape (5, ...); see :func:`departure`.

    Returns
    -------
    ndarray
        Shape (...), NaN for empty sets.

    Examples
    --------
    >>> u, i = np.array([1.0, 3.0]), np.array([8.0, 8.0])
    >>> float(spread(np.array([u.sum(), i.sum(), (u * u).sum(), (u * i).sum(), (i * i).sum()])))
    2.0
    """
    residual, information, squares, mixed, weights = moments
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = residual / information
        return np.asarray(squares - 2 * estimate * mixed + estimate**2 * weights)


def _sides(inside: NDArray[np.float64], outside: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the departures of sets and their complements, and the variances that they would have without a gap.

    The variance of a rate grows with the rate: with its square if effects of speakers multiply, and proportionally if
    errors are Poisson. The own variance of the side with the higher rate is therefore divided by the square of the
    ratio of the rates, and the predicted one, as a lower bound, by the ratio. (The variance of the other side is not
    raised, because a side with hardly any error would then never differ.)

    Returns
    -------
    ndarray
        d and variance of the set, then d and variance of the complement, shape (4, ...).
    """
    (here, here_predicted, here_own), (there, there_predicted, there_own) = _departure(inside), _departure(outside)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate, rest = np.maximum(0.0, 1 + here), np.maximum(0.0, 1 + there)
        above, below = np.fmax(1.0, rate / rest), np.fmax(1.0, rest / rate)
        return np.stack(
            [
                here,
                np.maximum(here_predicted / above, here_own / above**2),
                there,
                np.maximum(there_predicted / below, there_own / below**2),
            ]
        )


def robust_score(inside: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score sets against their complements as :func:`set_score` does, with variances that allow for their speakers.

    The variance of each side is the larger of the one predicted from the dispersion of the whole log, and the side's
    own sandwich variance. The variance of the side with the higher rate is reduced to what it would be if there were no
    gap, because a score asks how far a set departs by chance.

    Parameters
    ----------
    inside
        Moments of each set, shape (5, ...); see :func:`departure`.
    total
        Moments of all speakers, broadcastable.

    Returns
    -------
    ndarray
        Shape (...), -inf where the set or its complement is empty. The complement has exactly the negative score.
    """
    outside = total - inside
    here, here_variance, there, there_variance = _sides(inside, outside)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (here - there) / np.sqrt(here_variance + there_variance)
    floor = 1e-9 * total[1]
    return np.asarray(np.where((inside[1] > floor) & (outside[1] > floor), z, -np.inf))


def ratio_interval(
    inside: NDArray[np.float64], total: NDArray[np.float64], critical: float
) -> tuple[float, tuple[float, float]]:
    """Return the ratio of the weighted rates of a set and its complement, with the interval that inverts its score.

    The interval contains every ratio whose score is at most ``critical`` in absolute value (Fieller 1954). It therefore
    excludes 1 if and only if the absolute value of the set's :func:`robust_score` exceeds this value. Under a ratio
    above 1, the standard error of the set's rate is larger by this ratio, because effects of speakers multiply.

    Parameters
    ----------
    inside, total
        Moments of the set and of all speakers, shape (5,).
    critical
        Critical value of the score.

    Returns
    -------
    float, (float, float)
        The lower limit is at least 0. The upper limit may be infinite, and so is the ratio if the complement has no
        errors. If there is no variation at all, so may be the lower limit.

    Examples
    --------
    >>> inside = np.array([4.0, 20.0, 1.0, 4.0, 20.0])
    >>> ratio, (low, high) = ratio_interval(inside, inside + [-4.0, 80.0, 1.0, -1.0, 80.0], critical=1.0)
    >>> round(ratio, 2), round(low, 2), round(high, 2)
    (1.26, 1.02, 1.66)
    """
    here, v, there, w = map(float, _sides(inside, total - inside))
    top, bottom = max(0.0, 1 + here), max(0.0, 1 + there)
    reach = critical * math.sqrt(v + w)
    ratio = top / bottom if bottom > _TOLERANCE else math.inf
    high = top / (bottom - reach) if bottom > reach else math.inf
    if top - bottom >= reach:
        return ratio, (top / (bottom + reach) if bottom + reach > 0 else math.inf, high)
    # A ratio below 1 solves (top - ratio * bottom)^2 = critical^2 (v + ratio^2 w).
    scale, rest = bottom**2 - critical**2 * w, top**2 - critical**2 * v
    root = math.sqrt(max(0.0, (top * bottom) ** 2 - scale * rest))
    low = max(0.0, rest / (top * bottom + root)) if rest > 0 else 0.0
    if bottom - top > reach:
        high = (top * bottom + root) / scale
    return ratio, (low, high)
