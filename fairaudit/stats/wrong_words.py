"""Words that are wrong more often in a group than among others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Entries", "WordTest", "compare_words", "has_one_cell"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Draws at a time, and most numbers of errors that are drawn at a time.
_CHUNK: Final = 128
_ERRORS: Final = 4_000_000


class Entries(NamedTuple):
    """How often each item is said and wrong in each cell, columns of shape (n_entries,), sorted by item.

    What a sampling unit says in a group is one cell, and what it says elsewhere is another.
    """

    cell: Integers
    item: Integers
    said: Integers
    wrong: Integers

    def where(self, kept: NDArray[np.bool_]) -> Entries:
        """Keep the entries where a mask is true."""
        return Entries(*(column[kept] for column in self))


class WordTest(NamedTuple):
    """Scores of items, and p-values that hold for all items together, each of shape (n_items,).

    Items that are not tested have the score 0 and the p-value 1.
    """

    scores: Array
    p_values: Array


def compare_words(
    entries: Entries,
    speaker: Integers,
    inside: NDArray[np.bool_],
    *,
    tested: NDArray[np.bool_],
    draws: int,
    seed: int,
) -> WordTest:
    """Test for each word whether it is wrong more often in a group than elsewhere.

    The score of a word is the number of errors in the group beyond those that chance would put there, in standard
    errors. A p-value is the share of draws from the null hypothesis in which the highest score of *any* word is as high
    (Westfall and Young 1993), so that with probability 0.95, no word has a p-value below 0.05 if errors do not depend
    on the group.

    - Sampling units with one cell are compared with each other: Σ (wrong − rate × said) over those of the group, where
      the rate is that of all units with one cell. Shuffles move the whole speech of a unit into or out of the group.
    - Those with two cells are compared with themselves: the same sum with the rate of each unit. Draws move the errors
      of a unit, whose number is given, between its cells.

    Parameters
    ----------
    entries
        How often words are said and wrong.
    speaker, inside
        Sampling unit of each cell, and whether it is in the group, shape (n_cells,). All of them are compared.
    tested
        Which items are tested, shape (n_items,).
    draws, seed
        Number of draws, and their seed.

    Examples
    --------
    >>> cells, inside = np.arange(40), np.arange(40) < 20
    >>> wrong = np.where(inside, 4, 1)
    >>> entries = Entries(cells, 0 * cells, 5 + 0 * cells, wrong)
    >>> test = compare_words(entries, cells, inside, tested=np.array([True]), draws=99, seed=0)
    >>> float(test.p_values[0])
    0.01
    """
    alone = has_one_cell(speaker)
    between = _BetweenSpeakers.of(entries.where(alone[entries.cell]), alone, inside, len(tested))
    within = _WithinSpeakers.of(
        entries.where(~alone[entries.cell] & tested[entries.item]), speaker, inside, len(tested)
    )
    used = np.flatnonzero(tested & (between.variance + within.variance > 0))
    scores, p_values = np.zeros(len(tested)), np.ones(len(tested))
    if not len(used):
        return WordTest(scores, p_values)
    # Errors of a unit may depend on each other; a score is then smaller than it would be in a draw.
    variance = between.variance + np.maximum(within.variance, within.squares)
    scores[used] = (between.sums[used] + within.sums(within.observed[:, None], used)[:, 0]) / np.sqrt(variance[used])
    scale = np.sqrt(between.variance + within.variance)[used, None]
    shuffled, moved = np.random.default_rng([seed, 23]), np.random.default_rng([seed, 37])
    step = max(1, min(_CHUNK, _ERRORS // max(1, len(within.item))))
    highest = []
    for start in range(0, draws, step):
        n = min(step, draws - start)
        sums = between.drawn(used, n, shuffled) + within.sums(within.drawn(n, moved), used)
        highest.append((sums / scale).max(axis=0))
    as_high = (np.concatenate(highest)[:, None] >= scores[used] - 1e-9).sum(axis=0)
    p_values[used] = (1 + as_high) / (1 + draws)
    return WordTest(scores, p_values)


def has_one_cell(speaker: Integers) -> NDArray[np.bool_]:
    """Whether the sampling unit of each cell has no other cell, shape (n_cells,).

    Examples
    --------
    >>> has_one_cell(np.array([3, 3, 5])).tolist()
    [False, False, True]
    """
    _, number, cells = np.unique(speaker, return_inverse=True, return_counts=True)
    return np.asarray(cells[number] == 1)


@dataclass(frozen=True)
class _BetweenSpeakers:
    """Errors in the group beyond those at the common rate of a word, of sampling units with one cell.

    Attributes
    ----------
    sums, variance
        Sum of each word, and its variance under shuffling, shape (n_items,).
    residual, cell
        Errors beyond those at the rate, times ``said``, and cell of each entry.
    starts
        Where the entries of each word begin, and where they end.
    said
        How often each word is said, at least 1, shape (n_items,).
    inside
        Which of the cells are in the group.
    """

    sums: Array
    variance: Array
    residual: Array
    cell: Integers
    starts: Integers
    said: Array
    inside: NDArray[np.bool_]

    @classmethod
    def of(cls, entries: Entries, alone: NDArray[np.bool_], inside: NDArray[np.bool_], n_items: int) -> Self:
        """Sum entries of the cells of a mask, shape (n_cells,), over words."""
        cell, item, said, wrong = entries
        cell, inside = (np.cumsum(alone) - 1)[cell], inside[alone]
        total_said, total_wrong = (np.bincount(item, column, minlength=n_items) for column in (said, wrong))
        # Whole numbers, so that sums are exact in any order.
        residual = wrong * total_said[item] - said * total_wrong[item]
        total = np.maximum(total_said, 1)
        squares = np.bincount(item, residual**2, minlength=n_items)
        n, group = len(inside), int(inside.sum())
        return cls(
            sums=np.bincount(item, residual * inside[cell], minlength=n_items) / total,
            variance=squares * group * (n - group) / max(n * (n - 1), 1) / total**2,
            residual=residual,
            cell=cell,
            starts=np.searchsorted(item, np.arange(n_items + 1)),
            said=total,
            inside=inside,
        )

    def drawn(self, items: Integers, draws: int, rng: np.random.Generator) -> Array:
        """Return the sums of some words in shuffles of the group, shape (n, draws)."""
        groups = rng.permuted(np.broadcast_to(self.inside, (draws, len(self.inside))), axis=1)
        members = groups.T.astype(float, order="C")
        sums = np.empty((len(items), draws))
        for one, i in zip(sums, items, strict=True):
            span = slice(self.starts[i], self.starts[i + 1])
            one[:] = self.residual[span] @ members[self.cell[span]] / self.said[i]
        return sums


@dataclass(frozen=True)
class _WithinSpeakers:
    """Errors in the group beyond those at the rate of a word in all speech of a sampling unit, of units with two cells.

    Given how often a unit says a word and gets it wrong, the number of errors in the group is hypergeometric if each is
    as likely in the group as elsewhere. Errors of a unit may depend on each other, so that the variance of a sum over
    units is at least the sum of the squares of what they contribute. (Exchanging the cells of a unit, or signs, would
    be wrong for words that are rarely said on one side, where contributions are few and skewed.)

    Attributes
    ----------
    item
        Word of each pair of a word and a unit whose errors could be on either side, shape (n_pairs,).
    said
        How often the unit says it, in the group and elsewhere, shape (2, n_pairs).
    wrong, observed
        How often it is wrong, and how often of these in the group, shape (n_pairs,).
    n_items
        Number of words.
    """

    item: Integers
    said: Integers
    wrong: Integers
    observed: Integers
    n_items: int

    @classmethod
    def of(cls, entries: Entries, speaker: Integers, inside: NDArray[np.bool_], n_items: int) -> Self:
        """Put together the two cells of each unit, given the unit and the side of each cell, shape (n_cells,)."""
        _, number = np.unique(speaker, return_inverse=True)
        pairs, place = np.unique(entries.item * len(number) + number[entries.cell], return_inverse=True)
        here = inside[entries.cell]
        said, wrong = np.zeros((2, 2, len(pairs)), dtype=np.int64)
        for side, mask in enumerate((here, ~here)):
            said[side, place[mask]], wrong[side, place[mask]] = entries.said[mask], entries.wrong[mask]
        total = wrong.sum(axis=0)
        # A text can be inserted more often than words are said; every word then counts as several places for it.
        words = np.maximum(1, said.sum(axis=0))
        said *= np.where(total > words, 1 + total // words, 1)
        free = (said > 0).all(axis=0) & (total > 0) & (total < said.sum(axis=0))
        return cls(pairs[free] // len(number), said[:, free], total[free], wrong[0, free], n_items)

    @cached_property
    def expected(self) -> Array:
        """Mean number of errors in the group, shape (n_pairs,)."""
        expected: Array = self.wrong / self.said.sum(axis=0) * self.said[0]
        return expected

    @cached_property
    def variance(self) -> Array:
        """Variance of the sum of each word, if errors are independent, shape (n_items,)."""
        total = self.said.sum(axis=0)
        return self._summed(self.expected * self.said[1] / total * (total - self.wrong) / (total - 1))

    @cached_property
    def squares(self) -> Array:
        """Sum of the squares of what the units contribute to each word, shape (n_items,)."""
        return self._summed((self.observed - self.expected) ** 2)

    def _summed(self, column: Array) -> Array:
        return np.asarray(np.bincount(self.item, weights=column, minlength=self.n_items), dtype=float)

    def drawn(self, draws: int, rng: np.random.Generator) -> Integers:
        """Return errors in the group in draws from the null hypothesis, shape (n_pairs, draws)."""
        right, shape = self.said.sum(axis=0) - self.wrong, (len(self.wrong), draws)
        return rng.hypergeometric(self.wrong[:, None], right[:, None], self.said[0][:, None], size=shape)

    def sums(self, errors: Integers, items: Integers) -> Array:
        """Sum errors beyond those expected over the units of some words, shape (n, draws)."""
        import scipy.sparse as sp

        n = len(self.item)
        words = sp.csr_array((np.ones(n), (self.item, np.arange(n))), shape=(self.n_items, n))[items]
        return np.asarray(words @ (errors - self.expected[:, None]))
