"""Measure the change between two recognisers on the same utterances, with speakers as the sampling unit.

Both recognisers are scored on the same words, so a change is itself a ratio of sums:
sum(E_candidate - E_baseline) / sum(W). How hard a speaker is to recognise affects both and cancels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import ErrorCounts, distinct_codes, numbered_codes
from fairaudit.core.progress import report
from fairaudit.stats.dispersion import fit_variance
from fairaudit.stats.exact import exact_sum
from fairaudit.stats.permutation import step_down
from fairaudit.stats.rates import FEWEST, LEVEL, effective_speakers, influence_on_log, reach

__all__ = ["Change", "Spread", "change_between", "gap_change_interval", "influence_on_change", "regression_p"]

Array = NDArray[np.float64]
#: Keeps the weights of the fit finite; in units of the variance of independent words.
_LEAST: Final = 1e-3
#: Number of signs in memory at a time.
_AT_ONCE: Final = 4_000_000


@dataclass(frozen=True)
class Spread:
    """How much the changes of speakers vary: Var(D_s) = word W_s + speaker W_s^2.

    Attributes
    ----------
    word, speaker
        In errors squared, per word and per word squared. Both are 0 if nothing changed.
    """

    word: float
    speaker: float

    @classmethod
    def fit(cls, difference: Array, exposure: Array) -> Self:
        """Fit the variance to all speakers of a log, around their common change.

        Parameters
        ----------
        difference, exposure
            D_s = E_candidate - E_baseline and W_s of each speaker, shape (n_speakers,).
        """
        spoken = exposure > 0
        difference, exposure = difference[spoken], exposure[spoken]
        common = exact_sum(difference) / exact_sum(exposure)
        return cls._of_residuals((difference - exposure * common) ** 2, exposure)

    @classmethod
    def within(cls, groups: Sequence[tuple[Array, Array]]) -> Self:
        """Fit the variance to all speakers of a log, around the change of their group.

        Around the common change, a candidate that is better for one group would make the speakers of all groups look
        more different than they are, and would hide harm to another group.

        Parameters
        ----------
        groups
            Differences and exposures of the speakers of each group, as in :meth:`fit`. A squared residual is divided by
            1 - W_s / W_group, because speakers of a small group draw its change to theirs. Groups of one speaker say
            nothing; if there are no others, the variance is that around the common change.

        Examples
        --------
        >>> words, better, equal = np.full(3, 100.0), np.array([-30.0, -28, -32]), np.array([1.0, -1, 0])
        >>> round(Spread.within([(better, words), (equal, words)]).variance(words) ** 0.5, 3)
        0.009
        >>> round(Spread.fit(np.concatenate([better, equal]), np.tile(words, 2)).variance(words) ** 0.5, 3)
        0.087
        """
        residuals, exposures = [], []
        for difference, exposure in groups:
            total, spoken = exact_sum(exposure), exposure > 0
            if np.count_nonzero(spoken) > 1:
                difference, exposure = difference[spoken], exposure[spoken]
                residual = (difference - exposure * (exact_sum(difference) / total)) ** 2
                residuals.append(residual / (1 - exposure / total))
                exposures.append(exposure)
        if not residuals:
            return cls.fit(*(np.concatenate(sums) for sums in zip(*groups, strict=True)))
        return cls._of_residuals(np.concatenate(residuals), np.concatenate(exposures))

    @classmethod
    def _of_residuals(cls, residual: Array, exposure: Array) -> Self:
        """Fit the variance to squared residuals, shape (n_speakers,)."""
        if not residual.any():
            return cls(0.0, 0.0)
        scale = exact_sum(residual) / exact_sum(exposure)
        phi, tau2 = fit_variance(scale * exposure, residual, least=_LEAST)
        return cls(phi * scale, tau2 * scale**2)

    def variance(self, exposure: Array) -> float:
        """Return the variance of the change of a set of speakers with given exposures, shape (n_speakers,)."""
        total = exact_sum(exposure)
        return (self.word * total + self.speaker * exact_sum(exposure**2)) / total**2


@dataclass(frozen=True)
class Change:
    """Rates of a set under both recognisers, with the interval of the difference, or ``None`` if undefined."""

    baseline: float
    candidate: float
    interval: tuple[float, float] | None

    @property
    def difference(self) -> float:
        """Candidate minus baseline, in units of the rate."""
        return self.candidate - self.baseline


def change_between(baseline: ErrorCounts, candidate: ErrorCounts, spread: Spread, *, level: float = LEVEL) -> Change:
    """Compute the change of a set's rate, with its interval, by default at 95 %.

    The interval is the wider of two: one uses the set's own variance between speakers (jackknife, Student's t,
    Johnson's correction for skewness), the other the variance predicted from the whole log. See
    :mod:`fairaudit.stats.rates`.

    Parameters
    ----------
    baseline, candidate
        The same cells, with the errors of the two recognisers.
    spread
        Variance of changes, fitted to the whole log.
    level
        Probability with which the interval covers the change.

    Examples
    --------
    >>> n = np.arange(50)
    >>> baseline = ErrorCounts(n, n * 0, np.full(50, 10.0), np.full(50, 100.0))
    >>> change = change_between(baseline, replace(baseline, errors=baseline.errors + n % 3), Spread(0.0, 0.0))
    >>> round(change.difference, 4), [round(end, 4) for end in change.interval]
    (0.0098, [0.0075, 0.0121])
    """
    kish = effective_speakers(baseline)
    if kish < FEWEST:
        return Change(baseline.rate, candidate.rate, None)
    difference = replace(baseline, errors=candidate.errors - baseline.errors).rate
    _, influence = influence_on_change(baseline, candidate)
    _, exposure = baseline.per_speaker()
    down, up = reach(influence, kish - 1, (0.0, 0.0), spread.variance(exposure), level)
    return Change(baseline.rate, candidate.rate, (difference - down, difference + up))


def influence_on_change(baseline: ErrorCounts, candidate: ErrorCounts) -> tuple[NDArray[np.int64], Array]:
    """Return the codes of speakers and their influence on the change of the set's rate, each of shape (n_speakers,).

    The squares add up to the jackknife variance; see :func:`fairaudit.stats.rates.influence_on_log`.
    """
    gained = replace(baseline, errors=candidate.errors - baseline.errors)
    difference, exposure = gained.per_speaker()
    size, total = len(exposure), exposure.sum()
    left = 1 - exposure / total
    influence = (difference - gained.rate * exposure) / total / left * math.sqrt((size - 1) / size)
    return distinct_codes(baseline.speaker), influence


def gap_change_interval(
    baseline: tuple[ErrorCounts, ErrorCounts], candidate: tuple[ErrorCounts, ErrorCounts]
) -> tuple[float, float] | None:
    """Compute the 95 % interval of the difference of two relative gaps from the influence of speakers on both.

    Parameters
    ----------
    baseline, candidate
        Cells of the bottom and of its reference: the same cells, with the errors of the two recognisers.

    Returns
    -------
    (float, float) or None
        ``None`` if a gap is undefined or a side has fewer than three effective speakers.
    """
    kish = [effective_speakers(side) - 1 for side in baseline]
    if min(kish) < FEWEST - 1 or not all(side.rate > 0 for side in (*baseline, *candidate)):
        return None
    n_codes = 1 + max(int(side.speaker.max()) for side in baseline)
    influence = np.zeros((2, n_codes))
    ratios = [bottom.rate / reference.rate for bottom, reference in (baseline, candidate)]
    for sign, ratio, sides in zip((-1, 1), ratios, (baseline, candidate), strict=True):
        for i, (direction, side) in enumerate(zip((1, -1), sides, strict=True)):
            codes, moves = influence_on_log(side)
            influence[i, codes] += sign * direction * ratio * moves
    parts = [exact_sum(moves**2) for moves in influence]
    if not any(parts):
        return ratios[1] - ratios[0], ratios[1] - ratios[0]
    freedom = sum(parts) ** 2 / sum(part**2 / k for part, k in zip(parts, kish, strict=True))
    moved = influence.sum(axis=0)[distinct_codes(np.concatenate([side.speaker for side in baseline]))]
    pooled = (sum(ratios) / 2) ** 2 * _variance_of_log_ratios(baseline, candidate)
    down, up = reach(moved, float(freedom), (0.0, 0.0), pooled)
    return ratios[1] - ratios[0] - down, ratios[1] - ratios[0] + up


def _variance_of_log_ratios(
    baseline: tuple[ErrorCounts, ErrorCounts], candidate: tuple[ErrorCounts, ErrorCounts]
) -> float:
    """Predict the variance of the change of a log ratio of two rates from the speakers of both sides together.

    The change of each speaker's log rate is compared with the errors expected at the mean rate of the side.
    """
    n_codes = 1 + max(int(side.speaker.max()) for side in baseline)
    difference, expected, leaning, counted = np.zeros(n_codes), np.zeros(n_codes), np.zeros(n_codes), 0.0
    for sign, one, other in zip((1, -1), baseline, candidate, strict=True):
        rate = (one.rate + other.rate) / 2
        codes = distinct_codes(one.speaker)
        (errors, exposure), (later, _) = one.per_speaker(), other.per_speaker()
        difference[codes] += rate * (later / other.rate - errors / one.rate)
        expected[codes] += rate * exposure
        leaning[codes] += sign * exposure / exposure.sum()
        counted += 1 / (rate * exposure.sum())
    spread = Spread.fit(difference, expected)
    return spread.word * counted + spread.speaker * exact_sum(leaning**2)


def regression_p(
    difference: Array,
    speaker: NDArray[np.int64],
    cohort: NDArray[np.int64],
    *,
    draws: int,
    seed: int,
    least: Array | float = 0.0,
) -> Array:
    """Compute family-wise p-values of "this cohort got worse", by exchanging the two recognisers for whole speakers.

    If the recognisers were equally good for a speaker, all differences of this speaker could equally well have the
    opposite sign. In each draw, whole speakers are flipped, in every cohort that they belong to. The statistic of a
    cohort, sum(D) / sqrt(sum(D^2)), is compared with the highest statistic of all cohorts (step-down, Westfall and
    Young 1993). The test is one-sided: large values mean worse. If most speakers change a little and a few change a
    lot, a small cohort may contain none of the few. Its sum(D^2) is then too low, so the value predicted from the
    whole log is a lower bound.

    Parameters
    ----------
    difference
        E_candidate - E_baseline of each (speaker, cohort) cell that occurs, shape (n_cells,).
    speaker, cohort
        Codes of each cell, shape (n_cells,). Cohorts are numbered from 0.
    draws, seed
        Number of draws B, and their seed.
    least
        Lower bound of sum(D^2): the predicted variance of the sum of each cohort, shape (n_cohorts,).

    Returns
    -------
    ndarray
        Shape (n_cohorts,), at least 1 / (B + 1).

    Examples
    --------
    >>> D, who = np.array([1.0, 2, 1, 3, 1, 2, -1, 1]), np.arange(8)
    >>> regression_p(D, who, who // 6, draws=999, seed=0).round(2).tolist()
    [0.02, 0.77]
    """
    from scipy import sparse

    codes, speaker = numbered_codes(speaker)
    size = int(cohort.max(initial=-1)) + 1
    cells = sparse.csr_array((difference, (cohort, speaker)), shape=(size, len(codes)))
    norm = np.sqrt(np.maximum((cells**2).sum(axis=1), least))
    scale = np.divide(1.0, norm, out=np.zeros(size), where=norm > 0)
    # Errors are whole numbers, whose sums are exact. They are therefore scaled afterwards.
    null = [(cells @ signs) * scale[:, None] for signs in _signs(len(codes), draws, seed)]
    return step_down(np.asarray(cells.sum(axis=1)) * scale, np.concatenate(null, axis=1))


def _signs(n_speakers: int, draws: int, seed: int) -> Iterator[Array]:
    """Yield signs of whole speakers, shape (n_speakers, draws), in chunks that fit in memory."""
    rng = np.random.default_rng([seed, 4])
    step = max(1, _AT_ONCE // max(n_speakers, 1))
    for start in range(0, draws, step):
        report("sign flips", start, draws)
        count = min(step, draws - start)
        yield np.where(rng.integers(2, size=(count, n_speakers)), 1.0, -1.0).T
