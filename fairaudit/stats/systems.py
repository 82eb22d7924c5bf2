"""Compare several systems on the same speakers: overall, by their worst group, and by their gap.

The rate of the worst group and the gap are maxima over groups. A maximum of noisy rates is too high on average, and the
higher the noisier the groups are, so the ranges of systems without any gap differ a lot. No approximation by a normal
distribution holds for a maximum if groups are tied. Intervals of all contrasts between (group, system) pairs hold at
once instead, and intervals of maxima follow from them without any assumption about ties:

    max_g a_g - max_h b_h  =  min_h max_g (a_g - b_h)  =  max_g min_h (a_g - b_h)

is at least min_h max_g low_gh and at most max_g min_h high_gh. If every group is better under one system than under
another, for example, so is its worst group, whichever that is.

Here a and b are the log rates of the groups under two systems, or the logs of their ratios to the rest. For the same
group, a contrast is paired: the level of a speaker affects both systems and cancels. There are two families of
intervals: overall rates and their contrasts, and everything about groups. The intervals of a family have one level,
that of the largest standardised error (:mod:`fairaudit.stats.simultaneous`), and the corrections of
:mod:`fairaudit.stats.rates`. Ranks follow from the pairs whose order is certain, as in Mogstad, Romano, Shaikh and
Wilhelm (2024, "Inference for ranks").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.contrasts import Numbers, SystemCounts

__all__ = ["Estimates", "SystemCounts", "SystemsCompared", "certain_ranks", "compare_systems"]

Array = NDArray[np.float64]

#: Significant digits of results. Sums of products depend on the processor in the last digits of a float.
_DIGITS: Final = 11


@dataclass(frozen=True)
class Estimates:
    """Numbers with the ends of their intervals, all of the same shape."""

    value: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class SystemsCompared:
    """What can be said of several systems at once.

    At 95 %, all intervals of overall rates hold at once, and so do all intervals of groups.

    Attributes
    ----------
    overall_level, group_level
        Level of each interval of the two families.
    overall
        Rates over all speakers, shape (n_systems,).
    rates, gaps
        Rate of each group, and its ratio to the rate of the rest, shape (n_groups, n_systems).
    worst, gap
        The highest of these over the groups, shape (n_systems,).
    spread
        The highest rate of a group over the lowest, shape (n_systems,).
    spread_by_chance
        Median of ``spread`` if the true rates of all groups were equal, shape (n_systems,).
    overall_ratio, worst_ratio, gap_ratio
        The number of one system (row) over that of another (column), shape (n_systems, n_systems).
    """

    overall_level: float
    group_level: float
    overall: Estimates
    rates: Estimates
    gaps: Estimates
    worst: Estimates
    gap: Estimates
    spread: Estimates
    spread_by_chance: Array
    overall_ratio: Estimates
    worst_ratio: Estimates
    gap_ratio: Estimates


def compare_systems(
    everyone: SystemCounts, groups: Sequence[tuple[SystemCounts, SystemCounts]], *, draws: int, seed: int
) -> SystemsCompared:
    """Compare systems on all speakers, and on groups and those outside them.

    Parameters
    ----------
    everyone
        All speakers, whose codes are 0 .. n_speakers - 1.
    groups
        Each group and the rest. Every set has exposure, errors under every system and three effective speakers.
    draws, seed
        Number of draws for the common level, and their seed.

    Examples
    --------
    Two groups of 50 speakers under three systems; the third has twice the errors in the second group:

    >>> n, rng = np.arange(100), np.random.default_rng(0)
    >>> errors = rng.poisson(9.0, (3, 100)) * np.where(n < 50, 1.0, np.array([[1], [1], [2]]))
    >>> parts = (n >= 0, n < 50, n >= 50)
    >>> sets = [SystemCounts(n[part], errors[:, part], np.full(part.sum(), 90.0)) for part in parts]
    >>> board = compare_systems(sets[0], [(sets[1], sets[2]), (sets[2], sets[1])], draws=199, seed=0)
    >>> board.gap.value.round(1).tolist(), (board.gap_ratio.low > 1).tolist()
    ([1.1, 1.0, 2.2], [[False, False, False], [False, False, False], [True, True, False]])
    """
    numbers = Numbers.of([everyone, *(side for pair in groups for side in pair)])
    n_systems, n_groups = len(everyone.errors), len(groups)
    overall, rates, gaps = numbers.positions(n_groups, n_systems)
    of_overall = numbers.family([overall])
    of_groups = numbers.family([rates.ravel(), gaps.ravel()])
    system = np.tile(np.arange(n_systems), n_groups)
    of_groups[np.ix_(gaps.ravel(), gaps.ravel())] &= system[:, None] != system
    (overall_level, group_level), by_chance = numbers.levels([of_overall, of_groups], rates, draws, seed)
    low, high = numbers.ends(group_level)
    value, nothing = numbers.value, len(numbers.value) - 1

    def single(positions: NDArray[np.int64]) -> Estimates:
        return _exponential(value[positions], low[positions, nothing], high[positions, nothing])

    def maxima(positions: NDArray[np.int64]) -> Estimates:
        """Return the highest number of each system."""
        if not n_groups:
            return _undefined((n_systems,))
        ends = (low[positions, nothing].max(axis=0), high[positions, nothing].max(axis=0))
        return _exponential(value[positions].max(axis=0), *ends)

    def ratios(positions: NDArray[np.int64]) -> Estimates:
        """Compare the highest numbers of all pairs of systems."""
        if not n_groups:
            return _undefined((n_systems, n_systems))
        # shape (n_groups, n_groups, n_systems, n_systems)
        ours, theirs = positions[:, None, :, None], positions[None, :, None, :]
        highest = value[positions].max(axis=0)
        ends = (low[ours, theirs].max(axis=0).min(axis=0), high[ours, theirs].min(axis=1).max(axis=0))
        return _exponential(highest[:, None] - highest, *ends)

    def spreads() -> Estimates:
        """Compare the highest and the lowest rate of a group under each system."""
        if not n_groups:
            return _undefined((n_systems,))
        pairs = rates[:, None], rates[None, :]
        of_pairs = value[pairs[0]] - value[pairs[1]], low[pairs], high[pairs]
        return _exponential(*(np.maximum(one.max(axis=(0, 1)), 0.0) for one in of_pairs))

    low_overall, high_overall = numbers.ends(overall_level)
    pairs = overall[:, None], overall[None, :]
    singles = overall, nothing
    return SystemsCompared(
        overall_level=overall_level,
        group_level=group_level,
        overall=_exponential(value[overall], low_overall[singles], high_overall[singles]),
        rates=single(rates),
        gaps=single(gaps),
        worst=maxima(rates),
        gap=maxima(gaps),
        spread=spreads(),
        spread_by_chance=_rounded(np.exp(by_chance)),
        overall_ratio=_exponential(value[pairs[0]] - value[pairs[1]], low_overall[pairs], high_overall[pairs]),
        worst_ratio=ratios(rates),
        gap_ratio=ratios(gaps),
    )


def certain_ranks(ratio: Estimates) -> NDArray[np.int64]:
    """Return the first and the last rank that each system can have, the lowest number first, shape (n_systems, 2).

    Examples
    --------
    >>> low = np.array([[1.0, 0.4, 0.4], [1.6, 1.0, 0.8], [1.6, 0.8, 1.0]])
    >>> certain_ranks(Estimates(low, low, 1 / low.T)).tolist()
    [[1, 1], [2, 3], [2, 3]]
    """
    higher, lower = ratio.low > 1, ratio.high < 1
    return np.stack([1 + higher.sum(axis=1), len(higher) - lower.sum(axis=1)], axis=1)


def _exponential(value: Array, low: Array, high: Array) -> Estimates:
    """Turn logs into numbers."""
    with np.errstate(over="ignore"):
        return Estimates(*(_rounded(np.exp(one)) for one in (value, low, high)))


def _undefined(shape: tuple[int, ...]) -> Estimates:
    return Estimates(*(np.full(shape, math.nan) for _ in range(3)))


def _rounded(values: Array) -> Array:
    """Round to significant digits."""
    finite = np.isfinite(values) & (values != 0)
    exponent = np.floor(np.log10(np.abs(np.where(finite, values, 1.0))))
    digits = np.clip(_DIGITS - 1 - exponent, -300, 300)
    unit = np.array([10.0 ** int(n) for n in digits.ravel()]).reshape(values.shape)
    return np.where(finite, np.rint(np.where(finite, values, 0.0) * unit) / unit, values)
