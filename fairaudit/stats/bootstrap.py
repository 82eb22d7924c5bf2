"""The speaker bootstrap: resample speakers with replacement, and take percentiles of the resampled rates.

It is provided because other authors publish it. It is not the better interval: with few speakers it is too narrow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import ErrorCounts, sum_over
from fairaudit.core.errors import UsageError
from fairaudit.stats.resample import sums_of_many, sums_of_strata

__all__ = ["Estimate", "GroupRates", "Interval", "SpeakerBootstrap", "percentiles", "ratios"]

Array = NDArray[np.float64]
Interval = tuple[float, float]

#: Share of the draws within the limits of an interval.
_LEVEL: Final = 0.95
_FEWEST_ROUNDS: Final = 100
#: Largest number of sampling units in a stratum that are drawn one by one.
_LARGE: Final = 500


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval, in units of the rate."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class GroupRates:
    """Observed rates of groups, and their rates in every round.

    Attributes
    ----------
    observed
        Shape (n_groups,); NaN without exposure.
    draws
        Shape (rounds, n_groups).
    """

    observed: Array
    draws: Array

    @property
    def intervals(self) -> list[Interval]:
        """95 % interval of each group's rate."""
        return [percentiles(draws) for draws in self.draws.T]

    @property
    def worst(self) -> Estimate:
        """The highest rate. Each round takes its own highest group."""
        return Estimate(float(np.fmax.reduce(self.observed)), *percentiles(np.fmax.reduce(self.draws, axis=1)))

    @property
    def gap(self) -> Estimate:
        """The highest minus the lowest rate. Each round takes its own highest and lowest groups."""
        observed, draws = (
            np.fmax.reduce(rates, axis=-1) - np.fmin.reduce(rates, axis=-1) for rates in (self.observed, self.draws)
        )
        return Estimate(float(observed), *percentiles(draws))


@dataclass(frozen=True)
class SpeakerBootstrap:
    """Percentile intervals from rounds in which the sampling units of every stratum are resampled with replacement.

    In 1,000 random cohorts of 10, 20, 40, 100 and 1,000 speakers (s = 0.6), the 95 % interval of the rate covered the
    truth in .849, .879, .897, .915 and .942 of the cases. ``python tests/calibration/bootstrap.py`` reproduces this.

    Attributes
    ----------
    rounds
        Number of rounds.
    seed
        Seed of ``numpy.random.default_rng``. In each round, each stratum of n units in turn takes the next
        ``integers(0, n, n)`` of the stream, as a loop over rounds and groups would. A stratum of more than 500 units
        takes numbers from a stream of its own instead, which are faster to draw and have the same distribution.

    Examples
    --------
    >>> code = np.arange(4)
    >>> counts = ErrorCounts(code, code * 0, np.array([5.0, 10, 15, 10]), np.full(4, 100.0))
    >>> SpeakerBootstrap().rate_interval(counts)
    (0.0625, 0.1375)
    """

    rounds: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rounds < _FEWEST_ROUNDS:
            raise UsageError(f"a bootstrap needs at least {_FEWEST_ROUNDS} rounds, not {self.rounds}")
        if self.seed < 0:
            raise UsageError(f"a seed must be a whole number of at least 0, not {self.seed}")

    def sums(self, columns: Array, stratum: NDArray[np.int64]) -> Array:
        """Sum columns over the units drawn from each stratum.

        Parameters
        ----------
        columns
            Columns to sum, shape (n_columns, n_units).
        stratum
            Stratum of each unit, shape (n_units,). Strata are numbered 0 .. n_strata - 1, and none is empty.

        Returns
        -------
        ndarray
            Shape (rounds, n_columns, n_strata).
        """
        columns = columns[:, np.argsort(stratum, kind="stable")]
        size = np.bincount(stratum)
        end, is_large = np.cumsum(size), size > _LARGE
        sums = np.empty((self.rounds, len(columns), len(size)))
        rng = np.random.default_rng(self.seed)
        for i, its_own in zip(np.flatnonzero(is_large), rng.spawn(int(is_large.sum())), strict=True):
            sums[..., i] = sums_of_many(columns[:, end[i] - size[i] : end[i]], self.rounds, its_own)
        if not is_large.all():
            few = np.repeat(~is_large, size)
            sums[..., ~is_large] = sums_of_strata(columns[:, few], size[~is_large], self.rounds, rng)
        return sums

    def group_rates(self, errors: Array, exposure: Array, group: NDArray[np.int64]) -> GroupRates:
        """Compute rates of groups whose units are resampled independently within each group.

        Parameters
        ----------
        errors, exposure
            Counts of each sampling unit in a group, shape (n_cells,), in the order in which units are drawn.
        group
            Group of each cell, shape (n_cells,). Groups are numbered 0 .. n_groups - 1, and none is empty.
        """
        size = int(group.max()) + 1
        observed = ratios(sum_over(group, errors, size), sum_over(group, exposure, size))
        drawn = self.sums(np.stack([errors, exposure]), group)
        return GroupRates(observed, ratios(drawn[:, 0], drawn[:, 1]))

    def rate_interval(self, counts: ErrorCounts) -> Interval | None:
        """Return the 95 % interval of the rate of a set of speakers, or ``None`` without exposure."""
        columns = np.stack(counts.per_speaker())
        errors, exposure = self.sums(columns, np.zeros(columns.shape[1], dtype=np.int64))[..., 0].T
        return _if_finite(percentiles(ratios(errors, exposure)))

    def ratio_interval(self, bottom: ErrorCounts, reference: ErrorCounts, level: float = _LEVEL) -> Interval | None:
        """Return the interval of the ratio of the rates of two sets, or ``None`` if a limit is not finite.

        Sampling units with cells in the bottom form one stratum, and the other units of the reference form the second.
        A unit with cells in both is drawn with all its cells.
        """
        codes = np.union1d(bottom.speaker, reference.speaker)
        columns = np.zeros((4, len(codes)))
        for row, side in ((0, bottom), (2, reference)):
            columns[row : row + 2, np.isin(codes, side.speaker)] = side.per_speaker()
        stratum = (~np.isin(codes, bottom.speaker)).astype(np.int64)
        errors, exposure, errors_rest, exposure_rest = self.sums(columns, stratum).sum(axis=2).T
        with np.errstate(divide="ignore", invalid="ignore"):  # the ratio is infinite if a drawn reference has no errors
            return _if_finite(percentiles(ratios(errors, exposure) / ratios(errors_rest, exposure_rest), level))


def ratios(numerator: Array, denominator: Array) -> Array:
    """Divide sums; the result is NaN where the denominator is not positive.

    Examples
    --------
    >>> ratios(np.array([1.0, 1.0]), np.array([4.0, 0.0]))
    array([0.25,  nan])
    """
    quotient = np.full(numerator.shape, math.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


def percentiles(draws: Array, level: float = _LEVEL) -> Interval:
    """Return the limits of the middle of draws of shape (rounds,), without NaN; NaN if no draw is left.

    Examples
    --------
    >>> percentiles(np.linspace(0.0, 1.0, 1001))
    (0.025, 0.975)
    """
    defined = draws[~np.isnan(draws)]
    with np.errstate(invalid="ignore"):  # a percentile between two infinite draws is NaN
        low, high = np.percentile(defined, (50 - 50 * level, 50 + 50 * level)) if len(defined) else (math.nan, math.nan)
    return float(low), float(high)


def _if_finite(interval: Interval) -> Interval | None:
    return interval if math.isfinite(interval[0]) and math.isfinite(interval[1]) else None
