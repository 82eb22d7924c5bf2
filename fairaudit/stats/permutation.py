"""The null hypothesis: which sampling units have exchangeable errors, and how shuffles are drawn.

Under the null hypothesis, errors do not depend on the features by which a search sorts, so that the counts of a
sampling unit can be moved to another unit (:class:`Exchange`). A unit with cells in several groups (a household, or a
speaker with several devices) exchanges with units that have the same number of cells. All of its cells move together,
in random order, which preserves their dependence. (Flipping the signs of residuals instead would assume a symmetric
distribution, which is wrong: for a geo-tree over households of two, it gave p <= 0.05 in 37 of 300 null logs, whereas
exchanging gave 16.) If a search uses exposures, these stay in place, and standardised residuals are exchanged
(:class:`Rescaled`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.exact import exact_sum, on_grid

__all__ = [
    "Exchange",
    "Observed",
    "Raised",
    "Rescaled",
    "Shuffle",
    "lowest_tie",
    "permutation_p",
    "shuffles",
    "step_down",
]

#: Largest number of cells times draws in one chunk of shuffles.
_CHUNK: Final = 2_000_000
#: Scores that differ by less differ only by rounding; relative, but absolute for scores below 1.
_ROUNDING: Final = 1e-5


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
class Observed:
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
class Exchange:
    """Cells exchange their counts: ``index[b, c]`` is the cell whose counts cell c receives in draw b."""

    index: NDArray[np.int64]

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.index)

    def residual(self, column: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002
        """Shuffle a column, shape (n_cells,), to shape (draws, n_cells)."""
        return column[self.index]

    def weight(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shuffle a column, shape (n_cells,), to shape (draws, n_cells)."""
        return column[self.index]

    def products(self, residual: NDArray[np.float64], information: NDArray[np.float64]) -> Products:
        """Return the products of shuffled columns, each of shape (draws, n_cells)."""
        squares, mixed, weights = _products(residual, information)
        return squares[self.index], mixed[self.index], weights[self.index]


@dataclass(frozen=True)
class Rescaled:
    """Cells exchange their standardised residuals and keep their exposures.

    Attributes
    ----------
    index
        See :class:`Exchange`.
    spread
        Standard deviation of each cell's residual, shape (n_cells,). If it is 0, so is the residual.
    """

    index: NDArray[np.int64]
    spread: NDArray[np.float64]

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.index)

    def residual(self, column: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002
        """Shuffle a column of residuals, shape (n_cells,), to shape (draws, n_cells)."""
        standard = np.divide(column, self.spread, out=np.zeros_like(column), where=self.spread > 0)
        bound = float(np.abs(standard).max(initial=0.0)) * exact_sum(self.spread)
        return on_grid(standard[self.index] * self.spread, bound)

    def weight(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Repeat a column for every draw, because exposures stay in place."""
        return np.broadcast_to(column, self.index.shape)

    def products(self, residual: NDArray[np.float64], information: NDArray[np.float64]) -> Products:
        """Return the products of shuffled residuals and information in place, each of shape (draws, n_cells)."""
        return _products(self.residual(residual, information), self.weight(information))


@dataclass(frozen=True)
class Raised:
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


def shuffles(
    speaker: NDArray[np.int64],
    n_speakers: int,
    draws: int,
    seed: int,
    *,
    spread: NDArray[np.float64] | None = None,
) -> Iterator[Shuffle]:
    """Draw shuffles from the null hypothesis, in chunks that fit in memory.

    Draw b permutes *all* speakers of the log, and cells follow their speaker. Searches over the same log with the same
    seed therefore use the same shuffles, so that their maxima can be compared draw by draw.

    Parameters
    ----------
    speaker
        Code of each cell's sampling unit, shape (n_cells,), less than ``n_speakers``.
    n_speakers
        Number of sampling units in the whole log.
    draws
        Number of shuffles B.
    seed
        Seed of the draws.
    spread
        Standard deviation of each cell's residual, shape (n_cells,), for a search that uses exposures. Exposures then
        stay in place, and only standardised residuals are exchanged.

    Yields
    ------
    Shuffle
        Chunks whose draws add up to ``draws``.

    Examples
    --------
    >>> chunk = next(shuffles(np.array([0, 1, 2]), 3, draws=2, seed=0))
    >>> np.sort(chunk.residual(np.array([1.0, 2.0, 3.0]), np.ones(3))).tolist()
    [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
    """
    rng = np.random.default_rng([seed, 0])
    within = np.random.default_rng([seed, 2])
    step = max(1, _CHUNK // max(n_speakers, len(speaker), 1))
    for start in range(0, draws, step):
        count = min(step, draws - start)
        order = rng.permuted(np.tile(np.arange(n_speakers), (count, 1)), axis=1)
        index = _trade(speaker, order, within)
        yield Exchange(index) if spread is None else Rescaled(index, spread)


def _trade(speaker: NDArray[np.int64], order: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return whose counts each cell receives, shape (draws, n_cells).

    ``order`` has shape (draws, n_speakers) and permutes all speakers. Speakers with the same number of cells exchange
    by their order in it. The cells that a speaker receives are shuffled.
    """
    owner, cells = np.unique(speaker, return_counts=True)
    by_owner, first = np.argsort(speaker, kind="stable"), np.cumsum(cells) - cells
    index = np.empty((len(order), len(speaker)), dtype=np.int64)
    mix = rng.random(index.shape if cells.max(initial=1) > 1 else (0, 0))
    for size in np.unique(cells):
        alike = cells == size
        blocks = by_owner[first[alike][:, None] + np.arange(size)]
        received = blocks[np.argsort(order[:, owner[alike]], axis=1)]
        if size > 1:
            received = np.take_along_axis(received, np.argsort(mix[:, blocks], axis=2), axis=2)
        index[:, blocks.ravel()] = received.reshape(len(order), -1)
    return index


def lowest_tie(score: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the lowest score that counts as equal to a score, for any shape.

    If many speakers have equal counts, many shuffles reach exactly the observed score, except for the rounding of
    sums. Without this tolerance, p-values would be too small.

    Examples
    --------
    >>> bool(0.1 + 0.2 - 1e-9 >= lowest_tie(0.3))
    True
    """
    return np.asarray(score - _ROUNDING * np.maximum(1.0, np.abs(score)))


def permutation_p(observed: float, null: NDArray[np.float64]) -> float:
    """Return the p-value of a statistic from its draws under the null: (1 + #{null >= observed}) / (B + 1), never 0.

    Draws that equal the observed value except for rounding count as reaching it (:func:`lowest_tie`).

    Examples
    --------
    >>> permutation_p(3.0, np.array([1.0, 2.0, 3.0]))
    0.5
    """
    return float((1 + np.count_nonzero(null >= lowest_tie(observed))) / (len(null) + 1))


def step_down(observed: NDArray[np.float64], null: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return family-wise p-values by the step-down maximum of Westfall and Young (1993, algorithm 2.8).

    Parameters
    ----------
    observed
        Statistics of the hypotheses, shape (m,). Larger values are more extreme.
    null
        The same statistics in each draw under the null, shape (m, B).

    Returns
    -------
    ndarray
        Adjusted p-values, shape (m,), at least 1 / (B + 1).

    Examples
    --------
    >>> step_down(np.array([3.0, 1.0]), np.array([[0.0, 2.0, 1.0], [1.0, 0.0, 2.0]]))
    array([0.25, 0.75])
    """
    order = np.argsort(-observed, kind="stable")
    adjusted = np.empty(len(observed))
    running = np.full(null.shape[1], -np.inf)
    maxima = np.empty_like(null)
    for i in range(len(order) - 1, -1, -1):
        running = np.maximum(running, null[order[i]])
        maxima[i] = running
    worst = 0.0
    for i, hypothesis in enumerate(order):
        worst = max(worst, permutation_p(float(observed[hypothesis]), maxima[i]))
        adjusted[hypothesis] = worst
    return adjusted
