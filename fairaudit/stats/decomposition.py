"""What a difference of error rates is made of: harder words, the same words, or insertions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.wrong_words import Entries, has_one_cell

__all__ = ["Decomposition", "decompose"]

Array = NDArray[np.float64]

#: Resampled logs from which the intervals come.
_DRAWS: Final = 200


@dataclass(frozen=True)
class Decomposition:
    """What the difference between the error rates of a group and of the others is made of.

    The three parts add up to the difference. Each is (value, standard error), in errors per word.

    Attributes
    ----------
    difference
        Error rate of the group minus that of the others.
    harder_words
        Words that are often wrong on both sides are a larger share of what the group says.
    same_words
        The same words are wrong more often.
    insertions
        More words are inserted.
    """

    difference: tuple[float, float]
    harder_words: tuple[float, float]
    same_words: tuple[float, float]
    insertions: tuple[float, float]


def decompose(
    entries: Entries,
    insertions: NDArray[np.int64],
    speaker: NDArray[np.int64],
    inside: NDArray[np.bool_],
    *,
    seed: int,
) -> Decomposition | None:
    """Decompose a difference of error rates by words.

    Let s be the share of a word in what is said, and d the share of it that is wrong, in the group (1) and outside (0).
    The part of harder words is Σ (s₁ − s₀) (d₁ + d₀) / 2, and that of the same words Σ (s₁ + s₀) / 2 × (d₁ − d₀).

    Source: Kitagawa 1955, "Components of a difference between two rates", J. Am. Stat. Assoc. 50(272).

    Parameters
    ----------
    entries, speaker, inside
        As in :func:`fairaudit.stats.wrong_words.compare_words`; every word that is said is in one item. An item that
        only one side says is taken to be wrong as often on the other.
    insertions
        Inserted words of each cell, shape (n_cells,).
    seed
        Seed of the bootstrap by sampling unit that gives the standard errors.

    Returns
    -------
    Decomposition or None
        ``None`` if one side says nothing.

    Examples
    --------
    >>> units, items = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])
    >>> said, wrong = np.array([90, 10, 10, 90]), np.array([45, 5, 1, 9])
    >>> insertions, inside = np.zeros(2, int), np.array([True, False])
    >>> parts = decompose(Entries(units, items, said, wrong), insertions, np.arange(2), inside, seed=0)
    >>> [round(part[0], 3) for part in (parts.difference, parts.harder_words, parts.same_words)]
    [0.32, 0.32, 0.0]
    """
    ones = np.ones((len(inside), 1))
    observed = _parts(entries, insertions, inside, ones)[:, 0]
    if not np.isfinite(observed).all():
        return None
    rng = np.random.default_rng([seed, 29])
    _, number = np.unique(speaker, return_inverse=True)
    alone = has_one_cell(speaker)
    weights = np.empty((len(inside), _DRAWS))
    for cells in (inside & alone, ~inside & alone, ~alone):
        _, place = np.unique(number[cells], return_inverse=True)
        if size := int(place.max(initial=-1)) + 1:
            weights[cells] = rng.multinomial(size, np.full(size, 1 / size), size=_DRAWS).T[place]
    draws = _parts(entries, insertions, inside, weights)
    return Decomposition(*zip(observed.tolist(), draws.std(axis=1, ddof=1).tolist(), strict=True))


def _parts(
    entries: Entries,
    insertions: NDArray[np.int64],
    inside: NDArray[np.bool_],
    weights: Array,
) -> Array:
    """Return the difference and its three parts, shape (4, draws), with weights of cells of shape (n_cells, draws)."""
    import scipy.sparse as sp

    shape, places = (int(entries.item.max(initial=-1)) + 1, len(inside)), (entries.item, entries.cell)
    counts = [sp.csr_array((column.astype(float), places), shape=shape) for column in (entries.said, entries.wrong)]
    sides = [weights * side[:, None] for side in (inside, ~inside)]
    n, e = (np.stack([np.asarray(column @ side) for side in sides]) for column in counts)  # (2, n_items, draws)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = n / n.sum(axis=1, keepdims=True)
        rate = e / n
        rate = np.where(n > 0, rate, rate[::-1])
        rate = np.where(np.isfinite(rate), rate, 0.0)
        inserted = np.stack([insertions @ side for side in sides]) / n.sum(axis=1)
    harder = ((share[0] - share[1]) * rate.sum(axis=0) / 2).sum(axis=0)
    same = (share.sum(axis=0) / 2 * (rate[0] - rate[1])).sum(axis=0)
    more = inserted[0] - inserted[1]
    return np.stack([harder + same + more, harder, same, more])
