"""Differences of all pairs of many numbers, the log rates of sets and the logs of their gaps, under several systems.

The numbers are linear functions of speakers, so that the moments of all differences follow from products of matrices.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.stats.exact import exact_sum, on_grid
from fairaudit.stats.paired import Spread
from fairaudit.stats.quantiles import normal_quantile
from fairaudit.stats.simultaneous import LARGEST, UNIT, level_of, multipliers

__all__ = ["Numbers", "SystemCounts"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: A difference whose variance is a smaller share of those of its two numbers is one of equal numbers.
_EQUAL: Final = 1e-12
#: Number of differences in memory at a time, times draws, and of influences.
_AT_ONCE: Final = 8_000_000


@dataclass(frozen=True)
class SystemCounts:
    """The speakers of a set, with their errors under each system.

    Attributes
    ----------
    speaker
        Codes of the speakers, each once, shape (n,).
    errors
        Errors under each system, shape (n_systems, n).
    exposure
        Exposure, which is the same for all systems, shape (n,).
    """

    speaker: NDArray[np.int64]
    errors: Array
    exposure: Array

    @property
    def effective(self) -> float:
        """Kish's effective number of speakers."""
        square = exact_sum(self.exposure**2)
        return exact_sum(self.exposure) ** 2 / square if square > 0 else 0.0


@dataclass(frozen=True)
class Numbers:
    """Logs of rates and of gaps, with what intervals of their differences need. The last one is 0 and certain.

    Attributes
    ----------
    value
        The numbers, shape (n_numbers,): logs of overall rates, of rates of groups and of gaps, then 0.
    influence
        Influence of each speaker on each number, shape (n_numbers, n_speakers). The squares add up to the variance.
    pooled
        Covariances that the dispersion of the whole log predicts, shape (n_numbers, n_numbers).
    freedom
        Degrees of freedom of the variance of each number, shape (n_numbers,).
    member
        Whether each speaker is in the sets of each number, shape (n_numbers, n_speakers).
    """

    value: Array
    influence: Array
    pooled: Array
    freedom: Array
    member: Mask

    @classmethod
    def of(cls, sets: Sequence[SystemCounts]) -> Numbers:
        """Compute log rates of sets 0, 1, 3, ... and the gaps of sets 1, 3, ... to sets 2, 4, ..."""
        everyone, n_systems = sets[0], len(sets[0].errors)
        n_speakers = len(everyone.speaker)
        size = len(sets) * n_systems
        value, influence, freedom = np.zeros(size), np.zeros((size, n_speakers)), np.zeros(size)
        member = np.zeros((size, n_speakers), dtype=bool)
        for i, one in enumerate(sets):
            rows = slice(i * n_systems, (i + 1) * n_systems)
            errors, exposure = one.errors.sum(axis=1), exact_sum(one.exposure)
            n, left = len(one.speaker), 1 - one.exposure / exposure
            value[rows] = [math.log(total / exposure) for total in errors]
            residual = one.errors - (errors / exposure)[:, None] * one.exposure
            influence[rows, one.speaker] = residual / errors[:, None] / left * math.sqrt((n - 1) / n)
            member[rows, one.speaker] = True
            freedom[rows] = one.effective - 1
        pooled = _pooled(sets)
        first, rest = (np.arange(1, len(sets), 2)[:, None] + k for k in (0, 1))
        bottom, reference = ((side * n_systems + np.arange(n_systems)).ravel() for side in (first, rest))
        square = np.array([exact_sum(row**2) for row in influence])
        parts = square[bottom], square[reference]
        total = parts[0] + parts[1]
        doubt = parts[0] ** 2 / freedom[bottom] + parts[1] ** 2 / freedom[reference]
        of_gaps = np.divide(total**2, doubt, out=np.full(len(total), math.inf), where=doubt > 0)

        kept = np.concatenate([np.arange(n_systems), bottom])

        def linear(rows: Array) -> Array:
            return np.concatenate([rows[kept], rows[bottom] - rows[reference], np.zeros_like(rows[:1])])

        return cls(
            value=linear(value),
            influence=linear(influence),
            pooled=linear(linear(pooled).T),
            freedom=np.concatenate([freedom[kept], of_gaps, [math.inf]]),
            member=np.concatenate([member[kept], member[bottom] | member[reference], np.zeros_like(member[:1])]),
        )

    @staticmethod
    def positions(n_groups: int, n_systems: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return where the overall rates, shape (n_systems,), and rates and gaps, (n_groups, n_systems), are."""
        rates, gaps = n_systems + np.arange(2 * n_groups * n_systems).reshape(2, n_groups, n_systems)
        return np.arange(n_systems), rates, gaps

    @cached_property
    def _moments(self) -> tuple[Array, Array, Array, Array]:
        """Sums of squares, cubes and fourth powers of all differences of two numbers, and their numbers of speakers.

        Each has shape (n_numbers, n_numbers). With a and b the influences on two numbers, they follow from the sums of
        ab, a^2 b, a^3 b and a^2 b^2, which are added up over parts of the speakers.
        """
        size = len(self.value)
        ab, aab, aaab, aabb, both = (np.zeros((size, size)) for _ in range(5))
        step = max(1, _AT_ONCE // size)
        for start in range(0, self.influence.shape[1], step):
            one = self.influence[:, start : start + step]
            member = self.member[:, start : start + step].astype(float)
            square = one * one
            ab += one @ one.T
            aab += square @ one.T
            aaab += (square * one) @ one.T
            aabb += square @ square.T
            both += member @ member.T
        (two, three, four, speakers) = (sums.diagonal() for sums in (ab, aab, aabb, both))
        squares = two[:, None] + two - 2 * ab
        squares = np.where(squares > _EQUAL * (two[:, None] + two), squares, 0.0)
        cubes = three[:, None] - three - 3 * aab + 3 * aab.T
        fourths = four[:, None] + four - 4 * (aaab + aaab.T) + 6 * aabb
        return squares, cubes, fourths, speakers[:, None] + speakers - both

    @property
    def variance(self) -> Array:
        """Variances of all differences of two numbers, shape (n_numbers, n_numbers)."""
        return self._moments[0]

    def family(self, blocks: Sequence[NDArray[np.int64]]) -> Mask:
        """Return which differences make a family: of two numbers of a block, and those numbers themselves."""
        family = np.zeros((len(self.value), len(self.value)), dtype=bool)
        for block in blocks:
            family[np.ix_(block, block)] = True
            family[block, -1] = True
        return np.asarray(np.triu(family, 1) & (self.variance > 0))

    def levels(
        self, families: Sequence[Mask], rates: NDArray[np.int64], draws: int, seed: int
    ) -> tuple[list[float], Array]:
        """Return the common level of each family of differences, and each system's median range of equal log rates.

        Parameters
        ----------
        families
            The differences of each family, shape (n_numbers, n_numbers).
        rates
            Positions of the rates of groups, shape (n_groups, n_systems).
        draws, seed
            Number of draws, and their seed.
        """
        differences = [np.nonzero(family) for family in families]
        scales = [np.sqrt(self.variance[pair])[:, None] for pair in differences]
        bound = max(exact_sum(np.abs(row)) for row in self.influence)
        steps = on_grid(self.influence, bound * LARGEST)
        maxima: list[list[Array]] = [[] for _ in families]
        spreads = []
        for chunk in multipliers(self.influence.shape[1], draws, seed):
            for moved in _in_columns(steps @ chunk / UNIT, max(len(left) for left, _ in differences)):
                for found, (left, right), scale in zip(maxima, differences, scales, strict=True):
                    found.append((np.abs(moved[left] - moved[right]) / scale).max(axis=0, initial=0.0))
                if rates.size:
                    spreads.append(np.ptp(moved[rates], axis=0))
        by_chance = np.concatenate(spreads, axis=1) if spreads else np.full((rates.shape[1], 1), math.nan)
        levels = [
            level_of(np.concatenate(found), len(left)) for found, (left, _) in zip(maxima, differences, strict=True)
        ]
        return levels, np.median(by_chance, axis=1)

    def ends(self, level: float) -> tuple[Array, Array]:
        """Return the ends of the intervals of all differences of two numbers, each (n_numbers, n_numbers).

        They have the corrections of :func:`fairaudit.stats.rates.reach`. A logarithm removes skewness in proportion to
        the variance of its number, so that a difference of two logarithms loses that of the difference of variances.
        """
        from scipy.special import stdtrit

        z = normal_quantile(0.5 + level / 2)
        variance, cubes, fourths, speakers = self._moments
        freedom = np.minimum(self.freedom[:, None], self.freedom)
        doubt = fourths - variance**2 / np.maximum(speakers, 1)
        narrow = (doubt > 0) & (variance > 0)
        freedom = np.where(narrow, np.minimum(freedom, 2 * variance**2 / np.where(narrow, doubt, 1.0)), freedom)
        skewness = np.divide(cubes, variance, out=np.zeros_like(cubes), where=variance > 0) * (2 * z**2 + 1) / 6
        single = variance[:, -1]
        skewness -= z**2 * (single[:, None] - single) / 2
        usable = np.where(freedom > 0, freedom, 1.0)
        quantile = np.where(np.isinf(freedom), z, stdtrit(np.where(np.isinf(usable), 1e9, usable), 0.5 + level / 2))
        half = np.where(freedom > 0, quantile, math.inf) * np.sqrt(variance)
        own = self.pooled.diagonal()
        least = z * np.sqrt(np.maximum(own[:, None] + own - 2 * self.pooled, 0.0))
        least = np.where(variance > 0, least, 0.0)
        value = self.value[:, None] - self.value
        low, high = (value + sign * np.maximum(half + np.maximum(sign * skewness, 0.0), least) for sign in (-1, 1))
        return low, high


def _pooled(sets: Sequence[SystemCounts]) -> Array:
    """Predict covariances of the log rates of sets and systems from the dispersion of the whole log.

    Covariances of two systems follow from the dispersion of their difference. Shape (n, n), n = n_sets * n_systems.
    """
    everyone, n_systems = sets[0], len(sets[0].errors)
    exposure, rate = exact_sum(everyone.exposure), everyone.errors.sum(axis=1)
    rate = rate / exposure
    word, speaker = np.zeros((n_systems, n_systems)), np.zeros((n_systems, n_systems))
    for k in range(n_systems):
        fitted = fit_dispersion(everyone.errors[k], everyone.exposure)
        word[k, k], speaker[k, k] = fitted.phi / fitted.rate, fitted.tau2
    for k, other in combinations(range(n_systems), 2):
        change = Spread.fit(everyone.errors[k] / rate[k] - everyone.errors[other] / rate[other], everyone.exposure)
        for part, of_change in ((word, change.word), (speaker, change.speaker)):
            shared = (part[k, k] + part[other, other] - of_change) / 2
            part[k, other] = part[other, k] = min(shared, math.sqrt(part[k, k] * part[other, other]))
    weights = np.zeros((len(sets), len(everyone.speaker)))
    for i, one in enumerate(sets):
        weights[i, one.speaker] = one.exposure
    totals = np.array([exact_sum(one.exposure) for one in sets])
    relative = np.array([one.errors.sum(axis=1) for one in sets]) / totals[:, None] / rate
    inside = (weights > 0).astype(float)
    # Words of a speaker in two sets are counted in the smaller of the two.
    shared_words = inside @ weights.T / np.outer(totals, totals)
    shared_words = np.minimum(shared_words, shared_words.T)
    shared_speakers = (weights / totals[:, None]) @ (weights / totals[:, None]).T
    scale = 1 / np.sqrt(relative)
    pooled = (
        np.einsum("ij,kl,ik,jl->ikjl", shared_words, word, scale, scale)
        + shared_speakers[:, None, :, None] * speaker[None, :, None, :]
    )
    size = len(sets) * n_systems
    return np.asarray(pooled.reshape(size, size))


def _in_columns(moved: Array, contrasts: int) -> Iterator[Array]:
    """Yield columns of an array in chunks whose contrasts fit in memory."""
    step = max(1, _AT_ONCE // max(contrasts, 1))
    for start in range(0, moved.shape[1], step):
        yield moved[:, start : start + step]
