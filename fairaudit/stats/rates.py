"""Intervals of rates and of gaps between rates, with speakers as the sampling unit.

An interval is the wider of two intervals on the log scale. The first uses the cohort's own variance between speakers,
with Student's t. The second uses the variance predicted from the dispersion of the whole log, with the normal quantile.
The first alone is too narrow for small cohorts, the second alone for cohorts that are more dispersed than the rest.

The first interval has two corrections. Its degrees of freedom are those of the effective speakers, or fewer if a few
speakers account for most of the variance. It also extends further on the side of the skewness, because a sample with
few very bad speakers has most often missed some. For cohorts 1.5 times more dispersed than the log, .92 to .94 of
1,000 intervals covered the truth (20, 50 and 100 speakers, s = 0.6), and .90 to .92 without these corrections. In
other cohorts, .96 to .98 did.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import ErrorCounts, distinct_codes, numbered_codes
from fairaudit.stats.bootstrap import SpeakerBootstrap
from fairaudit.stats.dispersion import Dispersion
from fairaudit.stats.exact import exact_sum
from fairaudit.stats.quantiles import normal_quantile, student_quantile

__all__ = [
    "FEWEST",
    "LEVEL",
    "Gap",
    "effective_speakers",
    "gap_between",
    "influence_on_gap",
    "influence_on_log",
    "rate_interval",
    "reach",
]

#: Level of an interval that holds for one number.
LEVEL: Final = 0.95
#: With fewer effective speakers, Student's t has so few degrees of freedom that intervals are uninformative.
FEWEST: Final = 3.0


@dataclass(frozen=True)
class Gap:
    """The gap between the rates of two sets of speakers.

    Attributes
    ----------
    bottom_rate, reference_rate
        Ratios of sums of the two sets.
    ratio_interval
        95 % interval of :attr:`ratio`, or ``None`` if it is undefined.

    Examples
    --------
    >>> gap = Gap(0.3, 0.2, ratio_interval=(1.25, 1.75))
    >>> round(gap.ratio, 3), round(gap.relative, 3), round(gap.absolute, 3)
    (1.5, 0.5, 0.1)
    >>> gap.interval
    (0.25, 0.75)
    """

    bottom_rate: float
    reference_rate: float
    ratio_interval: tuple[float, float] | None

    @property
    def ratio(self) -> float:
        """Rate of the bottom over rate of the reference."""
        return self.bottom_rate / self.reference_rate if self.reference_rate > 0 else math.nan

    @property
    def relative(self) -> float:
        """(bottom - reference) / reference."""
        return self.ratio - 1.0

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of :attr:`relative`, or ``None`` if it is undefined."""
        if self.ratio_interval is None:
            return None
        low, high = self.ratio_interval
        return low - 1.0, high - 1.0

    @property
    def absolute(self) -> float:
        """Bottom - reference, in units of the rate."""
        return self.bottom_rate - self.reference_rate


def effective_speakers(counts: ErrorCounts) -> float:
    """Return Kish's effective number of speakers, (sum W)^2 / sum W^2 over sampling units.

    Examples
    --------
    >>> two = np.array([0, 1])
    >>> effective_speakers(ErrorCounts(two, two, np.ones(2), np.array([30.0, 10.0])))
    1.6
    """
    _, exposure = counts.per_speaker()
    square = exact_sum(exposure**2)
    return exact_sum(exposure) ** 2 / square if square > 0 else 0.0


def rate_interval(
    counts: ErrorCounts, dispersion: Dispersion, bootstrap: SpeakerBootstrap | None = None, *, level: float = LEVEL
) -> tuple[float, float] | None:
    """Compute the interval of the rate of a set of speakers, by default at 95 %.

    Parameters
    ----------
    counts
        Cells of the set.
    dispersion
        Dispersion fitted to the whole log.
    bootstrap
        If given, computes the interval instead, at 95 %. It is not used if the set has no errors, because then no draw
        has any.
    level
        Probability with which the interval covers the rate.

    Returns
    -------
    (float, float) or None
        Limits in units of the rate, or ``None`` without exposure or with fewer than three effective speakers.

    Examples
    --------
    >>> n = np.arange(50)
    >>> counts = ErrorCounts(n, n * 0, np.full(50, 10.0), np.full(50, 100.0))
    >>> low, high = rate_interval(counts, Dispersion(0.1, 1.0, 0.09))
    >>> round(low, 3), round(high, 3)
    (0.089, 0.113)
    """
    exposure = float(counts.exposure.sum())
    if exposure <= 0 or effective_speakers(counts) < FEWEST:
        return None
    rate = counts.rate
    if rate == 0:
        most = -math.log((1 - level) / 2)  # upper limit of a Poisson mean if no event was observed
        return 0.0, most * dispersion.phi / exposure
    if bootstrap is not None:
        return bootstrap.rate_interval(counts)
    _, influence = influence_on_log(counts)
    curved = (exact_sum(influence**2), 0.0)
    pooled = dispersion.phi / float(counts.errors.sum()) + dispersion.tau2 / effective_speakers(counts)
    down, up = reach(influence, effective_speakers(counts) - 1, curved, pooled, level)
    return rate * math.exp(-down), rate * math.exp(up)


def gap_between(
    bottom: ErrorCounts,
    reference: ErrorCounts,
    dispersion: Dispersion,
    bootstrap: SpeakerBootstrap | None = None,
    *,
    level: float = LEVEL,
) -> Gap:
    """Compute the gap between two sets of cells, with its interval. Sampling units may have cells in both sets.

    Parameters
    ----------
    bottom, reference
        Cells of the two sets.
    dispersion
        Dispersion fitted to the whole log.
    bootstrap
        If given, computes the interval instead.
    level
        Probability with which the interval covers the gap.

    Returns
    -------
    Gap
        Its interval is ``None`` where either set has no errors, no exposure or fewer than three effective speakers.
    """
    kish = [effective_speakers(side) - 1 for side in (bottom, reference)]
    if min(kish) < FEWEST - 1 or not bottom.rate > 0 or not reference.rate > 0:
        return Gap(bottom.rate, reference.rate, None)
    if bootstrap is not None:
        return Gap(bottom.rate, reference.rate, bootstrap.ratio_interval(bottom, reference, level))
    sides = (bottom, reference)
    parts = [exact_sum(influence_on_log(side)[1] ** 2) for side in sides]
    spread = sum(parts)
    freedom = spread**2 / sum(part**2 / k for part, k in zip(parts, kish, strict=True)) if spread > 0 else math.inf
    _, together = influence_on_gap(bottom, reference)
    # The level of a speaker cancels to the extent that the speaker is on both sides.
    _, leaning = _difference(*((distinct_codes(side.speaker), _shares(side)) for side in sides))
    counted = dispersion.phi / float(bottom.errors.sum()) + dispersion.phi / float(reference.errors.sum())
    pooled = counted + dispersion.tau2 * exact_sum(leaning**2)
    down, up = reach(together, freedom, (parts[0], parts[1]), pooled, level)
    ratio = bottom.rate / reference.rate
    return Gap(bottom.rate, reference.rate, (ratio * math.exp(-down), ratio * math.exp(up)))


def reach(
    influence: np.ndarray, freedom: float, curved: tuple[float, float], pooled: float, level: float = LEVEL
) -> tuple[float, float]:
    """Return how far an interval extends down and up, on the scale of the influences.

    Parameters
    ----------
    influence
        Influence of every sampling unit on a log rate, on the log of a ratio of rates, or on a difference, shape
        (n_speakers,). The squares add up to the variance.
    freedom
        Upper bound of the degrees of freedom of that variance.
    curved
        On a log scale, the variances of the log numerator and denominator, which determine how much skewness the
        logarithm removes. Zeros on a plain scale.
    pooled
        Variance predicted from the dispersion of the whole log: phi / E of each set, plus tau2 times the squared shares
        of speakers.
    level
        Probability with which the interval covers the truth.
    """
    z = normal_quantile(0.5 + level / 2)
    square = influence**2
    variance, least = exact_sum(square), z * math.sqrt(pooled)
    if not variance > 0:
        return least, least
    # Satterthwaite: twice the squared variance over the variance of the variance.
    doubt = exact_sum(square**2) - variance**2 / len(influence)
    if doubt > 0:
        freedom = min(freedom, 2 * variance**2 / doubt)
    # Johnson (1978): the limits of a skewed mean shift by (2 z^2 + 1) / 6 of its skewness towards the skewed side.
    skewness = exact_sum(square * influence) / variance * (2 * z**2 + 1) / 6
    up, down = (max(0.0, sign * skewness - z**2 * taken / 2) for sign, taken in zip((1, -1), curved, strict=True))
    half = _t(freedom, level) * math.sqrt(variance)
    return max(half + down, least), max(half + up, least)


def influence_on_log(counts: ErrorCounts) -> tuple[NDArray[np.int64], np.ndarray]:
    """Return the codes of speakers and their influence on the log of the set's rate, each of shape (n_speakers,).

    The influence is (E_s - R W_s) / E, divided by the share of the exposure that remains without the speaker, and
    multiplied by sqrt((n - 1) / n). It is how far the log rate moves if the speaker is left out, and the squares add up
    to the jackknife variance. Without this leverage correction, talkative speakers would look consistent with a pooled
    rate that they dominate.
    """
    errors, exposure = counts.per_speaker()
    size = len(errors)
    left = 1 - exposure / exposure.sum()
    influence = (errors - counts.rate * exposure) / errors.sum() / left * math.sqrt((size - 1) / size)
    return distinct_codes(counts.speaker), influence


def influence_on_gap(bottom: ErrorCounts, reference: ErrorCounts) -> tuple[NDArray[np.int64], np.ndarray]:
    """Return the codes of the speakers of two sets and their influence on the log of the ratio of the two rates.

    Both have shape (n_speakers,). See :func:`influence_on_log`.
    """
    return _difference(influence_on_log(bottom), influence_on_log(reference))


def _difference(
    left: tuple[NDArray[np.int64], np.ndarray], right: tuple[NDArray[np.int64], np.ndarray]
) -> tuple[NDArray[np.int64], np.ndarray]:
    """Subtract two sets of values by speaker; a speaker in one of them counts as 0 in the other."""
    codes, unit = numbered_codes(np.concatenate([left[0], right[0]]))
    return codes, np.bincount(unit, np.concatenate([left[1], -right[1]]))


def _shares(counts: ErrorCounts) -> np.ndarray:
    """Return the share of the exposure of each speaker, shape (n_speakers,), in the order of their codes."""
    _, exposure = counts.per_speaker()
    return np.asarray(exposure / exposure.sum())


def _t(freedom: float, level: float) -> float:
    """Return the quantile of Student's t for a two-sided level, which is infinite without degrees of freedom."""
    return student_quantile(0.5 + level / 2, freedom) if freedom > 0 else math.inf
