"""Choose what can be listed of the words of several groups, so that nothing about fewer than 11 speakers follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.few import reveals_few
from fairaudit.units.wrong_words import Occurrences, WrongWords

__all__ = ["INSIDE", "NEITHER", "OUTSIDE", "WordLists"]

#: Side of a group that a cell is on.
INSIDE: Final = 0
OUTSIDE: Final = 1
NEITHER: Final = 2
Integers = NDArray[np.int64]


@dataclass
class WordLists:
    """The lists of words of an audit, one for each group, in the order in which they are made.

    A list says how often a word is wrong on both sides of a group. The lists of two groups can be subtracted from one
    another, so that a word which one of them has is in a later one only if no sum over fewer than 11 speakers who say
    it follows from both (:func:`fairaudit.stats.few.reveals_few`). The same holds for what words become, in the group
    alone, and for inserted texts.

    Attributes
    ----------
    words
        The words of all cells: of what a speaker says on the same sides of all groups.
    speaker
        Code of the speaker of each cell, shape (n_cells,).
    sides
        Side of each cell for each group, shape (n_groups, n_cells).
    """

    words: WrongWords
    speaker: Integers
    sides: Integers
    _begun: list[int] = field(default_factory=list)
    _lists: dict[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)

    def begin(self, group: int) -> bool:
        """Begin the list of a group.

        Returns
        -------
        bool
            ``False``, and no list is begun, if it differs from other groups by fewer than 11 speakers.
        """
        if self._reveal_few([*self._begun, group], np.arange(len(self.speaker)), (INSIDE, OUTSIDE)):
            return False
        self._begun.append(group)
        return True

    def add_word(self, item: int) -> bool:
        """Add a word or phrase to the list that was begun last; ``False`` if that would reveal too much."""
        return self._add("word", self.words.spoken, item, (INSIDE, OUTSIDE))

    def add_inserted(self, item: int) -> bool:
        """Add an inserted text to the list that was begun last; ``False`` if that would reveal too much."""
        return self._add("inserted", self.words.inserted, item, (INSIDE, OUTSIDE))

    def add_heard(self, item: int) -> bool:
        """Add what a word becomes to the list that was begun last; ``False`` if that would reveal too much."""
        return self._add("heard", self.words.confused, item, (INSIDE,))

    def _add(self, kind: str, occurrences: Occurrences, item: int, sides: tuple[int, ...]) -> bool:
        earlier = self._lists.get((kind, item), ())
        lists = (*earlier, self._begun[-1])
        if earlier and self._reveal_few(lists, occurrences.cells_of(item), sides):
            return False
        self._lists[kind, item] = lists
        return True

    def _reveal_few(self, groups: list[int] | tuple[int, ...], cells: Integers, sides: tuple[int, ...]) -> bool:
        """Whether sums over sides of groups reveal one over few of the speakers of some cells."""
        patterns, atom = self._atoms
        parts = np.concatenate([patterns[[*groups]] == side for side in sides])
        return reveals_few(parts, atom[cells], self.speaker[cells])

    @cached_property
    def _atoms(self) -> tuple[Integers, Integers]:
        """Sides of each atom, shape (n_groups, n_atoms), and the atom of each cell, shape (n_cells,)."""
        patterns, atom = np.unique(self.sides, axis=1, return_inverse=True)
        return patterns, atom.ravel()
