"""``geo-tree``: a split tree over latitude and longitude (after Trinh et al., Interspeech 2022)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fairaudit.cohorts.grow import CRITERIA, Floors, Grown, UnitSums, grow, sort_columns
from fairaudit.cohorts.places import open_places
from fairaudit.cohorts.rules import Group, Tree
from fairaudit.cohorts.search import ByScore
from fairaudit.core.columns import COORDINATES, LONGITUDE
from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.stats.exact import on_grid
from fairaudit.stats.score import set_score
from fairaudit.stats.shuffle import Observed, Shuffle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fairaudit.units.build import UnitTable

__all__ = ["GeoTree"]


@dataclass(frozen=True)
class GeoTree(ByScore):
    """Split places by latitude and longitude where the gap is largest, best cut first.

    The criterion of the publication is not fully described, so these criteria are our own. Every leaf and every inner
    node below the root can become the bottom region.

    Attributes
    ----------
    criterion
        ``score``: the gap in units of its standard error, with weighted speakers; ``likelihood``: the Poisson
        log-likelihood ratio with the same weights; ``gap``: the plain difference of the two rates.
    max_leaves
        Largest number of regions.
    min_speakers, min_words
        Fewest speakers and words in a region.

    Examples
    --------
    >>> GeoTree(criterion="gap", max_leaves=126).method
    'geo-tree'
    """

    method: ClassVar[str] = "geo-tree"
    keys: ClassVar[tuple[str, ...]] = COORDINATES
    outcome_free: ClassVar[bool] = False
    keep_exposure: ClassVar[bool] = False

    criterion: str = "score"
    max_leaves: int = 16
    min_speakers: int = 20
    min_words: float = 0.0

    def __post_init__(self) -> None:
        if self.criterion not in CRITERIA:
            raise UsageError(unknown_name("criterion", self.criterion, CRITERIA))
        if self.max_leaves < 2 or self.min_speakers < 1:
            raise UsageError("geo-tree needs max_leaves of at least 2 and min_speakers of at least 1")

    def partition(self, units: UnitTable) -> Tree:
        """Grow the tree on the observed counts. Region R1 has the highest score."""
        search = self.search(units)
        return _to_tree(search.grow(next(search.sums(Observed()))), search.cut)

    def search(self, units: UnitTable) -> _TreeSearch:
        """Sort the places once. Each shuffle then grows its own tree."""
        columns, cut = open_places(units.features)
        return _TreeSearch(self, units, columns, sort_columns(columns), cut)


@dataclass(frozen=True)
class _TreeSearch:
    discoverer: GeoTree
    units: UnitTable
    columns: NDArray[np.float64]
    order: NDArray[np.int64]
    cut: float

    def best(self, shuffle: Shuffle) -> NDArray[np.float64]:
        """Return the highest score of any node below the root, shape (draws,)."""
        return np.array([_highest_score(self.grow(sums)) for sums in self.sums(shuffle)])

    def details(self, null: NDArray[np.float64] | None, bottom: Group | None) -> dict[str, Any]:  # noqa: ARG002
        """Return nothing, because there are no further results."""
        return {}

    def sums(self, shuffle: Shuffle) -> Iterator[UnitSums]:
        """Yield sums over places in each draw. Plain counts are summed only if the tree uses them."""
        units, counts = self.units, self.units.counts
        rate = counts.rate
        residual = units.per_unit(shuffle.residual(units.residual, units.information))
        information = units.per_unit(shuffle.weight(units.information))
        exposure = errors = np.zeros_like(residual)
        if self.discoverer.criterion == "gap" or self.discoverer.min_words > 0:
            expected = rate * counts.exposure
            unexpected = on_grid(counts.errors - expected)
            exposure = units.per_unit(shuffle.weight(counts.exposure))
            errors = rate * exposure + units.per_unit(shuffle.residual(unexpected, expected))
        speakers = units.speakers_per_unit()
        for draw in range(shuffle.draws):
            yield UnitSums(residual[draw], information[draw], errors[draw], exposure[draw], speakers)

    def grow(self, sums: UnitSums) -> Grown:
        """Grow the tree for given sums."""
        discoverer = self.discoverer
        floors = Floors(max(discoverer.min_speakers, SUPPRESS_BELOW), discoverer.min_words)
        return grow(self.columns, self.order, sums, discoverer.criterion, discoverer.max_leaves, floors)


def _highest_score(grown: Grown) -> float:
    """Return the highest score of all nodes below the root, or -inf if there are none."""
    residual, information = np.array(grown.residual), np.array(grown.information)
    scores = set_score(residual[1:], information[1:], residual[0], information[0])
    return float(scores.max(initial=-np.inf))


def _to_tree(grown: Grown, cut: float) -> Tree:
    """Number the leaves by score, worst first, and name them R1, R2, ..."""
    feature = np.array(grown.feature)
    leaves = np.flatnonzero(feature < 0)
    residual, information = np.array(grown.residual), np.array(grown.information)
    score = set_score(residual[leaves], information[leaves], residual[0], information[0])
    cohort = np.full(len(feature), -1)
    cohort[leaves[np.argsort(-score, kind="stable")]] = np.arange(len(leaves))
    return Tree(
        features=COORDINATES,
        feature=tuple(grown.feature),
        threshold=tuple(grown.threshold),
        left=tuple(grown.left),
        right=tuple(grown.right),
        cohort=tuple(int(c) for c in cohort),
        names=tuple(f"R{i + 1}" for i in range(len(leaves))),
        wrap=(LONGITUDE, cut),
    )
