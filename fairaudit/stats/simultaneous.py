"""Levels at which the intervals of many numbers cover all of their truths at once.

Each of 60 intervals of 95 % covers its own truth, but three of them miss theirs. An interval is simultaneous if the
probability is 95 % that no interval of its family misses. The intervals of a family are all computed at one higher
level (:func:`joint_level`). The level pays for the number of intervals, but less for sets that share speakers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import numbered_codes
from fairaudit.core.progress import report
from fairaudit.stats.exact import exact_sum, on_grid
from fairaudit.stats.rates import LEVEL

__all__ = ["LARGEST", "UNIT", "joint_level", "level_of", "multipliers"]

Array = NDArray[np.float64]
#: Number of multipliers in memory at a time.
_AT_ONCE: Final = 4_000_000
#: Multipliers are whole numbers of this size, so that their sums are exact (:mod:`fairaudit.stats.exact`).
UNIT: Final = 2.0**10
#: No multiplier is this large.
LARGEST: Final = 16 * UNIT


def joint_level(influences: Sequence[tuple[NDArray[np.int64], Array]], *, draws: int, seed: int) -> float:
    """Return the level that intervals of a family need in order to be simultaneous at 95 %.

    The estimates of a family are correlated if their sets share speakers. The distribution of their largest
    standardised error is simulated by a multiplier bootstrap: in each draw, the influences of each speaker on all
    estimates are multiplied by one normal number (Chernozhukov, Chetverikov and Kato 2013). The level is that of the
    upper 5 % point of the largest sum. It is at least 95 %, and at most the level of Sidak (1967), which suffices for
    independent estimates.

    Parameters
    ----------
    influences
        For each estimate, the codes of its speakers and their influence, each of shape (n_speakers,).
    draws, seed
        Number of draws, and their seed.

    Examples
    --------
    >>> n = np.arange(40)
    >>> influence = np.cos(n)
    >>> joint_level([(n, influence), (n, influence)], draws=999, seed=0)  # the same twice
    0.95
    >>> round(joint_level([(n, influence), (40 + n, influence)], draws=999, seed=0), 2)
    0.97
    """
    if len(influences) < 2:
        return LEVEL
    return level_of(np.concatenate([*_maxima(influences, draws, seed)]), len(influences))


def level_of(maxima: Array, size: int) -> float:
    """Return the level that corresponds to the upper 5 % point of the largest absolute standardised error of a family.

    Parameters
    ----------
    maxima
        The largest absolute standardised error in each draw, shape (draws,).
    size
        Number of estimates in the family, for the level that suffices for independent estimates.

    Examples
    --------
    >>> round(level_of(np.linspace(0.0, 3.0, 999), 100), 4)
    0.9957
    """
    from scipy import special

    if size < 2:
        return LEVEL
    independent = float(LEVEL ** (1 / size))
    above = math.ceil(LEVEL * (len(maxima) + 1))
    if above > len(maxima):
        return independent
    level = float(special.erf(np.sort(maxima)[above - 1] / math.sqrt(2)))
    return min(max(level, LEVEL), independent)


def _maxima(influences: Sequence[tuple[NDArray[np.int64], Array]], draws: int, seed: int) -> Iterator[Array]:
    """Yield the largest absolute standardised sum of each draw, in chunks that fit in memory."""
    from scipy import sparse

    codes, speaker = numbered_codes(np.concatenate([who for who, _ in influences]))
    scaled = [moves / math.sqrt(exact_sum(moves**2) or math.inf) for _, moves in influences]
    most = max(exact_sum(np.abs(moves)) for moves in scaled)
    estimate = np.repeat(np.arange(len(influences)), [len(moves) for moves in scaled])
    values = on_grid(np.concatenate(scaled), most * LARGEST)
    cells = sparse.csr_array((values, (estimate, speaker)), shape=(len(influences), len(codes)))
    for chunk in multipliers(len(codes), draws, seed):
        yield np.abs(cells @ chunk).max(axis=0) / UNIT


def multipliers(n_speakers: int, draws: int, seed: int) -> Iterator[Array]:
    """Yield normal multipliers of speakers in units of 1 / UNIT, shape (n_speakers, draws), in chunks of draws.

    Examples
    --------
    >>> next(multipliers(2, 3, seed=0)).shape
    (2, 3)
    """
    rng = np.random.default_rng([seed, 5])
    step = max(1, _AT_ONCE // max(n_speakers, 1))
    for start in range(0, draws, step):
        report("draws", start, draws)
        count = min(step, draws - start)
        yield np.rint(rng.standard_normal((count, n_speakers)) * UNIT).T
