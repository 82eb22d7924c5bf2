"""Error rates of speaker verification: a trial compares two voices, and both speakers occur in many trials."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimate", "Trials", "garbe"]

Array = NDArray[np.float64]

#: Level of intervals.
_LEVEL: Final = 0.95
#: Slopes of error rates are those between these multiples of the equal error rate, or over at least as many trials.
_SLOPE: Final = 0.25
_FEWEST: Final = 10
#: Least share of the trials that others than one speaker have.
_LEAST_REST: Final = 0.3


class Estimate(NamedTuple):
    """An error rate with its 95 % interval by speaker.

    Attributes
    ----------
    value
        Errors per trial.
    low, high
        Ends of the interval.
    trials, speakers
        What it is the rate of.
    """

    value: float
    low: float
    high: float
    trials: int
    speakers: int


@dataclass(frozen=True, eq=False)
class Trials:
    """Trials of one system, accepted if their score is at least a threshold.

    Intervals allow for both speakers of a trial: two trials depend on each other if they have a speaker in common.

    Attributes
    ----------
    first, second
        Codes of the two speakers, from 0, shape (n_trials,). In a target trial they are equal.
    score
        How alike the two voices are, shape (n_trials,).

    Notes
    -----
    The variance of a mean of trials is Σ_s S_s² − Σ_{s<t} D_st², where S_s is the sum of what the trials of speaker s
    add to it and D_st that of the trials of the speakers s and t. Source: Aronow, Samii and Assenova 2015,
    "Cluster-robust variance estimation for dyadic data", Political Analysis 23(4). As in a jackknife, S_s is divided by
    1 − the share of the trials that are of s. Intervals are on the scale of log-odds, with a quantile of Student's t.
    Its degrees of freedom are the effective number of speakers, less one: the geometric mean of (Σ n)² ÷ Σ n², for n
    trials of each, and (Σ S²)² ÷ Σ S⁴.

    Examples
    --------
    >>> trials = Trials(np.array([0, 1, 0, 1]), np.array([0, 1, 1, 0]), np.array([0.9, 0.4, 0.5, 0.1]))
    >>> round(trials.false_rejects(0.45).value, 2), round(trials.equal_error_rate()[0].value, 2)
    (0.5, 0.5)
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    score: Array

    @cached_property
    def is_target(self) -> NDArray[np.bool_]:
        """Which trials are of one speaker, shape (n_trials,)."""
        same: NDArray[np.bool_] = self.first == self.second
        return same

    def where(self, kept: NDArray[np.bool_]) -> Self:
        """Keep some trials, given a mask."""
        return type(self)(self.first[kept], self.second[kept], self.score[kept])

    def false_rejects(self, threshold: float) -> Estimate:
        """Return the false non-match rate: the share of target trials below a threshold."""
        return self._rate(self.is_target, self.score < threshold)

    def false_accepts(self, threshold: float) -> Estimate:
        """Return the false match rate: the share of the other trials at or above a threshold."""
        return self._rate(~self.is_target, self.score >= threshold)

    def equal_error_rate(self) -> tuple[Estimate, float]:
        """Return the rate at which both error rates are equal, and its threshold.

        Between two scores, both error rates are interpolated. The interval is that of the linear approximation
        (f₀ FNMR + f₁ FMR) ÷ (f₀ + f₁) at the threshold, where f₀ and f₁ are the densities there of the scores of other
        and of target trials.

        Raises
        ------
        ValueError
            If there are no target trials, or no others.
        """
        value, threshold = self._crossing()
        target = self.is_target
        n = np.array([(~target).sum(), target.sum()])
        slopes = [self._density(kind, value, threshold) for kind in (~target, target)]
        of_rejects = slopes[0] / max(sum(slopes), 1e-300)
        wrong = np.where(target, self.score < threshold, self.score >= threshold).astype(float)
        rates = np.array([wrong[~target].mean(), wrong[target].mean()])
        kind = target.astype(int)
        adds = (wrong - rates[kind]) / n[kind] * np.where(target, of_rejects, 1 - of_rejects)
        return self._interval(value, adds, np.ones(len(adds), dtype=bool)), threshold

    def threshold_at(self, false_match_rate: float) -> float:
        """Return the lowest threshold at which the false match rate is at most a number.

        Examples
        --------
        >>> Trials(np.array([0, 0, 0, 0]), np.array([1, 2, 3, 0]), np.array([0.1, 0.2, 0.3, 0.9])).threshold_at(0.4)
        0.3
        """
        others = np.sort(self.score[~self.is_target])[::-1]
        accepted = int(np.floor(false_match_rate * len(others) + 1e-9))
        if accepted >= len(others):
            return float(others[-1])
        above = self.score[self.score > others[accepted]]
        return float(above.min()) if len(above) else float(np.nextafter(others[accepted], np.inf))

    def _crossing(self) -> tuple[float, float]:
        order = np.argsort(self.score, kind="stable")
        score, target = self.score[order], self.is_target[order]
        n_target = int(target.sum())
        if not 0 < n_target < len(target):
            raise ValueError("an equal error rate needs trials of one speaker and of two")
        ends = np.append(np.flatnonzero(score[1:] > score[:-1]) + 1, len(score))
        below = np.concatenate([[0], target.cumsum()[ends - 1]])
        n_other = len(score) - n_target
        above = n_other - (np.concatenate([[0], ends]) - below)
        rejects, accepts = below / n_target, above / n_other
        i = int(np.flatnonzero(below * n_other >= above * n_target)[0])
        before, after = accepts[i - 1] - rejects[i - 1], rejects[i] - accepts[i]
        value = rejects[i - 1] + (rejects[i] - rejects[i - 1]) * before / (before + after)
        return float(value), float(score[ends[i - 1]] if ends[i - 1] < len(score) else np.nextafter(score[-1], np.inf))

    def _density(self, kind: NDArray[np.bool_], rate: float, threshold: float) -> float:
        """Return the density of the scores of some trials at a threshold, from those that are next to it."""
        scores = np.sort(self.score[kind])
        place = int(np.searchsorted(scores, threshold))
        near = max(round(_SLOPE * rate * len(scores)), _FEWEST)
        low, high = max(place - near, 0), min(place + near, len(scores) - 1)
        width = scores[high] - scores[low]
        return float((high - low) / len(scores) / width) if width > 0 else 1.0

    def _rate(self, kind: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> Estimate:
        if not kind.any():
            return Estimate(np.nan, np.nan, np.nan, 0, 0)
        n = int(kind.sum())
        value = float(wrong[kind].sum() / n)
        return self._interval(value, np.where(kind, wrong - value, 0.0) / n, kind)

    def _interval(self, value: float, adds: Array, kind: NDArray[np.bool_]) -> Estimate:
        """Return a rate with its interval, from what each trial adds to its error."""
        from scipy import stats

        first, second, adds = self.first[kind], self.second[kind], adds[kind]
        both = first != second
        n = int(max(first.max(), second.max())) + 1
        of_speaker = (np.bincount(first, adds, n) + np.bincount(second[both], adds[both], n)).astype(float)
        speakers = len(np.union1d(first, second))
        pair = np.minimum(first, second) * n + np.maximum(first, second)
        _, place = np.unique(pair[both], return_inverse=True)
        of_pair = np.bincount(place, adds[both]) if both.any() else np.zeros(0)
        sizes = (np.bincount(first, minlength=n) + np.bincount(second[both], minlength=n)).astype(float)
        of_speaker = of_speaker / np.clip(1 - sizes / sizes.sum(), _LEAST_REST, None)
        squares = float((of_speaker**2).sum())
        variance = max(squares - float((of_pair**2).sum()), float((adds**2).sum()))
        if not 0 < value < 1 or variance <= 0 or speakers < 3:
            bound = 1 - ((1 - _LEVEL) / 2) ** (1 / speakers)
            low, high = (0.0, bound) if value == 0 else (1 - bound, 1.0) if value == 1 else (0.0, 1.0)
            return Estimate(value, low, high, len(adds), speakers)
        effective = sizes.sum() ** 2 / (sizes**2).sum()
        if squares > 0:  # errors of a speaker may cancel
            effective = np.sqrt(effective * squares**2 / (of_speaker**4).sum())
        quantile = stats.t.ppf((1 + _LEVEL) / 2, max(effective - 1, 1))
        error = quantile * np.sqrt(variance * speakers / (speakers - 1)) / (value * (1 - value))
        odds = np.log(value / (1 - value))
        low, high = (float(1 / (1 + np.exp(-(odds + sign * error)))) for sign in (-1, 1))
        return Estimate(value, low, high, len(adds), speakers)


def garbe(false_rejects: Array, false_accepts: Array, weight: float = 0.5) -> float:
    """Return the Gini aggregation rate for biometric equitability: 0 if all groups have the same error rates.

    Source: Howard et al. 2022, "Evaluating proposed fairness models for face recognition algorithms": weight × G(FMR) +
    (1 − weight) × G(FNMR), where G is the Gini coefficient of the rates of n groups, multiplied by n ÷ (n − 1).

    Parameters
    ----------
    false_rejects, false_accepts
        Error rates of the groups at one threshold, shape (n_groups,).
    weight
        Of false accepts, from 0 to 1.

    Examples
    --------
    >>> garbe(np.array([0.1, 0.1]), np.array([0.02, 0.02])), garbe(np.array([0.0, 0.1]), np.array([0.0, 0.02]))
    (0.0, 1.0)
    """
    return weight * _gini(false_accepts) + (1 - weight) * _gini(false_rejects)


def _gini(rates: Array) -> float:
    n = len(rates)
    if n < 2 or not rates.any():
        return 0.0
    differences = np.abs(rates[:, None] - rates).sum()
    return float(differences / (2 * n**2 * rates.mean()) * n / (n - 1))
