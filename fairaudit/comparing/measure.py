"""Measure sets of speakers under two recognisers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.columns import after
from fairaudit.core.counts import ErrorCounts, Rate
from fairaudit.evidence.measure import MIN_SPEAKERS, why_not_tested
from fairaudit.results.comparison_parts import GapChange, Measured
from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from fairaudit.stats.paired import Spread, change_between, gap_change_interval, regression_p
from fairaudit.stats.rates import gap_between, rate_interval

__all__ = ["Both", "Noise", "family_wise_p", "gap_of", "measure"]


@dataclass(frozen=True)
class Both:
    """The same cells with the errors of two recognisers."""

    before: ErrorCounts
    after: ErrorCounts

    @classmethod
    def of(cls, counts: ErrorCounts, rate: Rate) -> Self:
        """Create them from the cells of a paired log, whose detail has the errors of the candidate."""
        return cls(counts, replace(counts, errors=counts.detail[after(rate.numerator)]))

    def __len__(self) -> int:
        return len(self.before)

    @property
    def gained(self) -> NDArray[np.float64]:
        """Errors of the candidate minus errors of the baseline, shape (n_cells,)."""
        return self.after.errors - self.before.errors

    def where(self, cells: NDArray[np.bool_]) -> Self:
        """Keep the cells where a mask of shape (n_cells,) is true."""
        return replace(self, before=self.before.where(cells), after=self.after.where(cells))


@dataclass(frozen=True)
class Noise:
    """Variation between speakers over the whole log: under each recogniser, and of the changes."""

    before: Dispersion
    after: Dispersion
    change: Spread

    @classmethod
    def fit(cls, speakers: Both) -> Self:
        """Fit the variation to cells that are complete speakers."""
        exposure = speakers.before.exposure
        return cls(
            fit_dispersion(speakers.before.errors, exposure),
            fit_dispersion(speakers.after.errors, exposure),
            Spread.fit(speakers.gained, exposure),
        )


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
    """Measure the gap between two sets; ``None`` if one of them is empty."""
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
    """Return the family-wise p-value of "it got worse" for every set. Sets may overlap."""
    if not sets:
        return []
    set_index = np.repeat(np.arange(len(sets)), [len(cells) for cells in sets])
    speaker = np.concatenate([cells.before.speaker for cells in sets])
    gained = np.concatenate([cells.gained for cells in sets])
    exposures = [cells.before.per_speaker()[1] for cells in sets]
    least = np.array([noise.change.variance(exposure) * exposure.sum() ** 2 for exposure in exposures])
    return [float(p) for p in regression_p(gained, speaker, set_index, draws=draws, seed=seed, least=least)]
