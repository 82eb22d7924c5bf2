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
from functools import cached_property
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import numbered_codes
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
#: Cells times draws whose groups are summed at once: few enough to stay in the cache of a processor.
_BLOCK: Final = 8_192
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
        return _inverse(self.target)

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
    largest = max(n_speakers, len(speaker), 1)
    step = max(1, _CHUNK // largest)
    everyone = np.arange(n_speakers, dtype=np.int32 if largest < 1 << 31 else np.int64)
    trade = _Trade.of(speaker, n_speakers)
    for start in range(0, draws, step):
        count = min(step, draws - start)
        order = rng.permuted(np.tile(everyone, (count, 1)), axis=1)
        exchange = Exchange(trade.targets(order, within))
        yield exchange if spread is None else Rescaled(exchange, spread)


@dataclass(frozen=True)
class _Trade:
    """Which cells can exchange their counts: those of speakers with the same number of cells.

    Attributes
    ----------
    blocks
        For each number of cells that occurs, the cells of the speakers who have so many, shape (n_alike, n_cells_each).
    kind
        Which of the blocks each speaker of the log is in, or -1 if the speaker has no cells, shape (n_speakers,).
    place
        Row of each speaker in that block, shape (n_speakers,).
    in_order
        Whether there is a cell for each speaker of the log, in the order of their codes.
    """

    blocks: list[NDArray[np.int64]]
    kind: NDArray[np.int32]
    place: NDArray[np.int32]
    in_order: bool

    @classmethod
    def of(cls, speaker: NDArray[np.int64], n_speakers: int) -> Self:
        """Sort speakers by their number of cells, given the code of each cell's speaker, shape (n_cells,)."""
        owner, number = numbered_codes(speaker)
        cells = np.bincount(number, minlength=len(owner))
        by_owner, first = np.argsort(speaker, kind="stable"), np.cumsum(cells) - cells
        kind, place = np.full(n_speakers, -1, dtype=np.int32), np.zeros(n_speakers, dtype=np.int32)
        blocks: list[NDArray[np.int64]] = []
        for size in np.unique(cells):
            alike = np.flatnonzero(cells == size)
            kind[owner[alike]], place[owner[alike]] = len(blocks), np.arange(len(alike))
            blocks.append(by_owner[first[alike][:, None] + np.arange(size)])
        return cls(blocks, kind, place, np.array_equal(speaker, np.arange(n_speakers)))

    @cached_property
    def _cell(self) -> NDArray[np.int32]:
        """The only cell of each speaker, or -1, shape (n_speakers,), if none has several."""
        return np.where(self.kind < 0, -1, self.blocks[0][self.place, 0]).astype(np.int32)

    def targets(self, order: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.integer]:
        """Return which cell receives the counts of each cell, shape (draws, n_cells).

        Parameters
        ----------
        order
            Permutations of all speakers, shape (draws, n_speakers). Speakers with the same number of cells exchange by
            their order in them. The cells that a speaker receives are shuffled.
        rng
            Generator for shuffling the cells of a speaker.
        """
        if self.in_order:
            return order
        n_cells, largest = sum(map(np.size, self.blocks)), max((one.shape[1] for one in self.blocks), default=1)
        target = np.empty((len(order), n_cells), dtype=order.dtype)
        first = _inverse(order)  # speakers in order
        if len(self.blocks) == 1 and largest == 1:
            for one, speakers in zip(target, first, strict=True):
                received = self._cell[speakers]
                one[received[received >= 0]] = self.blocks[0][:, 0]
            return target
        kinds = self.kind[first]
        mix = rng.random((len(order), n_cells)) if largest > 1 else None
        for i, blocks in enumerate(self.blocks):
            received = blocks[self.place[first[kinds == i].reshape(len(order), -1)]]
            if mix is not None and blocks.shape[1] > 1:
                received = np.take_along_axis(received, np.argsort(mix[:, blocks], axis=2), axis=2)
            np.put_along_axis(target, received.reshape(len(order), -1), blocks.ravel()[None], axis=1)
        return target


def _inverse(permutations: NDArray[np.integer]) -> NDArray[np.integer]:
    """Invert permutations, shape (draws, n)."""
    inverse, places = np.empty_like(permutations), np.arange(permutations.shape[1], dtype=permutations.dtype)
    for one, permutation in zip(inverse, permutations, strict=True):
        one[permutation] = places
    return inverse


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
