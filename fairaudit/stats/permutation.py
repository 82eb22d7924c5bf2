"""One room for the null hypothesis: whose errors are exchangeable with whose, and what a search finds then.

Under the null, who made the errors has nothing to do with the features that a search sorts by. With one cell
per sampling unit its counts are moved to another unit (:class:`Exchange`). Where a sampling unit has cells in
several groups (a household, a speaker with several devices), its residuals keep their place and change sign
together (:class:`SignFlips`), which keeps what the cells of one unit have in common.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Exchange", "Observed", "Shuffle", "SignFlips", "permutation_p", "shuffles", "step_down"]

#: Cells times draws that one chunk of shuffles may hold.
_CHUNK: Final = 2_000_000


class Shuffle(Protocol):
    """Some draws from the null: what becomes of a column of cells in each of them."""

    @property
    def draws(self) -> int:
        """Number of draws."""
        ...

    def residual(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shuffle a column of residuals, shape (n_cells,), to shape (draws, n_cells)."""
        ...

    def weight(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shuffle a column of exposures or information, shape (n_cells,), to shape (draws, n_cells)."""
        ...


@dataclass(frozen=True)
class Observed:
    """The one draw in which nothing moves."""

    draws: int = 1

    def residual(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the column itself, shape (1, n_cells)."""
        return column[None, :]

    weight = residual


@dataclass(frozen=True)
class Exchange:
    """Cells trade their counts: ``index[b, c]`` is the cell whose counts cell c receives in draw b."""

    index: NDArray[np.int64]

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.index)

    def residual(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shuffle a column, shape (n_cells,), to shape (draws, n_cells)."""
        return column[self.index]

    weight = residual


@dataclass(frozen=True)
class SignFlips:
    """All residuals of a sampling unit change sign together; ``signs`` has shape (draws, n_cells)."""

    signs: NDArray[np.float64]

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.signs)

    def residual(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Flip a column, shape (n_cells,), to shape (draws, n_cells)."""
        return self.signs * column

    def weight(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Repeat a column: exposures stay where they are."""
        return np.broadcast_to(column, self.signs.shape)


def shuffles(
    speaker: NDArray[np.int64], n_speakers: int, draws: int, seed: int, *, keep_exposure: bool = False
) -> Iterator[Shuffle]:
    """Draw from the null in chunks that fit in memory.

    The b-th draw orders *all* speakers of the log once; cells follow their speaker. Searches over the same
    log and seed therefore see the same shuffles, which makes their maxima comparable draw by draw.

    Parameters
    ----------
    speaker
        Code of each cell's sampling unit, shape (n_cells,), values below ``n_speakers``.
    n_speakers
        Number of sampling units of the whole log.
    draws
        Number of shuffles B.
    seed
        Seed of the draws.
    keep_exposure
        Flip signs even where every sampling unit has one cell, for a search that looked at exposures.

    Yields
    ------
    Shuffle
        Chunks whose draws add up to ``draws``.

    Examples
    --------
    >>> chunk = next(shuffles(np.array([0, 1, 2]), 3, draws=2, seed=0))
    >>> np.sort(chunk.residual(np.array([1.0, 2.0, 3.0]))).tolist()
    [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
    """
    flips = keep_exposure or len(np.unique(speaker)) < len(speaker)
    rng = np.random.default_rng([seed, int(flips)])
    step = max(1, _CHUNK // max(n_speakers, len(speaker), 1))
    for start in range(0, draws, step):
        count = min(step, draws - start)
        if flips:
            signs = np.where(rng.integers(0, 2, (count, n_speakers)) == 1, 1.0, -1.0)
            yield SignFlips(signs[:, speaker])
        else:
            order = rng.permuted(np.tile(np.arange(n_speakers), (count, 1)), axis=1)
            yield Exchange(np.argsort(order[:, speaker], axis=1))


def permutation_p(observed: float, null: NDArray[np.float64]) -> float:
    """P-value of a statistic among its draws under the null: (1 + #{null >= observed}) / (B + 1), never 0.

    Examples
    --------
    >>> permutation_p(3.0, np.array([1.0, 2.0, 3.0]))
    0.5
    """
    return float((1 + np.count_nonzero(null >= observed)) / (len(null) + 1))


def step_down(observed: NDArray[np.float64], null: NDArray[np.float64]) -> NDArray[np.float64]:
    """Family-wise p-values by the step-down maximum of Westfall and Young (1993, algorithm 2.8).

    Parameters
    ----------
    observed
        Statistics of the hypotheses, larger is more extreme, shape (m,).
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
    for place in range(len(order) - 1, -1, -1):
        running = np.maximum(running, null[order[place]])
        maxima[place] = running
    worst = 0.0
    for place, hypothesis in enumerate(order):
        worst = max(worst, permutation_p(float(observed[hypothesis]), maxima[place]))
        adjusted[hypothesis] = worst
    return adjusted
