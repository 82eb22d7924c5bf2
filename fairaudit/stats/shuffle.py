"""Draws from the null hypothesis, as searches see them: columns whose counts have moved between cells.

A search asks a :class:`Shuffle` for columns and sums over groups. It does not know which cells exchanged their counts.
:func:`fairaudit.stats.permutation.shuffles` draws them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.exact import exact_sum, on_grid

__all__ = ["Exchange", "Observed", "Raised", "Rescaled", "Shuffle", "inverse"]

#: Cells times draws whose groups are summed at once: few enough to stay in the cache of a processor.
_BLOCK: Final = 8_192


class Shuffle(Protocol):
    """Several draws from the null hypothesis, which can be applied to columns of cells."""

    @property
    def draws(self) -> int:
        """Number of draws."""
        ...

    def residual(self, column: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shuffle a column of residuals, shape (n_cells,), to shape (draws, n_cells).

        ``expected`` is what was subtracted from the errors, in the same unit; shape (n_cells,).
        """
        ...

    def weight(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shuffle a column of exposures or information, shape (n_cells,), to shape (draws, n_cells)."""
        ...

    def products(self, residual: NDArray[np.float64], information: NDArray[np.float64]) -> Products:
        """Return the products of shuffled columns, u^2, u i and i^2, each of shape (draws, n_cells), on a grid."""
        ...

    def moments(
        self,
        group: NDArray[np.int64],
        size: int,
        residual: NDArray[np.float64],
        information: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Sum the shuffled columns and their products over groups of cells, shape (5, size, draws).

        The moments are those of :func:`fairaudit.stats.score.departure`: u, i, u^2, u i and i^2.

        Parameters
        ----------
        group
            Group of each cell, from 0 to ``size`` - 1, or -1 for cells that are in none, shape (n_cells,).
        size
            Number of groups.
        residual, information
            The columns, shape (n_cells,), on a grid, so that the sums are exact.
        """
        columns = (
            self.residual(residual, information),
            self.weight(information),
            *self.products(residual, information),
        )
        flat = (np.where(group < 0, size, group) + np.arange(self.draws)[:, None] * (size + 1)).ravel()
        sums = [np.bincount(flat, column.ravel(), minlength=self.draws * (size + 1)) for column in columns]
        return np.stack([one.reshape(self.draws, size + 1).T[:size] for one in sums])


Products = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _products(residual: NDArray[np.float64], information: NDArray[np.float64]) -> Products:
    """Multiply columns of the same shape (..., n_cells), rounded so that sums over cells are exact."""
    n_cells = residual.shape[-1]
    pairs = ((residual, residual), (residual, information), (information, information))
    first, second, third = (
        on_grid(one * other, float(np.abs(one).max(initial=0.0)) * float(np.abs(other).max(initial=0.0)) * n_cells)
        for one, other in pairs
    )
    return first, second, third


@dataclass(frozen=True)
class Observed(Shuffle):
    """The observed data, as a single draw in which nothing moves."""

    draws: int = 1

    def residual(self, column: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002
        """Return the column itself, shape (1, n_cells)."""
        return column[None, :]

    def weight(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the column itself, shape (1, n_cells)."""
        return column[None, :]

    def products(self, residual: NDArray[np.float64], information: NDArray[np.float64]) -> Products:
        """Return the products of the columns, each of shape (1, n_cells)."""
        return _products(residual[None, :], information[None, :])


@dataclass(frozen=True)
class Exchange(Shuffle):
    """Cells exchange their counts: ``target[b, c]`` is the cell that receives the counts of cell c in draw b."""

    target: NDArray[np.integer]

    @cached_property
    def index(self) -> NDArray[np.integer]:
        """The cell whose counts each cell receives, shape (draws, n_cells)."""
        return inverse(self.target)

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.target)

    def residual(self, column: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002
        """Shuffle a column, shape (n_cells,), to shape (draws, n_cells)."""
        return np.asarray(column[self.index])

    def weight(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shuffle a column, shape (n_cells,), to shape (draws, n_cells)."""
        return np.asarray(column[self.index])

    def products(self, residual: NDArray[np.float64], information: NDArray[np.float64]) -> Products:
        """Return the products of shuffled columns, each of shape (draws, n_cells)."""
        squares, mixed, weights = _products(residual, information)
        return squares[self.index], mixed[self.index], weights[self.index]

    def moments(
        self,
        group: NDArray[np.int64],
        size: int,
        residual: NDArray[np.float64],
        information: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Sum the shuffled columns and their products over groups of cells; see :meth:`Shuffle.moments`.

        Moving the groups instead of the counts gives the same sums, and there is one column to move instead of five.
        """
        columns = (residual, information, *_products(residual, information))
        known, n_cells = np.where(group < 0, size, group), len(group)
        sums = np.empty((len(columns), size, self.draws))
        step = max(1, _BLOCK // max(n_cells, 1))
        for start in range(0, self.draws, step):
            targets = self.target[start : start + step]
            moved = known[targets] + np.arange(len(targets))[:, None] * (size + 1)
            for one, column in zip(sums, columns, strict=True):
                weights = np.broadcast_to(column, moved.shape).ravel()
                of_draws = np.bincount(moved.ravel(), weights, minlength=len(targets) * (size + 1))
                one[:, start : start + step] = of_draws.reshape(len(targets), size + 1).T[:size]
        return sums


@dataclass(frozen=True)
class Rescaled(Shuffle):
    """Cells exchange their standardised residuals and keep their exposures.

    Attributes
    ----------
    exchange
        Which cells exchange their residuals.
    spread
        Standard deviation of each cell's residual, shape (n_cells,). If it is 0, so is the residual.
    """

    exchange: Exchange
    spread: NDArray[np.float64]

    @property
    def draws(self) -> int:
        """Number of draws."""
        return self.exchange.draws

    def residual(self, column: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002
        """Shuffle a column of residuals, shape (n_cells,), to shape (draws, n_cells)."""
        standard = np.divide(column, self.spread, out=np.zeros_like(column), where=self.spread > 0)
        bound = float(np.abs(standard).max(initial=0.0)) * exact_sum(self.spread)
        return on_grid(standard[self.exchange.index] * self.spread, bound)

    def weight(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Repeat a column for every draw, because exposures stay in place."""
        return np.broadcast_to(column, self.exchange.target.shape)

    def products(self, residual: NDArray[np.float64], information: NDArray[np.float64]) -> Products:
        """Return the products of shuffled residuals and information in place, each of shape (draws, n_cells)."""
        return _products(self.residual(residual, information), self.weight(information))


@dataclass(frozen=True)
class Raised(Shuffle):
    """Draws of another shuffle in which the errors of some cells are then multiplied: a log with a known effect.

    Attributes
    ----------
    shuffle
        The draws.
    excess
        Relative excess of the errors of each cell, shape (draws, n_cells); 0.4 adds 40 %.
    """

    shuffle: Shuffle
    excess: NDArray[np.float64]

    @property
    def draws(self) -> int:
        """Number of draws."""
        return self.shuffle.draws

    def residual(self, column: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shuffle a column of residuals and add the excess errors, shape (draws, n_cells)."""
        residual = self.shuffle.residual(column, expected)
        return on_grid(residual + self.excess * (residual + self.shuffle.weight(expected)))

    def weight(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shuffle a column of exposures or information, shape (draws, n_cells)."""
        return self.shuffle.weight(column)

    def products(self, residual: NDArray[np.float64], information: NDArray[np.float64]) -> Products:
        """Return the products of shuffled columns with excess errors, each of shape (draws, n_cells)."""
        return _products(self.residual(residual, information), self.weight(information))


def inverse(permutations: NDArray[np.integer]) -> NDArray[np.integer]:
    """Invert permutations, shape (draws, n)."""
    inverse, places = np.empty_like(permutations), np.arange(permutations.shape[1], dtype=permutations.dtype)
    for one, permutation in zip(inverse, permutations, strict=True):
        one[permutation] = places
    return inverse
