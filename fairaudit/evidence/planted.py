"""How large a gap of a region would have to be, for a search to notice it: by planting regions in shuffled logs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from fairaudit.cohorts.places import on_globe
from fairaudit.cohorts.search import PreparedSearch
from fairaudit.core.columns import COORDINATES
from fairaudit.core.counts import speaker_weights, sum_over
from fairaudit.stats.power import LARGEST_GAP, POWER, growth
from fairaudit.stats.score import spread
from fairaudit.stats.shuffle import Raised, Shuffle
from fairaudit.units.build import UnitTable

__all__ = ["number_of_regions", "planted_gap"]

#: Most shuffled logs in which a region is planted, and shuffles of the search for each of them.
_MOST_REGIONS: Final = 40
_SHUFFLES: Final = 25


def number_of_regions(permutations: int) -> int:
    """Return the number of shuffled logs in which a region is planted, a small part of the shuffles of the search.

    Examples
    --------
    >>> number_of_regions(999), number_of_regions(199)
    (39, 7)
    """
    return min(_MOST_REGIONS, permutations // _SHUFFLES)


def planted_gap(
    prepared: PreparedSearch,
    units: UnitTable,
    draws: Iterable[Shuffle],
    critical: float,
    *,
    share: float,
    guess: float,
    seed: int,
    cohort: NDArray[np.int64] | None = None,
) -> tuple[float | None, float]:
    """Return the smallest gap of a region that a search would notice with probability 0.8, and the share of the region.

    In each draw, the errors of the speakers who are nearest to a random one are multiplied by 1 + g, and the search is
    run. Its score is a nearly linear function of g, so that two values of g tell at which one it exceeds the critical
    value. The result is the gap that is enough in four of five draws.

    Parameters
    ----------
    prepared
        The search.
    units
        Its units. If their features are not numbers, no speaker is nearest to another, and the guess is returned.
    draws
        Draws from the null hypothesis.
    critical
        Score that the search rarely exceeds by chance.
    share
        Share of the sampling units in the region.
    guess
        Gap near which the search is run.
    seed
        Seed of the places of the regions.
    cohort
        Cohort of each cell if cohorts do not depend on errors, so that regions consist of whole cohorts, at least one.

    Returns
    -------
    (float or None, float)
        Relative gap (0.4 = +40 %), or ``None`` if even a gap of +1,000 % would be missed; and the mean share.
    """
    if not all(map(is_numeric_dtype, units.features.dtypes)):
        return guess, share
    places, rng = _Places.of(units, cohort), np.random.default_rng([seed, 3])
    weight, enough, shares = speaker_weights(units.counts.speaker), [], []
    for shuffle in draws:
        regions = places.regions(share, shuffle.draws, rng)
        once, twice = (_beyond(prepared, units, Raised(shuffle, gap * regions), critical) for gap in (guess, 2 * guess))
        with np.errstate(invalid="ignore"):  # a draw without any cohort has a score of -inf
            multiple = np.divide(twice - 2 * once, twice - once, out=np.full(len(once), np.inf), where=twice > once)
        enough.append(multiple)
        shares.append(regions @ weight / weight.sum())
    found = guess * float(np.quantile(np.maximum(np.concatenate(enough), 0.0), POWER, method="higher"))
    return (found if found <= LARGEST_GAP else None), float(np.concatenate(shares).mean())


def _beyond(prepared: PreparedSearch, units: UnitTable, raised: Raised, critical: float) -> NDArray[np.float64]:
    """Return by how much the score of each draw exceeds the critical value, shape (draws,)."""
    return prepared.best(raised) - critical * growth(_spread(units, raised.shuffle), _spread(units, raised))


def _spread(units: UnitTable, shuffle: Shuffle) -> NDArray[np.float64]:
    """Return the sum of the squared residuals of all speakers in each draw, shape (draws,)."""
    everybody = np.zeros(len(units.counts), dtype=np.int64)
    return spread(shuffle.moments(everybody, 1, units.residual, units.information)[:, 0])


@dataclass(frozen=True)
class _Places:
    """Where cells are, in the space of the features of a search.

    Attributes
    ----------
    points
        Distinct places, shape (n_places, n_dimensions).
    place
        Place of each cell, shape (n_cells,).
    speakers
        Sampling units at each place, where one at several places counts once in all, shape (n_places,).
    first
        First sampling unit of each place, shape (n_places,), which orders places at equal distances.
    """

    points: NDArray[np.float64]
    place: NDArray[np.int64]
    speakers: NDArray[np.float64]
    first: NDArray[np.int64]

    @classmethod
    def of(cls, units: UnitTable, cohort: NDArray[np.int64] | None) -> Self:
        """Take the units as places, or the centres of cohorts."""
        points, place, speaker = _points(units.features), units.counts.group, units.counts.speaker
        if cohort is not None:
            cohorts, of_cell = np.unique(cohort, return_inverse=True)
            columns = [sum_over(of_cell, column, len(cohorts)) for column in points[place].T]
            points, place = np.stack(columns, axis=1) / np.bincount(of_cell)[:, None], of_cell
        first = np.full(len(points), len(speaker))
        np.minimum.at(first, place, speaker)
        return cls(points, place, sum_over(place, speaker_weights(speaker), len(points)), first)

    def regions(self, share: float, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Mark the cells at the places nearest to random sampling units; 1 or 0, shape (count, n_cells).

        A region has at most the share of all sampling units, unless those at a single place are more.
        """
        everybody = self.speakers.sum()
        by_first = np.argsort(self.first)
        until = self.speakers[by_first].cumsum()
        regions = np.zeros((count, len(self.points)))
        for region in regions:
            centre = self.points[by_first[np.searchsorted(until, rng.random() * everybody, side="right")]]
            nearest = np.lexsort((self.first, ((self.points - centre) ** 2).sum(axis=1)))
            inside = self.speakers[nearest].cumsum() <= share * everybody
            region[nearest[inside]] = region[nearest[0]] = 1.0
        return regions[:, self.place]


def _points(features: pd.DataFrame) -> NDArray[np.float64]:
    """Return the features of units as points: places on the globe, or columns with a standard deviation of 1."""
    if tuple(features.columns) == COORDINATES:
        return on_globe(features)
    values = features.to_numpy(float)
    values = np.where(np.isnan(values), np.nanmean(values, axis=0), values)
    spread = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0))
