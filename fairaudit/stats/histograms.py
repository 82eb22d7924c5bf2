"""Quantiles of numbers that are only known as counts in bins, with intervals by speaker.

A bin holds positive numbers that differ by at most 1 %, so that the middle of a bin is within 0.5 % of each of them.
Negative numbers mirror this, and 0 has a bin of its own. Counts in bins can be added up in any order.

Source: Masson, Rim & Lee (2019), DDSketch, Proceedings of the VLDB Endowment 12(12).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import sum_over
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.stats.quantiles import student_quantile

__all__ = [
    "GROWTH",
    "LABEL",
    "SHIFT",
    "Estimate",
    "Histogram",
    "code_of",
    "middle_of",
    "ratio_to",
]

#: Upper end of a bin over its lower end.
GROWTH: Final = 1.01
#: A positive number x is in the bin SHIFT + ceil(log(x) / log(GROWTH)), -x in its negative, and 0 in bin 0.
SHIFT: Final = 100_000
#: Beginning of the label of a bin, which is followed by its code.
LABEL: Final = "bin "
_LEVEL: Final = 0.95
#: Largest share of the utterances that one speaker can have.
_MOST_OF_ONE: Final = 0.5


@dataclass(frozen=True)
class Estimate:
    """A quantile with its 95 % interval; an end that fewer than 11 speakers are beyond is ``None``."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Histogram:
    """Counts of utterances by speaker and bin.

    Attributes
    ----------
    speaker, bin
        Codes of the speaker and of the bin of each cell, shape (n_cells,).
    count
        Number of utterances in each cell, shape (n_cells,).

    Examples
    --------
    >>> speaker, values = np.repeat(np.arange(40), 50), np.tile(np.arange(1.0, 51.0), 40)
    >>> Histogram.of(speaker, values).quantile(0.5)
    Estimate(value=25.0..., low=25.0..., high=25.0...)
    """

    speaker: NDArray[np.int64]
    bin: NDArray[np.int64]
    count: NDArray[np.float64]

    @classmethod
    def of(cls, speaker: NDArray[np.int64], values: NDArray[np.float64]) -> Self:
        """Count numbers of speakers, both of shape (n_utterances,)."""
        logs = np.log(np.abs(np.where(values == 0, 1, values))) / math.log(GROWTH)
        bins = np.where(values == 0, 0, np.sign(values) * (SHIFT + np.ceil(logs))).astype(np.int64)
        return cls(np.asarray(speaker, dtype=np.int64), bins, np.ones(len(bins)))

    def where(self, cells: NDArray[np.bool_]) -> Histogram:
        """Keep the cells where a mask of shape (n_cells,) is true."""
        return Histogram(self.speaker[cells], self.bin[cells], self.count[cells])

    def quantile(self, share: float) -> Estimate | None:
        """Return the smallest number that at least this share of the utterances does not exceed, within 0.5 %.

        The interval inverts that of the share of utterances up to the quantile, a ratio of sums over speakers, on the
        logit scale. Few speakers can make most of its variance, so Student's t has as many degrees of freedom as there
        are effective squares of residuals, less one.

        Returns
        -------
        Estimate or None
            ``None`` if fewer than 11 speakers have a number below its bin, or above it, or if one speaker has more than
            half of the utterances: it would be nearly that of this speaker.

        Notes
        -----
        Source: Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47; on the logit
        scale as in Korn & Graubard (1998), Confidence intervals for proportions with small expected number of positive
        counts estimated from survey data, Survey Methodology 24; degrees of freedom as in Satterthwaite (1946), An
        approximate distribution of estimates of variance components, Biometrics Bulletin 2.
        """
        if not len(self.count):
            return None
        names, speaker = np.unique(self.speaker, return_inverse=True)
        bins, place = np.unique(self.bin, return_inverse=True)
        below = np.cumsum(sum_over(place, self.count, len(bins))) / self.count.sum()
        at = int(np.searchsorted(below, share - 1e-12))
        if not self._is_safe(bins[at], lower=True) or not self._is_safe(bins[at], lower=False):
            return None
        total = sum_over(speaker, self.count, len(names))
        if total.max() > _MOST_OF_ONE * total.sum():
            return None
        inside = sum_over(speaker, self.count * (self.bin <= bins[at]), len(names))
        squares = (inside - below[at] * total) ** 2 / (
            1 - total / total.sum()
        )  # less what each speaker pulls the share
        variance = float(squares.sum())
        error = math.sqrt(variance) / float(total.sum())
        freedom = variance**2 / float((squares**2).sum()) - 1 if variance else 1.0
        step = student_quantile((1 + _LEVEL) / 2, max(freedom, 1.0)) * error / (share * (1 - share))
        ends = [1 / (1 + math.exp(-(math.log(share / (1 - share)) + sign * step))) for sign in (-1, 1)]
        low, high = (bins[min(int(np.searchsorted(below, end - 1e-12)), len(bins) - 1)] for end in ends)
        return Estimate(
            middle_of(int(bins[at])),
            middle_of(int(low)) if self._is_safe(low, lower=True) else None,
            middle_of(int(high)) if self._is_safe(high, lower=False) else None,
        )

    def _is_safe(self, edge: int, *, lower: bool) -> bool:
        """Whether enough speakers have a number below a bin, or above it."""
        beyond = self.bin < edge if lower else self.bin > edge
        return len(np.unique(self.speaker[beyond & (self.count > 0)])) >= SUPPRESS_BELOW


def middle_of(code: int) -> float:
    """Return the number that is within 0.5 % of all numbers in a bin.

    Examples
    --------
    >>> middle_of(0), round(middle_of(SHIFT), 3), round(middle_of(-SHIFT), 3)
    (0.0, 0.995, -0.995)
    """
    if code == 0:
        return 0.0
    return math.copysign(2 * GROWTH ** (abs(code) - SHIFT) / (GROWTH + 1), code)


def ratio_to(one: Estimate | None, other: Estimate | None) -> Estimate | None:
    """Return the ratio of two positive quantiles of different speakers, with an interval from both of theirs.

    There is none of quantiles that are not known, or not positive.

    Source: Zou & Donner (2008), Construction of confidence limits about effect measures, Statistics in Medicine 27.

    Examples
    --------
    >>> ratio_to(Estimate(300.0, 270.0, 330.0), Estimate(200.0, 190.0, None))
    Estimate(value=1.5, low=None, high=1.67...)
    """
    if one is None or other is None or one.value <= 0 or other.value <= 0:
        return None
    low, high = _distance(one.low, one.value), _distance(one.value, one.high)
    other_low, other_high = _distance(other.low, other.value), _distance(other.value, other.high)
    ratio = one.value / other.value
    return Estimate(
        ratio,
        None if low is None or other_high is None else ratio * math.exp(-math.hypot(low, other_high)),
        None if high is None or other_low is None else ratio * math.exp(math.hypot(high, other_low)),
    )


def _distance(low: float | None, high: float | None) -> float | None:
    """Return the logarithm of the ratio of two positive numbers, if there are two."""
    return None if low is None or high is None or low <= 0 else math.log(high / low)


def code_of(labels: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the codes of labels of bins, and which of the labels, shape (n,), there are; others are missing.

    Examples
    --------
    >>> code_of(np.array(["bin 100001", None, "bin -7"], dtype=object))
    (array([100001,     -7]), array([ True, False,  True]))
    """
    known = np.array([isinstance(label, str) for label in labels], dtype=bool)
    return np.array([int(label[len(LABEL) :]) for label in labels[known]], dtype=np.int64), known
