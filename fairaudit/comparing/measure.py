"""Sets of speakers measured under two recognisers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.columns import after
from fairaudit.core.counts import ErrorCounts, Rate
from fairaudit.evidence.measure import MIN_SPEAKERS, why_not_tested
from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from fairaudit.stats.paired import Change, Spread, change_between, gap_change_interval, regression_p
from fairaudit.stats.rates import Gap, gap_between, rate_interval

__all__ = ["Both", "GapChange", "Measured", "Noise", "family_wise_p", "gap_of", "measure"]

Interval = tuple[float, float]


@dataclass(frozen=True)
class Both:
    """The same cells with the errors of two recognisers."""

    before: ErrorCounts
    after: ErrorCounts

    @classmethod
    def of(cls, counts: ErrorCounts, rate: Rate) -> Self:
        """Cells of a paired log: the candidate's errors stand in their detail."""
        return cls(counts, replace(counts, errors=counts.detail[after(rate.numerator)]))

    def __len__(self) -> int:
        return len(self.before)

    @property
    def gained(self) -> NDArray[np.float64]:
        """Errors after - errors before, shape (n_cells,)."""
        return self.after.errors - self.before.errors

    def where(self, cells: NDArray[np.bool_]) -> Self:
        """Keep the cells for which the mask, shape (n_cells,), is true."""
        return replace(self, before=self.before.where(cells), after=self.after.where(cells))


@dataclass(frozen=True)
class Noise:
    """How much speakers vary over the whole log: before, after, and in what changed."""

    before: Dispersion
    after: Dispersion
    change: Spread

    @classmethod
    def fit(cls, everybody: Both) -> Self:
        """Fit it on cells that are whole speakers."""
        exposure = everybody.before.exposure
        return cls(
            fit_dispersion(everybody.before.errors, exposure),
            fit_dispersion(everybody.after.errors, exposure),
            Spread.fit(everybody.gained, exposure),
        )


@dataclass(frozen=True)
class Measured:
    """A set of speakers under both recognisers; rates in errors per unit of exposure.

    Attributes
    ----------
    change
        Both rates and the interval of their difference.
    before_interval, after_interval
        95 % intervals of the rates.
    speakers, utterances
        Sampling units and utterances of the set.
    not_tested_because
        The floor that the set misses, ``None`` where it may be tested.
    """

    change: Change
    before_interval: Interval | None
    after_interval: Interval | None
    speakers: int
    utterances: int
    not_tested_because: str | None


@dataclass(frozen=True)
class GapChange:
    """The gap of the bottom to its rest, before and after.

    Attributes
    ----------
    before, after
        The two gaps.
    interval
        95 % interval of the difference of the relative gaps, ``None`` where it is not defined.
    speakers, reference_speakers
        Sampling units of the bottom and of its rest.
    not_tested_because
        The floor that one of them misses.
    """

    before: Gap
    after: Gap
    interval: Interval | None
    speakers: int
    reference_speakers: int
    not_tested_because: str | None

    @property
    def difference(self) -> float:
        """Relative gap after - relative gap before."""
        return self.after.relative - self.before.relative


def measure(cells: Both, noise: Noise) -> Measured:
    """Measure a set of speakers."""
    counts = cells.before
    return Measured(
        change=change_between(cells.before, cells.after, noise.change),
        before_interval=rate_interval(cells.before, noise.before),
        after_interval=rate_interval(cells.after, noise.after),
        speakers=counts.n_speakers,
        utterances=round(float(counts.detail["utterances"].sum())),
        not_tested_because=why_not_tested(counts, MIN_SPEAKERS),
    )


def gap_of(bottom: Both, rest: Both, noise: Noise) -> GapChange | None:
    """Measure the gap of two sets, ``None`` where one of them is empty."""
    if not len(bottom) or not len(rest):
        return None
    sides = (bottom.before, rest.before), (bottom.after, rest.after)
    return GapChange(
        before=gap_between(*sides[0], noise.before),
        after=gap_between(*sides[1], noise.after),
        interval=gap_change_interval(*sides),
        speakers=bottom.before.n_speakers,
        reference_speakers=rest.before.n_speakers,
        not_tested_because=why_not_tested(bottom.before, MIN_SPEAKERS) or why_not_tested(rest.before, MIN_SPEAKERS),
    )


def family_wise_p(sets: Sequence[Both], noise: Noise, *, draws: int, seed: int) -> list[float]:
    """P-value of "it got worse" of every set, all of them considered; sets may overlap."""
    if not sets:
        return []
    place = np.repeat(np.arange(len(sets)), [len(cells) for cells in sets])
    speaker = np.concatenate([cells.before.speaker for cells in sets])
    gained = np.concatenate([cells.gained for cells in sets])
    exposures = [cells.before.per_speaker()[1] for cells in sets]
    least = np.array([noise.change.variance(exposure) * exposure.sum() ** 2 for exposure in exposures])
    return [float(p) for p in regression_p(gained, speaker, place, draws=draws, seed=seed, least=least)]
