"""Quantiles and tails of the normal distribution and of Student's t.

They are those of :mod:`scipy.special`, which agree bit for bit with those of :mod:`scipy.stats`, whose import takes
longer than many commands. That of ``scipy.special`` takes long enough to be left to those who need a number.
"""

from __future__ import annotations

__all__ = ["normal_below", "normal_quantile", "student_above", "student_quantile"]


def normal_quantile(probability: float) -> float:
    """Return the quantile of the standard normal distribution.

    Examples
    --------
    >>> round(normal_quantile(0.975), 2)
    1.96
    """
    from scipy.special import ndtri

    return float(ndtri(probability))


def normal_below(value: float) -> float:
    """Return the probability that a standard normal variable is at most ``value``.

    Examples
    --------
    >>> round(normal_below(1.96), 3)
    0.975
    """
    from scipy.special import ndtr

    return float(ndtr(value))


def student_quantile(probability: float, freedom: float) -> float:
    """Return the quantile of Student's t with so many degrees of freedom.

    Examples
    --------
    >>> round(student_quantile(0.975, 10.0), 2)
    2.23
    """
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))


def student_above(value: float, freedom: float) -> float:
    """Return the probability that a variable with Student's t distribution exceeds ``value``.

    Examples
    --------
    >>> round(student_above(2.23, 10.0), 3)
    0.025
    """
    from scipy.special import stdtr

    return float(stdtr(freedom, -value))
