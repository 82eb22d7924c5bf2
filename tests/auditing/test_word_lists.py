"""A word is in the lists of several groups only if nothing about few of those who say it follows from the lists."""

from __future__ import annotations

import numpy as np
import pytest

from fairaudit.auditing.word_lists import INSIDE, NEITHER, OUTSIDE, WordLists
from fairaudit.units.wrong_words import Occurrences, WrongWords

N = 120
FIRST = np.arange(N) < 60


class Lists(WordLists):
    """Lists of words that the speakers of masks say; nothing becomes anything or is inserted."""

    def __init__(self, *said: np.ndarray) -> None:
        item, cell = np.nonzero(np.array(said))
        spoken = Occurrences(cell, item, np.stack([np.ones(len(cell), dtype=np.int64), np.zeros(len(cell))], axis=1))
        heard = Occurrences(cell, item, np.ones(len(cell), dtype=np.int64))
        kinds = np.zeros(len(said), dtype=np.int64)
        names = tuple(f"word{i}" for i in range(len(said)))
        pairs = tuple((i, "heard") for i in range(len(said)))
        words = WrongWords(names, kinds, spoken, pairs, heard, names, heard, np.zeros(N, dtype=np.int64), "word")
        super().__init__(words, np.arange(N), np.zeros((0, N), dtype=np.int64))


def begin(lists: WordLists, inside: np.ndarray, outside: np.ndarray | None = None) -> bool:
    """Begin the list of a further group."""
    side = np.where(inside, INSIDE, OUTSIDE if outside is None else np.where(outside, OUTSIDE, NEITHER))
    lists.sides = np.concatenate([lists.sides, side[None]])
    vars(lists).pop("_atoms", None)
    return lists.begin(len(lists.sides) - 1)


@pytest.mark.parametrize("more", [0, 10, 11])
def test_a_group_that_differs_by_few_has_no_list(more: int) -> None:
    lists = Lists(np.ones(N, dtype=bool))
    assert begin(lists, FIRST)
    assert begin(lists, np.arange(N) < 60 + more) == (more in (0, 11))


@pytest.mark.parametrize("missing", [10, 11])
def test_a_group_whose_search_lacks_labels_of_few_has_no_list(missing: int) -> None:
    lists = Lists(np.ones(N, dtype=bool))
    even = np.arange(N) % 2 == 0
    known = np.arange(N) < N - missing
    assert begin(lists, FIRST)
    assert begin(lists, even & known, ~even & known) == (missing == 11)


@pytest.mark.parametrize("add", [WordLists.add_word, WordLists.add_inserted, WordLists.add_heard])
@pytest.mark.parametrize("more", [10, 11])
def test_what_few_have_is_in_one_list(add, more: int) -> None:
    """The second group has thirty more speakers, of whom 10 or 11 have the first item; all of them have the second."""
    further = (np.arange(N) >= 60) & (np.arange(N) < 60 + more)
    lists = Lists(FIRST | further | (np.arange(N) >= 90), np.ones(N, dtype=bool))
    assert begin(lists, FIRST)
    assert add(lists, 0)
    assert add(lists, 1)
    assert begin(lists, np.arange(N) < 90)
    assert add(lists, 0) == (more == 11)
    assert add(lists, 1)


def test_a_word_that_no_other_list_has_is_listed() -> None:
    lists = Lists(np.arange(N) % 3 == 0)
    assert begin(lists, FIRST)
    assert begin(lists, np.arange(N) < 71)
    assert lists.add_word(0)
    assert begin(lists, np.arange(N) < 82)
    assert not lists.add_word(0)


def test_groups_within_another_leave_no_rest_of_few() -> None:
    """A group less two groups inside it: three lists, of which no two reveal anything."""
    lists = Lists(np.ones(N, dtype=bool))
    number = np.arange(N)
    assert begin(lists, number < 65)
    assert begin(lists, number < 30)
    assert not begin(lists, (number >= 30) & (number < 60))


def test_speakers_on_both_sides_are_counted_on_each() -> None:
    """Cells are what a speaker says on a device; the second group has a further one of ten or eleven speakers."""
    for more in (10, 11):
        speaker, cell = np.arange(2 * N) % N, np.arange(2 * N)
        first, second = cell < N, (cell < N) | (speaker < more)
        none = Occurrences(*np.zeros((3, 0), dtype=np.int64))
        words = WrongWords((), np.zeros(0, dtype=np.int64), none, (), none, (), none, np.zeros(2 * N), "word")
        lists = WordLists(words, speaker, np.where([first, second], INSIDE, OUTSIDE))
        assert lists.begin(0)
        assert lists.begin(1) == (more == 11)
