"""Measure sets of speakers under two recognisers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.columns import candidate_column
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.rate import Rate
from fairaudit.evidence.measure import MIN_SPEAKERS, why_not_tested
from fairaudit.results.comparison_parts import GapChange, Measured
from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from fairaudit.stats.paired import (
    Change,
    Spread,
    change_between,
    gap_change_interval,
    influence_on_change,
    regression_p,
)
from fairaudit.stats.rates import gap_between, influence_on_gap, influence_on_log, rate_interval
from fairaudit.stats.simultaneous import joint_level

__all__ = [
    "NOBODY",
    "Noise",
    "PairedCounts",
    "Sides",
    "family_wise_p",
    "gap_of",
    "measure",
    "simultaneous",
    "simultaneous_gaps",
]

#: A frozen cohort that nobody is in.
NOBODY: Final = Measured(
    Change(math.nan, math.nan, None), None, None, speakers=0, utterances=0, not_tested_because="nobody is in it"
)


@dataclass(frozen=True)
class PairedCounts:
    """The same cells with the errors of two recognisers."""

    baseline: ErrorCounts
    candidate: ErrorCounts

    @classmethod
    def of(cls, counts: ErrorCounts, rate: Rate) -> Self:
        """Create them from the cells of a paired log, whose detail has the errors of the candidate."""
        return cls(counts, replace(counts, errors=counts.detail[candidate_column(rate.numerator)]))

    def __len__(self) -> int:
        return len(self.baseline)

    @property
    def both(self) -> tuple[ErrorCounts, ErrorCounts]:
        """The cells under baseline and candidate."""
        return self.baseline, self.candidate

    @property
    def gained(self) -> NDArray[np.float64]:
        """Errors of the candidate minus errors of the baseline, shape (n_cells,)."""
        return self.candidate.errors - self.baseline.errors

    def where(self, cells: NDArray[np.bool_]) -> Self:
        """Keep the cells where a mask of shape (n_cells,) is true."""
        return replace(self, baseline=self.baseline.where(cells), candidate=self.candidate.where(cells))

    def by_cohort(self) -> dict[int, Self]:
        """Return the cells of every cohort; unassigned cells are left out."""
        baseline, candidate = self.baseline.by_group(), self.candidate.by_group()
        return {c: replace(self, baseline=baseline[c], candidate=candidate[c]) for c in baseline if c >= 0}


#: The bottom and the rest.
Sides = tuple[PairedCounts, PairedCounts]


@dataclass(frozen=True)
class Noise:
    """Variation between speakers over the whole log: under each recogniser, and of the changes.

    Changes vary around that of all speakers or, for the cohorts of a search, around that of the cohort.
    """

    baseline: Dispersion
    candidate: Dispersion
    change: Spread

    @classmethod
    def fit(cls, speakers: PairedCounts) -> Self:
        """Fit the variation to cells that are complete speakers."""
        exposure = speakers.baseline.exposure
        return cls(
            fit_dispersion(speakers.baseline.errors, exposure),
            fit_dispersion(speakers.candidate.errors, exposure),
            Spread.fit(speakers.gained, exposure),
        )

    def within(self, cells: PairedCounts) -> Self:
        """Return the same variation, with changes around those of the cohorts of a search."""
        if not len(cells):
            return self
        groups = replace(cells.baseline, errors=cells.gained).by_group().values()
        return replace(self, change=Spread.within([group.per_speaker() for group in groups]))


def measure(cells: PairedCounts, noise: Noise) -> Measured:
    """Measure a set of speakers."""
    counts = cells.baseline
    return Measured(
        change=change_between(*cells.both, noise.change),
        baseline_interval=rate_interval(cells.baseline, noise.baseline),
        candidate_interval=rate_interval(cells.candidate, noise.candidate),
        speakers=counts.n_speakers,
        utterances=round(float(counts.detail["utterances"].sum())),
        not_tested_because=why_not_tested(counts, MIN_SPEAKERS),
    )


def simultaneous(
    sets: Sequence[PairedCounts], measured: Sequence[Measured], noises: Sequence[Noise], *, draws: int, seed: int
) -> list[Measured]:
    """Return measured sets with intervals of changes and of the candidate's rates that hold for all sets at once."""
    changes = [influence_on_change(*cells.both) for cells in sets]
    rates = [influence_on_log(cells.candidate) for cells in sets if cells.candidate.rate > 0]
    of_changes, of_rates = (joint_level(family, draws=draws, seed=seed) for family in (changes, rates))
    return [
        replace(
            one,
            simultaneous_interval=change_between(*cells.both, noise.change, level=of_changes).interval,
            candidate_simultaneous_interval=rate_interval(cells.candidate, noise.candidate, level=of_rates),
        )
        for cells, one, noise in zip(sets, measured, noises, strict=True)
    ]


def simultaneous_gaps(
    sides: Sequence[Sides], gaps: Sequence[GapChange], noise: Noise, *, draws: int, seed: int
) -> list[GapChange]:
    """Return gaps with intervals of the candidate's that hold for all gaps at once. All intervals must be defined."""
    candidates = [(bottom.candidate, rest.candidate) for bottom, rest in sides]
    level = joint_level([influence_on_gap(*pair) for pair in candidates], draws=draws, seed=seed)
    intervals = [gap_between(*pair, noise.candidate, level=level).interval for pair in candidates]
    return [
        replace(gap, candidate_simultaneous_interval=interval) for gap, interval in zip(gaps, intervals, strict=True)
    ]


def gap_of(bottom: PairedCounts, rest: PairedCounts, noise: Noise) -> GapChange | None:
    """Measure the gap between two sets; ``None`` if one of them is empty."""
    if not len(bottom) or not len(rest):
        return None
    sides = (bottom.baseline, rest.baseline), (bottom.candidate, rest.candidate)
    return GapChange(
        baseline=gap_between(*sides[0], noise.baseline),
        candidate=gap_between(*sides[1], noise.candidate),
        interval=gap_change_interval(*sides),
        speakers=bottom.baseline.n_speakers,
        reference_speakers=rest.baseline.n_speakers,
        not_tested_because=why_not_tested(bottom.baseline, MIN_SPEAKERS) or why_not_tested(rest.baseline, MIN_SPEAKERS),
    )


def family_wise_p(sets: Sequence[PairedCounts], noises: Sequence[Noise], *, draws: int, seed: int) -> list[float]:
    """Return the family-wise p-value of "it got worse" for every set. Sets may overlap."""
    if not sets:
        return []
    set_index = np.repeat(np.arange(len(sets)), [len(cells) for cells in sets])
    speaker = np.concatenate([cells.baseline.speaker for cells in sets])
    gained = np.concatenate([cells.gained for cells in sets])
    exposures = [cells.baseline.per_speaker()[1] for cells in sets]
    least = np.array(
        [
            noise.change.variance(exposure) * exposure.sum() ** 2
            for exposure, noise in zip(exposures, noises, strict=True)
        ]
    )
    return [float(p) for p in regression_p(gained, speaker, set_index, draws=draws, seed=seed, least=least)]
