"""Scan shapes: average over all balls and rectangles of cells, weighted by their evidence.

The single best of many shapes follows the noise at its border. An average over all shapes, each weighted by its
likelihood ratio exp(z^2 / 2), is more stable. It answers whether there is a disparity (the average, compared with its
shuffles) and where (the cells on which the weighted shapes agree).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import sum_over
from fairaudit.stats.exact import on_grid
from fairaudit.stats.score import set_score

if TYPE_CHECKING:
    from fairaudit.cohorts.rules import Group
    from fairaudit.stats.shuffle import Shuffle
    from fairaudit.units.build import UnitTable

__all__ = ["Balls", "Rectangles", "ShapeScan", "Shapes"]

Array = NDArray[np.float64]
#: A cell is included if the weight of the shapes that contain it exceeds this share of the highest such weight.
_AGREEMENT: Final = 0.5
#: Shares of speakers, score and number of shapes that define the scale of the averaged score.
_TYPICAL: Final = (0.05, 0.2)
_TYPICAL_SCORE: Final = 4.0
_TRIALS: Final = 16


class Shapes(Protocol):
    """A family of sets of cells with fast sums over all sets."""

    @property
    def speakers(self) -> Array:
        """Number of speakers in every shape; an array of any shape."""
        ...

    def sums(self, cells: Array) -> Array:
        """Sum a column over cells, shape (n_cells,), within every shape; the result has the layout of ``speakers``."""
        ...

    def cover(self, weights: Array) -> Array:
        """Sum the weights of all shapes that contain each cell, shape (n_cells,)."""
        ...


@dataclass(frozen=True)
class Balls:
    """Balls around every centre: the nearest cell, the two nearest cells, and so on.

    Attributes
    ----------
    order
        Cells from nearest to farthest, shape (n_centres, n_steps).
    speakers
        Number of speakers in every ball, shape (n_centres, n_steps).
    n_cells
        Number of cells.

    Examples
    --------
    >>> balls = Balls.around(np.array([[0.0, 1.0, 3.0]]), np.array([1.0, 1.0, 2.0]), largest_share=0.5)
    >>> balls.sums(np.array([5.0, 6.0, 7.0])).tolist(), balls.cover(np.array([[1.0, 2.0]])).tolist()
    ([[5.0, 11.0]], [3.0, 2.0, 0.0])
    """

    order: NDArray[np.int64]
    speakers: Array
    n_cells: int

    @classmethod
    def around(cls, distance: Array, speakers: Array, largest_share: float = 1.0) -> Self:
        """Create balls from the distance of every centre to every cell, (n_centres, n_cells), and speakers per cell.

        Steps at which all balls contain more than the largest share of the speakers are left out.
        """
        order = np.argsort(distance, axis=1, kind="stable")
        held = speakers[order].cumsum(axis=1)
        steps = (held <= largest_share * speakers.sum()).any(axis=0)
        return cls(order[:, steps], held[:, steps], len(speakers))

    def sums(self, cells: Array) -> Array:
        """Sum a column within every ball, shape (n_centres, n_steps)."""
        return np.asarray(cells[self.order].cumsum(axis=1))

    def cover(self, weights: Array) -> Array:
        """Sum the weights of the balls that contain each cell: from every centre, its own step and all later ones."""
        later = weights[:, ::-1].cumsum(axis=1)[:, ::-1]
        return sum_over(self.order.ravel(), later.ravel(), self.n_cells)


@dataclass(frozen=True)
class Rectangles:
    """All rectangles of a grid, each a run of rows crossed with a run of columns, summed by prefix sums.

    Attributes
    ----------
    size
        Numbers of rows and columns of the grid.
    position
        Row-major position in the grid of each non-empty cell, shape (n_cells,).
    cells
        Number of speakers in each of these cells, shape (n_cells,).

    Examples
    --------
    >>> grid = Rectangles((1, 2), np.array([0, 1]), np.ones(2))
    >>> grid.sums(np.array([5.0, 6.0])).tolist(), grid.cover(np.array([[1.0, 2.0, 4.0]])).tolist()
    ([[5.0, 11.0, 6.0]], [3.0, 6.0])
    """

    size: tuple[int, int]
    position: NDArray[np.int64]
    cells: Array

    @property
    def speakers(self) -> Array:
        """Number of speakers in every rectangle, shape (n_runs_of_rows, n_runs_of_columns)."""
        return self.sums(self.cells)

    @cached_property
    def _runs(self) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]:
        """Start and stop (exclusive) of every run, along rows and along columns."""
        return tuple((first, last + 1) for first, last in (np.triu_indices(length) for length in self.size))

    def sums(self, cells: Array) -> Array:
        """Sum a column within every rectangle; the result has the layout of ``speakers``."""
        rows, columns = self.size
        until = np.zeros((rows + 1, columns + 1))
        until[1:, 1:] = sum_over(self.position, cells, rows * columns).reshape(rows, columns)
        until = until.cumsum(axis=0).cumsum(axis=1)
        (top, bottom), (left, right) = self._runs
        strips = until[bottom] - until[top]
        return np.asarray(strips[:, right] - strips[:, left])

    def cover(self, weights: Array) -> Array:
        """Sum the weights of the rectangles that contain each cell, by prefix sums of marks at their corners."""
        rows, columns = self.size
        (top, bottom), (left, right) = self._runs
        corners = np.zeros((rows + 1, columns + 1))
        for row, column, sign in ((top, left, 1), (bottom, right, 1), (top, right, -1), (bottom, left, -1)):
            at = row[:, None] * (columns + 1) + column
            corners += sign * sum_over(at.ravel(), weights.ravel(), corners.size).reshape(corners.shape)
        return np.asarray(corners.cumsum(axis=0).cumsum(axis=1)[:rows, :columns].ravel()[self.position])


@dataclass(frozen=True)
class ShapeScan:
    """A search over families of shapes. All families have the same weight.

    Attributes
    ----------
    units
        Assigned units.
    cell
        Cell of each unit, shape (n_units,).
    n_cells
        Number of cells.
    families
        Shapes over the cells.
    min_speakers
        Fewest speakers inside, and outside, a shape.
    largest_share
        Largest share of the speakers inside a shape.
    """

    units: UnitTable
    cell: NDArray[np.int64]
    n_cells: int
    families: tuple[Shapes, ...]
    min_speakers: int
    largest_share: float = 1.0

    @cached_property
    def allowed(self) -> tuple[NDArray[np.bool_], ...]:
        """Mask of the shapes with enough speakers inside and outside that are not too large, for each family."""
        return tuple(self._right_size(shapes.speakers) for shapes in self.families)

    @cached_property
    def _allowed_at(self) -> tuple[tuple[Literal["C", "F"], NDArray[np.int64]], ...]:
        """In which order the scores of each family are in memory, and where those of allowed shapes are in it.

        The last bit of a sum over all shapes depends on the order.
        """
        places: list[tuple[Literal["C", "F"], NDArray[np.int64]]] = []
        for shapes, allowed in zip(self.families, self.allowed, strict=True):
            by_row = np.where(allowed, shapes.sums(np.zeros(self.n_cells)), 0.0).flags.c_contiguous
            places.append(("C" if by_row else "F", np.flatnonzero(allowed.ravel(order="C" if by_row else "F"))))
        return tuple(places)

    @property
    def possible(self) -> bool:
        """Whether any shape is allowed."""
        return any(allowed.any() for allowed in self.allowed)

    def best(self, shuffle: Shuffle) -> Array:
        """Return the averaged score in each draw, shape (draws,): sqrt(2 log mean exp(z^2 / 2) + c); -inf if no shape.

        The mean is over all shapes. All families have the same weight, and scores below zero count as zero. The
        constant c puts the result on the scale of a score: a single shape of typical size with score z gives about z.
        """
        if not self.possible:
            return np.full(shuffle.draws, -np.inf)
        residual = self.units.per_unit(shuffle.residual(self.units.residual, self.units.information))
        information = self.units.per_unit(shuffle.weight(self.units.information))
        details = [
            self._evidence(self._per_cell(u), self._per_cell(i)) for u, i in zip(residual, information, strict=True)
        ]
        return np.sqrt(2 * np.maximum(details, 0.0) + self._scale)

    def details(self, null: Array | None, bottom: Group | None) -> Mapping[str, Any]:  # noqa: ARG002
        """Return nothing, because there are no further results."""
        return {}

    def worst(self, scored_cells: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Return the cells on which the weighted shapes agree.

        If these have too few or too many speakers, the cells of the best shape are returned.

        Parameters
        ----------
        scored_cells
            Mask of the counts (pairs of sampling unit and unit) to use, shape (n_counts,); all by default.

        Returns
        -------
        ndarray of int64
            Cells of the scan, empty if no allowed shape has a higher rate than its surroundings.
        """
        if not self.possible:
            return np.zeros(0, dtype=np.int64)
        seen = 1.0 if scored_cells is None else scored_cells.astype(float)
        scores = self._scores(
            self._per_cell(self.units.per_unit(self.units.residual * seen)),
            self._per_cell(self.units.per_unit(self.units.information * seen)),
        )
        if max(z.max(initial=0.0) for z in scores) == 0.0:
            return np.zeros(0, dtype=np.int64)
        agreed = sum(
            shapes.cover(support) / support.sum()
            for shapes, support in zip(self.families, self._supports(scores), strict=True)
            if support.any()
        )
        chosen = np.asarray(agreed > _AGREEMENT * np.max(agreed))
        if not self._fits(chosen):
            family = int(np.argmax([z.max(initial=-1.0) for z in scores]))
            chosen = _only(self.families[family], int(scores[family].argmax()))
        return np.flatnonzero(chosen)

    def _fits(self, chosen: NDArray[np.bool_]) -> bool:
        """Whether a set of cells, given as a mask of shape (n_cells,), has the right size."""
        return bool(self._right_size(self._speakers[chosen].sum()))

    def _right_size(self, speakers: Array) -> NDArray[np.bool_]:
        """Whether numbers of speakers are large enough, leave enough outside, and are not too large; same shape."""
        total = self._speakers.sum()
        most = min(total - self.min_speakers, self.largest_share * total)
        return np.asarray((speakers >= self.min_speakers) & (speakers <= most))

    def _per_cell(self, column: Array) -> Array:
        return sum_over(self.cell, column, self.n_cells)

    @cached_property
    def _speakers(self) -> Array:
        return self._per_cell(self.units.speakers_per_unit())

    def _scores(self, residual: Array, information: Array) -> list[Array]:
        """Return the score of every shape, at least 0, or -1 for shapes that are not allowed."""
        totals, scores = (residual.sum(), information.sum()), []
        for shapes, allowed, (order, at) in zip(self.families, self.allowed, self._allowed_at, strict=True):
            u, i = (shapes.sums(column).ravel(order=order)[at] for column in (residual, information))
            score = np.full(allowed.size, -1.0)
            score[at] = np.maximum(set_score(u, i, *totals), 0.0)
            scores.append(score.reshape(allowed.shape, order=order))
        return scores

    def _weights(self, scores: list[Array]) -> list[Array]:
        """Return exp(z^2 / 2) of every allowed shape, relative to the highest of its family; 0 for other shapes."""
        from scipy.special import expm1

        weights = []
        for z in scores:
            most, above = z.max(initial=0.0) ** 2, np.flatnonzero(_in_memory(z) > 0)
            weights.append(np.where(z < 0, 0.0, 1.0 + expm1(-most / 2)))
            _in_memory(weights[-1])[above] = 1.0 + expm1((_in_memory(z)[above] ** 2 - most) / 2)
        return weights

    def _supports(self, scores: list[Array]) -> list[Array]:
        """Return exp(z^2 / 2) - 1 on the same scale, so that shapes without a higher rate have no say."""
        return [
            np.where(z > 0, weights - np.exp(-(z.max(initial=0.0) ** 2) / 2), 0.0)
            for z, weights in zip(scores, self._weights(scores), strict=True)
        ]

    def _evidence(self, residual: Array, information: Array) -> float:
        """Return the log of the mean likelihood ratio of the allowed shapes, with equal weights of the families."""
        scores = self._scores(residual, information)
        ratios = [
            math.log(weights.sum() / (z >= 0).sum()) + z.max(initial=0.0) ** 2 / 2
            for z, weights in zip(scores, self._weights(scores), strict=True)
            if (z >= 0).any()
        ]
        return float(np.logaddexp.reduce(ratios)) - math.log(len(ratios))

    @cached_property
    def _scale(self) -> float:
        """The constant c: how much averaging reduces z^2 for a single shape of typical size with score z."""
        information = self._per_cell(self.units.per_unit(self.units.information))
        losses = []
        for shapes, allowed in zip(self.families, self.allowed, strict=True):
            share = shapes.speakers / self._speakers.sum()
            typical = np.flatnonzero(allowed & (share >= _TYPICAL[0]) & (share <= _TYPICAL[1]))
            for i in typical[:: max(1, len(typical) // _TRIALS)]:
                inside = _only(shapes, int(i))
                held = information[inside].sum() * information[~inside].sum() / information.sum()
                if held > 0:
                    excess = on_grid(_TYPICAL_SCORE / math.sqrt(held) * information * inside)
                    losses.append(_TYPICAL_SCORE**2 - 2 * self._evidence(excess, information))
        return max(0.0, float(np.median(losses))) if losses else 0.0


def _in_memory(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view of a contiguous array in the order of memory, in which numbers are found and stored quickest."""
    return array.ravel(order="K")


def _only(shapes: Shapes, i: int) -> NDArray[np.bool_]:
    """Return the cells of one shape, given its flat index in the family."""
    weights = np.zeros(shapes.speakers.shape)
    weights.flat[i] = 1.0
    return shapes.cover(weights) > _AGREEMENT
