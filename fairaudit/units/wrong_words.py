"""How often each sampling unit, or a part of its rows, says a word and gets it wrong, and what is inserted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

import numpy as np

from fairaudit.scoring.align import Token
from fairaudit.units.tally import TallySource

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["HasWords", "ItemKind", "Occurrences", "WrongWords"]


class ItemKind(IntEnum):
    """What an item of a table of words is."""

    WORD = 0
    #: Two words that follow each other.
    PHRASE = 1
    #: All words together that are said equally rarely.
    RARE = 2


@dataclass(frozen=True, eq=False)
class Occurrences:
    """How often something occurs in each cell of a log: in the rows of a sampling unit, or in some of them.

    Attributes
    ----------
    cell, item
        Codes of cells and items, shape (n,), int64; each pair occurs once. They are sorted by item.
    times
        Whole numbers, int64, of shape (n,), or (n, k) if k things are counted.

    Examples
    --------
    >>> said = Occurrences(np.array([0, 1, 2]), np.array([0, 0, 0]), np.array([5, 3, 2]))
    >>> said.joined(np.array([0, 1, 0]), 2).times.tolist()
    [7, 3]
    """

    cell: NDArray[np.int64]
    item: NDArray[np.int64]
    times: NDArray[np.int64]

    def joined(self, code: NDArray[np.int64], n: int) -> Self:
        """Add up cells with the same code, from 0 to ``n`` - 1, and leave out those with -1; rows stay sorted by item.

        Parameters
        ----------
        code
            New code of each cell, shape (n_cells,).
        n
            Number of new codes.
        """
        cell = code[self.cell]
        kept = cell >= 0
        pairs, times = self.item[kept] * n + cell[kept], self.times[kept]
        distinct, place = np.unique(pairs, return_inverse=True)
        sums = np.zeros((len(distinct), *times.shape[1:]), dtype=np.int64)
        np.add.at(sums, place, times)
        return replace(self, cell=distinct % n, item=distinct // n, times=sums)

    def cells_of(self, item: int) -> NDArray[np.int64]:
        """Codes of the cells in which an item occurs."""
        rows = slice(*np.searchsorted(self.item, [item, item + 1]))
        times = self.times if self.times.ndim == 1 else self.times[:, 0]
        return self.cell[rows][times[rows] > 0]

    def cells(self, inside: NDArray[np.bool_], n_items: int) -> NDArray[np.int64]:
        """Number of cells of a mask, and of all others, in which items occur, shape (2, n_items)."""
        times = self.times if self.times.ndim == 1 else self.times[:, 0]
        side = 2 * (times == 0) + ~inside[self.cell]
        return np.bincount(side * n_items + self.item, minlength=4 * n_items).reshape(4, n_items)[:2]

    def sayers(self, speaker: NDArray[np.int64], n_items: int) -> NDArray[np.int64]:
        """Number of speakers with each item, given the speaker of each cell, shape (n_items,)."""
        times = self.times if self.times.ndim == 1 else self.times[:, 0]
        there, n = times > 0, int(speaker.max(initial=0)) + 1
        pairs = np.unique(self.item[there] * n + speaker[self.cell[there]])
        return np.bincount(pairs // n, minlength=n_items)


@dataclass(frozen=True, eq=False)
class WrongWords:
    """Words of a log and what becomes of them. It holds no speaker and no utterance, but words that few speakers say.

    Attributes
    ----------
    names
        Each word or phrase, shape (n_items,); empty for words that are pooled because they are rare.
    kinds
        What each item is (:class:`ItemKind`), shape (n_items,).
    spoken
        How often each item is said in each cell, and how often it is wrong: it is substituted or deleted, or for a
        phrase, one of its words is. Its times have the shape (n, 2).
    confusions
        Pairs of an item and what is heard instead (nothing, if it is deleted).
    confused
        How often words become something else in each cell; its items are those of ``confusions``.
    phrases
        Texts that are inserted.
    inserted
        How often each of them is inserted in each cell.
    insertions
        Number of inserted words in each cell, shape (n_cells,).
    token
        What is counted: words, characters, or both. Characters are called words here.
    """

    names: tuple[str, ...]
    kinds: NDArray[np.int64]
    spoken: Occurrences
    confusions: tuple[tuple[int, str], ...]
    confused: Occurrences
    phrases: tuple[str, ...]
    inserted: Occurrences
    insertions: NDArray[np.int64]
    token: Token

    def joined(self, code: NDArray[np.int64], n: int) -> Self:
        """Add up cells with the same code, and leave out those with -1; see :meth:`Occurrences.joined`."""
        kept = code >= 0
        return replace(
            self,
            spoken=self.spoken.joined(code, n),
            confused=self.confused.joined(code, n),
            inserted=self.inserted.joined(code, n),
            insertions=np.bincount(code[kept], self.insertions[kept], minlength=n).astype(np.int64),
        )


@runtime_checkable
class HasWords(TallySource, Protocol):
    """A log that may hold its words."""

    @property
    def has_words(self) -> bool:
        """Whether it holds them."""
        ...

    def distinct(self, by: Sequence[str]) -> pa.Table:
        """Return the distinct values of some columns."""
        ...

    def wrong_words(self, rows: pa.Table, cell: NDArray[np.int64], speaker: NDArray[np.int64]) -> WrongWords | None:
        """Return how often words are said and wrong in cells, or ``None`` if the log does not hold them."""
        ...
