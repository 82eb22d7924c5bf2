"""The hypotheses of an audit as one family: p-values that pay for all of them, from the same shuffles.

A search tests one hypothesis ("it finds no more than chance would") or, if its groups are known beforehand, one for
each group and one for all of them together. Statistics of different searches have different scales. Each is divided by
the value that its search exceeds by chance with the share of the level that it is given. The largest of all statistics
is then compared with the largest of each shuffle (step-down, Westfall and Young 1993), so that the probability of any
false claim in an audit is at most the level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.permutation import step_down

__all__ = ["Family", "adjusted", "simultaneous"]

Array = NDArray[np.float64]
#: Part of the level of a search over known groups that is spent on the omnibus test.
_OMNIBUS: Final = 0.25
#: Lower bound of critical values, for searches with hardly any group to test.
_LEAST: Final = 1.0


@dataclass(frozen=True)
class Family:
    """Statistics of the hypotheses of one search, in units of their critical values.

    Attributes
    ----------
    observed
        Shape (m,).
    null
        The same in each shuffle, shape (m, B).
    critical
        Critical value of each statistic, shape (m,).
    omnibus
        Whether the last hypothesis is about all groups together.
    """

    observed: Array
    null: Array
    critical: Array
    omnibus: bool = False

    @property
    def scores(self) -> Array:
        """Scores of single groups in each shuffle, shape (m or m - 1, B)."""
        return self.null[:-1] if self.omnibus else self.null

    @classmethod
    def of_search(cls, observed: float, null: Array, level: float) -> Self:
        """Return the only hypothesis of a search, from its highest score and those of its shuffles, shape (B,)."""
        return cls._scaled(np.array([observed]), null[None, :], np.array([_critical(observed, null, level)]))

    @classmethod
    def of_groups(cls, observed: Array, null: Array, level: float) -> Self:
        """Return the hypotheses of known groups: one for each group, and the omnibus hypothesis last.

        Parameters
        ----------
        observed
            Result of :meth:`fairaudit.cohorts.fixed.FixedGroups.statistics`, shape (m,).
        null
            The same in each shuffle, shape (m, B).
        level
            Significance level.
        """
        omnibus = _critical(observed[-1], null[-1], level * _OMNIBUS)
        critical = np.full(len(observed), omnibus)
        if len(observed) > 1:
            critical[:-1] = _critical(float(observed[:-1].max()), null[:-1].max(axis=0), level * (1 - _OMNIBUS))
        return cls._scaled(observed, null, critical, omnibus=True)

    @classmethod
    def _scaled(cls, observed: Array, null: Array, critical: Array, *, omnibus: bool = False) -> Self:
        return cls(observed / critical, null / critical[:, None], critical, omnibus)


def adjusted(families: Sequence[Family | None]) -> list[Array | None]:
    """Return the p-values of all hypotheses of several searches, each accounting for all others.

    Parameters
    ----------
    families
        Hypotheses of each search, with the same number of shuffles, drawn with the same seed; ``None`` if it did not
        run.

    Examples
    --------
    >>> weak = Family(np.array([0.5]), np.array([[0.4, 0.7, 0.2]]), np.ones(1))
    >>> strong = Family(np.array([2.0]), np.array([[0.3, 0.9, 0.1]]), np.ones(1))
    >>> adjusted([weak, None, strong])
    [array([0.5]), None, array([0.25])]
    """
    known = [family for family in families if family is not None]
    if not known:
        return [None] * len(families)
    p = step_down(np.concatenate([one.observed for one in known]), np.concatenate([one.null for one in known]))
    parts = iter(np.split(p, np.cumsum([len(one.observed) for one in known])[:-1]))
    return [None if family is None else next(parts) for family in families]


def simultaneous(families: Sequence[Family | None], level: float) -> float:
    """Return the factor of critical values within which all scores of all searches stay with probability 1 - level.

    Examples
    --------
    >>> null = np.arange(20.0)
    >>> simultaneous([Family(np.array([5.0]), null[None, :], np.ones(1))], 0.05)
    18.0
    """
    maxima = np.max([one.scores.max(axis=0) for one in families if one is not None], axis=0)
    return float(np.quantile(maxima, 1 - level, method="inverted_cdf"))


def _critical(observed: float, null: Array, level: float) -> float:
    """Return the value that a statistic exceeds by chance with a given probability, the observed value included."""
    return max(_LEAST, float(np.quantile(np.append(null, observed), 1 - level, method="higher")))
