"""``geo-scan``: find one area of any outline from all rectangles and circles over a grid of places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from fairaudit.cohorts.grow import between
from fairaudit.cohorts.places import on_globe, open_places
from fairaudit.cohorts.rules import Tree
from fairaudit.cohorts.search import ByScore
from fairaudit.cohorts.shapes import Balls, Rectangles, ShapeScan
from fairaudit.core.columns import COORDINATES, LONGITUDE
from fairaudit.core.counts import sum_over
from fairaudit.core.errors import UsageError
from fairaudit.core.privacy import SUPPRESS_BELOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fairaudit.units.build import UnitTable

__all__ = ["GeoScan"]

_AREA, _ELSEWHERE = 0, 1
#: Largest number of centres of circles. There are many more cells, but neighbouring centres give similar circles.
_CENTRES: Final = 128
#: Largest share of the speakers in a shape, as is usual in scans (Kulldorff 1997): if more than half is worse, the rest
#: is better.
_LARGEST_SHARE: Final = 0.5


@dataclass(frozen=True)
class GeoScan(ByScore):
    """Find the one area with the highest error rates, whatever its outline.

    Places are sorted into a grid whose lines have equal numbers of speakers between them. All rectangles and circles of
    grid cells are scored and weighted by their evidence. The cells on which most of the weight agrees form the area.
    A split tree cuts a region out of its surroundings one side at a time and follows the noise at each cut, whereas the
    average over shapes does not. (Scanning circles is due to Kulldorff, 1997. The score that accounts for variation
    between speakers, the average and the shuffles are specific to fairaudit.)

    Attributes
    ----------
    grid
        Largest number of rows and of columns of the grid.
    min_speakers
        Fewest speakers inside, and outside, the area.

    Examples
    --------
    >>> GeoScan(grid=12).method
    'geo-scan'
    """

    method: ClassVar[str] = "geo-scan"
    keys: ClassVar[tuple[str, ...]] = COORDINATES
    outcome_free: ClassVar[bool] = False
    keep_exposure: ClassVar[bool] = False

    grid: int = 20
    min_speakers: int = 20

    def __post_init__(self) -> None:
        if not 2 <= self.grid <= 64 or self.min_speakers < 1:
            raise UsageError("geo-scan needs a grid of 2 to 64 rows and min_speakers of at least 1")

    def partition(self, units: UnitTable) -> Tree:
        """Return a rule with the cohorts area and elsewhere, or only everywhere if no area is large enough."""
        grid = _Grid.over(units, self.grid)
        worst = self._scan(units, grid).worst()
        return (
            grid.to_tree(worst) if len(worst) else Tree(COORDINATES, (-1,), (0.0,), (-1,), (-1,), (0,), ("everywhere",))
        )

    def search(self, units: UnitTable) -> ShapeScan:
        """Build the grid once, because shuffles do not move places."""
        return self._scan(units, _Grid.over(units, self.grid))

    def _scan(self, units: UnitTable, grid: _Grid) -> ShapeScan:
        speakers = sum_over(grid.cell, units.speakers_per_unit(), len(grid.position))
        middles = grid.middles(units)
        centres = middles[:: -(-len(middles) // _CENTRES)]
        distance = ((centres[:, None] - middles[None]) ** 2).sum(axis=2)
        families = (Rectangles(grid.size, grid.position, speakers), Balls.around(distance, speakers, _LARGEST_SHARE))
        return ShapeScan(
            units, grid.cell, len(grid.position), families, max(self.min_speakers, SUPPRESS_BELOW), _LARGEST_SHARE
        )


@dataclass(frozen=True)
class _Grid:
    """A grid of latitudes and longitudes.

    Attributes
    ----------
    lines
        Ascending latitudes and longitudes of the lines.
    position
        Row-major position of each non-empty cell, shape (n_cells,).
    cell
        Cell of each unit, shape (n_units,).
    cut
        Longitude at which the circle of longitudes is cut.
    """

    lines: tuple[NDArray[np.float64], NDArray[np.float64]]
    position: NDArray[np.int64]
    cell: NDArray[np.int64]
    cut: float

    @classmethod
    def over(cls, units: UnitTable, most: int) -> _Grid:
        columns, cut = open_places(units.features)
        speakers = units.speakers_per_unit()
        latitude, longitude = (_lines(column, speakers, most) for column in columns.T)
        row = np.searchsorted(latitude, columns[:, 0], side="left")
        column = np.searchsorted(longitude, columns[:, 1], side="left")
        position, cell = np.unique(row * (len(longitude) + 1) + column, return_inverse=True)
        return cls((latitude, longitude), position, cell, cut)

    @property
    def size(self) -> tuple[int, int]:
        return len(self.lines[0]) + 1, len(self.lines[1]) + 1

    def middles(self, units: UnitTable) -> NDArray[np.float64]:
        """Return the mean place of the speakers of each cell, as points inside the unit ball, shape (n_cells, 3)."""
        speakers = units.speakers_per_unit()
        sums = [sum_over(self.cell, speakers * axis, len(self.position)) for axis in on_globe(units.features).T]
        return np.stack(sums, axis=1) / sum_over(self.cell, speakers, len(self.position))[:, None]

    def to_tree(self, area: NDArray[np.int64]) -> Tree:
        """Convert the area and the rest to a split tree. An empty cell joins the nearest non-empty cell."""
        from scipy.ndimage import distance_transform_edt

        cohort = np.full(self.size, _ELSEWHERE)
        cohort.flat[self.position[area]] = _AREA
        empty = np.ones(self.size, dtype=bool)
        empty.flat[self.position] = False
        nearest = distance_transform_edt(empty, return_distances=False, return_indices=True)
        return _to_tree(cohort[tuple(nearest)], self.lines, self.cut)


def _lines(column: NDArray[np.float64], speakers: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Cut a column into at most ``most`` parts with equal numbers of speakers; cuts are between two of its values."""
    values, index = np.unique(column, return_inverse=True)
    until = sum_over(index, speakers, len(values)).cumsum()
    at = np.unique(np.searchsorted(until, until.max(initial=0.0) * np.arange(1, most) / most))
    return np.array([between(float(values[i]), float(values[i + 1])) for i in at if i + 1 < len(values)])


def _to_tree(cohort: NDArray[np.int64], lines: tuple[NDArray[np.float64], NDArray[np.float64]], cut: float) -> Tree:
    """Build a split tree that sorts the cells of a grid, shape (n_rows, n_columns), into their cohorts.

    Among the lines at which two neighbouring rows differ, or else two columns, every node is cut at the middle one.
    """
    feature: list[int] = []
    threshold: list[float] = []
    left: list[int] = []
    right: list[int] = []
    leaf: list[int] = []

    def add(rows: slice, columns: slice) -> int:
        node = len(feature)
        for column, blank in ((feature, -1), (left, -1), (right, -1), (leaf, int(cohort[rows.start, columns.start]))):
            column.append(blank)
        threshold.append(0.0)
        block = cohort[rows, columns]
        for axis, (span, axis_lines) in enumerate(zip((rows, columns), lines, strict=True)):
            changes = np.flatnonzero((np.diff(block, axis=axis) != 0).any(axis=1 - axis))
            if len(changes):
                first = span.start + int(changes[len(changes) // 2])
                feature[node], threshold[node], leaf[node] = axis, float(axis_lines[first]), -1
                for side, part in ((left, slice(span.start, first + 1)), (right, slice(first + 1, span.stop))):
                    side[node] = add(part, columns) if axis == 0 else add(rows, part)
                break
        return node

    add(slice(0, cohort.shape[0]), slice(0, cohort.shape[1]))
    return Tree(
        features=COORDINATES,
        feature=tuple(feature),
        threshold=tuple(threshold),
        left=tuple(left),
        right=tuple(right),
        cohort=tuple(leaf),
        names=("area", "elsewhere"),
        wrap=(LONGITUDE, cut),
    )
