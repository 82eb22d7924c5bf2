"""How often each sampling unit says a word, how often it is wrong, what it becomes, and what is inserted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
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
    """How often something occurs in the speech of each sampling unit.

    Attributes
    ----------
    unit, item
        Codes of sampling units and items, shape (n,), int64; each pair occurs once. They are sorted by item.
    times
        Whole numbers, int64, of shape (n,), or (n, k) if k things are counted.
    """

    unit: NDArray[np.int64]
    item: NDArray[np.int64]
    times: NDArray[np.int64]

    def of(self, units: NDArray[np.int64], n_units: int) -> Self:
        """Keep some sampling units, given their codes, and number them in this order; rows stay sorted by item."""
        numbered = np.full(n_units, -1, dtype=np.int64)
        numbered[units] = np.arange(len(units))
        unit = numbered[self.unit]
        kept = unit >= 0
        return replace(self, unit=unit[kept], item=self.item[kept], times=self.times[kept])

    def speakers(self, inside: NDArray[np.bool_], n_items: int) -> NDArray[np.int64]:
        """Number of sampling units of a mask, and of all others, in whose speech items occur, shape (2, n_items)."""
        times = self.times if self.times.ndim == 1 else self.times[:, 0]
        side = 2 * (times == 0) + ~inside[self.unit]
        return np.bincount(side * n_items + self.item, minlength=4 * n_items).reshape(4, n_items)[:2]


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
        How often each sampling unit says each item, and how often it is wrong: it is substituted or deleted, or for a
        phrase, one of its words is. Its times have the shape (n, 2).
    confusions
        Pairs of an item and what is heard instead (nothing, if it is deleted).
    confused
        How often each sampling unit's words become something else; its items are those of ``confusions``.
    phrases
        Texts that are inserted.
    inserted
        How often each of them is inserted in the speech of each sampling unit.
    insertions
        Number of inserted words of each sampling unit, shape (n_units,).
    """

    names: tuple[str, ...]
    kinds: NDArray[np.int64]
    spoken: Occurrences
    confusions: tuple[tuple[int, str], ...]
    confused: Occurrences
    phrases: tuple[str, ...]
    inserted: Occurrences
    insertions: NDArray[np.int64]

    def of(self, units: NDArray[np.int64]) -> Self:
        """Keep some sampling units, given their codes, and number them in this order."""
        n = len(self.insertions)
        return replace(
            self,
            spoken=self.spoken.of(units, n),
            confused=self.confused.of(units, n),
            inserted=self.inserted.of(units, n),
            insertions=self.insertions[units],
        )


@runtime_checkable
class HasWords(Protocol):
    """A log that may hold its words."""

    @property
    def has_words(self) -> bool:
        """Whether it holds them."""
        ...

    def wrong_words(self, units: pd.Index) -> WrongWords | None:
        """Return how often sampling units say words and get them wrong, or ``None`` if the log does not hold them."""
        ...
