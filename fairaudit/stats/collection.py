"""Divide a budget for new speakers among cohorts, so that the widest interval of a gap becomes as narrow as possible.

The variance of the log of a rate is phi / E + tau2 * sum W^2 / (sum W)^2 over the speakers of a cohort, and that of a
gap is the sum of those of its two sides, as in :func:`fairaudit.stats.rates.gap_between`. The width that follows from
this variance shrinks as its square root does. Most intervals are somewhat wider, because of Student's t, and because a
few speakers may differ from each other by more than others do. This excess is expected to shrink as the variance to
the power of 3/2, as that of Student's t does.

tau2 is that of all speakers around one rate. Cohorts with different rates add to it, so that it changes with the share
of each cohort.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.dispersion import Dispersion
from fairaudit.stats.quantiles import normal_quantile
from fairaudit.stats.rates import LEVEL

__all__ = ["GapWidths", "allocate", "utterances_per_speaker"]

Floats = NDArray[np.float64]
Numbers = NDArray[np.float64] | NDArray[np.int64]
#: A step of an allocation spends at most this part of what is left, or one speaker.
_STEP: Final = 1 / 500
_TOLERANCE: Final = 1e-9


@dataclass(frozen=True)
class GapWidths:
    """Half-widths of the intervals of gaps, before and after speakers are added.

    A half-width is half of the length of the interval of a ratio, relative to the ratio: 0.3 for 2.0 (1.5 to 2.7).

    Attributes
    ----------
    sums
        Speakers, errors, exposure, and squared exposures of speakers, summed over each cohort, shape (4, n_cohorts).
    new
        What one new speaker of each cohort is expected to add to these sums, shape (4, n_cohorts).
    inside
        The cohorts whose rate is compared with that of all others, for each gap, shape (n_gaps, n_cohorts).
    reach
        How far the interval of each gap extends down and up now, on the log scale, shape (2, n_gaps).
    dispersion
        Dispersion fitted to the log.
    """

    sums: Floats
    new: Floats
    inside: NDArray[np.bool_]
    reach: Floats
    dispersion: Dispersion

    def only(self, gap: int) -> Self:
        """Keep one gap."""
        return replace(self, inside=self.inside[[gap]], reach=self.reach[:, [gap]])

    @cached_property
    def now(self) -> Floats:
        """Variances of the logs of the ratios without new speakers, shape (n_gaps,)."""
        return self.variances(np.zeros(self.sums.shape[1]))

    def variances(self, added: Numbers) -> Floats:
        """Return the variances of the logs of the ratios with added speakers.

        Parameters
        ----------
        added
            Number of new speakers of each cohort, shape (..., n_cohorts).

        Returns
        -------
        ndarray
            Shape (..., n_gaps).
        """
        sums = self.sums + added[..., None, :] * self.new
        here = sums @ self.inside.T.astype(float)
        there = sums.sum(axis=-1, keepdims=True) - here
        tau2 = self._tau2(sums)[..., None]
        return self._variance(here, tau2) + self._variance(there, tau2)

    def _variance(self, sums: Floats, tau2: Floats) -> Floats:
        """Return the variance of the log of a rate from sums of shape (..., 4, n_gaps)."""
        _, errors, exposure, squares = np.moveaxis(sums, -2, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.dispersion.phi / errors + tau2 * squares / exposure**2)

    def _tau2(self, sums: Floats) -> Floats:
        """Return tau2 for other shares of the cohorts, with sums of shape (..., 4, n_cohorts).

        Around the rate of all, speakers of a cohort with u times this rate have the mean square (u - 1)^2 + tau2 u^2,
        if tau2 is that around their own rate.
        """
        (between, scale), (between_now, scale_now) = self._moments(sums), self._moments(self.sums)
        own = max(0.0, (self.dispersion.tau2 - float(between_now)) / float(scale_now))
        return np.maximum(0.0, self.dispersion.tau2 + between - between_now + own * (scale - scale_now))

    @staticmethod
    def _moments(sums: Floats) -> tuple[Floats, Floats]:
        """Return the means of (u - 1)^2 and u^2 over speakers, with u as in :meth:`_tau2`."""
        speakers, errors, exposure, _ = np.moveaxis(sums, -2, 0)
        rate = np.divide(errors, exposure, out=np.zeros_like(errors), where=exposure > 0)
        u = rate * (exposure.sum(axis=-1) / errors.sum(axis=-1))[..., None]
        share = speakers / speakers.sum(axis=-1, keepdims=True)
        return (share * (u - 1) ** 2).sum(axis=-1), (share * u**2).sum(axis=-1)

    def after(self, added: Numbers) -> Floats:
        """Return the expected half-widths with added speakers, shapes as in :meth:`variances`.

        Examples
        --------
        Two cohorts with 50 speakers of 100 words each, who make 10 errors:

        >>> sums, new = np.tile([[50.0], [500.0], [5e3], [5e5]], 2), np.tile([[1.0], [10.0], [100.0], [1e4]], 2)
        >>> gap = GapWidths(sums, new, np.array([[True, False]]), np.full((2, 1), 0.2), Dispersion(0.1, 1.0, 0.1))
        >>> gap.after(np.array([0, 0])).round(3), gap.after(np.array([50, 50])).round(3)
        (array([0.201]), array([0.133]))
        """
        shrunk = np.sqrt(self.variances(added) / self.now)
        usual = np.minimum(self.reach, normal_quantile(0.5 + LEVEL / 2) * np.sqrt(self.now))
        down, up = (
            least * shrunk + (reach - least) * shrunk**3 for least, reach in zip(usual, self.reach, strict=True)
        )
        return np.asarray((np.exp(up) - np.exp(-down)) / 2)


def allocate(gaps: GapWidths, prices: Floats, budget: float) -> NDArray[np.int64]:
    """Choose how many new speakers of each cohort to record, so that the widest interval becomes as narrow as possible.

    In each step, the cohort gets more speakers that narrows the interval which is then the widest by the most for its
    price. It is most often the cohort of that interval, but another one if the other side of the gap is the smaller.

    Parameters
    ----------
    gaps
        The gaps to measure better. All variances must be finite.
    prices
        Price of a new speaker of each cohort, shape (n_cohorts,), above 0; infinite where none can be recorded.
    budget
        What can be spent.

    Returns
    -------
    ndarray of int64
        Number of new speakers, shape (n_cohorts,). Less is left than any speaker costs.

    Examples
    --------
    The gap between 200 speakers and 50 becomes more certain with more of the latter:

    >>> sums, new = np.array([[50.0], [500.0], [5e3], [5e5]]), np.array([[1.0], [10.0], [100.0], [1e4]])
    >>> sums, new = sums * [4, 1], new * [1, 1]
    >>> gap = GapWidths(sums, new, np.array([[True, False]]), np.full((2, 1), 0.2), Dispersion(0.1, 1.0, 0.1))
    >>> allocate(gap, np.ones(2), 40)
    array([ 0, 40])
    """
    added, left = np.zeros(len(prices), dtype=np.int64), budget
    while (affordable := prices <= left * (1 + _TOLERANCE)).any():
        count = np.maximum(1, np.floor(left * _STEP / prices)).astype(np.int64)
        widest = int(np.argmax(gaps.after(added)))
        wide = gaps.only(widest)
        saved = (wide.variances(added) - wide.variances(added + np.diag(count))[:, 0]) / (count * prices)
        best = int(np.argmax(np.where(affordable, saved, -np.inf)))
        added[best] += count[best]
        left -= float(count[best] * prices[best])
    return added


def utterances_per_speaker(
    within: float, between: float, cost_speaker: float, cost_utterance: float, *, most: int
) -> int:
    """Return how many utterances of each new speaker give the smallest variance of a rate for what they cost.

    The variance of the mean of one speaker with m utterances is ``between + within / m``, and the price is
    ``cost_speaker + m * cost_utterance``. Their product is smallest at ``m = sqrt(cost_speaker / cost_utterance *
    within / between)`` (Cochran 1977, Sampling Techniques, 10.6). The better of its neighbours is taken.

    Parameters
    ----------
    within, between
        Variance between the utterances of a speaker, and between speakers, in the same units.
    cost_speaker, cost_utterance
        Costs in the same units, the second above 0.
    most
        Largest number that can be chosen.

    Examples
    --------
    >>> utterances_per_speaker(3.0, 0.3, cost_speaker=10.0, cost_utterance=1.0, most=100)
    10
    >>> utterances_per_speaker(3.0, 0.0, cost_speaker=10.0, cost_utterance=1.0, most=100)
    100
    """
    if between <= 0:
        return most
    best = min(math.sqrt(cost_speaker / cost_utterance * within / between), float(most))
    return min(
        {max(1, math.floor(best)), max(1, math.ceil(best))},
        key=lambda m: ((cost_speaker + m * cost_utterance) * (between + within / m), m),
    )
