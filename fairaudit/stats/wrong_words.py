"""Words that are wrong more often in a group than among others, and what a gap of error rates is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Decomposition", "WordTest", "compare_words", "decompose"]

Array = NDArray[np.float64]

#: Shuffles, or resampled logs, at a time.
_CHUNK: Final = 128
#: Resampled logs from which the intervals of a decomposition come.
_DRAWS: Final = 200


class WordTest(NamedTuple):
    """Scores of items, and p-values that hold for all items together, each of shape (n_items,).

    Items that are not tested have the score 0 and the p-value 1.
    """

    scores: Array
    p_values: Array


def compare_words(
    unit: NDArray[np.int64],
    item: NDArray[np.int64],
    said: NDArray[np.int64],
    wrong: NDArray[np.int64],
    inside: NDArray[np.bool_],
    *,
    tested: NDArray[np.bool_],
    draws: int,
    seed: int,
) -> WordTest:
    """Test for each word whether the sampling units of a group get it wrong more often than the others who say it.

    The score of a word is Σ (wrong − rate × said) over the units of the group, where the rate is that of all units, in
    standard errors under shuffling. Shuffles move the whole speech of a unit into or out of the group. A p-value is the
    share of shuffles in which the highest score of *any* word is as high (Westfall and Young 1993), so that with
    probability 0.95, no word has a p-value below 0.05 if errors do not depend on the group.

    Parameters
    ----------
    unit, item, said, wrong
        How often each unit says each item and gets it wrong, shape (n_pairs,), sorted by item.
    inside
        Which units are in the group, shape (n_units,). All of them are compared.
    tested
        Which items are tested, shape (n_items,).
    draws, seed
        Number of shuffles, and their seed.

    Examples
    --------
    >>> units, inside = np.arange(40), np.arange(40) < 20
    >>> wrong = np.where(inside, 4, 1)
    >>> test = compare_words(
    ...     units, 0 * units, 5 + 0 * units, wrong, inside, tested=np.array([True]), draws=99, seed=0
    ... )
    >>> float(test.p_values[0])
    0.01
    """
    n_items = len(tested)
    total_said, total_wrong = (np.bincount(item, weights=column, minlength=n_items) for column in (said, wrong))
    # Whole numbers, so that sums are exact in any order.
    residual = wrong * total_said[item] - said * total_wrong[item]
    squares = np.bincount(item, weights=residual**2, minlength=n_items)
    n, group = len(inside), int(inside.sum())
    scale = np.sqrt(squares * group * (n - group) / max(n * (n - 1), 1))
    usable = tested & (scale > 0)
    starts = np.searchsorted(item, np.arange(n_items + 1))
    spans = [(i, slice(starts[i], starts[i + 1])) for i in np.flatnonzero(usable)]
    scores = np.zeros(n_items)
    for i, span in spans:
        scores[i] = residual[span] @ inside[unit[span]] / scale[i]
    if not spans:
        return WordTest(scores, np.ones(n_items))
    highest = np.concatenate(
        [
            np.max([residual[span] @ members[unit[span]] / scale[i] for i, span in spans], axis=0, initial=-np.inf)
            for members in _shuffled(inside, draws, seed)
        ]
    )
    as_high = (highest[:, None] >= scores - 1e-9).sum(axis=0)
    return WordTest(scores, np.where(usable, (1 + as_high) / (1 + draws), 1.0))


def _shuffled(inside: NDArray[np.bool_], draws: int, seed: int) -> Iterator[Array]:
    """Yield shuffled groups, 1 inside and 0 outside, of shape (n_units, draws of a chunk)."""
    rng = np.random.default_rng([seed, 23])
    for start in range(0, draws, _CHUNK):
        n = min(_CHUNK, draws - start)
        yield rng.permuted(np.broadcast_to(inside, (n, len(inside))), axis=1).T.astype(float, order="C")


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
    unit: NDArray[np.int64],
    item: NDArray[np.int64],
    said: NDArray[np.int64],
    wrong: NDArray[np.int64],
    insertions: NDArray[np.int64],
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
    unit, item, said, wrong
        As in :func:`compare_words`; every word that is said is in one item. An item that only one side says is taken to
        be wrong as often on the other.
    insertions
        Inserted words of each unit, shape (n_units,).
    inside
        Which units are in the group, shape (n_units,).
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
    >>> parts = decompose(units, items, said, wrong, np.zeros(2, int), np.array([True, False]), seed=0)
    >>> [round(part[0], 3) for part in (parts.difference, parts.harder_words, parts.same_words)]
    [0.32, 0.32, 0.0]
    """
    ones = np.ones((len(inside), 1))
    observed = _parts(unit, item, said, wrong, insertions, inside, ones)[:, 0]
    if not np.isfinite(observed).all():
        return None
    rng = np.random.default_rng([seed, 29])
    weights = np.empty((len(inside), _DRAWS))
    for side in (inside, ~inside):
        size = int(side.sum())
        weights[side] = rng.multinomial(size, np.full(size, 1 / size), size=_DRAWS).T
    draws = _parts(unit, item, said, wrong, insertions, inside, weights)
    return Decomposition(*zip(observed.tolist(), draws.std(axis=1, ddof=1).tolist(), strict=True))


def _parts(
    unit: NDArray[np.int64],
    item: NDArray[np.int64],
    said: NDArray[np.int64],
    wrong: NDArray[np.int64],
    insertions: NDArray[np.int64],
    inside: NDArray[np.bool_],
    weights: Array,
) -> Array:
    """Return the difference and its three parts, shape (4, draws), with weights of units of shape (n_units, draws)."""
    import scipy.sparse as sp

    shape = (int(item.max(initial=-1)) + 1, len(inside))
    counts = [sp.csr_array((column.astype(float), (item, unit)), shape=shape) for column in (said, wrong)]
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
